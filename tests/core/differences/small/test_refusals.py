"""Where floats step back: corners, far moves, overflow, other options; the arrays then answer."""

from __future__ import annotations

import struct
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.backprop import backpropagate
from core.costs import COSTS
from core.differences.base import ROOM
from core.differences.check import Check, Comparison, Direction, Options
from core.differences.complex_step import IMAGINARY, NEGLIGIBLE
from core.differences.directions import FARTHEST
from core.differences.rounding import forward_noise
from core.differences.slopes import STEP
from core.differences.small.check import NEURONS_MAX, PARAMETERS_MAX, operations, small_check
from core.differences.small.curves import CURVES
from core.differences.small.direction import refuse_far
from core.differences.small.example import Example, Small, Unusual, inverse_room
from core.differences.small.legs import difference, imaginary
from core.differences.witness import check, check_arrays
from core.forward import NotFinite, Workings
from core.network import Batch, Network
from tests.core.differences.held import random_request
from tests.core.differences.small.plain import NAMES, ordinary, request, same, small_networks
from tests.core.worked import batch_of, network_of, workings
from tests.references import Request
from tests.strategies import networks


def chain(name: str, weights: list[Any], biases: list[Any], x: Any, y: Any) -> Workings:
    """Layers of one activation, below an identity where there is more than one."""
    names = [*[name] * (len(weights) - 1), "identity"] if len(weights) > 1 else [name]
    net = Network.of(
        weights, biases, [ACTIVATIONS[each]() for each in names], COSTS["mean_squared_error"]()
    )
    return backpropagate(net, Batch.of(x, y))


def left_to_arrays(w: Workings, options: Options | None = None) -> None:
    """Floats say nothing, and the check is the arrays'."""
    options = options or Options()
    assert small_check(w, options) is None
    assert same(check(w, options), check_arrays(w, options))


def one_unit(name: str, z: float) -> Workings:
    """x = 1 through w = 1 and b = z − 1."""
    return chain(name, [[[1.0]], [[3.0]]], [[z - 1.0], [0.0]], [[1.0]], [[1.0]])


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu"])
@pytest.mark.parametrize("z", [0.0, 2.0**-53, -(2.0**-53), 1e-9, -1e-9, 1.9e-6, -1.9e-6])
def test_corners(name: str, z: float) -> None:
    """At the corner, within rounding of it, or nearer than twice a step."""
    left_to_arrays(one_unit(name, z))


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu"])
@pytest.mark.parametrize("z", [2.0**-19, -(2.0**-19)])
def test_half_the_way_to_a_corner_is_near_enough(name: str, z: float) -> None:
    """A step of 2⁻²⁰ from 2⁻¹⁹ is what a move may be; the direction alone goes farther."""
    w = one_unit(name, z)
    example = Example(Small.of(w), w, 0)
    assert example.units[0][0].inverse_room * STEP == 1.0
    left_to_arrays(w)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu"])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_corner_within_rounding_is_refused_and_no_other(name: str, sign: float) -> None:
    """Terms of 1e10 leave 1e-5 of rounding in a z: nearer to 0 than it, on either side, is there.

    So it is where a move would be short enough.
    """
    w = chain(name, [[[1e10, -1e10]]], [[sign]], [[1.0, 1.0]], [[0.0]])
    around = forward_noise(w.network, w.a)[1][0, 0]
    assert around > 4.0 * STEP
    for z, refused in ((around, True), (np.nextafter(around, 1.0), False)):
        w.z[1] = np.array([[sign * z]])
        if refused:
            with pytest.raises(Unusual):
                Example(Small.of(w), w, 0)
        else:
            Example(Small.of(w), w, 0)
    left_to_arrays(chain(name, [[[1e10, -1e10]]], [[sign * 2.0**-17]], [[1.0, 1.0]], [[0.0]]))


def test_how_far_a_weighted_input_may_be_moved() -> None:
    """2⁻¹² where something bends, half the way to a corner, any distance on a line."""
    inverse = {name: inverse_room(CURVES[name], -0.25) for name in NAMES}
    rooms = {name: 1.0 / room if room else np.inf for name, room in inverse.items()}
    assert rooms == {
        "sigmoid": 2.0**-12, "tanh": 2.0**-12, "softplus": 2.0**-12, "silu": 2.0**-12,
        "identity": np.inf, "relu": 0.125, "leaky_relu": 0.125, "elu": 2.0**-12,
    }  # fmt: skip
    assert inverse_room(CURVES["elu"], 2.0**-14) == 2.0**15


@pytest.mark.parametrize("weight", [2.0**9, 2.0**40, 1e150, 1e300])
def test_moves_out_of_reach(weight: float) -> None:
    """2⁻²⁰ times 2⁹ is more than a sigmoid may be moved at once (its room is 2⁻¹²)."""
    names = ["identity", "sigmoid"]
    net = Network.of(
        [[[1.0]], [[weight]]], [[0.0], [0.0]], [ACTIVATIONS[name]() for name in names],
        COSTS["mean_squared_error"](),
    )  # fmt: skip
    left_to_arrays(backpropagate(net, Batch.of([[0.0]], [[0.0]])))


