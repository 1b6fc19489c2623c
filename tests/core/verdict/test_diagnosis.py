"""From wrong numbers to a cause: mistakes planted by `tests.mistaken`, named by the core."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.planting import at_work
from core.rounding.precision import FLOAT32, FLOAT64, decimals
from core.verdict.claims import Claimed, Claims
from core.verdict.diagnosis import Finding, diagnose
from core.verdict.prepared import Prepared
from core.verdict.verify import verify
from tests.core.verdict.planted import (
    ALL,
    GRADIENTS,
    claims_of,
    exercise,
    findings,
    network_of,
    planted,
    readings,
    slip,
    verdict_on,
    with_slip,
)
from tests.mistaken import (
    CANNOT,
    SLIPS,
    Array,
    Exercise,
    Key,
    Wrong,
    equation_of,
    layers_of,
    single_path,
    worked,
)

DEEP = exercise([3, 4, 4, 2], ["tanh", "sigmoid", "tanh"], examples=3, seed=5)


def first(found: tuple[Finding, ...]) -> tuple[str, str, tuple[int, ...]]:
    return found[0].mistake, found[0].equation, found[0].layers


@pytest.mark.parametrize("row", range(len(SLIPS)), ids=lambda row: f"{row}-{SLIPS[row].slug}")
def test_planted_mistakes_are_listed(row: int) -> None:
    """Every slip, made everywhere, is among the explanations, in its place."""
    wrong = SLIPS[row]
    exercise, places, number = planted(wrong, 1000 + row)
    numbers = worked(exercise, wrong, frozenset(places), number)
    if not all(np.isfinite(value).all() for value in numbers.values()):
        pytest.skip("this slip leaves the numbers here")
    verdict = verdict_on(exercise, numbers, GRADIENTS if row % 2 else ALL)
    if verdict.verdict == "wrong":
        assert verdict.diagnosis is not None
        found = [r for f in verdict.diagnosis.findings for r in readings(f)]
        working = at_work(exercise, wrong, frozenset(places), number)
        where = equation_of(working), layers_of(working)
        assert (wrong.slug, *where) in {(f.mistake, f.equation, f.layers) for f in found}


@pytest.mark.parametrize("seed", range(12))
def test_every_explanation_reproduces_the_claims(seed: int) -> None:
    """What is listed is planted anew by the independent student, and gives the claimed numbers."""
    rows = [row for row, wrong in enumerate(SLIPS) if wrong.needs is None]
    wrong = SLIPS[rows[(7 * seed) % len(rows)]]
    exercise, places, _ = planted(wrong, seed)
    numbers = worked(exercise, wrong, frozenset(places))
    if not all(np.isfinite(value).all() for value in numbers.values()):
        pytest.skip("this slip leaves the numbers here")
    for found in (r for f in findings(exercise, numbers, GRADIENTS) for r in readings(f)):
        if found.equation != "convention" and found.number is None and not found.entries:
            assert replanted(exercise, found, numbers)


def replanted(exercise: Exercise, found: Finding, numbers: dict[Key, Array]) -> bool:
    """Whether some slip of this name in these layers gives the claimed gradients."""
    steps = ("z", "a", "cost", "BP1", "BP2", "BP3", "BP4")
    for wrong in (w for w in SLIPS if w.slug == found.mistake):
        possible = frozenset((step, l) for step in steps for l in found.layers)
        ways = [possible, *(frozenset(p for p in possible if p[0] == s) for s in steps)]
        for way in ways:
            try:
                again = worked(exercise, wrong, way)
            except CANNOT:
                continue
            if all(
                # float64 of well-conditioned numbers near 1: 1e-13 at most, in another order
                np.allclose(again[key], value, rtol=1e-9, atol=1e-12)
                for key, value in numbers.items()
                if key[0] in GRADIENTS
            ):
                return True
    return False


def test_a_right_claim_has_no_diagnosis() -> None:
    """Nothing is wrong, so nothing is explained."""
    assert findings(DEEP, worked(DEEP)) == ()


def test_a_mistake_in_one_layer_is_blamed_on_that_layer() -> None:
    """Everything downstream is wrong too, and gets its credit."""
    numbers = with_slip(DEEP, "derivative-at-activation", ("BP2", 2))
    assert first(findings(DEEP, numbers)) == ("derivative-at-activation", "BP2", (2,))
    verdicts = {(t.equation, t.layer): t.verdict for t in verdict_on(DEEP, numbers).equations}
    assert [at for at, verdict in verdicts.items() if verdict == "fails"] == [("BP2", 2)]


def test_the_rate_is_found() -> None:
    """η, λ and c are read off the claims, as the short numbers that people choose."""
    for slug, number in (("step-instead-of-gradient", 0.05), ("regularised", 0.02)):
        wrong = slip(slug)
        places = frozenset(p for l in (1, 2, 3) for p in (("BP3", l), ("BP4", l)))
        places = frozenset(p for p in places if p[0] in wrong.steps)
        numbers = worked(DEEP, wrong, places, number)
        found = findings(DEEP, numbers, GRADIENTS)[0]
        assert found.mistake == slug
        assert found.number == number


def test_two_mistakes_are_named_together() -> None:
    """One in BP2, one in BP4: both are said, the one that the computation meets first leading."""
    back = with_slip(DEEP, "back-sign-flipped", ("BP2", 2))
    for l in (1, 2, 3):
        back["weight_gradients", l] = 3.0 * back["weight_gradients", l]
    found = findings(DEEP, back)[0]
    named = {(f.mistake, f.equation, f.layers) for f in (found, *found.together_with)}
    assert found.mistake == "back-sign-flipped"
    assert named == {
        ("back-sign-flipped", "BP2", (2,)),
        ("weight-gradient-summed", "BP4", (1, 2, 3)),
    }


def test_a_forward_and_a_backward_mistake_from_the_gradients_alone() -> None:
    """Nothing forward is claimed: the mistake there is found by what it brings right again."""
    numbers = with_slip(DEEP, "bias-forgotten", ("z", 2))
    numbers["bias_gradients", 1] = np.zeros_like(numbers["bias_gradients", 1])
    found = findings(DEEP, numbers, GRADIENTS)[0]
    named = {(f.mistake, f.layers) for f in (found, *found.together_with)}
    assert named == {("bias-forgotten", (2,)), ("bias-gradient-zero", (1,))}


def test_ties_are_said_together() -> None:
    """With two examples, summed is twice averaged: a factor of 2 in BP1 has other readings."""
    two = exercise([3, 4, 2], ["tanh", "tanh"], examples=2, seed=1)
    numbers = worked(two)
    for key in list(numbers):
        if key[0] in GRADIENTS:
            numbers[key] = 2.0 * numbers[key]
    found = findings(two, numbers, GRADIENTS)[0]
    assert {"output-factor-two", "scaled"} <= {f.mistake for f in readings(found)}
    assert all(f.number in (None, 2.0) for f in readings(found))


@pytest.mark.parametrize("key", [("delta", 2), ("z", 1), ("a", 2), ("weight_gradients", 3)])
def test_unknown_mistakes_are_located(key: Key) -> None:
    """Random numbers are nobody's mistake; equation and layer are named all the same."""
    numbers = worked(DEEP)
    generator = np.random.default_rng(8)
    numbers[key] = numbers[key] + generator.normal(size=numbers[key].shape)
    equation = {"delta": "BP2", "weight_gradients": "BP4"}.get(key[0], "forward")
    assert first(findings(DEEP, numbers)) == ("unrecognised", equation, (key[1],))


