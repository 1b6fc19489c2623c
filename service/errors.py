"""Every exception becomes a problem+json answer (RFC 9457)."""

import logging
import traceback
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from core.forward import NotFinite
from schemas.fields import NotPrintable
from schemas.problems import PROBLEMS_MAX, Problem
from schemas.strict_json import NotJson
from schemas.words import CHARACTERS_MAX

PROBLEM_JSON = "application/problem+json"
TYPES = "/problems#"  # the page that explains each kind

TITLES = {
    "not-json": "The body is not JSON",
    "bad-request": "The request is malformed",
    "no-key": "A key is needed",
    "not-allowed": "The key does not open this",
    "not-found": "There is nothing here",
    "method-not-allowed": "This method is not for this address",
    "not-acceptable": "The answer would be JSON",
    "conflict": "This is already something else",
    "too-large": "The body is too large",
    "not-json-type": "The body has to be sent as JSON",
    "not-valid": "The request is not valid",
    "not-finite": "A number leaves the range of float64",
    "too-often": "Too many requests",
    "too-slow": "The body took too long to arrive",
    "busy": "The service is busy",
    "internal": "Something went wrong here",
    "other": "The request failed",
}
KINDS = {
    400: "bad-request",
    401: "no-key",
    403: "not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    408: "too-slow",
    409: "conflict",
    413: "too-large",
    415: "not-json-type",
    422: "not-valid",
    429: "too-often",
    500: "internal",
    503: "busy",
}
IMPLIED_METHODS = {"HEAD", "OPTIONS"}
OWN_HEADERS = {"content-type", "content-length"}  # the problem's, not the exception's

log = logging.getLogger(__name__)


class Refused(Exception):
    """A request that is understood but cannot be answered: 422 with its problems."""

    def __init__(self, problems: Sequence[Problem], kind: str = "not-valid") -> None:
        super().__init__(kind)
        self.problems, self.kind = problems, kind


def register_error_handlers(app: Flask) -> None:
    """For every exception there is."""
    app.register_error_handler(NotJson, not_json)
    app.register_error_handler(Refused, refused)
    app.register_error_handler(NotFinite, not_finite)
    app.register_error_handler(NotPrintable, not_printable)
    app.register_error_handler(HTTPException, http_exception)
    app.register_error_handler(Exception, unexpected)


def problem(
    status: int, kind: str, detail: str, problems: Sequence[Problem] = (), **members: Any
) -> Response:
    """The answer to a request that failed; `kind` is a stable code, `members` are extensions."""
    body = {
        "type": TYPES + kind,
        "title": TITLES[kind],
        "status": status,
        "detail": detail,
        "errors": [one.told() for one in problems[:PROBLEMS_MAX]],
        **members,
    }
    return Response(orjson.dumps(body), status, content_type=PROBLEM_JSON)


def not_json(error: NotJson) -> Response:
    """400, with the place where the text stops being JSON."""
    place = {"line": error.line, "column": error.column} if error.line is not None else {}
    return problem(400, "not-json", error.detail, [Problem((), error.detail)], **place)


def refused(error: Refused) -> Response:
    """422; the detail alone says it all where there is one problem."""
    first = error.problems[0].told()
    others = len(error.problems) - 1
    least = "at least " if others >= PROBLEMS_MAX - 1 else ""
    more = f" (and {least}{others} more)" if others else ""
    detail = f"{first['pointer'] or 'the request'}: {first['detail']}{more}"
    return problem(422, error.kind, detail, error.problems)


def not_finite(error: NotFinite) -> Response:
    """422, naming the layer and the quantity that overflowed."""
    detail = f"{error.quantity} of layer {error.layer} leaves the range of float64"
    return refused(Refused([Problem((), detail)], "not-finite"))


def not_printable(error: NotPrintable) -> Response:
    """422: the check moves numbers a little, and at the edge of float64 that can be too much."""
    detail = (
        "a number of the check is beyond 1.8e308, the largest float64; "
        'send smaller numbers, or "finite_difference": false'
    )
    return refused(Refused([Problem(("finite_difference",), detail)], "not-finite"))


def http_exception(error: HTTPException) -> Response:
    """What Flask, webargs and we raise as HTTP errors; Allow and Retry-After are kept."""
    if isinstance(error, MethodNotAllowed):
        error.valid_methods = sorted(error.valid_methods or ())  # a set, in no order of its own
    status = error.code or 500
    answer = problem(status, KINDS.get(status, "other"), explained(error))
    kept = error.get_headers(request.environ) if error.code else []
    answer.headers.extend([(name, v) for name, v in kept if name.lower() not in OWN_HEADERS])
    return answer


def explained(error: HTTPException) -> str:
    """What went wrong, and what would go right."""
    if isinstance(error, NotFound) and error.description == NotFound.description:
        return f"there is nothing at {request.path[:CHARACTERS_MAX]}; /docs lists what there is"
    if isinstance(error, MethodNotAllowed):
        allowed = " or ".join(m for m in error.valid_methods or () if m not in IMPLIED_METHODS)
        return f"{request.method[:CHARACTERS_MAX]} is not for this address; use {allowed}"
    return error.description or HTTPStatus(error.code or 500).phrase


def unexpected(error: Exception) -> Response:
    """500; the log gets the place in our code, and nothing of the request or its numbers."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("unexpected %s\n%s", type(error).__name__, frames)
    return problem(500, "internal", "This is our mistake, not yours; it has been logged.")
