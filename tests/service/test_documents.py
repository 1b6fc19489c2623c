"""The OpenAPI document, the docs, the page, the health checks."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from service.settings import VERSION

ROOT = Path(__file__).parents[2]


@pytest.fixture
def openapi(client: FlaskClient) -> Any:
    return client.get("/openapi.json").json


def test_openapi_is_valid(openapi: Any) -> None:
    """The document is OpenAPI 3.1 to an independent validator."""
    assert openapi["openapi"].startswith("3.1")
    validate(openapi)


def resolved(openapi: Any, schema: Any) -> Any:
    """A schema that carries the components it refers to."""
    return {**schema, "components": openapi["components"]}


def operation(openapi: Any) -> Any:
    return openapi["paths"]["/v1/gradients"]["post"]


def test_documented_requests_fit_the_documented_schema(openapi: Any) -> None:
    """Every example of a request is valid by the schema that stands beside it."""
    content = operation(openapi)["requestBody"]["content"]["application/json"]
    validator = Draft202012Validator(resolved(openapi, content["schema"]))
    assert len(content["examples"]) >= 6
    for example in content["examples"].values():
        validator.validate(example["value"])


def test_answers_fit_the_documented_schema(client: FlaskClient, openapi: Any) -> None:
    """Every example's answer, with and without nulls in it, is valid by its schema."""
    content = operation(openapi)["responses"]["200"]["content"]["application/json"]
    validator = Draft202012Validator(resolved(openapi, content["schema"]))
    for example in operation(openapi)["requestBody"]["content"]["application/json"][
        "examples"
    ].values():
        for options in (True, False, {"entries": 2}):
            request = {**example["value"], "finite_difference": options}
            validator.validate(client.post("/v1/gradients", json=request).json)


def test_documented_answers_are_the_services(client: FlaskClient, openapi: Any) -> None:
    """Beside every example of a request stands what the service answers to it."""
    requests = operation(openapi)["requestBody"]["content"]["application/json"]["examples"]
    answers = operation(openapi)["responses"]["200"]["content"]["application/json"]["examples"]
    assert answers.keys() == requests.keys()
    for name, request in requests.items():
        told = client.post("/v1/gradients", json=request["value"]).json
        assert answers[name]["value"] == told


def test_errors_are_documented_as_problems(client: FlaskClient, openapi: Any) -> None:
    """What can go wrong with a body is documented as problem+json, and is so."""
    responses = operation(openapi)["responses"]
    assert {"400", "413", "415", "422", "default"} <= responses.keys()
    name = responses["422"]["$ref"].rsplit("/", 1)[1]
    content = openapi["components"]["responses"][name]["content"]
    assert content.keys() == {"application/problem+json"}
    schema = content["application/problem+json"]["schema"]
    validator = Draft202012Validator(resolved(openapi, schema))
    validator.validate(client.post("/v1/gradients", json={}).json)
    validator.validate(client.post("/v1/gradients", data="{", content_type="application/json").json)


def test_unknown_fields_are_documented_as_errors(openapi: Any) -> None:
    """The schema refuses what the service refuses: a field it does not know."""
    name = operation(openapi)["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = openapi["components"]["schemas"][name.rsplit("/", 1)[1]]
    assert schema["additionalProperties"] is False


def test_the_version_is_the_projects(openapi: Any) -> None:
    """One version, in pyproject.toml and in the document."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert openapi["info"]["version"] == VERSION == project["version"]


@pytest.mark.parametrize("path", ["/", "/docs", "/problems"])
def test_pages_load_only_what_the_service_has(client: FlaskClient, path: str) -> None:
    """Every address in a page is the service's own and answers; nothing is inline."""
    page = client.get(path, buffered=True)
    assert page.status_code == 200
    assert page.mimetype == "text/html"
    links = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    assert links
    for link in links:
        assert link.startswith("/"), link
        assert client.get(link, buffered=True).status_code == 200, link
    assert not re.search(r"<script(?![^>]*src)|<style|style=|onclick", page.text)


def test_swagger_ui_understands_the_document(client: FlaskClient) -> None:
    """The bundled Swagger UI is of a release that knows OpenAPI 3.1 (5.0 and later)."""
    bundle = client.get("/docs/swagger-ui-bundle.js", buffered=True).text
    assert "isOAS31" in bundle


@pytest.mark.parametrize("name", ["index.html", "../__init__.py", "swagger-ui.js.map", "%2e%2e"])
def test_only_named_files_are_served(client: FlaskClient, name: str) -> None:
    """Nothing but the files that the docs need can be fetched from the package."""
    assert client.get(f"/docs/{name}").status_code == 404


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health(client: FlaskClient, path: str) -> None:
    """Both checks answer, and are not kept by any cache."""
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
