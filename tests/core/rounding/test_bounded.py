"""Each rule of the arithmetic: the table's, in fractions; kept by narrow floats; and no wider."""

from collections.abc import Callable
from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
import pytest

from core.rounding.bounded import Bounded
from core.rounding.precision import (
    FLOAT16,
    FLOAT32,
    FLOAT64,
    HEADROOM,
    decimals,
    significant_digits,
)

U = Fraction((2.0**-11 + 2.0**-53) * HEADROOM)
T = Fraction(2) ** -25 + Fraction(2) ** -1074

# float64 evaluates a rule of a dozen operations; each is within 2^-53.
CLOSE = 1e-14

X, Y = [(0.75, 0.01), (-3.2, 0.0), (0.0, 0.002)], [(1.5, 0.003), (-0.3, 0.02), (20.0, 0.0)]


def bounded(pairs: Any, precision: Any = FLOAT16) -> Bounded:
    array = np.array(pairs, dtype=np.float64)
    return Bounded(array[..., 0], array[..., 1], precision)


def rounded(value: Fraction, error: Fraction) -> float:
    return float(error + U * (abs(value) + error) + T)


Rule = Callable[[Fraction, Fraction, Fraction, Fraction], float]

RULES: dict[str, tuple[Callable[[Any, Any], Any], Rule]] = {
    "+": (lambda x, y: x + y, lambda x, d, y, e: rounded(x + y, d + e)),
    "-": (lambda x, y: x - y, lambda x, d, y, e: rounded(x - y, d + e)),
    "*": (
        lambda x, y: x * y,
        lambda x, d, y, e: rounded(x * y, abs(x) * e + d * (abs(y) + e)),
    ),
    "/": (lambda x, y: x / y, lambda x, d, y, e: twice_rounded(x, d, y, e)),
}


def twice_rounded(x: Fraction, d: Fraction, y: Fraction, e: Fraction) -> float:
    value = x / y
    once = Fraction(rounded(value, (d + abs(value) * e) / (abs(y) - e)))
    return float(once + U * (abs(value) + once))


@pytest.mark.parametrize("name", RULES)
def test_rule_is_that_of_the_table(name: str) -> None:
    """x ± y, x ⊙ y and x / y have the error of the table, worked out in fractions."""
    operation, rule = RULES[name]
    result = operation(bounded(X), bounded(Y))
    for i, ((x, d), (y, e)) in enumerate(zip(X, Y, strict=True)):
        exact = [Fraction(v) for v in (x, d, y, e)]
        assert result.value[i] == pytest.approx(float(operation(exact[0], exact[2])), rel=CLOSE)
        assert result.error[i] == pytest.approx(rule(*exact), rel=CLOSE)


@pytest.mark.parametrize("name", RULES)
def test_float16_keeps_within_the_rule_and_comes_near_it(name: str) -> None:
    """Operands anywhere in their intervals, results rounded to float16: within, up to the edge."""
    operation, _ = RULES[name]
    rng = np.random.default_rng(5)
    x = rng.normal(size=400) * 10.0 ** rng.integers(-3, 3, size=400)
    y = rng.uniform(0.5, 30.0, size=400) * rng.choice([-1, 1], size=400)
    d, e = np.abs(x) * 2e-3, np.abs(y) * 1e-3
    result = operation(Bounded(x, d, FLOAT16), Bounded(y, e, FLOAT16))
    used = 0.0
    for sx in (-1, 0, 1):
        for sy in (-1, 0, 1):
            exact = operation(x + sx * d, y + sy * e)
            claimed = exact.astype(np.float16).astype(np.float64)
            ratio = np.abs(claimed - result.value) / result.error
            used = max(used, float(ratio.max()))
    assert 0.8 <= used <= 1.0


