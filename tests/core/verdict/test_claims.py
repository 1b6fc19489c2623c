"""Claims: order, counts, and what counts as a number."""

import numpy as np

from core.rounding.precision import FLOAT64
from core.rounding.reference import bounded_workings
from core.verdict.claims import Claimed, Claims, quantity_of, set_quantity
from tests.core.verdict.exercises import COURSE, claim, network_of, numbers, with_entry


def test_claims_come_in_the_order_of_the_computation() -> None:
    """However they are sent, z and a come first, then the cost, δ and the gradients, by layer."""
    claims = claim(dict(reversed(numbers(COURSE).items())))
    assert list(claims) == [
        *(("z", l) for l in (1, 2)),
        *(("a", l) for l in (1, 2)),
        ("cost", 2),
        *(("delta", l) for l in (1, 2)),
        *(("bias_gradients", l) for l in (1, 2)),
        *(("weight_gradients", l) for l in (1, 2)),
    ]


def test_only_claimed_finite_numbers_are_numbers() -> None:
    """NaN, infinities and entries left out do not count when a precision is read off."""
    claims = with_entry(claim(numbers(COURSE), "z"), ("z", 1), (0, 1), None)
    claims = with_entry(claims, ("z", 1), (1, 2), np.nan)
    claims = with_entry(claims, ("z", 2), (0, 0), np.inf)
    assert claims.count == 2 * 3 + 2 * 2 - 1
    assert len(claims.numbers()) == claims.count - 2
    assert Claims({}).numbers().shape == (0,)


def test_a_layer_that_is_not_claimed_is_none() -> None:
    """get answers None where indexing would not."""
    claims = Claims({("cost", 2): Claimed.all_of(np.asarray(0.5))})
    assert claims.get(("z", 1)) is None
    assert claims[("cost", 2)].values == 0.5


def test_quantities_are_stored_where_they_are_read() -> None:
    """Every quantity of every layer, the cost too, can be replaced under its key."""
    network, batch = network_of(COURSE)
    w = bounded_workings(network, batch, FLOAT64)
    for key in claim(numbers(COURSE)):
        marker = quantity_of(w, key) * 3.0
        set_quantity(w, key, marker)
        assert quantity_of(w, key) is marker
