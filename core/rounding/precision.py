"""At what precision numbers were computed, and at what precision they were written down.

Two things round: the arithmetic (unit roundoff u of every operation) and, in the decimal
precisions, what is written down (half a unit of the last decimal or significant digit).
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.arrays import Array

REFERENCE = 2.0**-53
"""u of float64, in which our own reference is computed; always added to the claimant's."""

HEADROOM = 1.0 + 2.0**-12
"""A narrow format is often rounded to by way of the next wider one, which adds up to 2^-13 of its u
(float16 by float32); and the bounds are computed in float64 themselves, which loses far less."""

ON_WRITING = 2.0
"""Roundings of a format on the way to decimals: np.round multiplies and divides."""

SURELY = 40.0
"""An interval so many times narrower than half a unit, and as close to a short number, is written
as that: also below a power of ten, where digits are ten times as fine."""

CLOSE_TO_A_POWER = 1e-12
"""log10 of a power of ten may come out this much too small, and the number one digit too short."""


@dataclass(frozen=True)
class Precision:
    """A claimant's arithmetic and notation.

    `unit_roundoff`: largest relative error of one rounding. `underflow`: largest absolute error
    where a result is too small to be rounded relatively. `largest`: beyond it results overflow.
    `decimals` / `significant_digits`: how stored quantities are written; None = in full.
    """

    name: str
    unit_roundoff: float
    underflow: float
    largest: float
    decimals: int | None = None
    significant_digits: int | None = None

    @cached_property
    def u(self) -> float:
        """Error of one operation on the claimant's side and one on ours, relative to the result."""
        return (self.unit_roundoff + REFERENCE) * HEADROOM

    @cached_property
    def t(self) -> float:
        """The same in absolute terms, where results underflow."""
        return self.underflow + float(np.finfo(np.float64).smallest_subnormal)

    @property
    def least(self) -> float:
        """The smallest positive number that is stored."""
        return self.underflow if self.decimals is None else 10.0**-self.decimals

    @property
    def gap_below_one(self) -> float:
        """From 1 to the largest stored number below it: 1 − a is so large at least, or 0."""
        if self.decimals is not None:
            return 10.0**-self.decimals
        digits = self.significant_digits
        return self.unit_roundoff if digits is None else 10.0**-digits

    @cached_property
    def has_notation(self) -> bool:
        """Whether stored numbers are written down shorter than the arithmetic has them."""
        return self.decimals is not None or self.significant_digits is not None

    def written(self, size: Array) -> Array:
        """What writing a number of this size (|value| and its error) may change, shaped as size."""
        if not self.has_notation:
            return self.unit_roundoff * HEADROOM * size
        on_writing = ON_WRITING * self.u * size
        if self.decimals is not None:
            return 0.5 * 10.0**-self.decimals * HEADROOM + on_writing
        return half_digit(size, self.significant_digits or 1) + on_writing

    def after_writing(self, value: Array, error: Array) -> Array:
        """What a stored number, value ± error before it was written, is within of value.

        Where a short number is close, the whole interval is written as that one: nothing but the
        way to it is lost, and nothing at all where value is short itself.
        """
        size = np.abs(value) + error
        change = self.written(size)
        same = error + np.abs(self.nearest(value) - value) + ON_WRITING * self.u * size
        return np.where(SURELY * same < change, same, error + change)

    def nearest(self, value: Array) -> Array:
        """The nearest number in this notation, but for two roundings of float64."""
        if self.decimals is not None:
            return np.round(value, self.decimals)
        unit = 2.0 * half_digit(np.abs(value), self.significant_digits or 1) / HEADROOM
        return np.where(unit > 0, np.rint(value / np.where(unit > 0, unit, 1.0)) * unit, 0.0)

    def averaging(self, examples: int) -> "Precision":
        """The same where δ may be computed with the 1/N of the cost in it, as automatic
        differentiation has it: an underflow there is N times as large in δ itself.
        """
        return replace(self, underflow=self.underflow * examples)


def half_digit(size: Array, digits: int) -> Array:
    """Half a unit of the last of so many significant digits of numbers up to `size`.

    >>> half_digit(np.array([123.4, 0.0]), 3).round(3)
    array([0.5, 0. ])
    """
    with np.errstate(divide="ignore"):
        exponent = np.floor(np.log10(size) + CLOSE_TO_A_POWER)
    unit = np.where(size > 0, 10.0 ** (np.where(size > 0, exponent, 0.0) + 1 - digits), 0.0)
    return 0.5 * unit * HEADROOM


FLOAT64 = Precision("float64", 2.0**-53, 2.0**-1074, float(np.finfo(np.float64).max))
# Kernels that flush denormals to 0 are common in float32 and bfloat16: the least normal number.
FLOAT32 = Precision("float32", 2.0**-24, 2.0**-126, float(np.finfo(np.float32).max))
BFLOAT16 = Precision("bfloat16", 2.0**-8, 2.0**-126, 3.3895313892515355e38)
FLOAT16 = Precision("float16", 2.0**-11, 2.0**-25, 65504.0)

FLOATS = {p.name: p for p in (FLOAT64, FLOAT32, FLOAT16, BFLOAT16)}

DIGITS_OF_FLOAT32 = 9
"""Numbers with so many digits may have been computed in float32; with more, in float64."""

MOST_DIGITS = 17


def arithmetic_behind(digits: int) -> Precision:
    """The coarsest arithmetic that people print with so many digits."""
    return FLOAT32 if digits <= DIGITS_OF_FLOAT32 else FLOAT64


def decimals(count: int) -> Precision:
    """Numbers written with so many decimals."""
    base = arithmetic_behind(count)
    return Precision("decimals", base.unit_roundoff, base.underflow, base.largest, decimals=count)


def significant_digits(count: int) -> Precision:
    """Numbers written with so many significant digits."""
    base = arithmetic_behind(count)
    return Precision(
        "significant_digits", base.unit_roundoff, base.underflow, base.largest, None, count
    )
