"""From the slopes of the sources to the derivatives of the parameters that they serve.

θ moves z_j by h a_k (a bias by h), so ∂C/∂θ is the mean of slope · a_k over the examples. A layer's
parameters stand in one array, [W | b]: the bias of a neuron is the last entry of its row.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.arrays import Array, all_finite
from core.differences.check import At, Comparison, Kink
from core.differences.corners import Corner
from core.differences.rounding import unit_errors
from core.differences.selection import Chosen
from core.differences.slopes import LARGEST, UNDERFLOW, Slopes
from core.differences.sweep import NO_CORNER
from core.forward import Workings

Mask = NDArray[np.bool_]


class Carried(NamedTuple):
    """[a | 1] of the layer below, N × (n + 1): what moves of its weights and biases come to in z.

    `size` is its absolute value.
    """

    value: Array
    size: Array

    @classmethod
    def by(cls, a: Array) -> "Carried":
        """From the activations a, N × n."""
        value = np.empty((a.shape[0], a.shape[1] + 1))
        value[:, :-1], value[:, -1] = a, 1.0
        return cls(value, np.abs(value))


@dataclass
class Totals:
    """Sums over the examples of one layer's parameters (sources × carried).

    `left` and `stored` are None as long as nothing moved a corner: both are then `right`.
    """

    right: Array
    uncertainty: Array
    left: Array | None = None
    stored: Array | None = None

    @classmethod
    def of(cls, slopes: Slopes, carried: Carried, examples: int) -> "Totals":
        """A block's.

        A parameter whose activation is negative moves z_j left when it moves right itself.
        """
        size = slopes.uncertainty + unit_errors(2 * examples + 4) * np.abs(slopes.right)
        times = np.multiply if examples == 1 else np.matmul  # an outer product needs no sums
        uncertainty = times(size, carried.size)
        if slopes.corner is None:
            return cls(times(slopes.right, carried.value), uncertainty)
        up, down = np.maximum(carried.value, 0.0), np.minimum(carried.value, 0.0)
        return cls(
            slopes.right @ up + slopes.left @ down,
            uncertainty,
            slopes.left @ up + slopes.right @ down,
            slopes.stored @ carried.value,
        )

    def plus(self, other: "Totals | None") -> "Totals":
        """Both sums, in place."""
        if other is None:
            return self
        if self.left is not None or other.left is not None:
            sides = [(part.left, part.stored) for part in (self.sided(), other.sided())]
            self.left, self.stored = (a + b for a, b in zip(*sides, strict=True))
        self.right += other.right
        self.uncertainty += other.uncertainty
        return self

    def sided(self) -> "Totals":
        """With left and stored."""
        if self.left is None:
            return replace(self, left=self.right, stored=self.right)
        return self


@dataclass
class Parameters:
    """One layer's parameters, their sums so far, and a corner that each source moves.

    `mask` says which entries of the whole array were chosen, None all of the sources' rows.
    """

    layer: int
    units: NDArray[np.intp]
    mask: Mask | None
    totals: Totals | None = None
    corners: dict[int, Corner] = field(default_factory=dict)

    def add(self, slopes: Slopes, carried: Carried, examples: int) -> None:
        """Add a block of examples, of so many in all."""
        self.totals = Totals.of(slopes, carried, examples).plus(self.totals)


@dataclass(frozen=True)
class Entries:
    """One layer's parameters: the witness's values, their uncertainties, both sides at kinks.

    `units` names the rows where they are not all rows of the layer; `weights` and `biases` are
    backprop's gradients of these rows.
    """

    layer: int
    units: NDArray[np.intp] | None
    weights: Array
    biases: Array
    value: Array
    uncertainty: Array
    left: Array
    right: Array
    corners: dict[int, Corner]

    def at(self, flat: int) -> At:
        """The address of an entry."""
        row, column = divmod(flat, self.value.shape[1])
        unit = row if self.units is None else int(self.units[row])
        if column == self.weights.shape[1]:
            return "bias_gradients", self.layer, (unit,)
        return "weight_gradients", self.layer, (unit, column)

    def ratios(self) -> Array:
        """|backprop − value| / uncertainty of every entry, NaN where it was not checked."""
        ratio = np.empty_like(self.value)
        np.subtract(self.weights, self.value[:, :-1], out=ratio[:, :-1])
        np.subtract(self.biases, self.value[:, -1], out=ratio[:, -1])
        np.abs(ratio, out=ratio)
        ratio /= self.uncertainty
        return ratio

    def comparison(self, flat: int, ratio: float) -> Comparison:
        """One entry beside backprop's."""
        row, column = divmod(flat, self.value.shape[1])
        is_bias = column == self.weights.shape[1]
        return Comparison(
            self.at(flat),
            float(self.biases[row] if is_bias else self.weights[row, column]),
            float(self.value.flat[flat]),
            float(self.uncertainty.flat[flat]),
            min(float(ratio), LARGEST),
        )

    def kinks(self) -> Iterator[Kink]:
        """The entries whose two sides differ by more than they are uncertain."""
        if self.left is self.right:
            return
        for flat in np.flatnonzero(np.abs(self.right - self.left) > self.uncertainty / 2.0):
            at = self.at(int(flat))
            corner = self.corners[at[2][0]]
            yield Kink(at, float(self.left.flat[flat]), float(self.right.flat[flat]), corner)


