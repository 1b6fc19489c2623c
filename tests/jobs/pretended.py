"""A Dask that does as it is told: tasks run at once, get lost, raise or never end, by a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service.jobs.connect import Connector

Script = Callable[[str, Callable[..., Any], tuple[Any, ...]], Any]


class Lost(Exception):
    """In a script: the task's future is lost with a scheduler."""


class Hangs(Exception):
    """In a script: the task does not end."""


class Future:
    """What Dask's futures are to the dispatcher."""

    def __init__(self) -> None:
        self.status = "pending"
        self.value: Any = None
        self.error: BaseException | None = None
        self.callbacks: list[Callable[[Future], None]] = []

    def add_done_callback(self, call: Callable[[Future], None]) -> None:
        if self.status == "pending":
            self.callbacks.append(call)
        else:
            call(self)

    def over(self, status: str) -> None:
        self.status = status
        for call in self.callbacks:
            call(self)

    def result(self, timeout: float) -> Any:
        assert self.status == "finished"
        return self.value

    def exception(self, timeout: float) -> BaseException | None:
        return self.error


class Client:
    """One that runs each task when it is submitted, as its script says."""

    def __init__(self, script: Script, threads: int = 2) -> None:
        self.script, self.threads, self.status = script, threads, "running"
        self.scheduler = self.loop = self
        self.sent: list[str] = []
        self.cancelled: list[Future] = []
        self.closed = False

    def submit(self, function: Callable[..., Any], *arguments: Any, key: str, pure: bool) -> Future:
        assert not pure
        future = Future()
        self.sent.append(key)
        needed = {a.status for a in arguments if isinstance(a, Future)}
        if needed - {"finished"}:  # it waits for, or is lost with, what it depends on
            future.status = needed.pop()
            return future
        inner = tuple(a.value if isinstance(a, Future) else a for a in arguments)
        try:
            future.value = self.script(key, function, inner)
            future.status = "finished"
        except Lost:
            future.status = "lost"
        except Hangs:
            pass
        except Exception as error:
            future.error, future.status = error, "error"
        return future

    def add_callback(self, call: Callable[[], None]) -> None:
        call()

    def cancel(self, futures: list[Future], force: bool, asynchronous: bool) -> None:
        assert force
        self.cancelled += futures

    def ncores(self) -> dict[str, int]:
        return {"somewhere": self.threads}

    def sync(self, call: Callable[[], Any], callback_timeout: float) -> Any:
        return call()

    def close(self, timeout: float) -> None:
        self.closed = True


class Pretended(Connector):
    """A connector to such clients, each of which follows the script."""

    def __init__(self, script: Script) -> None:
        object.__setattr__(self, "script", script)
        object.__setattr__(self, "clients", [])

    def client(self, meanwhile: Callable[[], None] = lambda: None) -> Client:
        script: Script = self.script  # type: ignore[attr-defined]
        made = Client(script)
        self.clients.append(made)  # type: ignore[attr-defined]
        return made


def faithful(key: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """The script of a Dask that works."""
    return function(*arguments)
