"""What POST /v1/verifications and POST /v1/challenges answer.

Attributes are named as the JSON. `at` is a JSON pointer into the request, which counts layers,
neurons and examples from 0; `layer` and `layers` count layers from 1, as the chapter does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

from backcheck.arrays import Array
from backcheck.html import challenge_html, verification_html
from backcheck.network import Network
from backcheck.reading import Answer, Layers
from backcheck.words import told

Verdict: TypeAlias = Literal["correct", "wrong", "undecided"]


@dataclass(frozen=True)
class WrongEntry:
    """A claimed number that lies outside its bound; only `at` and `claimed` when not revealed.

    A claim that is no finite number stands as it was sent: "NaN", "inf" or "-inf".
    """

    at: str
    claimed: float | str | None = None
    correct: float | None = None
    bound: float | None = None
    ratio: float | None = None


@dataclass(frozen=True)
class ClaimVerdict:
    """The verdict on one claimed quantity."""

    verdict: Verdict
    checked: int
    wrong: int
    worst: WrongEntry | None = None
    wrong_entries: tuple[WrongEntry, ...] = ()


@dataclass(frozen=True)
class Equation:
    """Whether one equation follows in one layer, the claimant's own numbers taken as given."""

    equation: str
    layer: int | None
    verdict: Literal["holds", "fails", "untested"]


@dataclass(frozen=True)
class NamedMistake:
    """A mistake, where it was made, and what to do about it."""

    mistake: str
    equation: str
    layers: tuple[int, ...]
    explanation: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Slip:
    """A mistyped entry, and what happened to it if that may be said."""

    at: str
    slip: str | None = None


@dataclass(frozen=True)
class Diagnosis(NamedMistake):
    """A mistake that reproduces every claimed number, with those of `together_with` if there are.

    `at`: the entry where it shows most, if that may be said. `entries`: those that are mistyped.
    """

    at: str | None = None
    entries: tuple[Slip, ...] = ()
    together_with: tuple[NamedMistake, ...] = ()


@dataclass(frozen=True)
class Coverage:
    """How many of the catalogued mistakes these claims could show on this network."""

    catalogued: int
    visible: int
    invisible: tuple[str, ...] = ()

    @property
    def applicable(self) -> int:
        """How many change anything at all on a network of this shape."""
        return self.visible + len(self.invisible)


@dataclass(frozen=True, eq=False)
class Verification(Answer):
    """Whether claimed numbers are right, which are not, and why."""

    verdict: Verdict
    precision: Any
    claims: Mapping[str, ClaimVerdict]
    equations: tuple[Equation, ...] = ()
    diagnosis: tuple[Diagnosis, ...] = ()
    coverage: Coverage | None = None
    claimable: int | None = field(default=None, kw_only=True)

    @property
    def complete(self) -> bool:
        """Whether every number was claimed that `claimable` counts.

        Those are all entries of the quantities that were claimed, and of both gradients if either
        was; None if the network did not say how many.
        """
        return self.claimable is None or self.checked >= self.claimable

    @property
    def correct(self) -> bool:
        """Whether no claimed number is wrong, and a mistake would have shown."""
        return self.verdict == "correct"

    @property
    def checked(self) -> int:
        """How many numbers were claimed."""
        return sum(claim.checked for claim in self.claims.values())

    @property
    def wrong(self) -> int:
        """How many of them lie outside their bounds."""
        return sum(claim.wrong for claim in self.claims.values())

    @property
    def first_failure(self) -> Equation | None:
        """The first equation that does not follow."""
        return next((one for one in self.equations if one.verdict == "fails"), None)

    def __str__(self) -> str:
        """Census, first wrong equation and diagnosis, in at most 25 lines."""
        return told(self)

    def __repr__(self) -> str:
        """What it is, without its numbers."""
        named = f", {self.diagnosis[0].mistake}" if self.diagnosis else ""
        return f"<Verification: {self.verdict}, {self.wrong} of {self.checked} wrong{named}>"

    def _repr_html_(self) -> str:
        return verification_html(self)


@dataclass(frozen=True, eq=False)
class Challenge(Answer):
    """A network, input and target in short decimal numbers on which every mistake shows."""

    weights: Layers
    biases: Layers
    activation: str | list[str]
    input: Array
    target: Array
    cost: str = "mean_squared_error"
    coverage: Coverage | None = None

    @property
    def network(self) -> Network:
        """The network alone, in fresh arrays that may be written to."""
        return Network.of({place.name: getattr(self, place.name) for place in fields(Network)})

    def __repr__(self) -> str:
        """What it is, without its numbers."""
        sizes = "–".join(map(str, self.network.layer_sizes))
        return f"<Challenge: {sizes}, {self.activation}>"

    def _repr_html_(self) -> str:
        return challenge_html(self)
