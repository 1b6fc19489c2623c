"""Arrays that nobody can write to, and what they hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.arrays import FEW, Array, all_finite, all_finite_in, any_infinite, read_only

sizes = st.sampled_from([1, 2, FEW - 1, FEW, FEW + 1, 2 * FEW])
specials = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e308, 5e-324])


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


@st.composite
def with_specials(draw: st.DrawFn) -> Array:
    """A matrix of ones, some of which are something else."""
    array = np.ones((2, draw(sizes)))
    for _ in range(draw(st.integers(0, 2))):
        array[draw(st.integers(0, 1)), draw(st.integers(0, array.shape[1] - 1))] = draw(specials)
    return array


@given(with_specials())
def test_finite_as_numpy_says_on_either_side_of_few(array: Array) -> None:
    """Both ways, Python's for a few numbers and numpy's for many, see the same."""
    for values in (array, array.T, array[:, ::2], array[0], array[0, 0]):
        assert all_finite(values) == np.isfinite(values).all()
        assert any_infinite(values) == np.isinf(values).any()


@given(st.lists(with_specials(), min_size=1, max_size=4))
def test_several_at_once(arrays: list[Array]) -> None:
    """Sums of large numbers and of opposite infinities deceive nobody, in any number of arrays."""
    assert all_finite_in(arrays) is all(np.isfinite(array).all() for array in arrays)


def test_a_sum_that_overflows_is_no_infinity() -> None:
    """Two numbers of 1e308, in one array and in two, and both infinities beside each other."""
    large, both = np.full((1, 2), 1e308), np.array([[np.inf, -np.inf]])
    assert all_finite(large)
    assert not any_infinite(large)
    assert all_finite_in([large, large])
    assert all_finite_in([large[:, :1], large[:, 1:]])
    assert not all_finite(both)
    assert any_infinite(both)
    assert not all_finite_in([both[:, :1], both[:, 1:]])
