"""What the application has of jobs: a store and a dispatcher, each made when first asked for.

The application is made before gunicorn forks: connections and threads belong to the process that
needs them, so each process makes its own.
"""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import BoundedSemaphore, Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app
from werkzeug.exceptions import ServiceUnavailable

from service.jobs.connect import check_settings

if TYPE_CHECKING:
    from service.jobs.dispatcher import Dispatcher
    from service.jobs.store import Store
    from service.jobs.work import Tasks

SQLITE = "sqlite:///"
FILE = "jobs.sqlite"
HOUR_SECONDS = 3600.0
RETRY_SECONDS = 30
SWEEP_SECONDS = 3600.0
LONG_LINES_MAX = 2
"""Requests of a worker that may hold a long line of NDJSON at the same time."""

log = logging.getLogger(__name__)


class Jobs:
    """The jobs of one application, as this process sees them."""

    def __init__(self, app: Flask, tasks: "Tasks | None" = None) -> None:
        self.config, self.tasks = app.config, tasks
        self.address: str = app.config["STORE"] or f"{SQLITE}{Path(app.instance_path) / FILE}"
        self._folder = Path(app.instance_path)
        self._lock, self._over = Lock(), Event()
        self._made: dict[tuple[int, str], Any] = {}

    @property
    def folder(self) -> Path:
        """Where a SQLite store and our own scheduler leave their files."""
        if not self.address.startswith(SQLITE):
            return self._folder
        return Path(self.address.removeprefix(SQLITE)).parent

    @property
    def kept_seconds(self) -> float:
        """How long an ended job can be fetched."""
        return float(self.config["JOBS_KEPT_HOURS"] * HOUR_SECONDS)

    def store(self) -> "Store":
        """The store. Raises ServiceUnavailable where it cannot be opened."""
        from sqlalchemy.exc import SQLAlchemyError

        from service.jobs.store import Store

        try:
            store: Store = self._of_this_process("store", lambda: Store(self.address))
        except (OSError, SQLAlchemyError, ImportError) as error:
            raise ServiceUnavailable(
                f"the store of jobs cannot be opened ({type(error).__name__}); whoever runs this "
                "service finds the setting BACKCHECK_STORE in its documentation",
                retry_after=RETRY_SECONDS,
            ) from error
        return store

    def dispatcher(self) -> "Dispatcher":
        """What brings jobs on."""
        from service.jobs.connect import Connector
        from service.jobs.dispatcher import Dispatcher

        def make() -> Dispatcher:
            connector = Connector.of(self.config, self.folder)
            limits = self.config["LIMITS"]
            return Dispatcher(self.store, connector, limits, self.kept_seconds, self.tasks)

        dispatcher: Dispatcher = self._of_this_process("dispatcher", make)
        return dispatcher

    def exist(self) -> bool:
        """Whether there may be any: a file, or another database, of which only asking tells."""
        database = Path(self.address.removeprefix(SQLITE))
        return not self.address.startswith(SQLITE) or database.exists()

    def resume(self) -> None:
        """Go on with what an earlier process has left, and sweep once in a while, in a thread.

        Nothing is imported where no job has ever been.
        """
        Thread(target=self._look_after, name="sweep", daemon=True).start()

    def _look_after(self) -> None:
        over = False
        while not over:
            try:
                if self.exist():
                    self.store().sweep(time.time())
                    if self.store().unfinished():
                        self.dispatcher().wake()
            except Exception as error:
                log.warning("jobs were not looked after: %r", error)
            over = self._over.wait(SWEEP_SECONDS)

    def stop(self) -> None:
        """Let others take over, and close the store."""
        self._over.set()
        dispatcher = self._made.pop((os.getpid(), "dispatcher"), None)
        if dispatcher is not None:
            dispatcher.stop()
        store = self._made.pop((os.getpid(), "store"), None)
        if store is not None:
            store.close()

    def _of_this_process(self, name: str, make: Callable[[], Any]) -> Any:
        with self._lock:
            key = (os.getpid(), name)
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]


def register_jobs(app: Flask, tasks: "Tasks | None" = None) -> None:
    """Keep a place for them; nothing is opened and nothing begins. Raises ValueError."""
    check_settings(app.config)
    app.extensions["jobs"] = Jobs(app, tasks)
    app.extensions["long_lines"] = BoundedSemaphore(LONG_LINES_MAX)


def jobs() -> Jobs:
    """Those of the running application."""
    found = current_app.extensions["jobs"]
    assert isinstance(found, Jobs)
    return found
