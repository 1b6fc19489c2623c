"""Where floats answer they say what the arrays say, and are within their uncertainty."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from core.backprop import backpropagate
from core.differences.check import Check, Comparison, Options
from core.differences.small.check import small_check
from core.differences.witness import check, check_arrays
from core.forward import NotFinite, Workings
from tests.core.differences.held import entries, excesses, held_gradients
from tests.core.differences.small.plain import PAIRS, ordinary, same, small_networks
from tests.core.worked import GRADIENTS, batch_of, network_of, workings
from tests.references import Request

ALIKE = 0.02
"""How far two uncertainties may be apart. They hold the same bounds, and the size of a difference
of two quotients, which rounding reaches: by a few of the 64 units that the bound allows for."""

PLAINLY_ALIKE = 0.1
"""The same of plain evaluations, which round more, where next to nothing is left to truncation."""


def answered(request: Request, options: Options) -> tuple[Workings, Check]:
    """The workings and what floats say; such a network is of no interest where they say nothing."""
    try:
        w = backpropagate(network_of(request), batch_of(request))
    except NotFinite:
        assume(False)
    found = small_check(w, options)
    event("floats answer" if found else "arrays are needed")
    assume(found is not None)
    assert found is not None
    return w, found


def agree(found: Check, expected: Check) -> None:
    """Every number of one check beside the other's."""
    for quantity in GRADIENTS:
        bounded = quantity.replace("gradients", "uncertainties")
        sizes = np.array(entries(found, bounded)), np.array(entries(expected, bounded))
        values = np.array(entries(found, quantity)), np.array(entries(expected, quantity))
        assert (np.abs(values[0] - values[1]) <= sizes[0] + sizes[1]).all()
        assert (np.abs(sizes[0] - sizes[1]) <= ALIKE * sizes[1]).all()
    for name in ("parameters", "checked", "disagreements", "disagreed", "kinks", "options"):
        assert getattr(found, name) == getattr(expected, name)
    assert (found.step, found.operations) == (expected.step, expected.operations)
    assert found.agrees
    assert expected.agrees
    for layers in (found.bias_gradients, found.weight_gradients):
        assert [part.dtype for part in layers] == [np.float64] * len(layers)
    directions_agree(found, expected)


def directions_agree(found: Check, expected: Check) -> None:
    """One direction each, the same."""
    (one,), (other,) = found.directions, expected.directions
    assert abs(one.finite_difference - other.finite_difference) <= one.uncertainty
    assert one.uncertainty == pytest.approx(other.uncertainty, rel=PLAINLY_ALIKE, abs=0.0)
    # Backprop's own derivative, summed in another order.
    assert abs(one.backprop - other.backprop) <= one.uncertainty
    assert one.ratio == abs(one.backprop - one.finite_difference) / one.uncertainty


def is_worst(found: Check, w: Workings) -> None:
    """The entry told is the one with the largest ratio of all that the check holds."""
    ratios = {
        (quantity, l, index): abs(getattr(w, quantity)[l][index] - value)
        / getattr(found, quantity.replace("gradients", "uncertainties"))[l][index]
        for quantity in GRADIENTS
        for l in w.W.numbers
        for index, value in np.ndenumerate(getattr(found, quantity)[l])
    }
    assert found.worst is not None
    assert found.worst.ratio == max(ratios.values()) == ratios[found.worst.at]
    told(found.worst, found, w)


def told(entry: Comparison, found: Check, w: Workings) -> None:
    """An entry is told as it stands in the arrays."""
    quantity, l, index = entry.at
    assert entry.backprop == getattr(w, quantity)[l][index]
    assert entry.finite_difference == getattr(found, quantity)[l][index]
    bounds = getattr(found, quantity.replace("gradients", "uncertainties"))
    assert entry.uncertainty == bounds[l][index]


@given(small_networks(), st.sampled_from([2, 4]), st.integers(0, 5))
@settings(max_examples=300)
def test_floats_say_what_the_arrays_say(request_: Request, order: Literal[2, 4], seed: int) -> None:
    """Any network that is served: values, uncertainties, counts, the worst, the direction."""
    options = Options(order=order, seed=seed)
    w, found = answered(request_, options)
    agree(found, check_arrays(w, options))
    is_worst(found, w)


@given(small_networks())
@settings(max_examples=100)
def test_every_value_is_within_its_uncertainty(request_: Request) -> None:
    """Against 50 digits at the stored numbers: as near as it says."""
    w, found = answered(request_, Options())
    assert max(excesses(found, held_gradients(w))) <= 1


@pytest.mark.parametrize("order", [2, 4])
@pytest.mark.parametrize(("name", "cost"), PAIRS)
def test_ordinary_networks_are_answered(name: str, cost: str, order: Literal[2, 4]) -> None:
    """Nothing out of the ordinary: floats do answer, as `check` does; one example or several.

    The truth is nearer than a third of the uncertainty, since rounding rarely adds up to its bound;
    with order 2 half of it, which is twice the truncation.
    """
    for examples in (1, 2):
        options = Options(order=order, entries="all" if examples == 1 else "auto")
        w = workings(ordinary(name, cost, examples))
        found = small_check(w, options)
        assert found is not None
        agree(found, check_arrays(w, options))
        is_worst(found, w)
        assert same(check(w, options), found)
        assert max(excesses(found, held_gradients(w))) <= (1 / 3 if order == 4 else 0.55)


@pytest.mark.parametrize("seed", range(6))
def test_the_seed_draws_the_direction(seed: int) -> None:
    """Each seed another one, the same as the arrays'."""
    w = workings(ordinary("tanh", "mean_squared_error"))
    found = small_check(w, Options(seed=seed))
    first = small_check(w, Options(seed=seed + 1))
    assert found is not None
    assert first is not None
    assert found.directions != first.directions
    directions_agree(found, check_arrays(w, Options(seed=seed)))


@pytest.mark.parametrize(("name", "cost"), PAIRS)
def test_the_second_opinion_is_the_arrays(name: str, cost: str) -> None:
    """Of all neurons and entries; its worst entry beside backprop's."""
    w = workings(ordinary(name, cost))
    found, expected = small_check(w, Options()), check_arrays(w, Options())
    assert found is not None
    one, other = found.second_opinion, expected.second_opinion
    assert one is not None
    assert other is not None
    assert (one.neurons, one.entries) == (other.neurons, other.entries)
    assert (one.neurons, one.entries) == (sum(w.network.sizes[1:]), w.network.parameters)
    assert one.worst is not None
    quantity, l, index = one.worst.at
    assert one.worst.backprop == getattr(w, quantity)[l][index]
    distance = abs(one.worst.finite_difference - one.worst.backprop)
    assert one.worst.ratio == distance / one.worst.uncertainty
