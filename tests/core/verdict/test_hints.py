"""What is said of numbers that no catalogued mistake gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from core.rounding.precision import FLOAT64, decimals
from core.verdict.diagnosis import Finding
from tests.core.verdict.planted import ALL, exercise, findings
from tests.mistaken import Array, Exercise, Key, worked

DEEP = exercise([3, 4, 4, 2], ["tanh", "sigmoid", "tanh"], examples=3, seed=5)
LOGISTIC = exercise([3, 4, 2], ["tanh", "sigmoid"], "binary_cross_entropy", 3, seed=6)


def unrecognised(network: Exercise, numbers: dict[Key, Array]) -> Finding:
    (found,) = findings(network, numbers, ALL, FLOAT64)
    assert found.mistake == "unrecognised"
    return found


def to(places: int) -> Callable[[Array], Array]:
    return lambda x: np.round(x, places)


@pytest.mark.parametrize("places", [3, 4, 6])
def test_numbers_rounded_on_the_way(places: int) -> None:
    """Every step rounded, the results stated to be float64: right to so many decimals."""
    numbers = worked(DEEP, keep=to(places))
    told = unrecognised(DEEP, numbers).told
    assert told is not None
    assert f"right to {places} decimals" in told[0]
    assert findings(DEEP, numbers, ALL, decimals(places)) == ()


def test_numbers_computed_in_single_precision() -> None:
    """float32 numbers, stated to be float64."""
    numbers = {
        key: value.astype(np.float64) for key, value in worked(DEEP, dtype=np.float32).items()
    }
    told = unrecognised(DEEP, numbers).told
    assert told is not None
    assert "right in float32" in told[0]


def test_numbers_for_another_cost() -> None:
    """Squares where the network asks for a cross-entropy: cost, δ and gradients follow from it."""
    squares = replace(LOGISTIC, cost="mean_squared_error")
    told = unrecognised(LOGISTIC, worked(squares)).told
    assert told is not None
    assert "another cost, mean_squared_error" in told[0]
    assert "binary_cross_entropy" in told[1]


def test_arbitrary_numbers_are_right_for_nothing() -> None:
    """Half of a layer's size is beyond any rounding."""
    numbers = worked(DEEP)
    generator = np.random.default_rng(8)
    for l in (1, 2):
        right = numbers["delta", l]
        numbers["delta", l] = right + np.abs(right).max() * generator.normal(size=right.shape) / 2
    assert unrecognised(DEEP, numbers).told is None


def test_tiny_numbers_are_not_right_by_being_near_nought() -> None:
    """Gradients of 10⁻³ agree with anything to two decimals; that is not said."""
    tiny = replace(DEEP, targets=worked(DEEP)["a", 3] + 1e-3)
    numbers = worked(tiny)
    generator = np.random.default_rng(9)
    for l in (1, 2):
        numbers["delta", l] = 1e-3 * generator.normal(size=numbers["delta", l].shape)
    assert unrecognised(tiny, numbers).told is None
