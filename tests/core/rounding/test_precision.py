"""Precisions against the formats themselves: unit roundoff, underflow, overflow, and writing."""

from decimal import ROUND_HALF_EVEN, ROUND_UP, Decimal
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from core.rounding.precision import (
    FLOATS,
    HEADROOM,
    MOST_DIGITS,
    REFERENCE,
    Precision,
    decimals,
    half_digit,
    significant_digits,
)

DTYPES: dict[str, Any] = {
    "float64": np.float64, "float32": np.float32, "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
}  # fmt: skip


@pytest.mark.parametrize("name", FLOATS)
def test_formats_are_as_their_own_limits_say(name: str) -> None:
    """u is half an epsilon, `largest` the largest number, and underflow covers the format's own."""
    precision, limits = FLOATS[name], ml_dtypes.finfo(DTYPES[name])
    assert precision.unit_roundoff == float(limits.eps) / 2
    assert precision.largest == float(limits.max)
    smallest = float(limits.smallest_subnormal)
    if name in ("float32", "bfloat16"):  # often flushed to 0
        assert precision.underflow == float(limits.smallest_normal)
    else:
        assert smallest / 2 <= precision.underflow <= smallest
    assert precision.gap_below_one == 1.0 - float(np.nextafter(*np.array([1, 0], DTYPES[name])))


def test_both_sides_round() -> None:
    """u is the claimant's and ours together, and a rounding by way of a wider format besides; t is
    both underflows.
    """
    assert REFERENCE == float(np.finfo(np.float64).eps) / 2
    assert HEADROOM == 1.0 + 1.0 / 4096.0  # as docs/bounds.md says
    assert FLOATS["float64"].t == 2.0 * 5e-324
    for precision in FLOATS.values():
        both = precision.unit_roundoff + REFERENCE
        assert both <= precision.u <= both * 1.001
    # float64 → float32 → float16 errs by more than half an ulp
    x = 1.0 + 2.0**-11 - 2.0**-26
    twice = float(np.float16(np.float32(x)))
    assert abs(twice - x) <= FLOATS["float16"].u * x
    assert abs(twice - x) > (2.0**-11 - 2.0**-26 - 2.0**-40)


@pytest.mark.parametrize("count", range(0, 18))
def test_few_digits_may_come_from_float32(count: int) -> None:
    """Up to nine digits the arithmetic may have been float32's, beyond it was float64's."""
    wanted = FLOATS["float32" if count <= 9 else "float64"]
    for precision in (decimals(count), significant_digits(max(count, 1))):
        assert precision.unit_roundoff == wanted.unit_roundoff
        assert precision.largest == wanted.largest
        assert precision.underflow == wanted.underflow


@pytest.mark.parametrize("count", [0, 1, 4, 9])
def test_writing_decimals_changes_half_a_unit_at_most(count: int) -> None:
    """By decimal arithmetic and by np.round in float32; and the bound is hardly wider."""
    rng = np.random.default_rng(count)
    x = np.concatenate([rng.normal(size=300), [0.5, 2.5, 0.05, 0.00005]]) * 10.0
    allowed = decimals(count).written(np.abs(x))
    unit = Decimal(1).scaleb(-count)
    off = [abs(Decimal(v) - Decimal(v).quantize(unit, ROUND_HALF_EVEN)) for v in x.tolist()]
    assert all(o <= Decimal(a) for o, a in zip(off, allowed.tolist(), strict=True))
    assert allowed.min() <= 0.5 * 10.0**-count * 1.001 + 2.1 * 2.0**-24 * np.abs(x).max()
    single = x.astype(np.float32)
    assert (np.abs(np.round(single, count) - single.astype(float)) <= allowed).all()


@pytest.mark.parametrize("digits", [1, 3, 6])
def test_writing_digits_changes_half_a_unit_of_the_last_at_most(digits: int) -> None:
    """By Python's own formatting, 1e-30 to 1e30 and at powers of ten; no bound is double."""
    rng = np.random.default_rng(digits)
    x = 10.0 ** rng.uniform(-30, 30, size=300)
    x = np.concatenate([x, 10.0 ** np.arange(-20.0, 20.0), np.nextafter(10.0 ** np.arange(9.0), 0)])
    half = half_digit(x, digits)
    written = np.array([float(f"{v:.{digits - 1}e}") for v in x.tolist()])
    assert (np.abs(written - x) <= half).all()
    exponents = [Decimal(v).adjusted() for v in x.tolist()]
    units = np.array([10.0 ** (e + 1 - digits) for e in exponents])
    inside = units > 0
    assert (half[inside][:300] <= 0.5 * units[inside][:300] * 1.001).all()
    assert half_digit(np.zeros(1), digits) == 0.0
    powers = np.array([1.0, 10.0, 1000.0, 1e-3])
    wanted = 0.5 * HEADROOM * powers * 10.0 ** (1 - digits)
    assert half_digit(powers, digits) == pytest.approx(wanted, rel=1e-9)
    written_250 = significant_digits(digits).written(np.array([250.0]))[0]
    assert written_250 == pytest.approx(0.5 * 10.0 ** (3 - digits) + 2 * 250 * 2.0**-24, rel=1e-3)


