"""What a caller may ask for: samples, budgets, seeds, steps, orders, the complex step."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.differences.check import Check, Options
from core.differences.witness import SAMPLE_DIRECTIONS, check
from tests.core.differences.held import entries, random_request
from tests.core.worked import GRADIENTS, workings
from tests.references import Request, mp

QUANTITIES = (*GRADIENTS, "bias_uncertainties", "weight_uncertainties")
W = workings(random_request(3, "tanh", "mean_squared_error"))


def known(found: Check) -> list[bool]:
    return [not math.isnan(x) for quantity in GRADIENTS for x in entries(found, quantity)]


@pytest.mark.parametrize("size", [1, 7, 50, 51, 1000])
def test_a_sample_has_its_size(size: int) -> None:
    """So many entries as asked for, or all; the others are NaN in values and uncertainties."""
    found = check(W, Options(entries=size))
    assert found.checked == sum(known(found)) == min(size, W.network.parameters)
    assert found.parameters == W.network.parameters
    values, bounds = (
        [math.isnan(x) for part in QUANTITIES[i : i + 2] for x in entries(found, part)]
        for i in (0, 2)
    )
    assert values == bounds


def test_a_sample_finds_what_the_whole_finds() -> None:
    """Its entries are those of the full check, within a hundredth of their uncertainty."""
    whole, sample = check(W), check(W, Options(entries=20, seed=5))
    for quantity in GRADIENTS:
        bounds = entries(whole, quantity.replace("gradients", "uncertainties"))
        pairs = zip(entries(sample, quantity), entries(whole, quantity), bounds, strict=True)
        assert all(
            math.isnan(some) or abs(some - all_) <= bound / 100 for some, all_, bound in pairs
        )


def test_the_seed_draws_the_sample() -> None:
    """The same seed, the same entries and directions; another, others."""
    one, again, other = (check(W, Options(entries=9, seed=seed)) for seed in (1, 1, 2))
    assert known(one) == known(again) != known(other)
    assert one.directions == again.directions != other.directions


def test_every_entry_can_be_drawn() -> None:
    """Over 60 seeds, samples of ten see all of the 51 entries."""
    seen = np.zeros(W.network.parameters, dtype=bool)
    for seed in range(60):
        seen |= known(check(W, Options(entries=10, seed=seed)))
    assert seen.all()


def test_beyond_the_budget_a_sample_and_directions() -> None:
    """A budget for a few neurons: some entries, never silently, and directions over all."""
    whole = check(W)
    assert whole.checked == whole.parameters
    assert len(whole.directions) == 1
    some = check(W, Options(budget=whole.operations / 3))
    assert 0 < some.checked < some.parameters
    assert some.operations <= whole.operations / 3
    assert len(some.directions) == SAMPLE_DIRECTIONS
    assert all(direction.ratio <= 1 for direction in some.directions)
    assert check(W, Options(budget=1.0)).checked > 0
    assert check(W, Options(entries="all", budget=1.0)).checked == whole.parameters


def one_neuron(b: float) -> Request:
    return {
        "weights": [[[0.0]]],
        "biases": [[b]],
        "activation": "tanh",
        "input": [1.0],
        "target": [0.25],
    }


@pytest.mark.parametrize("step", [1.0, 0.1, 1e-2])
def test_the_step_is_the_one_asked_for(step: float) -> None:
    """Order 2 is the central difference at h/2, order 4 Richardson's of h and h/2: by definition.

    Worked out here at 50 digits; 1e-13 is some roundings over so large a step.
    """
    b = 0.5
    w = workings(one_neuron(b))

    def central(h: float) -> mp.mpf:
        plus, minus = ((mp.tanh(mp.mpf(b) + d) - mp.mpf(0.25)) ** 2 / 2 for d in (h, -h))
        return (plus - minus) / (2 * mp.mpf(h))

    half, full = central(step / 2), central(step)
    second = check(w, Options(step=step, order=2))
    fourth = check(w, Options(step=step, order=4))
    assert second.step == fourth.step == step
    assert abs(second.bias_gradients[1][0] - half) <= 1e-13 * abs(half)
    assert abs(fourth.bias_gradients[1][0] - (4 * half - full) / 3) <= 1e-13 * abs(half)
    assert second.bias_uncertainties[1][0] > fourth.bias_uncertainties[1][0]
    assert second.agrees
    assert fourth.agrees


def test_the_complex_step_is_refused_where_it_cannot_go() -> None:
    """ValueError names the activations that are not analytic."""
    w = workings(random_request(1, "relu", "mean_squared_error"))
    with pytest.raises(ValueError, match="analytic activations; relu is not"):
        check(w, Options(method="complex"))


def test_the_complex_step_needs_no_second_opinion() -> None:
    """It is the second opinion; a direction of plain evaluations stands beside it."""
    found = check(W, Options(method="complex"))
    assert found.agrees
    assert found.second_opinion is None
    assert len(found.directions) == 1


def test_the_second_opinion_says_how_far_it_looked() -> None:
    """All of a small network; 8 neurons of a larger one."""
    small = check(W).second_opinion
    assert small is not None
    assert (small.neurons, small.entries) == (8, small.entries)
    request = one_neuron(0.5)
    tiny = check(workings(request)).second_opinion
    assert tiny is not None
    assert (tiny.neurons, tiny.entries) == (1, 2)
