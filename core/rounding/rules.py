"""What every activation of numbers that carry a bound has in common.

The error of σ(z ± e) has two parts. What e does (`moved`): for a monotone σ the values at both
ends, else Taylor's theorem. And what the evaluation does (`evaluated`): a library function (exp,
log, tanh, erf) is within K roundings of the exact value, and on top of it come the operations of
each of the usual formulas; the widest of them counts. σ′ is computed from z by some and from the
stored a by others: its bound is the wider.
"""

from typing import ClassVar

import numpy as np

from core.activations import Activation
from core.arrays import Array
from core.rounding.bounded import Bounded, no_nan

ULPS = 4.0
"""K: how many units roundoff a library function may be off, unless the caller says more. Two units
in the last place: what the vector libraries of today promise or better."""

REFERENCE = 10.0 * 2.0**-53
"""Our own σ and σ′ are within ten units roundoff: tests/core/test_activations.py."""

MOST_ROUNDINGS = 10.0
"""No formula has more than 2 K + 10 roundings one upon the other: u times so many is what second
orders add, relatively."""


class BoundedActivation:
    """An activation of `Bounded` numbers: call it for σ, `derivative` for σ′ as stored.

    Monotone and exact to evaluate, unless a subclass says otherwise.
    """

    steepest: ClassVar[float] = 1.0  # max |σ′|
    slopes: ClassVar[float] = 1.0  # from the least σ′ to the largest

    def __init__(self, sigma: Activation, ulps: float = ULPS) -> None:
        self.sigma, self.ulps, self.name = sigma, ulps, sigma.name
        self._latest: tuple[Bounded, Bounded] | None = None

    def __call__(self, z: Bounded) -> Bounded:
        """σ(z), not yet stored; that of the latest z is kept, since σ′ asks for it again."""
        if self._latest is None or self._latest[0] is not z:
            value = self.sigma(z.value)
            moved = self.moved(z, value)
            self._latest = z, finished(z, value, moved + self.evaluated(z, value, moved))
        return self._latest[1]

    def derivative(self, z: Bounded) -> Bounded:
        """σ′(z) as stored."""
        value = self.sigma.derivative(z.value)
        moved = np.minimum(no_nan(self.slope_moved(z, value)), self.slopes)
        error = moved + self.slope_evaluated(z, value, moved)
        route = self.from_activation(self(z).written())
        if route is not None:
            error = np.maximum(error, np.abs(route.value - value) + route.error)
        return finished(z, value, error).written()

    def pull_back(self, z: Bounded, a: Bounded, gradient: Bounded) -> Bounded:
        """∂C/∂z from ∂C/∂a through the diagonal Jacobian."""
        return gradient * self.derivative(z)

    def moved(self, z: Bounded, value: Array) -> Array:
        """How far z ± e moves σ: to its values at both ends, within what its slope allows."""
        upward = np.nextafter(z.value + z.error, np.inf)
        downward = np.nextafter(z.value - z.error, -np.inf)
        upper, lower = self.sigma(np.array((upward, downward)))
        ends = np.maximum(upper - value, value - lower)
        ours = REFERENCE * (np.abs(value) + ends)
        return np.minimum(no_nan(ends + ours), self.steepest * z.error)

    def evaluated(self, z: Bounded, value: Array, moved: Array) -> Array:
        """Roundings of the usual formulas, ours included, at any z within the bound."""
        return np.zeros_like(value)

    def slope_moved(self, z: Bounded, value: Array) -> Array:
        """How far z ± e moves σ′."""
        return np.zeros_like(value)

    def slope_evaluated(self, z: Bounded, value: Array, moved: Array) -> Array:
        """Roundings of σ′ from z, ours included."""
        return np.zeros_like(value)

    def from_activation(self, a: Bounded) -> Bounded | None:
        """σ′ from the stored a, where that is a usual way."""
        return None

    def roundings(self, z: Bounded, count: Array, size: Array) -> Array:
        """`count` roundings in absolute terms (already times what they are relative to), second
        orders, our own evaluation of a number of this size, and an underflow.
        """
        p = z.precision
        second = (2.0 * self.ulps + MOST_ROUNDINGS) * p.u
        growth = 1.0 / (1.0 - second) if second < 1.0 else np.inf
        return no_nan(count * (p.u * growth)) + REFERENCE * size + p.t


def finished(z: Bounded, value: Array, error: Array) -> Bounded:
    """value ± error at z's precision; infinite where nothing is known."""
    return Bounded(value, no_nan(error), z.precision)
