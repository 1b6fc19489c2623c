"""POST /v1/challenges and GET /v1/mistakes: exercises, and the catalogue they show."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from core.activations import ACTIVATIONS
from core.verdict.mistakes.table import SLUGS
from tests.service.validation import valid

NETWORK = ("weights", "biases", "activation", "cost", "input", "target")


def post(client: FlaskClient, **request: Any) -> Any:
    answer = client.post("/v1/challenges", json=request)
    assert answer.status_code == 200, answer.text
    assert valid("/v1/challenges", answer.json)
    return answer.json


def refused(client: FlaskClient, **request: Any) -> dict[str, str]:
    answer = client.post("/v1/challenges", json=request)
    assert answer.status_code == 422, answer.text
    return {error["pointer"]: error["detail"] for error in answer.json["errors"]}


def test_a_challenge_is_a_request(client: FlaskClient) -> None:
    """Its network goes to /v1/gradients as it is; those numbers, claimed, show every mistake."""
    found = post(client, layer_sizes=[2, 3, 2], seed=7)
    assert (found["version"], found["seed"], found["precision"]) == (1, 7, {"decimals": 4})
    network = {name: found[name] for name in NETWORK}
    right = client.post("/v1/gradients", json={**network, "finite_difference": False}).json
    claims = {
        name: right[name]
        for name in ("cost", "z", "a", "delta", "bias_gradients", "weight_gradients")
    }
    body = {**network, "claims": claims, "precision": found["precision"]}
    verdict = client.post("/v1/verifications", json=body).json
    assert verdict["verdict"] == "correct"
    assert verdict["coverage"] == found["coverage"]
    assert found["coverage"]["invisible"] == []


def test_defaults_and_vectors(client: FlaskClient) -> None:
    """One example comes as vectors, several as a batch; two decimals."""
    one = post(client, layer_sizes=[2, 3, 2])
    assert [len(one["input"]), len(one["target"])] == [2, 2]
    assert all(isinstance(x, float) and round(x, 2) == x for x in one["input"])
    two = post(client, layer_sizes=[2, 3, 2], examples=2)
    assert [len(row) for row in two["input"]] == [2, 2]


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
def test_every_activation(client: FlaskClient, name: str) -> None:
    """Each can be asked for, and the answer echoes it for every layer."""
    found = post(client, layer_sizes=[2, 3, 2], activation=name, examples=2, seed=3)
    assert found["activation"] == [name, name]


def test_softmax_with_cross_entropy(client: FlaskClient) -> None:
    """Targets are one-hot there."""
    found = post(
        client,
        layer_sizes=[4, 8, 3],
        activation=["tanh", "softmax"],
        cost="cross_entropy",
        examples=4,
    )
    assert all(sorted(row) == [0.0, 0.0, 1.0] for row in found["target"])
    assert "softmax-elementwise" not in found["coverage"]["not_applicable"]


def test_the_same_seed_has_the_same_answer(client: FlaskClient) -> None:
    """Byte for byte; another seed differs."""
    request = {"layer_sizes": [3, 4, 4, 2], "activation": "tanh", "seed": 11}
    first = client.post("/v1/challenges", json=request).data
    assert client.post("/v1/challenges", json=request).data == first
    assert client.post("/v1/challenges", json={**request, "seed": 12}).data != first


def test_what_cannot_be_is_refused(client: FlaskClient) -> None:
    """At one decimal mistakes drown: their slugs and the way out are said."""
    detail = refused(client, layer_sizes=[1, 1], precision={"decimals": 1})["/layer_sizes"]
    assert any(slug in detail for slug in SLUGS)
    assert "finer precision" in detail


@pytest.mark.parametrize(
    ("request_", "pointer"),
    [
        ({}, "/layer_sizes"),
        ({"layer_sizes": [2]}, "/layer_sizes"),
        ({"layer_sizes": [2, 0]}, "/layer_sizes/1"),
        ({"layer_sizes": [2, 2.0]}, "/layer_sizes/1"),
        ({"layer_sizes": "2-3-2"}, "/layer_sizes"),
        ({"layer_sizes": [2, 3], "seed": -1}, "/seed"),
        ({"layer_sizes": [2, 3], "seed": "one"}, "/seed"),
        ({"layer_sizes": [2, 3], "decimals": 0}, "/decimals"),
        ({"layer_sizes": [2, 3], "examples": 0}, "/examples"),
        ({"layer_sizes": [2, 3], "activation": "sigmod"}, "/activation"),
        ({"layer_sizes": [2, 3], "activation": ["relu", "relu"]}, "/activation"),
        ({"layer_sizes": [2, 3, 2], "activation": ["softmax", "relu"]}, "/activation/0"),
        ({"layer_sizes": [2, 3], "precision": "auto"}, "/precision"),
        ({"layer_sizes": [2, 3], "sizes": [2]}, "/sizes"),
    ],
)
def test_requests_that_are_wrong(
    client: FlaskClient, request_: dict[str, Any], pointer: str
) -> None:
    """422 with a pointer to the field or the entry."""
    assert pointer in refused(client, **request_)


def test_mistakes_are_listed(client: FlaskClient) -> None:
    """Every slug once, with its equation, what is computed instead, and what to do."""
    answer = client.get("/v1/mistakes").json
    assert valid("/v1/mistakes", answer, "get")
    assert [row["slug"] for row in answer["mistakes"]] == list(SLUGS)
    for row in answer["mistakes"]:
        assert all(row[name] for name in ("where", "instead", "explanation", "remedy"))
