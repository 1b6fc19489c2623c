"""The forward pass, storing every z and a (chapter sections 6, 7 and 14).

The equations take the workings so far and a layer number, so that each reads as in the chapter.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from core.arrays import Numbers, all_finite
from core.costs import Output, mean_over_examples
from core.layers import Layers
from core.network import Batch, Network


class NotFinite(ArithmeticError):
    """A quantity overflowed, or a logarithm was asked of a number outside its domain.

    `quantity` is z, a, cost, delta, bias_gradients or weight_gradients; `layer` counts from 1.
    """

    def __init__(self, quantity: str, layer: int) -> None:
        self.quantity, self.layer = quantity, layer
        super().__init__(f"{quantity} of layer {layer} is not finite")


@dataclass
class Workings:
    """Everything computed on the way, by layer number: what one would write down by hand.

    `W`, `b` and `sigma` are the network's, for l = 1…L (or stand in for them: numbers that carry
    a bound, a mistaken activation); `a[0]` is the input; the rest fills up layer by
    layer. Arrays are shaped as in the table of `core`; gradients as the parameters.
    """

    network: Network
    W: Layers[Numbers]
    b: Layers[Numbers]
    sigma: Layers[Numbers]
    output: Output
    y: Numbers
    a: dict[int, Numbers]
    z: dict[int, Numbers] = field(default_factory=dict)
    cost: Numbers = None
    delta: dict[int, Numbers] = field(default_factory=dict)
    bias_gradients: dict[int, Numbers] = field(default_factory=dict)
    weight_gradients: dict[int, Numbers] = field(default_factory=dict)

    @classmethod
    def begin(cls, network: Network, batch: Batch) -> "Workings":
        """a(0) = x, and nothing computed yet. Raises ValueError for a batch of other sizes."""
        network.check_batch(batch)
        return cls(
            network,
            network.weights,
            network.biases,
            network.activations,
            network.output,
            batch.targets,
            {0: batch.inputs},
        )

    def copy(self) -> "Workings":
        """The same numbers in dictionaries of their own, to be overwritten."""
        return replace(
            self,
            a=dict(self.a),
            z=dict(self.z),
            delta=dict(self.delta),
            bias_gradients=dict(self.bias_gradients),
            weight_gradients=dict(self.weight_gradients),
        )

    @property
    def depth(self) -> int:
        """L."""
        return len(self.W)


def weighted_input(w: Workings, l: int) -> Numbers:
    """z(l) = W(l) a(l−1) + b(l), section 6."""
    return w.a[l - 1] @ w.W[l].T + w.b[l][None]  # a row for every example


def activation(w: Workings, l: int) -> Numbers:
    """a(l) = σ(z(l)), section 6."""
    return w.sigma[l](w.z[l])


def cost(w: Workings, l: int) -> Numbers:
    """C = 1/N Σᵢ C₁⁽ⁱ⁾, section 7; l is L."""
    return mean_over_examples(w.output.terms(w.z[l], w.a[l], w.y).sum(axis=-1))


def forward(network: Network, batch: Batch) -> Workings:
    """Every z and a, and the cost. Raises NotFinite naming the first quantity that overflows."""
    w = Workings.begin(network, batch)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        for l in w.W.numbers:
            w.z[l] = finite("z", l, weighted_input(w, l))
            w.a[l] = finite("a", l, activation(w, l))
        w.cost = finite("cost", w.depth, cost(w, w.depth))
    return w


def finite(quantity: str, layer: int, values: Numbers) -> Numbers:
    """The values, if all are finite; otherwise NotFinite with the quantity and the layer."""
    if not all_finite(values):
        raise NotFinite(quantity, layer)
    return values
