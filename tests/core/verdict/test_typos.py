"""Slips of the pen, found in claims that are right otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from core.rounding.precision import decimals
from core.verdict.diagnosis import Finding
from core.verdict.typos import one_digit, swaps
from tests.core.verdict.planted import ALL, exercise, findings
from tests.mistaken import Array, Key, worked

EXERCISE = exercise([3, 4, 2], ["tanh", "tanh"], examples=2, seed=11)
PLACES = 4


def printed() -> dict[Key, Array]:
    return {key: np.round(value, PLACES) for key, value in worked(EXERCISE).items()}


def found_after(key: Key, at: tuple[int, ...], wrong: float) -> Finding:
    """The finding for one entry replaced."""
    numbers = printed()
    numbers[key] = numbers[key].copy()
    numbers[key][at] = wrong
    slips = [
        f for f in findings(EXERCISE, numbers, ALL, decimals(PLACES)) if f.mistake == "entry-typo"
    ]
    return slips[0]


KEY: Key = ("weight_gradients", 1)


def clear_entry() -> tuple[tuple[int, ...], float]:
    """An entry of four different digits, none of them 0."""
    values = printed()[KEY]
    for at in np.ndindex(*values.shape):
        digits = f"{abs(values[at]):.4f}"[2:]
        if len(set(digits)) == 4 and "0" not in digits and abs(values[at]) < 1:
            return at, float(values[at])
    raise AssertionError("no such entry; take another seed")


def test_a_lost_sign() -> None:
    """The right size with the wrong sign."""
    at, value = clear_entry()
    (typo,) = found_after(KEY, at, -value).entries
    assert (typo.key, typo.index, typo.kind) == (KEY, at, "sign")


@pytest.mark.parametrize("factor", [10.0, 0.1, 100.0])
def test_a_moved_decimal_point(factor: float) -> None:
    """The right digits, one or two places off."""
    at, value = clear_entry()
    assert found_after(KEY, at, value * factor).entries[0].kind == "decimal point"


def test_two_swapped_digits() -> None:
    """0.1234 for 0.1324."""
    at, value = clear_entry()
    digits = f"{value:.4f}"
    swapped = float(digits[:-2] + digits[-1] + digits[-2])
    assert found_after(KEY, at, swapped).entries[0].kind == "swapped digits"


def test_one_wrong_digit() -> None:
    """A single digit differs."""
    at, value = clear_entry()
    wrong = value + np.sign(value) * (0.3 if f"{abs(value):.4f}"[2] in "123456" else -0.3)
    assert found_after(KEY, at, round(float(wrong), 4)).entries[0].kind == "one digit"


def test_not_a_number() -> None:
    """NaN in one place."""
    at, _ = clear_entry()
    finding = found_after(KEY, at, float("nan"))
    assert finding.entries[0].kind == "not a number"
    assert (finding.equation, finding.layers) == ("BP4", (1,))


@pytest.mark.parametrize(
    ("key", "equation"),
    [
        (("z", 1), "forward"),
        (("a", 2), "forward"),
        (("delta", 2), "BP1"),
        (("delta", 1), "BP2"),
        (("bias_gradients", 2), "BP3"),
    ],
)
def test_the_equation_is_that_of_the_mistyped_quantity(key: Key, equation: str) -> None:
    """A slip in δ(2) is BP1's, in z forward's."""
    value = printed()[key]
    at = (0,) * value.ndim
    finding = found_after(key, at, float(-value[at]) * 10.0 + 1.0)
    assert (finding.equation, finding.layers) == (equation, (key[1],))


def test_several_slips_are_told_together() -> None:
    """Three entries of sixty, each in its own way."""
    numbers = printed()
    for key, change in ((KEY, -1.0), (("delta", 2), 10.0), (("z", 2), -1.0)):
        numbers[key] = numbers[key].copy()
        numbers[key].flat[0] *= change
    found = findings(EXERCISE, numbers, ALL, decimals(PLACES))
    assert found[0].mistake == "entry-typo"
    assert {typo.key for typo in found[0].entries} == {KEY, ("delta", 2), ("z", 2)}


def test_a_whole_vector_is_no_slip() -> None:
    """All biases of a layer with the wrong sign: a formula, not a pen."""
    numbers = printed()
    numbers["bias_gradients", 2] = -numbers["bias_gradients", 2]
    found = findings(EXERCISE, numbers, ALL, decimals(PLACES))
    assert "entry-typo" not in {finding.mistake for finding in found}


def test_digits_are_swapped_and_replaced_at_every_place() -> None:
    """By hand: 0.12 and 1.2 turned, and what one digit can become."""
    assert set(swaps(1.23)) == {2.13, 1.32}
    assert set(one_digit(7.0)) == {float(d) for d in range(10)} | {7.0 + d / 10 for d in range(10)}


def test_a_lost_sign_in_the_only_claim() -> None:
    """−C for C, and nothing else is claimed."""
    cost = printed()["cost", 2]
    (found,) = findings(EXERCISE, {("cost", 2): -cost}, ALL, decimals(PLACES))
    assert found.mistake == "entry-typo"
    assert [typo.kind for typo in found.entries] == ["sign"]
