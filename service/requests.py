"""How a body becomes what a view works with: right type, no encoding, bounded, strict, in turn."""

from threading import BoundedSemaphore
from typing import Any

from flask import Flask, Request
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import (
    RequestEntityTooLarge,
    ServiceUnavailable,
    UnsupportedMediaType,
)
from werkzeug.sansio.utils import get_content_length

from schemas.problems import flatten
from schemas.strict_json import parse
from service.arriving import Unbroken, in_time
from service.current import application, asked
from service.errors import Refused
from service.lane import depart
from service.limits import Limits, limits
from service.stages import passed
from service.turns import take_turn

JSON = "application/json"
CHARSETS = {"", "utf-8", "utf8"}
GATHERED_BYTES = 256 * 1024
"""A body up to here has arrived before `service.worker` gives the request a thread."""
READERS_MAX = 16
"""Threads of a worker that may wait for the rest of a larger body; the others stay free."""
RETRY_SECONDS = 5


def register_requests(app: Flask) -> None:
    """Count those who wait for large bodies."""
    app.extensions["readers"] = BoundedSemaphore(READERS_MAX)


def read_json(schema: Schema) -> Any:
    """What the schema makes of the body. Raises what `service.errors` turns into 4xx and 503."""
    req, most = asked(), limits()
    check_type(req)
    body = read_body(req, most)
    passed("read")
    take_turn(len(body), most)
    passed("wait")
    value = parse(body)
    del body
    try:
        loaded = schema.load(value)
    except ValidationError as error:
        raise Refused(flatten(error.messages)) from None
    passed("parse")
    return loaded


def check_type(req: Request) -> None:
    """Raise 415 unless the body is plain JSON in UTF-8."""
    environ = req.environ
    if environ.get("CONTENT_TYPE") != JSON:
        check_spelling(req)
    encoding = environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if encoding != "identity":
        raise UnsupportedMediaType("send the body as it is, without a Content-Encoding")


def check_spelling(req: Request) -> None:
    """Raise 415 unless it is another way to write JSON in UTF-8."""
    charset = req.mimetype_params.get("charset", "").lower()
    if req.mimetype != JSON or charset not in CHARSETS:
        sent = req.content_type or "no Content-Type"
        raise UnsupportedMediaType(
            f'send the header "Content-Type: {JSON}" (found: {sent[:80]}); curl needs '
            f'-H "Content-Type: {JSON}"'
        )


def read_body(req: Request, limits: Limits) -> bytes:
    """The body; raises 413 if it is too long, 408 if it stops arriving, 503 if many others do.

    A chunked body has no length: one byte of room beyond the limit tells too long from just fits.
    """
    environ, most = req.environ, limits.body_bytes_max
    length = get_content_length(
        environ.get("CONTENT_LENGTH"), environ.get("HTTP_TRANSFER_ENCODING")
    )
    if length is not None and length <= min(GATHERED_BYTES, most):
        with Unbroken(req, limits):
            gathered: bytes = environ["wsgi.input"].read(length)
        return gathered
    if length is not None and length > most:
        raise too_large(most)
    readers = application().extensions["readers"]
    if not readers.acquire(blocking=False):
        raise ServiceUnavailable("too many large bodies are arriving", retry_after=RETRY_SECONDS)
    depart()
    try:
        body = bytearray()
        with in_time(req, limits):
            while len(body) <= most and (piece := req.stream.read(most + 1 - len(body))):
                body += piece
    finally:
        readers.release()
    if len(body) > most:
        raise too_large(most)
    return bytes(body)


def too_large(bytes_max: int) -> RequestEntityTooLarge:
    """413 with the limit."""
    return RequestEntityTooLarge(f"the body is larger than {bytes_max} bytes")
