"""What a caller may ask of the finite-difference witness, and what it answers."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from core.arrays import Array
from core.differences.corners import Corner
from core.layers import Layers

At: TypeAlias = tuple[str, int, tuple[int, ...]]
"""An entry: "weight_gradients" or "bias_gradients", the layer l from 1, and the index in it."""


LISTED = 100  # disagreements and kinks that an answer lists


@dataclass(frozen=True)
class Options:
    """How to check; the defaults check every entry within the budget.

    `entries`: "all", "auto" (all within the budget, else a sample and directions over all), or
    how many entries to sample. `seed` draws the sample and the directions. `step`: by how much
    each weighted input is moved (a parameter's own step is that over the activation it multiplies);
    None chooses. `order`: 4 extrapolates two steps (Richardson), 2 takes one difference at face
    value. `method`: "central", or "complex" where every activation is analytic.
    `budget`: floating-point operations that "auto" may spend.
    """

    entries: Literal["all", "auto"] | int = "auto"
    seed: int = 0
    step: float | None = None
    order: Literal[2, 4] = 4
    method: Literal["central", "complex"] = "central"
    budget: float = 2e10


@dataclass(frozen=True)
class Kink:
    """A parameter that moves a weighted input across a kink, with the derivative on either side.

    `corner` names a weighted input that sits at the kink: layer, neuron, example.
    """

    at: At
    left: float
    right: float
    corner: Corner


@dataclass(frozen=True)
class Comparison:
    """One entry of backprop beside the witness; ratio = |difference| / uncertainty."""

    at: At
    backprop: float
    finite_difference: float
    uncertainty: float
    ratio: float


@dataclass(frozen=True)
class Direction:
    """The derivative along one seeded random direction of all parameters, by plain evaluations."""

    backprop: float
    finite_difference: float
    uncertainty: float
    ratio: float


@dataclass(frozen=True)
class SecondOpinion:
    """What complex arithmetic says to the parameters of a few neurons.

    `entries` is how many it compared with backprop; `worst` the one with the largest ratio.
    """

    neurons: int
    entries: int
    worst: Comparison | None


@dataclass(frozen=True)
class Check:
    """The witness's answer.

    Entries that were not checked are NaN in all four collections. `disagreements` and `kinks` list
    at most 100 each; `disagreed` counts all, those that only the second opinion found included
    (their `finite_difference` is the complex step's). `step` is the move of weighted inputs that it
    started from, `operations` what the plan cost, in floating-point operations.
    """

    bias_gradients: Layers[Array]
    weight_gradients: Layers[Array]
    bias_uncertainties: Layers[Array]
    weight_uncertainties: Layers[Array]
    parameters: int
    checked: int
    worst: Comparison | None
    disagreements: tuple[Comparison, ...]
    disagreed: int
    kinks: tuple[Kink, ...]
    second_opinion: SecondOpinion | None
    directions: tuple[Direction, ...]
    options: Options
    step: float
    operations: int

    @property
    def agrees(self) -> bool:
        """Whether every checked entry, and every direction, lies within its uncertainty."""
        return not self.disagreements and all(d.ratio <= 1.0 for d in self.directions)
