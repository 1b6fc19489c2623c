"""POST /v1/gradients: what comes back, and in which shape."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import orjson
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings

from core.activations import ACTIVATIONS
from core.backprop import backpropagate
from core.costs import COSTS
from core.network import Batch, Network
from service import create_app
from tests.strategies import networks

Request = dict[str, Any]
CLIENT = create_app().test_client()
QUANTITIES = ("z", "a", "delta", "bias_gradients", "weight_gradients")

# Matt Mazur, "A Step by Step Backpropagation Example" (2015), as printed there.
MAZUR: Request = {
    "weights": [[[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]],
    "biases": [[0.35, 0.35], [0.60, 0.60]],
    "activation": "sigmoid",
    "input": [0.05, 0.10],
    "target": [0.01, 0.99],
}


def post(request: Request) -> Any:
    answer = CLIENT.post("/v1/gradients", json=request)
    assert answer.status_code == 200, answer.text
    return answer.json


def no_constant(text: str) -> float:
    raise AssertionError(f"{text} in an answer")


def same(told: Any, computed: Any) -> bool:
    """Bit for bit, the sign of zero included."""
    told, computed = np.asarray(told, dtype=np.float64), np.asarray(computed, dtype=np.float64)
    return told.shape == computed.shape and told.tobytes() == computed.tobytes()


def test_mazur_as_printed() -> None:
    """The cost, the outputs and the gradients have all the digits that the example prints."""
    answer = post(MAZUR)
    assert round(answer["cost"], 9) == 0.298371109
    assert [round(a, 9) for a in answer["a"][0]] == [0.593269992, 0.596884378]
    assert [round(a, 9) for a in answer["a"][1]] == [0.751365070, 0.772928465]
    assert round(answer["weight_gradients"][1][0][0], 9) == 0.082167041
    assert round(answer["weight_gradients"][0][0][0], 9) == 0.000438568
    assert answer["finite_difference"]["agrees"] is True
    assert answer["finite_difference"]["checked"] == 12


@settings(deadline=None, max_examples=60)
@given(networks())
def test_answers_are_the_cores_bit_for_bit(request: Request) -> None:
    """Every number passes the border unchanged, in the shape that the caller's input asks for."""
    single = not isinstance(request["input"][0], list)
    names = request["activation"]
    names = [names] * len(request["weights"]) if isinstance(names, str) else names
    network = Network.of(
        request["weights"],
        request["biases"],
        [ACTIVATIONS[name]() for name in names],
        COSTS[request.get("cost", "mean_squared_error")](),
    )
    x, y = ([request[end]] if single else request[end] for end in ("input", "target"))
    w = backpropagate(network, Batch.of(x, y))
    answer = post(request)
    assert same(answer["cost"], w.cost)
    for l in network.weights.numbers:
        for quantity in ("z", "a", "delta"):
            rows = getattr(w, quantity)[l]
            assert same(answer[quantity][l - 1], rows[0] if single else rows)
        assert same(answer["bias_gradients"][l - 1], w.bias_gradients[l])
        assert same(answer["weight_gradients"][l - 1], w.weight_gradients[l])


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(networks())
def test_checks_are_whole_and_finite(request: Request) -> None:
    """Every network gets a check of the gradients' shapes, of JSON numbers only, that agrees."""
    answer = CLIENT.post("/v1/gradients", json=request)
    told = orjson.loads(answer.data)
    assert json.loads(answer.data, parse_constant=no_constant) == told
    check = told["finite_difference"]
    assert check["agrees"] is True, check["disagreements"]
    for quantity in ("bias_gradients", "weight_gradients"):
        for l, gradients in enumerate(told[quantity]):
            assert np.shape(check[quantity][l]) == np.shape(gradients)
            uncertainties = check[quantity.replace("gradients", "uncertainties")][l]
            assert np.shape(uncertainties) == np.shape(gradients)


def nested(depth: int, value: Any) -> bool:
    """Whether lists are nested so deep, and then hold a number."""
    while depth:
        if not isinstance(value, list):
            return False
        value, depth = value[0], depth - 1
    return isinstance(value, float)


