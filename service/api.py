"""flask-smorest as we use it: our reading of bodies, our errors, our fields in OpenAPI."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

import flask_smorest  # type: ignore[import-untyped]
from flask import Flask, Response
from marshmallow import Schema, fields

from schemas.fields import Field
from schemas.problem import ProblemSchema
from service.errors import PROBLEM_JSON
from service.printing import printed
from service.requests import read_json
from service.stages import passed

View = TypeVar("View", bound=Callable[..., Any])

BODY_ERRORS = (400, 408, 413, 415, 422)  # what may be said of a body
EVERY_ERRORS = (401, 403, 406, 429, 503)  # what may be said to any request
DESCRIPTION = """\
Backpropagation worked out and checked: every weighted input z, activation a and error δ, the
gradients of every weight and bias, and an independent finite-difference check of each.

Layers count from 1 in words, neurons and examples from 0; JSON pointers count from 0. One example
is a vector and brings vectors back; a batch is a list of vectors and brings matrices back.
Errors are `application/problem+json` (RFC 9457), with a JSON pointer for every problem.
"""


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """A family of endpoints: bodies are read strictly, and documented with what can go wrong.

    flask-smorest documents; what runs is ours. Its own layers (webargs and a wrapper for each
    decorator) took longer than a small network does.
    """

    def route(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Register a view, under its own name in the OpenAPI document."""
        register: Callable[[View], View] = super().route(rule, **options)

        def decorate(view: View) -> View:
            noted(self.doc(operationId=view.__name__), view, view)
            for status in EVERY_ERRORS:
                noted(self.alt_response(status, HTTPStatus(status).name), view, view)
            return register(view)

        return decorate

    def doc(self, **options: Any) -> Callable[[View], View]:
        """Add to what the OpenAPI document says of a view."""
        decorate: Callable[[View], View] = super().doc(**options)
        return decorate

    def alt_response(
        self, status_code: int, response: Any = None, **options: Any
    ) -> Callable[[View], View]:
        """Document another answer of a view."""
        decorate: Callable[[View], View] = super().alt_response(status_code, response, **options)
        return decorate

    def arguments(self, schema: Schema, **options: Any) -> Callable[[View], View]:
        """Read the body with a schema, which is an instance: a class would be made at each call."""
        document: Callable[[View], View] = super().arguments(schema, **options)

        def decorate(view: View) -> View:
            @wraps(view)
            def reading(*args: Any, **kwargs: Any) -> Any:
                return view(*args, read_json(schema), **kwargs)

            noted(document, view, reading)
            for status in BODY_ERRORS:
                noted(self.alt_response(status, HTTPStatus(status).name), reading, reading)
            return reading  # type: ignore[return-value]

        return decorate

    def response(
        self, status_code: int, schema: Schema | None = None, **options: Any
    ) -> Callable[[View], View]:
        """Print what the view returns, with a schema if there is one; a Response goes as it is."""
        document: Callable[[View], View] = super().response(status_code, schema, **options)

        def decorate(view: View) -> View:
            @wraps(view)
            def printing(*args: Any, **kwargs: Any) -> Any:
                made = view(*args, **kwargs)
                if isinstance(made, Response):
                    return made
                passed("compute")
                answer = printed(made if schema is None else schema.dump(made), status_code)
                passed("print")
                return answer

            noted(document, view, printing)
            return printing  # type: ignore[return-value]

        return decorate


def noted(document: Callable[[Any], Any], source: Any, target: Any) -> None:
    """What a decorator of flask-smorest writes down about `source`, without the layer it adds."""
    target._apidoc = document(source)._apidoc


class Api(flask_smorest.Api):  # type: ignore[misc]
    """The OpenAPI document of the application."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        options = {
            "title": "backcheck",
            "version": app.config["VERSION"],
            "openapi_version": "3.1.0",
            "info": {"description": DESCRIPTION, "license": {"name": "MIT", "identifier": "MIT"}},
        }
        super().__init__(app, spec_kwargs=options)
        if app.extensions["keys"]:
            self.spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
            self.spec.options["security"] = [{"key": []}]

    def _init_spec(self, **options: Any) -> None:
        super()._init_spec(**options)
        self.ma_plugin.converter.add_attribute_function(documented)

    def _register_error_handlers(self) -> None:
        """service.errors has them all."""

    def _register_pagination_header(self) -> None:
        """Nothing comes in pages."""

    def _register_responses(self) -> None:
        """Errors are problem+json, whatever the rest is."""
        self.DEFAULT_RESPONSE_CONTENT_TYPE: str = PROBLEM_JSON
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE


def documented(converter: Any, field: fields.Field[Any], **kwargs: Any) -> dict[str, Any]:
    """What one of our fields says about itself."""
    if not isinstance(field, Field):
        return {}
    openapi = field.documented()
    objects = [converter.resolve_nested_schema(schema) for schema in field.schemas]
    if objects:
        openapi = {**openapi, "oneOf": [*openapi["oneOf"], *objects]}
    return nullable(openapi) if field.allow_none else openapi


def nullable(openapi: dict[str, Any]) -> dict[str, Any]:
    """The same, or null."""
    if "oneOf" in openapi:
        return {**openapi, "oneOf": [*openapi["oneOf"], {"type": "null"}]}
    return {**openapi, "type": [openapi["type"], "null"]} if "type" in openapi else openapi
