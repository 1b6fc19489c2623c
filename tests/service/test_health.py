"""Alive and ready mean what they say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from core.layers import Layers
from service import create_app, health


@pytest.fixture
def stopping() -> Iterator[None]:
    health.leaving.set()
    yield
    health.leaving.clear()


def test_alive_and_ready() -> None:
    """Both answer 200, and no cache keeps them."""
    client = create_app().test_client()
    for path in ("/livez", "/readyz"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_process_that_stops(stopping: None) -> None:
    """It wants no more requests, but is alive, and answers what comes all the same."""
    client = create_app().test_client()
    assert client.get("/readyz").status_code == 503
    assert client.get("/livez").status_code == 200
    assert client.get("/v1/costs").status_code == 200


def test_mathematics_that_goes_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which one neuron comes out wrong gets no requests."""
    monkeypatch.setattr(health, "backpropagate", lambda network, batch: Wrong())
    answer = create_app().test_client().get("/readyz")
    assert answer.status_code == 503
    assert "mathematics" in answer.json["detail"]


class Wrong:
    """Workings of which nothing is right."""

    cost = 2.0
    a = delta = weight_gradients = Layers([np.array(1.0)])


def test_what_others_need() -> None:
    """What another part says is missing is told."""
    app = create_app()
    app.extensions["ready"]["store"] = lambda: "is away"
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json["detail"]) == (503, "store: is away")
