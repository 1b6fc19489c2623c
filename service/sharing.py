"""Which worker takes in a new connection: one that has nothing to do, or all by turns.

Workers wait for connections on one socket, and whoever wakes first could take in all that open
together, each of which it then keeps for as long as it lasts. So a worker that has something to do
leaves the next one to the others for a moment, and takes it in if nobody else did.
"""

import time
from socket import socket
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

PAUSE_SECONDS = 0.002
"""For another worker to wake, if it has nothing to do; too short to be noticed, if all have."""
LONG_AGO = float("-inf")


class SharingWorker(ThreadWorker):  # type: ignore[misc]
    """Leaves new connections to workers with less to do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.under_way = 0
        self.taken_in_at = self.pause_ends = LONG_AGO
        self.has_paused = False

    def take_in(self, listener: socket) -> bool:
        """Take in a connection, and note when; whether there was one."""
        raise NotImplementedError

    def accept(self, listener: socket) -> None:
        """Somebody waits at the door."""
        if not self.is_engaged():
            self.take_in(listener)
            return
        if self.has_paused:  # nobody else came: several at once, so that a crowd is in soon
            for _ in range(1 + self.nr_conns // 4):
                if not self.take_in(listener):
                    break
        self.pause()

    def is_engaged(self) -> bool:
        """Whether there is enough to do: a request at work and one behind it, or soon to come."""
        if self.cfg.workers == 1:
            return False
        return self.under_way > 1 or time.monotonic() - self.taken_in_at < PAUSE_SECONDS

    def pause(self) -> None:
        """Leave the door to the others."""
        super().set_accept_enabled(False)
        self.pause_ends, self.has_paused = time.monotonic() + PAUSE_SECONDS, True

    def set_accept_enabled(self, enabled: bool) -> None:
        """Watch the door or not; not before the pause is over."""
        if not enabled or time.monotonic() >= self.pause_ends:
            super().set_accept_enabled(enabled)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """No longer than the pause, which is forgotten if nobody waited at its end."""
        left, watched = self.pause_ends - time.monotonic(), self._accepting
        super().wait_for_and_dispatch_events(min(timeout, left) if left > 0 else timeout)
        if watched and self._accepting:
            self.has_paused = False

    def enqueue_req(self, conn: Any) -> None:
        """Give a request to a thread."""
        self.under_way += 1
        self.taken_in_at = LONG_AGO  # what was to come has come
        super().enqueue_req(conn)

    def has_answered(self) -> None:
        """A request is done with; with little left to do, the pause is over."""
        self.under_way -= 1
        if not self.is_engaged():
            self.pause_ends = LONG_AGO
