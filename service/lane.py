"""Requests one after another in one thread; whoever will take long leaves the lane to the next.

A pool of threads that all want to compute spends a third of its time handing Python's lock from
one to the other (measured). In a lane each request starts when the one before it is done, without
waking anybody. A request that waits for something, or computes for long, departs: its thread ends
with it, and a new one goes on with the others. One that does so without saying is noticed.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Lock, Thread, local
from typing import Any

PATIENCE_SECONDS = 0.1
"""A request that takes longer has departed, whether it said so or not."""

here = local()


@dataclass(frozen=True)
class Task:
    """A call that somebody waits for."""

    call: Callable[..., Any]
    arguments: tuple[Any, ...]
    future: "Future[Any]"

    def run(self) -> None:
        """Keep what it brings: a value or an exception."""
        try:
            self.future.set_result(self.call(*self.arguments))
        except BaseException as error:  # SystemExit too: gunicorn looks at it
            self.future.set_exception(error)


class Place:
    """A thread's place: in the lane or not, and since when it is busy."""

    def __init__(self, lane: "Lane") -> None:
        self.lane = lane
        self.began: float | None = None


class Lane:
    """What gunicorn needs of a pool of threads."""

    def __init__(self, threads_max: int) -> None:
        self.threads_max, self.threads = threads_max, 0
        self.tasks: SimpleQueue[Task | None] = SimpleQueue()
        self.lock = Lock()
        self.holder: Place | None = None
        with self.lock:
            self.go_on()

    def submit(self, call: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Wait in the lane."""
        future: Future[Any] = Future()
        self.tasks.put(Task(call, arguments, future))
        self.look_after()
        return future

    def waiting(self) -> int:
        """How many wait."""
        return self.tasks.qsize()

    def shutdown(self, wait: bool = True) -> None:
        """Nothing comes any more; threads are daemons and end with the process."""
        self.tasks.put(None)

    def look_after(self) -> None:
        """Take the lane from who has had it for long."""
        holder = self.holder
        began = None if holder is None else holder.began
        if began is not None and time.monotonic() - began > PATIENCE_SECONDS:
            self.leave(holder)

    def leave(self, place: Place | None) -> None:
        """The next thread goes on, if this is the one in the lane."""
        with self.lock:
            if place is not None and self.holder is place:
                self.holder = None
                self.go_on()

    def go_on(self) -> None:
        """Start a thread if there may be another; else the first to be done takes the lane."""
        if self.threads < self.threads_max:
            self.threads += 1
            self.holder = Place(self)
            Thread(target=self.drive, args=(self.holder,), daemon=True).start()

    def drive(self, place: Place) -> None:
        """One task after another, as long as this thread has the lane."""
        here.place = place
        while self.has(place):
            task = self.tasks.get()
            if task is None:
                return
            place.began = time.monotonic()
            task.run()
            place.began = None
            del task

    def has(self, place: Place) -> bool:
        """Whether this thread has the lane, or takes it from nobody; else it is counted out."""
        if self.holder is place:
            return True
        with self.lock:
            if self.holder is None:
                self.holder = place
                return True
            self.threads -= 1
            return False


def depart() -> None:
    """This request will take long: let those behind it pass. Nothing to do outside of a lane."""
    place = getattr(here, "place", None)
    if place is not None:
        place.lane.leave(place)
