"""The number inside a mistake, read off claims that were rounded on writing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rounding.precision import FLOAT32, FLOAT64, Precision, decimals, significant_digits
from core.verdict.candidates import Candidate, key_of
from core.verdict.carried import carried
from core.verdict.mistakes.table import CATALOGUE
from core.verdict.parameters import ROUND_DIGITS, digits_of, short_numbers, slope, snapped
from core.verdict.prepared import Prepared
from tests.core.verdict.planted import (
    ALL,
    GRADIENTS,
    claims_of,
    exercise,
    findings,
    network_of,
    readings,
    slip,
)
from tests.mistaken import Array, Exercise, Key, Place, worked

STEP, DECAY = "step-instead-of-gradient", "regularised"
TIMES, UPDATED = 0, 1  # η ∂C/∂θ, and θ − η ∂C/∂θ
NETWORKS = [
    exercise([2, 2, 2], ["gelu", "sigmoid"], "cross_entropy", 5, seed=31),
    exercise([3, 4, 4, 2], ["tanh", "sigmoid", "tanh"], examples=3, seed=32),
    exercise([2, 3, 3], ["softplus", "softmax"], "cross_entropy", 2, seed=33),
]
RATES = (0.5, 0.1, 0.05, 0.01)


def cut(x: Array) -> Array:
    return np.round(x, 4)


def places_of(network: Exercise, slug: str, layers: list[int] | None = None) -> frozenset[Place]:
    layers = layers or [*range(1, len(network.weights) + 1)]
    return frozenset((step, l) for step in slip(slug).steps for l in layers)


def with_number(
    network: Exercise,
    slug: str,
    number: float,
    layers: list[int] | None = None,
    variant: int = 0,
    keep: Callable[[Array], Array] | None = None,
) -> dict[Key, Array]:
    """The student's numbers, to four decimals: cut at every step with `keep`, or at the end."""
    where = places_of(network, slug, layers)
    if keep is not None:
        return worked(network, slip(slug, variant), where, number, keep=keep)
    found = worked(network, slip(slug, variant), where, number)
    return {key: cut(value) for key, value in found.items()}


@pytest.mark.parametrize("quantities", [ALL, GRADIENTS], ids=["all", "gradients"])
@pytest.mark.parametrize("keep", [None, cut], ids=["at the end", "at every step"])
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("row", range(len(NETWORKS)))
def test_a_rate_in_four_decimals(
    row: int, rate: float, keep: Callable[[Array], Array] | None, quantities: tuple[str, ...]
) -> None:
    """Steps of few digits are still steps, and the rate is the short one that was planted.

    Of gradients alone a half or a tenth may be another cost, too.
    """
    network = NETWORKS[row]
    for variant in (TIMES, UPDATED):
        numbers = with_number(network, STEP, rate, variant=variant, keep=keep)
        found = readings(findings(network, numbers, quantities, decimals(4))[0])
        assert (STEP, rate) in {(f.mistake, f.number) for f in found}


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("row", range(len(NETWORKS)))
def test_a_rate_in_one_layer(row: int, rate: float) -> None:
    """In the first layer alone, cut at every step: those few numbers are enough for the slug."""
    network = NETWORKS[row]
    numbers = with_number(network, STEP, rate, [1], keep=cut)
    found = findings(network, numbers, ALL, decimals(4))[0]
    assert (found.mistake, found.layers) == (STEP, (1,))


@pytest.mark.parametrize("strength", RATES)
@pytest.mark.parametrize("row", range(len(NETWORKS)))
def test_a_strength_in_four_decimals(row: int, strength: float) -> None:
    """λ is found as it was planted, from the gradients alone."""
    network = NETWORKS[row]
    numbers = with_number(network, DECAY, strength)
    found = findings(network, numbers, GRADIENTS, decimals(4))[0]
    assert (found.mistake, found.number) == (DECAY, strength)


def digits(count: int) -> Callable[[Array], Array]:
    def rounded(x: Array) -> Array:
        return np.array([float(f"{v:.{count - 1}e}") for v in x.ravel()]).reshape(x.shape)

    return rounded


def places(count: int) -> Callable[[Array], Array]:
    return lambda x: np.round(x, count)


PRECISIONS: dict[str, tuple[Precision, Callable[[Array], Array]]] = {
    "float64": (FLOAT64, lambda x: x),
    "float32": (FLOAT32, lambda x: x.astype(np.float32).astype(np.float64)),
    **{f"{n} decimals": (decimals(n), places(n)) for n in (2, 3, 6)},
    **{f"{n} digits": (significant_digits(n), digits(n)) for n in (2, 3, 5)},
}


