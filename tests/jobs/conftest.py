"""Applications with a store of their own, whose Dask is pretended or real."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service import create_app
from service.jobs.dispatcher import Dispatcher
from tests.jobs.pretended import Pretended, Script, faithful

PATIENCE_SECONDS = 60
MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[MakeApp]:
    """Makes an application on a store in a folder of its own, with a Dask that follows a script."""
    made: list[Flask] = []

    def make(script: Script = faithful, **config: Any) -> Flask:
        app = create_app({"STORE": f"sqlite:///{tmp_path}/jobs.sqlite", **config})
        jobs = app.extensions["jobs"]
        pretended = Pretended(script)
        dispatcher = Dispatcher(jobs.store, pretended, app.config["LIMITS"], jobs.kept_seconds)
        jobs.dispatcher = lambda: dispatcher
        app.extensions["pretended"] = pretended
        app.extensions["dispatcher"] = dispatcher
        made.append(app)
        return app

    yield make
    for app in made:
        app.extensions["dispatcher"].stop()
        app.extensions["jobs"].stop()


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def wait_for_end(client: FlaskClient, address: str) -> dict[str, Any]:
    """The job's state once it has ended."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        state: dict[str, Any] = client.get(address).get_json()
        if state["state"] not in ("receiving", "running"):
            return state
        time.sleep(0.02)
    raise AssertionError(f"still {state}")


@pytest.fixture
def network() -> dict[str, Any]:
    """A 2-3-2 network with one example."""
    return {
        "weights": [
            [[0.1, -0.2], [0.3, 0.4], [-0.5, 0.6]],
            [[0.7, -0.8, 0.9], [-1.0, 1.1, -1.2]],
        ],
        "biases": [[0.01, 0.02, 0.03], [0.04, 0.05]],
        "activation": "sigmoid",
        "input": [1.0, 2.0],
        "target": [0.0, 1.0],
    }


@pytest.fixture
def right(client: FlaskClient, network: dict[str, Any]) -> dict[str, Any]:
    """What is right about it."""
    answer = client.post("/v1/gradients", json={**network, "finite_difference": False}).get_json()
    names = ("cost", "z", "a", "delta", "bias_gradients", "weight_gradients")
    return {name: answer[name] for name in names}
