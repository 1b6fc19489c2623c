"""Every cost after every activation, saturated and not: C and δ(L) against the oracle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.costs import COSTS, OUTPUTS, Composed, averaged, mean_over_examples, output_of
from core.forward import NotFinite
from core.rounding.bounded import Bounded
from core.rounding.precision import FLOAT32
from tests import references
from tests.core.running_errors import bounds
from tests.core.worked import one_layer, workings
from tests.references import UndefinedCost, mp, ulps_between
from tests.strategies import effort

PAIRS = [(cost, name) for cost in COSTS for name in ACTIVATIONS]
SATURATED = [800.0, -800.0, 40.0, -40.0, 20.0, -20.0, 1.0, -1.0, 1e-8, 0.0]
TARGETS = [0.0, 1.0, 0.25, 0.9, 1e-20]


@pytest.mark.parametrize(("cost", "name"), PAIRS)
@effort(0.3)
@given(data=st.data())
def test_cost_and_error_at_saturation(cost: str, name: str, data: st.DataObject) -> None:
    """C and δ(L) of outputs from −800 to 800, within the running error bound of their own z.

    z is exact here. With sigmoid and softmax the entropies are computed from z, and the bound is
    relative to the terms of the result; elsewhere a is rounded first, and 1 − a after it.
    """
    n = data.draw(st.integers(1, 4))
    z = data.draw(st.lists(st.sampled_from(SATURATED), min_size=n, max_size=n))
    y = data.draw(st.lists(st.sampled_from(TARGETS), min_size=n, max_size=n))
    request = one_layer(name, z, y, cost)
    try:
        truth = references.gradients(request)
    except UndefinedCost:
        with pytest.raises(NotFinite, match="cost of layer 1"):
            workings(request)
        return
    except ArithmeticError:
        # 1 − tanh(800) is 10⁻⁶⁹⁵ and its products are beyond the digits of the oracle.
        assume(False)
    bound = bounds(request, truth)
    # Where the bound is infinite, a or 1 − a is 0 in float64 and its logarithm has no value.
    assume(math.isfinite(bound["cost"]))
    w = workings(request)
    assert abs(mp.mpf(float(w.cost)) - truth["cost"]) <= bound["cost"]
    for j, delta in enumerate(truth["delta"][0]):
        assert abs(mp.mpf(float(w.delta[1][0, j])) - delta) <= bound["delta"][0][0, j]


@pytest.mark.parametrize(
    ("name", "cost", "z", "y"),
    [
        ("sigmoid", "binary_cross_entropy", [800.0], [1.0]),
        ("sigmoid", "binary_cross_entropy", [800.0], [0.0]),
        ("sigmoid", "binary_cross_entropy", [-800.0], [1.0]),
        ("sigmoid", "binary_cross_entropy", [700.0], [1.0]),
        ("sigmoid", "cross_entropy", [-800.0], [1.0]),
        ("sigmoid", "cross_entropy", [700.0], [1.0]),
        ("softmax", "cross_entropy", [800.0, -800.0], [0.0, 1.0]),
        ("softmax", "cross_entropy", [350.0, -350.0], [1.0, 0.0]),
        ("softmax", "cross_entropy", [0.0, 0.0, 700.0], [0.0, 0.0, 1.0]),
        ("softmax", "binary_cross_entropy", [800.0, -800.0], [1.0, 0.0]),
        ("softmax", "binary_cross_entropy", [350.0, -350.0], [1.0, 0.0]),
        ("softmax", "binary_cross_entropy", [0.0, -800.0, -800.0], [0.0, 0.0, 0.0]),
        ("softmax", "mean_squared_error", [350.0, -350.0], [0.0, 1.0]),
    ],
)
def test_saturation_costs_no_digit(name: str, cost: str, z: list[float], y: list[float]) -> None:
    """Where no terms cancel, C and every δ are within 4 ulps at z = ±800, e^(−700) included.

    Each is a product of at most two exact numbers, σ, a logarithm and a sum of two terms.
    """
    request = one_layer(name, z, y, cost)
    truth, w = references.gradients(request), workings(request)
    assert ulps_between(float(w.cost), truth["cost"]) <= 4
    for found, delta in zip(w.delta[1][0], truth["delta"][0], strict=True):
        assert ulps_between(float(found), delta) <= 4


def test_softmax_of_one_neuron() -> None:
    """a = 1 whatever z: no error, whatever the target; binary_cross_entropy needs the target 1."""
    for cost, y in (
        ("mean_squared_error", 0.25),
        ("cross_entropy", 0.25),
        ("binary_cross_entropy", 1.0),
    ):
        w = workings(one_layer("softmax", [3.0], [y], cost))
        assert w.a[1].item() == 1.0
        assert w.delta[1].item() == 0.0
        assert float(w.cost) == (0.28125 if cost == "mean_squared_error" else 0.0)
    with pytest.raises(NotFinite, match="cost of layer 1"):
        workings(one_layer("softmax", [3.0], [0.5], "binary_cross_entropy"))


@pytest.mark.parametrize("y", [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.2, 0.3, 7.0], [2.0, -1.0, 0.5]])
def test_targets_of_any_sum(y: list[float]) -> None:
    """For softmax with cross_entropy δ_j = a_j Σ y − y_j, which is a − y only where Σ y = 1."""
    z = [0.5, -1.0, 2.0]
    request = one_layer("softmax", z, y, "cross_entropy")
    w, truth = workings(request), references.gradients(request)
    a = [mp.exp(z_j) / mp.fsum(mp.exp(z_k) for z_k in z) for z_j in map(mp.mpf, z)]
    for j in range(3):
        by_hand = a[j] * mp.fsum(map(mp.mpf, y)) - mp.mpf(y[j])
        # The oracle reaches the formula; float64 has some ten roundings of its three terms.
        assert abs(truth["delta"][0][j] - by_hand) < mp.mpf(10) ** -45
        size = a[j] * sum(map(abs, y)) + abs(y[j])
        assert abs(w.delta[1][0, j] - by_hand) <= 20 * 2.0**-53 * size


@pytest.mark.parametrize("cost", ["cross_entropy", "binary_cross_entropy"])
@pytest.mark.parametrize("name", ["sigmoid", "softmax", "identity"])
def test_a_term_with_coefficient_zero_is_zero(cost: str, name: str) -> None:
    """y = 0 has no ln a, though a is 0 or −1, and 1 − y = 0 has no ln(1 − a), though a is 1."""
    z = [-1.0, 1.0] if name == "identity" else [-1e308, 1e308]
    if (cost, name) == ("binary_cross_entropy", "identity"):
        z[0] = 0.0
    w = workings(one_layer(name, z, [0.0, 1.0], cost))
    assert float(w.cost) == 0.0
    assert w.delta[1][0, 0] == (1.0 if (cost, name) == ("binary_cross_entropy", "identity") else 0)


@pytest.mark.parametrize(
    ("name", "cost", "z", "y"),
    [
        ("identity", "cross_entropy", -1.0, 1.0),
        ("identity", "cross_entropy", 0.0, 1.0),
        ("identity", "binary_cross_entropy", 2.0, 0.5),
        ("tanh", "binary_cross_entropy", -0.5, 1.0),
        ("relu", "cross_entropy", -3.0, 0.5),
    ],
)
def test_a_logarithm_without_a_value_is_refused(name: str, cost: str, z: float, y: float) -> None:
    """ln of 0 or of a negative number: NotFinite names the cost and the last layer."""
    with pytest.raises(NotFinite) as error:
        workings(one_layer(name, [z], [y], cost))
    assert (error.value.quantity, error.value.layer) == ("cost", 1)


@pytest.mark.parametrize("cost", COSTS)
@given(a=st.floats(0.01, 0.99), y=st.floats(0, 1))
def test_the_formulas_are_those_of_the_contract(cost: str, a: float, y: float) -> None:
    """Each cost's term and slope at one output, by its formula at 50 digits."""
    found = [float(f(np.array([[a]]), np.array([[y]])).item()) for f in _both(cost)]
    a_, y_ = mp.mpf(a), mp.mpf(y)
    if cost == "mean_squared_error":
        parts = [[(y_ - a_) ** 2 / 2], [a_, -y_]]
    else:
        parts = [[-y_ * mp.log(a_)], [-y_ / a_]]
        if cost == "binary_cross_entropy":
            parts[0].append(-(1 - y_) * mp.log(1 - a_))
            parts[1].append((1 - y_) / (1 - a_))
    for number, terms in zip(found, parts, strict=True):
        # A dozen roundings of the terms; below 2⁻¹⁰²² a product has lost its digits.
        bound = 12 * 2.0**-53 * mp.fsum(map(abs, terms)) + mp.mpf(2) ** -1022
        assert abs(mp.mpf(number) - mp.fsum(terms)) <= bound


