"""The lesson endpoints: the core's numbers, the contract's shapes, and every slip told in place."""

from __future__ import annotations

import copy
import json
import math
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
import pytest
import requests
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from core.activations import ACTIVATIONS
from core.costs import COSTS
from service import create_app
from service.limits import Limits
from tests.service.test_fuzz import anything, plausible
from tests.strategies import networks

Request = dict[str, Any]
CLIENT = create_app().test_client()
LESSONS = (
    "steps", "origins", "derivations", "paths", "jacobians", "operation-jacobians",
    "outer-products", "units", "magnitudes", "comparisons", "curves", "updates",
)  # fmt: skip
EXTRA: dict[str, Request] = {
    "origins": {"at": "/weight_gradients/0/0/0"},
    "derivations": {"at": "/weights/0/0/0"},
    "paths": {"from": "/weights/0/0/0"},
    "curves": {"at": "/biases/0/0", "points": 5},
    "updates": {"learning_rate": 1e-6, "epochs": 2, "batch_size": 2},
}
FOLLOW_ONE = ("derivations", "paths", "jacobians", "operation-jacobians")

MAZUR: Request = {
    "weights": [[[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]],
    "biases": [[0.35, 0.35], [0.60, 0.60]],
    "activation": "sigmoid",
    "input": [0.05, 0.10],
    "target": [0.01, 0.99],
}
BATCH: Request = {**MAZUR, "input": [[0.05, 0.1], [1, 2]], "target": [[0.01, 0.99], [1, 0]]}
XOR: Request = {
    "weights": [[[0.9, -0.6], [-0.4, 0.8]], [[1.1, 0.7]]],
    "biases": [[0.1, -0.3], [-0.5]],
    "activation": ["tanh", "sigmoid"],
    "input": [[0, 0], [0, 1], [1, 0], [1, 1]],
    "target": [[0], [1], [1], [0]],
    "cost": "binary_cross_entropy",
}


def post(lesson: str, request: Request) -> Any:
    answer = CLIENT.post(f"/v1/{lesson}", json=request)
    assert answer.status_code == 200, answer.text
    return answer.json


def gradients(request: Request) -> Any:
    return CLIENT.post("/v1/gradients", json={**request, "finite_difference": False}).json


def at(answer: Any, pointer: str) -> Any:
    """What a JSON pointer leads to."""
    for step in pointer.split("/")[1:]:
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    return answer


# Whatever the network


def no_constant(text: str) -> float:
    raise AssertionError(f"{text} in an answer")


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(networks())
def test_every_lesson_answers_every_network(request: Request) -> None:
    """200 with numbers only, or 422 where a number leaves float64; never anything else."""
    several = isinstance(request["input"][0], list) and len(request["input"]) > 1
    for lesson in LESSONS:
        extra = {**EXTRA.get(lesson, {})}
        if several and lesson in FOLLOW_ONE:
            extra["example"] = len(request["input"]) - 1
        answer = CLIENT.post(f"/v1/{lesson}", json={**request, **extra})
        assert answer.status_code in (200, 422), answer.text
        told = orjson.loads(answer.data)
        assert json.loads(answer.data, parse_constant=no_constant) == told
        if answer.status_code == 422:
            assert told["type"] == "/problems#not-finite", told


@settings(deadline=None, max_examples=30)
@given(networks(max_layers=3, max_width=4))
def test_walks_carry_the_gradients_of_the_main_endpoint(request: Request) -> None:
    """A derivation's gradient is the very number that /v1/gradients has for that example."""
    single = not isinstance(request["input"][0], list)
    one = request if single else {
        **request, "input": request["input"][-1], "target": request["target"][-1]
    }  # fmt: skip
    last = {} if single else {"example": len(request["input"]) - 1}
    for pointer, place in (
        ("/weights/0/0/0", "weight_gradients"),
        ("/biases/0/0", "bias_gradients"),
    ):
        walk = post("derivations", {**request, "at": pointer, **last})
        assert walk["gradient"] == at(gradients(one), pointer.replace(pointer.split("/")[1], place))
        assert walk["at"] == pointer
        assert int(walk["path_count"]) >= walk["listed"] == len(walk["paths"])


OWN_FIELDS = (
    "at", "from", "to", "limit", "example", "layer", "neuron", "digits", "points", "span",
    "saturation", "learning_rate", "batch_size", "epochs", "seed", "text", "layer_sizes",
)  # fmt: skip
POINTERS = (
    "/weights/0/0/0", "/biases/0/0", "/z/0/0", "/a/0/0/0", "/cost", "w(1)_00", "/delta/1/0", "x_0",
)  # fmt: skip


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([*LESSONS, "addresses", "operations"]),
    plausible() | anything,
    st.dictionaries(st.sampled_from(OWN_FIELDS), st.sampled_from(POINTERS) | anything, max_size=4),
)
def test_no_request_is_a_5xx(lesson: str, body: Any, own: Request) -> None:
    """Whatever the body, the answer is 200 or a problem, in JSON without NaN."""
    if isinstance(body, dict):
        body = {**EXTRA.get(lesson, {}), **body, **own}
        body.pop("finite_difference", None)
    answer = CLIENT.post(f"/v1/{lesson}", data=json.dumps(body), content_type="application/json")
    assert answer.status_code in (200, 400, 422), answer.text
    json.loads(answer.data, parse_constant=no_constant)


