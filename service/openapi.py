"""The OpenAPI document, with the service's own answers beside the examples of requests."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_smorest import Api  # type: ignore[import-untyped]

from service.access import OWN_REQUEST
from service.examples import EXAMPLES

JSON = "application/json"


def document(app: Flask) -> Mapping[str, Any]:
    """The document; kept once it is whole, since nothing in it changes while the application runs.

    Where the service is too busy to answer an example, its answer is left out, this time.
    """
    if "openapi" in app.extensions:
        found: Mapping[str, Any] = app.extensions["openapi"]
        return found
    spec = spec_of(app)
    if add_answers(app, spec):
        app.extensions["openapi"] = spec
    return spec


def spec_of(app: Flask) -> dict[str, Any]:
    """What flask-smorest has gathered from the blueprints."""
    api: Api = app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    spec: dict[str, Any] = api.spec.to_dict()
    return spec


def add_answers(app: Flask, spec: dict[str, Any]) -> bool:
    """Add the answer to every example: true, since the service itself gives it. Whether all did."""
    client, whole = app.test_client(), True
    for example in EXAMPLES:
        ours = {OWN_REQUEST: True}
        answer = client.post(example["endpoint"], json=example["request"], environ_overrides=ours)
        if answer.status_code != 200:
            whole = False
            continue
        responses = spec["paths"][example["endpoint"]]["post"]["responses"]
        examples = responses["200"]["content"][JSON].setdefault("examples", {})
        examples[example["name"]] = {"summary": example["title"], "value": answer.json}
    return whole
