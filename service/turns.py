"""One computation at a time in each worker.

Threads are there to wait for slow callers and idle connections. If they also computed side by side,
they would share one interpreter and each other's caches, and every request would take longer.
"""

from threading import BoundedSemaphore

from flask import Flask, current_app, g
from werkzeug.exceptions import ServiceUnavailable

WAIT_SECONDS_MAX = 20  # longer than the largest computation within the limits usually takes
RETRY_SECONDS = 5


def register_turns(app: Flask) -> None:
    """Give the turn back however a request ends."""
    app.extensions["turns"] = BoundedSemaphore(1)
    app.teardown_request(give_back)


def take_turn() -> None:
    """Wait for the worker's core; raises 503 with Retry-After if that takes too long."""
    if not current_app.extensions["turns"].acquire(timeout=WAIT_SECONDS_MAX):
        raise ServiceUnavailable(
            "every worker is busy; try again shortly", retry_after=RETRY_SECONDS
        )
    g.has_turn = True


def give_back(error: BaseException | None = None) -> None:
    """The turn, if this request has it."""
    if g.pop("has_turn", False):
        current_app.extensions["turns"].release()
