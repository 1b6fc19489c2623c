"""Kinks told apart from mistakes: named by unit and example, judged by their one-sided slopes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS, LEAKY_SLOPE
from core.backprop import backpropagate
from core.costs import COSTS
from core.differences.check import Check, Options
from core.differences.witness import check
from core.forward import Workings
from core.network import Batch, Network


def network(weights: Any, biases: Any, names: list[str], at_kink: float = 0.0) -> Network:
    kinds = [ACTIVATIONS[name](at_kink=at_kink) for name in names]
    return Network.of(weights, biases, kinds, COSTS["mean_squared_error"]())


def one_unit(name: str, z: float, at_kink: float = 0.0) -> Workings:
    """x = 1 through w = 1 and b = z − 1, then w = 3: a(2) = 3 σ(z), y = 1."""
    net = network([[[1.0]], [[3.0]]], [[z - 1.0], [0.0]], [name, "identity"], at_kink)
    return backpropagate(net, Batch.of([[1.0]], [[1.0]]))


def at(found: Check) -> dict[Any, Any]:
    return {kink.at: kink for kink in found.kinks}


@pytest.mark.parametrize("convention", [0.0, 0.25, 0.5, 1.0])
def test_relu_at_zero(convention: float) -> None:
    """At z = 0 exactly the slopes are 0 and 3 (a − y) = −3; σ′(0) may be any convention's."""
    w = one_unit("relu", 0.0, convention)
    found = check(w)
    assert found.agrees
    kink = at(found)["bias_gradients", 1, (0,)]
    assert kink.left == pytest.approx(0.0, abs=1e-9)
    assert kink.right == pytest.approx(-3.0, abs=1e-9)
    assert kink.corner == (1, 0, 0)
    assert set(at(found)) == {("bias_gradients", 1, (0,)), ("weight_gradients", 1, (0, 0))}


@pytest.mark.parametrize("slope", [-0.001, 1.001])
def test_beyond_the_one_sided_derivatives_is_wrong(slope: float) -> None:
    """A gradient that no subgradient gives is no convention."""
    w = one_unit("relu", 0.0)
    w.bias_gradients[1] = np.array([-3.0 * slope])
    found = check(w)
    assert [entry.at for entry in found.disagreements] == [("bias_gradients", 1, (0,))]


def test_leaky_relu_at_zero() -> None:
    """Its slopes are 0.01 and 1."""
    found = check(one_unit("leaky_relu", 0.0))
    assert found.agrees
    kink = at(found)["bias_gradients", 1, (0,)]
    assert kink.left == pytest.approx(-3.0 * LEAKY_SLOPE, rel=1e-9)
    assert kink.right == pytest.approx(-3.0, rel=1e-9)


def test_elu_at_zero_is_no_kink() -> None:
    """Its slope is 1 on both sides; only σ″ jumps."""
    found = check(one_unit("elu", 0.0))
    assert found.agrees
    assert found.kinks == ()
    assert found.bias_gradients[1][0] == pytest.approx(-3.0, rel=1e-9)
    assert found.bias_uncertainties[1][0] < 1e-4


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu"])
@pytest.mark.parametrize("z", [1e-12, -1e-12, 1e-9, -1e-9, 1e-5, -1e-5])
def test_near_zero_the_step_shrinks(name: str, z: float) -> None:
    """Nearer than any usual step, yet not at the kink: one slope, to nine digits and more."""
    w = one_unit(name, z)
    found = check(w)
    assert found.agrees
    assert found.kinks == ()
    slope = {
        "relu": float(z > 0),
        "leaky_relu": 1.0 if z > 0 else LEAKY_SLOPE,
        "elu": np.exp(min(z, 0)),
    }
    truth = (3.0 * float(w.a[1][0, 0]) - 1.0) * 3.0 * slope[name]
    assert found.bias_gradients[1][0] == pytest.approx(truth, rel=1e-9, abs=1e-200)
    assert found.bias_uncertainties[1][0] <= 1e-9 * abs(truth) + 1e-200


def test_within_rounding_of_zero_either_side_is_right() -> None:
    """0.1 + 0.2 − 0.3 is 5.6e-17 and might as well be 0: another order of the sum says so."""
    net = network([[[1.0, 1.0, 1.0]], [[3.0]]], [[0.0], [0.0]], ["relu", "identity"])
    w = backpropagate(net, Batch.of([[0.1, 0.2, -0.3]], [[1.0]]))
    assert 0 < w.z[1][0, 0] < 1e-16
    assert check(w).agrees
    dead = backpropagate(net, Batch.of([[0.1, 0.2, -0.3]], [[1.0]]))
    for gradients in (dead.bias_gradients, dead.weight_gradients):
        gradients[1] = np.zeros_like(gradients[1])
    found = check(dead)
    assert found.agrees
    assert all(kink.corner == (1, 0, 0) for kink in found.kinks)


