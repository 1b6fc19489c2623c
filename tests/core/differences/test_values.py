"""Every value of the witness against 50 digits, within the uncertainty that it states."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.costs import COSTS
from core.differences.check import Check, Options
from core.differences.complex_step import ANALYTIC
from core.differences.witness import check
from tests import references
from tests.core.differences.held import entries, excesses, held_gradients, random_request
from tests.core.worked import GRADIENTS, workings
from tests.references import Request
from tests.strategies import networks


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_each_activation_and_cost_is_within_its_uncertainty(activation: str, cost: str) -> None:
    """Each entry is as near to 50 digits as it says, and backprop is as near to it."""
    for seed in range(2):
        w = workings(random_request(seed, activation, cost))
        found = check(w)
        assert found.agrees
        assert found.checked == found.parameters == w.network.parameters
        assert max(excesses(found, held_gradients(w))) <= 1


@given(networks(max_layers=4, max_width=4, max_examples=3))
@settings(max_examples=100)
def test_any_network_is_within_its_uncertainty(request_: Request) -> None:
    """Saturated, dead, tiny, huge or near 1, kinks and all: no entry is off, none is left out."""
    w = workings(request_)
    found = check(w)
    event(f"{len(found.kinks) > 0} kinks")
    assert found.agrees
    assert found.checked == w.network.parameters
    assert max(excesses(found, held_gradients(w))) <= 1


@given(networks(activations=sorted(ANALYTIC), max_layers=4, max_width=4, max_examples=3))
@settings(max_examples=50)
def test_the_complex_step_is_within_its_uncertainty(request_: Request) -> None:
    """The other method answers for itself in the same way."""
    w = workings(request_)
    found = check(w, Options(method="complex"))
    assert found.agrees
    assert found.checked == w.network.parameters
    assert max(excesses(found, held_gradients(w))) <= 1


@given(networks(max_layers=3, max_width=4, max_examples=2), st.sampled_from([2, 4]))
@settings(max_examples=40)
def test_either_order_is_within_its_uncertainty(request_: Request, order: int) -> None:
    """Without Richardson's step the value is coarser and says so."""
    w = workings(request_)
    found = check(w, Options(order=2 if order == 2 else 4))
    assert found.agrees
    assert max(excesses(found, held_gradients(w))) <= 1


def relative_uncertainty(found: Check) -> float:
    """The largest uncertainty over the largest gradient."""
    values = [abs(x) for quantity in GRADIENTS for x in entries(found, quantity)]
    bounds = [
        x for quantity in ("bias", "weight") for x in entries(found, f"{quantity}_uncertainties")
    ]
    return max(bounds) / max(values)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_the_uncertainty_is_worth_something(activation: str) -> None:
    """With weights near 1 it is below 1e-9 of the largest gradient."""
    for seed in range(20):
        found = check(workings(random_request(seed, activation, "mean_squared_error")))
        assert relative_uncertainty(found) < 1e-9


def test_one_thousand_outputs() -> None:
    """A wide softmax output: every entry is checked, whatever the cost."""
    generator = np.random.default_rng(5)
    for cost in COSTS:
        request: Request = {
            "weights": [generator.normal(size=(1000, 2)).tolist()],
            "biases": [generator.normal(size=1000).tolist()],
            "activation": "softmax",
            "input": [0.3, -0.4],
            "target": np.eye(1000)[3].tolist(),
            "cost": cost,
        }
        found = check(workings(request))
        assert found.agrees
        assert found.checked == 3000


def test_the_oracle_is_held_at_the_stored_numbers() -> None:
    """Where the forward pass loses nothing it is the oracle itself, to 12 digits."""
    w = workings(request := random_request(1, "sigmoid", "mean_squared_error"))
    plain, held = references.gradients(request), held_gradients(w)
    for quantity in GRADIENTS:
        pairs = zip(
            references.leaves(plain[quantity]), references.leaves(held[quantity]), strict=True
        )
        assert all(abs(a - b) <= 1e-12 * abs(a) for a, b in pairs)


def test_a_batch_of_copies_is_as_certain_as_one() -> None:
    """The same example eight times: the same values, and uncertainties of the same size.

    The mean of eight takes some roundings more, which are few beside those of the way to it.
    """
    one = random_request(4, "sigmoid", "mean_squared_error")
    one |= {"input": one["input"][:1], "target": one["target"][:1]}
    many = one | {"input": one["input"] * 8, "target": one["target"] * 8}
    single, batch = check(workings(one)), check(workings(many))
    for quantity in GRADIENTS:
        bounds = entries(single, quantity.replace("gradients", "uncertainties"))
        wider = entries(batch, quantity.replace("gradients", "uncertainties"))
        assert all(b <= 1.5 * a for a, b in zip(bounds, wider, strict=True))
        pairs = zip(entries(single, quantity), entries(batch, quantity), bounds, strict=True)
        assert all(abs(a - b) <= bound for a, b, bound in pairs)
