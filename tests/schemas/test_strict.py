"""The straight way of sound requests through their schemas, beside marshmallow's own way."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields, validate
from marshmallow.decorators import POST_LOAD, VALIDATES_SCHEMA

from core.differences.check import Options
from core.layers import Layers
from core.network import Batch, Network
from schemas import batches, challenges
from schemas.fields import Integer
from schemas.gradients import GradientsRequest, GradientsSchema
from schemas.lessons import addresses, counts, jacobians, sizes, updates, walks, workings
from schemas.network import NetworkSchema
from schemas.strict import Strict
from schemas.verifications import VerificationSchema
from service.examples import EXAMPLES

GRADIENTS = GradientsSchema()
SCHEMAS: dict[str, Strict] = {
    "/v1/addresses": addresses.AddressesSchema(),
    "/v1/batches": batches.BatchSchema(),
    "/v1/challenges": challenges.ChallengeSchema(),
    "/v1/comparisons": counts.ComparisonsSchema(),
    "/v1/curves": sizes.CurvesSchema(),
    "/v1/derivations": walks.DerivationSchema(),
    "/v1/gradients": GRADIENTS,
    "/v1/jacobians": jacobians.JacobiansSchema(),
    "/v1/magnitudes": sizes.MagnitudesSchema(),
    "/v1/operation-jacobians": jacobians.OperationJacobiansSchema(),
    "/v1/operations": counts.OperationsRequestSchema(),
    "/v1/origins": workings.OriginsSchema(),
    "/v1/outer-products": workings.OuterProductsSchema(),
    "/v1/paths": walks.PathsSchema(),
    "/v1/steps": workings.StepsSchema(),
    "/v1/units": sizes.UnitsSchema(),
    "/v1/updates": updates.UpdatesSchema(),
    "/v1/verifications": VerificationSchema(),
}
FEW: dict[str, Any] = {
    "weights": [[[0.5, -0.0]], [[2.0]]],
    "biases": [[0.1], [0.2]],
    "activation": "relu",
    "input": [1, 2.5],
    "target": [0.5],
}
SOUND: dict[str, Any] = {
    **FEW,
    "activation": ["tanh", "sigmoid"],
    "cost": "binary_cross_entropy",
    "relu_derivative_at_zero": 0.5,
    "finite_difference": {"order": 2, "seed": 3, "step": None},
}
VALUES: list[Any] = [None, True, False, 0, 1.5, 10**400, "tanh", "softmax", "", [], {}, [[]]]
VALUES += [[1.0], [[1.0]], [[1.0], [2.0]], [[[1.0, 2.0]]], [None], ["softmax", "tanh"]]
VALUES += [float("nan"), [float("inf")], {"seed": 1.5}, {"sede": 1}, {"method": "complex"}]
NAMES = st.sampled_from([*SOUND, "wieghts", "extra"])


def everything(value: Any) -> Any:
    """A loaded value in what can be compared: arrays by their bytes, objects by their parts."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tobytes(), value.flags.writeable
    if isinstance(value, dict):
        return {name: everything(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | Layers):
        return [type(value), *map(everything, value)]
    if dataclasses.is_dataclass(value) or type(value).__module__.startswith("core."):
        return [type(value), everything(vars(value))]
    return type(value), value


def outcome(load: Any, *args: Any) -> Any:
    """What comes of it: the loaded value, or the words about it."""
    try:
        return everything(load(*args))
    except ValidationError as error:
        return error.messages


def both_ways(schema: Strict, data: Any) -> tuple[Any, Any]:
    """What the schema makes of it, and what marshmallow's own loop does."""
    return outcome(schema.load, data), outcome(Schema.load, schema, data)


def as_core_would(found: GradientsRequest) -> None:
    """Core takes the same arrays when it checks them itself, and nobody can write to ours."""
    network, batch, single, at_kink = found.exercise
    checked = Network.of(network.weights, network.biases, network.activations, network.cost)
    checked.check_batch(Batch.of(batch.inputs, batch.targets))
    assert checked.sizes == network.sizes
    assert not single or batch.size == 1
    assert {sigma.at_kink for sigma in network.activations} == {at_kink}
    for array in (*network.weights, *network.biases, batch.inputs, batch.targets):
        assert array.dtype == np.float64
        assert array.flags.c_contiguous
        assert not array.flags.writeable


@given(st.dictionaries(NAMES, st.sampled_from(VALUES), max_size=3), st.sets(NAMES, max_size=3))
def test_both_ways_say_the_same(changed: dict[str, Any], dropped: set[str]) -> None:
    """Sound or not: the same numbers, or the same words at the same places."""
    data = {name: value for name, value in (SOUND | changed).items() if name not in dropped}
    ours, plain = both_ways(GRADIENTS, data)
    assert ours == plain
    with suppress(ValidationError):
        as_core_would(GRADIENTS.load(data))


@pytest.mark.parametrize("batches_of", list(itertools.product((None, 1, 2), repeat=2)))
def test_what_loads_is_what_core_takes(batches_of: tuple[int | None, int | None]) -> None:
    """Of all ways to shape two layers, input and target, core would take those that load."""
    loaded = 0
    for rows, columns, b, ends in itertools.product(itertools.product((1, 2), repeat=2), repeat=4):
        data = {
            **FEW,
            "weights": [matrix(*shape) for shape in zip(rows, columns, strict=True)],
            "biases": [[0.5] * size for size in b],
        }
        for name, N, size in zip(("input", "target"), batches_of, ends, strict=True):
            data[name] = [0.5] * size if N is None else matrix(N, size)
        with suppress(ValidationError):
            as_core_would(GRADIENTS.load(data))
            loaded += 1
    assert loaded == (8 if batches_of[0] == batches_of[1] else 0)


def matrix(rows: int, columns: int) -> list[list[float]]:
    """Of these sizes."""
    return [[0.5] * columns for _ in range(rows)]


def spoiled(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The request without each of its fields, and with each odd value in each of them."""
    for name in request:
        yield {other: value for other, value in request.items() if other != name}
        for odd in VALUES:
            yield {**request, name: odd}
    yield {**request, "extra": 1}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["name"]))
def test_every_schema_agrees_on_its_examples(example: dict[str, Any]) -> None:
    """As they are, and spoiled in every field."""
    schema = SCHEMAS[example["endpoint"]]
    assert schema.straight(example["request"]) is not None
    for request in (example["request"], *spoiled(example["request"])):
        ours, plain = both_ways(schema, request)
        assert ours == plain


@pytest.mark.parametrize("data", [None, 1, "text", [], [FEW]])
def test_what_is_no_object_is_told(data: Any) -> None:
    """Nothing but an object goes straight."""
    ours, plain = both_ways(GRADIENTS, data)
    assert ours == plain
    assert "a JSON object is needed" in ours["_schema"][0]


def test_a_sound_request_goes_straight() -> None:
    """Defaults stand for what is left out; what is left over or missing is not straight."""
    found: GradientsRequest = GRADIENTS.straight(FEW)
    assert found.exercise.network.cost.name == "mean_squared_error"
    assert np.signbit(found.exercise.network.weights[1][0, 1])
    assert found.options == Options()
    assert GRADIENTS.straight({**FEW, "extra": 1}) is None
    assert GRADIENTS.straight({**FEW, "input": None}) is None
    assert GRADIENTS.straight({name: FEW[name] for name in FEW if name != "input"}) is None
    assert GRADIENTS.straight({**FEW, "target": [1.0, 2.0]}) is None
    assert GRADIENTS.straight({**FEW, "activation": "softmax"}) is None


def test_marshmallow_is_not_asked() -> None:
    """A sound request is loaded though marshmallow's own loop does not run."""

    class Alone(GradientsSchema):
        def _do_load(self, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError("marshmallow's loop")

    assert Alone().load(SOUND).exercise.network.depth == 2
    with pytest.raises(AssertionError, match="marshmallow's loop"):
        Alone().load({**SOUND, "input": "x"})


def test_fresh_defaults_and_own_validators() -> None:
    """A default that is made is made anew; a field with a validator of marshmallow's is asked."""

    class Some(Strict):
        notes = fields.Dict(load_default=dict)
        few = fields.Integer(data_key="how-many", attribute="n", validate=validate.Range(1, 3))
        size = Integer(1, load_default=2)
        thing = fields.Raw()

    schema = Some()
    first, second = schema.straight({}), schema.straight({})
    assert first == {"notes": {}, "size": 2}
    assert first["notes"] is not second["notes"]
    assert schema.straight({"how-many": 3})["n"] == 3
    assert schema.straight({"how-many": 4}) is None
    assert schema.straight({"few": 3}) is None
    assert schema.straight({"thing": 1})["thing"] == 1
    with pytest.raises(ValidationError, match="null"):
        schema.load({"thing": None})
    assert schema.load({"how-many": 3}, partial=True) == {"n": 3}


@pytest.mark.parametrize("left_out", ["weights", "biases"])
def test_the_names_are_counted_against_what_there_is(left_out: str) -> None:
    """Weights or biases alone tell how many layers there are."""
    data = {name: value for name, value in FEW.items() if name != left_out}
    with pytest.raises(ValidationError) as refused:
        GRADIENTS.load({**data, "activation": ["softmax", "relu"]})
    messages: Any = refused.value.messages
    assert "this is layer 1 of 2" in messages["activation"][0]["_schema"][0]


@pytest.mark.parametrize("vector", [["x"], [1.0]])
def test_so_many_layers_are_a_slip(vector: list[Any]) -> None:
    """A list longer than any network is told as such, and not item by item."""
    with pytest.raises(ValidationError) as refused:
        GRADIENTS.load({**FEW, "biases": [vector] * 10_001})
    messages: Any = refused.value.messages
    assert messages["biases"]["_schema"] == ["has 10001 vectors; a network has at most 10000"]


def every(schema: type[Strict]) -> Iterator[type[Strict]]:
    """All schemas of requests."""
    for one in schema.__subclasses__():
        if one.__module__.startswith("schemas."):
            yield one
        yield from every(one)


def test_schemas_hook_only_what_the_straight_way_calls() -> None:
    """Validators and builders of one object; anything else of marshmallow's would be passed by."""
    found = set(every(Strict))
    assert {GradientsSchema, NetworkSchema, VerificationSchema, batches.HeaderSchema} <= found
    for schema in found:
        used = {tag for tag, hooks in schema._hooks.items() if hooks}
        assert used <= {VALIDATES_SCHEMA, POST_LOAD}, schema
        for tag in used:
            for _, many, options in schema._hooks[tag]:
                assert not many, schema
                assert not options.get("pass_original"), schema
