"""From the slopes of the sources to the derivatives of the parameters they serve."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.arrays import Array
from core.differences.check import At, Comparison, Kink
from core.differences.corners import Corner
from core.differences.rounding import unit_errors
from core.differences.selection import Chosen
from core.differences.slopes import Slopes
from core.differences.sweep import NO_CORNER
from core.forward import Workings


@dataclass(frozen=True)
class Entries:
    """One array of parameters: the witness's values, their uncertainties, both sides at kinks."""

    kind: str
    layer: int
    units: NDArray[np.intp]
    slopes: Slopes
    backprop: Array
    value: Array
    uncertainty: Array
    left: Array
    right: Array

    def at(self, flat: int) -> At:
        """The address of an entry."""
        return self.kind, self.layer, tuple(map(int, np.unravel_index(flat, self.value.shape)))

    def ratios(self) -> Array:
        """|backprop − value| / uncertainty of every entry, −1 where it was not checked."""
        ratio = np.abs(self.backprop - self.value) / self.uncertainty
        return np.where(np.isnan(self.value), -1.0, ratio)

    def comparison(self, flat: int, ratio: float) -> Comparison:
        """One entry beside backprop's."""
        return Comparison(
            self.at(flat),
            float(self.backprop.flat[flat]),
            float(self.value.flat[flat]),
            float(self.uncertainty.flat[flat]),
            float(ratio),
        )

    def kinks(self, corners: list[Corner]) -> Iterator[Kink]:
        """The entries whose two sides differ by more than they are uncertain."""
        if self.left is self.right:
            return
        for flat in np.flatnonzero(np.abs(self.right - self.left) > self.uncertainty / 2.0):
            at = self.at(int(flat))
            (row,) = np.flatnonzero(self.units == at[2][0])
            moved = self.slopes.corner[row]
            corner = corners[int(moved[moved != NO_CORNER][0])]
            yield Kink(at, float(self.left.flat[flat]), float(self.right.flat[flat]), corner)


def spread(w: Workings, chosen: Chosen, slopes: Slopes) -> Iterator[Entries]:
    """The entries of every layer, from the slopes of its sources: θ moves z_j by h or by h a_k."""
    examples, start = len(w.y), 0
    ones = np.ones((examples, 1))
    for l in chosen.units.numbers:
        rows = slice(start, start + len(chosen.units[l]))
        start = rows.stop
        here = slopes.rows(rows)
        for kind, carried, backprop, mask in (
            ("bias_gradients", ones, w.bias_gradients[l], chosen.biases[l]),
            ("weight_gradients", w.a[l - 1], w.weight_gradients[l], chosen.weights[l]),
        ):
            shape = (len(w.W[l]), carried.shape[1])
            parts = averaged(here, carried)
            if mask is not None:
                full = [np.full(shape, np.nan) for _ in parts]
                for whole, part in zip(full, parts, strict=True):
                    whole[chosen.units[l]] = part
                    whole[~mask.reshape(shape)] = np.nan
                parts = tuple(full)
            unknown = ~(np.isfinite(parts[0]) & np.isfinite(parts[1]))
            if unknown.any():
                parts[0][unknown] = parts[1][unknown] = np.nan
            yield Entries(
                kind,
                l,
                chosen.units[l],
                here,
                backprop,
                *(part.reshape(backprop.shape) for part in parts),
            )


def averaged(slopes: Slopes, carried: Array) -> tuple[Array, Array, Array, Array]:
    """Value, uncertainty, left and right of each parameter (sources × carried), over the batch.

    A parameter whose activation is negative moves z_j left when it moves right itself. At a kink
    the value is the middle of all that backprop may answer, and the uncertainty reaches its ends.
    """
    examples = len(carried)
    size = slopes.uncertainty + unit_errors(2 * examples + 4) * np.abs(slopes.right)
    uncertainty = size @ np.abs(carried) / examples
    if (slopes.corner == NO_CORNER).all():
        value = slopes.right @ carried / examples
        return value, uncertainty, value, value
    up, down = np.maximum(carried, 0.0), np.minimum(carried, 0.0)
    right = (slopes.right @ up + slopes.left @ down) / examples
    left = (slopes.left @ up + slopes.right @ down) / examples
    stored = slopes.stored @ carried / examples
    low = np.minimum(np.minimum(left, right), stored)
    high = np.maximum(np.maximum(left, right), stored)
    return (low + high) / 2.0, uncertainty + (high - low) / 2.0, left, right
