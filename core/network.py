"""Networks and batches: frozen, validated, read-only (chapter section 2)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from numpy.typing import ArrayLike

from core.activations import Activation
from core.arrays import Array, all_finite, read_only, sealed
from core.costs import Cost, Output, output_of
from core.layers import Layers


@dataclass(frozen=True, eq=False)
class Network:
    """W(l), b(l), σ(l) for l = 1…L, and the cost that judges its output.

    `weights[l]` is n_l × n_(l-1), `biases[l]` has n_l entries. Raises ValueError naming the layer
    where shapes do not fit or a number is not finite.

    `depth` is L, the number of layers that have weights; `sizes` are n_0, n_1 … n_L, `parameters`
    is how many weights and biases there are, `output` the last activation with the cost.
    """

    weights: Layers[Array]
    biases: Layers[Array]
    activations: Layers[Activation]
    cost: Cost
    depth: int = field(init=False, repr=False)
    sizes: tuple[int, ...] = field(init=False, repr=False)
    parameters: int = field(init=False, repr=False)
    output: Output = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not len(self.weights) == len(self.biases) == len(self.activations) > 0:
            raise ValueError("weights, biases and activations need one entry for every layer")
        for l in self.weights.numbers:
            self._check_layer(l)
        self._describe()

    @classmethod
    def of(
        cls,
        weights: Sequence[ArrayLike],
        biases: Sequence[ArrayLike],
        activations: Sequence[Activation],
        cost: Cost,
    ) -> "Network":
        """A network from anything array-like; the arrays are made read-only."""
        return cls(
            Layers(read_only(W) for W in weights),
            Layers(read_only(b) for b in biases),
            Layers(activations),
            cost,
        )

    @classmethod
    def trusted(
        cls,
        weights: Sequence[Array],
        biases: Sequence[Array],
        activations: Sequence[Activation],
        cost: Cost,
    ) -> "Network":
        """A network of what has been checked already: nothing is looked at again, nor copied.

        For the schemas alone, which have told the caller of everything that `Network.of` would
        refuse. The arrays are finite float64 in C order, made for this network; they are sealed.
        """
        network = cls.__new__(cls)
        vars(network).update(
            weights=Layers(map(sealed, weights)),
            biases=Layers(map(sealed, biases)),
            activations=Layers(activations),
            cost=cost,
        )
        network._describe()
        return network

    def check_batch(self, batch: "Batch") -> None:
        """Raise ValueError if the batch is not for these layers: numpy would broadcast it."""
        found = (batch.inputs.shape[1], batch.targets.shape[1])
        needed = (self.sizes[0], self.sizes[-1])
        if found != needed:
            raise ValueError(f"inputs and targets of {found} entries; the layers need {needed}")

    def _describe(self) -> None:
        """Fill in what follows from the rest, once: `vars`, because the fields are frozen."""
        depth = len(self.weights)
        vars(self).update(
            depth=depth,
            sizes=(self.weights[1].shape[1], *map(len, self.biases)),
            parameters=sum([W.size + len(W) for W in self.weights]),
            output=output_of(self.cost, self.activations[depth]),
        )

    def _check_layer(self, l: int) -> None:
        W, b = self.weights[l], self.biases[l]
        if W.ndim != 2 or 0 in W.shape or b.shape != W.shape[:1]:
            raise ValueError(f"layer {l}: weights {W.shape} and biases {b.shape} do not fit")
        if l > 1 and W.shape[1] != self.weights[l - 1].shape[0]:
            raise ValueError(f"layer {l}: weights {W.shape} do not take layer {l - 1}'s output")
        if not (all_finite(W) and all_finite(b)):
            raise ValueError(f"layer {l}: weights and biases have to be finite")
        if l < len(self.weights) and not self.activations[l].elementwise:
            raise ValueError(f"layer {l}: {self.activations[l].name} is for the last layer only")


@dataclass(frozen=True, eq=False)
class Batch:
    """N examples in rows: inputs N × n_0 and targets N × n_L."""

    inputs: Array
    targets: Array

    def __post_init__(self) -> None:
        x, y = self.inputs, self.targets
        if x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or len(x) == 0:
            raise ValueError(f"inputs {x.shape} and targets {y.shape} need the same N > 0 rows")
        if not (all_finite(x) and all_finite(y)):
            raise ValueError("inputs and targets have to be finite")

    @classmethod
    def of(cls, inputs: ArrayLike, targets: ArrayLike) -> "Batch":
        """A batch from anything array-like; the arrays are made read-only."""
        return cls(read_only(inputs), read_only(targets))

    @classmethod
    def trusted(cls, inputs: Array, targets: Array) -> "Batch":
        """A batch of what has been checked already, as `Network.trusted` is a network."""
        batch = cls.__new__(cls)
        vars(batch).update(inputs=sealed(inputs), targets=sealed(targets))
        return batch

    @property
    def size(self) -> int:
        """N."""
        return len(self.inputs)

    def example(self, i: int) -> "Batch":
        """Example i on its own."""
        return Batch.of(self.inputs[i : i + 1], self.targets[i : i + 1])


def layer_pairs(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """(n_(l-1), n_l) for l = 1…L.

    >>> layer_pairs([2, 3, 2])
    [(2, 3), (3, 2)]
    """
    return list(pairwise(sizes))
