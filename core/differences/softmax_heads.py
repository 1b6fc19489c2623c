"""The heads of softmax outputs, whose activations all move when one weighted input does.

The cost does not mind if all of z(L) move together, so moves are taken relative to that of the
largest output, the *top*, the only one that can come near 1: then no 1 − a cancels. With
E = e^s − 1 and P = Σ_k a_k E_k, a_j moves by a_j (E_j − P)/(1 + P) and ln a_j by s_j − ln(1 + P).

Where one output moves alone by m, that is m for itself or, if it is the top, −m for all others:
`lean` is the sign, and `weight` (a, or 1 − a of the top) the mass of what moves; P = weight · E.
"""

from abc import abstractmethod
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.activations import Softmax
from core.arrays import Array
from core.differences.changes import SECANT, change_of
from core.differences.heads import ELEMENTWISE, FROM_Z, Head
from core.differences.plan import Extent
from core.network import Network
from core.softmax import complement, sum_of_others

SOFTMAX = Softmax()
OUTPUT_CHUNK = 1 << 16  # numbers in one array of output moves


class SoftmaxHead(Head):
    """Parts begin with the mask of the top, as 0 and 1."""

    @classmethod
    @abstractmethod
    def about(cls, z: Array, a: Array, y: Array) -> Self:
        """Prepared for moves about the stored z(L) and a(L), with the targets."""

    def relative(self, s: Array) -> Array:
        """s less the top's."""
        top = np.broadcast_to(np.argmax(self.parts[0], axis=-1)[:, None], (*s.shape[:-1], 1))
        moved: Array = s - np.take_along_axis(s, top, axis=-1)
        return moved

    def secant(self) -> Array:
        examples, outputs = self.parts[0].shape
        together = max(1, OUTPUT_CHUNK // (examples * (outputs if self.coupled else 1)))
        secants = []
        for first in range(0, outputs, together):
            own = np.arange(first, min(first + together, outputs))
            moved = np.full((len(own), 1, examples), SECANT)
            secants.append(self.alone(moved, own, SECANT)[:, 0, :] / SECANT)
        return np.concatenate(secants).T

    def own(self, own: NDArray[np.intp]) -> tuple[Array, ...]:
        """The parts of each source's output, (sources, 1, N)."""
        return tuple(part.T[own][:, None, :] for part in self.parts)


def top_of(z: Array) -> Array:
    """1 at the largest of each row (the first of them), 0 elsewhere."""
    top = np.arange(z.shape[-1]) == z.argmax(axis=-1)[:, None]
    return np.asarray(top, dtype=np.float64)


def row_sum(values: Array) -> Array:
    """Each row's sum at each of its entries."""
    return np.broadcast_to(values.sum(axis=-1, keepdims=True), values.shape)


def sized(size: Array, top: Array, of_top: Array) -> Array:
    """The same with the top's entry replaced."""
    result: Array = np.where(top == 1.0, of_top, size)
    return result


class SoftmaxSquaredErrorHead(SoftmaxHead):
    """Σ_j c_j (r_j + c_j/2). Parts: top, a, r = a − y, 1 − a, and two sums over the others."""

    @classmethod
    def about(cls, z: Array, a: Array, y: Array) -> Self:
        r = a - y
        return cls((top_of(z), a, r, complement(z), sum_of_others(a * r), sum_of_others(a * a)))

    def __call__(self, s: Array, largest: float) -> Array:
        _, a, r, *_ = self.parts
        E = np.expm1(self.relative(s))
        P = (a * E).sum(axis=-1, keepdims=True)
        c = a * (E - P) / (1.0 + P)
        return np.asarray(np.einsum("...j,...j->...", c, r + 0.5 * c))

    def alone(self, moves: Array, own: NDArray[np.intp], largest: float) -> Array:
        top, a, r, rest, others_ar, others_aa = self.own(own)
        lean, weight = 1.0 - 2.0 * top, sized(a, top, rest)
        E = np.expm1(lean * moves)
        towards = lean * a * E / (1.0 + weight * E)  # every other a_k moves by −towards · a_k
        c = rest * towards
        return c * (r + 0.5 * c) - towards * (others_ar - 0.5 * towards * others_aa)

    def scale(self, step: float) -> Array:
        top, a, r, rest, *_ = self.parts
        largest = np.abs(r).max(axis=-1, keepdims=True)
        return np.asarray(sized(a, top, rest) * (4.0 * largest + step))

    def output_rounding(self, step: float) -> Array | float:
        _, a, r, *_ = self.parts
        return np.asarray(a * (np.abs(r) + step))


class SoftmaxCrossEntropyHead(SoftmaxHead):
    """−y ln a: Σ_j y_j (ln(1 + P) − s_j). Parts: top, a, y, 1 − a, Σ_k y_k, the others' Σ y_k."""

    @classmethod
    def about(cls, z: Array, a: Array, y: Array) -> Self:
        return cls((top_of(z), a, y, complement(z), row_sum(y), sum_of_others(y)))

    def __call__(self, s: Array, largest: float) -> Array:
        _, a, y, *_ = self.parts
        s = self.relative(s)
        P = (a * np.expm1(s)).sum(axis=-1, keepdims=True)
        return np.asarray((y * (np.log1p(P) - s)).sum(axis=-1))

    def alone(self, moves: Array, own: NDArray[np.intp], largest: float) -> Array:
        top, a, y, rest, total, others = self.own(own)
        lean, weight = 1.0 - 2.0 * top, sized(a, top, rest)
        return total * np.log1p(weight * np.expm1(lean * moves)) - sized(y, top, -others) * moves

    def scale(self, step: float) -> Array:
        top, a, y, rest, *_ = self.parts
        size = np.abs(y)
        return sized(a, top, rest) * row_sum(size) + sized(size, top, sum_of_others(size))


class SoftmaxBinaryCrossEntropyHead(SoftmaxHead):
    """Σ_j −y_j Δ ln a_j − (1 − y_j) Δ ln(1 − a_j). Parts: top, a, y, 1 − a, the others' shares.

    `share` = a_k / (1 − a_top): how the others share what the top leaves.
    """

    coupled = True

    @classmethod
    def about(cls, z: Array, a: Array, y: Array) -> Self:
        top, rest = top_of(z), complement(z)
        share = SOFTMAX(np.where(top == 1.0, -np.inf, z)) if z.shape[-1] > 1 else np.zeros_like(z)
        return cls((top, a, y, np.where(rest == 0.0, 1.0, rest), share))

    def __call__(self, s: Array, largest: float) -> Array:
        top, a, y, rest, share = self.parts
        s = self.relative(s)
        E = np.expm1(s)
        total = np.log1p((a * E).sum(axis=-1, keepdims=True))
        others_of_top = (share * E).sum(axis=-1, keepdims=True)
        others = sized(sum_of_others(a * E) / rest, top, others_of_top)
        return np.asarray((y * (total - s) + (1.0 - y) * (total - np.log1p(others))).sum(axis=-1))

    def alone(self, moves: Array, own: NDArray[np.intp], largest: float) -> Array:
        s = np.zeros((*moves.shape, self.parts[0].shape[-1]))
        s[np.arange(len(own)), ..., own] = moves
        return self(s, largest)

    def scale(self, step: float) -> Array:
        top, a, y, rest, share = self.parts
        for_it, against = np.abs(y), np.abs(1.0 - y)
        against_top = (top * against).sum(axis=-1, keepdims=True)
        own = sized(for_it, top, sum_of_others(for_it))
        everywhere = sized(a, top, rest) * row_sum(for_it + against)
        of_top: Array = against_top * sized(share, top, np.ones_like(share))
        return own + everywhere + of_top


SOFTMAX_HEADS: dict[str, type[SoftmaxHead]] = {
    "mean_squared_error": SoftmaxSquaredErrorHead,
    "cross_entropy": SoftmaxCrossEntropyHead,
    "binary_cross_entropy": SoftmaxBinaryCrossEntropyHead,
}


def head_of(network: Network, z: Array, a: Array, y: Array) -> Head:
    """The head of this network's output about the stored z(L), a(L) and the targets."""
    activation, cost = network.activations[network.depth], network.cost.name
    if activation.name == "softmax":
        return SOFTMAX_HEADS[cost].about(z, a, y)
    from_z = FROM_Z.get((activation.name, cost))
    if from_z:
        return from_z(z, a, y)
    return ELEMENTWISE[cost].about(change_of(activation, z), z, a, y)


def extent_of(network: Network, examples: int) -> Extent:
    """How much there is to move in this network."""
    softmax = network.activations[network.depth].name == "softmax"
    coupled = softmax and SOFTMAX_HEADS[network.cost.name].coupled
    return Extent(network.sizes, examples, coupled)