# The contract


def test_a_derivation_is_what_the_contract_says() -> None:
    """Every field of the contract, with neurons from the parameter's own to the output."""
    walk = post("derivations", {**MAZUR, "at": "/weights/0/1/0"})
    assert walk["symbol"] == "∂C/∂w(1)_10"
    assert set(walk) >= {
        "at", "symbol", "gradient", "factors", "paths", "path_count", "listed", "sum",
    }  # fmt: skip
    assert all(set(f) >= {"symbol", "latex", "value", "shared"} for f in walk["factors"])
    assert [path["neurons"] for path in walk["paths"]] == [[[1, 1], [2, 0]], [[1, 1], [2, 1]]]
    assert walk["path_count"] == "2"
    assert math.prod(f["value"] for f in walk["factors"]) == pytest.approx(walk["gradient"], 1e-15)
    for path in walk["paths"]:
        assert math.prod(path["factors"]) == pytest.approx(path["product"], rel=1e-15)


def test_the_limit_of_paths() -> None:
    """As many as asked for, the strongest; the sum is over all."""
    all_of_them = post("derivations", {**MAZUR, "at": "/weights/0/1/0"})
    one = post("derivations", {**MAZUR, "at": "/weights/0/1/0", "limit": 1})
    assert one["paths"] == all_of_them["paths"][:1]
    assert (one["listed"], one["path_count"], one["sum"]) == (1, "2", all_of_them["sum"])


def test_counts_are_exact_beyond_every_integer_type() -> None:
    """100 layers of 100: 10^198 paths from the first layer, told digit by digit."""
    rng = np.random.default_rng(1)
    deep = {
        "weights": [(rng.normal(size=(100, 100)) / 10).tolist() for _ in range(100)],
        "biases": [[0.0] * 100] * 100,
        "activation": "tanh",
        "input": rng.normal(size=100).tolist(),
        "target": [0.0] * 100,
    }
    walk = post("derivations", {**deep, "at": "/weights/0/3/7"})
    assert walk["path_count"] == str(100**99)
    assert walk["listed"] == 10
    assert walk["sum"] == pytest.approx(walk["gradient"], rel=1e-9)


def test_jacobians_multiply_to_their_running_products() -> None:
    """∂a(L)/∂a(l−1) is the product of the layers' own Jacobians, as printed."""
    answer = post("jacobians", MAZUR)
    running = np.eye(2)
    for layer in reversed(answer["layers"]):
        slopes = layer["activation"]
        assert (slopes["diagonal"], slopes["shape"]) == (True, [2, 2])
        assert layer["weighted_sum"]["values"] == MAZUR["weights"][layer["layer"] - 1]
        running = running @ np.diag(slopes["values"]) @ np.array(layer["weighted_sum"]["values"])
        assert layer["running"]["values"] == pytest.approx(running, rel=1e-14)
        assert layer["running"]["norm"] == pytest.approx(np.linalg.norm(running, 2), rel=1e-14)
    assert answer["chain"]["shapes"] == [[1, 2], [2, 2], [2, 2]]
    assert answer["orders"]["backward"] == 8


