"""The OpenAPI document, with the service's own answers beside the examples of requests."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_smorest import Api  # type: ignore[import-untyped]

from service.access import OWN_REQUEST
from service.examples import EXAMPLES

JSON = "application/json"


def document(app: Flask) -> Mapping[str, Any]:
    """The document; made once, since nothing in it changes while the application runs."""
    if "openapi" not in app.extensions:
        app.extensions["openapi"] = answered(app, spec_of(app))
    found: Mapping[str, Any] = app.extensions["openapi"]
    return found


def spec_of(app: Flask) -> dict[str, Any]:
    """What flask-smorest has gathered from the blueprints."""
    api: Api = app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    spec: dict[str, Any] = api.spec.to_dict()
    return spec


def answered(app: Flask, spec: dict[str, Any]) -> dict[str, Any]:
    """The document with the answer to every example: true, since the service itself gives it."""
    client = app.test_client()
    for example in EXAMPLES:
        ours = {OWN_REQUEST: True}
        answer = client.post(example["endpoint"], json=example["request"], environ_overrides=ours)
        responses = spec["paths"][example["endpoint"]]["post"]["responses"]
        examples = responses["200"]["content"][JSON].setdefault("examples", {})
        examples[example["name"]] = {"summary": example["title"], "value": answer.json}
    return spec
