"""The border of the lessons: places, examples, and the page that describes the answers."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields

from core.lessons.addresses import Address
from core.lessons.orders import orders
from schemas.lessons import addresses, counts, jacobians, sizes, updates, walks, workings
from schemas.lessons.expressions import SymbolSchema
from schemas.lessons.jacobians import chain_sentence
from schemas.lessons.requests import Place
from schemas.lessons.updates import COSTS_LISTED_MAX, told_epochs

PAGE = (Path(__file__).parents[2] / "docs" / "lessons.md").read_text(encoding="utf-8")
ANSWERS: dict[str, Schema] = {
    "addresses": addresses.AddressesAnswerSchema(),
    "comparisons": counts.ComparisonsAnswerSchema(),
    "curves": sizes.CurvesAnswerSchema(),
    "derivations": walks.DerivationAnswerSchema(),
    "jacobians": jacobians.JacobiansAnswerSchema(),
    "magnitudes": sizes.MagnitudesAnswerSchema(),
    "operation-jacobians": jacobians.OperationJacobiansAnswerSchema(),
    "operations": counts.OperationsAnswerSchema(),
    "origins": workings.OriginsAnswerSchema(),
    "outer-products": workings.OuterProductsAnswerSchema(),
    "paths": walks.PathsAnswerSchema(),
    "steps": workings.StepsAnswerSchema(),
    "units": sizes.UnitsAnswerSchema(),
    "updates": updates.UpdatesAnswerSchema(),
}
REQUESTS: dict[str, Schema] = {
    "curves": sizes.CurvesSchema(),
    "derivations": walks.DerivationSchema(),
    "operation-jacobians": jacobians.OperationJacobiansSchema(),
    "origins": workings.OriginsSchema(),
    "outer-products": workings.OuterProductsSchema(),
    "paths": walks.PathsSchema(),
    "units": sizes.UnitsSchema(),
    "updates": updates.UpdatesSchema(),
}
NET: dict[str, Any] = {
    "weights": [[[1.0, 2.0], [3.0, 4.0]]],
    "biases": [[0.0, 0.0]],
    "activation": "tanh",
    "input": [[1.0, 0.0], [0.0, 1.0]],
    "target": [[1.0, 0.0], [0.0, 1.0]],
}


def names(schema: Schema) -> set[str]:
    """What a schema prints, nested schemas included; symbols stand for their three notations."""
    found = set()
    for name, field in schema.dump_fields.items():
        found.add(field.data_key or name)
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            found |= names(inner.schema)
    return found - (set(SymbolSchema().fields) if isinstance(schema, SymbolSchema) else set())


def section(lesson: str) -> str:
    found = re.search(rf"### POST /v1/{lesson}\n(.*?)(\n### |\Z)", PAGE, re.DOTALL)
    assert found, lesson
    return found[1]


@pytest.mark.parametrize("lesson", ANSWERS)
def test_the_page_names_every_field_of_every_answer(lesson: str) -> None:
    """docs/lessons.md shows each field, where it stands or in what it says stands for J and E."""
    shown = section(lesson) + PAGE.split("### POST /v1/jacobians")[1].split("```")[0]
    missing = {name for name in names(ANSWERS[lesson]) if f'"{name}"' not in shown}
    assert not missing


@pytest.mark.parametrize("lesson", REQUESTS)
def test_the_page_names_every_field_of_every_request(lesson: str) -> None:
    """Each field that a lesson has beyond the network stands in its section or in the overview."""
    own = {
        field.data_key or name
        for name, field in REQUESTS[lesson].load_fields.items()
        if name not in workings.StepsSchema().load_fields and name != "example"
    }
    row = next(line for line in PAGE.splitlines() if f"`/v1/{lesson}`" in line)
    for name in own:
        assert f'"{name}"' in section(lesson)
        assert f"`{name}`" in row


def load(schema: Schema, **fields: Any) -> Any:
    return schema.load({**NET, **fields})


def test_a_place_of_the_right_kind_only() -> None:
    """A field that needs a parameter takes any name of one, and nothing else."""
    place = Place(("weights", "biases"))
    assert place.deserialize("b(2)_1") == Address("biases", 2, 1)
    for wrong, said in (
        ("/z/0/0", "the weighted input z of neuron 0 of layer 1; one of /weights or /biases"),
        ("b", "names no quantity"),
    ):
        with pytest.raises(ValidationError, match=said):
            place.deserialize(wrong)


@pytest.mark.parametrize("value", [None, 1, [], {}, True, "", "/", "//", "/weights/", "\x00"])
def test_no_place_crashes(value: Any) -> None:
    """Whatever stands there, the field refuses it in words."""
    with pytest.raises(ValidationError):
        Place(("weights",)).deserialize(value)


@given(st.text(max_size=60))
def test_no_text_crashes(value: str) -> None:
    """Any text at all is read or refused."""
    with suppress(ValidationError):
        addresses.AddressText().deserialize(value)


def test_the_example_that_is_followed() -> None:
    """By field or by pointer the same one example is taken, and places lose their example."""
    asked = load(walks.DerivationSchema(), at="/weights/0/0/0", example=1)
    assert asked.exercise.batch.inputs.tolist() == [[0.0, 1.0]]
    asked = load(walks.PathsSchema(), **{"from": "/z/0/1/0", "to": "/a/0/1/0"})
    assert asked.exercise.batch.inputs.tolist() == [[0.0, 1.0]]
    assert asked.options["start"] == Address("z", 1, 0)
    assert asked.exercise.single


def test_the_only_number_of_a_layer() -> None:
    """In a chain of single neurons w(1) is a weight; elsewhere it is a matrix, and refused."""
    chain = {**NET, "weights": [[[2.0]]], "biases": [[0.0]], "input": [1.0], "target": [1.0]}
    asked: Any = walks.DerivationSchema().load({**chain, "at": "w(1)"})
    assert asked.options["at"] == Address("weights", 1, 0, 0)
    asked = walks.PathsSchema().load({**chain, "from": "x", "to": "a(1)"})
    assert asked.options["start"] == Address("input", 0, 0)
    with pytest.raises(ValidationError, match="one number of them is needed"):
        load(walks.DerivationSchema(), at="w(1)", example=0)


def test_slips_are_gathered() -> None:
    """A wrong place, a wrong limit and an unknown field are told together."""
    with pytest.raises(ValidationError) as caught:
        load(walks.DerivationSchema(), at="/weights/5/0/0", limit=0, exmple=1)
    assert set(caught.value.normalized_messages()) >= {"at", "limit", "exmple"}


def test_the_plan_of_a_run() -> None:
    """All examples make one mini-batch unless a size is given; one epoch, seed 0."""
    plain = updates.plan_of(load(updates.UpdatesSchema(), learning_rate=0.1))
    assert (plain.batch_size, plain.epochs, plain.seed) == (2, 1, 0)
    sized = updates.plan_of(load(updates.UpdatesSchema(), learning_rate=0.1, batch_size=1))
    assert sized.updates(2) == 2


@given(st.integers(1, 10**6))
def test_epochs_that_are_told(epochs: int) -> None:
    """At most a thousand, evenly spread, in order, the last one among them."""
    told = told_epochs(epochs)
    assert len(told) == min(epochs, COSTS_LISTED_MAX)
    assert told == sorted(set(told))
    assert (told[0] >= 1, told[-1]) == (True, epochs)
    assert len(set(np.diff(told))) <= 2


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (
            [4, 3],
            "[1×3] · [3×4] = [1×4]: neighbours agree in the inner dimensions 3, which cancel.",
        ),
        ([2, 2, 5], "[1×5] · [5×2] · [2×2] = [1×2]: neighbours agree in the inner dimensions 5, 2"),
    ],
)
def test_fig_2_4_in_words(layers: list[int], said: str) -> None:
    """Shapes cancel as in the figure."""
    assert chain_sentence(orders(layers)).startswith(said)