def test_a_softmax_is_told_to_be_full() -> None:
    """Its Jacobian is a matrix, not a diagonal."""
    softmax = {**MAZUR, "activation": ["sigmoid", "softmax"]}
    first, last = post("jacobians", softmax)["layers"]
    assert (first["activation"]["diagonal"], last["activation"]["diagonal"]) == (True, False)
    assert np.shape(last["activation"]["values"]) == (2, 2)


def test_updates_are_what_the_contract_says() -> None:
    """Weights, biases and costs; the same as the mini-batches' gradients give by hand."""
    answer = post("updates", {**MAZUR, "learning_rate": 0.5})
    before = gradients(MAZUR)
    for l in range(2):
        moved = np.array(MAZUR["weights"][l]) - 0.5 * np.array(before["weight_gradients"][l])
        assert answer["weights"][l] == moved.tolist()
    assert answer["cost_before"] == before["cost"]
    after = gradients({**MAZUR, "weights": answer["weights"], "biases": answer["biases"]})
    assert answer["cost_after"] == answer["costs"][-1] == after["cost"]


def test_xor_is_learned_in_one_call() -> None:
    """A thousand epochs take the cost of XOR below 0.001, and the outputs are right."""
    answer = post("updates", {**XOR, "learning_rate": 4.0, "epochs": 1000})
    assert answer["cost_after"] < 0.001
    outputs = gradients({**XOR, "weights": answer["weights"], "biases": answer["biases"]})["a"][-1]
    assert [round(a) for (a,) in outputs] == [0, 1, 1, 0]


# What the other lessons promise


def test_steps_have_the_numbers_of_the_main_endpoint() -> None:
    """What has an address holds the number that stands there in the request or the answer."""
    for network in (MAZUR, BATCH):
        everything = {**network, **gradients(network)}
        for step in post("steps", network)["steps"]:
            for operand in (*step["operands"], step["result"]):
                if operand["at"]:
                    assert operand["value"] == at(everything, operand["at"])


def test_the_costs_terms_add_up() -> None:
    """C = 1/N Σ constant · terms, the ½ apart."""
    parts = post("steps", BATCH)["cost_terms"]
    assert (parts["constant"], parts["examples"]) == (0.5, 2)
    assert 0.5 * np.sum(parts["terms"]) / 2 == pytest.approx(gradients(BATCH)["cost"], rel=1e-15)


def test_origins_point_to_numbers() -> None:
    """value = times · Σ terms, and each ingredient's pointer leads to its value."""
    everything = {**BATCH, **gradients(BATCH)}
    for pointer in ("/delta/0/1/0", "/z/1/0/1", "/weight_gradients/1/0/1", "/cost"):
        found = post("origins", {**BATCH, "at": pointer})
        assert found["value"] == at(everything, pointer)
        times = (found["times"] or {"value": 1.0})["value"]
        terms = sum(term["value"] for term in found["terms"])
        assert times * terms == pytest.approx(found["value"], rel=1e-14)
        for one in found["ingredients"]:
            assert at(everything, one["at"]) == one["value"]


def test_any_name_of_a_place_will_do() -> None:
    """Pointer, symbol, LaTeX and sentence bring the same walk."""
    names = (
        "/weights/0/1/0",
        "w(1)_10",
        "w^{(1)}_{10}",
        "into neuron 1 of layer 1, from neuron 0 of layer 0",
    )
    walks = [post("derivations", {**MAZUR, "at": name}) for name in names]
    assert all(walk == walks[0] for walk in walks)


def test_addresses_go_both_ways() -> None:
    """Fig 2.1: from the symbol to the sentence, and from the sentence to the symbol."""
    there = post("addresses", {"text": "w(1)_02", "layer_sizes": [3, 2]})
    assert there["at"] == "/weights/0/0/2"
    back = post("addresses", {"text": there["sentence"]})
    assert (back["symbol"], back["latex"]) == ("w(1)_02", "w^{(1)}_{02}")


def test_a_pointer_may_choose_the_example() -> None:
    """Of a batch, /z/0/1/0 is followed in example 1 without saying so again."""
    by_pointer = post("paths", {**BATCH, "from": "/z/0/1/0"})
    by_field = post("paths", {**BATCH, "from": "/z/0/0", "example": 1})
    assert by_pointer == by_field
    delta = gradients(BATCH)["delta"][0][1][0]
    assert by_pointer["sum"] == pytest.approx(delta, rel=1e-15)


