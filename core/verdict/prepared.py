"""What verifications of many claims about one network have in common, computed once.

A class works on one challenge: thousands of claims, one network. The workings, the bounds at each
precision, and what each pattern of claims could show depend on no claimed number.
"""

from functools import cached_property

from core.forward import Workings
from core.network import Batch, Network
from core.rounding.precision import Precision
from core.rounding.reference import bounded_workings
from core.verdict.claims import Claims
from core.verdict.coverage import Coverage, coverage
from core.verdict.plain import plain_workings

REFERENCES_MAX = 16  # precisions in which one class works
COVERAGES_MAX = 256  # patterns of what is claimed and what is left out

Notation = tuple[Precision, float]
Pattern = tuple[Notation, tuple[tuple[object, ...], ...]]


class Prepared:
    """A network and a batch, and what has been found out about them; not for several threads."""

    def __init__(self, network: Network, batch: Batch) -> None:
        self.network, self.batch = network, batch
        self._references: dict[Notation, Workings] = {}
        self._coverages: dict[Pattern, Coverage] = {}

    @cached_property
    def plain(self) -> Workings:
        """The right workings. Raises NotFinite."""
        return plain_workings(self.network, self.batch)

    def reference(self, precision: Precision, ulps: float) -> Workings:
        """The workings with bounds, at this precision."""
        notation = (precision, ulps)
        if notation not in self._references:
            forget_beyond(self._references, REFERENCES_MAX)
            self._references[notation] = bounded_workings(self.network, self.batch, precision, ulps)
        return self._references[notation]

    def coverage(self, claims: Claims, precision: Precision, ulps: float) -> Coverage:
        """What claims of this pattern could show."""
        pattern = ((precision, ulps), pattern_of(claims))
        if pattern not in self._coverages:
            forget_beyond(self._coverages, COVERAGES_MAX)
            reference = self.reference(precision, ulps)
            self._coverages[pattern] = coverage(claims, reference, self.plain)
        return self._coverages[pattern]


def pattern_of(claims: Claims) -> tuple[tuple[object, ...], ...]:
    """Which entries are claimed: all of the claims that coverage looks at."""
    return tuple((key, claims[key].mask.shape, claims[key].mask.tobytes()) for key in claims)


def forget_beyond(memory: dict[Notation, Workings] | dict[Pattern, Coverage], most: int) -> None:
    """Make room for one more by letting go of the oldest."""
    if len(memory) >= most:
        memory.pop(next(iter(memory)), None)  # type: ignore[arg-type]
