"""GET / (the page), /openapi.json, and /docs: Swagger UI from the files of an installed package."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, current_app, send_from_directory

from service.openapi import document

blueprint = Blueprint("documents", __name__)

SWAGGER_UI = str(files("flask_swagger_ui").joinpath("dist"))
SWAGGER_UI_FILES = ("swagger-ui.css", "swagger-ui-bundle.js")
CACHED_SECONDS = 86_400  # they change with a release only


@blueprint.get("/")
def page() -> Response:
    """The page."""
    return current_app.send_static_file("index.html")


@blueprint.get("/docs")
def docs() -> Response:
    """The API's documentation, to read and to try."""
    return current_app.send_static_file("docs.html")


@blueprint.get("/problems")
def problems() -> Response:
    """What the codes in `type` mean."""
    return current_app.send_static_file("problems.html")


@blueprint.get(f"/docs/<any({', '.join(map(repr, SWAGGER_UI_FILES))}):name>")
def swagger_ui(name: str) -> Response:
    """A file of Swagger UI."""
    return send_from_directory(SWAGGER_UI, name, max_age=CACHED_SECONDS)


@blueprint.get("/openapi.json")
def openapi() -> Mapping[str, Any]:
    """The OpenAPI 3.1 document."""
    return document(current_app)
