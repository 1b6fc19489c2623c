"""The oracle held at the stored forward pass: what the witness and backprop both differentiate.

Both take the stored z and a as they are, with the rounding errors of the forward pass in them. So
each node of the oracle's graph gets the stored number in place of its own, and the derivatives of
the primitives are taken there, to 50 digits.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from core.activations import ACTIVATIONS, Activation
from core.backprop import CHAPTER, Equations, run
from core.differences.check import Check
from core.forward import Workings
from core.network import Batch, Network
from tests import references
from tests.core.worked import GRADIENTS, network_of
from tests.references import Answer, Request, Scalar, mp, number


def held_gradients(w: Workings) -> Answer:
    """Bias and weight gradients at the stored z and a, to 50 digits."""
    answer: Answer = references.settled(lambda: _gradients(w))
    return answer


def _gradients(w: Workings) -> Answer:
    names = [sigma.name for sigma in w.sigma]
    weights, biases = references.each(
        [[W.tolist() for W in w.W], [b.tolist() for b in w.b]],
        lambda entry: Scalar(number(entry)),
    )
    costs = []
    for i in range(len(w.y)):
        below = [Scalar(number(x)) for x in w.a[0][i]]
        z: list[Scalar] = []
        for l, name in enumerate(names, start=1):
            z = [
                held(w.z[l][i, j], references.total([*map(Scalar.__mul__, row, below), shift]))
                for j, (row, shift) in enumerate(zip(weights[l - 1], biases[l - 1], strict=True))
            ]
            nodes = references.activate(name, z)
            below = [held(w.a[l][i, j], node) for j, node in enumerate(nodes)]
        y = [number(y_j) for y_j in w.y[i]]
        cost = references.example_cost(w.network.cost.name, names[-1], z, below, y)
        costs.append(cost)
    references.sweep(references.total(costs))
    return {
        "bias_gradients": references.each(biases, lambda node: node.gradient / len(w.y)),
        "weight_gradients": references.each(weights, lambda node: node.gradient / len(w.y)),
    }


def held(stored: float, node: Scalar) -> Scalar:
    """The node, with the stored number for its value."""
    return Scalar(number(stored), (node, mp.one))


def flat(tree: Any) -> list[Any]:
    """Every number of nested lists, in order."""
    return list(references.leaves(tree))


def entries(check: Check, quantity: str) -> list[float]:
    """All of the witness's numbers of one kind, in the order of `flat`."""
    return [float(x) for layer in getattr(check, quantity) for x in np.ravel(layer)]


def excesses(check: Check, truth: Answer) -> Iterator[float]:
    """|witness − truth| over the uncertainty, of every entry that was checked."""
    for quantity in GRADIENTS:
        values = entries(check, quantity)
        bounds = entries(check, quantity.replace("gradients", "uncertainties"))
        for value, bound, exact in zip(values, bounds, flat(truth[quantity]), strict=True):
            if not math.isnan(value):
                yield float(abs(mp.mpf(value) - exact) / mp.mpf(bound))


def worked(network: Network, inputs: Any, targets: Any, equations: Equations = CHAPTER) -> Workings:
    """The complete workings by these equations."""
    return run(Workings.begin(network, Batch.of(inputs, targets)), equations)


def random_request(seed: int, activation: str, cost: str, **changes: Any) -> Request:
    """A 3–4–4–3 network near 1, two examples, whose outputs have logarithms where they need them.

    The activation stands in every layer; softmax in the last one, above tanh.
    """
    rng = random.Random(seed)
    sizes = [3, 4, 4, 3]
    hidden = "tanh" if activation == "softmax" else activation
    request: Request = {
        "weights": [
            [[rng.uniform(-1, 1) for _ in range(m)] for _ in range(n)] for m, n in pairwise(sizes)
        ],
        "biases": [[rng.uniform(0.2, 0.5) for _ in range(n)] for n in sizes[1:]],
        "activation": [hidden, hidden, activation],
        "input": [[rng.uniform(-1, 1) for _ in range(3)] for _ in range(2)],
        "target": [[rng.uniform(0.1, 0.9) for _ in range(3)] for _ in range(2)],
        "cost": cost,
    }
    if cost != "mean_squared_error" and activation not in ("sigmoid", "softmax"):
        scale = 0.02
        request["weights"][-1] = references.each(request["weights"][-1], lambda w: scale * w)
        request["biases"][-1] = [-0.5 if activation == "softplus" else 0.6] * 3
    return request | changes


def with_activation(request: Request, replaced: type[Activation]) -> Network:
    """The request's network, with this class in place of the one of the same name."""
    network = network_of(request)
    sigma = [
        replaced() if name == replaced.name else ACTIVATIONS[name]()
        for name in references.activation_names(request)
    ]
    return Network.of([*network.weights], [*network.biases], sigma, network.cost)
