"""Requests ready to be sent: for GET /v1/examples, for the page and for the OpenAPI document."""

from importlib.resources import files
from typing import Any

import orjson

Example = dict[str, Any]

EXAMPLES: list[Example] = orjson.loads(files("service").joinpath("data/examples.json").read_bytes())


def openapi_examples(endpoint: str) -> dict[str, Example]:
    """The examples of one endpoint, as OpenAPI lists them."""
    return {
        example["name"]: {
            "summary": example["title"],
            "description": example["description"],
            "value": example["request"],
        }
        for example in EXAMPLES
        if example["endpoint"] == endpoint
    }
