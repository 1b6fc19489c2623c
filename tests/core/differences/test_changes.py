"""The identities: how far σ and the cost move, against 50 digits, for moves of any size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.costs import COSTS
from core.differences.changes import CHANGES, CORNERED
from core.differences.softmax_heads import head_of
from core.network import Network
from tests import references
from tests.references import Scalar, mp, number

U = 2.0**-53
Z = [0.0, 1e-12, 1e-3, 0.3, 1.0, 2.5, 7.0, 20.0, 36.0, 45.0, 300.0, 700.0, 1e6]
MOVES = [2.0**-k for k in (3, 8, 12, 13, 16, 20, 30, 60, 200)]
# A dozen library functions and products; gelu's tails and far quadrature lose some more.
ULPS = 16


def moved(name: str, z: float, s: float) -> Any:
    """σ(z + s) − σ(z) with digits enough that nothing cancels.

    1 − σ(700) takes 304 of them. What gelu saturates to is z, which its change is compared with.
    """
    with mp.workdps(150 if name == "gelu" else 700):
        after = references.ELEMENTWISE[name](Scalar(number(z) + number(s))).value
        return after - references.ELEMENTWISE[name](Scalar(number(z))).value


@pytest.mark.parametrize("name", CHANGES)
def test_no_digit_cancels(name: str) -> None:
    """σ(z + s) − σ(z) is good to some ulps of its own terms from |s| = 1/8 to 2⁻²⁰⁰."""
    for z in (*Z, *(-z for z in Z)):
        change = CHANGES[name].about(np.array([[z]]))
        scale = change.steepness(np.array([[z]]), change.secant(np.array([[z]])))[0, 0]
        for s in (*MOVES, *(-s for s in MOVES)):
            if name in CORNERED and (z == 0 or abs(s) > abs(z)):
                continue  # moves across a corner are never asked for
            found = float(change(np.array([[[[s]]]]), abs(s))[0, 0, 0, 0])
            # (1 + 2|s|…): the slope itself may change by as much on the way.
            allowed = ULPS * U * scale * abs(s) * np.exp(2 * abs(s) * (1 + min(abs(z), 40.0)))
            assert abs(number(found) - moved(name, z, s)) <= allowed + 1e-300, (z, s)


def outputs(name: str, cost: str, z: list[float], y: list[float]) -> Any:
    """The cost of one example at these last weighted inputs, to 60 digits and more."""
    nodes = [Scalar(x) if isinstance(x, mp.mpf) else Scalar(number(x)) for x in z]
    a = references.activate(name, nodes)
    return references.example_cost(cost, name, nodes, a, [number(x) for x in y]).value


OUTPUTS = [
    ("sigmoid", [0.3, -2.0, 40.0], [0.2, 1.0, 1.0]),
    ("sigmoid", [800.0, -800.0, 5.0], [1.0, 0.0, 0.5]),
    ("softmax", [0.3, -0.2, 1.0], [0.2, 0.5, 0.3]),
    ("softmax", [0.5, 0.5, 0.5], [0.0, 1.0, 0.0]),
    ("softmax", [60.0, -1.0, 3.0], [1.0, 0.0, 0.0]),
    ("softmax", [60.0, -1.0, 3.0], [0.0, 0.0, 1.0]),
    ("softmax", [900.0, 10.0, 12.0], [0.25, 0.5, 0.25]),
    ("tanh", [0.3, 1.0, 2.0], [0.2, 0.5, 1.0]),
    ("identity", [0.3, 0.1, 0.9], [0.0, 0.5, 1.0]),
    ("softplus", [-2.0, -1.0, 0.2], [0.2, 0.5, 1.0]),
]


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize(("name", "z", "y"), OUTPUTS)
def test_the_cost_moves_without_cancellation(
    name: str, z: list[float], y: list[float], cost: str
) -> None:
    """The change of the cost, all outputs moved or one alone, good to ulps of its own terms."""
    width = len(z)
    net = Network.of(np.zeros((1, width, 1)), [z], [ACTIVATIONS[name]()], COSTS[cost]())
    z_, y_ = np.array([z]), np.array([y])
    a_ = net.activations[1](z_)
    head = head_of(net, z_, a_, y_)
    generator = np.random.default_rng(1)
    scale = np.broadcast_to(head.scale(2.0**-16) + 2.0 * head.output_rounding(2.0**-16), (1, width))
    scale = np.ravel(scale)
    for size in (2.0**-4, 2.0**-10, 2.0**-16, 2.0**-60):
        step = size / (1.0 if name in ("sigmoid", "softmax") else 16.0)
        s = step * generator.uniform(-1, 1, width)
        with mp.workdps(800):
            before = outputs(name, cost, z, y)
            after = outputs(
                name, cost, [number(x) + number(d) for x, d in zip(z, s, strict=True)], y
            )
            all_moved = after - before
        found = head(s.copy()[None, None, :], float(np.abs(s).max()))[0, 0]
        # Larger moves change the terms themselves, by a factor of 4 at the most here.
        allowed = 4 * 32 * U * float((scale * np.abs(s)).sum()) * 4
        assert abs(number(found) - all_moved) <= allowed + 1e-290
        for j in range(width):
            with mp.workdps(800):
                alone = [number(x) + (number(s[j]) if k == j else 0) for k, x in enumerate(z)]
                one_moved = outputs(name, cost, alone, y) - before
            found = head.alone(np.array([[[s[j]]]]), np.array([j]), float(abs(s[j])))[0, 0, 0]
            allowed = 4 * 32 * U * float(scale[j]) * abs(s[j]) * 4
            assert abs(number(found) - one_moved) <= allowed + 1e-290
