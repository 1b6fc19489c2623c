"""Each bound of floats is the arrays' own, so that no term is left out and none is too large.

In the whole answer truncation hides rounding; so here every part is compared by itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from core.differences import directions, rounding
from core.differences.base import Base
from core.differences.check import Direction, Options
from core.differences.complex_step import UNDERFLOW as COMPLEX_UNDERFLOW
from core.differences.complex_step import complex_slopes
from core.differences.entries import add_block, begin, carried_by, rows_of
from core.differences.plan import MOVES, every_unit, flat_sources
from core.differences.selection import Chosen
from core.differences.slopes import STEP, UNDERFLOW, unit_slopes
from core.differences.small import direction
from core.differences.small import entries as small_entries
from core.differences.small.check import opinions
from core.differences.small.example import Example, Small
from core.differences.small.legs import Slope, along, difference, imaginary, moved
from core.differences.sweep import sweep
from core.forward import Workings
from tests.core.differences.small.plain import PAIRS, ordinary
from tests.core.worked import workings

CLOSE = 1e-9
"""The same few operations on numbers near 1, of which sums of signed terms cancel some digits."""


def prepared(name: str, cost: str, examples: int = 2) -> tuple[Workings, Small, list[Example]]:
    w = workings(ordinary(name, cost, examples))
    small = Small.of(w)
    return w, small, [Example(small, w, i) for i in range(examples)]


def sources(w: Workings) -> Iterator[tuple[int, int, int]]:
    """Number, layer and neuron of each."""
    layers, neurons = flat_sources(every_unit(w.network.sizes))
    for number, (l, j) in enumerate(zip(layers.tolist(), neurons.tolist(), strict=True)):
        yield number, l, j


def close(found: object, expected: object) -> bool:
    """All of them, relatively."""
    return bool(np.allclose(np.array(found), np.array(expected), rtol=CLOSE, atol=1e-300))


@pytest.mark.parametrize(("name", "cost"), PAIRS)
def test_every_unit(name: str, cost: str) -> None:
    """What a move brings of rounding, how far it may go, and what rounding did to z."""
    w, _, examples = prepared(name, cost)
    base = Base.about(w.network, w)
    noise = rounding.forward_noise(w.network, w.a)
    for i, example in enumerate(examples):
        for l in w.W.numbers:
            units = example.units[l - 1]
            assert close([unit.rounding for unit in units], base.rounding[l][i])
            assert close([unit.inverse_room for unit in units], base.inverse_room[l][i])
            assert close(example.noise[l - 1], noise[l][i])


@pytest.mark.parametrize(("name", "cost"), PAIRS)
def test_every_move(name: str, cost: str) -> None:
    """How far the cost moves with each source, what rounding that brings, and its reach."""
    w, small, examples = prepared(name, cost)
    base, units = Base.about(w.network, w), every_unit(w.network.sizes)
    response = sweep(base, units, np.full((sum(map(len, units)), len(examples)), STEP))
    for number, l, j in sources(w):
        for i, example in enumerate(examples):
            for move, change in zip(MOVES.tolist(), response.cost[number, :, i], strict=True):
                found, _ = moved(small, example, l, j, move * STEP)
                assert abs(found - change) <= response.rounding[number, i] / 4.0
            _, trail = moved(small, example, l, j, STEP)
            bounds = along(example, l, j, STEP, trail)
            assert close(bounds, (response.rounding[number, i], response.reach[number, i]))


@pytest.mark.parametrize("order", [2, 4])
@pytest.mark.parametrize(("name", "cost"), PAIRS)
def test_every_slope(name: str, cost: str, order: int) -> None:
    """By differences and by a complex step, with their uncertainties."""
    w, small, examples = prepared(name, cost)
    base, units = Base.about(w.network, w), every_unit(w.network.sizes)
    slopes = unit_slopes(base, units, STEP, 2 if order == 2 else 4)
    again = complex_slopes(base, w, units)
    for number, l, j in sources(w):
        for i, example in enumerate(examples):
            found = difference(small, example, l, j, 2 if order == 2 else 4)
            size = slopes.uncertainty[number, i]
            assert abs(found.value - slopes.right[number, i]) <= size / 4.0
            # Their second differences are rounded in other ways.
            assert found.uncertainty == pytest.approx(size, rel=0.02, abs=0.0)
            second = imaginary(small, example, l, j)
            size = again.uncertainty[number, i]
            assert abs(second.value - again.right[number, i]) <= size / 16.0
            assert close(second.uncertainty, size)


@pytest.mark.parametrize("examples", [1, 2])
@pytest.mark.parametrize(("name", "cost"), PAIRS)
def test_every_entry_of_the_second_opinion(name: str, cost: str, examples: int) -> None:
    """From slopes to parameters: each one's value and uncertainty."""
    w, small, each = prepared(name, cost, examples)
    units = every_unit(w.network.sizes)
    parameters = begin(Chosen.all_of(units))
    slopes = complex_slopes(Base.about(w.network, w), w, units)
    add_block(parameters, slopes, carried_by(w), examples, [])
    backprop = small_entries.gradients(w)
    _, second = opinions(small, each, backprop, Options())
    worst = second.worst()
    for l, part in enumerate(parameters, start=1):
        rows = rows_of(part, w)
        values, bounds = np.array(second.values[l - 1]), np.array(second.uncertainties[l - 1])
        assert (np.abs(values - rows.value) <= rows.uncertainty / 16.0).all()
        assert close(bounds, rows.uncertainty)
        ratios = np.abs(np.array(backprop[l - 1]) - values) / bounds
        assert ratios.max() <= worst.ratio
        if worst.at[1] == l:
            column = -1 if worst.at[0] == "bias_gradients" else worst.at[2][1]
            assert ratios[worst.at[2][0], column] == worst.ratio


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize(("name", "cost"), PAIRS)
def test_the_direction(name: str, cost: str, seed: int) -> None:
    """The way itself, each evaluation, both noises, and backprop's sum."""
    w, small, examples = prepared(name, cost)
    base, expected = Base.about(w.network, w), directions.Way.random(w, seed)
    way = direction.Way.random(w.network, examples, seed)
    assert close(np.concatenate(way.p), np.concatenate([*expected.p]))
    assert close(np.concatenate(way.q), np.concatenate([*expected.q]))
    assert close(way.gradient(small_entries.gradients(w)), expected.gradient(w))
    terms = w.output.terms(w.z[w.depth], w.a[w.depth], w.y)
    z, cost_there = directions.moved(w, expected, directions.LENGTH * directions.MOVES)
    cost_noise, backprop_noise, noises = 0.0, 0.0, 0.0
    for i, example in enumerate(examples):
        for number, share in enumerate(MOVES.tolist()):
            found, by = direction.evaluated(small, example, way, share * directions.LENGTH)
            assert all(close(found[l - 1], z[l][number, i]) for l in w.W.numbers)
            assert by == pytest.approx(cost_there[number, i] - terms[i].sum(), abs=1e-14)
        cost_noise += direction.cost_noise(example)
        plus, minus = (direction.evaluated(small, example, way, t)[0] for t in (2**-10, -(2**-10)))
        backprop_noise += direction.backprop_noise(example, plus, minus)
        there = direction.differences_along(small, example, way)
        full, half = (np.diff(cost_there[pair, i])[0] for pair in ([1, 0], [3, 2]))
        # Either cost is rounded to some units of itself, which is near 1.
        assert there.full == pytest.approx(full / 2.0**-9, abs=1e-11)
        assert there.half == pytest.approx(half / 2.0**-10, abs=1e-11)
        noises += there.noise
    assert close(cost_noise, directions.cost_noise(base, w, np.abs(terms)))
    assert close(backprop_noise, directions.backprop_noise(base, z, directions.LENGTH))
    assert close(noises, 4.0 * cost_noise / directions.LENGTH + backprop_noise)


