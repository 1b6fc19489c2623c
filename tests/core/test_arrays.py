"""Arrays that nobody can write to."""

from __future__ import annotations

import numpy as np
import pytest

from core.arrays import read_only


@pytest.mark.parametrize(
    "values",
    [
        [[1, 2], [3, 4]],
        np.array([[1.0, 2.0], [3.0, 4.0]]),
        np.array([[1.0, 3.0], [2.0, 4.0]]).T,
        np.array([[1, 2], [3, 4]], dtype=np.float32),
        np.array([[1.0, 2.0, 0.0], [3.0, 4.0, 0.0]])[:, :2],
    ],
)
def test_the_result_is_float64_in_rows_and_cannot_be_written(values: object) -> None:
    """Lists, transposes, narrower types and views all become read-only float64 in C order."""
    array = read_only(values)
    assert array.dtype == np.float64
    assert array.flags.c_contiguous
    assert array.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0] = 5.0


def test_the_callers_array_stays_the_callers() -> None:
    """The caller can go on writing to the array, and the copy does not follow."""
    mine = np.zeros((2, 2))
    kept = read_only(mine)
    kept_view = read_only(mine[:1])
    mine[0, 0] = 1.0
    assert kept[0, 0] == kept_view[0, 0] == 0.0


def test_what_is_read_only_already_is_not_copied() -> None:
    """A million weights are not copied twice."""
    array = read_only(np.zeros(3))
    assert read_only(array) is array
    assert np.shares_memory(read_only(array[:2]), array)
