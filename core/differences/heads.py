"""How far the cost of each example moves when the last layer's weighted inputs move by s.

One head for each way in which an output activation and a cost meet, from values only, without
cancellation. `s` is (…, N, n_L) and may be overwritten; answers are (…, N): no 1/N here.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from core.activations import SIGMOID
from core.arrays import Array
from core.differences.changes import Change, change_of
from core.network import Network
from core.softmax import softmax_logs


@dataclass(frozen=True)
class Head(ABC):
    """Parts are N × n_L arrays about the stored output."""

    parts: tuple[Array, ...]

    @abstractmethod
    def __call__(self, s: Array, largest: float) -> Array:
        """The change of each example's cost, (…, N) from s (…, N, n_L); `largest` bounds |s|."""

    @abstractmethod
    def scale(self, step: float) -> Array:
        """How large the terms of ∂C₁/∂z(L) are, N × n_L: what rounding there is relative to."""

    def output_rounding(self, step: float) -> Array | float:
        """What rounding a(L) may do to each cost term; 0 where the cost is computed from z."""
        return 0.0

    def examples(self, rows: slice) -> "Head":
        """The same for some of the examples."""
        return type(self)(tuple(part[rows] for part in self.parts))


@dataclass(frozen=True)
class ActivationHead(Head):
    """A cost of activations that move one by one. Parts: z, a, y."""

    change: Change

    @classmethod
    def about(cls, change: Change, z: Array, a: Array, y: Array) -> Self:
        return cls((z, a, y), change)

    def examples(self, rows: slice) -> "Head":
        return type(self)(
            tuple(part[rows] for part in self.parts), self.change.view(lambda part: part[rows])
        )

    def __call__(self, s: Array, largest: float) -> Array:
        return self.cost_change(self.change(s, largest))

    @abstractmethod
    def cost_change(self, c: Array) -> Array:
        """Σ_j of the terms' changes when a moves by c."""

    def scale(self, step: float) -> Array:
        return self.change.steepness(self.parts[0], step) * self.slope_scale(step)

    def output_rounding(self, step: float) -> Array | float:
        return np.abs(self.parts[1]) * self.slope_scale(step)

    @abstractmethod
    def slope_scale(self, step: float) -> Array:
        """How large the terms of ∂C₁/∂a are."""


class SquaredErrorHead(ActivationHead):
    """½(a + c − y)² − ½(a − y)² = c ((a − y) + c/2)."""

    def cost_change(self, c: Array) -> Array:
        _, a, y = self.parts
        return np.einsum("...j,...j->...", c, (a - y) + 0.5 * c)

    def slope_scale(self, step: float) -> Array:
        _, a, y = self.parts
        return np.abs(a - y) + step


class BinaryCrossEntropyHead(ActivationHead):
    """−y ln(1 + c/a) − (1 − y) ln(1 − c/(1 − a)), a term with coefficient 0 left out."""

    def cost_change(self, c: Array) -> Array:
        _, a, y = self.parts
        terms = logarithm_change(y, c, a) + logarithm_change(1.0 - y, -c, 1.0 - a)
        return -terms.sum(axis=-1)

    def slope_scale(self, step: float) -> Array:
        _, a, y = self.parts
        return np.abs(y / nonzero(y, a)) + np.abs((1.0 - y) / nonzero(1.0 - y, 1.0 - a))


class CrossEntropyHead(ActivationHead):
    """−y ln(1 + c/a), a term with coefficient 0 left out."""

    def cost_change(self, c: Array) -> Array:
        _, a, y = self.parts
        return -logarithm_change(y, c, a).sum(axis=-1)

    def slope_scale(self, step: float) -> Array:
        _, a, y = self.parts
        return np.abs(y / nonzero(y, a))


def nonzero(coefficient: Array, divisor: Array) -> Array:
    """The divisor, or 1 where its coefficient is 0 and the term does not exist."""
    return np.where(coefficient == 0, 1.0, divisor)


def logarithm_change(coefficient: Array, c: Array, a: Array) -> Array:
    """coefficient · (ln(a + c) − ln a), 0 where the coefficient is 0."""
    absent = coefficient == 0
    return coefficient * np.log1p(np.where(absent, 0.0, c) / nonzero(coefficient, a))


class SigmoidBinaryCrossEntropyHead(Head):
    """y softplus(−z) + (1 − y) softplus(z). Parts: y, σ(z), σ(−z)."""

    @classmethod
    def about(cls, z: Array, a: Array, y: Array) -> Self:
        return cls((y, a, SIGMOID(-z)))

    def __call__(self, s: Array, largest: float) -> Array:
        y, A, B = self.parts
        terms = y * np.log1p(B * np.expm1(-s)) + (1.0 - y) * np.log1p(A * np.expm1(s))
        return np.asarray(terms.sum(axis=-1))

    def scale(self, step: float) -> Array:
        y, A, B = self.parts
        return np.abs(y) * B + np.abs(1.0 - y) * A


