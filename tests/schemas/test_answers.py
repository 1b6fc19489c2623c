"""Answers that are built as they print, beside what their schemas print field by field."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema

from core.backprop import backpropagate
from core.differences.check import Check, Comparison, Direction, Kink, Options, SecondOpinion
from core.differences.corners import Corner
from core.differences.witness import check
from core.forward import Workings
from core.layers import Layers
from schemas.fields import NotPrintable
from schemas.gradients import (
    GradientsAnswerSchema,
    GradientsRequest,
    GradientsSchema,
    gradients_answer,
)
from schemas.network import Exercise
from service.printing import OPTIONS
from tests.strategies import effort, networks

REQUEST, ANSWER = GradientsSchema(), GradientsAnswerSchema()
NET: dict[str, Any] = {
    "weights": [[[0.5, -0.0], [1.0, 2.0]], [[2.0, -1.0]]],
    "biases": [[0.1, 0.0], [0.2]],
    "activation": "relu",
    "input": [1, 2.5],
    "target": [0.5],
}
CHECKS: list[Any] = [False, True, {"entries": 2}, {"method": "complex"}, {"order": 2, "step": 0.1}]
NAN = math.nan


def worked(request: dict[str, Any]) -> tuple[Exercise, Workings, Check | None]:
    """What an answer is made of."""
    asked: GradientsRequest = REQUEST.load(request)
    w = backpropagate(asked.exercise.network, asked.exercise.batch)
    return asked.exercise, w, None if asked.options is None else check(w, asked.options)


def same_as_field_by_field(exercise: Exercise, w: Workings, found: Check | None) -> None:
    """Whether the answer prints as marshmallow prints it, field by field."""
    built = gradients_answer(exercise, w, found)
    assert ANSWER.dump(built) is built
    by_field = Schema.dump(ANSWER, built)
    assert orjson.dumps(built, option=OPTIONS) == orjson.dumps(by_field, option=OPTIONS)


@effort(0.5)
@given(networks(), st.sampled_from(CHECKS))
def test_built_as_documented(request: dict[str, Any], asked: Any) -> None:
    """Every declared field is there, in its order and as it declares; no other one is."""
    analytic = not {"relu", "leaky_relu"} & set(np.ravel(request["activation"]).tolist())
    asked = asked if analytic or asked != CHECKS[3] else True
    same_as_field_by_field(*worked({**request, "finite_difference": asked}))


def with_everything() -> tuple[Exercise, Workings, Check]:
    """A check that lists something wherever it can."""
    exercise, w, found = worked(NET)
    assert found is not None
    entry = Comparison(("weight_gradients", 2, (0, 1)), 1.0, 2.0, 0.5, 2.0)
    kink = Kink(("bias_gradients", 1, (1,)), 1.0, -1.0, Corner(1, 2, 3))
    return (
        exercise,
        w,
        replace(
            found,
            worst=entry,
            disagreements=(entry, entry),
            disagreed=2,
            kinks=(kink,),
            second_opinion=SecondOpinion(2, 5, entry),
            directions=(Direction(1.0, 2.0, 0.5, 2.0),),
        ),
    )


def test_every_list_is_built_as_documented() -> None:
    """Comparisons, kinks, directions, the second opinion; and where there is none of them."""
    exercise, w, full = with_everything()
    same_as_field_by_field(exercise, w, full)
    none = replace(full, worst=None, disagreements=(), kinks=(), directions=())
    same_as_field_by_field(exercise, w, replace(none, second_opinion=None))
    same_as_field_by_field(exercise, w, replace(none, second_opinion=SecondOpinion(0, 0, None)))


def test_every_number_is_told_under_its_name() -> None:
    """Each part of the check stands where its name says."""
    exercise, w, full = with_everything()
    full = replace(full, step=0.25, options=Options(7, 3, None, 2, "complex", 5e9))
    told = orjson.loads(orjson.dumps(gradients_answer(exercise, w, full), option=OPTIONS))
    found = told["finite_difference"]
    for name in ("agrees", "parameters", "checked", "step", "disagreed", "operations"):
        assert found[name] == getattr(full, name), name
    for name in ("entries", "seed", "order", "method", "budget"):
        assert found[name] == getattr(full.options, name), name
    for quantity in ("bias", "weight"):
        for name in (f"{quantity}_gradients", f"{quantity}_uncertainties"):
            assert found[name] == [array.tolist() for array in getattr(full, name)], name
    entry = {"backprop": 1.0, "finite_difference": 2.0, "uncertainty": 0.5, "ratio": 2.0}
    worst = {"at": "/weight_gradients/1/0/1", **entry}
    assert found["worst"] == worst
    assert found["disagreements"] == [worst, worst]
    assert found["second_opinion"] == {"neurons": 2, "entries": 5, "worst": worst}
    assert found["directions"] == [entry]
    unit = {"layer": 1, "neuron": 2}
    kink = {"at": "/bias_gradients/0/1", "left": 1.0, "right": -1.0, "unit": unit, "example": 3}
    assert found["kinks"] == [kink]


def changed(thing: Any, name: str, value: Any) -> Any:
    """The same but for one part."""
    return replace(thing, **{name: value})


def spoiled_checks() -> list[tuple[str, Check]]:
    """A check with a number that JSON cannot hold, one place at a time."""
    _, _, full = with_everything()
    worst, kink, direction = full.worst, full.kinks[0], full.directions[0]
    assert worst is not None
    odd: list[tuple[str, Check]] = [("step", replace(full, step=NAN))]
    for name in ("backprop", "finite_difference", "uncertainty", "ratio"):
        entry, along = changed(worst, name, NAN), changed(direction, name, math.inf)
        odd += [
            (f"worst {name}", replace(full, worst=entry)),
            (f"disagreement {name}", replace(full, disagreements=(worst, entry))),
            (f"opinion {name}", replace(full, second_opinion=SecondOpinion(1, 1, entry))),
            (f"direction {name}", replace(full, directions=(along,))),
        ]
    odd += [
        ("left", replace(full, kinks=(replace(kink, left=NAN),))),
        ("right", replace(full, kinks=(replace(kink, right=-math.inf),))),
    ]
    for name in ("bias_gradients", "weight_gradients", "bias_uncertainties"):
        first, second = getattr(full, name)
        endless = Layers([first, np.full_like(second, np.inf)])
        odd.append((name, changed(full, name, endless)))
    first, second = full.weight_uncertainties
    endless = Layers([np.full_like(first, -np.inf), second])
    return [*odd, ("weight_uncertainties", replace(full, weight_uncertainties=endless))]


@pytest.mark.parametrize(("place", "spoiled"), spoiled_checks(), ids=lambda one: str(one)[:40])
def test_a_check_that_json_cannot_hold(place: str, spoiled: Check) -> None:
    """NaN and infinity are told as such, never printed as null."""
    exercise, w, _ = with_everything()
    with pytest.raises(NotPrintable):
        gradients_answer(exercise, w, spoiled)


@pytest.mark.parametrize("name", ["z", "a", "delta", "bias_gradients", "weight_gradients"])
@pytest.mark.parametrize("layer", [1, 2])
@pytest.mark.parametrize("value", [NAN, math.inf, -math.inf])
def test_workings_that_json_cannot_hold(name: str, layer: int, value: float) -> None:
    """Each array is looked at."""
    exercise, w, found = worked(NET)
    quantity = getattr(w, name)
    quantity[layer] = np.full_like(quantity[layer], value)
    with pytest.raises(NotPrintable):
        gradients_answer(exercise, w, found)


def test_a_cost_that_json_cannot_hold() -> None:
    """The cost is looked at too."""
    exercise, w, found = worked(NET)
    w.cost = NAN
    with pytest.raises(NotPrintable):
        gradients_answer(exercise, w, found)


def test_what_was_not_checked_is_null() -> None:
    """NaN in the witness's arrays stands for that, and is printed as null."""
    exercise, w, found = worked({**NET, "finite_difference": {"entries": 1}})
    told = orjson.loads(orjson.dumps(gradients_answer(exercise, w, found), option=OPTIONS))
    gradients = told["finite_difference"]["weight_gradients"]
    assert None in [entry for layer in gradients for row in layer for entry in row]
    same_as_field_by_field(exercise, w, found)
