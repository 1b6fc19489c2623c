"""The catalogue against an implementation that shares no line with it."""

from __future__ import annotations

import numpy as np
import pytest

from core.verdict.candidates import Candidate, feasible_places, order_of_computation
from core.verdict.mistakes.table import CATALOGUE, CONVENTIONS, EQUATION_OF, SLUGS, Mistake
from core.verdict.plain import plain_workings
from core.verdict.rerun import rerun
from core.verdict.shapes import Shape, changing, random_workings, shape_of, standing
from tests.core.verdict.planted import exercise, network_of, planted
from tests.mistaken import SLIPS, Exercise, Place, Wrong, can_stand, worked

STEP = {
    "weighted_input": "z",
    "activation": "a",
    "cost": "cost",
    "bp1": "BP1",
    "bp2": "BP2",
    "bp3": "BP3",
    "bp4": "BP4",
}
FIXED = [
    "bias-forgotten",
    "bias-after-activation",
    "weights-transposed-forward",
    "activation-skipped",
    "other-activation",
    "cost-without-half",
    "cost-summed",
    "cost-averaged-over-outputs",
    "output-derivative-missing",
    "output-derivative-extra",
    "output-sign-flipped",
    "output-factor-two",
    "output-averaged-over-outputs",
    "output-target-forgotten",
    "derivative-at-activation",
    "derivative-twice",
    "activation-for-derivative",
    "derivative-formula",
    "derivative-of-other-activation",
    "softmax-elementwise",
    "derivative-missing",
    "derivative-of-next-layer",
    "derivative-at-error",
    "weights-not-transposed",
    "weights-of-this-layer",
    "weights-already-updated",
    "weights-forgotten",
    "one-path-only",
    "paths-averaged",
    "back-sign-flipped",
    "output-error-reused",
    "bias-gradient-summed",
    "bias-gradient-averaged-twice",
    "bias-gradient-over-neurons",
    "bias-gradient-times-bias",
    "bias-gradient-times-activation",
    "bias-gradient-zero",
    "outer-product-transposed",
    "own-activation",
    "weighted-input-for-activation",
    "error-of-next-layer",
    "input-for-activation",
    "weight-gradient-summed",
    "weight-gradient-averaged-twice",
    "derivative-again-in-weight-gradient",
    "weight-gradient-sign-flipped",
    "regularised",
    "clipped",
    "first-example-only",
    "last-example-only",
    "accumulated-over-examples",
    "step-instead-of-gradient",
    "scaled",
    "transposed-layout",
    "layers-reordered",
    "examples-reordered",
    "entry-typo",
]
LEAVE_THE_DOMAIN = ("bias-after-activation", "activation-skipped", "other-activation")
ROWS = {mistake.slug: mistake for mistake in CATALOGUE}

# Both sides add up a few dozen products of numbers near 1, in another order: 1e-13 at most.
SAME = {"rtol": 1e-9, "atol": 1e-12}


def test_slugs_are_for_ever() -> None:
    """Graders build on the slugs: none is renamed, dropped or doubled."""
    assert sorted(SLUGS) == sorted(FIXED)


@pytest.mark.parametrize("row", [*CATALOGUE, *CONVENTIONS], ids=lambda row: row.slug)
def test_rows_speak_in_sentences(row: Mistake) -> None:
    """Explanation and remedy say something in sentences, and the place is said."""
    for text in (row.explanation, row.remedy):
        assert len(text.split()) > 3
        assert text.endswith(".")
    assert row.where
    assert row.instead


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.slug)
def test_where_a_row_stands_is_what_it_replaces(row: Mistake) -> None:
    """The column `where` names just the equations that the variants replace."""
    names = {name for variant in row.variants for name in variant.equations}
    if any(variant.activation for variant in row.variants):
        names.add("activation")
    replaced = {EQUATION_OF[name] for name in names}
    assert replaced == set(row.where.split(", "))


def our_places(exercise: Exercise, slug: str) -> set[Place]:
    """Where some variant of the catalogue can stand."""
    w = plain_workings(*network_of(exercise))
    found = {p for variant in ROWS[slug].variants for p in feasible_places(variant, w)}
    return {(STEP[name], l) for name, l in found}


def same_by_catalogue(exercise: Exercise, wrong: Wrong, places: list[Place], number: float) -> bool:
    """Whether some variant of the slug gives the planted numbers at the same places."""
    w = plain_workings(*network_of(exercise))
    numbers = worked(exercise, wrong, frozenset(places), number if wrong.needs else None)
    ours = frozenset(p for p in order_of_computation(w.depth) if (STEP[p[0]], p[1]) in places)
    for variant in ROWS[wrong.slug].variants:
        if not ours <= frozenset(feasible_places(variant, w)):
            continue
        parameter = number if variant.parameter else None
        candidate = Candidate(ROWS[wrong.slug], variant, ours, parameter)
        found = dict(rerun(w, candidate, frozenset(numbers)))
        right = worked(exercise)
        if all(
            np.allclose(found.get(key, right[key]), value, **SAME) for key, value in numbers.items()
        ):
            return True
    return False


