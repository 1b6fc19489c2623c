"""Right numbers, otherwise arranged: scaled, transposed, in another order."""

from __future__ import annotations

import numpy as np
import pytest

from core.rounding.precision import FLOAT64, decimals
from core.verdict.claims import Claims
from core.verdict.conventions import is_nice, orders
from core.verdict.verify import verify
from tests.core.verdict.planted import (
    ALL,
    GRADIENTS,
    claims_of,
    exercise,
    findings,
    network_of,
    readings,
)
from tests.mistaken import Array, Key, worked

SQUARE = exercise([3, 3, 3], ["tanh", "sigmoid"], examples=3, seed=6)
DEEP = exercise([2, 4, 3], ["tanh", "tanh"], examples=2, seed=7)


def named(numbers: dict[Key, Array], quantities: tuple[str, ...] = ALL) -> dict[str, float | None]:
    """Every slug that is said first, with its number."""
    found = findings(SQUARE, numbers, quantities)[0]
    return {f.mistake: f.number for f in readings(found)}


@pytest.mark.parametrize("factor", [0.5, 2.0, 3.0, -1.0, 7.0])
def test_a_constant_on_all_that_comes_from_the_cost(factor: float) -> None:
    """The same constant on cost, δ and gradients is another cost; the constant is named."""
    numbers = {k: v if k[0] in ("z", "a") else factor * v for k, v in worked(SQUARE).items()}
    assert named(numbers)["scaled"] == factor


@pytest.mark.parametrize("quantities", [("delta",), GRADIENTS, ("delta", *GRADIENTS)])
def test_a_constant_on_part_of_it(quantities: tuple[str, ...]) -> None:
    """δ with 1/N in it, gradients summed: what people scale together."""
    numbers = {k: 5.0 * v if k[0] in quantities else v for k, v in worked(SQUARE).items()}
    found = [r for f in findings(SQUARE, numbers) for r in readings(f)]
    assert ("scaled", "convention", 5.0) in {(f.mistake, f.equation, f.number) for f in found}


def test_the_constant_is_found_in_rounded_numbers() -> None:
    """Four decimals leave the factor an interval with one short number in it."""
    numbers = {k: v if k[0] in ("z", "a") else 4.0 * v for k, v in worked(DEEP).items()}
    rounded = {k: np.round(v, 4) for k, v in numbers.items()}
    found = [r for f in findings(DEEP, rounded, ALL, decimals(4)) for r in readings(f)]
    assert ("scaled", 4.0) in {(f.mistake, f.number) for f in found}


def test_two_numbers_are_no_scale() -> None:
    """Two numbers off by one factor may be an accident."""
    tiny = exercise([1, 1], ["tanh"], seed=1)
    numbers = {k: 5.0 * v if k[0] in GRADIENTS else v for k, v in worked(tiny).items()}
    found = [r for f in findings(tiny, numbers) for r in readings(f)]
    assert "scaled" not in {f.mistake for f in found}


@pytest.mark.parametrize(
    ("factor", "nice"),
    [(2.0, True), (-1.0, True), (1 / 3, True), (12.0, True), (0.734, False), (2.5, False)],
)
def test_nice_factors(factor: float, nice: bool) -> None:
    """Small whole numbers, and one over them."""
    assert is_nice(factor) is nice


def test_transposed_layout_of_square_weights() -> None:
    """Shapes cannot tell it, numbers can; a δᵀ for δ aᵀ is the same and said beside it."""
    numbers = {k: v.T if k[0] == "weight_gradients" else v for k, v in worked(SQUARE).items()}
    assert {"transposed-layout", "outer-product-transposed"} <= named(numbers).keys()


def test_transposed_layout_told_by_shapes() -> None:
    """The border turned the claims back: all of them fit, and the layout is what is wrong."""
    claims = claims_of(worked(DEEP))
    verdict = verify(*network_of(DEEP), Claims(claims.layers, transposed=True), FLOAT64)
    assert verdict.verdict == "wrong"
    assert verdict.diagnosis is not None
    (found,) = verdict.diagnosis.findings
    assert (found.mistake, found.equation, found.layers) == (
        "transposed-layout",
        "convention",
        (1, 2),
    )


def test_examples_in_another_order() -> None:
    """z, a and δ with the examples turned; the gradients, which average over them, as they were."""
    order = [2, 0, 1]
    numbers = {k: v[order] if k[0] in ("z", "a", "delta") else v for k, v in worked(SQUARE).items()}
    assert "examples-reordered" in named(numbers)


def test_layers_in_another_order() -> None:
    """Gradients from the last layer to the first."""
    right = worked(SQUARE)
    numbers = {k: v if k[0] == "cost" else right[k[0], 3 - k[1]] for k, v in right.items()}
    assert "layers-reordered" in named(numbers)


def test_orders_are_all_or_the_usual_ones() -> None:
    """Every order of a few things; the reverse and the turns of many."""
    assert set(orders(3)) == {(0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)}
    assert len(list(orders(8))) == 8
    assert (7, 6, 5, 4, 3, 2, 1, 0) in set(orders(8))
