"""A pytest suite around backcheck: one line for a function, one for numbers at hand.

pytest examples/pytest
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backcheck


def backprop(W: Any, b: Any, x: Any, y: Any) -> tuple[list[Any], list[Any]]:
    """The function under test: sigmoid layers, C = ½‖y − a‖², one example."""
    a = [x]
    for W_l, b_l in zip(W, b, strict=True):
        a.append(1 / (1 + np.exp(-(W_l @ a[-1] + b_l))))
    delta = [(a[-1] - y) * a[-1] * (1 - a[-1])]
    for W_l, a_l in zip(reversed(W[1:]), reversed(a[1:-1]), strict=True):
        delta.insert(0, (W_l.T @ delta[0]) * a_l * (1 - a_l))
    return delta, [np.outer(d, a_l) for d, a_l in zip(delta, a[:-1], strict=True)]


@pytest.mark.parametrize("sizes", [[2, 2], [2, 3, 2], [3, 4, 4, 2]])
def test_backprop_is_right_on_every_depth(sizes: list[int]) -> None:
    """On networks that are drawn so that every known mistake shows."""
    backcheck.check(
        lambda net: backprop(net.weights, net.biases, net.input, net.target), layer_sizes=sizes
    ).assert_correct()


def test_gradients_of_my_network() -> None:
    """On the network at hand, here in float32 as a framework would have it."""
    random = np.random.default_rng(0)
    W = [random.standard_normal((n, m)).astype(np.float32) for m, n in [(4, 3), (3, 2)]]
    b = [random.standard_normal(n).astype(np.float32) for n in (3, 2)]
    x, y = random.random(4, dtype=np.float32), random.random(2, dtype=np.float32)
    db, dW = backprop(W, b, x, y)
    backcheck.assert_gradients(
        weights=W,
        biases=b,
        activation="sigmoid",
        input=x,
        target=y,
        bias_gradients=db,
        weight_gradients=dW,
    )