def test_plain_numbers_are_exact_operands_on_either_side() -> None:
    """1 − x, 2 x, x + 1 and 1 / x take the number as held exactly."""
    x = bounded([(0.25, 0.01)])
    one = Bounded.exactly(1.0, FLOAT16)
    for mixed, whole in (
        (1.0 - x, one - x),
        (x - 1.0, x - one),
        (1.0 + x, one + x),
        (1.0 / x, one / x),
    ):
        assert mixed.value == whole.value
        assert mixed.error == whole.error
    for factor in (-3.0, 0.2, 7.0):
        exact = Bounded.exactly(factor, FLOAT16)
        for mixed, whole in ((x * factor, x * exact), (x / factor, x / exact)):
            assert mixed.value == whole.value
            assert mixed.error == pytest.approx(whole.error, rel=CLOSE)
    assert (1.0 - x).value[0] == 0.75
    assert (x - 1.0).value[0] == -0.75
    assert (2.0 * x).value[0] == 0.5
    assert (-x).value[0] == -0.25
    assert (-x).error[0] == 0.01
    assert one.error == 0.0


def test_division_by_what_may_be_zero_is_unknown() -> None:
    """No bound exists where the divisor's interval reaches 0, and there is one just before."""
    with np.errstate(divide="ignore"):
        result = bounded([(1.0, 0.0)] * 3) / bounded([(0.1, 0.1), (0.1, 0.2), (0.1, 0.05)])
    assert np.isinf(result.error).tolist() == [True, True, False]


def test_product_of_matrices_has_the_error_of_the_table() -> None:
    """|x| e_y + e_x (|y| + e_y) + (n+1) u (|x|+e_x)(|y|+e_y) + 2 n t, summed in fractions."""
    left = bounded([[(0.5, 0.01), (-2.0, 0.0), (0.25, 0.1)]])
    right = bounded([[(1.0, 0.0)], [(0.3, 0.02)], [(-4.0, 0.5)]])
    value = error = size = Fraction(0)
    for (x, d), (y, e) in zip(
        [(0.5, 0.01), (-2.0, 0.0), (0.25, 0.1)], [(1.0, 0.0), (0.3, 0.02), (-4.0, 0.5)], strict=True
    ):
        fx, fd, fy, fe = (Fraction(v) for v in (x, d, y, e))
        value += fx * fy
        error += abs(fx) * fe + fd * (abs(fy) + fe)
        size += (abs(fx) + fd) * (abs(fy) + fe)
    result = left @ right
    assert result.value[0, 0] == pytest.approx(float(value), rel=CLOSE)
    assert result.error[0, 0] == pytest.approx(float(error + 4 * U * size + 6 * T), rel=CLOSE)
    assert (left[0] @ right).error == result.error[0]  # a row alone


def test_sum_has_the_error_of_the_table() -> None:
    """Σ e + (n−1) u Σ (|x| + e) + n t: nothing but an underflow for one term."""
    x = bounded([[(1.0, 0.1), (-0.25, 0.02), (3.0, 0.0)]])
    size = sum(Fraction(v) for v in (1.0, 0.1, 0.25, 0.02, 3.0))
    wanted = Fraction(0.1) + Fraction(0.02) + 2 * U * size + 3 * T
    assert x.sum().value == 3.75
    assert x.sum().error == pytest.approx(float(wanted), rel=CLOSE)
    assert x.sum(axis=1, keepdims=True).shape == (1, 1)
    assert bounded(np.empty((0, 3, 2))).sum(axis=1).shape == (0,)
    assert x.sum(axis=0).error == pytest.approx(
        [0.1 + float(T), 0.02 + float(T), float(T)], rel=CLOSE
    )


def test_every_order_of_a_sum_keeps_within_the_bound() -> None:
    """All 120 orders of five products in float16, fused or not, from left to right or as a tree."""
    rng = np.random.default_rng(2)
    used = 0.0
    for _ in range(40):
        x, y = rng.normal(size=(2, 5)).astype(np.float16)
        exact = x.astype(np.float64), y.astype(np.float64)
        result = Bounded.exactly(exact[0][None], FLOAT16) @ Bounded.exactly(
            exact[1][:, None], FLOAT16
        )
        products = x * y
        for order in permutations(range(5)):
            p = products[list(order)]
            fused = np.float16(0)
            for k in order:
                fused = np.float16(np.float64(fused) + exact[0][k] * exact[1][k])
            row = (((p[0] + p[1]) + p[2]) + p[3]) + p[4]
            tree = (p[0] + p[1]) + ((p[2] + p[3]) + p[4])
            off = max(abs(float(c) - result.value[0, 0]) for c in (row, tree, fused))
            used = max(used, off / result.error[0, 0])
    assert 0.2 <= used <= 1.0


