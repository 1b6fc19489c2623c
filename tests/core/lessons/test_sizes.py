"""Units on their curves, the size of δ, the slow way, the V of differences, and growth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings

from core.activations import ACTIVATIONS
from core.backprop import backpropagate
from core.costs import COSTS
from core.forward import NotFinite, Workings
from core.lessons.addresses import Address
from core.lessons.curves import parameter_curves
from core.lessons.growth import by_depth, by_width
from core.lessons.slow import rounding_bounds, slow_gradients
from core.lessons.units import curves, largest_slope, state, units
from core.lessons.vanishing import flow, norm
from core.network import Batch, Network
from tests.core.worked import batch_of, network_of
from tests.references import Request
from tests.strategies import networks


def workings(request: Request) -> Workings:
    return backpropagate(network_of(request), batch_of(request))


def chain(depth: int, weight: float, activation: str = "sigmoid") -> Workings:
    network = Network.of(
        [[[weight]]] * depth,
        [[0.0]] * depth,
        [ACTIVATIONS[activation]() for _ in range(depth)],
        COSTS["mean_squared_error"](),
    )
    return backpropagate(network, Batch.of([[1.0]], [[0.0]]))


# Units


@pytest.mark.parametrize(
    ("name", "steepest"),
    [
        ("sigmoid", 0.25), ("tanh", 1.0), ("relu", 1.0), ("leaky_relu", 1.0), ("identity", 1.0),
        ("softplus", 1.0), ("elu", 1.0), ("silu", 1.0998393194), ("gelu", 1.1289042414),
        ("softmax", 0.25),
    ],
)  # fmt: skip
def test_the_steepest_slope(name: str, steepest: float) -> None:
    """max σ′, known in closed form or (silu, gelu) from where σ″ = 0; sampled to 1e−6."""
    assert largest_slope(name) == pytest.approx(steepest, abs=1e-6)


def test_curves_are_sigma_and_its_slope() -> None:
    """Each activation once, in order, at points from −6 to 6, or as far out as units sit."""
    request: Request = {
        "weights": [[[1.0]], [[30.0]], [[1.0]]], "biases": [[0.0], [0.0], [0.0]],
        "activation": ["tanh", "sigmoid", "tanh"], "input": [1.0], "target": [0.0],
    }  # fmt: skip
    w = workings(request)
    tanh, sigmoid = curves(w, 13)
    assert (tanh.activation, sigmoid.activation) == ("tanh", "sigmoid")
    assert tanh.z.tolist() == list(range(-6, 7))
    assert tanh.a == pytest.approx([math.tanh(z) for z in range(-6, 7)], rel=1e-15)
    assert sigmoid.z[-1] == w.z[2].item() == pytest.approx(30 * math.tanh(1.0))
    assert sigmoid.slope == pytest.approx(
        [1 / (2 + 2 * math.cosh(z)) for z in sigmoid.z], rel=1e-13
    )


def test_states_of_units() -> None:
    """A ReLU that no example wakes is dead, a flat sigmoid saturated; one example saves it."""
    relu, sigmoid, leaky = (ACTIVATIONS[name]() for name in ("relu", "sigmoid", "leaky_relu"))
    assert state(relu, relu.derivative(np.array([-1.0, -2.0])), 0.05) == "dead"
    assert state(relu, relu.derivative(np.array([-1.0, 2.0])), 0.05) == "active"
    assert state(sigmoid, sigmoid.derivative(np.array([-9.0, 5.0])), 0.05) == "saturated"
    assert state(sigmoid, sigmoid.derivative(np.array([-9.0, 1.0])), 0.05) == "active"
    assert state(sigmoid, sigmoid.derivative(np.array([-900.0])), 0.05) == "saturated"
    assert state(leaky, leaky.derivative(np.array([-1.0])), 0.05) == "active"


def test_a_dead_unit_learns_nothing() -> None:
    """What is told to be dead has gradients of exactly 0 in all that it has."""
    request: Request = {
        "weights": [[[0.6, -0.4], [-0.7, -0.9], [0.3, 0.8]], [[0.5, -1.0, 0.25]]],
        "biases": [[0.1, -0.2, 0.0], [0.05]],
        "activation": ["relu", "identity"],
        "input": [[1.0, 0.5], [0.2, 1.4]],
        "target": [[1.0], [0.0]],
    }
    w = workings(request)
    assert units(w, 1).states == ("active", "dead", "active")
    assert not w.weight_gradients[1][1].any()
    assert w.bias_gradients[1][1] == 0


@settings(max_examples=60)
@given(networks())
def test_every_unit_has_a_place(request: Request) -> None:
    """z, a and slopes of every layer are N × n, a state for each neuron, all within the plot."""
    w = workings(request)
    for l in w.W.numbers:
        found = units(w, l)
        assert found.z.shape == found.a.shape == found.slopes.shape == w.z[l].shape
        assert len(found.states) == w.z[l].shape[1]
    for curve in curves(w, 5):
        assert np.isfinite([curve.z, curve.a, curve.slope]).all()
        assert curve.slope.max() <= curve.largest_slope * (1 + 1e-6)


# Vanishing and exploding


@settings(max_examples=100)
@given(networks())
def test_the_two_factors_are_the_ratio(request: Request) -> None:
    """‖δ(l)‖ = ‖δ(l+1)‖ · weights_factor · slopes_factor, and the ratios multiply to the whole.

    Norms are good to their number of terms in units of rounding; 1e−12 covers all of these.
    """
    w = workings(request)
    found = flow(w)
    for below, above in zip(found.layers, found.layers[1:], strict=False):
        if below.weights_factor and below.slopes_factor and below.ratio:
            product = above.delta_norm * below.weights_factor * below.slopes_factor
            assert product == pytest.approx(below.delta_norm, rel=1e-12, abs=1e-300)
        assert below.delta_norm == pytest.approx(
            math.hypot(*w.delta[below.layer].ravel()) / math.sqrt(len(w.y)), rel=1e-12, abs=1e-300
        )


def test_ten_sigmoids_vanish() -> None:
    """Each layer multiplies by w σ′ ≤ ¼, so the error vanishes, because of the slopes."""
    found = flow(chain(10, 1.0))
    assert found.trend == "vanishing"
    assert found.throttle is not None
    assert found.throttle.cause == "slopes"
    assert all(layer.ratio is None or layer.ratio <= 0.25 for layer in found.layers)


def test_large_weights_explode_and_small_ones_throttle() -> None:
    """Identities with w = 3 explode; with w = 0.1 the weights throttle; w = 1 is steady."""
    assert flow(chain(6, 3.0, "identity")).trend == "exploding"
    assert flow(chain(6, 3.0, "identity")).throttle is None
    small = flow(chain(6, 0.1, "identity"))
    assert small.trend == "vanishing"
    assert small.throttle is not None
    assert small.throttle.cause == "weights"
    steady = flow(chain(6, 1.0, "identity"))
    assert (steady.trend, steady.first_to_last, steady.throttle) == ("steady", 1.0, None)


def test_the_layer_that_throttles_is_named() -> None:
    """Of four layers the second one's sigmoid is saturated: δ shrinks most there."""
    request: Request = {
        "weights": [[[1.0]], [[1.0]], [[1.0]], [[1.0]]],
        "biases": [[0.0], [9.0], [0.0], [0.0]],
        "activation": ["tanh", "sigmoid", "tanh", "identity"],
        "input": [0.5],
        "target": [2.0],
    }
    throttle = flow(workings(request)).throttle
    assert throttle is not None
    assert (throttle.layer, throttle.cause) == (2, "slopes")


