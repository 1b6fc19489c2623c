"""Reading the precision off the claimed numbers themselves; when in doubt, the wider one.

Short numbers tell how many digits were written; numbers written in full tell their format: a
float16, bfloat16 or float32 number is one that its format holds exactly.
"""

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from core.arrays import Array
from core.rounding.precision import (
    BFLOAT16,
    DIGITS_OF_FLOAT32,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    Precision,
    decimals,
    significant_digits,
)

MOST_SHORT_DIGITS = 6
"""Numbers with no more digits were rounded by hand or by a format like %.4f; longer ones may be a
narrow float written in full."""

SAMPLE = 1000  # numbers whose digits are counted, spread over all

OUTLIERS = 0.1
"""The part of the numbers that may have more digits than the rest: a slip of the pen must not make
every other number look more precise than it is."""

FULL = 0.8
"""If digits were cut at a place, nearly all numbers reach it; a tenth end in a 0 that is not written."""


def read_precision(numbers: Array) -> Precision:
    """The precision that all these numbers were written in; float64 where there is nothing to read.

    >>> read_precision(np.array([0.5933, 0.5969, 0.7514, 0.7729, 0.1385])).decimals
    4
    """
    numbers = numbers[numbers != 0]
    if not len(numbers):
        return FLOAT64
    places, digits = written_digits(sampled(numbers))
    short = int(np.quantile(digits, 1.0 - OUTLIERS, method="lower"))
    cut = int(np.quantile(places, 1.0 - OUTLIERS, method="lower"))
    if short <= MOST_SHORT_DIGITS:
        return short_precision(places, digits, cut, short)
    for precision, holds in ((BFLOAT16, in_bfloat16), (FLOAT16, in_float16), (FLOAT32, in_float32)):
        if holds(numbers).mean() >= 1.0 - OUTLIERS:
            return precision
    if short <= DIGITS_OF_FLOAT32:
        return short_precision(places, digits, cut, short)
    return FLOAT64


def sampled(numbers: Array) -> Array:
    """At most SAMPLE of the numbers, evenly spread."""
    return numbers[:: max(1, len(numbers) // SAMPLE)]


def written_digits(numbers: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Decimal places and significant digits of each number's shortest notation."""
    parts = [Decimal(repr(float(x))).normalize().as_tuple() for x in numbers]
    exponents = np.array([int(p.exponent) for p in parts])
    return np.maximum(-exponents, 0), np.array([len(p.digits) for p in parts])


def short_precision(
    places: NDArray[np.intp], digits: NDArray[np.intp], cut: int, short: int
) -> Precision:
    """Decimals or significant digits: where most numbers end at the same place; decimals if unsure."""
    same_place, same_digits = (places == cut).mean(), (digits == short).mean()
    if same_digits > same_place and same_digits >= FULL:
        return significant_digits(max(1, short))
    return decimals(cut)


def in_float32(numbers: Array) -> NDArray[np.bool_]:
    """Which of them float32 holds exactly."""
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32).astype(np.float64) == numbers


def in_float16(numbers: Array) -> NDArray[np.bool_]:
    """Which of them float16 holds exactly."""
    with np.errstate(over="ignore", under="ignore"):
        return numbers.astype(np.float16).astype(np.float64) == numbers


def in_bfloat16(numbers: Array) -> NDArray[np.bool_]:
    """Which of them bfloat16 holds exactly: a float32 whose lower half is zero."""
    with np.errstate(over="ignore", under="ignore"):
        bits = numbers.astype(np.float32).view(np.uint32)
    return in_float32(numbers) & ((bits & np.uint32(0xFFFF)) == 0)
