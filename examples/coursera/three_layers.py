"""The three-layer network of the Coursera exercise on gradient checking, with its planted bugs.

LINEAR → RELU → LINEAR → RELU → LINEAR → SIGMOID with cross-entropy, examples in columns. The
exercise hides two mistakes in its backward pass, `dW2 * 2` and `4 / m` in place of `1 / m` in db1,
and gradient checking there answers with one number, 0.28. Written afresh.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

import backcheck

PLANTED = ("dW2 * 2", "4 / m in db1")


def gradients(net: backcheck.Network, *planted: str) -> tuple[list[Any], list[Any]]:
    """([db1, db2, db3], [dW1, dW2, dW3]), with whichever mistakes are planted."""
    X, Y = net.input.T, net.target.T
    m = X.shape[1]
    (W1, W2, W3), (b1, b2, b3) = net.weights, [b[:, None] for b in net.biases]

    A1 = np.maximum(W1 @ X + b1, 0)
    A2 = np.maximum(W2 @ A1 + b2, 0)
    A3 = 1 / (1 + np.exp(-(W3 @ A2 + b3)))

    dZ3 = A3 - Y
    dW3 = 1 / m * dZ3 @ A2.T
    db3 = 1 / m * np.sum(dZ3, axis=1, keepdims=True)
    dZ2 = (W3.T @ dZ3) * (A2 > 0)
    dW2 = 1 / m * dZ2 @ A1.T * (2 if "dW2 * 2" in planted else 1)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = (W2.T @ dZ2) * (A1 > 0)
    dW1 = 1 / m * dZ1 @ X.T
    db1 = (4 if "4 / m in db1" in planted else 1) / m * np.sum(dZ1, axis=1, keepdims=True)
    return [db1, db2, db3], [dW1, dW2, dW3]


def network(seed: int = 1, m: int = 3) -> backcheck.Network:
    """A 4–5–3–1 network of the exercise's sizes, with random weights and m examples."""
    random = np.random.default_rng(seed)
    sizes = [4, 5, 3, 1]
    return backcheck.Network(
        weights=[random.standard_normal((n, k)) for k, n in pairwise(sizes)],
        biases=[random.standard_normal(n) for n in sizes[1:]],
        activation=["relu", "relu", "sigmoid"],
        cost="binary_cross_entropy",
        input=random.standard_normal((m, 4)),
        target=random.integers(0, 2, (m, 1)).astype(float),
    )


def main() -> None:
    """Say what backcheck makes of the right gradients, of each mistake, and of both."""
    net = network()
    for planted in [(), *((bug,) for bug in PLANTED), PLANTED]:
        print("\nplanted:", " and ".join(planted) or "nothing")
        db, dW = gradients(net, *planted)
        try:
            print(backcheck.assert_gradients(net, bias_gradients=db, weight_gradients=dW))
        except backcheck.Disagreement as wrong:
            print(wrong)


if __name__ == "__main__":
    main()
