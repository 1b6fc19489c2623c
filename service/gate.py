"""What every request passes before its view, and every answer after it."""

from flask import Flask, Response, request
from werkzeug.exceptions import NotAcceptable

JSON = "application/json"
NDJSON = "application/x-ndjson"  # for runs that tell their progress
LINE_BY_LINE = {"/v1/updates"}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def register_gate(app: Flask) -> None:
    """Before and after every request."""
    app.before_request(refuse_other_than_json)
    app.after_request(add_headers)


def refuse_other_than_json() -> None:
    """406 where the caller accepts no JSON from an address that answers JSON."""
    accepted = request.accept_mimetypes
    if request.path in LINE_BY_LINE and accepted.quality(NDJSON) > 0:
        return
    if request.path.startswith("/v1/") and accepted and accepted.quality(JSON) <= 0:
        raise NotAcceptable(f"this address answers {JSON}, which the Accept header excludes")


def add_headers(response: Response) -> Response:
    """Headers of every answer."""
    response.headers.extend(HEADERS)
    return response
