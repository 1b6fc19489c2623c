"""σ and σ′ to plot, and where a network's units sit on them (chapter section 8, Fig 2.6)."""

from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

import numpy as np

from core.activations import ACTIVATIONS, Activation
from core.arrays import Array
from core.forward import Workings

REACH = 6.0  # Fig 2.6 shows z from −6 to 6
REACH_MAX = 50.0  # beyond it every σ is a straight line, and the bend would be too small to see
FLAT = 0.05  # a twentieth of the steepest slope: sigmoid from |z| = 4.4 on
STEEPEST_WITHIN = np.linspace(-40.0, 40.0, 80_001)  # softplus reaches its slope of 1 at the end

State: TypeAlias = Literal["active", "saturated", "dead"]


@dataclass(frozen=True, eq=False)
class Curve:
    """σ and σ′ at so many z; `largest_slope` is the steepest that σ ever is."""

    activation: str
    z: Array
    a: Array
    slope: Array
    largest_slope: float


@dataclass(frozen=True, eq=False)
class LayerUnits:
    """z, a and σ′(z) of a layer's units, N × n each, and what state each unit is in.

    A unit is dead if its slope is exactly 0 in every example, as a ReLU's can be: nothing it has
    learns. It is saturated if σ is smooth and its slope is below `flat` times the steepest in every
    example: it learns slowly. For softmax σ′ stands for its Jacobian's diagonal, a (1 − a).
    """

    layer: int
    activation: str
    z: Array
    a: Array
    slopes: Array
    states: tuple[State, ...]


def curves(w: Workings, points: int) -> list[Curve]:
    """One for each elementwise activation that the network has, in order of appearance."""
    by_name = {s.name: s for s in w.network.activations if s.elementwise}
    return [curve(sigma, points, reach(w, name)) for name, sigma in by_name.items()]


def curve(sigma: Activation, points: int, reach: float) -> Curve:
    """The activation at evenly spaced z from −reach to reach."""
    z = np.linspace(-reach, reach, points)
    return Curve(sigma.name, z, sigma(z), sigma.derivative(z), largest_slope(sigma.name))


def reach(w: Workings, name: str) -> float:
    """How far out the plot of an activation has to go to show the units."""
    layers = [l for l in w.W.numbers if w.sigma[l].name == name]
    farthest = max(float(np.abs(w.z[l]).max()) for l in layers)
    return min(max(farthest, REACH), REACH_MAX)


@cache
def largest_slope(name: str) -> float:
    """max σ′.

    >>> largest_slope("sigmoid"), largest_slope("tanh")
    (0.25, 1.0)
    """
    return float(ACTIVATIONS[name]().derivative(STEEPEST_WITHIN[:, None]).max()) or SOFTMAX_STEEPEST


SOFTMAX_STEEPEST = 0.25  # of a (1 − a), at a = ½; a softmax of one entry has no slope at all


def units(w: Workings, l: int, flat: float = FLAT) -> LayerUnits:
    """The units of layer l; `w` holds the forward pass."""
    sigma, z = w.sigma[l], w.z[l]
    slopes = sigma.derivative(z)
    states = tuple(state(sigma, column, flat) for column in slopes.T)
    return LayerUnits(l, sigma.name, z, w.a[l], slopes, states)


def state(sigma: Activation, slopes: Array, flat: float) -> State:
    """What one unit's slopes in all the examples say."""
    if sigma.kinks:
        return "active" if slopes.any() else "dead"
    saturated = np.abs(slopes) < flat * largest_slope(sigma.name)
    return "saturated" if saturated.all() else "active"