def test_the_table_of_fig_2_10() -> None:
    """Row j, column k is δ_j a_k."""
    found = post("outer-products", {**MAZUR, "layer": 2})
    assert found["table"] == np.outer(found["column"], found["row"]).tolist()
    assert found["table"] == gradients(MAZUR)["weight_gradients"][1]
    assert found["column_labels"] == ["δ(2)_0", "δ(2)_1"]


def test_units_name_the_dead_and_the_saturated() -> None:
    """A ReLU that never wakes is dead, a sigmoid on its tail is saturated."""
    request: Request = {
        "weights": [[[-1.0], [1.0]], [[20.0, 20.0]]], "biases": [[0.0, 0.0], [0.0]],
        "activation": ["relu", "sigmoid"], "input": [1.0], "target": [0.0], "points": 3,
    }  # fmt: skip
    found = post("units", request)
    assert found["dead"] == [{"layer": 1, "neuron": 0}]
    assert found["saturated"] == [{"layer": 2, "neuron": 0}]
    assert "1 unit is dead" in found["sentence"]
    assert [curve["activation"] for curve in found["curves"]] == ["relu", "sigmoid"]


def test_magnitudes_name_the_throttle() -> None:
    """Ten sigmoids: the first layer's error is tiny, and a layer's slopes are to blame."""
    ten = {**MAZUR, "weights": [[[1.0]]] * 10, "biases": [[0.0]] * 10, "input": [1], "target": [0]}
    found = post("magnitudes", ten)
    assert (found["trend"], found["because"]) == ("vanishing", "slopes")
    assert f"Layer {found['throttling_layer']} throttles it most" in found["sentence"]


def test_the_slow_way_agrees() -> None:
    """The two ways side by side, with what each costs as /v1/gradients counts it."""
    found = post("comparisons", BATCH)
    assert found["agrees"] is True
    counted = gradients(BATCH)["operations"]
    assert found["operations"] == {"slow": counted["naive"], "backprop": counted["backprop"]}
    assert found["backprop"]["weight_gradients"] == gradients(BATCH)["weight_gradients"]


def test_operations_are_those_of_the_main_endpoint() -> None:
    """The counts for sizes are those told with gradients of such a network."""
    found = post("operations", {"layer_sizes": [2, 2, 2], "examples": 2})
    assert found["counts"] == gradients(BATCH)["operations"]
    two_wide = {"width": 2, "depth": 2, **found["counts"]}
    assert found["by_width"][1] == found["by_depth"][1] == two_wide


# Progress


def lines_of(request: Request) -> list[Any]:
    answer = CLIENT.post("/v1/updates", json=request, headers={"Accept": "application/x-ndjson"})
    assert answer.content_type == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def test_progress_comes_line_by_line() -> None:
    """A line for each epoch, then the very answer that comes without lines."""
    request = {**XOR, "learning_rate": 1.0, "epochs": 5, "batch_size": 2, "seed": 4}
    *told, answer = lines_of(request)
    assert answer == post("updates", request)
    assert [line["epoch"] for line in told] == [1, 2, 3, 4, 5]
    assert [line["cost"] for line in told] == answer["costs"]


def test_a_long_run_tells_a_thousand_costs() -> None:
    """Of 2,500 epochs 1,000 costs are told, evenly, the last one with them."""
    answer = post("updates", {**XOR, "learning_rate": 0.1, "epochs": 2500})
    assert len(answer["costs"]) == len(answer["cost_epochs"]) == 1000
    assert answer["cost_epochs"][-1] == 2500
    assert {
        b - a for a, b in zip(answer["cost_epochs"], answer["cost_epochs"][1:], strict=False)
    } == {2, 3}


def test_divergence_is_told_in_place() -> None:
    """422 at the learning rate; in a stream the same problem is the last line."""
    request = {**BATCH, "activation": "identity", "learning_rate": 1e5, "epochs": 50}
    answer = CLIENT.post("/v1/updates", json=request)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/learning_rate"
    assert "take a smaller learning rate" in answer.json["detail"]
    assert lines_of(request)[-1] == answer.json


