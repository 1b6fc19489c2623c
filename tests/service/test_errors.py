"""Every failure is problem+json with a stable code, and none is a 5xx of ours."""

from __future__ import annotations

import gzip
import logging
import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.differences.check import Check, Options
from core.differences.witness import check
from core.forward import Workings
from service import create_app
from service.errors import TITLES
from service.limits import Limits

JSON = "application/json"


def check_problem(answer: TestResponse, status: int, kind: str) -> Any:
    """The members that RFC 9457 and the contract ask for; returns the body."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    body = orjson.loads(answer.data)
    assert body["type"] == f"/problems#{kind}"
    assert body["title"] == TITLES[kind]
    assert body["status"] == status
    assert body["detail"]
    assert isinstance(body["errors"], list)
    return body


@pytest.mark.parametrize(
    "path", ["/v2", "/v1/gradient", "/v1/gradients/", "/%00", "/" + "x" * 3000]
)
def test_unknown_addresses(client: FlaskClient, path: str) -> None:
    """404 for what is not there, with the way to what is."""
    body = check_problem(client.get(path), 404, "not-found")
    assert "/docs" in body["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/v1/gradients", "POST"), ("POST", "/v1/costs", "GET"), ("DELETE", "/livez", "GET")],
)
def test_wrong_methods(client: FlaskClient, method: str, path: str, allowed: str) -> None:
    """405 keeps the Allow header, and says the method that would work."""
    answer = client.open(path, method=method)
    body = check_problem(answer, 405, "method-not-allowed")
    assert allowed in answer.headers["Allow"]
    assert f"use {allowed}" in body["detail"]


def test_made_up_methods(client: FlaskClient) -> None:
    """A method that HTTP does not know is a 405 too."""
    check_problem(client.open("/v1/gradients", method="BREW"), 405, "method-not-allowed")


@pytest.mark.parametrize("accept", ["text/html", "application/xml, image/*", f"{JSON};q=0"])
def test_unacceptable_answers(client: FlaskClient, accept: str) -> None:
    """406 where the caller accepts no JSON."""
    check_problem(client.get("/v1/costs", headers={"Accept": accept}), 406, "not-acceptable")


@pytest.mark.parametrize("accept", ["*/*", "application/*", JSON, f"text/html, {JSON};q=0.1", ""])
def test_acceptable_answers(client: FlaskClient, accept: str) -> None:
    """Whoever accepts JSON among others gets it."""
    assert client.get("/v1/costs", headers={"Accept": accept}).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp",
     f"{JSON}; charset=latin-1", "multipart/form-data; boundary=x"],
)  # fmt: skip
def test_other_content_types(client: FlaskClient, content_type: str | None) -> None:
    """415 for a body that is not said to be JSON in UTF-8, with the header to send."""
    answer = client.post("/v1/gradients", data=b"{}", content_type=content_type)
    body = check_problem(answer, 415, "not-json-type")
    assert f"Content-Type: {JSON}" in body["detail"]


@pytest.mark.parametrize(
    "content_type", [JSON, f"{JSON}; charset=utf-8", "Application/JSON;charset=UTF-8"]
)
def test_json_content_types(client: FlaskClient, network: Any, content_type: str) -> None:
    """JSON in UTF-8 is taken however it is spelled."""
    body = orjson.dumps(network)
    assert client.post("/v1/gradients", data=body, content_type=content_type).status_code == 200


def test_content_encodings(client: FlaskClient, network: Any) -> None:
    """415 for a compressed body, which would be read as garbage otherwise."""
    packed = gzip.compress(orjson.dumps(network))
    headers = {"Content-Encoding": "gzip"}
    answer = client.post("/v1/gradients", data=packed, content_type=JSON, headers=headers)
    body = check_problem(answer, 415, "not-json-type")
    assert "without a Content-Encoding" in body["detail"]


def test_texts_that_are_not_json(client: FlaskClient) -> None:
    """400 with line and column, and what was probably meant."""
    answer = client.post("/v1/gradients", data=b'{"input":\n [NaN]}', content_type=JSON)
    body = check_problem(answer, 400, "not-json")
    assert (body["line"], body["column"]) == (2, 3)
    assert body["errors"] == [{"pointer": "", "detail": body["detail"]}]


@pytest.fixture
def small() -> FlaskClient:
    """An application with limits that a test can exceed."""
    limits = Limits(
        body_bytes_max=2_000, layers_max=3, neurons_max=4, parameters_max=30, examples_max=3,
        activations_max=20, products_max=60, check_operations_max=10_000,
    )  # fmt: skip
    return create_app({"LIMITS": limits}).test_client()


def test_bodies_that_are_too_large(small: FlaskClient) -> None:
    """413 for a byte more than the limit; at the limit the body is read."""
    at_limit = b"{}" + b" " * 1_998
    assert small.post("/v1/gradients", data=at_limit, content_type=JSON).status_code == 422
    answer = small.post("/v1/gradients", data=at_limit + b" ", content_type=JSON)
    check_problem(answer, 413, "too-large")


def chain(sizes: list[int], examples: int) -> dict[str, Any]:
    layers = list(pairwise(sizes))
    return {
        "weights": [[[0.5] * source] * into for source, into in layers],
        "biases": [[0.0] * into for _, into in layers],
        "activation": "tanh",
        "input": [[1.0] * sizes[0]] * examples,
        "target": [[1.0] * sizes[-1]] * examples,
    }


@pytest.mark.parametrize(
    ("sizes", "examples", "said"),
    [
        ([1, 1, 1, 1, 1], 1, "4 layers; this service takes at most 3"),
        ([5, 1], 1, "5 neurons in one layer; this service takes at most 4"),
        ([4, 4, 4], 1, "40 parameters; this service takes at most 30"),
        ([1, 1], 4, "4 examples; this service takes at most 3"),
        ([4, 4], 3, "24 activations (examples × neurons); this service takes at most 20"),
        ([4, 4, 2], 3, "90 products (examples × parameters); this service takes at most 60"),
    ],
)
def test_networks_that_are_too_large(
    small: FlaskClient, sizes: list[int], examples: int, said: str
) -> None:
    """422 for a network or a batch beyond a limit, which names the limit."""
    body = check_problem(small.post("/v1/gradients", json=chain(sizes, examples)), 422, "not-valid")
    assert said in [error["detail"] for error in body["errors"]]


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"entries": "all"}, "/finite_difference/entries"),
        ({"budget": 10_001}, "/finite_difference/budget"),
    ],
)
def test_checks_that_take_too_long(small: FlaskClient, options: Any, pointer: str) -> None:
    """422 for a check beyond the budget of the service; a few entries of the same are fine."""
    request = {**chain([4, 3, 2], 2), "finite_difference": {"budget": 100, **options}}
    limits = small.application.config["LIMITS"]
    small.application.config["LIMITS"] = Limits(**{**vars(limits), "check_operations_max": 10_000})
    body = check_problem(small.post("/v1/gradients", json=request), 422, "not-valid")
    assert [error["pointer"] for error in body["errors"]] == [pointer]
    request["finite_difference"] = {"entries": 1, "budget": 100}
    assert small.post("/v1/gradients", json=request).status_code == 200


def test_unexpected_exceptions(caplog: pytest.LogCaptureFixture) -> None:
    """An exception of ours is a 500 without a trace; the log has the place and nothing sent."""
    app: Flask = create_app()
    secret = "0.123456789"

    @app.post("/fail")
    def fail() -> str:
        raise RuntimeError(f"cannot take {secret}")

    with caplog.at_level(logging.ERROR):
        answer = app.test_client().post("/fail", data=secret)
    body = check_problem(answer, 500, "internal")
    assert "Traceback" not in answer.text
    assert secret not in answer.text
    assert body["errors"] == []
    assert "RuntimeError" in caplog.text
    assert "in fail" in caplog.text
    assert secret not in caplog.text.replace('f"cannot take {secret}"', "")


def test_answers_that_leave_float64(monkeypatch: pytest.MonkeyPatch, network: Any) -> None:
    """A check that overflows is a 422 with a way out, never a null in place of a number."""
    monkeypatch.setattr("service.gradients.check", overflowing)
    client = create_app().test_client()
    body = check_problem(client.post("/v1/gradients", json=network), 422, "not-finite")
    assert [error["pointer"] for error in body["errors"]] == ["/finite_difference"]
    assert '"finite_difference": false' in body["detail"]
    network["finite_difference"] = False
    assert client.post("/v1/gradients", json=network).status_code == 200


def overflowing(workings: Workings, options: Options) -> Check:
    return replace(check(workings, options), step=math.inf)


def test_a_null_precision_is_told(client: FlaskClient) -> None:
    """A null where the words of a field hold braces is a 422 like any other."""
    asked = {"layer_sizes": [2, 3, 2], "precision": None}
    body = check_problem(client.post("/v1/challenges", json=asked), 422, "not-valid")
    assert [error["pointer"] for error in body["errors"]] == ["/precision"]


def test_a_million_mistakes_are_told_in_time(client: FlaskClient, network: Any) -> None:
    """Looking for the name that was meant stops with the fifty errors that are told."""
    network["activation"] = ["sigmiod"] * 100_000
    network |= {f"field{i}": 1 for i in range(100_000)}
    answer = client.post("/v1/gradients", json=network)
    assert len(answer.json["errors"]) == 50
    assert "(and at least " in answer.json["detail"]


def test_every_answer_has_the_headers(client: FlaskClient) -> None:
    """Pages, answers and errors alike allow nothing but the service's own files."""
    for path in ("/", "/docs", "/v1/costs", "/nowhere", "/openapi.json"):
        headers = client.get(path, buffered=True).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_every_code_is_explained(client: FlaskClient) -> None:
    """The page behind `type` has an entry for every code that an answer can carry."""
    page = client.get("/problems", buffered=True)
    assert page.status_code == 200
    assert all(f'id="{kind}"' in page.text for kind in TITLES)


@pytest.mark.parametrize("text", ["-1", "many", "0", "1e6", ""])
def test_wrong_settings_are_named(text: str) -> None:
    """A limit in the environment that is no positive number stops the start, by its name."""
    with pytest.raises(ValueError, match="BACKCHECK_LAYERS_MAX"):
        Limits.from_environment({"BACKCHECK_LAYERS_MAX": text}, "BACKCHECK_")


def test_settings_from_the_environment() -> None:
    """A limit in the environment replaces the default, and no other."""
    limits = Limits.from_environment({"BACKCHECK_LAYERS_MAX": "7", "PATH": "x"}, "BACKCHECK_")
    assert limits == Limits(layers_max=7)
