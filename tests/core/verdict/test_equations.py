"""Error carried forward, told by a second implementation: one mistake is blamed once."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.rounding.precision import FLOAT32, FLOAT64, Precision, decimals
from core.rounding.reference import bounded_workings
from core.verdict.claims import Claims
from core.verdict.equations import equations_on, own_numbers
from core.verdict.judgement import as_bounded, fits
from tests.core.verdict.exercises import COURSE, claim, network_of, numbers, with_entry, without
from tests.mistaken import SLIPS, Exercise

ENTROPY = Exercise(
    COURSE.weights, COURSE.biases, ["tanh", "sigmoid"], "binary_cross_entropy",
    COURSE.inputs, np.array([[0.0, 1.0], [0.25, 0.9]]),
)  # fmt: skip

EQUATIONS = [
    ("forward", 1), ("forward", 2), ("cost", 2), ("BP1", 2), ("BP2", 1),
    ("BP3", 1), ("BP4", 1), ("BP3", 2), ("BP4", 2),
]  # fmt: skip


def verdicts(
    e: Exercise, claims: Claims, precision: Precision = FLOAT64
) -> dict[tuple[str, int], str]:
    network, batch = network_of(e)
    reference = bounded_workings(network, batch, precision)
    keys = [
        (q, l) for q in ("z", "a", "delta", "bias_gradients", "weight_gradients") for l in (1, 2)
    ]
    right = frozenset(
        key
        for key in [*keys, ("cost", 2)]
        if claims.get(key) is None or fits(claims[key], as_bounded(reference, key)).all()
    )
    tested = equations_on(own_numbers(claims, reference, right))
    return {(t.equation, t.layer): t.verdict for t in tested}


def slip(slug: str, number: int = 0) -> Any:
    return [wrong for wrong in SLIPS if wrong.slug == slug][number]


@pytest.mark.parametrize("e", [COURSE, ENTROPY])
@pytest.mark.parametrize(
    ("precision", "change", "dtype"),
    [
        (FLOAT64, lambda x: x, np.float64),
        (FLOAT32, lambda x: x, np.float32),
        (decimals(4), lambda x: np.round(x, 4), np.float64),
    ],
)
def test_right_numbers_follow_from_each_other(
    e: Exercise, precision: Precision, change: Callable[[Any], Any], dtype: Any
) -> None:
    """Every equation of every layer holds, in the order of the computation."""
    found = verdicts(e, claim(numbers(e, dtype), change=change), precision)
    assert found == dict.fromkeys(EQUATIONS, "holds")
    assert list(found) == EQUATIONS


# A mistake at its place: later numbers follow from the wrong ones and get their credit.
ONCE = [
    ("bias-forgotten", ("z", 1), ("forward", 1)),
    ("bias-forgotten", ("z", 2), ("forward", 2)),
    ("activation-skipped", ("a", 1), ("forward", 1)),
    ("cost-without-half", ("cost", 2), ("cost", 2)),
    ("output-derivative-missing", ("BP1", 2), ("BP1", 2)),
    ("output-sign-flipped", ("BP1", 2), ("BP1", 2)),
    ("derivative-missing", ("BP2", 1), ("BP2", 1)),
    ("back-sign-flipped", ("BP2", 1), ("BP2", 1)),
    ("bias-summed", ("BP3", 1), ("BP3", 1)),
    ("weight-summed", ("BP4", 2), ("BP4", 2)),
    ("own-activation", ("BP4", 2), None),
]


def available(slug: str) -> bool:
    return any(wrong.slug == slug for wrong in SLIPS)


@pytest.mark.parametrize(("slug", "place", "blamed"), [c for c in ONCE if c[2] and available(c[0])])
def test_one_mistake_is_blamed_once(
    slug: str, place: tuple[str, int], blamed: tuple[str, int]
) -> None:
    """Whatever goes wrong after it follows from the claimant's own numbers, and holds."""
    wrong = slip(slug)
    values = numbers(COURSE, wrong=wrong, where=frozenset({place}))
    changed = {key for key, x in values.items() if not np.allclose(x, numbers(COURSE)[key])}
    assert changed
    for precision, dtype in ((FLOAT64, np.float64), (FLOAT32, np.float32)):
        own = numbers(COURSE, dtype, wrong=wrong, where=frozenset({place}))
        found = verdicts(COURSE, claim(own), precision)
        failing = [at for at, verdict in found.items() if verdict == "fails"]
        assert failing == [blamed]
        assert all(verdict == "holds" for at, verdict in found.items() if at != blamed)


def test_most_of_the_mistakes_are_at_hand() -> None:
    """The list above names slugs of the second implementation; a renamed one must not vanish."""
    assert sum(available(slug) for slug, _, blamed in ONCE if blamed) >= 8


