"""The smooth activations of numbers that carry a bound, formula by formula.

Roundings are counted for each usual formula with library functions that are K roundings off; c is
1 − a, s is the sigmoid of z, and products of roundings are left to `roundings`.
"""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.activations import SIGMOID, normal_density, normal_distribution
from core.arrays import Array
from core.rounding.bounded import Bounded
from core.rounding.rules import REFERENCE, BoundedActivation, finished


def logistic(a: Array, c: Array, moved: Array, K: float) -> Array:
    """Roundings of the sigmoid, at any a within `moved`.

    1/(1 + e^(−z)) and e^z/(1 + e^z): the exponential's K enter by the share c that it has in the
    sum, then a sum and a quotient: (K c + 2) a. (1 + tanh(z/2))/2: K |2a − 1| / 2 and the sum's a,
    which is more than all of a where e^(−z) overflows and the quotient becomes 0.
    """
    quotient = (K * np.minimum(c + moved, 1.0) + 2.0) * np.minimum(a + moved, 1.0)
    halves = np.minimum(a + moved, 1.0) + 0.5 * K * np.minimum(np.abs(c - a) + 2.0 * moved, 1.0)
    return np.maximum(quotient, halves)


def square_overflows(z: Bounded) -> NDArray[np.bool_]:
    """Where e^(2|z|) is beyond the precision's largest number."""
    return np.asarray(2.0 * z.size > np.log(z.precision.largest))


class BoundedSigmoid(BoundedActivation):
    steepest = 0.25
    slopes = 0.25

    def evaluated(self, z: Bounded, value: Array, moved: Array) -> Array:
        count = logistic(value, SIGMOID(-z.value), moved, self.ulps)
        size = value + moved
        return self.roundings(z, count, size)

    def slope_moved(self, z: Bounded, value: Array) -> Array:
        """|σ″| = σ′ |1 − 2a| and |σ‴| ≤ 1/8; also |(ln σ′)′| ≤ 1."""
        e = z.error
        bend = np.abs(1.0 - 2.0 * self(z).value) * value * e + e * e / 16.0
        return np.minimum(bend, value * np.expm1(e))

    def slope_evaluated(self, z: Bounded, value: Array, moved: Array) -> Array:
        """e^(−z)/(1 + e^(−z))²: K + 4, or 0 where the square overflows; σ(z) σ(−z): K + 5."""
        size = value + moved
        lost = np.where(square_overflows(z), size, 0.0)
        return self.roundings(z, (self.ulps + 5.0) * size, size) + lost

    def from_activation(self, a: Bounded) -> Bounded | None:
        """a (1 − a) with two roundings, or a − a² with a² rounded: its slope is 1 − 2a."""
        value, rest = a.value * (1.0 - a.value), np.abs(1.0 - a.value) + a.error
        moved = np.abs(1.0 - 2.0 * a.value) * a.error + a.error * a.error
        count = a.size * (2.0 * rest + a.size)
        return finished(a, value, moved + self.roundings(a, count, np.zeros_like(value)))


class BoundedTanh(BoundedActivation):
    def evaluated(self, z: Bounded, value: Array, moved: Array) -> Array:
        """The library's K a; (e^z − e^(−z))/(e^z + e^(−z)): K (1 − a²) + 3 a; 2σ(2z) − 1:
        K (1 − a²)/2 + 2 (1 + a) + a.
        """
        size = np.minimum(np.abs(value) + moved, 1.0)
        slope = np.minimum(self.sigma.derivative(z.value) + 2.0 * moved, 1.0)
        quotient = self.ulps * slope + 3.0 * size
        doubled = 0.5 * self.ulps * slope + 2.0 + 3.0 * size
        count = np.maximum(np.maximum(self.ulps * size, quotient), doubled)
        return self.roundings(z, count, size)

    def slope_moved(self, z: Bounded, value: Array) -> Array:
        """|σ″| = 2 |a| σ′ and |σ‴| ≤ 2; also |(ln σ′)′| ≤ 2."""
        e = z.error
        bend = 2.0 * np.abs(self(z).value) * value * e + e * e
        return np.minimum(bend, value * np.expm1(2.0 * e))

    def slope_evaluated(self, z: Bounded, value: Array, moved: Array) -> Array:
        """1/cosh² z and 4/(e^z + e^(−z))²: 2 K + 4 roundings."""
        size = value + moved
        return self.roundings(z, (2.0 * self.ulps + 4.0) * size, size)

    def from_activation(self, a: Bounded) -> Bounded | None:
        return 1.0 - a * a


