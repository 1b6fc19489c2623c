"""The leg that shares nothing with the sweep: the cost along random directions of all parameters.

Plain evaluations of the forward pass with every weight and bias moved, no identity, no structure.
Coarser than the sweep by far, and there to catch what the sweep and backprop might have in common.
A direction is p qᵀ in every W and p in every b, so that it costs no more than a forward pass.
"""

from dataclasses import dataclass
from math import isfinite

import numpy as np

from core.arrays import Array, read_only
from core.differences.base import Base
from core.differences.changes import CORNERED
from core.differences.check import Direction
from core.differences.plan import kept_if_small
from core.differences.rounding import EVALUATION, forward_noise, unit_errors
from core.differences.slopes import LARGEST, UNDERFLOW
from core.forward import Workings
from core.layers import Layers

LENGTH = 2.0**-10
"""How far weighted inputs move: near ε^(1/5), where truncation and rounding meet."""
FARTHEST = 2.0**-4  # any weighted input may move; beyond it h² says nothing about what is left
SHORTEST = 2.0**-34  # below it plain differences say nothing; the direction is left out

MOVES = np.array([1.0, -1.0, 0.5, -0.5])[:, None, None]


@dataclass(frozen=True)
class Way:
    """p(l), q(l) for every layer: W(l) moves along p qᵀ, b(l) along p."""

    p: Layers[Array]
    q: Layers[Array]

    @classmethod
    def random(cls, w: Workings, seed: int, number: int = 0) -> "Way":
        """Drawn so that no weighted input moves much more than 1; one for each seed and number."""
        p, q = drawn(w.network.sizes, seed, number)
        scales = [max(1.0, float(np.abs(w.a[l - 1]).max())) for l in w.W.numbers]
        return cls(p, Layers([part / scale for part, scale in zip(q, scales, strict=True)]))

    def gradient(self, w: Workings) -> float:
        """Backprop's derivative along this way: Σ p (∂C/∂W q + ∂C/∂b)."""
        return float(
            sum(
                self.p[l] @ (w.weight_gradients[l] @ self.q[l] + w.bias_gradients[l])
                for l in w.W.numbers
            )
        )


@kept_if_small
def drawn(sizes: tuple[int, ...], seed: int, number: int) -> tuple[Layers[Array], Layers[Array]]:
    """p(l) between −1 and 1 and q(l) between ∓1/n_(l−1), for l = 1…L, of a network n_0…n_L."""
    generator = np.random.default_rng((seed, number))
    return (
        Layers(read_only(generator.uniform(-1.0, 1.0, n)) for n in sizes[1:]),
        Layers(read_only(generator.uniform(-1.0, 1.0, n) / n) for n in sizes[:-1]),
    )


@dataclass(frozen=True)
class Slope:
    """The sum over some examples of each one's derivative along a way, and its uncertainty."""

    value: float = 0.0
    uncertainty: float = 0.0

    def plus(self, other: "Slope | None") -> "Slope | None":
        """Both sums; None where either is."""
        if other is None:
            return None
        return Slope(self.value + other.value, self.uncertainty + other.uncertainty)


def slope_along(base: Base, w: Workings, way: Way) -> Slope | None:
    """By plain evaluations about these examples; None where every way crosses a corner."""
    if base.cornered:
        return None
    length = LENGTH
    while length >= SHORTEST:
        z, cost = moved(w, way, length * MOVES)
        if farthest(w, z) <= FARTHEST and not crosses_corner(base, w, z):
            return extrapolated(base, w, length, z, cost)
        length /= 4.0
    return None


def moved(w: Workings, way: Way, t: Array) -> tuple[dict[int, Array], Array]:
    """Every z (evaluations × N × n_l) and each example's cost (evaluations × N) at θ + t · way."""
    a, z = w.a[0], {}
    for l in w.W.numbers:
        p = way.p[l]
        z[l] = a @ w.W[l].T + (w.b[l] + t * ((a @ way.q[l])[..., None] * p + p))
        a = w.sigma[l](z[l])
    return z, w.output.terms(z[w.depth], a, w.y).sum(axis=-1)


def farthest(w: Workings, z: dict[int, Array]) -> float:
    """The largest move of any weighted input."""
    return max(float(np.abs(z[l] - w.z[l]).max()) for l in z)


def crosses_corner(base: Base, w: Workings, z: dict[int, Array]) -> bool:
    """Whether a weighted input changes sign below an activation with a corner."""
    return any(
        bool((np.sign(z[l]) != np.sign(w.z[l])).any())
        for l in w.W.numbers
        if base.network.activations[l].name in CORNERED
    )


def extrapolated(base: Base, w: Workings, length: float, z: dict[int, Array], cost: Array) -> Slope:
    """Richardson on the plain costs, with truncation, rounding of both sides, and underflow."""
    terms = w.output.terms(w.z[w.depth], w.a[w.depth], w.y)
    changes = (cost - terms.sum(axis=-1)).sum(axis=-1)
    plus, minus, half_plus, half_minus = changes.tolist()
    full, half = (plus - minus) / (2.0 * length), (half_plus - half_minus) / length
    uncertainty = (
        abs(half - full) / 3.0
        + 4.0 * cost_noise(base, w, np.abs(terms)) / length
        + backprop_noise(base, z, length)
        + UNDERFLOW
    )
    return Slope((4.0 * half - full) / 3.0, uncertainty)


def cost_noise(base: Base, w: Workings, terms: Array) -> float:
    """What rounding may do to Σ C₁: of z(L) through the cost's slopes, of a(L), of the terms."""
    noise = forward_noise(base.network, w.a)[w.depth]
    slopes = base.head.scale(LENGTH)
    rounded = unit_errors(EVALUATION) * (terms + base.head.output_rounding(LENGTH))
    return float((noise * slopes + rounded).sum())


def backprop_noise(base: Base, z: dict[int, Array], length: float) -> float:
    """What rounding may do to backprop's sum: every z's rate along the way times its rounding."""
    moves = [float(np.vdot(np.abs(z[l][0] - z[l][1]), base.rounding[l])) for l in z]
    return sum(moves) / (2.0 * length)


def compared(way: Way, w: Workings, slope: Slope | None) -> Direction | None:
    """The mean over all examples beside backprop's; None where there is none to compare."""
    if slope is None:
        return None
    backprop = way.gradient(w)
    value, uncertainty = slope.value / len(w.y), slope.uncertainty / len(w.y)
    ratio = min(abs(backprop - value) / uncertainty, LARGEST)
    known = all(map(isfinite, (backprop, value, uncertainty)))
    return Direction(backprop, value, uncertainty, ratio) if known else None