class SigmoidCrossEntropyHead(Head):
    """y softplus(−z). Parts: y, σ(−z)."""

    @classmethod
    def about(cls, z: Array, a: Array, y: Array) -> Self:
        return cls((y, SIGMOID(-z)))

    def __call__(self, s: Array, largest: float) -> Array:
        y, B = self.parts
        return np.asarray((y * np.log1p(B * np.expm1(-s))).sum(axis=-1))

    def scale(self, step: float) -> Array:
        y, B = self.parts
        return np.abs(y) * B


class SoftmaxSquaredErrorHead(Head):
    """a_j moves by a_j (E_j − P)/(1 + P), E = e^s − 1, P = Σ_k a_k E_k. Parts: a, a − y."""

    @classmethod
    def about(cls, z: Array, a: Array, y: Array) -> Self:
        return cls((a, a - y))

    def __call__(self, s: Array, largest: float) -> Array:
        a, residual = self.parts
        E = np.expm1(s)
        P = (a * E).sum(axis=-1, keepdims=True)
        c = a * (E - P) / (1.0 + P)
        return np.einsum("...j,...j->...", c, residual + 0.5 * c)

    def scale(self, step: float) -> Array:
        a, residual = self.parts
        mean = (a * np.abs(residual)).sum(axis=-1, keepdims=True)
        return a * (np.abs(residual) + mean + step)

    def output_rounding(self, step: float) -> Array | float:
        a, residual = self.parts
        return a * (np.abs(residual) + step)


class SoftmaxCrossEntropyHead(Head):
    """−y ln a: Σ_j y_j (ln(1 + P) − s_j). Parts: a, y."""

    @classmethod
    def about(cls, z: Array, a: Array, y: Array) -> Self:
        return cls((a, y))

    def __call__(self, s: Array, largest: float) -> Array:
        a, y = self.parts
        P = (a * np.expm1(s)).sum(axis=-1, keepdims=True)
        return np.asarray((y * (np.log1p(P) - s)).sum(axis=-1))

    def scale(self, step: float) -> Array:
        a, y = self.parts
        return a * np.abs(y).sum(axis=-1, keepdims=True) + np.abs(y)


class SoftmaxBinaryCrossEntropyHead(Head):
    """Σ_j −y_j Δ ln a_j − (1 − y_j) Δ ln(1 − a_j). Parts: a, y, and softmax among all but one.

    `shares[i, j, k]` = a_k / (1 − a_j) for k ≠ j: how the others share what j leaves.
    """

    @classmethod
    def about(cls, z: Array, a: Array, y: Array) -> Self:
        logs = softmax_logs(z)
        exponents = logs.log_a[:, None, :] - logs.log_complement[:, :, None]
        own = np.eye(z.shape[-1], dtype=bool)
        return cls((a, y, np.where(own, 0.0, np.exp(np.where(own, 0.0, exponents)))))

    def __call__(self, s: Array, largest: float) -> Array:
        a, y, shares = self.parts
        E = np.expm1(s)
        total = np.log1p((a * E).sum(axis=-1, keepdims=True))
        without = np.log1p(np.matmul(shares, E[..., None])[..., 0])
        return np.asarray((y * (total - s) + (1.0 - y) * (total - without)).sum(axis=-1))

    def scale(self, step: float) -> Array:
        a, y, shares = self.parts
        against = np.abs(1.0 - y)
        everywhere = a * (np.abs(y) + against).sum(axis=-1, keepdims=True)
        others = np.einsum("ij,ijk->ik", against, shares)
        return np.abs(y) + everywhere + others


ELEMENTWISE: dict[str, type[ActivationHead]] = {
    "mean_squared_error": SquaredErrorHead,
    "binary_cross_entropy": BinaryCrossEntropyHead,
    "cross_entropy": CrossEntropyHead,
}

FROM_Z: dict[tuple[str, str], Callable[[Array, Array, Array], Head]] = {
    ("sigmoid", "binary_cross_entropy"): SigmoidBinaryCrossEntropyHead.about,
    ("sigmoid", "cross_entropy"): SigmoidCrossEntropyHead.about,
    ("softmax", "mean_squared_error"): SoftmaxSquaredErrorHead.about,
    ("softmax", "cross_entropy"): SoftmaxCrossEntropyHead.about,
    ("softmax", "binary_cross_entropy"): SoftmaxBinaryCrossEntropyHead.about,
}


def head_of(network: Network, z: Array, a: Array, y: Array) -> Head:
    """The head of this network's output about the stored z(L), a(L) and the targets."""
    activation = network.activations[network.depth]
    from_z = FROM_Z.get((activation.name, network.cost.name))
    if from_z:
        return from_z(z, a, y)
    return ELEMENTWISE[network.cost.name].about(change_of(activation, z), z, a, y)
