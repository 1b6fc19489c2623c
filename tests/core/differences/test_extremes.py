"""Where usual checkers cry wolf: saturation, dead units, 1e±6, costs near 0 and huge."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from benchmarks.networks import random_network
from core.activations import ACTIVATIONS
from core.backprop import backpropagate
from core.costs import COSTS
from core.differences.check import Check
from core.differences.witness import check
from core.forward import NotFinite
from core.network import Batch, Network

SMOOTH = sorted(set(ACTIVATIONS) - {"softmax"})


def checked(
    name: str, scale: float, cost: str = "mean_squared_error", sizes: tuple[int, ...] = (3, 4, 3, 2)
) -> Check:
    """A network whose weights, biases and inputs are of this scale."""
    generator = np.random.default_rng(11)
    names = [*[name if name != "softmax" else "tanh"] * (len(sizes) - 2), name]
    net = Network.of(
        [scale * generator.normal(size=(n, m)) for m, n in pairwise(sizes)],
        [scale * generator.normal(size=n) for n in sizes[1:]],
        [ACTIVATIONS[each]() for each in names],
        COSTS[cost](),
    )
    targets = generator.uniform(size=(3, sizes[-1]))
    return check(
        backpropagate(net, Batch.of(scale * generator.normal(size=(3, sizes[0])), targets))
    )


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e-3, 1.0, 1e3, 1e6, 1e12])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_any_scale(name: str, scale: float) -> None:
    """Weights, biases and inputs from 1e-12 to 1e12: every entry checked, none called wrong."""
    found = checked(name, scale)
    assert found.agrees
    assert found.checked == found.parameters


@pytest.mark.parametrize("cost", ["binary_cross_entropy", "cross_entropy"])
@pytest.mark.parametrize("name", ["sigmoid", "softmax"])
@pytest.mark.parametrize("scale", [1e-6, 10.0, 1e3, 1e6])
def test_entropies_at_any_scale(name: str, cost: str, scale: float) -> None:
    """Saturated outputs, whose entropies reach 1e18: every entry checked, none called wrong."""
    found = checked(name, scale, cost)
    assert found.agrees
    assert found.checked == found.parameters


@pytest.mark.parametrize("cost", ["binary_cross_entropy", "cross_entropy"])
@pytest.mark.parametrize("a", [1e-300, 1e-9, 0.5, 1 - 1e-9])
def test_logarithms_near_their_walls(cost: str, a: float) -> None:
    """An identity output nearer to 0 or 1 than any usual step: the step shrinks."""
    net = Network.of([[[0.0]]], [[a]], [ACTIVATIONS["identity"]()], COSTS[cost]())
    found = check(backpropagate(net, Batch.of([[1.0]], [[0.25]])))
    assert found.agrees
    assert found.checked == 2
    truth = -0.25 / a + (0.75 / (1 - a) if cost == "binary_cross_entropy" else 0)
    assert found.bias_gradients[1][0] == pytest.approx(truth, rel=1e-6)


def regression(target: float) -> Check:
    net = Network.of(
        [[[0.5, -0.25]]], [[1.0]], [ACTIVATIONS["tanh"]()], COSTS["mean_squared_error"]()
    )
    return check(backpropagate(net, Batch.of([[1.0, 2.0]], [[target]])))


@pytest.mark.parametrize("target", [np.tanh(1.0), np.tanh(1.0) + 1e-15, 1e6, 1e150])
def test_costs_from_zero_to_huge(target: float) -> None:
    """A cost of exactly 0, of 1e-30, of 1e12 and of 1e300."""
    found = regression(float(target))
    assert found.agrees
    assert found.checked == 3


def test_five_hundred_layers() -> None:
    """A chain of 500 sigmoids, whose first gradients underflow: no false disagreement."""
    depth = 500
    net = Network.of(
        [[[1.0]]] * depth, [[0.0]] * depth, [ACTIVATIONS["sigmoid"]()] * depth,
        COSTS["mean_squared_error"](),
    )  # fmt: skip
    w = backpropagate(net, Batch.of([[0.5]], [[0.0]]))
    assert abs(w.bias_gradients[1][0]) < 1e-280
    found = check(w)
    assert found.agrees
    assert found.checked == 1000


def test_exploding_gradients() -> None:
    """Forty identity layers of weight 1e6: gradients near 1e240, and moves shrunk to match."""
    depth = 20
    net = Network.of(
        [[[1e6]]] * depth, [[0.0]] * depth, [ACTIVATIONS["identity"]()] * depth,
        COSTS["mean_squared_error"](),
    )  # fmt: skip
    w = backpropagate(net, Batch.of([[1.0]], [[0.0]]))
    found = check(w)
    assert found.agrees
    assert found.checked == 2 * depth


def test_gradients_near_the_end_of_float64() -> None:
    """Gradients of 1e300: all that is told of them is finite, since JSON has no infinity."""
    net = Network.of(
        np.ones((1, 30, 1)), [np.zeros(30)], [ACTIVATIONS["identity"]()],
        COSTS["mean_squared_error"](),
    )  # fmt: skip
    for weight in (1.0, -1.0):
        w = backpropagate(net, Batch.of([[1e150]], np.ones((1, 30))))
        assert w.weight_gradients[1][0, 0] == pytest.approx(1e300)
        w.weight_gradients[1] = w.weight_gradients[1] * weight
        found = check(w)
        told = [*found.directions, *found.disagreements, *([found.worst] if found.worst else [])]
        for entry in told:
            numbers = [entry.backprop, entry.finite_difference, entry.uncertainty, entry.ratio]
            assert np.isfinite(numbers).all()
        assert found.agrees == (weight == 1.0)


def test_nothing_false_on_random_networks() -> None:
    """200 of the random networks of the benchmark, in all its regimes: all checked, all agree."""
    told = []
    for seed in range(200):
        net, batch = random_network(seed)
        try:
            w = backpropagate(net, batch)
        except NotFinite:
            continue
        found = check(w)
        told.append((found.agrees, found.checked == found.parameters))
    assert len(told) > 140
    assert set(told) == {(True, True)}


@pytest.mark.parametrize("gradient", [1e300, -1e-300, 5e-324])
def test_a_wrong_entry_where_nothing_moves(gradient: float) -> None:
    """An input of exactly 0 has gradients of exactly 0; what is told of another is finite."""
    net = Network.of([[[2.0]]], [[0.0]], [ACTIVATIONS["sigmoid"]()], COSTS["mean_squared_error"]())
    w = backpropagate(net, Batch.of([[0.0]], [[1.0]]))
    w.weight_gradients[1] = np.array([[gradient]])
    found = check(w)
    assert found.worst is not None
    assert np.isfinite(found.worst.ratio)
    assert found.agrees == (abs(gradient) < 1e-280)
