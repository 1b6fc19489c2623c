"""What every request passes before its view, and every answer after it."""

import random
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, request
from werkzeug.exceptions import NotAcceptable

from service.current import asked

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

JSON = "application/json"
NDJSON = "application/x-ndjson"  # for runs that tell their progress
LINE_BY_LINE = ("/v1/updates", "/v1/batches", "/v1/jobs/")
REPORTS = (".csv", ".html")  # of a job: not JSON, and not asked for as such
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
ANYTHING = "*/*"  # as curl says
REQUEST_ID = "backcheck.request_id"
SOUND_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
ID_BITS = 64  # to find a line in a log, not to keep a secret; workers are seeded apart at the fork


def register_gate(app: Flask) -> None:
    """Before and after every request."""
    app.before_request(refuse_other_than_json)
    headers = dict(HEADERS)
    if seconds := app.config["HSTS_SECONDS"]:
        headers["Strict-Transport-Security"] = f"max-age={seconds}; includeSubDomains"
    app.wsgi_app = with_headers(app.wsgi_app, headers)  # type: ignore[assignment,method-assign]


def refuse_other_than_json() -> None:
    """406 where the caller accepts no JSON from an address that answers JSON."""
    req = asked()
    if req.environ.get("HTTP_ACCEPT", ANYTHING) == ANYTHING:
        return
    accepted = req.accept_mimetypes
    if req.path.startswith(LINE_BY_LINE) and accepted.quality(NDJSON) > 0:
        return
    if req.path.startswith("/v1/jobs/") and req.path.endswith(REPORTS):
        return
    if req.path.startswith("/v1/") and accepted and accepted.quality(JSON) <= 0:
        raise NotAcceptable(f"this address answers {JSON}, which the Accept header excludes")


def with_headers(app: "WSGIApplication", added: dict[str, str]) -> "WSGIApplication":
    """Headers of every answer, and an id for every request: the caller's own if it is sound.

    Around the application, since Flask takes longer to add six headers than to find a view.
    """
    items, names = list(added.items()), frozenset(added)

    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        number = environ[REQUEST_ID] = sound_id(environ.get("HTTP_X_REQUEST_ID"))

        def start_with(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            own = names.intersection([name for name, _ in headers])
            ours = [item for item in items if item[0] not in own] if own else items
            return start(status, [*headers, *ours, ("X-Request-ID", number)], *error)

        return app(environ, start_with)

    return answer


def sound_id(sent: str | None) -> str:
    """The id that was sent, or a new one."""
    if sent is not None and SOUND_ID.fullmatch(sent):
        return sent
    return f"{random.getrandbits(ID_BITS):0{ID_BITS // 4}x}"


def request_id() -> str:
    """The id of the request, as it stands in the answer's X-Request-ID and in the logs."""
    found: str = request.environ[REQUEST_ID]
    return found