def test_no_error_has_no_ratio() -> None:
    """A network that is right already passes nothing back, and nothing is divided by 0."""
    request: Request = {
        "weights": [[[1.0]], [[1.0]]], "biases": [[0.0], [0.0]], "activation": "identity",
        "input": [2.0], "target": [2.0],
    }  # fmt: skip
    found = flow(workings(request))
    assert (found.first_to_last, found.trend) == (None, "steady")
    assert found.layers[0].ratio is None


def test_norms_do_not_overflow() -> None:
    """Squares beyond float64, either way, do no harm."""
    assert norm(np.array([[3e200, 4e200]])) == pytest.approx(5e200, rel=1e-15)
    assert norm(np.array([[3e-200, 4e-200]])) == pytest.approx(5e-200, rel=1e-15)
    assert norm(np.zeros((2, 2))) == 0.0


# The slow way


@settings(max_examples=60)
@given(networks(max_layers=3, max_width=4, max_examples=3))
def test_the_slow_way_is_backprop(request: Request) -> None:
    """A fresh walk for every parameter gives backpropagation's gradients, within the bound."""
    w = workings(request)
    try:
        biases, weights = slow_gradients(w)
    except NotFinite:
        return
    bias_bounds, weight_bounds = rounding_bounds(w)
    for l in w.W.numbers:
        assert (np.abs(biases[l] - w.bias_gradients[l]) <= bias_bounds[l]).all()
        assert (np.abs(weights[l] - w.weight_gradients[l]) <= weight_bounds[l]).all()