def _both(cost: str) -> tuple[object, object]:
    return COSTS[cost]().terms, COSTS[cost]().gradient


def test_the_mean_over_examples_is_the_one_place_with_one_over_n() -> None:
    """Examples stand in the first axis: (1 + 3 + 8) / 3 = 4, column by column."""
    assert mean_over_examples(np.array([[1.0, 0.0], [3.0, -3.0], [8.0, 0.0]])).tolist() == [4, -1]


@pytest.mark.parametrize("row", [1.5, -0.0, [0.0, -0.0, 5e-324, -1e308, np.nan, np.inf]])
def test_one_example_is_its_own_mean(row: object) -> None:
    """Nothing is summed or divided then, and the bits are those of the sum over N."""
    values = np.array([row])
    mean = mean_over_examples(values)
    assert mean.tobytes() == (values.sum(axis=0) / 1).tobytes()
    assert type(mean) is type(values.sum(axis=0))
    assert not np.shares_memory(mean, values)
    assert averaged(values, 1).tobytes() == (values / 1).tobytes()


def test_a_bound_is_widened_by_the_mean_over_one_example() -> None:
    """A claimant may multiply by a rounded 1/N: one example is no exception for bounds."""
    x = Bounded.given(np.array([[0.3, -0.7]]), FLOAT32)
    mean = mean_over_examples(x)
    assert mean.error.tobytes() == (x.sum(axis=0) / 1).error.tobytes()
    assert (mean.error > x.sum(axis=0).error).all()
    assert (averaged(x, 1).error > x.error).all()


def test_pairs_that_save_digits_are_computed_from_z() -> None:
    """Both entropies after sigmoid and softmax have an output of their own; the rest composes."""
    for cost, name in PAIRS:
        output = output_of(COSTS[cost](), ACTIVATIONS[name]())
        fused = cost != "mean_squared_error" and name in ("sigmoid", "softmax")
        assert isinstance(output, OUTPUTS[cost, name] if fused else Composed)


def test_the_table_is_the_contract() -> None:
    """Three names, each with its formulas and its domain."""
    assert list(COSTS) == ["mean_squared_error", "binary_cross_entropy", "cross_entropy"]
    for name, kind in COSTS.items():
        assert kind.name == name
        assert kind.formula
        assert kind.gradient_formula
        assert repr(kind()) == f"{kind.__name__}()"
    assert COSTS["cross_entropy"].domain != COSTS["binary_cross_entropy"].domain
