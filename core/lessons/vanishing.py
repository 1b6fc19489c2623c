"""Vanishing and exploding gradients: the size of δ by layer, and what changes it (sections 9, 12).

BP2 takes δ(l+1) in two moves. The transposed weights make Wᵀ δ of it, and σ′(z(l)) scales that: so
‖δ(l)‖ = ‖δ(l+1)‖ · (what the weights do) · (what the slopes do).
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from core.arrays import Array
from core.forward import Workings

VANISHING, EXPLODING = 0.5, 2.0  # for each layer, on average: ten layers make it a thousand

Cause: TypeAlias = Literal["weights", "slopes"]
Trend: TypeAlias = Literal["vanishing", "exploding", "steady"]


@dataclass(frozen=True)
class LayerNorm:
    """‖δ(l)‖, root mean square over the examples, and how it follows from the layer above.

    None in the last layer, and where there is nothing to divide by.
    """

    layer: int
    delta_norm: float
    weights_factor: float | None
    slopes_factor: float | None
    ratio: float | None

    @property
    def cause(self) -> Cause:
        """Which of the two factors makes δ smaller."""
        slopes, weights = self.slopes_factor, self.weights_factor
        if slopes is None or weights is None:
            return "weights" if slopes is None else "slopes"
        return "slopes" if slopes <= weights else "weights"


@dataclass(frozen=True)
class Flow:
    """All layers; `first_to_last` is ‖δ(1)‖ / ‖δ(L)‖, `throttle` the layer that shrinks δ most."""

    layers: tuple[LayerNorm, ...]
    first_to_last: float | None
    throttle: LayerNorm | None
    trend: Trend


def flow(w: Workings) -> Flow:
    """How the error flows back; `w` holds the complete workings."""
    layers = tuple(layer_norm(w, l) for l in w.W.numbers)
    first_to_last = quotient(layers[0].delta_norm, layers[-1].delta_norm)
    shrinking = [found for found in layers if found.ratio is not None and found.ratio < 1]
    throttle = min(shrinking, key=lambda found: found.ratio or 0.0, default=None)
    return Flow(layers, first_to_last, throttle, trend(first_to_last, len(layers) - 1))


def layer_norm(w: Workings, l: int) -> LayerNorm:
    """‖δ(l)‖ and its two factors."""
    size = norm(w.delta[l])
    if l == w.depth:
        return LayerNorm(l, size, None, None, None)
    above = norm(w.delta[l + 1])
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        passed_back = norm(w.delta[l + 1] @ w.W[l + 1])
    factors = quotient(passed_back, above), quotient(size, passed_back)
    return LayerNorm(l, size, *factors, quotient(size, above))


def trend(first_to_last: float | None, steps: int) -> Trend:
    """What happens on the way back, layer by layer on average."""
    if first_to_last is None or steps == 0:
        return "steady"
    each = first_to_last ** (1 / steps)
    return "vanishing" if each < VANISHING else "exploding" if each > EXPLODING else "steady"


def norm(rows: Array) -> float:
    """Euclidean length of the rows, root mean square over them; no square over- or underflows.

    >>> norm(np.array([[3.0, 4.0]])), norm(np.array([[1e200, 0.0], [1e200, 0.0]]))
    (5.0, 1e+200)
    """
    largest = float(np.abs(rows).max())
    if largest == 0 or not np.isfinite(largest):
        return largest
    return float(largest * np.sqrt(((rows / largest) ** 2).sum() / len(rows)))


def quotient(top: float, bottom: float) -> float | None:
    """top / bottom, or None where that is no number."""
    if bottom == 0:
        return None
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        found = np.float64(top) / np.float64(bottom)
    return float(found) if np.isfinite(found) else None