def test_closing_the_connection_stops_a_run(address: str) -> None:
    """Under gunicorn: a run of minutes is followed, left, and the service is free again."""
    long = {**XOR, "learning_rate": 0.1, "epochs": 1_000_000}
    headers = {"Accept": "application/x-ndjson"}
    with requests.post(f"{address}/v1/updates", json=long, headers=headers, stream=True) as answer:
        first = json.loads(next(answer.iter_lines()))
        assert first["epoch"] <= long["epochs"] / 1000
    # If the first went on, the next heavy run would be told 503 after thirty seconds.
    again = requests.post(f"{address}/v1/updates", json={**long, "epochs": 500}, headers=headers)
    assert again.status_code == 200, again.text
    assert json.loads(again.text.splitlines()[-1])["epochs"] == 500


# Bad requests

Mistake = Callable[[Request], Any]


def put(name: str, value: Any) -> Mistake:
    return lambda request: request.update({name: value})


def drop(name: str) -> Mistake:
    return lambda request: request.pop(name)


TABLE: list[tuple[str, Request, Mistake, str, str]] = [
    ("derivations", MAZUR, drop("at"), "/at", 'is missing; a pointer such as "/weights/0/1/2"'),
    ("derivations", MAZUR, put("at", 5), "/at", "a number stands where a pointer"),
    ("derivations", MAZUR, put("at", "/weights/0/5/0"), "/at", "layer 1 has no neuron 5"),
    ("derivations", MAZUR, put("at", "/weights/2/0/0"), "/at", "there is no layer 3"),
    ("derivations", MAZUR, put("at", "/weights/0"), "/at", "one number of them is needed"),
    ("derivations", MAZUR, put("at", "/z/0/1"), "/at", "one of /weights or /biases is needed"),
    ("derivations", MAZUR, put("at", "nonsense"), "/at", "names no quantity"),
    ("derivations", MAZUR, put("limit", 0), "/limit", "0 is not between 1 and 1000"),
    ("derivations", MAZUR, put("limit", 2.5), "/limit", "not a whole number"),
    ("derivations", MAZUR, put("example", 1), "/example", "no example 1; the last one is 0"),
    ("derivations", BATCH, lambda r: None, "/example", "follows one example, 0 to 1 of the batch"),
    ("derivations", MAZUR, put("att", "x"), "/att", 'did you mean "at"?'),
    ("derivations", MAZUR, put("input", [1]), "/input", "entr"),
    ("paths", MAZUR, drop("from"), "/from", "is missing"),
    ("paths", MAZUR, put("from", "/target/0"), "/from", "one of /input or /weights"),
    ("paths", MAZUR, put("to", "/input/0"), "/to", "one of /z or /a or /cost is needed"),
    ("paths", MAZUR, put("start", "/input/0"), "/start", "unknown field"),
    ("paths", {**MAZUR, "from": "/a/0/0"}, put("to", "/z/0/0"), "/to", "swap the two"),
    ("paths", {**MAZUR, "from": "/z/0/0"}, put("to", "/z/0/0"), "/to", "or is the same"),
    ("paths", {**BATCH, "from": "/z/0/1/0"}, put("to", "/a/1/0/0"), "/example", "name one"),
    ("origins", MAZUR, put("at", "/weights/0/0/0"), "/at", "is the weight into neuron 0"),
    ("origins", MAZUR, put("at", "/z/0/0/1"), "/at", "input is one: send /z/0/1"),
    ("origins", BATCH, put("at", "/z/0/1"), "/at", "names no example of the batch; /z/0/0/1 is"),
    ("origins", BATCH, put("at", "/z/0/7/1"), "/at", "there is no example 7"),
    ("origins", MAZUR, put("digits", 0), "/digits", "between 1 and 17"),
    ("operation-jacobians", MAZUR, put("layer", 3), "/layer", "layers are 1 to 2"),
    ("operation-jacobians", MAZUR, put("neuron", 2), "/neuron", "its last one is 1"),
    ("outer-products", MAZUR, put("layer", 0), "/layer", "at least 1"),
    ("units", MAZUR, put("points", 1), "/points", "between 3 and 1001"),
    ("units", MAZUR, put("saturation", 2), "/saturation", "between 0 and 1"),
    ("curves", MAZUR, put("at", "/cost"), "/at", "one of /weights or /biases is needed"),
    ("curves", MAZUR, put("span", 0), "/span", "0 is not between"),
    ("updates", MAZUR, drop("learning_rate"), "/learning_rate", "is missing; a number"),
    ("updates", MAZUR, put("learning_rate", -1), "/learning_rate", "between 0 and 1e+06"),
    ("updates", MAZUR, put("learning_rate", "0.1"), "/learning_rate", "without quotation marks"),
    ("updates", MAZUR, put("epochs", 0), "/epochs", "between 1 and 1e+06"),
    ("updates", MAZUR, put("batch_size", 0), "/batch_size", "at least 1"),
    ("updates", MAZUR, put("seed", -1), "/seed", "not between 0"),
    ("updates", MAZUR, put("lr", 0.1), "/lr", "unknown field"),
]  # fmt: skip


