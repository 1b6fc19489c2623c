"""Sizes of products beyond float64's range: a mantissa and an exponent of two.

Products of hundreds of factors underflow, and logarithms would round differently from machine to
machine; this does neither.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.arrays import Array

Exponents: TypeAlias = NDArray[np.int64]

NOTHING = -(2**40)  # the exponent of 0: below every product of a million float64


class Size(NamedTuple):
    """mantissa · 2^exponent, the mantissa in [½, 1), or 0 at the exponent of 0."""

    mantissa: float
    exponent: int

    def times(self, other: "Size") -> "Size":
        """The product."""
        mantissa, exponent = self.mantissa * other.mantissa, self.exponent + other.exponent
        return Size(mantissa, exponent) if mantissa >= 0.5 else Size(2.0 * mantissa, exponent - 1)


ONE = Size(0.5, 1)


class Magnitudes(NamedTuple):
    """Sizes, entry by entry."""

    mantissa: Array
    exponent: Exponents


def magnitudes(values: Array) -> Magnitudes:
    """The sizes of numbers.

    >>> magnitudes(np.array([-3.0, 0.25]))
    Magnitudes(mantissa=array([0.75, 0.5 ]), exponent=array([ 2, -1]))
    """
    mantissa, exponent = np.frexp(np.abs(values))
    return Magnitudes(mantissa, np.where(mantissa == 0, NOTHING, exponent.astype(np.int64)))


def size_at(x: Magnitudes, index: int | tuple[int, int]) -> Size:
    """One entry."""
    return Size(float(x.mantissa[index]), int(x.exponent[index]))


def times(x: Magnitudes, y: Magnitudes) -> Magnitudes:
    """Products, entry by entry."""
    mantissa = x.mantissa * y.mantissa
    exponent = x.exponent + y.exponent
    small = mantissa < 0.5
    return Magnitudes(np.where(small, 2.0 * mantissa, mantissa), exponent - small)


def largest(x: Magnitudes) -> Magnitudes:
    """The largest of each column."""
    exponent = x.exponent.max(axis=0)
    return Magnitudes(np.where(x.exponent == exponent, x.mantissa, 0.0).max(axis=0), exponent)


def descending(x: Magnitudes) -> NDArray[np.intp]:
    """Indices from the largest to the smallest, equal ones in order."""
    return np.lexsort((-x.mantissa, -x.exponent))
