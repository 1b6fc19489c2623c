"""Weighted inputs at a corner of their activation, and which branch a move takes there.

The z are stored with rounding errors of their own, so *at the corner* of a kinked activation means:
within what rounding alone may have moved z. (elu bends only in σ″; there only z = 0 itself counts.)
Changes at a corner are prepared as those of the upper branch (z > 0); a move that takes another
branch is replaced by what that branch makes of it.

With several corners on the way, what backprop makes of the stored z (and of its convention for
σ′(0)) need not lie between the one-sided derivatives: relu(s) − relu(−s) = s has slope 1, and
σ′(0) = 0 makes it 0. It is still an element of the conservative gradient (Bolte & Pauwels 2021),
and no mistake. So there is a third branch, the stored one's, and backprop may take all three.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.activations import LEAKY_SLOPE, Activation
from core.arrays import Array
from core.differences.changes import CORNERED
from core.differences.plan import MOVES
from core.differences.rounding import forward_noise
from core.forward import Workings
from core.layers import Layers
from core.network import Network

Side = Literal["right", "left", "stored"]

LOWER: dict[str, Callable[[Array], Array]] = {
    "relu": np.zeros_like,
    "leaky_relu": lambda s: LEAKY_SLOPE * s,
    "elu": np.expm1,
}


class Corner(NamedTuple):
    """Where: layer from 1, neuron and example from 0."""

    layer: int
    neuron: int
    example: int


@dataclass(frozen=True)
class Corners:
    """The corners of one layer, as parallel arrays.

    `numbers` count through all layers. `upper_share` is the part of the upper branch in what the
    stored z says: 1 above 0, 0 below, the activation's convention at 0 itself.
    """

    neurons: NDArray[np.intp]
    examples: NDArray[np.intp]
    numbers: NDArray[np.intp]
    upper_share: Array
    activation: Activation

    def within(self, rows: slice) -> "Corners":
        """Those of a run of examples, which are then counted from its first."""
        inside = (self.examples >= rows.start) & (self.examples < rows.stop)
        examples = self.examples[inside] - rows.start
        numbers, share = self.numbers[inside], self.upper_share[inside]
        return Corners(self.neurons[inside], examples, numbers, share, self.activation)

    def mask(self, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """True at the corners (N × n_l)."""
        mask = np.zeros(shape, dtype=bool)
        mask[self.examples, self.neurons] = True
        return mask

    def touched(self, s: Array, touched: NDArray[np.intp]) -> None:
        """Note in `touched` (sources × N) the corner that a source's moves s (… N, n_l) reach."""
        sources, which = np.nonzero(s[:, self.examples, self.neurons])
        touched[sources, self.examples[which]] = self.numbers[which]

    def bend(self, s: Array, side: Side) -> None:
        """Let moves s (sources, EVALUATIONS, N, n_l) take a side's branch at the corners, in place.

        The branch is the one that the source's move to that side takes, in all its evaluations, so
        that one-sided derivatives become central differences of one smooth branch.
        """
        moves = s[:, :, self.examples, self.neurons]
        lower = LOWER[self.activation.name](moves)
        if side == "stored":
            bent = lower + self.upper_share * (moves - lower)
        else:
            signs = np.sign(MOVES)[:, None] * (1.0 if side == "right" else -1.0)
            bent = np.where(moves * signs > 0, moves, lower)
        s[:, :, self.examples, self.neurons] = bent


def find_corners(network: Network, w: Workings) -> Layers[Corners | None]:
    """The corners of every layer, None where there is none."""
    found: list[Corners | None] = [None] * network.depth
    if CORNERED.isdisjoint(sigma.name for sigma in network.activations):
        return Layers(found)
    noise, count = forward_noise(network, w.a), 0
    for l, activation in enumerate(network.activations, start=1):
        if activation.name in CORNERED:
            within = noise[l] if activation.kinks else 0.0
            near = np.argwhere(np.abs(w.z[l]) <= within)
            if len(near):
                numbers = count + np.arange(len(near))
                share = np.heaviside(w.z[l][near[:, 0], near[:, 1]], activation.at_kink)
                found[l - 1] = Corners(near[:, 1], near[:, 0], numbers, share, activation)
                count += len(near)
    return Layers(found)


def corner_list(corners: Layers[Corners | None]) -> list[Corner]:
    """All corners, in the order of their numbers."""
    return [
        Corner(l, int(neuron), int(example))
        for l in corners.numbers
        if (here := corners[l]) is not None
        for neuron, example in zip(here.neurons, here.examples, strict=True)
    ]
