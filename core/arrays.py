"""What a number may be: a float64 array, or an array of numbers that carry a bound."""

from collections.abc import Sequence
from math import isfinite, isinf
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[np.float64]

# The equations are written once with @ * + - .T and run on float64 arrays as well as on
# `core.rounding.Bounded`; no static type says "either, but the same throughout" to numpy's stubs.
Numbers: TypeAlias = Any

FEW = 32


def all_finite(values: Numbers) -> bool:
    """Whether there is neither NaN nor infinity; for a few numbers Python is faster than numpy."""
    if values.size <= FEW:
        numbers = values.ravel().tolist()
        return isfinite(sum(numbers)) or all(map(isfinite, numbers))  # a sum may overflow
    return bool(np.isfinite(values).all())


def all_finite_in(arrays: Sequence[Array]) -> bool:
    """Whether there is neither in any of them: few numbers are added up, which tells of both."""
    total = 0.0
    for values in arrays:
        if values.size > FEW:
            return all(map(all_finite, arrays))
        total += sum(values.ravel().tolist())
    return isfinite(total) or all(map(all_finite, arrays))


def any_infinite(values: Array) -> bool:
    """Whether there is an infinity; NaN may be."""
    if values.size <= FEW:
        numbers = values.ravel().tolist()
        return not isfinite(sum(numbers)) and any(map(isinf, numbers))
    return bool(np.isinf(values).any())


def read_only(values: ArrayLike) -> Array:
    """A float64 array in C order that nobody can write to; copied unless it is one already."""
    array = np.ascontiguousarray(values, dtype=np.float64)
    if array is values or array.base is not None:
        array = array.copy() if array.flags.writeable else array
    return sealed(array)


def sealed(array: Array) -> Array:
    """The very array, which nobody can write to from now on."""
    array.setflags(write=False)
    return array
