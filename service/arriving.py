"""How long a body may take to arrive, and what becomes of one that does not."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import SHUT_RD
from threading import Event, Timer, local

from flask import Request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from werkzeug.exceptions import BadRequest, RequestTimeout

from service.limits import Limits

gathered = local()
"""`whole`: the request of this thread has arrived to its last byte, and no read of it can wait."""


class Unbroken:
    """Reads of a body, none of which may wait in silence for long.

    Raises 408 if nothing arrives for a while, 400 if what arrives is not good HTTP or ends early.
    """

    def __init__(self, req: Request, limits: Limits) -> None:
        self.seconds = limits.silence_seconds_max
        connection = req.environ.get("gunicorn.socket")
        if connection is not None and not getattr(gathered, "whole", False):
            connection.settimeout(self.seconds)

    def __enter__(self) -> None:
        """The reads begin."""

    def __exit__(self, kind: object, error: BaseException | None, *_: object) -> None:
        if isinstance(error, TimeoutError):
            raise RequestTimeout(f"nothing arrived for {self.seconds} seconds") from None
        if isinstance(error, OSError | ParseException):
            raise BadRequest("the body broke off, or its chunks are not good HTTP") from None


@contextmanager
def in_time(req: Request, limits: Limits) -> Iterator[None]:
    """The same, and all of them together may take only so long.

    One read waits for all that it asks for, whatever trickles in meanwhile; so at the end of its
    time the connection is closed for reading, which wakes it.
    """
    connection, over = req.environ.get("gunicorn.socket"), Event()

    def give_up() -> None:
        over.set()
        if connection is not None:
            with suppress(OSError):  # it may be gone already
                connection.shutdown(SHUT_RD)

    clock = Timer(limits.body_seconds_max, give_up)
    clock.daemon = True
    clock.start()
    try:
        with Unbroken(req, limits):
            yield
    except BadRequest:
        if not over.is_set():
            raise
    finally:
        clock.cancel()
    if over.is_set():
        raise RequestTimeout(f"it took longer than {limits.body_seconds_max} seconds to arrive")
