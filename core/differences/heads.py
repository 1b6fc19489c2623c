"""How far the cost of each example moves when the last layer's weighted inputs move by s.

One head for each way in which an output activation and a cost meet, from values only, without
cancellation; those of softmax are in `softmax_heads`. No 1/N here.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from core.activations import SIGMOID
from core.arrays import Array
from core.differences.changes import SECANT, Change, uniform
from core.differences.plan import at_units

WALL_SHARE = 0.5
"""Of an activation's distance to where its logarithm ends, the part that a move may take."""


@dataclass(frozen=True)
class Head(ABC):
    """Parts are N × n_L arrays about the stored output."""

    parts: tuple[Array, ...]

    coupled: ClassVar[bool] = False
    """Whether moving one output alone takes as much work as moving all."""

    @abstractmethod
    def __call__(self, s: Array, largest: float) -> Array:
        """The change of each example's cost, (…, N) from s (…, N, n_L), which may be overwritten.

        `largest` bounds |s|.
        """

    @abstractmethod
    def alone(self, moves: Array, own: NDArray[np.intp], largest: float) -> Array:
        """The same where source i moves output own[i] only: moves and answer (sources, …, N)."""

    @abstractmethod
    def scale(self, step: float) -> Array:
        """How large the terms of ∂C₁/∂z(L) are, N × n_L: what rounding there is relative to."""

    @abstractmethod
    def secant(self) -> Array:
        """The cost's secant along each output, N × n_L: one output moved at a time."""

    def output_rounding(self, step: float) -> Array | float:
        """What rounding a(L) may do to each cost term; 0 where the cost is computed from z."""
        return 0.0

    def inverse_room(self, share: float) -> Array | float:
        """One over how far z(L) may move: until a(L) has gone that share of its way to a wall."""
        return 0.0

    def view(self, take: Callable[[Array], Array]) -> Self:
        """The same about a part of the output: `take` picks it from each N × n_L part."""
        return type(self)(tuple(take(part) for part in self.parts))


class TermwiseHead(Head):
    """A cost whose every term depends on one output only."""

    @abstractmethod
    def terms(self, s: Array, largest: float) -> Array:
        """The change of each term, shaped as s."""

    def __call__(self, s: Array, largest: float) -> Array:
        return np.asarray(self.terms(s, largest).sum(axis=-1))

    def secant(self) -> Array:
        return self.terms(uniform(self.parts[0], SECANT), SECANT) / SECANT

    def alone(self, moves: Array, own: NDArray[np.intp], largest: float) -> Array:
        return self.view(lambda part: at_units(part, own)[:, None, :]).terms(moves, largest)


@dataclass(frozen=True)
class ActivationHead(TermwiseHead):
    """A cost of activations that move one by one. Parts: z, a, y."""

    change: Change

    @classmethod
    def about(cls, change: Change, z: Array, a: Array, y: Array) -> Self:
        return cls((z, a, y), change)

    def view(self, take: Callable[[Array], Array]) -> Self:
        return type(self)(tuple(take(part) for part in self.parts), self.change.view(take))

    def terms(self, s: Array, largest: float) -> Array:
        return self.cost_terms(self.change(s, largest))

    @abstractmethod
    def cost_terms(self, c: Array) -> Array:
        """The terms' changes when a moves by c."""

    @cached_property
    def change_secant(self) -> Array:
        """That of a(L)."""
        return self.change.secant(self.parts[0])

    @cached_property
    def steepness(self) -> Array:
        """How fast a moves with z, at most."""
        return self.change.steepness(self.parts[0], self.change_secant)

    def secant(self) -> Array:
        return self.cost_terms(SECANT * self.change_secant) / SECANT

    def scale(self, step: float) -> Array:
        return self.steepness * self.slope_scale(step)

    def output_rounding(self, step: float) -> Array | float:
        return np.abs(self.parts[1]) * self.slope_scale(step)

    @abstractmethod
    def slope_scale(self, step: float) -> Array:
        """How large the terms of ∂C₁/∂a are."""


