"""What the service says there is."""

from __future__ import annotations

import math
from typing import Any

import pytest
from flask.testing import FlaskClient

from core.activations import ACTIVATIONS
from core.costs import COSTS
from service.examples import EXAMPLES

BY_NAME = {example["name"]: example for example in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_every_example_works(client: FlaskClient, example: dict[str, Any]) -> None:
    """Each example, posted as it is to the endpoint it names, brings what its kind promises."""
    answer = client.post(example["endpoint"], json=example["request"])
    assert answer.status_code == 200, answer.text
    if example["endpoint"] in PROMISED:
        PROMISED[example["endpoint"]](answer.json)


def gradients_agree(answer: dict[str, Any]) -> None:
    assert answer["finite_difference"]["agrees"] is True
    assert answer["finite_difference"]["checked"] > 0


def mistake_is_named(answer: dict[str, Any]) -> None:
    assert answer["verdict"] == "wrong"
    assert answer["diagnosis"][0]["mistake"] != "unrecognised"


def every_mistake_shows(answer: dict[str, Any]) -> None:
    assert answer["coverage"]["visible"] > 0
    assert answer["coverage"]["invisible"] == []


PROMISED = {
    "/v1/gradients": gradients_agree,
    "/v1/verifications": mistake_is_named,
    "/v1/challenges": every_mistake_shows,
}
"""What the examples of an endpoint have in common, beyond being answered."""


def test_examples_are_listed(client: FlaskClient) -> None:
    """The six that every visitor should find are there, each with a name of its own."""
    told = client.get("/v1/examples").json["examples"]
    assert told == EXAMPLES
    assert len(BY_NAME) == len(EXAMPLES)
    assert BY_NAME.keys() >= {
        "two-neuron-chain", "mazur", "xor", "dead-relu", "softmax", "vanishing",
    }  # fmt: skip


@pytest.mark.parametrize("name", BY_NAME)
def test_an_example_alone(client: FlaskClient, name: str) -> None:
    """An example's own address holds the request alone, to be posted byte for byte."""
    body = client.get(f"/v1/examples/{name}").data
    answer = client.post(BY_NAME[name]["endpoint"], data=body, content_type="application/json")
    assert answer.status_code == 200


def test_an_example_that_is_not_there(client: FlaskClient) -> None:
    """404 with the example that was probably meant."""
    answer = client.get("/v1/examples/mazurr")
    assert answer.status_code == 404
    assert 'did you mean "mazur"?' in answer.json["detail"]


def test_the_two_neuron_chain_is_the_chapters(client: FlaskClient) -> None:
    """∂C/∂w(1) is section 9's product of five factors, taken with math.exp."""
    request = BY_NAME["two-neuron-chain"]["request"]
    (w1,), (w2,) = request["weights"][0][0], request["weights"][1][0]
    (b1,), (b2,) = request["biases"]
    (x,), (y,) = request["input"], request["target"]
    sigmoid = lambda z: 1 / (1 + math.exp(-z))  # noqa: E731
    a1 = sigmoid(w1 * x + b1)
    a2 = sigmoid(w2 * a1 + b2)
    gradient = (a2 - y) * a2 * (1 - a2) * w2 * a1 * (1 - a1) * x
    answer = client.post("/v1/gradients", json=request).json
    # A dozen roundings of half an ulp each.
    assert answer["weight_gradients"][0][0][0] == pytest.approx(gradient, rel=2e-15)


def test_the_dead_unit_is_dead(client: FlaskClient) -> None:
    """Neuron 1 of layer 1 gets no gradient, and is the only one."""
    answer = client.post("/v1/gradients", json=BY_NAME["dead-relu"]["request"]).json
    rows = answer["weight_gradients"][0]
    assert [any(row) for row in rows] == [True, False, True]


def test_the_gradient_vanishes_as_described(client: FlaskClient) -> None:
    """The example's description tells the true ratio, to one digit."""
    example = BY_NAME["vanishing"]
    answer = client.post("/v1/gradients", json=example["request"]).json
    ratio = answer["bias_gradients"][-1][0] / answer["bias_gradients"][0][0]
    assert f"{round(ratio, -5):,.0f} times" in example["description"]


def test_activations_are_listed(client: FlaskClient) -> None:
    """Every activation that a request may name, with its formulas and kinks."""
    told = {entry["name"]: entry for entry in client.get("/v1/activations").json["activations"]}
    assert told.keys() == ACTIVATIONS.keys()
    assert told["relu"]["kinks"] == [0.0]
    assert told["sigmoid"]["kinks"] == []
    assert not told["softmax"]["elementwise"]
    assert all(entry["formula"] and entry["derivative_formula"] for entry in told.values())


def test_costs_are_listed(client: FlaskClient) -> None:
    """Every cost that a request may name, with its formulas and domain."""
    told = {entry["name"]: entry for entry in client.get("/v1/costs").json["costs"]}
    assert told.keys() == COSTS.keys()
    assert all(entry["formula"] and entry["gradient_formula"] for entry in told.values())
    assert told["cross_entropy"]["domain"] == "outputs above 0"