def test_the_example_at_the_kink_is_named() -> None:
    """Example 2 of 3 puts neuron 1 of layer 2 at its kink; weights and biases below it say so."""
    weights = [[[1.0], [1.0]], [[1.0, 0.0], [1.0, -1.0]], [[1.0, 2.0]]]
    net = network(weights, [[0.0, 0.0], [0.5, 0.0], [0.0]], ["identity", "relu", "identity"])
    inputs = [[1.0], [2.0], [0.75]]
    moved = network(
        [[[1.0], [0.5]], *weights[1:]],
        [[0.0, 0.375], [0.5, 0.0], [0.0]],
        ["identity", "relu", "identity"],
    )
    assert (
        len(
            {kink.corner for kink in check(backpropagate(net, Batch.of(inputs, [[1.0]] * 3))).kinks}
        )
        > 0
    )
    found = check(backpropagate(moved, Batch.of(inputs, [[1.0]] * 3)))
    # z(2)_1 = x − (x/2 + 0.375), which is 0 at x = 0.75 only.
    assert found.agrees
    assert {kink.corner for kink in found.kinks} == {(2, 1, 2)}
    assert {kink.at for kink in found.kinks} == {
        ("bias_gradients", 1, (0,)),
        ("bias_gradients", 1, (1,)),
        ("bias_gradients", 2, (1,)),
        ("weight_gradients", 1, (0, 0)),
        ("weight_gradients", 1, (1, 0)),
        ("weight_gradients", 2, (1, 0)),
        ("weight_gradients", 2, (1, 1)),
    }


@pytest.mark.parametrize("convention", [0.0, 1.0])
def test_two_kinks_that_cancel(convention: float) -> None:
    """relu(s) − relu(−s) = s has slope 1 on both sides, and backprop's 0 or 2 is no mistake."""
    net = network(
        [[[1.0]], [[1.0], [-1.0]], [[1.0, -1.0]]],
        [[0.0], [0.0, 0.0], [0.0]],
        ["identity", "relu", "identity"],
        convention,
    )
    found = check(backpropagate(net, Batch.of([[0.0]], [[1.0]])))
    assert found.agrees


def test_a_dead_unit_is_exactly_dead() -> None:
    """Where nothing moves the cost, value and gradient are 0, and the uncertainty nearly so."""
    net = network([[[1.0], [1.0]], [[2.0, 3.0]]], [[-5.0, 1.0], [0.0]], ["relu", "identity"])
    found = check(backpropagate(net, Batch.of([[1.0]], [[0.0]])))
    assert found.agrees
    assert found.weight_gradients[1][0, 0] == found.bias_gradients[1][0] == 0.0
    assert found.weight_uncertainties[1][0, 0] < 1e-250
    assert found.kinks == ()


def test_a_network_of_zeros() -> None:
    """Every pre-activation at its kink: nothing to disagree with, in any order of branches."""
    net = network([np.zeros((3, 2)), np.zeros((2, 3))], [np.zeros(3), np.zeros(2)], ["relu"] * 2)
    found = check(backpropagate(net, Batch.of([[1.0, -1.0]] * 2, [[1.0, 0.0]] * 2)))
    assert found.agrees
    assert found.checked == 17


def test_kinks_are_told_of_a_sample_too() -> None:
    """The one entry of a sample is told where it stands in the whole array."""
    w = one_unit("relu", 0.0)
    told = set()
    for seed in range(12):
        found = check(w, Options(entries=1, seed=seed))
        assert found.checked == 1
        told |= set(at(found))
    assert told == {("bias_gradients", 1, (0,)), ("weight_gradients", 1, (0, 0))}


def test_many_kinks_are_listed_to_a_hundred() -> None:
    """200 neurons at their kink: the first hundred entries are told."""
    net = network(
        [np.ones((200, 1)), np.ones((1, 200))], [np.zeros(200), [0.0]], ["relu", "identity"]
    )
    found = check(backpropagate(net, Batch.of([[0.0]], [[1.0]])))
    assert len(found.kinks) == 100
    assert found.agrees


def test_a_step_asked_for_does_not_cross_a_kink() -> None:
    """A unit 0.01 from its kink and a step of 1: the step shrinks, for this entry."""
    found = check(one_unit("relu", 0.01), Options(step=1.0))
    assert found.agrees
    assert found.bias_gradients[1][0] == pytest.approx(3.0 * (0.03 - 1.0), rel=1e-9)
