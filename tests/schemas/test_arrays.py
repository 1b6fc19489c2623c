"""Lists of JSON numbers become arrays exactly, and nothing else does."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from schemas import arrays
from schemas.arrays import Ragged
from schemas.fields import Field, Matrices, VectorOrMatrix, Vectors
from schemas.problems import Problem, flatten

finite = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70)
scalars = st.none() | st.booleans() | st.text(max_size=3) | finite | st.floats()
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


def bits(numbers: list[Any]) -> list[bytes]:
    return [np.float64(number).tobytes() for number in numbers]


@given(st.lists(finite, min_size=1))
def test_vectors_are_read_bit_for_bit(numbers: list[Any]) -> None:
    """Every finite number becomes the float64 that Python's own conversion gives, -0.0 included."""
    array = arrays.vector(numbers)
    assert array is not None
    assert bits(list(array)) == bits([float(number) for number in numbers])


@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_matrices_are_read_bit_for_bit(rows: int, columns: int, data: st.DataObject) -> None:
    """Rows stay rows, and every entry is exact."""
    row = st.lists(finite, min_size=columns, max_size=columns)
    values = data.draw(st.lists(row, min_size=rows, max_size=rows))
    array = arrays.matrix(values)
    assert isinstance(array, np.ndarray)
    assert array.shape == (rows, columns)
    assert bits(list(array.ravel())) == bits([float(v) for line in values for v in line])


def is_vector(value: Any) -> bool:
    """What a vector is, said the slow way."""
    return (
        isinstance(value, list)
        and len(value) > 0
        and all(type(v) in (int, float) and math.isfinite(v) for v in value)
    )


@given(json_values)
def test_only_vectors_are_vectors(value: Any) -> None:
    """Whatever JSON holds is read as a vector exactly if it is one, and explained if not."""
    assert (arrays.vector(value) is not None) == is_vector(value)
    assert any(arrays.explain_vector(value)) == (not is_vector(value))


@given(json_values)
def test_only_matrices_are_matrices(value: Any) -> None:
    """Whatever JSON holds is read as a matrix exactly if its rows are vectors."""
    right = isinstance(value, list) and len(value) > 0 and all(map(is_vector, value))
    assert (arrays.matrix(value) is not None) == right
    assert any(arrays.explain_matrix(value)) == (not right)


def problems_of(field: Field, value: Any) -> list[Problem] | None:
    """What the field says against a value; None if it takes it."""
    try:
        field.deserialize(value)
    except ValidationError as error:
        return flatten(error.messages)
    return None


@given(json_values)
def test_fields_take_or_refuse_anything(value: Any) -> None:
    """No JSON value makes a field fail otherwise than by saying what is wrong with it."""
    for field in (Matrices(), Vectors(), VectorOrMatrix()):
        assert problems_of(field, value) != []


def test_ragged_rows_are_told_by_their_lengths() -> None:
    """A matrix whose rows differ is neither an array nor unreadable."""
    assert arrays.matrix([[1, 2], [3]]) == Ragged((2, 1))
    assert arrays.matrix([[1, 2], [math.inf]]) is None


@pytest.mark.parametrize("digits", [309, 400, sys.get_int_max_str_digits() + 700])
def test_huge_integers_are_refused(digits: int) -> None:
    """An integer beyond float64 is a problem with a message, not an OverflowError."""
    huge = 10**digits
    assert arrays.vector([1, huge]) is None
    (problem,) = arrays.explain_vector([1, huge])
    assert problem.path == (1,)
    assert "not finite" in problem.detail


@given(json_values)
def test_sketches_keep_the_shape(value: Any) -> None:
    """What is readable is sketched as itself, so that a mistake in it hides no other mistake."""
    read = arrays.vector_or_matrix(value)
    sketch = arrays.sketch_vector_or_matrix(value)
    if isinstance(read, Ragged):
        assert sketch == read
    elif read is not None and read.shape[-1] > 1 and len(read) > 1:
        assert isinstance(sketch, np.ndarray)
        np.testing.assert_array_equal(sketch, read)
