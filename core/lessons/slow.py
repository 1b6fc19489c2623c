"""The slow way: a fresh chain-rule walk for every single parameter (chapter sections 10 and 13).

It knows the links of the chain and nothing of δ. Backpropagation gives the same gradients, and
`core.operations` counts what each way takes.
"""

import numpy as np

from core.arrays import Array
from core.forward import Workings
from core.layers import Layers
from core.lessons.chains import chain, path_sum
from core.lessons.links import Link, Place, links
from core.lessons.values import of_example
from core.network import Batch
from core.rounding.precision import FLOAT64
from core.rounding.reference import bounded_workings


def slow_gradients(w: Workings) -> tuple[Layers[Array], Layers[Array]]:
    """∂C/∂b and ∂C/∂W, each entry by a walk of its own; `w` holds the forward pass.

    Raises NotFinite where a link or a sum overflows.
    """
    examples = [of_example(w, i) for i in range(len(w.y))]
    ways = [links(one, Place("z", 1), Place("cost", one.depth)) for one in examples]
    biases, weights = [], []
    for l in w.W.numbers:
        by_bias, by_weight = zip(
            *(walks_of_layer(one, way, l) for one, way in zip(examples, ways, strict=True)),
            strict=True,
        )
        biases.append(sum(by_bias) / len(examples))
        weights.append(sum(by_weight) / len(examples))
    return Layers(biases), Layers(weights)


def walks_of_layer(w: Workings, way: list[Link], l: int) -> tuple[Array, Array]:
    """The walks to each bias and each weight of layer l, for one example."""
    from_here = way[2 * (l - 1) :]  # each layer below has two links, σ′ and W
    into, source = w.W[l].shape
    biases = np.array([walk(from_here, l, j) for j in range(into)])
    weights = np.array(
        [[walk(from_here, l, j) * w.a[l - 1][0, k] for k in range(source)] for j in range(into)]
    )
    return biases, weights


def walk(way: list[Link], l: int, neuron: int) -> float:
    """From z(l) of one neuron to the cost: all paths, summed."""
    between = chain(Place("z", l), neuron, way, None)
    assert between is not None, "every neuron reaches the cost"
    return path_sum(between)


def rounding_bounds(w: Workings) -> tuple[Layers[Array], Layers[Array]]:
    """How far two ways in float64 may be apart: twice what each may be from the gradient."""
    bounded = bounded_workings(w.network, Batch(w.a[0], w.y), FLOAT64)
    biases = Layers(2.0 * bounded.bias_gradients[l].error for l in w.W.numbers)
    return biases, Layers(2.0 * bounded.weight_gradients[l].error for l in w.W.numbers)
