"""The leg that shares nothing with the sweep: the cost along random directions of all parameters.

Plain evaluations of the forward pass with every weight and bias moved, no identity, no structure.
Coarser than the sweep by far, and there to catch what the sweep and backprop might have in common.
A direction is p qᵀ in every W and p in every b, so that it costs no more than a forward pass.
"""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.differences.base import Base
from core.differences.changes import CORNERED
from core.differences.check import Direction
from core.differences.rounding import EVALUATION, forward_noise, unit_errors
from core.differences.slopes import UNDERFLOW
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
    def random(cls, w: Workings, generator: np.random.Generator) -> "Way":
        """Drawn so that no weighted input moves much more than 1."""
        scales = [max(1.0, float(np.abs(w.a[l - 1]).max())) for l in w.W.numbers]
        sizes = [W.shape for W in w.W]
        return cls(
            Layers(generator.uniform(-1.0, 1.0, n) for n, _ in sizes),
            Layers(
                generator.uniform(-1.0, 1.0, n) / (n * scale)
                for (_, n), scale in zip(sizes, scales, strict=True)
            ),
        )

    def gradient(self, w: Workings) -> float:
        """Backprop's derivative along this way: Σ p (∂C/∂W q + ∂C/∂b)."""
        return float(
            sum(
                self.p[l] @ (w.weight_gradients[l] @ self.q[l] + w.bias_gradients[l])
                for l in w.W.numbers
            )
        )


def derivative_along(base: Base, w: Workings, way: Way) -> Direction | None:
    """The witness's derivative beside backprop's; None where every way crosses a corner."""
    if any(corners is not None for corners in base.corners):
        return None
    length = LENGTH
    with np.errstate(all="ignore"):
        while length >= SHORTEST:
            z, cost = moved(w, way, length * MOVES)
            if farthest(w, z) <= FARTHEST and not crosses_corner(base, w, z):
                return compared(base, w, way, length, z, cost)
            length /= 4.0
    return None


def moved(w: Workings, way: Way, t: Array) -> tuple[dict[int, Array], Array]:
    """Every z (evaluations × N × n_l) and each example's cost (evaluations × N) at θ + t · way."""
    a, z = w.a[0], {}
    for l in w.W.numbers:
        z[l] = a @ w.W[l].T + w.b[l] + t * ((a @ way.q[l])[..., None] + 1.0) * way.p[l]
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


def compared(
    base: Base, w: Workings, way: Way, length: float, z: dict[int, Array], cost: Array
) -> Direction:
    """Richardson on the plain costs, with truncation, rounding of both sides, and underflow."""
    cost = cost - w.output.terms(w.z[w.depth], w.a[w.depth], w.y).sum(axis=-1)
    plus, minus, half_plus, half_minus = cost.mean(axis=-1)
    full, half = (plus - minus) / (2.0 * length), (half_plus - half_minus) / length
    value = (4.0 * half - full) / 3.0
    uncertainty = (
        abs(half - full) / 3.0
        + 4.0 * cost_noise(base, w) / length
        + backprop_noise(base, z, length)
        + UNDERFLOW
    )
    backprop = way.gradient(w)
    ratio = abs(backprop - value) / uncertainty
    return Direction(backprop, float(value), float(uncertainty), float(ratio))


def cost_noise(base: Base, w: Workings) -> float:
    """What rounding may do to C: of z(L) through the cost's slopes, of a(L), of the terms."""
    noise = forward_noise(base.network, w.a)[w.depth]
    slopes = base.head.scale(LENGTH)
    terms = np.abs(w.output.terms(w.z[w.depth], w.a[w.depth], w.y))
    rounded = unit_errors(EVALUATION) * (terms + base.head.output_rounding(LENGTH))
    return float((noise * slopes + rounded).sum(axis=-1).mean())


def backprop_noise(base: Base, z: dict[int, Array], length: float) -> float:
    """What rounding may do to backprop's sum: every z's rate along the way times its rounding."""
    total = sum((np.abs(z[l][0] - z[l][1]) / (2.0 * length) * base.rounding[l]).sum() for l in z)
    return float(total) / len(base.rounding[1])
