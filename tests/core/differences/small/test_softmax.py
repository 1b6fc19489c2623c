"""Softmax with cross-entropy of floats, its faces one by one, against 50 digits and the arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.costs import COSTS
from core.differences.changes import SECANT
from core.differences.complex_step import COARSER, IMAGINARY
from core.differences.directions import LENGTH
from core.differences.heads import Head
from core.differences.small.curves import CURVES
from core.differences.small.softmax import SoftmaxCrossEntropy, SoftmaxCrossEntropyHead
from core.differences.softmax_heads import head_of
from core.network import Network
from tests import references
from tests.core.differences.test_changes import U
from tests.references import Scalar, mp, number

OUTPUT = SoftmaxCrossEntropy()
NAME, COST = "softmax", "cross_entropy"
CASES = [
    ([0.3, -0.2, 1.0], [0.2, 0.5, 0.3]),
    ([0.3, -0.2, 1.0], [0.0, -0.0, 1.0]),
    ([1.5, 1.5, 1.5], [0.0, 1.0, 0.0]),
    ([60.0, -1.0, 3.0], [1.0, 0.0, 0.0]),
    ([60.0, -1.0, 3.0], [0.0, 0.0, 1.0]),
    ([3.0, 600.0, -300.0], [0.25, 1.5, -0.25]),
    ([-700.0, -2.0], [0.7, 0.2]),
    ([2.0], [0.7]),
]


def truth(z: list[Any], y: list[float]) -> tuple[Any, list[Any]]:
    """The cost and its derivatives by each z."""
    nodes = [Scalar(number(x)) for x in z]
    cost = references.example_cost(
        COST, NAME, nodes, references.activate(NAME, nodes), [number(x) for x in y]
    )
    references.sweep(cost)
    return cost.value, [node.gradient for node in nodes]


def about(z: list[float], y: list[float]) -> tuple[SoftmaxCrossEntropyHead, Head, list[float]]:
    """The head of floats and that of the arrays, about the same z, and a."""
    net = Network.of([[[0.0] for _ in z]], [z], [ACTIVATIONS[NAME]()], COSTS[COST]())
    a_ = net.activations[1](np.array([z]))
    a: list[float] = a_[0].tolist()
    head = OUTPUT.head(CURVES[NAME], z, a, y)
    assert isinstance(head, SoftmaxCrossEntropyHead)
    return head, head_of(net, np.array([z]), a_, np.array([y])), a


@pytest.mark.parametrize(("z", "y"), CASES)
def test_values(z: list[float], y: list[float]) -> None:
    """Each term to a few ulps of what z and the others make of it."""
    *_, a = about(z, y)
    found = OUTPUT.values(z, a, y)
    assert len(found) == len(z)
    for j, term in enumerate(found):
        exact, _ = truth(z, [x if k == j else 0.0 for k, x in enumerate(y)])
        # z less the largest is rounded once.
        size = abs(exact) + abs(y[j]) * (max(z) - z[j])
        assert abs(number(term) - exact) <= 8 * U * size


@pytest.mark.parametrize(("z", "y"), CASES)
def test_the_cost_moves_without_cancellation(z: list[float], y: list[float]) -> None:
    """All outputs moved or one alone, from |s| = 2⁻⁴ to 2⁻⁶⁰, good to ulps of its own terms."""
    head, *_ = about(z, y)
    scales = np.array(head.scales(SECANT))
    generator = np.random.default_rng(1)
    for size in (2.0**-4, 2.0**-10, 2.0**-16, 2.0**-60):
        s = (size * generator.uniform(-1, 1, len(z))).tolist()
        for moves in (s, *(np.where(np.arange(len(z)) == j, s, 0.0) for j in range(len(z)))):
            with mp.workdps(800):
                after, _ = truth([number(x) + number(d) for x, d in zip(z, moves, strict=True)], y)
                exact = after - truth(z, y)[0]
            # Larger moves change the terms themselves, by a factor of 4 at the most here.
            allowed = 4 * 32 * U * float(scales @ np.abs(moves))
            assert abs(number(head.change([*moves])) - exact) <= allowed + 1e-290
            if moves is not s:
                (j,) = np.flatnonzero(moves)
                assert abs(number(head.alone(int(j), s[j])) - exact) <= allowed + 1e-290


@pytest.mark.parametrize(("z", "y"), CASES)
def test_what_sizes_errors_is_what_the_arrays_say(z: list[float], y: list[float]) -> None:
    """Secants and scales: the same few operations."""
    head, arrays, _ = about(z, y)
    for found, expected in (
        (head.secants, arrays.secant()),
        (head.scales(SECANT), arrays.scale(SECANT)),
        (head.scales(LENGTH), arrays.scale(LENGTH)),
    ):
        assert np.allclose(found, expected[0], rtol=1e-13, atol=1e-300)
    assert head.rounded(SECANT) == [0.0] * len(z)
    assert arrays.output_rounding(SECANT) == arrays.inverse_room(SECANT) == 0.0


@pytest.mark.parametrize(("z", "y"), CASES)
def test_the_imaginary_part_is_the_derivative(z: list[float], y: list[float]) -> None:
    """Im of the cost over h, all moved at their own rates or one alone; the real part the cost."""
    head, _, a = about(z, y)
    scales = np.array(head.scales(SECANT))
    _, slopes = truth(z, y)
    nowhere = [complex("nan")] * len(z)
    rates = np.array([1.0, -3e4, 1e-9][: len(z)])
    for moved in (rates, *(np.where(np.arange(len(z)) == j, 1.0, 0.0) for j in range(len(z)))):
        z_ = [complex(x, IMAGINARY * rate) for x, rate in zip(z, moved, strict=True)]
        found = OUTPUT.analytic(z_, nowhere, y)
        exact = mp.fsum(number(rate) * x for rate, x in zip(moved, slopes, strict=True))
        allowed = COARSER * U * float(scales @ np.abs(moved))
        assert abs(number(found.imag / IMAGINARY) - exact) <= allowed + 1e-205
        cost = sum(OUTPUT.values(z, a, y))
        assert found.real == pytest.approx(cost, rel=1e-14, abs=8 * U)
