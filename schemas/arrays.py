"""Lists of JSON numbers become float64 arrays in one conversion; lists are walked only to explain.

numpy would take "1.5", true and null for numbers, so the types are looked at first. A matrix whose
rows differ in length is handed on as `Ragged`: which row is to blame depends on the other layers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

import numpy as np

from core.arrays import Array, all_finite
from schemas.problems import Problem
from schemas.words import kind, shown

NUMBER_TYPES = frozenset({int, float})  # not bool, which is an int to isinstance
LIST = frozenset({list})
LARGEST = "the largest float64 is about 1.8e308"


@dataclass(frozen=True)
class Ragged:
    """Rows of numbers that differ in length."""

    lengths: tuple[int, ...]


Vector: TypeAlias = Array
Matrix: TypeAlias = Array | Ragged


def vector(values: Any) -> Vector | None:
    """A non-empty list of finite numbers as an array, or None if it is anything else."""
    if type(values) is not list or not values or not NUMBER_TYPES.issuperset(map(type, values)):
        return None
    return _finite(values)


def matrix(rows: Any) -> Matrix | None:
    """A list of non-empty lists of finite numbers as an array, or None if it is anything else."""
    if type(rows) is not list or not rows or not LIST.issuperset(map(type, rows)) or not all(rows):
        return None
    if not NUMBER_TYPES.issuperset(map(type, chain.from_iterable(rows))):
        return None
    if len(set(map(len, rows))) > 1:
        finite = _finite(list(chain.from_iterable(rows))) is not None
        return Ragged(tuple(map(len, rows))) if finite else None
    return _finite(rows)


def vector_or_matrix(values: Any) -> Matrix | None:
    """One example, or a batch of them."""
    array = vector(values)
    return matrix(values) if array is None else array


def _finite(numbers: list[Any]) -> Array | None:
    try:
        array = np.array(numbers, np.float64)
    except OverflowError:
        return None
    return array if all_finite(array) else None


Explain: TypeAlias = Callable[[Any], Iterator[Problem]]


def explain_number(value: Any) -> Iterator[Problem]:
    """Why this is not a finite number."""
    if type(value) is str:
        hint = "send it without quotation marks" if _reads_as_number(value) else "send a number"
        yield Problem((), f"{shown(value)} is a string: {hint}")
    elif type(value) not in NUMBER_TYPES:
        yield Problem((), f"{kind(value)} stands where a number is needed")
    elif not _fits(value):
        yield Problem((), f"this number is not finite; {LARGEST}")


def explain_vector(values: Any) -> Iterator[Problem]:
    """Why this is not a vector."""
    if type(values) in NUMBER_TYPES:
        yield Problem((), f"is a number; a list of numbers is needed: send [{shown(values)}]")
    elif type(values) is not list:
        yield Problem((), f"{kind(values)} stands where a list of numbers is needed")
    elif not values:
        yield Problem((), "is empty; it needs at least one number")
    elif _is_column(values):
        flat = [row[0] for row in values]
        yield Problem((), f"is a column, a list of lists; send {shown(flat)}")
    elif len(values) == 1 and vector(values[0]) is not None:
        yield Problem((), f"has one pair of brackets too many; send {shown(values[0])}")
    else:
        yield from each(values, explain_number)


def explain_matrix(rows: Any) -> Iterator[Problem]:
    """Why this is not a matrix."""
    if type(rows) is not list:
        yield Problem((), f"{kind(rows)} stands where a matrix, a list of rows, is needed")
    elif not rows:
        yield Problem((), "is empty; a matrix needs at least one row")
    elif vector(rows) is not None:
        hint = f"a matrix of one row is [{shown(rows)}]"
        yield Problem((), f"is a list of numbers; a matrix, a list of rows, is needed ({hint})")
    else:
        yield from each(rows, explain_row)


def explain_row(row: Any) -> Iterator[Problem]:
    """Why this is not a row of a matrix."""
    if type(row) is not list:
        yield Problem((), f"{kind(row)} stands where a row, a list of numbers, is needed")
    elif not row:
        yield Problem((), "this row is empty; it needs at least one number")
    else:
        yield from each(row, explain_number)


def explain_vector_or_matrix(values: Any) -> Iterator[Problem]:
    """Why this is neither one example nor a batch."""
    if type(values) is list and list in set(map(type, values)):
        yield from explain_matrix(values)
    else:
        yield from explain_vector(values)


def sketch_vector(values: Any) -> Vector | None:
    """What a vector that could not be read was meant to be, NaN for unreadable numbers.

    Its length can still be compared with the other shapes of the request.
    """
    if type(values) is list and _is_column(values):
        values = [row[0] for row in values]
    elif type(values) is list and len(values) == 1 and type(values[0]) is list:
        values = values[0]
    if type(values) is not list or not values or list in set(map(type, values)):
        return None
    return np.array([_number_or_nan(value) for value in values])


def sketch_matrix(rows: Any) -> Matrix | None:
    """What a matrix that could not be read was meant to be, NaN for unreadable numbers."""
    if type(rows) is not list or set(map(type, rows)) != {list} or not all(rows):
        return None
    if list in set(map(type, chain.from_iterable(rows))):
        return None
    if len(set(map(len, rows))) > 1:
        return Ragged(tuple(map(len, rows)))
    return np.array([[_number_or_nan(value) for value in row] for row in rows])


def sketch_vector_or_matrix(values: Any) -> Matrix | None:
    """What one example or a batch that could not be read was meant to be."""
    if type(values) is list and list in set(map(type, values)):
        return sketch_matrix(values)
    return sketch_vector(values)


def each(values: list[Any], explain: Explain) -> Iterator[Problem]:
    """The problems of every item, seen from the list."""
    for index, value in enumerate(values):
        for problem in explain(value):
            yield problem.below(index)


def _is_column(values: list[Any]) -> bool:
    return len(values) > 1 and all(
        type(row) is list and len(row) == 1 and type(row[0]) is not list for row in values
    )


def _number_or_nan(value: Any) -> float:
    return float(value) if type(value) in NUMBER_TYPES and _fits(value) else np.nan


def _fits(value: float) -> bool:
    try:
        return bool(np.isfinite(float(value)))
    except OverflowError:
        return False


def _reads_as_number(text: str) -> bool:
    try:
        return _fits(float(text))
    except ValueError:
        return False
