"""A small network and one of its examples as floats, prepared for moves.

What `core.differences.base` and `core.differences.rounding` say of arrays, said of each unit:
how its moves go on, what one unit of |s| there brings of rounding, and how far it may move.
Lists count from 0: `layers[l - 1]` is layer l.
"""

from operator import mul
from typing import NamedTuple

from core.differences.base import CORNER_SHARE, ROOM
from core.differences.changes import SECANT
from core.differences.rounding import EVALUATION, STEEPEST, unit_errors
from core.differences.small.curves import CURVES, Curve, Moved
from core.differences.small.heads import Floats, Head, Output
from core.differences.small.outputs import output_of
from core.forward import Workings


class Unusual(Exception):
    """Something that the arrays have to look at."""


class Layer(NamedTuple):
    """W by rows and by columns, b, and σ."""

    rows: list[Floats]
    columns: list[Floats]
    biases: Floats
    curve: Curve


class Small(NamedTuple):
    """A network, and what turns its last activations into a cost."""

    layers: list[Layer]
    output: Output

    @classmethod
    def of(cls, w: Workings) -> "Small":
        """Raises Unusual if floats have no functions for its activations and cost."""
        names = [sigma.name for sigma in w.network.activations]
        output = output_of(names[-1], w.network.cost.name)
        if output is None or not CURVES.keys() >= set(names):
            raise Unusual
        arrays = zip(w.W, w.b, names, strict=True)
        return cls(
            [Layer(W.tolist(), W.T.tolist(), b.tolist(), CURVES[name]) for W, b, name in arrays],
            output,
        )


class Unit(NamedTuple):
    """A weighted input: what rounding one unit of its move brings, and how far it may move."""

    rounding: float
    inverse_room: float


class Example:
    """z(1)…z(L), a(0)…a(L) and y of one example, and what rounding did to each z.

    `terms` are what each output adds to the cost. `changes` says how far the activations below the
    last layer move with their z, `head` the cost with z(L); `units` is of every layer.
    """

    def __init__(self, small: Small, w: Workings, i: int) -> None:
        self.z = [w.z[l][i].tolist() for l in w.W.numbers]
        self.a = [w.a[l][i].tolist() for l in range(w.depth + 1)]
        self.y: Floats = w.y[i].tolist()
        self.noise = [*forward_noise(small, self.a)]
        refuse_corners(small, self.z, self.noise)
        curve = small.layers[-1].curve
        self.terms = small.output.values(self.z[-1], self.a[-1], self.y)
        self.head = small.output.head(curve, self.z[-1], self.a[-1], self.y)
        moved = [
            [*map(layer.curve.about, here)]
            for layer, here in zip(small.layers, self.z[:-1], strict=False)
        ]
        self.changes = [[unit.change for unit in layer] for layer in moved]
        self.units = units(small, self.z, moved, self.head)


def refuse_corners(small: Small, z: list[Floats], noise: list[Floats]) -> None:
    """Raise Unusual where rounding may have put a weighted input on either side of a corner."""
    for layer, here, around in zip(small.layers, z, noise, strict=True):
        if layer.curve.corner and any(abs(z) <= e for z, e in zip(here, around, strict=True)):
            raise Unusual


def forward_noise(small: Small, a: list[Floats]) -> list[Floats]:
    """How far rounding alone may have moved each z: `core.differences.rounding.forward_noise`."""
    carried, noise = [0.0] * len(a[0]), []
    for layer, below, here in zip(small.layers, a, a[1:], strict=False):
        share, size = unit_errors(len(below) + 2), [abs(x) for x in below]
        moved = []
        for row, b in zip(layer.rows, layer.biases, strict=True):
            steep = [abs(weight) for weight in row]
            moved.append(dot(steep, carried) + share * (dot(steep, size) + abs(b)))
        noise.append(moved)
        share = unit_errors(EVALUATION)
        carried = [STEEPEST * e + share * abs(x) for e, x in zip(moved, here, strict=True)]
    return noise


def units(small: Small, z: list[Floats], moved: list[list[Moved]], head: Head) -> list[list[Unit]]:
    """Every unit, from the cost down: `core.differences.rounding.roundings`."""
    share, signed = unit_errors(EVALUATION), head.secants
    found = [units_of(small.layers[-1].curve, z[-1], [share * x for x in head.scales(SECANT)])]
    for l in range(len(z) - 1, 0, -1):
        about, above = moved[l - 1], small.layers[l]
        share, size = unit_errors(len(about) + len(above.rows) + EVALUATION), [*map(abs, signed)]
        rounding = [
            share * here.steepness * dot([*map(abs, column)], size)
            for here, column in zip(about, above.columns, strict=True)
        ]
        found.append(units_of(small.layers[l - 1].curve, z[l - 1], rounding))
        signed = [
            dot(column, signed) * here.secant
            for here, column in zip(about, above.columns, strict=True)
        ]
    return found[::-1]


def units_of(curve: Curve, z: Floats, rounding: Floats) -> list[Unit]:
    """Those of a layer."""
    return [Unit(r, inverse_room(curve, x)) for r, x in zip(rounding, z, strict=True)]


def inverse_room(curve: Curve, z: float) -> float:
    """One over how far z may be moved: `core.differences.base.inverse_room`, away from corners."""
    smooth = 0.0 if curve.straight else 1.0 / ROOM
    return max(smooth, 1.0 / (CORNER_SHARE * abs(z))) if curve.corner else smooth


def dot(x: Floats, y: Floats) -> float:
    """Σ x y."""
    total: float = sum(map(mul, x, y))
    return total
