"""Whatever holds numbers becomes a float64 array, and says in which precision it was kept.

numpy arrays, lists, and anything with `__array__`: PyTorch tensors (also those that need a
gradient, live on a GPU or are bfloat16, which numpy refuses), JAX arrays, pandas.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

NARROW = ("float32", "float16", "bfloat16")  # finest first
NARROW_NAME = re.compile(rf"\b({'|'.join(NARROW)})\b")
REAL_KINDS = "iuf"  # numpy's letters for signed, unsigned and floating
FLOAT32_DIGITS = 6  # that any float32 can hold; one that was not rounded shows more


class NotNumbers(ValueError):
    """Something else stands where numbers are needed: the message says what, `place` where.

    `place` is the end of a JSON pointer, such as /0/1; empty if it is not one entry alone.
    """

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(message)
        self.place = place


class Numbers(NamedTuple):
    """Values in float64, and the narrower type that they came in (None: no narrower one)."""

    array: Array
    precision: str | None


def numbers(value: Any) -> Numbers:
    """The numbers of `value`; raises NotNumbers."""
    found = as_numpy(value)
    kind = getattr(value, "dtype", found.dtype)
    name = None if kind == np.float64 else NARROW_NAME.search(str(kind))  # whose text takes long
    if name is None and found.dtype.kind not in REAL_KINDS:
        for place, entry in words_in(value):
            raise NotNumbers(f"{entry!r:.40} stands where a real number is needed", place)
        raise NotNumbers(f"{not_real(found)} where real numbers are needed")
    array = np.ascontiguousarray(found, dtype=np.float64).reshape(found.shape)
    return Numbers(array, name.group(1) if name else None)


def words_in(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every text in nested lists or an array, and where it stands."""
    if isinstance(value, str):
        yield place, str(value)
    elif isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim):
        for index, entry in enumerate(value):
            yield from words_in(entry, f"{place}/{index}")


def as_numpy(value: Any) -> NDArray[Any]:
    """`value` as an array of its own type; raises NotNumbers."""
    if hasattr(value, "detach"):  # a PyTorch tensor, perhaps on a GPU, perhaps with a gradient
        value = value.detach().cpu()
        if "bfloat16" in str(value.dtype):  # numpy has no such type
            value = value.float()
    try:
        return np.asarray(value)
    except (ValueError, TypeError) as error:
        raise NotNumbers(ragged(value) or f"not an array of numbers ({error})") from error


def not_real(found: NDArray[Any]) -> str:
    """What stands in an array that is not one of real numbers."""
    kinds = {"b": "true and false stand", "c": "complex numbers stand", "U": "text stands"}
    if found.dtype.kind in kinds:
        return kinds[found.dtype.kind]
    for entry in found.flat:
        if not isinstance(entry, (int, float, np.number)):
            return f"{entry!r:.40} stands"
    return f"{found.dtype} stands"


def ragged(value: Any) -> str | None:
    """Which row first differs in length, if rows do."""
    rows = [len(row) for row in value if hasattr(row, "__len__")]
    for index, length in enumerate(rows):
        if length != rows[0]:
            return f"row {index} has {length} entries and row 0 has {rows[0]}"
    return None


def coarsest(precisions: Iterator[str | None]) -> str | None:
    """The coarsest of some precisions: what all the numbers together are good for.

    >>> coarsest(iter(["float32", None, "float16"]))
    'float16'
    """
    found = [NARROW.index(name) for name in precisions if name is not None]
    return NARROW[max(found)] if found else None


def was_rounded(array: Array) -> bool:
    """Whether float32 numbers were rounded to a few digits before they were handed over.

    >>> was_rounded(np.float32([0.1, 0.25]).astype(float)), was_rounded(np.array([1 / 3]))
    (True, False)
    """
    return all(
        np.float32(f"{number:.{FLOAT32_DIGITS}g}") == number for number in array.flat if number
    )


def shortest(array: Array) -> Array:
    """Rounded float32 numbers as the decimal numbers they were rounded to."""
    texts = [f"{number:.{FLOAT32_DIGITS}g}" for number in array.flat]
    return np.array(texts, dtype=np.float64).reshape(array.shape)


def printable(array: Array) -> Any:
    """An array as a request can hold it: what is not finite as "NaN", "inf" and "-inf"."""
    if np.isfinite(array).all():
        return array if array.ndim else array.item()
    return named(array.tolist())


def named(value: Any) -> Any:
    """Nested lists, with names in place of numbers that are not finite."""
    if isinstance(value, list):
        return [named(item) for item in value]
    if value != value:
        return "NaN"
    return value if abs(value) != float("inf") else ("inf" if value > 0 else "-inf")


def frozen(values: Any) -> Array:
    """A list of an answer as an array that cannot be changed; null becomes NaN."""
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array
