"""What a check has found so far, small enough to be kept and sent, and joined in any grouping."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from core.differences.check import LISTED, Comparison, Direction, Kink, SecondOpinion
from core.differences.entries import Entries
from core.differences.tally import Tally


@dataclass(frozen=True)
class Summary:
    """A check without its arrays: the counts, the worst entry, and the worst or first hundred."""

    checked: int = 0
    disagreed: int = 0
    worst: Comparison | None = None
    disagreements: tuple[Comparison, ...] = ()
    kinks: tuple[Kink, ...] = ()
    second_opinion: SecondOpinion | None = None
    directions: tuple[Direction, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether every checked entry, and every direction, lies within its uncertainty."""
        return not self.disagreed and all(d.ratio <= 1.0 for d in self.directions)


def summary_of(entries: Sequence[Entries]) -> Summary:
    """That of some arrays of parameters, none of them empty."""
    tally = Tally()
    for part in entries:
        tally.count(part)
    kinks = islice((kink for part in entries for kink in part.kinks()), LISTED)
    wrong = worst_first(tally.wrong)
    return Summary(tally.checked, tally.disagreed, tally.worst, wrong, tuple(kinks))


def joined(some: Summary, others: Summary) -> Summary:
    """Two as one; the first wins where they are equally bad."""
    both = [found.worst for found in (some, others) if found.worst is not None]
    return Summary(
        some.checked + others.checked,
        some.disagreed + others.disagreed,
        max(both, key=lambda entry: entry.ratio) if both else None,
        worst_first([*some.disagreements, *others.disagreements]),
        (*some.kinks, *others.kinks)[:LISTED],
        some.second_opinion or others.second_opinion,
        (*some.directions, *others.directions),
    )


def worst_first(entries: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """The hundred worst of these."""
    return tuple(sorted(entries, key=lambda entry: -entry.ratio)[:LISTED])