def test_an_error_that_nobody_claims_is_located() -> None:
    """Both gradients of layers 1 and 2 are wrong and those of layer 3 right: it is δ(2)."""
    numbers = worked(DEEP)
    generator = np.random.default_rng(9)
    for name in GRADIENTS:
        for l in (1, 2):
            numbers[name, l] = generator.normal(size=numbers[name, l].shape)
    assert first(findings(DEEP, numbers, GRADIENTS)) == ("unrecognised", "BP2", (2,))


def test_a_spent_budget_is_said() -> None:
    """Counted, not timed: the same number of candidates each time, and the answer says so."""
    numbers = with_slip(DEEP, "derivative-missing", ("BP2", 1))
    network, batch = network_of(DEEP)
    claims = claims_of(numbers, GRADIENTS)
    prepared = Prepared(network, batch)
    reference = prepared.reference(FLOAT64, 4.0)
    found = diagnose(claims, reference, prepared.plain, budget=5)
    assert found.exhausted
    assert found.tried == 5
    whole = diagnose(claims, reference, prepared.plain)
    assert not whole.exhausted
    assert first(whole.findings) == ("derivative-missing", "BP2", (1,))


def test_not_a_number_is_explained_where_the_mistake_makes_one() -> None:
    """A bias after the sigmoid leaves (0, 1), and the student's cost is NaN; that fits."""
    network = exercise([2, 3, 2], ["tanh", "sigmoid"], "binary_cross_entropy", seed=3)
    network.biases[-1][:] = [2.0, 3.0]
    numbers = with_slip(network, "bias-after-activation", ("z", 2), ("a", 2))
    assert np.isnan(numbers["cost", 2])
    found = findings(network, numbers)[0]
    assert (found.mistake, found.layers) == ("bias-after-activation", (2,))