def begin(chosen: Chosen) -> list[Parameters]:
    """Every layer, with nothing summed yet."""
    return [Parameters(l, chosen.units[l], chosen.masks[l]) for l in chosen.units.numbers]


def add_block(
    parameters: list[Parameters],
    slopes: Slopes,
    carried: list[Carried],
    examples: int,
    corners: list[Corner],
) -> None:
    """Add a block of examples, of so many in all; `carried` for l = 1…L."""
    start = 0
    for part, below in zip(parameters, carried, strict=True):
        rows = slice(start, start + len(part.units))
        start = rows.stop
        here = slopes.rows(rows)
        part.add(here, below, examples)
        if here.corner is not None:
            part.corners.update(moved_corners(here.corner, part.units, corners))


def carried_by(w: Workings) -> list[Carried]:
    """What the moves of each layer's parameters are multiplied by, l = 1…L."""
    return [Carried.by(w.a[l]) for l in range(w.depth)]


def moved_corners(
    corner: NDArray[np.intp], units: NDArray[np.intp], corners: list[Corner]
) -> dict[int, Corner]:
    """For each neuron that moves corners in these examples, the first."""
    first = (corner != NO_CORNER).argmax(axis=1)
    numbers = corner[np.arange(len(corner)), first]
    return {
        int(unit): corners[number]
        for unit, number in zip(units, numbers, strict=True)
        if number != NO_CORNER
    }


def entries_of(part: Parameters, w: Workings) -> Entries:
    """The derivatives, in their places in the whole layer; NaN where they are not known."""
    weights, biases = w.weight_gradients[part.layer], w.bias_gradients[part.layer]
    arrays = means(part, len(w.y))
    if part.mask is not None:
        arrays = [placed(array, part.units, part.mask) for array in arrays]
    return entries(part, None, weights, biases, arrays)


def rows_of(part: Parameters, w: Workings) -> Entries:
    """The same for the rows of the sources alone."""
    weights, biases = w.weight_gradients[part.layer], w.bias_gradients[part.layer]
    arrays = means(part, len(w.y))
    return entries(part, part.units, weights[part.units], biases[part.units], arrays)


def entries(
    part: Parameters,
    units: NDArray[np.intp] | None,
    weights: Array,
    biases: Array,
    arrays: list[Array],
) -> Entries:
    """Those arrays beside backprop's."""
    value, uncertainty, *sides = arrays
    uncertainty += UNDERFLOW
    if not all_finite(uncertainty):  # that of a value that is not finite is not either
        unknown = ~np.isfinite(value + uncertainty)
        value[unknown] = uncertainty[unknown] = np.nan
    left, right = sides or (value, value)
    return Entries(
        part.layer, units, weights, biases, value, uncertainty, left, right, part.corners
    )


def means(part: Parameters, examples: int) -> list[Array]:
    """Value, uncertainty, and where they differ left and right of each parameter.

    At a kink the value is the middle of all that backprop may answer, and the uncertainty reaches
    its ends.
    """
    totals = part.totals
    assert totals is not None
    if examples > 1:
        totals.right /= examples
        totals.uncertainty /= examples
    if totals.left is None or totals.stored is None:
        return [totals.right, totals.uncertainty]
    right, left, stored = totals.right, totals.left / examples, totals.stored / examples
    low = np.minimum(np.minimum(left, right), stored)
    high = np.maximum(np.maximum(left, right), stored)
    return [(low + high) / 2.0, totals.uncertainty + (high - low) / 2.0, left, right]


def placed(part: Array, units: NDArray[np.intp], mask: Mask) -> Array:
    """The sources' rows among all rows of the layer, NaN where an entry was not chosen."""
    whole = np.full(mask.shape, np.nan)
    whole[units] = part
    whole[~mask] = np.nan
    return whole
