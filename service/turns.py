"""Whose turn it is to compute: light requests one after another, heavy ones beside them, few.

Threads are there to wait for slow callers and idle connections. If they all computed side by side,
they would share one interpreter and each other's caches, and every request would take longer. So
each worker has one turn for light work, which is over in milliseconds, and one for heavy work; and
all workers together let only so many heavy ones compute, so that cores stay free for the light.

A slot that workers share is a lock on a byte of a file without a name: the kernel gives it back
however a worker ends.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from threading import BoundedSemaphore, Lock

from flask import Flask
from werkzeug.exceptions import ServiceUnavailable

from service.access import require
from service.current import application, notes
from service.lane import depart
from service.limits import Limits, limits
from service.rates import count_heavy

LIGHT_RETRY_SECONDS = 1
HEAVY_RETRY_SECONDS = 10
POLL_SECONDS = 0.01  # heavy work takes longer than that anyhow


class Busy(ServiceUnavailable):
    """503: the turn did not come in time, or too many wait for it already."""


class Turns:
    """The turns of one worker. Made before the fork, so that all workers share the slots."""

    def __init__(self, slots: int, waiting_max: int) -> None:
        self.light = Lock()
        self.heavy = Lock()
        self.waiting = BoundedSemaphore(waiting_max)
        self.slots = Slots(slots)

    @contextmanager
    def queue(self) -> Iterator[None]:
        """A place among those who wait for heavy work; raises Busy at once if there is none."""
        if not self.waiting.acquire(blocking=False):
            raise Busy("too much heavy work is waiting already", retry_after=HEAVY_RETRY_SECONDS)
        try:
            yield
        finally:
            self.waiting.release()


class Slots:
    """So many at once over all processes that a fork gave this object to."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.file = nameless_file()

    def take(self, deadline: float) -> int | None:
        """A slot's number, or None if none came free before the deadline."""
        while True:
            for slot in range(self.count):
                try:
                    fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, slot)
                except OSError:
                    continue
                return slot
            if time.monotonic() > deadline:
                return None
            time.sleep(POLL_SECONDS)

    def give_back(self, slot: int) -> None:
        """Leave it to the next."""
        fcntl.lockf(self.file, fcntl.LOCK_UN, 1, slot)


def nameless_file() -> int:
    """A descriptor that forked workers inherit; in memory where the system can."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("backcheck-heavy")
    with TemporaryFile() as file:
        return os.dup(file.fileno())


def register_turns(app: Flask) -> None:
    """Give the turn back however a request ends."""
    app.extensions["turns"] = Turns(app.config["HEAVY_AT_ONCE"], app.config["HEAVY_WAITING_MAX"])
    app.teardown_request(give_back)


def take_turn(body_bytes: int, limits: Limits) -> None:
    """The turn to read a body of this size and answer it. Raises Busy if it does not come."""
    if body_bytes > limits.light_bytes_max:
        take_heavy(turns(), limits)
    elif not turns().light.acquire(timeout=limits.light_wait_seconds_max):
        raise Busy("every worker is busy", retry_after=LIGHT_RETRY_SECONDS)
    else:
        notes().turn = "light"


def heavy_turn() -> None:
    """Change from the light turn to the heavy one; nothing to do if it is heavy already."""
    if notes().get("turn") != "heavy":
        give_back()
        take_heavy(turns(), limits())


def take_heavy(turns: Turns, limits: Limits) -> None:
    """Wait for this worker's heavy turn, and for a slot among all workers."""
    deadline = time.monotonic() + limits.heavy_wait_seconds_max
    require("heavy")
    count_heavy()
    depart()
    with turns.queue():
        if not turns.heavy.acquire(timeout=limits.heavy_wait_seconds_max):
            raise Busy("other heavy work takes long", retry_after=HEAVY_RETRY_SECONDS)
        noted = notes()
        noted.turn, noted.slot = "heavy", turns.slots.take(deadline)
        if noted.slot is None:
            give_back()
            raise Busy("every worker is busy", retry_after=HEAVY_RETRY_SECONDS)


def give_back(error: BaseException | None = None) -> None:
    """The turn, if this request has one."""
    noted = notes()
    turn = noted.pop("turn", None)
    if turn == "light":
        turns().light.release()
    elif turn == "heavy":
        slot = noted.pop("slot", None)
        if slot is not None:
            turns().slots.give_back(slot)
        turns().heavy.release()


def turns() -> Turns:
    """The worker's turns."""
    found = application().extensions["turns"]
    assert isinstance(found, Turns)
    return found
