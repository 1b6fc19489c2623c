"""Reading the precision off the claimed numbers themselves; when in doubt, the wider one.

Short numbers tell how many digits were written. A number may also be what a narrow float format
holds, in full or printed: then the format's nearest number, written with as many digits, is the
number itself. Often more than one reading is possible; a claim is wrong only if it is under each.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.arrays import Array
from core.rounding.precision import (
    BFLOAT16,
    DIGITS_OF_FLOAT32,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    MOST_DIGITS,
    Precision,
    decimals,
    significant_digits,
)

NARROW = (BFLOAT16, FLOAT16, FLOAT32)

MOST_SHORT_DIGITS = 6
"""Numbers with no more digits were rounded by hand or by a format like %.4f; longer ones may be a
narrow float written in full."""

FULL_FLOAT64 = 16
"""From so many digits on a float64 was written in full, most likely."""

SAMPLE = 1000  # numbers whose digits are counted, spread over all

OUTLIERS = 0.1
"""The part of the numbers that may have more digits than the rest: a slip of the pen must not make
every other number look more precise than it is, nor must a cost printed in full."""

FEW = 4  # of fewer numbers none may be left out

FULL = 0.8
"""Where digits were cut at a place nearly all numbers reach it; a tenth end in an unwritten 0."""

EVIDENCE = 2.0
"""Least −ln of the chance, 1 : 7, that decimals look like a narrow format by accident.
Every number of two digits is a bfloat16, printed; that says nothing."""

CLOSE = 1e-6  # half a unit of the last digit, itself rounded to float64


class Written(NamedTuple):
    """How numbers are written: the last digit's exponent, decimal places, significant digits."""

    last: NDArray[np.intp]
    places: NDArray[np.intp]
    digits: NDArray[np.intp]


def possible_precisions(numbers: Array) -> list[Precision]:
    """Every precision that these numbers may have been computed and written in, likeliest first.

    >>> [p.name for p in possible_precisions(np.array([1 / 3, 2 / 3, 1 / 7, 1 / 9]))]
    ['float64']
    """
    numbers = sampled(numbers[np.isfinite(numbers) & (numbers != 0)])
    if not len(numbers):
        return [FLOAT64, *reversed(NARROW)]  # every format holds 0
    written = written_digits(numbers)
    readings = [r for left_out in outliers(len(numbers)) for r in notations(written, left_out)]
    formats = [p for p in NARROW if looks_like(p, numbers, written.last)]
    short = int(np.sort(written.digits)[-1 - outliers(len(numbers))[0]])
    if short <= MOST_SHORT_DIGITS:
        found = [*readings, *formats]
    elif short <= DIGITS_OF_FLOAT32:
        found = [*formats, *readings]
    elif short < FULL_FLOAT64:
        found = [*formats, *readings, FLOAT64]
    else:
        found = [*formats, FLOAT64, *(r for r in readings if is_short(r))]
    return list(dict.fromkeys(found))


def read_precision(numbers: Array) -> Precision:
    """The likeliest precision of these numbers; float64 where there is nothing to read.

    >>> read_precision(np.array([0.5933, 0.5969, 0.7514, 0.7729, 0.1385])).decimals
    4
    """
    return possible_precisions(numbers)[0]


def sampled(numbers: Array) -> Array:
    """At most SAMPLE of the numbers, evenly spread."""
    return numbers[:: -(-len(numbers) // SAMPLE) or 1]


def written_digits(numbers: Array) -> Written:
    """Each number's shortest notation."""
    parts = [Decimal(repr(float(x))).normalize().as_tuple() for x in numbers]
    last = np.array([int(p.exponent) for p in parts])
    return Written(last, np.maximum(-last, 0), np.array([len(p.digits) for p in parts]))


def outliers(count: int) -> list[int]:
    """How many of so many numbers may be left out: a tenth; or else one, where there are a few."""
    allowed = int(OUTLIERS * count)
    return [allowed] if allowed or count < FEW else [0, 1]


def notations(written: Written, left_out: int) -> Iterator[Precision]:
    """Decimals and significant digits that all numbers but a few keep to; the likelier first."""
    cut = int(np.sort(written.places)[-1 - left_out])
    short = min(int(np.sort(written.digits)[-1 - left_out]), MOST_DIGITS)
    same_place, same_digits = (written.places == cut).mean(), (written.digits == short).mean()
    both = [decimals(cut)] if cut <= MOST_DIGITS else []
    both.append(significant_digits(short))
    if same_digits > same_place and same_digits >= FULL:
        both.reverse()
    yield from both


def is_short(precision: Precision) -> bool:
    """Whether a reading cuts digits off a float64."""
    count: Any = precision.decimals or precision.significant_digits or 0
    return bool(count < FULL_FLOAT64)


def looks_like(precision: Precision, numbers: Array, last: NDArray[np.intp]) -> bool:
    """Whether nearly all numbers are this format's, in full, or printed and not so by accident."""
    nearest, unit = in_format(precision, numbers), 10.0**last
    if (nearest == numbers).mean() >= 1.0 - OUTLIERS:
        return True
    holds = np.abs(nearest - numbers) <= 0.5 * unit * (1.0 + CLOSE)
    with np.errstate(divide="ignore"):
        spacing = 2.0 * precision.unit_roundoff * 2.0 ** np.floor(np.log2(np.abs(numbers)))
    chance = np.minimum(1.0, unit / np.maximum(spacing, 2.0 * precision.underflow))
    evidence = -np.log(chance[holds]).sum()
    return bool(holds.mean() >= 1.0 - OUTLIERS and evidence >= EVIDENCE)


def in_format(precision: Precision, numbers: Array) -> Array:
    """The nearest numbers of a narrow format, as float64; infinite beyond its largest."""
    with np.errstate(over="ignore", under="ignore"):
        if precision is FLOAT16:
            return numbers.astype(np.float16).astype(np.float64)
        single = numbers.astype(np.float32)
        if precision is FLOAT32:
            return single.astype(np.float64)
        return in_bfloat16(single)


def in_bfloat16(single: NDArray[np.float32]) -> Array:
    """bfloat16 is the upper half of a float32, rounded to even."""
    bits = single.view(np.uint32)
    odd = (bits >> np.uint32(16)) & np.uint32(1)
    upper = (bits + np.uint32(0x7FFF) + odd) & np.uint32(0xFFFF0000)
    return upper.view(np.float32).astype(np.float64)
