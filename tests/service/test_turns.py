"""Light work is never behind heavy work, and nobody waits for ever."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service import create_app
from service.limits import Limits
from service.turns import Slots, Turns

# Newer Pythons warn of forks beside threads; the children here touch no lock but ours.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

JSON = "application/json"
HURRIED = Limits(light_wait_seconds_max=0, heavy_wait_seconds_max=0)
EVERYTHING_HEAVY = replace(HURRIED, light_operations_max=0)


def app_with(limits: Limits, **config: Any) -> Flask:
    return create_app({"LIMITS": limits, **config})


def is_busy(answer: TestResponse) -> bool:
    """Whether it is a 503 that says when to come back."""
    if answer.status_code != 503:
        return False
    assert answer.json["type"] == "/problems#busy"
    assert int(answer.headers["Retry-After"]) > 0
    return True


@contextmanager
def held(turn: Any) -> Iterator[None]:
    """Somebody else has this turn."""
    assert turn.acquire(blocking=False)
    yield
    turn.release()


def test_light_work_waits_for_light_work(network: Any) -> None:
    """503 with Retry-After where the turn does not come in time; then it works again."""
    app = app_with(HURRIED)
    client = app.test_client()
    with held(app.extensions["turns"].light):
        assert is_busy(client.post("/v1/gradients", json=network))
    assert client.post("/v1/gradients", json=network).status_code == 200


def test_light_work_does_not_wait_for_heavy_work(network: Any) -> None:
    """While a worker computes something heavy, it answers light requests."""
    app = app_with(HURRIED)
    with held(app.extensions["turns"].heavy):
        assert app.test_client().post("/v1/gradients", json=network).status_code == 200


def test_heavy_work_waits_for_heavy_work_only(network: Any) -> None:
    """Work over the threshold takes the heavy turn, and leaves the light one to others."""
    app = app_with(EVERYTHING_HEAVY)
    client = app.test_client()
    with held(app.extensions["turns"].heavy):
        assert is_busy(client.post("/v1/gradients", json=network))
    assert client.post("/v1/gradients", json=network).status_code == 200


def test_a_large_body_is_heavy_work(network: Any) -> None:
    """A body that takes long to read is read in the heavy turn."""
    app = app_with(replace(HURRIED, light_bytes_max=1_000))
    body = orjson.dumps(network)
    with held(app.extensions["turns"].light):
        padded = body + b" " * 1_000
        answer = app.test_client().post("/v1/gradients", data=padded, content_type=JSON)
        assert answer.status_code == 200
        assert is_busy(app.test_client().post("/v1/gradients", data=body, content_type=JSON))


def test_only_so_many_wait_for_heavy_work(network: Any) -> None:
    """Who would be one too many to wait is told so at once, without waiting."""
    limits = replace(EVERYTHING_HEAVY, heavy_wait_seconds_max=60)
    client = app_with(limits, HEAVY_WAITING_MAX=0).test_client()
    began = time.monotonic()
    assert is_busy(client.post("/v1/gradients", json=network))
    assert time.monotonic() - began < 30


def other_process_can(slots: Slots) -> bool:
    """Whether a forked process gets a slot."""
    child = os.fork()
    if child == 0:
        os._exit(0 if slots.take(0.0) is not None else 1)
    return os.waitpid(child, 0)[1] == 0


def test_slots_are_shared_by_forked_workers() -> None:
    """What one process takes the others lack, until it gives it back."""
    slots = Slots(1)
    assert other_process_can(slots)
    slot = slots.take(0.0)
    assert slot == 0
    assert not other_process_can(slots)
    slots.give_back(slot)
    assert other_process_can(slots)


def test_a_killed_worker_leaves_its_slot() -> None:
    """The kernel gives back what a worker held that was killed in the middle of heavy work."""
    slots = Slots(1)
    for _ in range(3):  # each child ends without giving back
        assert other_process_can(slots)


def test_the_slots_of_all_workers_bound_heavy_work(network: Any) -> None:
    """A worker whose own turn is free still waits for a slot, and keeps neither on a 503."""
    app = app_with(EVERYTHING_HEAVY, HEAVY_AT_ONCE=1)
    turns: Turns = app.extensions["turns"]
    ready, release = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        turns.slots.take(0.0)
        os.write(ready[1], b"x")
        os.read(release[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    client = app.test_client()
    assert is_busy(client.post("/v1/gradients", json=network))
    os.write(release[1], b"x")
    os.waitpid(child, 0)
    assert client.post("/v1/gradients", json=network).status_code == 200
    for end in (*ready, *release):
        os.close(end)


@pytest.mark.parametrize("limits", [HURRIED, EVERYTHING_HEAVY])
def test_turns_are_given_back(limits: Limits, network: Any) -> None:
    """Requests that fail at any stage leave the worker free for the next one."""
    app = app_with(limits)
    client = app.test_client()
    overflowing = orjson.dumps({**network, "input": [1e308] * 2})
    for body in (b"{", b"{}", b"[]", overflowing, orjson.dumps(network)):
        client.post("/v1/gradients", data=body, content_type=JSON)
        with held(app.extensions["turns"].light), held(app.extensions["turns"].heavy):
            assert other_process_can(app.extensions["turns"].slots)


def test_work_beyond_the_budget(client: FlaskClient, network: Any) -> None:
    """422 with both numbers and what to do, before anything is computed."""
    app = app_with(Limits(operations_max=1_000))
    answer = app.test_client().post("/v1/gradients", json=network)
    assert answer.status_code == 422
    assert "operations; this service spends at most 1e+03" in answer.json["detail"]
    assert "fewer examples" in answer.json["detail"]


def test_a_busy_service_is_not_documented_as_one() -> None:
    """The document holds no 503 as an answer to an example, and has the answer the next time."""
    app = app_with(HURRIED)
    client = app.test_client()
    with held(app.extensions["turns"].light):
        told = client.get("/openapi.json").json["paths"]["/v1/gradients"]["post"]["responses"]
        assert "examples" not in told["200"]["content"][JSON]
    told = client.get("/openapi.json").json["paths"]["/v1/gradients"]["post"]["responses"]
    assert told["200"]["content"][JSON]["examples"]
    assert "openapi" in app.extensions
