"""Coverage against mistakes really made by `tests.mistaken`."""

from __future__ import annotations

import numpy as np
import pytest

from core.rounding.precision import FLOAT64, decimals
from core.verdict.claims import Claimed, Claims
from core.verdict.coverage import Coverage
from core.verdict.judgement import as_bounded
from core.verdict.mistakes.table import SLUGS
from core.verdict.prepared import Prepared
from core.verdict.verify import verify
from tests.core.verdict.planted import (
    ALL,
    GRADIENTS,
    claims_of,
    exercise,
    network_of,
    verdict_on,
)
from tests.mistaken import SLIPS, Exercise, can_stand, worked

SYMMETRIC = exercise([2, 2, 2], ["sigmoid", "sigmoid"], seed=1)
SYMMETRIC.weights[1][:] = [[0.3, -0.7], [-0.7, 0.4]]
EXERCISES = [
    exercise([2, 3, 2], ["sigmoid", "sigmoid"], seed=2),
    exercise([3, 3, 3], ["tanh", "tanh"], examples=3, seed=3),
    exercise([2, 4, 4, 1], ["relu", "elu", "sigmoid"], "binary_cross_entropy", 2, seed=4),
    exercise([3, 2], ["softmax"], "cross_entropy", 2, seed=5),
]
NUMBER = {"rate": 0.5, "strength": 0.1}


def coverage_of(exercise: Exercise, quantities: tuple[str, ...] = ALL) -> Coverage:
    return verdict_on(exercise, worked(exercise), quantities).coverage


def seen(exercise: Exercise, slug: str, quantities: tuple[str, ...]) -> bool:
    """Whether the student's own numbers with this mistake move by more than twice their bound."""
    reference = Prepared(*network_of(exercise)).reference(FLOAT64, 4.0)
    for wrong in (w for w in SLIPS if w.slug == slug):
        places = frozenset(can_stand(exercise, wrong))
        if not places:
            continue
        limit = max(np.abs(v).max() for k, v in worked(exercise).items() if k[0] in GRADIENTS) / 2
        number = limit if wrong.needs == "limit" else NUMBER.get(wrong.needs or "")
        for key, value in worked(exercise, wrong, places, number).items():
            right = as_bounded(reference, key)
            within = np.abs(value - right.value) <= 2.0 * right.error
            if key[0] in quantities and not within.all():
                return True
    return False


@pytest.mark.parametrize("number", range(len(EXERCISES)))
@pytest.mark.parametrize("quantities", [ALL, GRADIENTS], ids=["all", "gradients"])
def test_visible_is_what_a_student_shows(number: int, quantities: tuple[str, ...]) -> None:
    """In float64 a mistake is called visible just if the independent student's numbers show it."""
    found = coverage_of(EXERCISES[number], quantities)
    for slug in {wrong.slug for wrong in SLIPS}:
        assert (slug in found.visible) == seen(EXERCISES[number], slug, quantities), slug


def test_every_slug_is_sorted_once() -> None:
    """Visible, invisible and not applicable are the whole catalogue."""
    found = coverage_of(EXERCISES[0])
    together = [*found.visible, *found.invisible, *found.not_applicable]
    assert sorted(together) == sorted(SLUGS)
    assert found.catalogued == len(SLUGS)


def test_symmetric_weights_hide_a_missing_transpose() -> None:
    """W = Wᵀ cannot show it, and the answer says so."""
    found = coverage_of(SYMMETRIC)
    assert "weights-not-transposed" in found.invisible
    tilted = exercise([2, 2, 2], ["sigmoid", "sigmoid"], seed=1)
    assert "weights-not-transposed" in coverage_of(tilted).visible


def test_one_example_hides_what_averages_do() -> None:
    """With N = 1, the sum is the average: not applicable, rather than invisible."""
    found = coverage_of(EXERCISES[0])
    assert {"cost-summed", "bias-gradient-summed"} <= set(found.not_applicable)


def test_fewer_claims_show_fewer_mistakes() -> None:
    """What bias gradients alone can show is part of what all gradients can."""
    biases = set(coverage_of(EXERCISES[1], ("bias_gradients",)).visible)
    gradients = set(coverage_of(EXERCISES[1], GRADIENTS).visible)
    everything = set(coverage_of(EXERCISES[1]).visible)
    assert biases < gradients < everything
    assert "regularised" not in biases
    assert "cost-summed" not in gradients


def test_coarser_numbers_show_fewer_mistakes() -> None:
    """With every digit less some more drown; in whole numbers all do, and nothing is decided."""
    small = exercise([2, 3, 2], ["sigmoid", "sigmoid"], seed=2)
    right = worked(small)
    counts = []
    for places in (6, 2, 1, 0):
        claims = {k: np.round(v, places) for k, v in right.items()}
        verdict = verdict_on(small, claims, ("delta",), decimals(places))
        counts.append(len(verdict.coverage.visible))
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[2] > counts[3] == 0
    assert verdict.verdict == "undecided"


def test_a_single_entry_can_show_something() -> None:
    """Entries that are not claimed show nothing; one that is shows what moves it."""
    right = worked(EXERCISES[1])
    values = right["weight_gradients", 2]
    mask = np.zeros(values.shape, dtype=bool)
    mask[1, 2] = True
    one = Claims({("weight_gradients", 2): Claimed(values, mask)})
    found = verify(*network_of(EXERCISES[1]), one, FLOAT64)
    assert found.verdict == "correct"
    assert "weight-gradient-sign-flipped" in found.coverage.visible
    assert "bias-gradient-zero" in found.coverage.invisible


def test_it_is_computed_once_for_a_network() -> None:
    """The same pattern of claims about the same network is looked up."""
    prepared = Prepared(*network_of(EXERCISES[0]))
    claims = claims_of(worked(EXERCISES[0]))
    some = prepared.coverage(claims, FLOAT64, 4.0)
    assert prepared.coverage(claims, FLOAT64, 4.0) is some
    fewer = claims_of(worked(EXERCISES[0]), GRADIENTS)
    assert prepared.coverage(fewer, FLOAT64, 4.0) is not some


@pytest.mark.parametrize("sizes", [[1, 1], [4, 4, 1]])
def test_a_softmax_of_one_neuron_is_covered(sizes: list[int]) -> None:
    """It answers 1, and any other target costs ∞: the sample network must not wait for one."""
    names = ["elu"] * (len(sizes) - 2) + ["softmax"]
    only = exercise(sizes, names, "binary_cross_entropy", seed=6)
    only.targets[:] = 1.0
    claims = Claims({("cost", len(names)): Claimed.all_of(np.zeros(()))})
    covered = verify(*network_of(only), claims, FLOAT64).coverage
    assert covered.catalogued == len(SLUGS)
