"""σ and σ′ of numbers that carry a bound.

The error of σ(z ± e) has two parts. What e does: for a monotone σ the values at both ends, else
Taylor's theorem, |σ′| e + ½ max|σ″| e². And the evaluation: library functions are not correctly
rounded (K units in the last place; some accelerators are far worse), and the usual routes differ:
1/(1+e^(−z)) is relatively accurate where (1 + tanh(z/2))/2, ln(1 + e^z) and e^z − 1 have an absolute
error u, and where e^|z| overflows in a narrow format they give 0. Every usual route is covered.

σ′ is computed from z by some and from the stored a by others (a(1−a), 1−a²): its bound is the wider.
"""

from typing import ClassVar

import numpy as np

from core.activations import Activation
from core.arrays import Array
from core.costs import sum_of_others
from core.rounding.bounded import Bounded, no_nan

ULPS = 4.0
"""K: how many units in the last place a library function may be off, unless the caller says more."""

REFERENCE = 10.0 * 2.0**-53
"""Our own σ and σ′ are within ten units in the last place (tests/core/test_activations.py)."""


class BoundedActivation:
    """An activation of `Bounded` numbers: call it for σ, `derivative` for σ′ as stored.

    Monotone and exact to evaluate, unless a subclass says otherwise.
    """

    steepest: ClassVar[float] = 1.0  # max |σ′|

    def __init__(self, sigma: Activation, ulps: float = ULPS) -> None:
        self.sigma, self.ulps, self.name = sigma, ulps, sigma.name

    def __call__(self, z: Bounded) -> Bounded:
        """σ(z), not yet stored."""
        value = self.sigma(z.value)
        error = self.moved(z, value)
        return finished(z, value, error + self.evaluated(z, np.abs(value) + error))

    def derivative(self, z: Bounded) -> Bounded:
        """σ′(z) as stored."""
        value = self.sigma.derivative(z.value)
        error = self.slope_moved(z, value)
        error = error + self.slope_evaluated(z, np.abs(value) + error)
        route = self.from_activation(self(z).written())
        if route is not None:
            error = np.maximum(error, np.abs(route.value - value) + route.error)
        return finished(z, value, error).written()

    def pull_back(self, z: Bounded, a: Bounded, gradient: Bounded) -> Bounded:
        """∂C/∂z from ∂C/∂a through the diagonal Jacobian."""
        return gradient * self.derivative(z)

    def moved(self, z: Bounded, value: Array) -> Array:
        """How far z ± e moves σ: to its values at both ends, and never more than its slope allows."""
        upper, lower = self.sigma(z.value + z.error), self.sigma(z.value - z.error)
        ends = np.maximum(np.abs(upper - value), np.abs(value - lower))
        return np.minimum(ends + REFERENCE * np.abs(value), self.steepest * z.error)

    def evaluated(self, z: Bounded, size: Array) -> Array:
        """Roundings of the usual routes, ours included."""
        return np.zeros_like(size)

    def slope_moved(self, z: Bounded, value: Array) -> Array:
        """How far z ± e moves σ′."""
        return np.zeros_like(value)

    def slope_evaluated(self, z: Bounded, size: Array) -> Array:
        """Roundings of σ′ from z, ours included."""
        return np.zeros_like(size)

    def from_activation(self, a: Bounded) -> Bounded | None:
        """σ′ from the stored a, where that is a usual route."""
        return None

    def ulp(self, z: Bounded, size: Array, units: float = 0.0) -> Array:
        """K + `units` roundings relative to size, and an underflow."""
        p = z.precision
        return ((self.ulps + units) * p.u + REFERENCE) * size + p.t

    def vanished(self, z: Bounded, size: Array) -> Array:
        """All of it, where e^|z| overflows in this precision and the quotient becomes 0."""
        return np.where(z.size > np.log(z.precision.largest), size, 0.0)


class BoundedIdentity(BoundedActivation):
    pass


