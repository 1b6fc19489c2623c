"""Numbers that carry a bound, and the rule by which each operation passes it on.

A `Bounded` is a float64 value v with an error e ≥ 0: *any* claimant who computes the same quantity
by the same formulas, in any order of summation, at the stated precision or better, gets a number
within e of v. Each rule bounds the distance between the claimant's result and ours, so it adds
what the operands' errors do to the result, one rounding of the claimant's and one of ours (u is
the sum of the two unit roundoffs, t that of the two underflow errors):

==========  ==================================================================================
x ± y       e_x + e_y, one rounding
x ⊙ y       |x| e_y + e_x |y| + e_x e_y, one rounding
x / y       (e_x + |x/y| e_y) / (|y| − e_y), two roundings (x · (1/y)); anything where y may be 0
x @ y       |x| @ e_y + e_x @ (|y| + e_y) + (n+1) u (|x|+e_x) @ (|y|+e_y) + 2 n t over n terms
Σ of n      Σ e + (n−1) u Σ (|x| + e) + n t
rounding    + u (|v| + e) + t
==========  ==================================================================================

A sum of n products is within n u Σ|x||y| of the exact one in any order, without the usual n u < 1
(Jeannerod & Rump 2013), with fused multiply-adds, and with sums in a wider precision than the
operands'; one more u where z has its bias in the same sum. Every product, and every sum where
denormals are flushed to zero, may underflow. A result that may exceed the precision's largest
number has an infinite error: it may have overflowed. docs/bounds.md has the derivations.
"""

from typing import Any

import numpy as np

from core.arrays import Array
from core.rounding.precision import Precision


class Bounded:
    """value ± error, entry by entry; behaves as an array in the equations of `core`."""

    __slots__ = ("_size", "error", "precision", "value")
    __array_ufunc__ = None  # numpy leaves mixed operations to the operators below

    def __init__(self, value: Array, error: Array, precision: Precision) -> None:
        self.value, self.error, self.precision = value, error, precision
        self._size: Array | None = None

    @classmethod
    def given(cls, data: Array, precision: Precision) -> "Bounded":
        """Data of the request: the claimant rounds it once on reading."""
        size = np.abs(data)
        error = precision.u * size + precision.t * (data != 0)
        return cls(data, overflowing(error, size, precision), precision)

    @classmethod
    def exactly(cls, value: Any, precision: Precision) -> "Bounded":
        """A number that every precision holds exactly, like 0, 1 or 2."""
        value = np.asarray(value, dtype=np.float64)
        return cls(value, np.zeros(value.shape), precision)

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the values."""
        return self.value.shape

    @property
    def T(self) -> "Bounded":
        """Transposed."""
        return Bounded(self.value.T, self.error.T, self.precision)

    @property
    def size(self) -> Array:
        """|value| + error: as large as the claimant's number can be."""
        if self._size is None:
            self._size = np.abs(self.value) + self.error
        return self._size

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, index: Any) -> "Bounded":
        return Bounded(self.value[index], self.error[index], self.precision)

    def __neg__(self) -> "Bounded":
        return Bounded(-self.value, self.error, self.precision)

    def __add__(self, other: Any) -> "Bounded":
        other = self.as_bounded(other)
        return self.rounded(self.value + other.value, self.error + other.error)

    def __sub__(self, other: Any) -> "Bounded":
        return self + (-self.as_bounded(other))

    def __rsub__(self, other: Any) -> "Bounded":
        return self.as_bounded(other) - self

    def __mul__(self, other: Any) -> "Bounded":
        if not isinstance(other, Bounded):  # exact
            return self.rounded(self.value * other, self.error * np.abs(other))
        crossed = np.abs(self.value) * other.error + self.error * other.size
        return self.rounded(self.value * other.value, crossed)

    __radd__ = __add__
    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Bounded":
        if not isinstance(other, Bounded):  # exact
            return self.twice_rounded(self.value / other, self.error / np.abs(other))
        value = self.value / other.value
        room = np.abs(other.value) - other.error
        error = np.where(room > 0, (self.error + np.abs(value) * other.error) / room, np.inf)
        return self.twice_rounded(value, error)

    def __rtruediv__(self, other: Any) -> "Bounded":
        return self.as_bounded(other) / self

    def __matmul__(self, other: "Bounded") -> "Bounded":
        terms = self.value.shape[-1]
        p = self.precision
        size = self.size @ other.size
        error = np.abs(self.value) @ other.error + self.error @ other.size
        error += (terms + 1) * p.u * size + 2 * terms * p.t
        return Bounded(self.value @ other.value, overflowing(error, size, p), p)

    def sum(self, axis: int | None = None, keepdims: bool = False) -> "Bounded":
        """The sum over an axis, in any order."""
        value = self.value.sum(axis=axis, keepdims=keepdims)
        terms = self.value.size // max(1, value.size)
        p = self.precision
        size = self.size.sum(axis=axis, keepdims=keepdims)
        error = self.error.sum(axis=axis, keepdims=keepdims)
        error = error + (terms - 1) * p.u * size + terms * p.t
        return Bounded(np.asarray(value), overflowing(np.asarray(error), size, p), p)

    def as_bounded(self, other: Any) -> "Bounded":
        """The other operand; plain numbers are exact."""
        return other if isinstance(other, Bounded) else Bounded.exactly(other, self.precision)

    def rounded(self, value: Array, error: Array) -> "Bounded":
        """value ± error after one rounding."""
        p = self.precision
        size = np.abs(value) + error
        return Bounded(value, overflowing(error + p.u * size + p.t, size, p), p)

    def twice_rounded(self, value: Array, error: Array) -> "Bounded":
        """value ± error, a quotient that may be a product with a rounded reciprocal."""
        p, absolute = self.precision, np.abs(value)
        size = absolute + error
        once = error + p.u * size + p.t
        return Bounded(value, overflowing(once + p.u * (absolute + once), size, p), p)

    def widened(self, extra: Array) -> "Bounded":
        """The same with a larger error."""
        return Bounded(self.value, no_nan(self.error + extra), self.precision)

    def written(self) -> "Bounded":
        """As stored: rounded to the claimant's notation, if that is coarser than his arithmetic."""
        if not self.precision.has_notation:
            return self
        error = no_nan(self.precision.after_writing(self.value, self.error))
        return Bounded(self.value, error, self.precision)


def overflowing(error: Array, size: Array, precision: Precision) -> Array:
    """The error, infinite where a number of this size may have overflowed or was undefined.

    An error that is not a number is part of a size that is none either, and is not within.
    """
    return np.where(size <= precision.largest, error, np.inf)


def no_nan(error: Array) -> Array:
    """Infinite where nothing is known."""
    known: Array = np.fmin(error, np.inf)  # of two, the one that is a number
    return known