@pytest.mark.parametrize(("lesson", "base", "mistake", "pointer", "said"), TABLE)
def test_slips_are_told_in_place(
    client: FlaskClient, lesson: str, base: Request, mistake: Mistake, pointer: str, said: str
) -> None:
    """Each slip brings 422 with its place and its repair."""
    request = copy.deepcopy({**EXTRA.get(lesson, {}), **base})
    mistake(request)
    answer = client.post(f"/v1/{lesson}", json=request)
    assert answer.status_code == 422, answer.text
    told = {error["pointer"]: error["detail"] for error in answer.json["errors"]}
    assert said in told.get(pointer, ""), told


@pytest.mark.parametrize(
    ("lesson", "request_", "pointer", "said"),
    [
        ("addresses", {}, "/text", "is missing"),
        ("addresses", {"text": "w(1)_02", "layer_sizes": [2, 2]}, "/text", "there is no input 2"),
        ("addresses", {"text": "x" * 300}, "/text", "at most 200 are read"),
        ("addresses", {"text": "w(0)_00"}, "/text", "layers count from 1"),
        ("operations", {}, "/layer_sizes", "is missing; a list of layer sizes"),
        ("operations", {"layer_sizes": [3]}, "/layer_sizes", "2 to 1001 are needed"),
        ("operations", {"layer_sizes": [3, 0]}, "/layer_sizes/1", "0 is not a whole number"),
        ("operations", {"layer_sizes": [9999, 9999]}, "/layer_sizes", "takes at most 2000000"),
    ],
)  # fmt: skip
def test_slips_without_a_network(
    client: FlaskClient, lesson: str, request_: Request, pointer: str, said: str
) -> None:
    """The two lessons that need no network tell theirs as well."""
    answer = client.post(f"/v1/{lesson}", json=request_)
    assert answer.status_code == 422, answer.text
    told = {error["pointer"]: error["detail"] for error in answer.json["errors"]}
    assert said in told.get(pointer, ""), told


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_broken_network_is_told_as_everywhere(client: FlaskClient, lesson: str) -> None:
    """A transposed matrix and a missing bias are told beside the lesson's own slips."""
    request = {**MAZUR, **EXTRA.get(lesson, {}), "weights": [[[0.1, 0.2]]], "qqq": 1}
    answer = client.post(f"/v1/{lesson}", json=request)
    assert answer.status_code == 422
    told = {error["pointer"] for error in answer.json["errors"]}
    assert "/qqq" in told
    assert len(told) > 1


# Limits


@pytest.mark.parametrize(
    ("limit", "lesson", "extra", "pointer"),
    [
        ("lesson_numbers_max", "steps", {}, "/weights"),
        ("lesson_numbers_max", "jacobians", {}, "/weights"),
        ("lesson_numbers_max", "operation-jacobians", {}, "/weights/0"),
        ("lesson_numbers_max", "units", {}, "/input"),
        ("lesson_links_max", "paths", {"limit": 100}, "/limit"),
        ("lesson_terms_max", "origins", {"at": "/z/0/0"}, "/at"),
        ("lesson_links_max", "comparisons", {}, "/weights"),
        ("training_layers_max", "updates", {"epochs": 100}, "/epochs"),
        ("training_products_max", "updates", {"epochs": 100}, "/epochs"),
    ],
)
def test_limits_come_before_the_work(limit: str, lesson: str, extra: Request, pointer: str) -> None:
    """Beyond a limit the answer is 422 with the figure, and nothing has been computed."""
    client = create_app({"LIMITS": Limits(**{limit: 2})}).test_client()
    answer = client.post(f"/v1/{lesson}", json={**MAZUR, **EXTRA.get(lesson, {}), **extra})
    assert answer.status_code == 422, answer.text
    told = {error["pointer"]: error["detail"] for error in answer.json["errors"]}
    assert "takes at most 2" in told[pointer]


