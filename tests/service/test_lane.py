"""One after another, and past whoever takes long."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Barrier, Event, current_thread
from typing import Any

import pytest

from service import lane as lanes
from service.lane import Lane, depart

SECONDS = 20


def test_results_and_exceptions() -> None:
    """A task's value or exception is what its future brings."""
    lane = Lane(4)
    assert lane.submit(pow, 2, 5).result(SECONDS) == 32
    with pytest.raises(ZeroDivisionError):
        lane.submit(divmod, 1, 0).result(SECONDS)
    with pytest.raises(SystemExit):
        lane.submit(exit_now).result(SECONDS)
    assert lane.submit(pow, 2, 5).result(SECONDS) == 32


def exit_now() -> None:
    raise SystemExit(1)


def test_short_tasks_share_a_thread() -> None:
    """Tasks that do not depart run in order, in one thread."""
    lane, order = Lane(4), list[int]()

    def run(n: int) -> str:
        order.append(n)
        return current_thread().name

    futures = [lane.submit(run, n) for n in range(50)]
    assert len({future.result(SECONDS) for future in futures}) == 1
    assert order == list(range(50))


def test_who_departs_lets_others_pass() -> None:
    """The next task runs while the one before it waits, and every thread is counted out again."""
    lane, go = Lane(4), Event()

    def wait() -> bool:
        depart()
        return go.wait(SECONDS)

    waiting = [lane.submit(wait) for _ in range(3)]
    assert lane.submit(pow, 2, 5).result(SECONDS) == 32
    assert not any(future.done() for future in waiting)
    go.set()
    assert all(future.result(SECONDS) for future in waiting)
    assert lane.submit(pow, 2, 5).result(SECONDS) == 32


def test_who_does_not_say_so_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that waits without departing is passed once it has taken longer than patience."""
    monkeypatch.setattr(lanes, "PATIENCE_SECONDS", 0.0)
    lane, go, begun = Lane(4), Event(), Event()

    def wait() -> bool:
        begun.set()
        return go.wait(SECONDS)

    waiting = lane.submit(wait)
    assert begun.wait(SECONDS)
    after: Future[Any] = lane.submit(pow, 2, 5)
    lane.look_after()
    assert after.result(SECONDS) == 32
    assert not waiting.done()
    go.set()
    assert waiting.result(SECONDS)


def test_there_are_so_many_threads_and_no_more() -> None:
    """When every thread waits, tasks queue; the first that is done goes on with them."""
    lane, go, all_there = Lane(3), Event(), Barrier(4)

    def wait() -> bool:
        depart()
        all_there.wait(SECONDS)
        return go.wait(SECONDS)

    waiting = [lane.submit(wait) for _ in range(3)]
    all_there.wait(SECONDS)
    queued = [lane.submit(pow, 2, n) for n in range(5)]
    assert lane.waiting() == 5
    assert lane.threads == 3
    go.set()
    assert [future.result(SECONDS) for future in queued] == [1, 2, 4, 8, 16]
    assert all(future.result(SECONDS) for future in waiting)


def test_departing_outside_of_a_lane() -> None:
    """Under any other server it is nothing."""
    depart()