@pytest.mark.parametrize("weight", [2.0**20, -1e150, 1e300])
def test_directions_out_of_reach(weight: float) -> None:
    """What is straight may be moved anywhere, but plain evaluations go no farther than 1/16."""
    left_to_arrays(chain("identity", [[[1.0]], [[weight]]], [[0.0], [0.0]], [[0.0]], [[0.0]]))


@pytest.mark.parametrize("name", NAMES)
def test_how_far_plain_evaluations_go(name: str) -> None:
    """1/16 and no farther, in any neuron of any layer; never to 0 or past it at a corner."""
    w = workings(ordinary(name, "mean_squared_error"))
    small = Small.of(w)
    example = Example(small, w, 0)
    for l, j in ((1, 1), (2, 0), (3, 0)):
        far = example.z[l - 1][j] + (FARTHEST if example.z[l - 1][j] > 0 else -FARTHEST)
        for z, refused in ((far, False), (far * 1.01, True), (np.nan, True), (np.inf, True)):
            moved = [[*layer] for layer in example.z]
            moved[l - 1][j] = z
            if refused:
                with pytest.raises(Unusual):
                    refuse_far(small, example, moved)
            else:
                refuse_far(small, example, moved)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("z", [0.01, -0.01])
def test_plain_evaluations_do_not_cross_corners(name: str, z: float) -> None:
    """Nearer to 0 is near enough; 0 and beyond are another branch where there are two."""
    w = one_unit(name, z)
    small = Small.of(w)
    example = Example(small, w, 0)
    for moved in (0.5 * z, 0.0, -z):
        if CURVES[name].corner and moved != 0.5 * z:
            with pytest.raises(Unusual):
                refuse_far(small, example, [[moved], example.z[1]])
        else:
            refuse_far(small, example, [[moved], example.z[1]])


def straight_up(weight: float, name: str) -> tuple[Small, Example]:
    """z(1) = 0 moves the z(2) = 0 of another activation `weight` times as far."""
    net = Network.of(
        [[[1.0]], [[weight]]], [[0.0], [0.0]],
        [ACTIVATIONS[each]() for each in ("identity", name)], COSTS["mean_squared_error"](),
    )  # fmt: skip
    w = backpropagate(net, Batch.of([[0.0]], [[0.5]]))
    small = Small.of(w)
    return small, Example(small, w, 0)


@pytest.mark.parametrize("leg", ["differences", "complex step"])
def test_each_leg_goes_as_far_as_it_may(leg: str) -> None:
    """2⁻²⁰ times 2⁸ is all of the room, and a complex move is 2⁻⁶⁰ of it; any more is too much."""
    farthest = ROOM / STEP if leg == "differences" else NEGLIGIBLE * ROOM / IMAGINARY
    for share, refused in ((0.75, False), (-1.0, False), (1.001, True), (-1.001, True)):
        small, example = straight_up(share * farthest, "tanh")
        for l in (1, 2):
            if leg == "differences":
                found = partial(difference, small, example, l, 0, 4)
            else:
                found = partial(imaginary, small, example, l, 0)
            if refused and l == 1:
                with pytest.raises(Unusual):
                    found()
            else:
                found()


OPTIONS = [
    Options(step=2.0**-20),
    Options(step=1e-3, order=2),
    Options(method="complex"),
    Options(entries=1),
    Options(entries=11),
    Options(entries=1000),
    Options(budget=1.0),
]


@pytest.mark.parametrize("options", OPTIONS)
def test_options_that_are_the_arrays(options: Options) -> None:
    """A step, the complex method, samples, a budget that is too small."""
    left_to_arrays(workings(random_request(1, "tanh", "mean_squared_error")), options)
    w = workings(request([2, 3, 2], ["tanh", "sigmoid"], "mean_squared_error", 1, 4))
    assert small_check(w, Options()) is not None
    left_to_arrays(w, options)


def test_the_budget_counts_with_auto_only() -> None:
    """What the plan costs is within a budget of as much, and not of less; "all" asks for none."""
    w = workings(request([2, 3, 2], ["tanh", "sigmoid"], "mean_squared_error", 1, 4))
    enough = float(operations(w))
    assert small_check(w, Options(budget=enough)) is not None
    left_to_arrays(w, Options(budget=enough - 1.0))
    found = small_check(w, Options(entries="all", budget=1.0))
    assert found is not None
    assert found.checked == 17


@pytest.mark.parametrize("sizes", [[2, 5, 4], [1, *[1] * 9], [30, 7]])
def test_larger_networks(sizes: list[int]) -> None:
    """Nine neurons, of which the second opinion would see eight; too many parameters."""
    names = ["tanh"] * (len(sizes) - 1)
    left_to_arrays(workings(request(sizes, names, "mean_squared_error", 1, 4)))


