"""Connections that come together are shared out, and nobody is kept waiting at the door."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Event
from typing import Any

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]
from gunicorn.workers.gthread import PollableMethodQueue  # type: ignore[import-untyped]

from service import sharing
from service import worker as worker_module
from service.worker import PatientWorker

REQUEST = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"
CROWD = 8


class Threads:
    """A pool whose threads are at work until the test says otherwise."""

    def __init__(self) -> None:
        self.given: list[Future[bool]] = []
        self.connections: list[Any] = []

    def submit(self, call: Callable[..., Any], *arguments: Any) -> Future[bool]:
        self.given.append(Future())
        self.connections += arguments
        return self.given[-1]

    def waiting(self) -> int:
        return 0


class Door:
    """A worker in this process, and a crowd at its door."""

    def __init__(self, listener: socket.socket, crowd: list[socket.socket], workers: int) -> None:
        settings = Config()
        settings.set("workers", workers)
        self.worker = PatientWorker(0, 0, [listener], None, 30, settings, None)
        self.worker.poller, self.worker.tpool = selectors.DefaultSelector(), Threads()
        self.worker.method_queue = PollableMethodQueue()
        self.worker.method_queue.init()
        self.crowd = crowd

    def turn(self) -> int:
        """Once through the worker's loop; how many are in."""
        self.worker.set_accept_enabled(True)
        self.worker.wait_for_and_dispatch_events(0.0)
        return int(self.worker.nr_conns)

    def answer(self, number: int) -> None:
        """A thread is done with a request, after which its connection closes."""
        done = self.worker.tpool.given[number]
        done.set_result(False)
        self.worker.method_queue.run_callbacks(None)

    def close(self) -> None:
        """Leave nothing open."""
        for conn in (*self.worker.tpool.connections, *self.worker.pending_conns, *self.crowd):
            getattr(conn, "sock", conn).close()
        for end in (self.worker.tmp, self.worker.poller, self.worker.method_queue):
            end.close()


@pytest.fixture
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """Pauses in it end when the test says so."""
    monkeypatch.setattr(sharing, "PAUSE_SECONDS", 1e9)
    workers, sent = getattr(request, "param", (2, REQUEST))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        crowd = [socket.create_connection(listener.getsockname()) for _ in range(CROWD)]
        for one in crowd:
            one.sendall(sent)
        made = Door(listener, crowd, workers)
        yield made
        made.close()


def test_one_at_work_and_one_behind_it(door: Door) -> None:
    """Then the others are left to other workers."""
    assert [door.turn() for _ in range(5)] == [1, 2, 2, 2, 2]


def test_as_soon_as_one_is_answered_the_next_comes(door: Door) -> None:
    """The pause ends with the work: no thread waits while somebody is at the door."""
    for _ in range(4):
        door.turn()
    door.answer(0)
    assert door.turn() == 2  # one has gone, one has come
    assert len(door.worker.tpool.given) == 3
    assert [door.turn() for _ in range(3)] == [2, 2, 2]


def test_whom_nobody_else_takes_in(door: Door) -> None:
    """After the pause this worker does, several at once if it has many already."""
    found = []
    for _ in range(8):
        door.turn()
        door.worker.pause_ends = sharing.LONG_AGO  # the time has passed
        found.append(door.turn())
    assert found == [2, 3, 4, 6, 8, 8, 8, 8]


@pytest.mark.parametrize("door", [(2, b"")], indirect=True)
def test_whoever_says_nothing_is_about_to(door: Door) -> None:
    """The next one is left to others for a moment all the same, and no longer."""
    assert [door.turn() for _ in range(3)] == [1, 1, 1]
    door.worker.pause_ends = door.worker.taken_in_at = sharing.LONG_AGO
    assert [door.turn() for _ in range(3)] == [2, 2, 2]


@pytest.mark.parametrize("door", [(1, REQUEST)], indirect=True)
def test_a_worker_alone_leaves_nobody(door: Door) -> None:
    """There is nobody to leave them to."""
    assert [door.turn() for _ in range(CROWD)] == list(range(1, CROWD + 1))


def test_a_pause_does_not_outlive_the_crowd(door: Door) -> None:
    """If others have taken all in, the next crowd is left to them again at first."""
    for _ in range(3):
        door.turn()
    taken = [door.worker.sockets[0].accept()[0] for _ in range(CROWD - 2)]  # by another worker
    door.worker.pause_ends = sharing.LONG_AGO
    assert door.turn() == 2
    with socket.create_connection(door.worker.sockets[0].getsockname()):
        assert [door.turn() for _ in range(3)] == [2, 2, 2]
    for one in taken:
        one.close()


def test_a_worker_that_leaves_takes_all_that_wait(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGTERM in a pause: whom closing the door would turn away unheard is taken in."""
    for _ in range(3):
        assert door.turn() <= 2
    told = Event()
    told.set()
    monkeypatch.setattr(worker_module, "leaving", told)
    door.worker.alive = False
    door.worker.set_accept_enabled(False)
    assert door.worker.nr_conns == CROWD
