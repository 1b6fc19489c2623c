"""Precisions read off numbers as people and libraries print them: never narrower than the truth."""

import json
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from core.rounding.precision import FLOATS, Precision, decimals, significant_digits
from core.verdict.notation import possible_precisions, read_precision

FORMATS: dict[str, Any] = {
    "float64": np.float64, "float32": np.float32, "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
}  # fmt: skip

SPREAD = np.random.default_rng(12).normal(size=60) * 10.0 ** np.random.default_rng(3).uniform(
    -3, 1, 60
)


def names(precisions: list[Precision]) -> list[str]:
    return [p.name for p in precisions]


def as_wide(read: list[Precision], truth: Precision, x: np.ndarray) -> bool:
    """Whether some reading allows what was done to every number: the arithmetic and the writing."""
    size = np.abs(x)
    return any(
        p.unit_roundoff >= truth.unit_roundoff
        and (p.written(size) >= 0.99 * truth.written(size)).all()
        for p in read
    )


@pytest.mark.parametrize("format", FORMATS)
def test_formats_in_full_are_read_first(format: str) -> None:
    """What .tolist() gives of an array: the exact numbers with up to 17 digits."""
    numbers = SPREAD.astype(FORMATS[format]).astype(np.float64)
    assert read_precision(numbers).name == format


@pytest.mark.parametrize("format", ["float32", "float16", "bfloat16"])
def test_formats_in_their_shortest_notation_are_among_the_readings(format: str) -> None:
    """Rust, Go and numpy print a narrow float with the fewest digits that read back as it."""
    numbers = np.array([float(str(v)) for v in SPREAD.astype(FORMATS[format])])
    assert as_wide(possible_precisions(numbers), FLOATS[format], numbers)


@pytest.mark.parametrize("digits", [7, 9, 10, 12, 15])
def test_float32_printed_with_many_digits_is_no_float64(digits: int) -> None:
    """%.12g of a float32 has twelve digits, of which eight mean anything."""
    numbers = np.array([float(f"{float(v):.{digits}g}") for v in SPREAD.astype(np.float32)])
    assert as_wide(possible_precisions(numbers), FLOATS["float32"], numbers)


@pytest.mark.parametrize("places", range(0, 16))
def test_decimals_are_read_or_something_wider(places: int) -> None:
    """%.4f and the like, whose zeros at the end are lost when they are read as numbers."""
    numbers = np.array([float(f"{v:.{places}f}") for v in SPREAD])
    assert as_wide(possible_precisions(numbers), decimals(places), numbers)
    if 1 <= places <= 5:
        assert read_precision(numbers) == decimals(places)


@pytest.mark.parametrize("digits", range(1, 16))
def test_significant_digits_are_read_or_something_wider(digits: int) -> None:
    """%.4g and the like."""
    numbers = np.array([float(f"{v:.{digits}g}") for v in SPREAD])
    assert as_wide(possible_precisions(numbers), significant_digits(digits), numbers)
    if 3 <= digits <= 5:
        assert read_precision(numbers) == significant_digits(digits)


def test_few_short_numbers_are_read_as_they_stand() -> None:
    """0.5 and 0.25 tell of two decimals, and any format holds them; whole numbers of none."""
    read = possible_precisions(np.array([0.5, 0.25]))
    assert read[0] == decimals(2)
    assert set(names(read)) >= {"bfloat16", "float16", "float32"}
    assert possible_precisions(np.array([3.0, -2.0, 7.0]))[0] == decimals(0)
    assert read_precision(np.array([0.7514, 0.7729])) == decimals(4)


def test_a_slip_or_a_cost_in_full_does_not_make_the_rest_precise() -> None:
    """One long number among few or a tenth among many: four decimals stay a reading."""
    short = np.round(SPREAD[:5], 4)
    few = possible_precisions(np.append(short, 0.298371108760003))
    assert decimals(4) in few
    many = np.round(SPREAD, 4)
    many[::12] = SPREAD[::12]
    assert read_precision(many) == decimals(4)


def test_accidental_narrow_floats_are_no_reading() -> None:
    """Numbers of two digits are all bfloat16s, printed: no evidence. Four-digit ones are not."""
    hundredths = np.array([0.13, 0.27, 0.38, 0.71, 0.92, 0.46])
    assert not {"bfloat16", "float16"} & set(names(possible_precisions(hundredths)))
    assert "float16" not in names(possible_precisions(np.round(SPREAD, 4)))


@pytest.mark.parametrize("numbers", [[], [0.0, 0.0], [np.nan, np.inf]])
def test_zeros_and_no_numbers_may_be_any_format(numbers: list[float]) -> None:
    """0 is held by all formats; how many decimals of it were written cannot be told."""
    assert names(possible_precisions(np.array(numbers))) == [
        "float64", "float32", "float16", "bfloat16",
    ]  # fmt: skip


def test_numbers_beyond_a_formats_range_are_not_its() -> None:
    """1e5 is no float16, though it has a single digit."""
    numbers = np.array([1e5, 2e5, 4e5, 3e5])
    assert "float16" not in names(possible_precisions(numbers))


def test_integers_of_seven_digits_and_more() -> None:
    """1234567 may be an exact float32; 123456789012 is not."""
    assert "float32" in names(possible_precisions(np.array([1234567.0, 7654321.0])))
    assert "float32" not in names(possible_precisions(np.array([123456789012.0, 987654321012.0])))


def test_a_large_claim_is_sampled_evenly() -> None:
    """A hundred thousand numbers are read as fast as a thousand, and as well."""
    numbers = np.round(np.random.default_rng(1).normal(size=100_000), 3)
    assert read_precision(numbers) == decimals(3)


def test_readings_survive_json() -> None:
    """Claims travel as JSON; reading them back changes nothing."""
    numbers = SPREAD.astype(np.float32).astype(np.float64)
    assert possible_precisions(np.array(json.loads(json.dumps(numbers.tolist())))) == (
        possible_precisions(numbers)
    )
