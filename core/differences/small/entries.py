"""From slopes to the parameters that they serve, entry by entry, and beside backprop's.

`core.differences.entries` and `core.differences.tally` for floats. A layer's parameters stand in
one list of rows, [W | b], as there.
"""

from collections.abc import Sequence
from math import inf, isnan
from typing import NamedTuple

import numpy as np

from core.arrays import Array
from core.differences.check import Comparison
from core.differences.rounding import unit_errors
from core.differences.slopes import UNDERFLOW
from core.differences.small.example import Example, Unusual
from core.differences.small.heads import Floats
from core.differences.small.legs import Slope
from core.forward import Workings
from core.layers import Layers

Rows = list[Floats]


class Place(NamedTuple):
    """Row and column of an entry in a layer's [W | b]."""

    layer: int
    row: int
    column: int


class Opinion:
    """What one witness says to every parameter, and which entry is furthest from backprop's."""

    def __init__(self, backprop: list[Rows]) -> None:
        self.backprop = backprop
        self.values: list[Rows] = [[] for _ in backprop]
        self.uncertainties: list[Rows] = [[] for _ in backprop]
        self.ratio, self.place = -1.0, Place(0, 0, 0)

    def add(self, l: int, slopes: list[Slope], carried: list[Floats]) -> None:
        """The parameters of layer l's next neuron: its slope and [a | 1] in each example.

        Raises Unusual at an entry that does not agree, or that may be anything.
        """
        values, uncertainties = row_of(slopes, carried)
        row = len(self.values[l - 1])
        entries = zip(self.backprop[l - 1][row], values, uncertainties, strict=True)
        ratios = [abs(backprop - value) / size for backprop, value, size in entries]
        ratio = max(ratios)
        if ratio > 1.0 or isnan(sum(ratios)) or inf in uncertainties:
            raise Unusual
        if ratio > self.ratio:
            self.ratio, self.place = ratio, Place(l, row, ratios.index(ratio))
        self.values[l - 1].append(values)
        self.uncertainties[l - 1].append(uncertainties)

    def worst(self) -> Comparison:
        """The entry with the largest ratio."""
        l, row, column = self.place
        backprop, value, uncertainty = (
            kept[l - 1][row][column] for kept in (self.backprop, self.values, self.uncertainties)
        )
        is_bias = column == len(self.values[l - 1][row]) - 1
        at = ("bias_gradients", l, (row,)) if is_bias else ("weight_gradients", l, (row, column))
        return Comparison(at, backprop, value, uncertainty, self.ratio)


def row_of(slopes: list[Slope], carried: list[Floats]) -> tuple[Floats, Floats]:
    """A neuron's parameters: the means over the examples of slope · a, and their uncertainties."""
    share = unit_errors(2 * len(slopes) + 4)
    if len(slopes) == 1:
        return entries_of(share, slopes[0], carried[0])
    served = [entries_of(share, *example) for example in zip(slopes, carried, strict=True)]
    values, uncertainties = zip(*served, strict=True)
    return mean(values), mean(uncertainties)


def entries_of(share: float, slope: Slope, factors: Floats) -> tuple[Floats, Floats]:
    """The same of one example; `share` is what rounding the mean may bring."""
    value, size = slope.value, slope.uncertainty + share * abs(slope.value)
    return (
        [value * factor for factor in factors],
        [size * abs(factor) + UNDERFLOW for factor in factors],
    )


def mean(rows: Sequence[Floats]) -> Floats:
    """Column by column."""
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


def carried_by(examples: list[Example], l: int) -> list[Floats]:
    """[a(l−1) | 1] of each example: what a move of the weights and of the bias is multiplied by."""
    return [[*example.a[l - 1], 1.0] for example in examples]


def gradients(w: Workings) -> list[Rows]:
    """Backprop's, layer by layer, as rows of [W | b]."""
    return [
        [
            [*row, b]
            for row, b in zip(
                w.weight_gradients[l].tolist(), w.bias_gradients[l].tolist(), strict=True
            )
        ]
        for l in w.W.numbers
    ]


def split(layers: list[Rows]) -> tuple[Layers[Array], Layers[Array]]:
    """Rows of [W | b] as arrays of weights and of biases."""
    weights = [np.array([row[:-1] for row in rows]) for rows in layers]
    return Layers(weights), Layers([np.array([row[-1] for row in rows]) for rows in layers])
