"""The straight way through a schema, for sound requests, beside marshmallow's own."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from schemas.gradients import GradientsSchema
from schemas.network import Exercise

SCHEMA, PLAIN = GradientsSchema(), GradientsSchema()
PLAIN.straight = lambda data: None  # type: ignore[method-assign]

SOUND: dict[str, Any] = {
    "weights": [[[0.5, -0.0]], [[2.0]]],
    "biases": [[0.1], [0.2]],
    "activation": ["tanh", "sigmoid"],
    "input": [1, 2.5],
    "target": [0.5],
    "cost": "binary_cross_entropy",
    "relu_derivative_at_zero": 0.5,
    "finite_difference": {"order": 2, "seed": 3},
}
VALUES: list[Any] = [None, True, 0, 1.5, "tanh", "", [], {}, [[]], [1.0], [[[1.0, 2.0]]]]
VALUES += [{"seed": 1.5}, {"sede": 1}]
names = st.sampled_from([*SOUND, "wieghts", "extra"])


def loaded(schema: GradientsSchema, data: Any) -> Any:
    """What comes of it, in what can be compared: numbers, or words."""
    try:
        asked = schema.load(data)
    except ValidationError as error:
        return error.messages
    exercise: Exercise = asked.exercise
    network, batch = exercise.network, exercise.batch
    arrays = [*network.weights, *network.biases, batch.inputs, batch.targets]
    ends = exercise.single, exercise.relu_derivative_at_zero, asked.options
    sigmas = [(sigma.name, sigma.at_kink) for sigma in network.activations]
    return [array.tobytes() for array in arrays], sigmas, network.cost.name, ends


@given(st.dictionaries(names, st.sampled_from(VALUES), max_size=3), st.sets(names, max_size=3))
def test_both_ways_say_the_same(changed: dict[str, Any], dropped: set[str]) -> None:
    """Sound or not: the same numbers, or the same words at the same places."""
    data = {name: value for name, value in (SOUND | changed).items() if name not in dropped}
    assert loaded(SCHEMA, data) == loaded(PLAIN, data)


def test_a_sound_request_goes_straight() -> None:
    """Nothing of marshmallow's own loop runs on it; defaults stand for what is left out."""
    few = {name: SOUND[name] for name in ("weights", "biases", "input", "target")}
    found = SCHEMA.straight({**few, "activation": "relu"})
    assert found is not None
    assert found["cost"] == "mean_squared_error"
    assert np.signbit(found["weights"][0][0, 1])
    assert SCHEMA.straight({**few, "activation": "relu", "extra": 1}) is None
    assert SCHEMA.straight(few) is None
