"""Answers held against the OpenAPI document that the service itself publishes."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from service import create_app


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = create_app().test_client().get("/openapi.json").json
    return found


@cache
def validator(path: str, method: str = "post") -> Draft202012Validator:
    """For the 200 answers of one address."""
    resource = Resource.from_contents(document(), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:api", resource)
    pointer = path.replace("~", "~0").replace("/", "~1")
    where = f"urn:api#/paths/{pointer}/{method}/responses/200/content/application~1json/schema"
    return Draft202012Validator({"$ref": where}, registry=registry)


def valid(path: str, answer: Any, method: str = "post") -> bool:
    """True, or jsonschema's ValidationError naming the place."""
    validator(path, method).validate(answer)
    return True