def test_a_vector_brings_vectors_a_batch_of_one_matrices(network: Request) -> None:
    """One example and a batch of one have the same numbers, in vectors and in 1 × n_l matrices."""
    one = post(network)
    batch = post({**network, "input": [network["input"]], "target": [network["target"]]})
    for quantity in ("z", "a", "delta"):
        assert all(nested(1, layer) for layer in one[quantity])
        assert batch[quantity] == [[layer] for layer in one[quantity]]
    for quantity in ("cost", "bias_gradients", "weight_gradients", "finite_difference"):
        assert batch[quantity] == one[quantity]


def test_a_batch_brings_n_rows(network: Request) -> None:
    """A batch of three brings 3 × n_l matrices and gradients in the shape of the parameters."""
    network |= {"input": [[1, 2], [3, 4], [5, 6]], "target": [[0, 1]] * 3}
    answer = post(network)
    assert [np.shape(z) for z in answer["z"]] == [(3, 3), (3, 2)]
    assert [np.shape(d) for d in answer["delta"]] == [(3, 3), (3, 2)]
    assert [np.shape(g) for g in answer["weight_gradients"]] == [(3, 2), (2, 3)]
    assert [np.shape(g) for g in answer["bias_gradients"]] == [(3,), (2,)]


def test_no_check_where_none_is_asked_for(network: Request) -> None:
    """`finite_difference: false` brings null, and everything else as with a check."""
    checked = post(network)
    plain = post({**network, "finite_difference": False})
    assert plain.pop("finite_difference") is None
    del checked["finite_difference"]
    assert plain == checked


def test_true_and_the_empty_object_are_the_default(network: Request) -> None:
    """Three ways to ask for the usual check bring the same answer."""
    default = post(network)
    assert default == post({**network, "finite_difference": True})
    assert default == post({**network, "finite_difference": {}})


def test_options_are_echoed(network: Request) -> None:
    """How the check was done stands in its answer."""
    options = {"method": "central", "order": 2, "step": 1e-4, "seed": 9, "entries": 5}
    check = post({**network, "finite_difference": options})["finite_difference"]
    assert {name: check[name] for name in ("method", "order", "step", "seed")} == {
        name: options[name] for name in ("method", "order", "step", "seed")
    }
    assert (check["checked"], check["parameters"]) == (5, 17)
    assert (check["entries"], check["budget"]) == (5, 2e10)


@pytest.mark.parametrize("entries", ["auto", "all"])
def test_what_was_not_asked_for_is_echoed_too(network: Request, entries: str) -> None:
    """The defaults stand in the answer as if they had been sent; the step is the one it chose."""
    check = post({**network, "finite_difference": {"entries": entries}})["finite_difference"]
    told = {name: check[name] for name in ("method", "order", "seed", "entries", "budget")}
    assert told == {
        "method": "central", "order": 4, "seed": 0, "entries": entries, "budget": 2e10
    }  # fmt: skip
    assert 0 < check["step"] < 1e-3


def test_a_full_check_brings_a_second_opinion_and_a_direction(network: Request) -> None:
    """All five neurons once more by complex steps, and one direction of plain evaluations."""
    answer = post(network)
    check = answer["finite_difference"]
    opinion = check["second_opinion"]
    assert (opinion["neurons"], opinion["entries"]) == (5, 17)
    worst = opinion["worst"]
    assert at(answer, worst["at"]) == worst["backprop"]
    assert worst["ratio"] <= 1
    (direction,) = check["directions"]
    assert direction["ratio"] <= 1
    assert abs(direction["backprop"] - direction["finite_difference"]) <= direction["uncertainty"]


def test_beyond_the_budget_the_answer_says_so(network: Request) -> None:
    """A budget for a neuron or so: fewer checked than there are, null elsewhere, 8 directions."""
    check = post({**network, "finite_difference": {"budget": 5000}})["finite_difference"]
    assert 0 < check["checked"] < check["parameters"]
    assert check["operations"] <= 5000
    assert len(check["directions"]) == 8
    values = [*check["bias_gradients"], *check["weight_gradients"]]
    numbers = [n for part in values for n in np.ravel(np.array(part, dtype=object))]
    assert sum(number is not None for number in numbers) == check["checked"]


