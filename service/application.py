"""Flask without what no request of ours needs: asynchronous views, and sessions in cookies."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import NullSession, SessionInterface, SessionMixin

from service.printing import OrjsonProvider


class NoSessions(SessionInterface):
    """Nobody is remembered from one request to the next."""

    nobody = NullSession()

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        """The same empty one for everybody; it refuses to be written."""
        return self.nobody

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """There is nothing to be saved."""


class Application(Flask):
    """The application; JSON is printed by orjson."""

    session_interface = NoSessions()
    json_provider_class = OrjsonProvider

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function: none of ours is asynchronous, and Flask asks six times for each request."""
        return func
