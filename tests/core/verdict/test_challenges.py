"""Challenges: the same for ever, and every mistake really shows."""

from __future__ import annotations

import numpy as np
import pytest

from core.forward import Workings
from core.rounding.activations import ULPS
from core.rounding.precision import FLOAT64, decimals
from core.verdict.challenges import (
    CLEAR_OF_KINKS,
    UNSATURATED,
    VERSION,
    Challenge,
    Impossible,
    SplitMix64,
    challenge,
)
from core.verdict.claims import Claimed, Claims
from core.verdict.coverage import coverage
from core.verdict.judgement import as_bounded, fits
from core.verdict.mistakes.table import CATALOGUE, SLUGS
from core.verdict.plain import plain_workings
from core.verdict.prepared import Prepared
from core.verdict.shapes import changing, shape_of
from tests.mistaken import SLIPS, Exercise, Wrong, can_stand, worked

GRADIENTS = ("bias_gradients", "weight_gradients")
NUMBER = {"rate": 0.5, "strength": 0.1}
COMMON = [
    ([2, 3, 2], ["sigmoid"] * 2, "mean_squared_error", 1),
    ([2, 3, 2], ["tanh"] * 2, "mean_squared_error", 4),
    ([4, 8, 3], ["relu"] * 2, "mean_squared_error", 2),
    ([3, 4, 4, 2], ["leaky_relu"] * 3, "mean_squared_error", 2),
    ([3, 4, 4, 2], ["sigmoid"] * 3, "mean_squared_error", 1),
    ([4, 8, 3], ["sigmoid", "softmax"], "cross_entropy", 2),
    ([2, 3, 2], ["softplus", "sigmoid"], "binary_cross_entropy", 3),
    ([3, 4, 4, 2], ["elu", "silu", "gelu"], "mean_squared_error", 1),
]

GOLDEN_WEIGHTS = [
    [[0.93, 0.62], [-0.16, 0.95], [0.25, 0.92]],
    [[0.37, 0.93, 0.43], [-0.68, -0.94, 0.62]],
]
GOLDEN_BIASES = [[-0.34, 0.47, -0.13], [0.19, -0.31]]
GOLDEN_INPUT = [[0.96, 0.24]]
GOLDEN_TARGET = [[0.38, 0.31]]


def made(number: int, seed: int = 7) -> Challenge:
    sizes, activations, cost, examples = COMMON[number]
    return challenge(sizes, activations, cost, examples, 2, decimals(4), seed)


def test_the_stream_is_splitmix64() -> None:
    """The first numbers of seed 0, as published with the generator."""
    stream = SplitMix64(0)
    assert [stream.bits() for _ in range(3)] == [
        0xE220A8397B1DCDAF,
        0x6E789E6AA1B965F4,
        0x06C45D188009454F,
    ]


def test_a_seed_is_a_challenge_for_ever() -> None:
    """A change of the draws, the catalogue or the bounds that moves this needs a new VERSION."""
    assert VERSION == 1
    found = made(0)
    assert [W.tolist() for W in found.network.weights] == GOLDEN_WEIGHTS
    assert [b.tolist() for b in found.network.biases] == GOLDEN_BIASES
    assert found.batch.inputs.tolist() == GOLDEN_INPUT
    assert found.batch.targets.tolist() == GOLDEN_TARGET


@pytest.mark.parametrize("number", [0, 1, 3, 5])
def test_every_mistake_really_shows_in_every_layer(number: int) -> None:
    """The independent student makes each mistake in one layer and prints four decimals: of each
    slug and layer at least one way lies outside the bounds."""
    found = made(number)
    reference = Prepared(found.network, found.batch).reference(decimals(4), ULPS)
    exercise = Exercise(
        list(found.network.weights),
        list(found.network.biases),
        [sigma.name for sigma in found.network.activations],
        found.network.cost.name,
        found.batch.inputs,
        found.batch.targets,
    )
    shown = {(wrong.slug, l) for wrong in SLIPS for l in layers_shown(exercise, wrong, reference)}
    applies = {
        (one.mistake.slug, l)
        for one in changing(shape_of(plain_workings(found.network, found.batch)))
        for _, l in one.places
    }
    assert applies - shown == set()


def layers_shown(exercise: Exercise, wrong: Wrong, reference: Workings) -> set[int]:
    """The layers in which this slip, made there alone, gives a number outside its bound."""
    places, right = can_stand(exercise, wrong), worked(exercise)
    found = set()
    for l in {l for _, l in places}:
        number = NUMBER.get(wrong.needs or "")
        if wrong.needs == "limit":
            number = max(np.abs(right[k, l]).max() for k in GRADIENTS) / 2
        made = worked(exercise, wrong, frozenset(p for p in places if p[1] == l), number)
        for key, value in made.items():
            claim = Claimed.all_of(np.round(value, 4))
            if not fits(claim, as_bounded(reference, key)).all():
                found.add(l)
    return found


@pytest.mark.parametrize("number", range(len(COMMON)))
def test_its_numbers_are_good_ones(number: int) -> None:
    """Two decimals, nothing at a kink, nothing saturated, no two numbers of a layer's W alike."""
    found = made(number)
    plain = plain_workings(found.network, found.batch)
    for array in (*found.network.weights, *found.network.biases, found.batch.inputs):
        assert (np.round(array, 2) == array).all()
        assert (array != 0).all()
    for l in plain.W.numbers:
        sigma = plain.network.activations[l]
        if sigma.kinks:
            assert (np.abs(plain.z[l]) >= CLEAR_OF_KINKS).all()
        if sigma.name in UNSATURATED:
            middle, reach = UNSATURATED[sigma.name]
            assert (np.abs(plain.a[l] - middle) <= reach).all()


@pytest.mark.parametrize("number", range(len(COMMON)))
def test_its_coverage_is_whole(number: int) -> None:
    """Nothing that applies is invisible, and the coverage told is that of these claims."""
    found = made(number)
    assert found.coverage.invisible == ()
    prepared = Prepared(found.network, found.batch)
    keys = [(q, l) for q in ("z", "a", "delta") for l in prepared.plain.W.numbers]
    fewer = Claims({key: Claimed.all_of(getattr(prepared.plain, key[0])[key[1]]) for key in keys})
    reference = prepared.reference(FLOAT64, 4.0)
    partly = coverage(fewer, reference, prepared.plain)
    assert set(partly.visible) < set(found.coverage.visible)
    assert len(found.coverage.visible) > len(CATALOGUE) / 3


def test_seeds_differ_and_repeat() -> None:
    """Another seed is another network; the same seed the same one, bit for bit."""
    one, again, other = made(1, 1), made(1, 1), made(1, 2)
    assert all(
        (a == b).all() for a, b in zip(one.network.weights, again.network.weights, strict=True)
    )
    assert any(
        (a != b).any() for a, b in zip(one.network.weights, other.network.weights, strict=True)
    )


def test_what_cannot_be_is_refused_with_the_reason() -> None:
    """At one decimal a sigmoid cannot show everything: the hidden slugs are named."""
    with pytest.raises(Impossible) as refused:
        challenge([1, 1], ["sigmoid"], "mean_squared_error", 1, 2, decimals(1), 1)
    assert refused.value.invisible
    assert set(refused.value.invisible) <= set(SLUGS)
    assert refused.value.invisible[0] in str(refused.value)
