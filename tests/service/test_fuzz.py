"""No request whatever is answered by a 5xx, or by what is not JSON."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.costs import COSTS
from service import create_app
from tests.strategies import effort

CLIENT = create_app().test_client()
FIELDS = [
    "weights", "biases", "activation", "input", "target", "cost", "finite_difference",
    "relu_derivative_at_zero",
]  # fmt: skip
OPTIONS = ["entries", "seed", "step", "order", "method", "budget"]

numbers = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-3, 3)
    | st.sampled_from([0.0, -0.0, 1e308, -1e308, 1e-308, 5e-324, 1e154, 2**63, 2**64, -(2**63)])
)
names = st.sampled_from([*ACTIVATIONS, *COSTS, "all", "auto", "central", "complex", "", "é"])
scalars = st.none() | st.booleans() | numbers | names
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*FIELDS, *OPTIONS, "x"]) | st.text(max_size=3), inner)
    ),
    max_leaves=15,
)


def lists(items: st.SearchStrategy[Any], size: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(items, min_size=size, max_size=size)


@st.composite
def plausible(draw: st.DrawFn) -> dict[str, Any]:
    """Shapes that fit, numbers from the whole of float64, options of every kind."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=4))
    examples = draw(st.none() | st.integers(1, 3))
    layers = list(pairwise(sizes))
    hidden = [name for name in ACTIVATIONS if name != "softmax"]
    kinds = [draw(st.sampled_from(hidden)) for _ in layers[1:]]
    ends = [
        draw(lists(numbers, size) if examples is None else lists(lists(numbers, size), examples))
        for size in (sizes[0], sizes[-1])
    ]
    request = {
        "weights": [draw(lists(lists(numbers, source), into)) for source, into in layers],
        "biases": [draw(lists(numbers, into)) for _, into in layers],
        "activation": [*kinds, draw(st.sampled_from([*ACTIVATIONS]))],
        "input": ends[0],
        "target": ends[1],
        "cost": draw(st.sampled_from([*COSTS])),
        "relu_derivative_at_zero": draw(st.sampled_from([0, 0.5, 1])),
    }
    options = {
        "entries": st.sampled_from(["all", "auto", 1, 5]),
        "seed": st.integers(0, 9),
        "step": st.sampled_from([1e-300, 1e-12, 1e-3, 1.0, None]),
        "order": st.sampled_from([2, 4]),
        "method": st.sampled_from(["central", "complex"]),
        "budget": st.sampled_from([1, 1e3, 1e10]),
    }
    request["finite_difference"] = draw(st.booleans() | st.fixed_dictionaries({}, optional=options))
    return request


def refuse_constant(text: str) -> float:
    raise AssertionError(f"{text} in an answer")


def check_answer(text: str) -> None:
    answer = CLIENT.post("/v1/gradients", data=text.encode(), content_type="application/json")
    body = json.loads(answer.data, parse_constant=refuse_constant)
    assert answer.status_code in (200, 400, 422), (answer.status_code, body)
    assert ("cost" in body) == (answer.status_code == 200)


@effort(2)
@given(anything)
def test_any_json(value: Any) -> None:
    """Whatever JSON is posted, the answer is a result or a problem."""
    check_answer(json.dumps(value))


@effort(2)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, anything)))
def test_any_fields(value: Any) -> None:
    """Whatever the known fields hold, the answer is a result or a problem."""
    check_answer(json.dumps(value))


@effort(3)
@given(plausible())
def test_any_numbers(request: Any) -> None:
    """Whatever the numbers of a well-formed request, the answer is a result or a problem."""
    check_answer(json.dumps(request))


@effort(2)
@given(plausible(), st.data())
def test_any_cut(request: Any, data: st.DataObject) -> None:
    """A request that breaks off in the middle is not JSON, and is told so."""
    text = json.dumps(request)
    check_answer(text[: data.draw(st.integers(0, len(text)))])


def test_deep_nesting_in_every_place() -> None:
    """Lists nested a thousand deep are a problem in every field, not an exception."""
    deep = "[" * 900 + "]" * 900
    for field in [*FIELDS, "unknown"]:
        check_answer(f'{{"{field}": {deep}}}')
    for option in OPTIONS:
        check_answer(f'{{"finite_difference": {{"{option}": {deep}}}}}')