@pytest.mark.parametrize("name", PRECISIONS)
@pytest.mark.parametrize(("slug", "variant"), [(STEP, TIMES), (STEP, UPDATED), (DECAY, 0)])
def test_the_planted_number_is_never_excluded(slug: str, variant: int, name: str) -> None:
    """However the claims were rounded, what is left to the number has the planted one in it."""
    precision, rounded = PRECISIONS[name]
    generator = np.random.default_rng(34)
    for network in [*NETWORKS] * 4:
        number = float(10.0 ** generator.uniform(-2.5, 0.5))
        exact = worked(network, slip(slug, variant), places_of(network, slug), number)
        numbers = {key: rounded(value) for key, value in exact.items()}
        prepared = Prepared(*network_of(network))
        reference = prepared.reference(precision, 4.0)
        for quantities in (ALL, GRADIENTS):
            own = carried(claims_of(numbers, quantities), reference)
            found = slope(everywhere(network, slug, variant), own)
            assert found is not None
            # two roundings of float64 on the way, where the interval is as narrow as that
            assert abs(found[0] - number) <= found[1] + 4e-16 * number


def everywhere(network: Exercise, slug: str, variant: int) -> Candidate:
    """The catalogue's variant of the planted slip; θ − η ∂C/∂θ is its first, the slips' second."""
    mistake = next(m for m in CATALOGUE if m.slug == slug)
    chosen = mistake.variants[1 - variant if slug == STEP else 0]
    names = {"BP3": "bp3", "BP4": "bp4"}
    where = frozenset((names[step], l) for step, l in places_of(network, slug))
    assert all(key_of(place)[0] in GRADIENTS for place in where)
    return Candidate(mistake, chosen, where)


def test_any_number_explains_one_entry_but_a_short_one_is_likelier() -> None:
    """One weight, one wrong entry: λ = 0.05 is said before a rate of many digits."""
    for seed in range(6):
        network = exercise([3, 2, 1, 1], ["tanh", "tanh", "tanh"], examples=2, seed=seed)
        numbers = worked(network, slip(DECAY), places_of(network, DECAY, [3]), 0.05, np.float32)
        found = [r for f in findings(network, numbers, ALL, FLOAT32) for r in readings(f)]
        with_rate = [f for f in found if f.mistake in (STEP, DECAY)]
        assert (with_rate[0].mistake, with_rate[0].number) == (DECAY, 0.05)
        assert {f.mistake for f in with_rate} == {STEP, DECAY}


@pytest.mark.parametrize(
    ("low", "high", "short"),
    [
        (0.008, 0.0102, 0.01),  # the middle is nearer to 0.009
        (0.0098, 0.00999, 0.0099),
        (0.3, 0.6, 0.5),
        (-0.12, -0.09, -0.1),
        (0.015, 0.024, 0.02),
        (0.0029, 0.0034, 0.003),
        (2.36, 2.38, 2.37),
        (9.6, 11.0, 10.0),
    ],
)
def test_the_roundest_number_is_taken(low: float, high: float, short: float) -> None:
    """1, 5, 2 and a power of ten before the nearest digit, few digits before many."""
    assert snapped((low + high) / 2, (high - low) / 2) == (short, 0.0)


def test_without_a_short_number_the_middle_stays() -> None:
    """2.3456 ± 0.0001 has none of three digits; ±∞ and 0 have none at all."""
    for found in ((2.3456, 1e-4), (0.0, 1.0), (float("inf"), 1.0)):
        assert snapped(*found) == found


@given(
    st.floats(1e-30, 1e30) | st.floats(-1e30, -1e-30),
    st.floats(0.0, 1e3),
)
def test_short_numbers_lie_within(number: float, relative: float) -> None:
    """Each has at most three digits, is within the uncertainty, and comes once."""
    uncertainty = relative * abs(number)
    found = [*short_numbers(number, uncertainty)]
    assert len(found) == len(set(found))
    assert all(abs(short - number) <= uncertainty for short in found)
    assert all(digits_of(short) <= ROUND_DIGITS for short in found)


def test_digits_are_counted() -> None:
    """As people write the number, whatever its power of ten; beyond three it is just long."""
    numbers = (0.05, -300.0, 0.25, 1.87, 1.3267, 1 / 3)
    assert [digits_of(number) for number in numbers] == [1, 1, 2, 3, 4, 4]
