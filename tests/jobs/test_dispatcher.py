"""What the dispatcher makes of losses, errors and deaths, with a Dask that follows a script."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.jobs import tasks
from service.jobs.dispatcher import Dispatcher
from service.jobs.store import Store
from tests.jobs.conftest import MakeApp, wait_for_end
from tests.jobs.pretended import Hangs, Lost, Pretended, faithful

ASYNC = {"Prefer": "respond-async"}
PATIENCE_SECONDS = 30


def gradients_of(network: dict[str, Any], count: int) -> dict[str, Any]:
    """So many gradients of networks that all differ."""
    items = [{"id": i, **network, "input": [i / 7, 1.0]} for i in range(count)]
    return {"kind": "gradients", "common": {"finite_difference": False}, "items": items}


def check_of(sizes: tuple[int, ...], examples: int) -> dict[str, Any]:
    """A full check of a random network."""
    generator = np.random.default_rng(3)
    return {
        "weights": [generator.normal(size=(n, m)).round(2).tolist() for m, n in pairwise(sizes)],
        "biases": [generator.normal(size=n).round(2).tolist() for n in sizes[1:]],
        "activation": "tanh",
        "input": generator.normal(size=(examples, sizes[0])).round(2).tolist(),
        "target": generator.uniform(size=(examples, sizes[-1])).round(2).tolist(),
    }


def results_of(client: FlaskClient, sent: Any) -> tuple[dict[str, Any], Any]:
    """The state and the results of a batch that is a job."""
    answer = client.post("/v1/batches", json=sent, headers=ASYNC)
    state = wait_for_end(client, answer.headers["Location"])
    return state, client.get(state["links"]["results"]).get_json()["results"]


def undisturbed(make_app: MakeApp, sent: Any) -> Any:
    return make_app().test_client().post("/v1/batches", json=sent).get_json()["results"]


def test_lost_tasks_are_sent_again(make_app: MakeApp, network: dict[str, Any]) -> None:
    """Every task is lost the first time; every result is there once, and right."""
    sent = gradients_of(network, 200)
    seen: set[Any] = set()

    def script(key: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        what = (function, arguments[1:])
        if what not in seen:
            seen.add(what)
            raise Lost
        return function(*arguments)

    state, results = results_of(make_app(script).test_client(), sent)
    assert state["items"] == {"total": 200, "done": 200, "failed": 0}
    assert results == undisturbed(make_app, sent)


def test_a_scheduler_that_is_gone(make_app: MakeApp, network: dict[str, Any]) -> None:
    """A client whose scheduler died is let go, and a new one gets everything that was underway."""
    sent = gradients_of(network, 200)
    app = make_app()
    pretended: Pretended = app.extensions["pretended"]

    def script(key: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if len(pretended.clients) == 1 and len(pretended.clients[0].sent) > 2:  # type: ignore[attr-defined]
            pretended.clients[0].status = "connecting"  # type: ignore[attr-defined]
            raise Lost
        return function(*arguments)

    object.__setattr__(pretended, "script", script)
    state, results = results_of(app.test_client(), sent)
    assert state["items"]["done"] == 200
    assert [one["index"] for one in results] == list(range(200))
    clients = pretended.clients  # type: ignore[attr-defined]
    assert len(clients) == 2
    assert clients[0].closed


def kills_its_worker(poisoned: int) -> Callable[..., Any]:
    """A script in which a block that holds this item takes its workers with it."""

    def script(key: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if function is tasks.run_block:
            _, _, first, data = arguments
            if first <= poisoned < first + len(tasks.lines_of(data)):
                raise RuntimeError("worker died")
        return function(*arguments)

    return script


def test_a_poison_item_is_one_items_error(make_app: MakeApp, network: dict[str, Any]) -> None:
    """The others of its block are answered, and it is told in its place what happened."""
    sent = gradients_of(network, 150)
    state, results = results_of(make_app(kills_its_worker(70)).test_client(), sent)
    assert state["items"] == {"total": 150, "done": 150, "failed": 1}
    assert [one["index"] for one in results] == list(range(150))
    assert [one["index"] for one in results if one["status"] != 200] == [70]
    assert (results[70]["status"], results[70]["id"]) == (500, 70)
    assert "worker" in results[70]["problem"]["detail"]
    right = undisturbed(make_app, gradients_of(network, 150))
    assert [r for r in results if r["index"] != 70] == [r for r in right if r["index"] != 70]


def test_a_single_poison_item(make_app: MakeApp, network: dict[str, Any]) -> None:
    """A block of one item has nothing to split."""
    state, results = results_of(
        make_app(kills_its_worker(0)).test_client(), gradients_of(network, 1)
    )
    assert (state["state"], results[0]["status"]) == ("done", 500)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many chunks that something can happen between them."""
    monkeypatch.setattr("service.jobs.checking.CHUNK_FLOPS", 2e6)