def test_the_way_is_shorter_where_activations_are_large() -> None:
    """An input of 1000 takes it to a thousandth; those below 1 leave it as it is."""
    request = ordinary("tanh", "mean_squared_error") | {"input": [[0.5, 0.25], [1000.0, -4.0]]}
    w = workings(request)
    examples = [Example(Small.of(w), w, i) for i in range(2)]
    way = direction.Way.random(w.network, examples, 3)
    assert close(np.concatenate(way.q), np.concatenate([*directions.Way.random(w, 3).q]))
    assert max(map(abs, way.q[0])) <= 1e-3 / 2


@pytest.mark.parametrize("examples", [1, 2, 3])
def test_the_direction_is_extrapolated(examples: int) -> None:
    """(4 D(h/2) − D(h)) / 3 of the means, and their difference over 3 beside all noises."""
    found = [direction.Along(1.0 + k, 2.0 + 3.0 * k, 0.125) for k in range(examples)]
    mean_full, mean_half = (examples + 1) / 2.0, 2.0 + 1.5 * (examples - 1)
    answer = direction.compared(found, 7.0)
    assert answer.finite_difference == pytest.approx((4.0 * mean_half - mean_full) / 3.0)
    assert answer.uncertainty == pytest.approx((mean_half - mean_full) / 3.0 + 0.125)
    assert answer.ratio == abs(7.0 - answer.finite_difference) / answer.uncertainty
    mirrored = [direction.Along(-part.full, -part.half, part.noise) for part in found]
    assert direction.compared(mirrored, -7.0) == Direction(
        -7.0, -answer.finite_difference, answer.uncertainty, answer.ratio
    )


def test_where_nothing_moves_underflow_is_left() -> None:
    """Exact zeros are uncertain of what underflow may have taken, in each leg and each entry."""
    nothing = direction.compared([direction.Along(0.0, 0.0, 0.0)] * 2, 0.0)
    assert nothing == Direction(0.0, 0.0, UNDERFLOW / 2.0, 0.0)
    values, bounds = small_entries.row_of([Slope(0.0, 0.0)] * 2, [[0.0, 1.0]] * 2)
    assert ([*values], [*bounds]) == ([0.0, 0.0], [UNDERFLOW] * 2)
    dead = {"weights": [[[1.0]], [[0.0]]], "biases": [[0.0], [1.0]], "activation": "tanh"}
    w = workings(dead | {"input": [0.5], "target": [0.25]})
    small = Small.of(w)
    example = Example(small, w, 0)
    assert difference(small, example, 1, 0, 4) == (0.0, UNDERFLOW)
    assert imaginary(small, example, 1, 0) == (0.0, COMPLEX_UNDERFLOW)
