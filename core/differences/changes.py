"""σ(z + s) − σ(z) without cancellation, by identities between values of σ itself.

The witness moves a weighted input by s and asks how far the activation moves. Subtracting two
nearly equal values would leave no digit, so each activation is given as an exact identity, e.g. for
the sigmoid with A = σ(z), B = σ(−z):

    σ(z + s) − σ(z) = A B / (1/E + A),   E = e^s − 1,

which holds for every s and knows nothing of σ′. Nothing here calls a derivative.

Parts are N × n, as z; s has further axes in front of them, and is overwritten.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from core.activations import (
    LEAKY_SLOPE,
    SIGMOID,
    Activation,
    normal_density,
    normal_distribution,
)
from core.arrays import Array

SMALL = 2.0**-12
"""Up to this |s| the series 1/(e^s − 1) = 1/s − 1/2 + s/12 − s³/720… may stop after s/12: the next
term is below s⁴/720 < 5e-18 of the whole."""

SECANT = 2.0**-16
"""The move whose secants stand for slopes, where only a size is asked for."""

NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(6)
QUADRATURE_REACH = 0.25
"""Up to this |s| (1 + |z|) six Gauss nodes integrate the normal density to the last digit."""


@dataclass(frozen=True)
class Change(ABC):
    """How far one layer's activations move when its weighted inputs move by s."""

    parts: tuple[Array, ...]

    @classmethod
    @abstractmethod
    def about(cls, z: Array) -> Self:
        """Prepared for moves about the stored z (N × n)."""

    @abstractmethod
    def __call__(self, s: Array, largest: float) -> Array:
        """σ(z + s) − σ(z), shaped as s, which may be overwritten; `largest` bounds |s|."""

    def view(self, take: Callable[[Array], Array]) -> Self:
        """The same about a part of z: `take` picks it from each N × n part."""
        return type(self)(tuple(take(part) for part in self.parts))

    def secant(self, z: Array) -> Array:
        """The change over s for one small s, shaped as z."""
        return self(uniform(z, SECANT), SECANT) / SECANT

    def steepness(self, z: Array, secant: Array) -> Array:
        """How large, per unit of s, the terms are that make up the change: rounding's measure."""
        return np.abs(secant)


def uniform(like: Array, value: float) -> Array:
    """The same value everywhere; `np.full_like` takes five times as long for a few numbers."""
    values = np.empty(like.shape)
    values.fill(value)
    return values


class SigmoidChange(Change):
    """Parts: A B = σ(z) σ(−z), which are values at two points, and A − 1/2."""

    @classmethod
    def about(cls, z: Array) -> Self:
        A = SIGMOID(z)
        return cls((A * SIGMOID(-z), A - 0.5))

    def __call__(self, s: Array, largest: float) -> Array:
        product, tilt = self.parts
        return sigmoid_change(s, largest, product, tilt)


def sigmoid_change(s: Array, largest: float, product: Array, tilt: Array) -> Array:
    """A B / (1/E + A), with 1/E + 1/2 from its series where s is small; overwrites s."""
    if largest > SMALL:
        with np.errstate(over="ignore"):
            E = np.expm1(s)
            return np.where(
                E > 1.0, product / (1.0 / E + (tilt + 0.5)), product * E / (1.0 + (tilt + 0.5) * E)
            )
    divisor = s * (1.0 / 12.0)
    divisor += tilt
    divisor *= s
    divisor += 1.0
    s *= product
    s /= divisor
    return s


class TanhChange(Change):
    """tanh z = 2 σ(2z) − 1."""

    @classmethod
    def about(cls, z: Array) -> Self:
        return cls(SigmoidChange.about(2.0 * z).parts)

    def __call__(self, s: Array, largest: float) -> Array:
        s *= 2.0
        change = sigmoid_change(s, 2.0 * largest, *self.parts)
        change *= 2.0
        return change


class IdentityChange(Change):
    @classmethod
    def about(cls, z: Array) -> Self:
        return cls(())

    def __call__(self, s: Array, largest: float) -> Array:
        return s


