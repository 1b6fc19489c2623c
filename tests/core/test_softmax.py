"""Softmax's logarithms keep their digits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from core.softmax import softmax_logs, sum_of_others
from tests.core.running_errors import U
from tests.references import mp

# On this grid z_j − max z is exact, so that every error is of the logarithms' own making.
GRID = st.integers(-8000, 8000).map(lambda k: k / 8)


@given(z=st.lists(GRID, min_size=2, max_size=6))
@example(z=[800.0, -800.0])
@example(z=[0.0, 0.0, -900.0])
def test_both_logarithms_are_relatively_accurate(z: list[float]) -> None:
    """ln a and ln(1 − a) are good to n + 10 roundings of themselves, from −2000 to −e^(−700)."""
    logs = softmax_logs(np.array([z]))
    with mp.workdps(1200):
        powers = [mp.exp(mp.mpf(z_j)) for z_j in z]
        for j, power in enumerate(powers):
            rest = mp.fsum(powers[:j] + powers[j + 1 :])
            for found, part in ((logs.log_a, power), (logs.log_complement, rest)):
                truth = mp.log(part / (power + rest))
                # e^x of a sum that underflows is lost, and it is less than 2⁻¹⁰²².
                bound = (len(z) + 10) * U * abs(truth) + mp.mpf(2) ** -1022
                assert abs(mp.mpf(float(found[0, j])) - truth) <= bound


def test_the_top_is_one_entry_even_of_equals() -> None:
    """Of equal largest entries the first is the top, so exactly one 1 − a is summed apart."""
    assert softmax_logs(np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])).top.tolist() == [
        [False, True, False],
        [True, False, False],
    ]


def test_one_neuron_alone_is_certain() -> None:
    """With n = 1, a = 1: ln a is 0 and ln(1 − a) is −∞, whatever z."""
    logs = softmax_logs(np.array([[-1e308], [0.0], [1e308]]))
    assert logs.log_a.tolist() == [[0.0]] * 3
    assert logs.log_complement.tolist() == [[-np.inf]] * 3


def test_a_difference_that_overflows_is_no_nan() -> None:
    """1e308 beside −1e308: the mass of the lower is 0, its logarithm −∞, and nothing is NaN."""
    logs = softmax_logs(np.array([[1e308, -1e308, 0.0]]))
    assert logs.log_a.tolist() == [[0.0, -np.inf, -1e308]]
    assert logs.log_complement.tolist() == [[-1e308, 0.0, 0.0]]


@given(st.lists(st.floats(0, 1e300), min_size=1, max_size=8))
def test_the_sum_of_the_others_never_cancels(values: list[float]) -> None:
    """Of positive numbers Σ_{k ≠ j} is good to n roundings, also where entry j dwarfs the rest."""
    found = sum_of_others(np.array([values]))[0]
    for j in range(len(values)):
        truth = sum(map(Fraction, values[:j] + values[j + 1 :]), Fraction(0))
        assert abs(Fraction(float(found[j])) - truth) <= len(values) * Fraction(U) * truth