def test_a_dead_unit_explains_nothing() -> None:
    """relu′ at an exact 0 is taken as code takes it: it is no interval that swallows mistakes."""
    dead = exercise([3, 4, 4, 2], ["relu", "relu", "relu"], examples=2, seed=2)
    numbers = with_slip(dead, "paths-averaged", ("BP2", 1), ("BP2", 2))
    rounded = {key: np.round(value, 4) for key, value in numbers.items()}
    for given, precision in ((numbers, FLOAT64), (numbers, FLOAT32), (rounded, decimals(4))):
        assert findings(dead, given, ALL, precision)[0].mistake == "paths-averaged"


@pytest.mark.parametrize("m", [3, 5])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_two_bugs_of_the_coursera_exercise(seed: int, m: int) -> None:
    """dW2 * 2 and 4 / m in db1, each alone and both, from the gradients only."""
    net = exercise([4, 5, 3, 1], ["relu", "relu", "sigmoid"], "binary_cross_entropy", m, seed)
    right = worked(net)
    dW2 = {("weight_gradients", 2): 2.0 * right["weight_gradients", 2]}
    db1 = {("bias_gradients", 1): 4.0 * right["bias_gradients", 1]}
    one, other = ("BP4", (2,), 2.0), ("BP3", (1,), 4.0)
    for bugs, wanted in ((dW2, {one}), (db1, {other}), ({**dW2, **db1}, {one, other})):
        found = findings(net, {**right, **bugs}, GRADIENTS)[0]
        together = [found, *found.together_with]
        assert {f.mistake for f in together} == {"step-instead-of-gradient"}
        assert {(f.equation, f.layers, f.number) for f in together} == wanted
        assert all(f.told and "multiplied by one number" in f.told[0] for f in together)


def test_partial_claims_are_enough() -> None:
    """One layer's weight gradients, some entries left out: the mistake is named all the same."""
    square = exercise([3, 3, 3], ["tanh", "tanh"], examples=2, seed=4)
    numbers = with_slip(square, "outer-product-transposed", ("BP4", 2))
    mask = np.ones((3, 3), dtype=bool)
    mask[0, 0] = mask[2, 1] = False
    claims = Claims({("weight_gradients", 2): Claimed(numbers["weight_gradients", 2], mask)})
    verdict = verify(*network_of(square), claims, FLOAT64)
    assert verdict.diagnosis is not None
    mistakes = {r.mistake for f in verdict.diagnosis.findings for r in readings(f)}
    assert "outer-product-transposed" in mistakes


def coinciding() -> Exercise:
    """Layers 1 and 3 where mistakes show, and 2 where formulas coincide: relu on what it passes."""
    net = exercise([3, 3, 3, 3], ["sigmoid", "relu", "identity"], examples=3, seed=12)
    net.weights[1][:] = np.abs(net.weights[1])
    net.biases[1][:] = np.abs(net.biases[1])
    return net


@pytest.mark.parametrize(
    ("slug", "planted_at", "equation", "layers"),
    [
        ("activation-skipped", (("a", 1),), "forward", (1,)),
        ("derivative-at-activation", (("BP2", 1),), "BP2", (1,)),
        ("weighted-input-for-activation", (("BP4", 2),), "BP4", (2,)),
        ("bias-forgotten", (("z", 1),), "forward", (1,)),
        ("outer-product-transposed", (("BP4", 3),), "BP4", (3,)),
    ],
)
def test_only_layers_where_something_is_wrong_are_named(
    slug: str, planted_at: tuple[tuple[str, int], ...], equation: str, layers: tuple[int, ...]
) -> None:
    """Where the mistaken formula gives the right numbers, nothing is wrong."""
    net = coinciding()
    if slug == "bias-forgotten":
        net.biases[1][:] = net.biases[2][:] = 0.0
    if slug == "activation-skipped":
        net.weights[0][:], net.inputs[:] = np.abs(net.weights[0]), np.abs(net.inputs)
        net.biases[0][:] = np.abs(net.biases[0])
    numbers = with_slip(net, slug, *planted_at)
    rounded = {key: np.round(value, 5) for key, value in numbers.items()}
    for given, precision in ((numbers, FLOAT64), (rounded, decimals(5))):
        assert first(findings(net, given, ALL, precision)) == (slug, equation, layers)
        assert all(
            f.layers == layers
            for f in readings(findings(net, given, ALL, precision)[0])
            if f.mistake == slug
        )