def test_section_13() -> None:
    """On the two-neuron chain the two ways are identical, as the chapter says."""
    request: Request = {
        "weights": [[[0.8]], [[-1.2]]], "biases": [[-0.2], [0.4]], "activation": "sigmoid",
        "input": [1.5], "target": [1.0],
    }  # fmt: skip
    w = workings(request)
    biases, weights = slow_gradients(w)
    bound_of_biases, bound_of_weights = rounding_bounds(w)
    for l in (1, 2):
        assert abs(biases[l] - w.bias_gradients[l]) <= bound_of_biases[l]
        assert abs(weights[l] - w.weight_gradients[l]) <= bound_of_weights[l] < 1e-14


# The V


def test_the_v_of_differences() -> None:
    """Falling h takes the error down with h² first and up with 1/h at last."""
    request: Request = {
        "weights": [[[0.8]], [[-1.2]]], "biases": [[-0.2], [0.4]], "activation": "sigmoid",
        "input": [1.5], "target": [1.0],
    }  # fmt: skip
    at = Address("weights", 1, 0, 0)
    found = parameter_curves(network_of(request), batch_of(request), at, 61, 2.0)
    by_step = {round(math.log10(one.step), 2): one.error for one in found.differences}
    assert by_step[-1.0] / by_step[-2.0] == pytest.approx(100, rel=0.01)
    assert by_step[-2.0] / by_step[-3.0] == pytest.approx(100, rel=0.01)
    assert by_step[-14.0] > 1e3 * by_step[-5.0]
    assert found.best is not None
    assert 1e-7 < found.best.step < 1e-4
    assert found.best.error == min(by_step.values())


def test_the_cost_along_a_parameter() -> None:
    """A line's cost is a parabola: C(w) = ½ (2w − 6)² at every sample, 0 at w = 3."""
    request: Request = {
        "weights": [[[1.0]]], "biases": [[0.0]], "activation": "identity",
        "input": [2.0], "target": [6.0],
    }  # fmt: skip
    at = Address("weights", 1, 0, 0)
    found = parameter_curves(network_of(request), batch_of(request), at, 5, 2.0)
    assert found.values.tolist() == [-1.0, 0.0, 1.0, 2.0, 3.0]
    assert found.costs.tolist() == [0.5 * (2 * v - 6) ** 2 for v in (-1, 0, 1, 2, 3)]
    assert found.gradient == 2 * (2 - 6)


def test_costs_that_overflow_have_no_number() -> None:
    """Where a moved parameter leaves float64, that sample is NaN and that step is left out."""
    request: Request = {
        "weights": [[[1e160]]], "biases": [[0.0]], "activation": "identity",
        "input": [1e-10], "target": [0.0],
    }  # fmt: skip
    found = parameter_curves(
        network_of(request), batch_of(request), Address("biases", 1, 0), 5, 1e155
    )
    assert np.isnan(found.costs[[0, -1]]).all()
    assert np.isfinite(found.costs[2])


# Growth


def test_growth_with_width_and_depth() -> None:
    """Doubling a wide layer takes backprop ×4 and the naive way ×16; doubling the depth ×2, ×4."""
    wide = by_width(3, 1, [512, 1024])
    deep = by_depth(16, 1, [256, 512])
    for points, backprop, naive in ((wide, 4, 16), (deep, 2, 4)):
        one, two = (point.operations for point in points)
        assert two.backprop / one.backprop == pytest.approx(backprop, rel=0.01)
        assert two.naive / one.naive == pytest.approx(naive, rel=0.02)
