"""The whole verdict, on claims of a second implementation: right, wrong, undecided, and no miss."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.forward import NotFinite
from core.rounding.precision import FLOAT16, FLOAT32, FLOAT64, FLOATS, Precision, decimals
from core.rounding.reference import bounded_workings
from core.verdict.claims import QUANTITIES, Claimed, Claims
from core.verdict.judgement import as_bounded, census
from core.verdict.verify import verify
from tests import mistaken
from tests.core.verdict.exercises import COURSE, claim, network_of, numbers, with_entry
from tests.mistaken import SLIPS, Exercise

DTYPES: dict[str, Any] = {"float64": np.float64, "float32": np.float32, "float16": np.float16}


@pytest.mark.parametrize("stated", [True, False])
@pytest.mark.parametrize("format", DTYPES)
def test_right_claims_are_correct(format: str, stated: bool) -> None:
    """In every format, stated or read off the numbers; and with a part of the quantities."""
    network, batch = network_of(COURSE)
    claims = claim(numbers(COURSE, DTYPES[format]))
    verdict = verify(network, batch, claims, FLOATS[format] if stated else None)
    assert verdict.verdict == "correct"
    assert verdict.precision.name == format
    assert verdict.diagnosis is None
    assert [c.wrong for c in verdict.censuses] == [0] * 6
    part = claim(numbers(COURSE, DTYPES[format]), "weight_gradients")
    assert verify(network, batch, part, FLOATS[format]).verdict == "correct"


@pytest.mark.parametrize("places", [2, 4, 8, 12])
def test_right_claims_in_decimals_are_correct(places: int) -> None:
    """Printed and read back, the precision read off them."""
    network, batch = network_of(COURSE)
    verdict = verify(network, batch, claim(numbers(COURSE), change=lambda x: np.round(x, places)))
    assert verdict.verdict == "correct"
    assert verdict.precision.decimals == places


def test_a_wrong_number_is_wrong_and_only_its_quantity() -> None:
    """One δ off by 0.01 at four decimals: the verdict, the census, and the others untouched."""
    network, batch = network_of(COURSE)
    claims = claim(numbers(COURSE), change=lambda x: np.round(x, 4))
    value = float(claims["delta", 2].values[0, 1])
    verdict = verify(network, batch, with_entry(claims, ("delta", 2), (0, 1), value + 0.01), None)
    assert verdict.verdict == "wrong"
    assert {c.quantity: c.wrong for c in verdict.censuses} == {
        "z": 0, "a": 0, "cost": 0, "delta": 1, "bias_gradients": 0, "weight_gradients": 0,
    }  # fmt: skip
    assert verdict.diagnosis is not None


def test_claims_that_can_show_nothing_are_undecided() -> None:
    """The z of a single neuron whose number has no decimals shows none of the catalogue."""
    e = Exercise(
        [np.array([[0.3]])], [np.array([0.1])], ["sigmoid"], "mean_squared_error",
        np.array([[0.2]]), np.array([[0.4]]),
    )  # fmt: skip
    network, batch = network_of(e)
    claims = claim(numbers(e), "bias_gradients", change=lambda x: np.round(x, 0))
    verdict = verify(network, batch, claims, decimals(0))
    assert (verdict.verdict, verdict.coverage.visible) == ("undecided", ())


def test_what_depends_on_an_overflow_is_undecided_and_not_wrong() -> None:
    """z beyond 65504 in float16: no finite claim about it or after it is called wrong."""
    e = Exercise(
        [np.array([[400.0]]), np.array([[0.5]])], [np.zeros(1), np.zeros(1)],
        ["identity", "identity"], "mean_squared_error", np.array([[400.0]]), np.array([[1.0]]),
    )  # fmt: skip
    network, batch = network_of(e)
    anything = Claims({(q, 2): Claimed.all_of(np.array([[1.0]])) for q in ("z", "a", "delta")})
    assert verify(network, batch, anything, FLOAT16).verdict == "undecided"
    assert verify(network, batch, anything, FLOAT32).verdict == "wrong"
    with np.errstate(over="ignore"):
        overflowed = with_entry(anything, ("z", 2), (0, 0), float(np.float16(80000.0)))
    verdict = verify(network, batch, overflowed, FLOAT16)
    assert verdict.verdict == "wrong"
    assert verdict.censuses[0].worst is not None
    assert verdict.censuses[0].worst.overflow


def test_a_network_that_overflows_in_float64_has_no_verdict() -> None:
    """NotFinite names the quantity and the layer."""
    e = Exercise(
        [np.array([[1e200]])], [np.zeros(1)], ["identity"], "mean_squared_error",
        np.array([[1e200]]), np.array([[0.0]]),
    )  # fmt: skip
    with pytest.raises(NotFinite, match="z of layer 1"):
        verify(*network_of(e), Claims({("cost", 1): Claimed.all_of(np.asarray(1.0))}), FLOAT64)


def test_weight_gradients_stored_the_other_way_round_are_wrong_but_recognised() -> None:
    """Turned ones count as turned, and square ones among them are turned too if they fit so."""
    network, batch = network_of(COURSE)
    right = claim(numbers(COURSE), "weight_gradients")
    turned = Claims(right.layers, transposed=True)  # the border has turned them back already
    verdict = verify(network, batch, turned, FLOAT64)
    assert verdict.verdict == "wrong"
    assert [c.wrong for c in verdict.censuses] == [0]
    square = Exercise(
        [np.array([[0.5, -0.2], [0.1, 0.4]]), np.array([[0.3, 0.6]])],
        [np.array([0.1, -0.3]), np.array([0.2])],
        ["tanh", "tanh"], "mean_squared_error", np.array([[0.7, -0.4]]), np.array([[0.5]]),
    )  # fmt: skip
    network, batch = network_of(square)
    layers = dict(claim(numbers(square), "weight_gradients").layers)
    first = layers["weight_gradients", 1].values
    layers["weight_gradients", 1] = Claimed.all_of(first.T.copy())
    verdict = verify(network, batch, Claims(layers, transposed=True), FLOAT64)
    assert [c.wrong for c in verdict.censuses] == [0]
    assert np.array_equal(verdict.claims["weight_gradients", 1].values, first)


def test_the_kindest_reading_decides() -> None:
    """A cost in full beside four decimals: read as float64 all else would be wrong."""
    network, batch = network_of(COURSE)
    values = numbers(COURSE)
    claims = claim(values, "delta", "cost", change=lambda x: np.round(x, 4))
    claims = with_entry(claims, ("cost", 2), (), float(values["cost", 2]))
    verdict = verify(network, batch, claims)
    assert verdict.verdict == "correct"
    assert verdict.precision == decimals(4)
    off = with_entry(claims, ("delta", 1), (0, 0), 0.5)
    assert verify(network, batch, off).verdict == "wrong"


# Whole numbers: nothing to round


def whole(claimed: float, weight: float = 2.0, name: str = "identity") -> Any:
    """One neuron, input 3 and target 5, a weight gradient claimed; nothing stated."""
    e = Exercise(
        [np.array([[weight]])], [np.zeros(1)], [name], "mean_squared_error",
        np.array([[3.0]]), np.array([[5.0]]),
    )  # fmt: skip
    claims = Claims({("weight_gradients", 1): Claimed.all_of(np.array([[claimed]]))})
    return verify(*network_of(e), claims)


@pytest.mark.parametrize("name", ["identity", "relu"])
@pytest.mark.parametrize(("claimed", "wanted"), [(3.0, "correct"), (-3.0, "wrong"), (2.0, "wrong"),
                                                  (4.0, "wrong"), (0.0, "wrong")])  # fmt: skip
def test_whole_numbers_of_whole_numbers_are_exact(claimed: float, wanted: str, name: str) -> None:
    """z = 6, δ = 1 and the gradient 3 need no rounding: no notation excuses another number."""
    assert whole(claimed, name=name).verdict == wanted


def test_whole_numbers_of_other_numbers_are_rounded() -> None:
    """(1.7 · 3 − 5) · 3 = 0.3: by hand 0, or 3 · 0.1 = 0.3, in whole numbers."""
    assert whole(0.0, weight=1.7).verdict != "wrong"
    assert whole(0.3, weight=1.7).verdict != "wrong"
    assert whole(40.0, weight=1.7).verdict == "wrong"
    rounded = whole(2.0, weight=1.85)  # (5.55 − 5) · 3 = 1.65
    assert (rounded.verdict, rounded.precision) == ("correct", decimals(0))


# No miss: mistakes of the second implementation, in the arithmetic of each precision


def small(seed: int) -> Exercise:
    """A network of a course."""
    rng = np.random.default_rng(seed)
    sizes = [int(n) for n in rng.integers(1, 5, size=int(rng.integers(2, 5)))]
    kinds = [name for name in ACTIVATIONS if name != "softmax"]
    names = [str(rng.choice(kinds)) for _ in sizes[1:]]
    cost = "mean_squared_error"
    if rng.random() < 0.4:
        cost, names[-1] = "binary_cross_entropy", "sigmoid"
    N = int(rng.integers(1, 4))
    return Exercise(
        [rng.normal(size=(n, m)) for m, n in pairwise(sizes)],
        [rng.normal(size=n) for n in sizes[1:]],
        names, cost, rng.normal(size=(N, sizes[0])), rng.uniform(0.1, 0.9, size=(N, sizes[-1])),
    )  # fmt: skip


@pytest.mark.parametrize("precision", [FLOAT64, FLOAT32, FLOAT16, decimals(4)])
@pytest.mark.parametrize("seed", range(4))
def test_a_mistake_beyond_twice_a_bound_is_wrong(seed: int, precision: Precision) -> None:
    """Every slip in every layer that moves a number by more than two bounds is called wrong."""
    e = small(seed)
    network, batch = network_of(e)
    reference = bounded_workings(network, batch, precision)
    dtype = DTYPES.get(precision.name, np.float64)
    tried = missed = 0
    for wrong in SLIPS:
        places = mistaken.can_stand(e, wrong)
        if not places:
            continue
        number = 0.125 if wrong.needs else None
        options = {"wrong": wrong, "where": frozenset(places), "number": number}
        moved = claim(mistaken.worked(e, **options))
        if not any(beyond(moved, reference, key) for key in moved):
            continue
        change = (lambda x: np.round(x, 4)) if precision.has_notation else (lambda x: x)
        claims = claim(mistaken.worked(e, dtype=dtype, **options), change=change)
        tried += 1
        found = sum(census(q, claims, reference).wrong for q in QUANTITIES)
        assert found == wrong_entries(claims, reference)
        missed += found == 0
    assert tried >= 10
    assert missed == 0


def beyond(claims: Claims, reference: Any, key: tuple[str, int]) -> bool:
    bounded = as_bounded(reference, key)
    with np.errstate(invalid="ignore"):
        return bool((np.abs(claims[key].values - bounded.value) > 2 * bounded.error).any())


def wrong_entries(claims: Claims, reference: Any) -> int:
    """By the definition of the contract."""
    count = 0
    for key in claims:
        bounded, values = as_bounded(reference, key), claims[key].values
        with np.errstate(invalid="ignore"):
            room = bounded.error + 2.0**-52 * np.abs(values)
            inside = np.isfinite(values) & (np.abs(values - bounded.value) <= room)
        count += int((~inside).sum())
    return count