@pytest.mark.parametrize("n", [3000])
def test_long_sums_that_stand_still_keep_within_the_bound(n: int) -> None:
    """In float16 ones no longer add up beyond 2048: n u Σ covers that though n u > 1."""
    ones = np.ones(n, dtype=np.float16)
    total = np.float16(0)
    for one in ones:
        total = np.float16(total + one)
    assert total == 2048
    result = Bounded.exactly(np.ones(n), FLOAT16).sum()
    assert abs(2048 - result.value) <= result.error < np.inf


def test_given_data_are_rounded_once_or_overflow() -> None:
    """Reading 0.1 costs u |q|, 1e-9 an underflow, 0 nothing; 1e5 is no float16."""
    data = np.array([0.1, 1e-9, 0.0, 1e5, 65504.0, -0.1])
    given = Bounded.given(data, FLOAT16)
    with np.errstate(over="ignore"):
        read = data.astype(np.float16).astype(np.float64)
    finite = np.isfinite(read)
    assert (np.abs(read - data)[finite] <= given.error[finite]).all()
    assert given.error[2] == 0.0
    assert np.isinf(given.error).tolist() == [False, False, False, True, False, False]
    assert given.error[0] == pytest.approx(0.1 * 2.0**-11, rel=1e-3)
    assert given.error[5] == given.error[0]


def test_results_beyond_the_largest_number_are_unknown() -> None:
    """A sum, a product and a dot product that may reach 65504 have an infinite bound."""
    x = bounded([[(300.0, 0.0), (2.0, 0.0)]])
    y = bounded([[(300.0, 0.0)], [(2.0, 0.0)]])
    assert np.isinf((x * 300.0).error).tolist() == [[True, False]]
    assert np.isinf((x @ y).error).all()
    assert np.isinf((x / 1e-3).error).tolist() == [[True, False]]
    assert np.isfinite(
        (Bounded(x.value, x.error, FLOAT32) @ Bounded(y.value, y.error, FLOAT32)).error
    ).all()
    assert np.isinf((bounded([(5e4, 0.0)]) + bounded([(1e4, 1e4)])).error).all()
    assert np.isinf(bounded([(4e4, 0.0), (-4e4, 0.0)]).sum().error)


def test_what_is_unknown_stays_unknown() -> None:
    """An infinite error against an exact 0 is infinite, never no number."""
    x, zero = bounded([[(1.0, np.inf)]]), Bounded.exactly(np.zeros((1, 1)), FLOAT16)
    with np.errstate(invalid="ignore"):
        assert np.isinf((x @ zero).error).all()
        assert np.isinf((x * zero).error).all()
        assert np.isinf((x + zero).error).all()
        assert np.isinf(x.widened(np.full((1, 1), np.nan)).error).all()


def test_shapes_follow_the_values() -> None:
    """Length, shape, transposing and indexing act on value and error alike."""
    x = bounded([[(1.0, 0.1), (2.0, 0.2)], [(3.0, 0.3), (4.0, 0.4)], [(5.0, 0.5), (6.0, 0.6)]])
    assert len(x) == 3
    assert x.shape == (3, 2)
    assert x.T.shape == (2, 3)
    assert x.T.error[1, 0] == 0.2
    assert x[1].error.tolist() == [0.3, 0.4]
    assert x.size[2, 0] == 5.5


def test_written_numbers_have_half_a_unit_more() -> None:
    """Decimals and digits widen a stored number; formats do not, since they round every result."""
    for precision, half in ((decimals(3), 0.5e-3), (significant_digits(3), 0.5e-2), (FLOAT64, 0.0)):
        x = Bounded(np.array([1.2537]), np.array([1e-4]), precision)
        assert x.written().error[0] == pytest.approx(1e-4 + half, rel=1e-3)
    unknown = Bounded(np.array([1.25]), np.array([np.nan]), decimals(3)).written()
    assert np.isinf(unknown.error).all()


def test_a_widened_error_is_the_sum_of_both() -> None:
    """What else may be lost comes on top of what was, entry by entry; the value stays."""
    x = bounded([(1.5, 0.25), (-2.0, 0.0)])
    wide = x.widened(np.array([0.5, 0.125]))
    assert wide.value.tolist() == [1.5, -2.0]
    assert wide.error.tolist() == [0.75, 0.125]
    assert wide.precision is x.precision
