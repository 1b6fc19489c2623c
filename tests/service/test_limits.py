"""Every limit and setting in one table, told, documented, and taken from the environment."""

from __future__ import annotations

import re
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from core.differences.check import Options
from core.network import Batch, Network
from schemas.gradients import GradientsSchema
from service import create_app
from service.limits import Limits
from service.settings import TABLE, settings
from service.work import check_operations, gradient_operations, workings_operations

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


def test_every_limit_is_told(client: FlaskClient) -> None:
    """GET /v1/limits has each limit as it is now, with its unit and its reason."""
    app = create_app({"LIMITS": Limits(layers_max=7)})
    told = {one["name"]: one for one in app.test_client().get("/v1/limits").json["limits"]}
    assert told.keys() == {field.name for field in fields(Limits)}
    assert told["layers_max"]["value"] == 7
    assert all(one["unit"] and one["description"] for one in told.values())


@pytest.mark.parametrize("name", [f.name.upper() for f in fields(Limits)] + [s.name for s in TABLE])
def test_every_setting_is_documented(name: str) -> None:
    """docs/operations.md has a row for each; tests/test_docs.py compares the rows."""
    assert re.search(rf"^\| `BACKCHECK_{name}` \|", OPERATIONS.read_text(encoding="utf-8"), re.M)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("METRICS", "off", False),
        ("METRICS", "1", True),
        ("PROXIES", "2", 2),
        (
            "CORS_ORIGINS",
            "https://a.example, https://b.example",
            ("https://a.example", "https://b.example"),
        ),
        ("RATE_FAILS", "closed", "closed"),
        ("RATE", " 5/minute ", "5/minute"),
    ],
)
def test_settings_from_the_environment(name: str, text: str, value: Any) -> None:
    """The environment's BACKCHECK_NAME sets NAME, and `create_app` has the last word."""
    environment = {f"BACKCHECK_{name}": text}
    assert settings(None, environment)[name] == value
    assert settings({name: "mine"}, environment)[name] == "mine"


@pytest.mark.parametrize(
    ("name", "text"), [("METRICS", "maybe"), ("PROXIES", "-1"), ("RATE_FAILS", "half")]
)
def test_wrong_settings_are_named(name: str, text: str) -> None:
    """A setting that cannot be read stops the start, by its name and with what it has to be."""
    with pytest.raises(ValueError, match=f"BACKCHECK_{name} has to be"):
        settings(None, {f"BACKCHECK_{name}": text})


def exercise(sizes: list[int], examples: int) -> tuple[Network, Batch]:
    request = {
        "weights": [[[0.5] * n] * m for n, m in pairwise(sizes)],
        "biases": [[0.0] * m for m in sizes[1:]],
        "activation": "tanh",
        "input": [[1.0] * sizes[0]] * examples,
        "target": [[1.0] * sizes[-1]] * examples,
    }
    asked = GradientsSchema().load(request).exercise
    return asked.network, asked.batch


def test_estimates_grow_with_the_work() -> None:
    """More layers, neurons, examples or entries are never estimated as less work."""
    small = workings_operations(*exercise([4, 4, 4], 2))
    for sizes, examples in (([4, 4, 4, 4], 2), ([4, 8, 4], 2), ([4, 4, 4], 3)):
        assert workings_operations(*exercise(sizes, examples)) > small
    network, batch = exercise([4, 9, 4], 2)
    some = [check_operations(network, batch, Options(entries=n)) for n in (1, 3, 9)]
    every = check_operations(network, batch, Options(entries="all"))
    assert sorted({*some, every}) == [*some[:2], every]
    assert gradient_operations(network, batch, None) < gradient_operations(
        network, batch, Options()
    )


def test_an_automatic_check_keeps_to_its_budget() -> None:
    """`auto` is estimated at no more than its budget, or at one neuron if that is dearer."""
    network, batch = exercise([30, 30, 30], 5)
    every = check_operations(network, batch, Options(entries="all"))
    assert check_operations(network, batch, Options(budget=every / 2)) == int(every / 2)
    assert 1 < check_operations(network, batch, Options(budget=1)) < every / 10