class BoundedRelu(BoundedActivation):
    def derivative(self, z: Bounded) -> Bounded:
        """Either slope where z may lie on either side of 0: the middle, and half of what is between."""
        low, high = float(self.sigma.slope), 1.0  # type: ignore[attr-defined]
        unsure = np.abs(z.value) <= z.error
        value = np.where(unsure, (low + high) / 2.0, self.sigma.derivative(z.value))
        error = np.where(unsure, (high - low) / 2.0, 0.0)
        if low:
            error = error + z.precision.u * low
        return finished(z, value, error).written()


class BoundedLeakyRelu(BoundedRelu):
    def evaluated(self, z: Bounded, size: Array) -> Array:
        return np.where(z.value - z.error > 0, 0.0, 2.0 * z.precision.u * size + z.precision.t)


class BoundedSigmoid(BoundedActivation):
    steepest = 0.25

    def evaluated(self, z: Bounded, size: Array) -> Array:
        return self.ulp(z, size) + z.precision.u + self.vanished(z, size)

    def slope_moved(self, z: Bounded, value: Array) -> Array:
        """|σ″| = σ′ |1 − 2a| and |σ‴| ≤ 1/8; also |(ln σ′)′| ≤ 1."""
        e = z.error
        bend = np.abs(1.0 - 2.0 * self.sigma(z.value)) * value * e + e * e / 16.0
        return np.minimum(bend, value * np.expm1(e))

    def slope_evaluated(self, z: Bounded, size: Array) -> Array:
        return self.ulp(z, size, self.ulps + 3.0) + self.vanished(z, size)

    def from_activation(self, a: Bounded) -> Bounded | None:
        return a * (1.0 - a)


class BoundedTanh(BoundedActivation):
    def evaluated(self, z: Bounded, size: Array) -> Array:
        return self.ulp(z, size) + 2.0 * z.precision.u

    def slope_moved(self, z: Bounded, value: Array) -> Array:
        """|σ″| = 2 |a| σ′ and |σ‴| ≤ 2; also |(ln σ′)′| ≤ 2."""
        e = z.error
        bend = 2.0 * np.abs(self.sigma(z.value)) * value * e + e * e
        return np.minimum(bend, value * np.expm1(2.0 * e))

    def slope_evaluated(self, z: Bounded, size: Array) -> Array:
        return self.ulp(z, size, self.ulps + 3.0) + self.vanished(z, size)

    def from_activation(self, a: Bounded) -> Bounded | None:
        return 1.0 - a * a


class BoundedSoftplus(BoundedActivation):
    def evaluated(self, z: Bounded, size: Array) -> Array:
        return self.ulp(z, size, 1.0) + 2.0 * z.precision.u

    def slope_moved(self, z: Bounded, value: Array) -> Array:
        return np.minimum(value * np.expm1(z.error), 0.25 * z.error)

    def slope_evaluated(self, z: Bounded, size: Array) -> Array:
        return self.ulp(z, size) + 2.0 * z.precision.u + self.vanished(z, size)

    def from_activation(self, a: Bounded) -> Bounded | None:
        """1 − e^(−a)."""
        value = -np.expm1(-a.value)
        error = np.exp(-a.value) * np.expm1(a.error)
        return finished(a, value, error + self.ulp(a, np.exp(-a.value)) + a.precision.u)


class BoundedElu(BoundedActivation):
    def evaluated(self, z: Bounded, size: Array) -> Array:
        below = self.ulp(z, size) + 2.0 * z.precision.u
        return np.where(z.value - z.error > 0, 0.0, below)

    def slope_moved(self, z: Bounded, value: Array) -> Array:
        moved = value * np.expm1(z.error)
        return np.where(z.value - z.error > 0, 0.0, moved)

    def slope_evaluated(self, z: Bounded, size: Array) -> Array:
        return np.where(z.value - z.error > 0, 0.0, self.ulp(z, size))

    def from_activation(self, a: Bounded) -> Bounded | None:
        """a + 1 below 0, 1 above."""
        below = a + 1.0
        above = a.value - a.error > 0
        return Bounded(
            np.where(above, 1.0, below.value), np.where(above, 0.0, below.error), a.precision
        )


