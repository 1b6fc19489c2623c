"""The few steps of mistakes that operators do not cover, on float64 arrays and on `Bounded`."""

from typing import Any

import numpy as np

from core.activations import ACTIVATIONS
from core.arrays import Numbers
from core.rounding.activations import bounded_activation
from core.rounding.bounded import Bounded
from core.rounding.rules import BoundedActivation

DEAD = 1e4
"""An error of so many underflows beside an exact 0 is no error at all: code summed zeros."""


def exactly(like: Numbers, value: Any) -> Numbers:
    """A number without error, of the same kind."""
    if isinstance(like, Bounded):
        return Bounded.exactly(value, like.precision)
    return np.asarray(value, dtype=np.float64)


def reshaped(x: Numbers, shape: tuple[int, ...]) -> Numbers:
    """The same entries in another shape."""
    if isinstance(x, Bounded):
        return Bounded(x.value.reshape(shape), x.error.reshape(shape), x.precision)
    return x.reshape(shape)


def clipped(x: Numbers, limit: Numbers) -> Numbers:
    """x limited to ± limit."""
    if not isinstance(x, Bounded):
        return np.clip(x, -limit, limit)
    c = limit.value
    value = np.clip(x.value, -c, c)
    low, high = np.clip(x.value - x.error, -c, c), np.clip(x.value + x.error, -c, c)
    at_limit = np.where(x.size >= c - limit.error, limit.error, 0.0)
    return Bounded(value, np.maximum(high - value, value - low) + at_limit, x.precision)


def sign(x: Numbers) -> Numbers:
    """−1, 0 or 1."""
    if not isinstance(x, Bounded):
        return np.sign(x)
    unsure = (np.abs(x.value) <= x.error) & (x.value != 0)
    return Bounded(np.sign(x.value), np.where(unsure, 2.0, 0.0), x.precision)


def slope_as_code(sigma: Any, x: Numbers) -> Numbers:
    """σ′(x); where x is exactly 0, as in a dead unit, code takes its convention's value."""
    slope = sigma.derivative(x)
    if not isinstance(x, Bounded):
        return slope
    dead = (x.value == 0) & (x.error <= DEAD * x.precision.t)
    if not dead.any():
        return slope
    convention = sigma.sigma.derivative(np.zeros(()))
    value = np.where(dead, convention, slope.value)
    return Bounded(value, np.where(dead, 0.0, slope.error), x.precision)


class AsCode:
    """A bounded activation with a kink, whose σ′ at an exact 0 is what code takes there."""

    def __init__(self, bounded: BoundedActivation) -> None:
        self.bounded, self.sigma, self.name = bounded, bounded.sigma, bounded.name

    def __call__(self, z: Bounded) -> Bounded:
        """σ(z)."""
        return self.bounded(z)

    def derivative(self, z: Bounded) -> Numbers:
        """σ′(z)."""
        return slope_as_code(self.bounded, z)

    def pull_back(self, z: Bounded, a: Bounded, gradient: Bounded) -> Numbers:
        """∂C/∂z from ∂C/∂a."""
        return gradient * self.derivative(z)

    def from_activation(self, a: Bounded) -> Bounded | None:
        """σ′ from the stored a."""
        return self.bounded.from_activation(a)


def as_code(sigma: Any) -> Any:
    """The activation, its σ′ evaluated as code would; most have no kink to wonder about."""
    kinked = isinstance(sigma, BoundedActivation) and sigma.sigma.kinks
    return AsCode(sigma) if kinked else sigma


def activation_like(like: Numbers, name: str) -> Any:
    """Another activation, for numbers of the same kind."""
    sigma = ACTIVATIONS[name]()
    return bounded_activation(sigma) if isinstance(like, Bounded) else sigma
