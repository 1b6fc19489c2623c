"""A network in the manner of Nielsen's book: columns, lists of W and b, and one backprop method.

Written afresh after chapter 2 of *Neural Networks and Deep Learning*: one example at a time, the
quadratic cost C = ½‖y − a‖², sigmoid neurons, `nabla_b` and `nabla_w` as the method's answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]
"""n × 1."""


def sigmoid(z: Any) -> Any:
    """σ(z)."""
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z: Any) -> Any:
    """σ′(z)."""
    return sigmoid(z) * (1 - sigmoid(z))


class Network:
    """Layers of sigmoid neurons."""

    def __init__(self, sizes: Sequence[int], seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.sizes = list(sizes)
        self.biases = [random.standard_normal((n, 1)) for n in sizes[1:]]
        self.weights = [random.standard_normal((n, m)) for m, n in pairwise(sizes)]

    def backprop(self, x: Column, y: Column) -> tuple[list[Any], list[Any]]:
        """(nabla_b, nabla_w): the gradient of C for one example, layer by layer."""
        activation = x
        activations, zs = [x], []
        for b, w in zip(self.biases, self.weights, strict=True):
            zs.append(w @ activation + b)
            activation = sigmoid(zs[-1])
            activations.append(activation)
        delta = (activations[-1] - y) * sigmoid_prime(zs[-1])
        nabla_b, nabla_w = [delta], [delta @ activations[-2].T]
        for l in range(2, len(self.sizes)):
            delta = (self.weights[-l + 1].T @ delta) * sigmoid_prime(zs[-l])
            nabla_b.insert(0, delta)
            nabla_w.insert(0, delta @ activations[-l - 1].T)
        return nabla_b, nabla_w