def test_a_layer_of_which_nothing_is_claimed_is_not_blamed() -> None:
    """Layer 1's z is all there is: of layer 2 nothing is known."""
    numbers = with_slip(DEEP, "bias-forgotten", ("z", 1), ("z", 2), ("z", 3))
    claims = Claims({("z", 1): Claimed.all_of(numbers["z", 1])})
    verdict = verify(*network_of(DEEP), claims, FLOAT64)
    assert verdict.diagnosis is not None
    assert first(verdict.diagnosis.findings) == ("bias-forgotten", "forward", (1,))


@pytest.mark.parametrize("neuron", range(5))
def test_any_single_path_is_recognised(neuron: int) -> None:
    """One neuron of the next layer, whichever it is."""
    wide = exercise([3, 4, 5, 2], ["tanh", "tanh", "sigmoid"], examples=2, seed=13)
    one = Wrong("one-path-only", {"BP2": single_path(neuron)})
    numbers = worked(wide, one, frozenset({("BP2", 1)}))
    assert first(findings(wide, numbers)) == ("one-path-only", "BP2", (1,))


@pytest.mark.parametrize("rate", [0.5, 0.1])
@pytest.mark.parametrize("right", [("cost",), ("delta",), ("cost", "delta")])
def test_a_step_is_no_other_cost_where_error_or_cost_are_right(
    rate: float, right: tuple[str, ...]
) -> None:
    """Only the gradients have the factor: it came in after δ and C."""
    three = exercise([3, 4, 3], ["tanh", "tanh"], examples=3, seed=14)
    numbers = {k: rate * v if k[0] in GRADIENTS else v for k, v in worked(three).items()}
    found = findings(three, numbers, (*right, *GRADIENTS))[0]
    assert (found.mistake, found.number) == ("step-instead-of-gradient", rate)
    (scaled,) = [f for f in readings(found) if f.mistake == "scaled"]
    assert scaled.told is not None
    assert "the bias gradients and the weight gradients" in scaled.told[0]
    assert "everything else that is claimed is right" in scaled.told[0]


def test_a_constant_in_all_that_is_claimed_leaves_nothing_else() -> None:
    """Cost, δ and gradients are named, and no others."""
    numbers = {k: 3.0 * v for k, v in worked(DEEP).items() if k[0] not in ("z", "a")}
    found = findings(DEEP, numbers)
    (scaled,) = [r for f in found for r in readings(f) if r.mistake == "scaled"]
    assert scaled.told is not None
    assert all(word in scaled.told[0] for word in ("the cost", "the errors δ", "weight gradients"))
    assert "else" not in scaled.told[0]


def mazur(quantity: str, *layers: list[float] | None) -> tuple[Finding, ...]:
    """Findings for a few claims about the two-layer network of the best-known worked example."""
    weights = [np.array([[0.15, 0.2], [0.25, 0.3]]), np.array([[0.4, 0.45], [0.5, 0.55]])]
    biases = [np.array([0.35, 0.35]), np.array([0.6, 0.6])]
    net = Exercise(
        weights,
        biases,
        ["sigmoid", "sigmoid"],
        "mean_squared_error",
        np.array([[0.05, 0.1]]),
        np.array([[0.01, 0.99]]),
    )
    rows = {(quantity, l): np.array(row) for l, row in enumerate(layers, 1) if row is not None}
    if quantity == "delta":
        rows = {key: row[None, :] for key, row in rows.items()}
    claims = Claims({key: Claimed.all_of(row) for key, row in rows.items()})
    diagnosis = verify(*network_of(net), claims).diagnosis
    assert diagnosis is not None
    return diagnosis.findings


def test_one_wrong_digit_is_not_a_limit() -> None:
    """0.1285 for 0.1385: the largest claim is always as large as itself."""
    found = mazur("bias_gradients", [0.0088, 0.01], [0.1285, -0.0381])
    assert [f.mistake for f in found[:2]] == ["entry-typo", "clipped"]
    assert found[0].entries[0].kind == "one digit"


def test_two_entries_at_a_limit_are_clipped() -> None:
    """0.0312 for 0.1385, and −0.0312 for −0.0381."""
    found = mazur("bias_gradients", [0.0088, 0.01], [0.0312, -0.0312])
    assert (found[0].mistake, found[0].layers, found[0].number) == ("clipped", (2,), 0.0312)


def test_the_simplest_of_many_readings_of_rough_numbers_comes_first() -> None:
    """One decimal fits a sign and one of many wrong formulas."""
    found = mazur("delta", None, [-0.1, -0.0])
    assert [f.mistake for f in found[:2]] == ["output-sign-flipped", "derivative-formula"]
