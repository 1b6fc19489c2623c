"""The cost along one direction of all parameters, by plain evaluations.

What `core.differences.directions` does with arrays.
"""

from typing import NamedTuple

from core.differences.check import Direction
from core.differences.directions import FARTHEST, LENGTH, drawn
from core.differences.rounding import EVALUATION, unit_errors
from core.differences.slopes import UNDERFLOW
from core.differences.small.entries import Rows
from core.differences.small.example import Example, Small, Unusual, dot
from core.differences.small.heads import Floats
from core.network import Network


class Way(NamedTuple):
    """p(l), q(l) for l = 1…L: W(l) moves along p qᵀ, b(l) along p."""

    p: list[Floats]
    q: list[Floats]

    @classmethod
    def random(cls, network: Network, examples: list[Example], seed: int) -> "Way":
        """The same that `core.differences.directions` draws."""
        p, q = drawn(network.sizes, seed, 0)
        found = []
        for l, part in enumerate(q):
            scale = max(1.0, *(abs(x) for example in examples for x in example.a[l]))
            found.append([x / scale for x in part.tolist()])
        return cls([part.tolist() for part in p], found)

    def gradient(self, backprop: list[Rows]) -> float:
        """Backprop's derivative along this way, from rows of [W | b]: Σ p (∂C/∂W q + ∂C/∂b)."""
        return sum(
            dot(p, [dot(row, [*q, 1.0]) for row in rows])
            for p, q, rows in zip(self.p, self.q, backprop, strict=True)
        )


class Along(NamedTuple):
    """One example's differences at LENGTH and at half of it, and what rounding may do to them."""

    full: float
    half: float
    noise: float


def differences_along(small: Small, example: Example, way: Way) -> Along:
    """By four plain evaluations. Raises Unusual where one goes too far, or across a corner."""
    steps = (LENGTH, -LENGTH, 0.5 * LENGTH, -0.5 * LENGTH)
    paths = [evaluated(small, example, way, t) for t in steps]
    for z, _ in paths:
        refuse_far(small, example, z)
    plus, minus, half_plus, half_minus = [cost for _, cost in paths]
    noise = 4.0 * cost_noise(example) / LENGTH
    return Along(
        (plus - minus) / (2.0 * LENGTH),
        (half_plus - half_minus) / LENGTH,
        noise + backprop_noise(example, paths[0][0], paths[1][0]),
    )


def evaluated(small: Small, example: Example, way: Way, t: float) -> tuple[list[Floats], float]:
    """Every z at θ + t · way, and how far the example's cost is from the stored one there."""
    a, found = example.a[0], []
    for layer, p, q in zip(small.layers, way.p, way.q, strict=True):
        along = t * (dot(a, q) + 1.0)
        z = [
            dot(row, a) + (b + along * p_j)
            for row, b, p_j in zip(layer.rows, layer.biases, p, strict=True)
        ]
        a = [*map(layer.curve.value, z)]
        found.append(z)
    return found, sum(small.output.values(z, a, example.y)) - sum(example.terms)


def refuse_far(small: Small, example: Example, z: list[Floats]) -> None:
    """Raise Unusual where a weighted input has moved so far that h² says nothing, or past 0."""
    for layer, now, before in zip(small.layers, z, example.z, strict=True):
        for x, stored in zip(now, before, strict=True):
            if not abs(x - stored) <= FARTHEST or (layer.curve.corner and x * stored <= 0.0):
                raise Unusual


def cost_noise(example: Example) -> float:
    """What rounding may do to C₁: of z(L) through the cost's slopes, of a(L), of the terms."""
    share, head = unit_errors(EVALUATION), example.head
    of_z = dot(example.noise[-1], head.scales(LENGTH))
    return of_z + share * (sum(map(abs, example.terms)) + sum(head.rounded(LENGTH)))


def backprop_noise(example: Example, plus: list[Floats], minus: list[Floats]) -> float:
    """What rounding may do to backprop's sum: every z's rate along the way times its rounding."""
    total = 0.0
    for units, right, left in zip(example.units, plus, minus, strict=True):
        for unit, x, y in zip(units, right, left, strict=True):
            total += abs(x - y) * unit.rounding
    return total / (2.0 * LENGTH)


def compared(found: list[Along], backprop: float) -> Direction:
    """The mean over all examples beside backprop's; their sums are what is extrapolated."""
    full, half, noise = [sum(part) for part in zip(*found, strict=True)]
    value = (4.0 * half - full) / 3.0 / len(found)
    uncertainty = (abs(half - full) / 3.0 + noise + UNDERFLOW) / len(found)
    return Direction(backprop, value, uncertainty, abs(backprop - value) / uncertainty)
