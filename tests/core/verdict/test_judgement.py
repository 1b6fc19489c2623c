"""Claims against their bounds: exact where the bound is known in fractions, and the census."""

from fractions import Fraction

import numpy as np
import pytest

from core.rounding.bounded import Bounded
from core.rounding.precision import FLOAT16, FLOAT32, FLOAT64, decimals
from core.rounding.reference import bounded_workings
from core.verdict.claims import Claimed, Claims
from core.verdict.judgement import as_bounded, census, fits, ratios, upstream
from tests.core.verdict.exercises import COURSE, claim, network_of, numbers, with_entry
from tests.mistaken import Exercise


def test_a_bound_exactly_met_is_right_and_a_step_beyond_is_wrong() -> None:
    """Against |claim − value| ≤ error + 2^-52 |claim| in fractions, on both sides of the edge."""
    bounded = Bounded(np.array([0.75]), np.array([0.125]), FLOAT64)
    edge = 0.875
    for steps in range(-3, 4):
        claimed = edge + steps * 2.0**-52
        room = Fraction(0.125) + Fraction(2) ** -52 * Fraction(claimed)
        right = abs(Fraction(claimed) - Fraction(0.75)) <= room
        assert bool(fits(Claimed.all_of(np.array([claimed])), bounded)[0]) is right
    assert fits(Claimed.all_of(np.array([edge])), bounded).all()
    assert not fits(Claimed.all_of(np.array([edge + 2.0**-50])), bounded).any()


def test_numbers_that_are_not_finite_are_wrong_even_where_nothing_is_known() -> None:
    """NaN and ±∞ are outside every bound, an infinite one too; finite numbers are inside that."""
    bounded = Bounded(np.zeros(4), np.full(4, np.inf), FLOAT16)
    claim = Claimed.all_of(np.array([np.nan, np.inf, -np.inf, 1e300]))
    assert fits(claim, bounded).tolist() == [False, False, False, True]
    assert ratios(claim, bounded).tolist() == [np.inf, np.inf, np.inf, 0.0]


def test_what_is_not_claimed_fits() -> None:
    """A masked entry is neither wrong nor has a ratio."""
    bounded = Bounded(np.zeros(2), np.full(2, 0.1), FLOAT64)
    claim = Claimed(np.array([5.0, 0.3]), np.array([False, True]))
    assert fits(claim, bounded).tolist() == [True, False]
    assert ratios(claim, bounded).tolist() == [0.0, pytest.approx(3.0)]


def test_census_counts_what_is_claimed_and_names_the_worst_first() -> None:
    """Two entries off by 10 and 100 bounds: both are listed, the worse first, with their place."""
    network, batch = network_of(COURSE)
    reference = bounded_workings(network, batch, decimals(4))
    claims = claim(numbers(COURSE), change=lambda x: np.round(x, 4))
    delta = as_bounded(reference, ("delta", 1))
    for at, times in (((0, 1), 10.0), ((1, 2), 100.0)):
        wrong = delta.value[at] + times * delta.error[at]
        claims = with_entry(claims, ("delta", 1), at, float(wrong))
    claims = with_entry(claims, ("delta", 2), (0, 0), None)
    found = census("delta", claims, reference)
    assert (found.checked, found.decided, found.wrong) == (9, 9, 2)
    assert [entry.index for entry in found.entries] == [(1, 2), (0, 1)]
    assert [entry.index for entry in found.first] == [(0, 1), (1, 2)]
    assert found.worst is not None
    assert found.worst.key == ("delta", 1)
    assert found.worst.ratio == pytest.approx(100.0, rel=1e-6)
    assert found.worst.correct == pytest.approx(numbers(COURSE)["delta", 1][1, 2], rel=1e-12)
    assert found.worst.bound == delta.error[1, 2]
    clean = census("z", claims, reference)
    assert (clean.checked, clean.wrong, clean.worst) == (10, 0, None)


def test_the_cost_is_a_single_number() -> None:
    """A wrong cost has no index."""
    network, batch = network_of(COURSE)
    reference = bounded_workings(network, batch, FLOAT32)
    wrong = Claims({("cost", 2): Claimed.all_of(np.asarray(2 * numbers(COURSE)["cost", 2]))})
    found = census("cost", wrong, reference)
    assert (found.checked, found.wrong) == (1, 1)
    assert found.worst is not None
    assert found.worst.index == ()


LARGE = Exercise(
    [np.array([[300.0], [0.5]]), np.array([[300.0, 0.25]])],
    [np.zeros(2), np.zeros(1)],
    ["identity", "identity"],
    "mean_squared_error",
    np.array([[300.0]]),
    np.array([[1.0]]),
)


def test_an_overflow_is_named_where_the_precision_has_one() -> None:
    """300 · 300 is no float16: infinities that follow from it are wrong as an overflow, and finite
    numbers are undecided; float32 holds all of it, so there an infinity is just wrong.
    """
    network, batch = network_of(LARGE)
    right = numbers(LARGE)
    claims = with_entry(claim(right), ("z", 1), (0, 0), np.inf)
    claims = with_entry(claims, ("delta", 1), (0, 0), np.nan)
    for precision, overflow in ((FLOAT16, True), (FLOAT32, False)):
        reference = bounded_workings(network, batch, precision)
        for quantity in ("z", "delta"):
            found = census(quantity, claims, reference)
            assert found.wrong == 1
            assert found.worst is not None
            assert found.worst.overflow is overflow
    half = bounded_workings(network, batch, FLOAT16)
    found = census("z", claim(right), half)
    assert (found.checked, found.decided, found.wrong) == (3, 1, 0)
    z1 = as_bounded(half, ("z", 1)).error
    assert np.isinf(z1[0, 0])
    assert np.isfinite(z1[0, 1])


def test_an_exponential_that_overflows_is_named() -> None:
    """softmax of 90 without a shift is ∞/∞ in float32: no number, and named as an overflow."""
    e = Exercise(
        [np.array([[90.0], [1.0]])], [np.zeros(2)], ["softmax"], "cross_entropy",
        np.array([[1.0]]), np.array([[0.0, 1.0]]),
    )  # fmt: skip
    network, batch = network_of(e)
    claims = Claims({("a", 1): Claimed.all_of(np.array([[np.nan, 0.0]]))})
    for precision, overflow in ((FLOAT32, True), (FLOAT64, False)):
        found = census("a", claims, bounded_workings(network, batch, precision))
        assert found.worst is not None
        assert found.worst.overflow is overflow


def test_upstream_is_what_the_computation_meets_before() -> None:
    """δ(2) of three layers needs all of the forward pass and δ(3); its gradients δ(2) as well."""
    forward = [(quantity, l) for l in (1, 2, 3) for quantity in ("z", "a")]
    assert upstream(("z", 2), 3) == forward[:2]
    assert upstream(("a", 2), 3) == forward[:3]
    assert upstream(("cost", 3), 3) == forward
    assert upstream(("delta", 3), 3) == forward
    assert upstream(("delta", 2), 3) == [*forward, ("delta", 3)]
    for gradient in ("bias_gradients", "weight_gradients"):
        assert upstream((gradient, 2), 3) == [*forward, ("delta", 3), ("delta", 2)]
