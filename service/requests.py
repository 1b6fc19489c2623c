"""How a body becomes a JSON value: right type, no encoding, bounded, strict."""

from typing import Any

from flask import Request
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import (
    RequestEntityTooLarge,
    RequestTimeout,
    UnsupportedMediaType,
)

from schemas.strict_json import parse
from service.limits import limits
from service.turns import take_turn

JSON = "application/json"
SILENCE_SECONDS_MAX = 10  # a caller that stops in the middle would hold a thread for ever
CHARSETS = {"", "utf-8", "utf8"}


class StrictParser(FlaskParser):
    """webargs with our reading of bodies in place of the standard library's."""

    def _raw_load_json(self, req: Request) -> Any:
        check_type(req)
        body = read_body(req, limits().body_bytes_max)
        take_turn()
        return parse(body)


def check_type(req: Request) -> None:
    """Raise 415 unless the body is plain JSON in UTF-8."""
    charset = req.mimetype_params.get("charset", "").lower()
    if req.mimetype != JSON or charset not in CHARSETS:
        sent = req.content_type or "no Content-Type"
        raise UnsupportedMediaType(
            f'send the header "Content-Type: {JSON}" (found: {sent[:80]}); curl needs '
            f'-H "Content-Type: {JSON}"'
        )
    encoding = req.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding != "identity":
        raise UnsupportedMediaType("send the body as it is, without a Content-Encoding")


def read_body(req: Request, bytes_max: int) -> bytes:
    """The body; raises 413 if it is longer than `bytes_max`, 408 if it stops arriving.

    A chunked body has no length: one byte of room beyond the limit tells too long from just fits.
    """
    too_large = RequestEntityTooLarge(f"the body is larger than {bytes_max} bytes")
    if (req.content_length or 0) > bytes_max:
        raise too_large
    connection = req.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(SILENCE_SECONDS_MAX)
    try:
        body: bytes = req.stream.read(bytes_max + 1)
    except TimeoutError:
        raise RequestTimeout(f"nothing arrived for {SILENCE_SECONDS_MAX} seconds") from None
    if len(body) > bytes_max:
        raise too_large
    return body
