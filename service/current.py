"""The application, the request and its notes themselves, for whoever asks them often.

`flask.current_app`, `request` and `g` stand in for them, and look them up anew at each word: some
dozens of times for a request, a microsecond each.
"""

from typing import Any

from flask import Flask, Request, current_app, g, request


def application() -> Flask:
    """The application that answers."""
    found: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return found


def asked() -> Request:
    """The request that is answered."""
    found: Request = request._get_current_object()  # type: ignore[attr-defined]
    return found


def notes() -> Any:
    """What has been noted while it is answered: `flask.g`."""
    return g._get_current_object()