def test_the_complex_step_agrees_with_the_differences(network: Request) -> None:
    """Two methods, one derivative: within the sum of what both are uncertain by."""
    central, imaginary = (
        post({**network, "finite_difference": {"method": method}})["finite_difference"]
        for method in ("central", "complex")
    )
    assert imaginary["agrees"] is True
    assert imaginary["second_opinion"] is None
    for kind in ("bias", "weight"):
        for l in range(2):
            one, other = (np.array(c[f"{kind}_gradients"][l]) for c in (central, imaginary))
            bounds = [np.array(c[f"{kind}_uncertainties"][l]) for c in (central, imaginary)]
            assert (np.abs(one - other) <= sum(bounds)).all()


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu"])
def test_the_complex_step_is_refused_at_kinks(client: FlaskClient, name: str) -> None:
    """422 with the pointer, the activation and what to send instead."""
    request = {**MAZUR, "activation": name, "finite_difference": {"method": "complex"}}
    answer = client.post("/v1/gradients", json=request)
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert error["pointer"] == "/finite_difference/method"
    assert name in error["detail"]
    assert "central" in error["detail"]


def test_entries_that_were_not_checked_are_null(network: Request) -> None:
    """A sample of five leaves exactly the others null, in values and uncertainties alike."""
    check = post({**network, "finite_difference": {"entries": 5}})["finite_difference"]
    for kind in ("gradients", "uncertainties"):
        parts = [*check[f"bias_{kind}"], *check[f"weight_{kind}"]]
        numbers = [n for part in parts for n in np.ravel(np.array(part, dtype=object))]
        assert sum(number is not None for number in numbers) == 5


def at(answer: Any, pointer: str) -> Any:
    """What a JSON pointer leads to."""
    for step in pointer.split("/")[1:]:
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    return answer


def test_findings_point_into_the_answer(network: Request) -> None:
    """The worst entry's pointer leads to the gradient it tells, in both collections."""
    answer = post(network)
    worst = answer["finite_difference"]["worst"]
    assert at(answer, worst["at"]) == worst["backprop"]
    assert at(answer["finite_difference"], worst["at"]) == worst["finite_difference"]


@pytest.mark.parametrize("convention", [0, 0.5, 1])
def test_kinks_are_told(convention: float) -> None:
    """At z = 0 of a ReLU the answer names the unit, both slopes, and the convention taken."""
    request = {
        "weights": [[[1.0, 1.0]], [[3.0]]],
        "biases": [[0.0], [0.0]],
        "activation": ["relu", "identity"],
        "input": [1.0, -1.0],
        "target": [1.0],
        "relu_derivative_at_zero": convention,
    }
    answer = post(request)
    assert answer["conventions"] == {"relu_derivative_at_zero": convention}
    # a(2) = 0, so δ(2) = -1 and ∂C/∂b(1) = δ(2) · 3 · σ′(0).
    assert answer["bias_gradients"][0] == [-3 * convention]
    kinks = {kink["at"]: kink for kink in answer["finite_difference"]["kinks"]}
    kink = kinks["/bias_gradients/0/0"]
    assert (kink["unit"], kink["example"]) == ({"layer": 1, "neuron": 0}, 0)
    # One-sided by definition: nothing flows on the left, everything on the right.
    assert kink["left"] == pytest.approx(0, abs=1e-6)
    assert kink["right"] == pytest.approx(-3, abs=1e-6)
    assert answer["finite_difference"]["agrees"] is True


def test_integers_and_decimals_are_the_same_numbers(network: Request) -> None:
    """1 and 1.0 and 1e0 in a body bring the same answer."""
    texts = [f'{{"weights": [[[{n}]]], "biases": [[{n}]], "activation": "tanh", "input": [{n}], '
             f'"target": [{n}]}}' for n in ("1", "1.0", "1e0")]  # fmt: skip
    bodies = {
        CLIENT.post("/v1/gradients", data=text, content_type="application/json").data
        for text in texts
    }
    assert len(bodies) == 1


def test_answers_do_not_depend_on_what_came_before(client: FlaskClient, network: Request) -> None:
    """The same request has the same answer, to the byte, after others went through."""
    first = client.post("/v1/gradients", json=network).data
    client.post("/v1/gradients", json=MAZUR)
    client.post("/v1/gradients", json={})
    assert client.post("/v1/gradients", json=network).data == first


def test_five_hundred_layers() -> None:
    """A chain of 500 layers is worked out and checked."""
    request = {
        "weights": [[[1.0]]] * 500,
        "biases": [[0.0]] * 500,
        "activation": "tanh",
        "input": [0.5],
        "target": [0.0],
    }
    answer = post(request)
    assert len(answer["z"]) == 500
    assert answer["finite_difference"]["checked"] == 1000