def test_an_ingredient_that_is_not_claimed_is_the_right_one() -> None:
    """Only the gradients claimed: δ and a stand in, since nothing before them was claimed wrong."""
    claims = claim(numbers(COURSE), "bias_gradients", "weight_gradients")
    found = verdicts(COURSE, claims)
    assert {at for at, verdict in found.items() if verdict == "holds"} == {
        ("BP3", 1), ("BP3", 2), ("BP4", 1), ("BP4", 2),
    }  # fmt: skip
    assert set(found.values()) == {"holds", "untested"}


def test_nothing_stands_in_after_a_wrong_claim() -> None:
    """δ(2) is claimed wrong and δ(1) is not claimed: BP2 and the gradients of layer 1 are untested;
    those of layer 2 are judged by the claimed δ(2).
    """
    values = numbers(COURSE, wrong=slip("output-sign-flipped"), where=frozenset({("BP1", 2)}))
    found = verdicts(COURSE, without(claim(values), ("delta", 1)))
    assert found["BP1", 2] == "fails"
    assert found["BP2", 1] == "untested"
    assert (found["BP3", 1], found["BP4", 1]) == ("untested", "untested")
    assert (found["BP3", 2], found["BP4", 2]) == ("holds", "holds")


def test_a_single_entry_left_out_keeps_the_rest_tested() -> None:
    """null in δ(2): BP1 is judged by the other entries, and what follows takes the right number."""
    claims = with_entry(claim(numbers(COURSE)), ("delta", 2), (0, 1), None)
    assert verdicts(COURSE, claims) == dict.fromkeys(EQUATIONS, "holds")
    wrong = with_entry(claims, ("delta", 2), (1, 0), 9.0)
    found = verdicts(COURSE, wrong)
    assert found["BP1", 2] == "fails"
    # All that went before δ(2) is right, so the entry left out has its right number still.
    assert found["BP2", 1] == "fails"


def test_one_layer_only() -> None:
    """Of layer 2 alone everything that can be tested is tested, and nothing of layer 1."""
    values = {key: x for key, x in numbers(COURSE).items() if key[1] == 2}
    found = verdicts(COURSE, claim(values))
    assert {at for at, verdict in found.items() if verdict == "untested"} == {
        ("forward", 1), ("BP2", 1), ("BP3", 1), ("BP4", 1),
    }  # fmt: skip
    assert {verdict for at, verdict in found.items() if at[1] == 2} == {"holds"}


def test_activations_without_weighted_inputs() -> None:
    """Where z is not claimed, a(l) has to follow from a(l−1), and σ′ comes from a."""
    values = {key: x for key, x in numbers(COURSE).items() if key[0] != "z"}
    assert verdicts(COURSE, claim(values)) == dict.fromkeys(EQUATIONS, "holds")
    wrong = {**values, ("a", 1): values["a", 1] + 0.01}
    found = verdicts(COURSE, claim(wrong))
    assert found["forward", 1] == "fails"
    assert found["forward", 2] == "fails"  # a(2) was not computed from that a(1)


def test_a_number_that_is_not_finite_fails_and_tells_nothing_further() -> None:
    """NaN in z fails its own step; what depends on that entry is not judged by it."""
    claims = with_entry(claim(numbers(COURSE)), ("z", 1), (0, 0), np.nan)
    found = verdicts(COURSE, claims)
    assert found["forward", 1] == "fails"
    assert found["forward", 2] == "holds"
    assert found["BP4", 2] == "holds"


@pytest.mark.parametrize("chained", [False, True])
def test_the_chain_rule_as_it_stands_holds_too(chained: bool) -> None:
    """−y/a + (1 − y)/(1 − a) times a (1 − a), of claimed numbers that are themselves off."""
    values = numbers(ENTROPY, wrong=slip("bias-forgotten"), where=frozenset({("z", 1)}))
    a, y, z = values["a", 2], ENTROPY.targets, values["z", 2]
    if chained:
        s = 1 / (1 + np.exp(-z))
        values["delta", 2] = ((a - y) / (a * (1 - a))) * (s * (1 - s))
        values["delta", 1] = (values["delta", 2] @ ENTROPY.weights[1]) * (1 - values["a", 1] ** 2)
        values["bias_gradients", 2] = values["delta", 2].mean(axis=0)
    found = verdicts(ENTROPY, claim(values, "z", "a", "delta"))
    assert found["BP1", 2] == "holds"
    assert found["BP2", 1] == "holds"
    assert found["forward", 1] == "fails"


def test_nothing_claimed_is_untested() -> None:
    """The cost alone tests the cost alone."""
    found = verdicts(COURSE, claim(numbers(COURSE), "cost"))
    assert [at for at, verdict in found.items() if verdict != "untested"] == [("cost", 2)]