class SquaredErrorHead(ActivationHead):
    """½(a + c − y)² − ½(a − y)² = c ((a − y) + c/2)."""

    def cost_terms(self, c: Array) -> Array:
        _, a, y = self.parts
        return c * ((a - y) + 0.5 * c)

    def slope_scale(self, step: float) -> Array:
        _, a, y = self.parts
        return np.abs(a - y) + step


class BinaryCrossEntropyHead(ActivationHead):
    """−y ln(1 + c/a) − (1 − y) ln(1 − c/(1 − a)), a term with coefficient 0 left out."""

    def cost_terms(self, c: Array) -> Array:
        _, a, y = self.parts
        return -logarithm_change(y, c, a) - logarithm_change(1.0 - y, -c, 1.0 - a)

    def slope_scale(self, step: float) -> Array:
        _, a, y = self.parts
        return np.abs(y) * steep_logarithm(y, a) + np.abs(1.0 - y) * steep_logarithm(
            1.0 - y, 1.0 - a
        )

    def inverse_room(self, share: float) -> Array | float:
        _, a, y = self.parts
        steepest = np.maximum(steep_logarithm(y, a), steep_logarithm(1.0 - y, 1.0 - a))
        return self.steepness * steepest / min(share, WALL_SHARE)


class CrossEntropyHead(ActivationHead):
    """−y ln(1 + c/a), a term with coefficient 0 left out."""

    def cost_terms(self, c: Array) -> Array:
        _, a, y = self.parts
        return -logarithm_change(y, c, a)

    def slope_scale(self, step: float) -> Array:
        _, a, y = self.parts
        return np.abs(y) * steep_logarithm(y, a)

    def inverse_room(self, share: float) -> Array | float:
        _, a, y = self.parts
        return self.steepness * steep_logarithm(y, a) / min(share, WALL_SHARE)


def logarithm_change(coefficient: Array, c: Array, a: Array) -> Array:
    """coefficient · (ln(a + c) − ln a), 0 where the coefficient is 0."""
    absent = coefficient == 0
    return coefficient * np.log1p(np.where(absent, 0.0, c) / np.where(absent, 1.0, a))


def steep_logarithm(coefficient: Array, a: Array) -> Array:
    """How fast ln a grows, 1/|a|; 0 where the coefficient is 0 and there is no such term."""
    absent = coefficient == 0
    return np.where(absent, 0.0, 1.0 / np.where(absent, 1.0, np.abs(a)))


class SigmoidBinaryCrossEntropyHead(TermwiseHead):
    """y softplus(−z) + (1 − y) softplus(z). Parts: y, σ(z), σ(−z)."""

    @classmethod
    def about(cls, z: Array, a: Array, y: Array) -> Self:
        return cls((y, a, SIGMOID(-z)))

    def terms(self, s: Array, largest: float) -> Array:
        y, A, B = self.parts
        return y * np.log1p(B * np.expm1(-s)) + (1.0 - y) * np.log1p(A * np.expm1(s))

    def scale(self, step: float) -> Array:
        y, A, B = self.parts
        return np.abs(y) * B + np.abs(1.0 - y) * A


class SigmoidCrossEntropyHead(TermwiseHead):
    """y softplus(−z). Parts: y, σ(−z)."""

    @classmethod
    def about(cls, z: Array, a: Array, y: Array) -> Self:
        return cls((y, SIGMOID(-z)))

    def terms(self, s: Array, largest: float) -> Array:
        y, B = self.parts
        return y * np.log1p(B * np.expm1(-s))

    def scale(self, step: float) -> Array:
        y, B = self.parts
        return np.abs(y) * B


ELEMENTWISE: dict[str, type[ActivationHead]] = {
    "mean_squared_error": SquaredErrorHead,
    "binary_cross_entropy": BinaryCrossEntropyHead,
    "cross_entropy": CrossEntropyHead,
}

FROM_Z: dict[tuple[str, str], Callable[[Array, Array, Array], Head]] = {
    ("sigmoid", "binary_cross_entropy"): SigmoidBinaryCrossEntropyHead.about,
    ("sigmoid", "cross_entropy"): SigmoidCrossEntropyHead.about,
}