class BoundedSoftplus(BoundedActivation):
    """ln(1 + e^z): the exponential's K weigh s, the sum 1, the logarithm's K weigh a.

    Where e^z may overflow nothing is known: infinite in one formula, z in another.
    """

    def evaluated(self, z: Bounded, value: Array, moved: Array) -> Array:
        size, highest = value + moved, z.value + z.error
        count = self.ulps * (size + SIGMOID(highest)) + 1.0 + size
        error = self.roundings(z, count, size)
        return np.where(highest > np.log(z.precision.largest), np.inf, error)

    def slope_moved(self, z: Bounded, value: Array) -> Array:
        return np.minimum(value * np.expm1(z.error), 0.25 * z.error)

    def slope_evaluated(self, z: Bounded, value: Array, moved: Array) -> Array:
        """σ′ is the sigmoid."""
        count = logistic(value, SIGMOID(-z.value), moved, self.ulps)
        return self.roundings(z, count, value + moved)

    def from_activation(self, a: Bounded) -> Bounded | None:
        """1 − e^(−a), or −expm1(−a)."""
        value, rest = -np.expm1(-a.value), np.exp(-a.value)
        moved = np.minimum(rest * np.expm1(a.error), self.slopes)
        count = np.maximum(self.ulps * (value + moved), self.ulps * (rest + moved) + 1.0)
        return finished(a, value, moved + self.roundings(a, count, np.abs(value)))


class BoundedElu(BoundedActivation):
    """e^z − 1 and expm1(z) below 0, exact above."""

    def evaluated(self, z: Bounded, value: Array, moved: Array) -> Array:
        size = np.abs(value) + moved
        count = np.maximum(self.ulps * size, self.ulps * rising(z) + size)
        return np.where(z.value - z.error > 0, 0.0, self.roundings(z, count, size))

    def slope_moved(self, z: Bounded, value: Array) -> Array:
        moved = value * np.expm1(z.error)
        return np.where(z.value - z.error > 0, 0.0, moved)

    def slope_evaluated(self, z: Bounded, value: Array, moved: Array) -> Array:
        size = value + moved
        below = self.roundings(z, self.ulps * size, size)
        return np.where(z.value - z.error > 0, 0.0, below)

    def from_activation(self, a: Bounded) -> Bounded | None:
        """a + 1 below 0, 1 above."""
        below = a + 1.0
        above = a.value - a.error > 0
        return Bounded(
            np.where(above, 1.0, below.value), np.where(above, 0.0, below.error), a.precision
        )


def rising(z: Bounded) -> Array:
    """The largest e^z of a z below 0 within the bound."""
    highest: Array = np.exp(np.minimum(z.value + z.error, 0.0))
    return highest


class BoundedSilu(BoundedActivation):
    """Not monotone: |σ″| ≤ 1/2 and |σ‴| < 0.31."""

    steepest = 1.1
    slopes = 1.2
    curvature: ClassVar[float] = 0.5  # max |σ″|
    jerk: ClassVar[float] = 0.31  # max |σ‴|

    def moved(self, z: Bounded, value: Array) -> Array:
        slope = np.abs(self.sigma.derivative(z.value)) + REFERENCE
        e = z.error
        return np.minimum(slope * e + 0.5 * self.curvature * e * e, self.steepest * e)

    def evaluated(self, z: Bounded, value: Array, moved: Array) -> Array:
        """z times the sigmoid's roundings, and a product."""
        s, size = SIGMOID(z.value), np.abs(value) + moved
        of_sigmoid = logistic(s, SIGMOID(-z.value), 0.25 * z.error, self.ulps)
        return self.roundings(z, z.size * of_sigmoid + size, size)

    def slope_moved(self, z: Bounded, value: Array) -> Array:
        e, bend = z.error, np.abs(self.second_derivative(z.value)) + REFERENCE
        return np.minimum(bend * e + 0.5 * self.jerk * e * e, self.curvature * e)

    def second_derivative(self, z: Array) -> Array:
        """s (1 − s) (2 + z (1 − 2 s))."""
        s, c = SIGMOID(z), SIGMOID(-z)
        return s * c * (2.0 + z * (c - s))

    def slope_evaluated(self, z: Bounded, value: Array, moved: Array) -> Array:
        """s (1 + z (1 − s)), in which an error of s counts 1 + |z| times, and a + s (1 − a)."""
        size = np.abs(value) + moved
        count = (0.5 * self.ulps + 5.0) * (1.0 + z.size)
        stored = self(z)
        by_stored = stored.written().error - stored.error
        return self.roundings(z, count, size) + by_stored


class BoundedGelu(BoundedSilu):
    """|σ″| ≤ 2 φ(0) < 0.8 and |σ‴| < 0.78."""

    steepest = 1.13
    slopes = 1.3
    curvature = 0.8
    jerk = 0.78

    def second_derivative(self, z: Array) -> Array:
        """φ (2 − z²)."""
        return normal_density(z) * (2.0 - z * z)

    def evaluated(self, z: Bounded, value: Array, moved: Array) -> Array:
        """Φ = ½ (1 + erf(z/√2)): erf's K/2, its argument's 2 |z| φ < ½, a sum's Φ; or
        ½ erfc(−z/√2): K Φ. Then a product.
        """
        size, middle = np.abs(value) + moved, normal_distribution(z.value + z.error)
        of_phi = self.ulps * np.maximum(0.5, middle) + 0.5 + middle
        return self.roundings(z, z.size * of_phi + size, size)

    def slope_evaluated(self, z: Bounded, value: Array, moved: Array) -> Array:
        """Φ + z φ: K + ½ + 1; (K + 4 + z²) z φ, of which z φ < ¼ and z³ φ < ½; a sum's 1.13."""
        size = np.abs(value) + moved
        return self.roundings(z, np.full_like(size, 1.25 * self.ulps + 4.2), size)
