"""The cost along one parameter, and how the error of a difference depends on its step.

(C(θ + h) − C(θ − h)) / 2h as every textbook writes it: falling h takes the error down with h² until
rounding takes over, and with logarithmic axes that is a V. `core.differences` does better.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.backprop import backpropagate
from core.forward import NotFinite, forward
from core.lessons.addresses import Address
from core.lessons.values import value_at
from core.network import Batch, Network

STEP_MAX = 1.0
DECADES = 15  # down to 1e-15, where θ + h is θ itself for most θ


@dataclass(frozen=True)
class Difference:
    """A central difference with one step, and how far it is from backpropagation's gradient."""

    step: float
    estimate: float
    error: float


@dataclass(frozen=True, eq=False)
class ParameterCurves:
    """The cost at `values` of the parameter (NaN where it overflows), and the differences at it."""

    value: float
    gradient: float
    values: Array
    costs: Array
    differences: tuple[Difference, ...]

    @property
    def best(self) -> Difference | None:
        """The one that comes nearest."""
        return min(self.differences, key=lambda found: found.error, default=None)


def parameter_curves(
    network: Network, batch: Batch, at: Address, points: int, span: float
) -> ParameterCurves:
    """`points` costs within `span` on either side of the parameter, and as many steps.

    Differences that overflow are left out. Raises NotFinite where the workings themselves do.
    """
    w = backpropagate(network, batch)
    value, gradient = value_at(w, at), value_at(w, gradient_at(at))
    cost = cost_along(network, batch, at)
    values = np.linspace(value - span, value + span, points)
    steps = np.logspace(np.log10(STEP_MAX), np.log10(STEP_MAX) - DECADES, points)
    found = (difference(cost, value, float(step), gradient) for step in steps)
    return ParameterCurves(
        value,
        gradient,
        values,
        np.array([cost(float(v)) for v in values]),
        tuple(one for one in found if np.isfinite(one.error)),
    )


def gradient_at(at: Address) -> Address:
    """Where the gradient of a parameter stands."""
    quantity = {"weights": "weight_gradients", "biases": "bias_gradients"}[at.quantity]
    return Address(quantity, at.layer, at.neuron, at.source)


def difference(
    cost: Callable[[float], float], value: float, step: float, gradient: float
) -> Difference:
    """(C(θ + h) − C(θ − h)) / 2h."""
    with np.errstate(over="ignore", invalid="ignore"):
        estimate = (cost(value + step) - cost(value - step)) / (2 * step)
    return Difference(step, estimate, abs(estimate - gradient))


def cost_along(network: Network, batch: Batch, at: Address) -> Callable[[float], float]:
    """C as a function of one parameter; NaN where it is not a number."""

    def cost(value: float) -> float:
        try:
            return float(forward(moved(network, at, value), batch).cost)
        except NotFinite:
            return float("nan")

    return cost


def moved(network: Network, at: Address, value: float) -> Network:
    """The network with another value in the place of one parameter."""
    weights, biases = list(network.weights), list(network.biases)
    layers, place = (
        (weights, (at.neuron, at.source)) if at.source is not None else (biases, (at.neuron,))
    )
    layers[at.layer - 1] = layers[at.layer - 1].copy()
    layers[at.layer - 1][place] = value
    return Network.of(weights, biases, list(network.activations), network.cost)