def test_batches_count_as_often_as_they_have_examples() -> None:
    """As many as the limits allow, and not one more."""
    for sizes, examples in (([2, 3, 1], NEURONS_MAX // 4), ([32, 3], PARAMETERS_MAX // 99)):
        names = ["tanh"] * (len(sizes) - 1)
        wanted = [request(sizes, names, "mean_squared_error", N, 4) for N in (examples, 99)]
        assert small_check(workings(wanted[0]), Options()) is not None
        one_more = request(sizes, names, "mean_squared_error", examples + 1, 4)
        left_to_arrays(workings(one_more))


@pytest.mark.parametrize(
    ("name", "cost"),
    [
        *(("softmax", cost) for cost in COSTS if cost != "cross_entropy"),
        *(("gelu", cost) for cost in COSTS),
        *((name, "cross_entropy") for name in ("identity", "tanh", "relu", "softplus", "silu")),
        *((name, "binary_cross_entropy") for name in ("identity", "tanh", "elu", "leaky_relu")),
    ],
)
def test_outputs_that_floats_do_not_serve(name: str, cost: str) -> None:
    """Other costs of softmax, gelu, entropies of what is no sigmoid."""
    wanted = random_request(1, name, cost)
    for key in ("weights", "biases", "activation"):
        wanted[key] = wanted[key][-1:]
    wanted["weights"] = [[row[:3] for row in wanted["weights"][0]]]
    left_to_arrays(workings(wanted))


def test_gelu_in_a_hidden_layer() -> None:
    """One layer that floats do not know, and none is theirs."""
    left_to_arrays(workings(request([2, 2, 1], ["gelu", "tanh"], "mean_squared_error", 1, 4)))


def test_an_uncertainty_without_end_is_no_answer() -> None:
    """Terms that overflow in a bound, and cancel in the value: the arrays call it unknown.

    2.9e308 is what |W|ᵀ|δ| comes to, of two neurons that pull at a third in opposite ways.
    """
    net = Network.of(
        [[[1.0]], [[1.2e154], [-1.2e154]]], [[-691.0], [0.0, 0.0]],
        [ACTIVATIONS[name]() for name in ("sigmoid", "identity")], COSTS["mean_squared_error"](),
    )  # fmt: skip
    for x in (0.0, 1.0):
        w = backpropagate(net, Batch.of([[x]], [[1.2e154, 1.2e154]]))
        left_to_arrays(w)
        assert check(w, Options()).checked < w.network.parameters


def test_the_arrays_tell_what_floats_only_refuse() -> None:
    """A wrong gradient: the answer is the arrays' in every bit, disagreements and all."""
    w = workings(ordinary("tanh", "mean_squared_error"))
    assert same(check(w), small_check(w, Options()))
    w.weight_gradients[1] = w.weight_gradients[1] * 1.5
    left_to_arrays(w)
    assert not check(w).agrees


def attempted(wanted: Request) -> tuple[Workings, Check | None] | None:
    """The workings and what floats say to them; None where the workings leave float64."""
    try:
        w = backpropagate(network_of(wanted), batch_of(wanted))
    except NotFinite:
        return None
    found = small_check(w, Options())
    event("floats answer" if found else "arrays are needed")
    return w, found


@given(small_networks())
@settings(max_examples=100)
def test_check_answers_one_way_or_the_other(wanted: Request) -> None:
    """What floats say where they say it, to the bit, and else what the arrays say."""
    if (attempt := attempted(wanted)) is None:
        return
    w, found = attempt
    assert same(check(w), found or check_arrays(w, Options()))


def any_float(bits: int) -> float:
    """A number of any size, told by its bits; 0 for what no network may hold: NaN and infinity."""
    (value,) = struct.unpack("d", struct.pack("Q", bits))
    return float(value) if np.isfinite(value) else 0.0


@st.composite
def wild_networks(draw: st.DrawFn) -> Request:
    """As the others, with numbers of any size up to 1e308 in places."""
    wanted = draw(small_networks())
    wild = st.integers(0, 2**64 - 1).map(any_float) | st.sampled_from([1e154, -1e200, 5e-324])
    for _ in range(draw(st.integers(1, 4))):
        where = draw(st.sampled_from(["weights", "biases", "input", "target"]))
        part = draw(st.sampled_from(wanted[where]))
        row = draw(st.sampled_from(part)) if where == "weights" else part
        if where == "target" and wanted["cost"] != "mean_squared_error":
            continue
        row[draw(st.integers(0, len(row) - 1))] = draw(wild)
    return wanted


@given(wild_networks() | networks(max_layers=3, max_width=3, max_examples=3))
@settings(max_examples=300)
def test_nothing_is_raised(wanted: Request) -> None:
    """Whatever backprop accepts: an answer whose every number is finite, or none."""
    if (attempt := attempted(wanted)) is None:
        return
    _, found = attempt
    if found is None:
        return
    for layers in (found.bias_gradients, found.bias_uncertainties,
                   found.weight_gradients, found.weight_uncertainties):  # fmt: skip
        assert all(np.isfinite(part).all() for part in layers)
    assert found.worst is not None
    assert found.second_opinion is not None
    assert found.second_opinion.worst is not None
    entries: list[Comparison | Direction] = [found.worst, found.second_opinion.worst]
    for entry in (*entries, *found.directions):
        told = [entry.backprop, entry.finite_difference, entry.uncertainty, entry.ratio]
        assert np.isfinite(told).all()
        assert entry.ratio <= 1.0