@pytest.mark.parametrize("row", range(len(SLIPS)), ids=lambda row: f"{row}-{SLIPS[row].slug}")
def test_planted_slips_are_in_the_catalogue(row: int) -> None:
    """Every slip of the independent student is a variant, number for number, wherever it stands."""
    wrong = SLIPS[row]
    for seed in range(3):
        exercise, places, number = planted(wrong, 100 * seed + row)
        for l in {l for _, l in places}:
            here = [p for p in places if p[1] == l]
            if exercise.cost != "mean_squared_error" and wrong.slug in LEAVE_THE_DOMAIN:
                continue  # of the logarithm, where NaN comes in many ways
            assert same_by_catalogue(exercise, wrong, here, number or 0.5), (exercise, here)


@pytest.mark.parametrize("slug", ROWS)
def test_mistakes_apply_where_shapes_and_activations_allow(slug: str) -> None:
    """A mistake stands just where the independent student can make it."""
    for seed in range(3):
        exercise, _, _ = planted(next(w for w in SLIPS if w.slug == slug), seed)
        theirs = {p for w in SLIPS if w.slug == slug for p in can_stand(exercise, w)}
        assert our_places(exercise, slug) == theirs


@pytest.mark.parametrize(
    ("slug", "sizes", "activations", "cost", "examples"),
    [
        ("weights-transposed-forward", [2, 3], ["sigmoid"], "mean_squared_error", 1),
        ("output-derivative-extra", [2, 2], ["tanh"], "mean_squared_error", 1),
        ("output-derivative-missing", [2, 2], ["softmax"], "cross_entropy", 1),
        ("softmax-elementwise", [2, 2], ["sigmoid"], "mean_squared_error", 1),
        ("derivative-at-error", [2, 2, 2], ["tanh", "tanh"], "mean_squared_error", 1),
        ("output-error-reused", [2, 2, 2], ["tanh", "tanh"], "mean_squared_error", 1),
        ("bias-gradient-summed", [2, 2], ["tanh"], "mean_squared_error", 1),
        ("first-example-only", [2, 2], ["tanh"], "mean_squared_error", 1),
        ("accumulated-over-examples", [2, 2], ["tanh"], "mean_squared_error", 1),
        ("derivative-twice", [2, 2], ["relu"], "mean_squared_error", 2),
        ("derivative-missing", [2, 2, 2], ["identity", "tanh"], "mean_squared_error", 2),
        ("input-for-activation", [3, 3], ["tanh"], "mean_squared_error", 2),
        ("paths-averaged", [3, 3, 1], ["tanh", "tanh"], "mean_squared_error", 2),
        ("cost-averaged-over-outputs", [3, 1], ["tanh"], "mean_squared_error", 2),
    ],
)
def test_mistakes_that_do_not_apply(
    slug: str, sizes: list[int], activations: list[str], cost: str, examples: int
) -> None:
    """On these shapes the mistake cannot be made, or changes nothing: it is not applicable."""
    w = plain_workings(*network_of(exercise(sizes, activations, cost, examples)))
    assert slug not in {one.mistake.slug for one in changing(shape_of(w))}


def test_places_of_one_kind_are_tried_once() -> None:
    """In a deep network the shortcut finds what trying every place finds."""
    for activations in (("tanh",) * 6, ("relu", "tanh", "relu", "tanh", "relu", "sigmoid")):
        for sizes in ((3,) * 7, (2, 3, 3, 3, 4, 4, 4)):
            shape = Shape(sizes, activations, "mean_squared_error", 3)
            w = random_workings(shape, 0)
            every = {
                (m.slug, i): tuple(feasible_places(v, w))
                for m in CATALOGUE
                for i, v in enumerate(m.variants)
            }
            found = {
                (one.mistake.slug, one.mistake.variants.index(one.variant)): one.places
                for one in standing(shape)
            }
            assert found == {at: places for at, places in every.items() if places}


def test_random_networks_have_a_cost() -> None:
    """Six relu outputs and a binary cross-entropy are calmed until every logarithm exists."""
    shape = Shape((2, 3, 6), ("relu", "relu"), "binary_cross_entropy", 5)
    assert np.isfinite(random_workings(shape, 1).cost)