def test_a_check_in_parts(make_app: MakeApp, small_chunks: None) -> None:
    """A check that is split answers as it does in one process, with its progress in operations."""
    sent = {"kind": "finite_differences", "items": [check_of((20, 200, 200, 10), 4)] * 2}
    app = make_app()
    state, results = results_of(app.test_client(), sent)
    assert state["work"]["unit"] == "floating-point operations"
    operations = results[0]["answer"]["operations"]
    assert state["work"]["total"] == state["work"]["done"] == 2 * operations
    assert len(app.extensions["pretended"].clients[0].sent) > 10
    assert results == undisturbed(make_app, sent)


def test_a_check_goes_on_by_chunk(make_app: MakeApp, small_chunks: None) -> None:
    """Chunks that are done are not done again by whoever takes over."""
    sent = {"kind": "finite_differences", "items": [check_of((20, 200, 200, 10), 4)]}
    done = Counter[int]()

    def dies_after_five(key: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if function is tasks.run_part:
            if len(done) == 5:
                raise Hangs
            done[arguments[1]] += 1
        return function(*arguments)

    first = make_app(dies_after_five)
    client = first.test_client()
    address = client.post("/v1/batches", json=sent, headers=ASYNC).headers["Location"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while client.get(address).get_json()["work"]["done"] == 0.0 or len(done) < 5:
        assert time.monotonic() < deadline
    first.extensions["dispatcher"].stop()

    def goes_on(key: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if function is tasks.run_part:
            done[arguments[1]] += 1
        return function(*arguments)

    second = make_app(goes_on)
    state = wait_for_end(second.test_client(), address)
    assert state["state"] == "done"
    assert len(done) > 10
    repeated = [part for part, times in done.items() if times > 1]
    assert len(repeated) <= 1  # the one whose result was on its way


def test_a_part_that_kills_its_worker(make_app: MakeApp, small_chunks: None) -> None:
    """The check has no answer then, and the other checks of the batch have theirs."""
    two = [check_of((20, 200, 200, 10), 4), check_of((3, 4, 2), 1)]

    def script(key: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if function is tasks.run_part and arguments[1] == 3:
            raise RuntimeError("worker died")
        return function(*arguments)

    state, results = results_of(
        make_app(script).test_client(), {"kind": "finite_differences", "items": two}
    )
    assert [one["status"] for one in results] == [500, 200]
    assert state["items"] == {"total": 2, "done": 2, "failed": 1}


def test_another_process_takes_over(
    make_app: MakeApp, network: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies with the lease in hand: the next one ends the job once it has run out."""
    monkeypatch.setattr("service.jobs.dispatcher.LEASE_SECONDS", 1.0)
    monkeypatch.setattr("service.jobs.dispatcher.RENEW_SECONDS", 0.2)

    def hangs(*_: Any) -> Any:
        raise Hangs

    first = make_app(hangs)
    sent = gradients_of(network, 100)
    address = first.test_client().post("/v1/batches", json=sent, headers=ASYNC).headers["Location"]
    dead = first.extensions["dispatcher"]
    while not first.extensions["pretended"].clients:
        pass
    monkeypatch.setattr(Store, "release", lambda *_: None)  # killed: it gives nothing back
    dead.stop()
    second = make_app()
    second.extensions["jobs"].dispatcher().wake()
    assert wait_for_end(second.test_client(), address)["items"]["done"] == 100


def test_a_store_that_stumbles(
    make_app: MakeApp, network: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that could not be written is asked for again."""
    inner, calls = Store.finish_block, Counter[str]()

    def stumbling(self: Store, *args: Any) -> bool:
        calls["all"] += 1
        if calls["all"] in (1, 3):
            raise OSError("disk")
        return inner(self, *args)

    monkeypatch.setattr(Store, "finish_block", stumbling)
    state, results = results_of(make_app().test_client(), gradients_of(network, 150))
    assert state["items"]["done"] == len(results) == 150


@pytest.mark.parametrize("method", ["block", "header", "open_blocks"])
def test_a_store_that_cannot_be_read_for_a_moment(
    make_app: MakeApp, network: dict[str, Any], monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """A piece that was about to be sent is not forgotten, nor are those behind it."""
    inner, calls = getattr(Store, method), Counter[str]()

    def stumbling(self: Store, *args: Any) -> Any:
        calls[method] += 1
        if calls[method] in (1, 3):
            raise OSError("disk")
        return inner(self, *args)

    monkeypatch.setattr(Store, method, stumbling)
    state, results = results_of(make_app().test_client(), gradients_of(network, 150))
    assert state["items"]["done"] == len(results) == 150


def test_two_processes_share_nothing_but_the_store(
    make_app: MakeApp, network: dict[str, Any]
) -> None:
    """A job that one application took is told, and can be cancelled, by another."""

    def hangs(*_: Any) -> Any:
        raise Hangs

    first, second = make_app(hangs), make_app(hangs)
    sent = gradients_of(network, 5)
    address = first.test_client().post("/v1/batches", json=sent, headers=ASYNC).headers["Location"]
    assert second.test_client().get(address).get_json()["state"] == "running"
    assert second.test_client().delete(address).get_json()["state"] == "cancelled"
    pretended = first.extensions["pretended"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while pretended.clients and pretended.clients[-1].sent and not pretended.clients[-1].cancelled:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_no_more_is_underway_than_dask_has_room_for(
    make_app: MakeApp, network: dict[str, Any]
) -> None:
    """Memory is bounded: three tasks for each thread, however large the job."""
    app = make_app(lambda *_: (_ for _ in ()).throw(Hangs))
    app.test_client().post("/v1/batches", json=gradients_of(network, 2000), headers=ASYNC)
    pretended = app.extensions["pretended"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (pretended.clients and len(pretended.clients[0].sent) >= 6):
        assert time.monotonic() < deadline
    time.sleep(0.6)
    assert len([key for key in pretended.clients[0].sent if not key.startswith("shared")]) <= 6


def test_large_common_data_travel_once(make_app: MakeApp, network: dict[str, Any]) -> None:
    """The header of a batch is one task that all its blocks depend on."""
    app = make_app()
    results_of(app.test_client(), gradients_of(network, 300))
    keys = app.extensions["pretended"].clients[0].sent
    assert len([key for key in keys if key.startswith("shared")]) == 1


def test_answers_do_not_depend_on_the_cut(
    make_app: MakeApp, network: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of one item or of many: the same results."""
    sent = gradients_of(network, 30)
    found = []
    for size in (1, 7, 64):
        monkeypatch.setattr("service.jobs.batches.BLOCK_ITEMS", size)
        found.append(results_of(make_app().test_client(), sent)[1])
    assert found[0] == found[1] == found[2]
    assert orjson.dumps(found[0]) == orjson.dumps(undisturbed(make_app, sent))


def test_the_dispatcher_ends_when_idle(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without jobs its thread ends and lets Dask go; the next job starts another."""
    monkeypatch.setattr("service.jobs.dispatcher.IDLE_SECONDS", 0.1)
    dispatcher: Dispatcher = app.extensions["dispatcher"]
    for _ in range(2):
        dispatcher.wake()
        thread = dispatcher._thread
        assert thread is not None
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()
    assert faithful("", os.path.basename, ("a/b",)) == "b"