class BoundedSilu(BoundedActivation):
    """Not monotone: |σ″| ≤ 1/2."""

    steepest = 1.1
    curvature: ClassVar[float] = 0.5

    def moved(self, z: Bounded, value: Array) -> Array:
        slope = np.abs(self.sigma.derivative(z.value)) + REFERENCE
        e = z.error
        return np.minimum(slope * e + 0.5 * self.curvature * e * e, self.steepest * e)

    def evaluated(self, z: Bounded, size: Array) -> Array:
        return self.ulp(z, size, 2.0) + z.precision.u * np.abs(z.value) + self.vanished(z, size)

    def slope_moved(self, z: Bounded, value: Array) -> Array:
        return np.minimum(self.curvature * z.error, 2.0 * self.steepest)

    def slope_evaluated(self, z: Bounded, size: Array) -> Array:
        return self.ulp(z, 1.0 + np.abs(z.value), 4.0) + self.vanished(z, size)


class BoundedGelu(BoundedSilu):
    """|σ″| = φ |2 − z²| ≤ 2 φ(0) < 0.8; ½(1 + erf) has an absolute error u, φ one of z² u."""

    steepest = 1.13
    curvature = 0.8

    def evaluated(self, z: Bounded, size: Array) -> Array:
        return self.ulp(z, size, 2.0) + 2.0 * z.precision.u * np.abs(z.value)

    def slope_evaluated(self, z: Bounded, size: Array) -> Array:
        return self.ulp(z, np.full_like(size, 3.0), 2.0)


class BoundedSoftmax(BoundedActivation):
    """a_j is largest where z_j is and the others are not: both ends are softmaxes themselves."""

    def moved(self, z: Bounded, value: Array) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            grown, shrunk = np.expm1(z.error), -np.expm1(-z.error)
            rest = 1.0 - value + REFERENCE
            less = sum_of_others(value * shrunk) + REFERENCE * shrunk
            more = sum_of_others(value * grown) + REFERENCE * grown
            upper = value * (grown * rest + less) / (1.0 + value * grown - less)
            lower = value * (shrunk * rest + more) / (1.0 - value * shrunk + more)
        return np.minimum(no_nan(np.maximum(upper, lower)), 1.0)

    def evaluated(self, z: Bounded, size: Array) -> Array:
        """Exponentials of z_j − max z, a sum of n, a quotient; 0 where the quotient underflows."""
        shifted = np.abs(z.value - z.value.max(axis=-1, keepdims=True)) + 2.0 * z.error
        return self.ulp(z, size * (1.0 + shifted), self.ulps + size.shape[-1] + 2.0)

    def pull_back(self, z: Bounded, a: Bounded, gradient: Bounded) -> Bounded:
        """a ⊙ (∇C − Σ_k a_k ∇C_k)."""
        return a * (gradient - (gradient * a).sum(axis=-1, keepdims=True))


BOUNDED: dict[str, type[BoundedActivation]] = {
    "sigmoid": BoundedSigmoid,
    "tanh": BoundedTanh,
    "relu": BoundedRelu,
    "leaky_relu": BoundedLeakyRelu,
    "identity": BoundedIdentity,
    "softplus": BoundedSoftplus,
    "elu": BoundedElu,
    "silu": BoundedSilu,
    "gelu": BoundedGelu,
    "softmax": BoundedSoftmax,
}


def bounded_activation(sigma: Activation, ulps: float = ULPS) -> BoundedActivation:
    """This activation, for numbers that carry a bound."""
    return BOUNDED[sigma.name](sigma, ulps)


def finished(z: Bounded, value: Array, error: Array) -> Bounded:
    """value ± error at z's precision; infinite where nothing is known."""
    return Bounded(value, no_nan(error), z.precision)
