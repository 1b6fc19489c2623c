"""The V of finite differences: their error against the step, on one parameter.

Too large a step cuts the curve's bend away (truncation), too small a one leaves only the rounding
of two almost equal costs. Both arms are measured with costs alone, as the textbook does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from backcheck.arrays import Array
from backcheck.plot import plot_curve

if TYPE_CHECKING:
    from backcheck.results import Gradients

STEPS = tuple(10.0**-n for n in range(1, 14))
PLACES = {"weights": "weight_gradients", "biases": "bias_gradients"}


@dataclass(frozen=True, eq=False)
class StepCurve:
    """|(C(θ+h) − C(θ−h)) / 2h − backprop| for each step h, for the parameter `at`."""

    at: str
    gradient: float
    steps: Array = field(repr=False)
    errors: Array = field(repr=False)

    def plot(self, axes: Any = None) -> Any:
        """The curve on log axes; needs matplotlib. Returns the figure."""
        return plot_curve(self, axes)


def step_curve(result: Gradients, at: str | None) -> StepCurve:
    """Ask for the costs on both sides of one parameter, step by step."""
    if result.again is None:
        raise ValueError("this result has lost its request, so the costs cannot be asked for")
    at = at or steepest(result)
    gradient = entry(result, at)
    errors = [abs(difference(result, at, h) - gradient) for h in STEPS]
    return StepCurve(at, gradient, np.array(STEPS), np.array(errors))


def steepest(result: Gradients) -> str:
    """The weight with the largest gradient."""
    sizes = [float(np.abs(layer).max()) for layer in result.weight_gradients]
    l = int(np.argmax(sizes))
    row, column = np.unravel_index(
        np.abs(result.weight_gradients[l]).argmax(), result.weight_gradients[l].shape
    )
    return f"/weights/{l}/{row}/{column}"


def entry(result: Gradients, at: str) -> float:
    """The gradient of the parameter that `at` names."""
    name, l, index = place(at)
    layers: tuple[Array, ...] = getattr(result, PLACES[name])
    return float(layers[l][index])


def place(at: str) -> tuple[str, int, tuple[int, ...]]:
    """A parameter's name, layer (from 0) and index; raises ValueError.

    >>> place("/weights/0/1/2")
    ('weights', 0, (1, 2))
    """
    name, *steps = at.strip("/").split("/")
    if name not in PLACES or not all(step.isdecimal() for step in steps):
        raise ValueError(f"{at!r} names no parameter; write /weights/0/1/2 or /biases/0/1")
    l, *index = map(int, steps)
    return name, l, tuple(index)


def difference(result: Gradients, at: str, h: float) -> float:
    """(C(θ+h) − C(θ−h)) / 2h."""
    assert result.again is not None
    name, l, index = place(at)
    costs = [result.again(moved(result.request, name, l, index, step)).cost for step in (h, -h)]
    return (costs[0] - costs[1]) / (2 * h)


def moved(
    request: Mapping[str, Any], name: str, l: int, index: tuple[int, ...], step: float
) -> dict[str, Any]:
    """The fields that change when one parameter is moved."""
    layers = list(request[name])
    layers[l] = layers[l].copy()
    layers[l][index] += step
    return {name: layers, "finite_difference": False}