IN_DECIMALS = [(decimals(d), f".{d}f") for d in (0, 2, 4)]
IN_DIGITS = [(significant_digits(d), f".{d - 1}e") for d in (1, 2, 4)]


@pytest.mark.parametrize(("precision", "form"), IN_DECIMALS + IN_DIGITS)
def test_what_is_stored_is_within_its_bound(precision: Precision, form: str) -> None:
    """Any number of value ± error, written by Python: short ones, almost short ones, and others,
    just above and just below powers of ten.
    """
    rng = np.random.default_rng(8)
    unit = 10.0 ** -(precision.decimals or 0)
    short = np.array([float(f"{v:{form}}") for v in rng.normal(size=200) * 30.0 + 1.0])
    short = np.concatenate([short, [0.0, unit, 1.0, 10.0, 100.0, -1.0, 9.0, 1000.0]])
    for off in (0.0, 1e-9, -1e-9, 2e-3 * unit, -2e-3 * unit, 0.3 * unit, 0.5 * unit):
        for error in (0.0, 1e-9, 1e-3 * unit, 0.02 * unit, 0.2 * unit):
            value, e = short + off, np.full(len(short), error)
            bound = precision.after_writing(value, e)
            for side in (-1.0, -0.5, 0.0, 1.0):
                written = np.array([float(f"{v:{form}}") for v in value + side * e])
                assert (np.abs(written - value) <= bound).all(), (off, error, side)
            assert (bound >= e).all()
            assert (bound <= e + precision.written(np.abs(value) + e)).all()


@pytest.mark.parametrize("precision", [decimals(0), decimals(1), significant_digits(1)])
def test_short_numbers_are_not_changed_by_writing(precision: Precision) -> None:
    """A whole number stays itself where its error is small, and gets half a unit where it is not.
    The border lies where the interval and the way to the short number fill a fortieth of that.
    """
    value, none = np.array([3.0, -7.0, 6.0]), np.zeros(3)
    assert (precision.after_writing(value, none) <= 2.001 * 2.0**-24 * np.abs(value)).all()
    half = 0.5 * 10.0 ** -(precision.decimals or 0)
    most = np.full(3, half / 41.0)
    assert precision.after_writing(value, most) == pytest.approx(most, rel=0.01)
    error = np.full(3, half / 100.0)
    near = value + np.array([1, -1, 1]) * half / 100.0
    assert precision.after_writing(near, error) == pytest.approx(2 * error, rel=0.01)
    assert (precision.after_writing(value, np.full(3, half / 39.0)) > half).all()
    assert precision.after_writing(np.zeros(1), np.zeros(1)) == 0.0
    short = np.array([0.125, 1250.0, -6.25, 0.001])
    allowed = significant_digits(3).after_writing(short, np.zeros(4))
    assert allowed == pytest.approx(2.0 * 2.0**-24 * np.abs(short), rel=1e-3)


def test_a_format_writes_with_its_own_roundoff() -> None:
    """A number claimed in float16 may stand for one that was not rounded yet."""
    written = FLOATS["float16"].written(np.array([8.0]))[0]
    assert written == pytest.approx(8.0 * 2.0**-11 * HEADROOM, rel=1e-9)
    assert not FLOATS["float16"].has_notation
    assert decimals(3).has_notation
    assert significant_digits(3).has_notation


def test_averaging_first_makes_an_underflow_larger() -> None:
    """A δ computed as δ/N loses N times the underflow, and nothing else changes."""
    half = FLOATS["float16"]
    averaged = half.averaging(32)
    assert averaged.underflow == 32 * half.underflow
    assert averaged.unit_roundoff == half.unit_roundoff
    smallest = 2.0**-24
    scaled = float(np.float16(np.float16(0.75 * smallest / 32) * np.float16(32)))
    assert abs(scaled - 0.75 * smallest) <= averaged.t
    assert abs(scaled - 0.75 * smallest) > half.t


def test_the_smallest_stored_numbers() -> None:
    """With four decimals nothing between 0 and 0.0001 is stored, nor between 0.9999 and 1."""
    assert decimals(4).least == pytest.approx(1e-4)
    assert decimals(4).gap_below_one == pytest.approx(1e-4)
    assert significant_digits(3).gap_below_one == pytest.approx(1e-3)
    assert FLOATS["float32"].least == FLOATS["float32"].underflow
    above = Decimal("0.99991").quantize(Decimal("0.0001"), ROUND_UP)
    assert above == 1


def test_no_number_of_float64_has_more_digits() -> None:
    """The shortest notation of a float64 has seventeen digits at most, and some have as many."""
    numbers = np.random.default_rng(4).normal(size=500)
    digits = [len(Decimal(repr(v)).normalize().as_tuple().digits) for v in numbers.tolist()]
    assert max(digits) == MOST_DIGITS


def test_names_are_those_of_the_contract() -> None:
    """What a precision is called in requests."""
    assert list(FLOATS) == ["float64", "float32", "float16", "bfloat16"]
    assert all(isinstance(p, Precision) and p.name == name for name, p in FLOATS.items())