def test_a_run_that_would_take_minutes_is_refused_at_once(client: FlaskClient) -> None:
    """A million epochs are refused before the first, with what to do instead."""
    started = time.monotonic()
    answer = client.post("/v1/updates", json={**XOR, "learning_rate": 1, "epochs": 1_000_000})
    assert answer.status_code == 422
    assert "go on from the answer's weights and biases" in answer.json["detail"]
    assert time.monotonic() - started < 60  # to compute them takes many minutes


# Form


def test_other_types_are_refused_where_no_lines_are_told(client: FlaskClient) -> None:
    """Only a training run answers NDJSON; everywhere else 406 says what there is."""
    headers = {"Accept": "application/x-ndjson"}
    assert client.post("/v1/steps", json=MAZUR, headers=headers).status_code == 406
    plain = {"Accept": "application/json"}
    assert client.post("/v1/updates", json={**MAZUR, "learning_rate": 1}, headers=plain).is_json


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_and_cost_has_its_lessons(activation: str, cost: str) -> None:
    """Steps, walks and origins are written for every output and every cost."""
    request = {
        **MAZUR, "activation": ["tanh", activation], "cost": cost, "target": [0.25, 0.75],
        "biases": [[0.35, 0.35], [0.3, 0.2]], "weights": [[[0.1, 0.1]] * 2, [[0.1, 0.1]] * 2],
    }  # fmt: skip
    assert len(post("steps", request)["steps"]) == 11
    walk = post("derivations", {**request, "at": "/weights/1/0/0"})
    assert walk["sum"] == pytest.approx(walk["gradient"], rel=1e-13)
    assert "δ(2)_0" in post("origins", {**request, "at": "/delta/1/0"})["equation"]["text"]
    assert post("comparisons", request)["agrees"] is True


@pytest.fixture(scope="module")
def openapi() -> Any:
    return CLIENT.get("/openapi.json").json


@pytest.mark.parametrize("lesson", [*LESSONS, "addresses", "operations"])
def test_answers_are_what_openapi_says(openapi: Any, lesson: str) -> None:
    """Every answer to an example, and to a batch, is valid by the document's own schema."""
    operation = openapi["paths"][f"/v1/{lesson}"]["post"]
    told = operation["responses"]["200"]["content"]["application/json"]
    schema = {**told["schema"], "components": openapi["components"]}
    validator = Draft202012Validator(schema)
    answers = [example["value"] for example in told["examples"].values()]
    if lesson in LESSONS:
        extra = {"example": 1} if lesson in FOLLOW_ONE else {}
        answers.append(post(lesson, {**BATCH, **EXTRA.get(lesson, {}), **extra}))
        right = {**MAZUR, "activation": "identity", "weights": [[[0.0, 0.0]] * 2] * 2}
        right |= {"biases": [[1.0, 1.0]] * 2, "target": [1.0, 1.0]}
        answers.append(post(lesson, {**right, **EXTRA.get(lesson, {})}))
    for answer in answers:
        assert [error.message for error in validator.iter_errors(answer)] == []


def test_answers_do_not_mix(client: FlaskClient) -> None:
    """Runs side by side, each with its own seed, bring what they bring alone."""
    asked = [
        {**XOR, "learning_rate": 0.5, "epochs": 40, "batch_size": 1, "seed": s} for s in range(4)
    ]
    alone = [post("updates", request) for request in asked]
    found: dict[int, Any] = {}

    def run(i: int) -> None:
        found[i] = CLIENT.application.test_client().post("/v1/updates", json=asked[i]).json

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[i] for i in range(4)] == alone