class LeakyReluChange(Change):
    """Parts: the slope of the side that z is on. Exact, as long as no move crosses 0."""

    below = LEAKY_SLOPE

    @classmethod
    def about(cls, z: Array) -> Self:
        return cls((np.where(z > 0, 1.0, cls.below),))

    def __call__(self, s: Array, largest: float) -> Array:
        s *= self.parts[0]
        return s


class ReluChange(LeakyReluChange):
    below = 0.0


class EluChange(Change):
    """Parts: z > 0, and e^z where z ≤ 0: e^(z+s) − e^z = e^z (e^s − 1). No move crosses 0."""

    @classmethod
    def about(cls, z: Array) -> Self:
        return cls((np.where(z > 0, 1.0, 0.0), np.exp(np.minimum(z, 0.0))))

    def __call__(self, s: Array, largest: float) -> Array:
        positive, exponential = self.parts
        return np.where(positive > 0, s, exponential * np.expm1(s))


class SoftplusChange(Change):
    """Parts: A = σ(z). ln(1 + e^(z+s)) − ln(1 + e^z) = ln(1 + A (e^s − 1))."""

    @classmethod
    def about(cls, z: Array) -> Self:
        return cls((SIGMOID(z),))

    def __call__(self, s: Array, largest: float) -> Array:
        (A,) = self.parts
        return np.asarray(np.log1p(A * np.expm1(s)))


class SiluChange(Change):
    """s σ(z) + (z + s) (σ(z + s) − σ(z)). Parts: z, σ(z), and the sigmoid's."""

    @classmethod
    def about(cls, z: Array) -> Self:
        return cls((z, SIGMOID(z), *SigmoidChange.about(z).parts))

    def __call__(self, s: Array, largest: float) -> Array:
        z, A, product, tilt = self.parts
        change = sigmoid_change(s.copy(), largest, product, tilt)
        return s * A + (z + s) * change

    def steepness(self, z: Array, secant: Array) -> Array:
        _, A, *sigmoid = self.parts
        return A + np.abs(z * SigmoidChange(tuple(sigmoid)).secant(z))


class GeluChange(Change):
    """(z + s) Φ(z + s) − z Φ(z) = s Φ(z) + (z + s) (Φ(z + s) − Φ(z)). Parts: z, Φ(z)."""

    @classmethod
    def about(cls, z: Array) -> Self:
        return cls((z, normal_distribution(z)))

    def __call__(self, s: Array, largest: float) -> Array:
        z, Phi = self.parts
        return s * Phi + (z + s) * mass_between(z, s)

    def steepness(self, z: Array, secant: Array) -> Array:
        mass = mass_between(z, uniform(z, SECANT))
        # Φ and its density come from erfcx and e^(−z²/2), good to ten units in the last place.
        return 4.0 * (self.parts[1] + np.abs(z) * mass / SECANT)


def mass_between(z: Array, s: Array) -> Array:
    """Φ(z + s) − Φ(z): the integral that defines Φ for small s, the plain difference for large."""
    middle, half = z + 0.5 * s, 0.5 * s
    near = half * sum(
        weight * normal_density(middle + node * half)
        for node, weight in zip(NODES, NODE_WEIGHTS, strict=True)
    )
    far = np.abs(s) * (1.0 + np.abs(z)) > QUADRATURE_REACH
    if not far.any():
        return near
    return np.where(far, normal_distribution(z + s) - normal_distribution(z), near)


CHANGES: dict[str, type[Change]] = {
    "sigmoid": SigmoidChange,
    "tanh": TanhChange,
    "relu": ReluChange,
    "leaky_relu": LeakyReluChange,
    "identity": IdentityChange,
    "softplus": SoftplusChange,
    "elu": EluChange,
    "silu": SiluChange,
    "gelu": GeluChange,
}

CORNERED = frozenset({"relu", "leaky_relu", "elu"})
"""Activations with a jump in σ′, or (elu) in σ″, at z = 0: a step across it proves nothing."""


def change_of(activation: Activation, z: Array) -> Change:
    """The change of this elementwise activation about z."""
    return CHANGES[activation.name].about(z)
