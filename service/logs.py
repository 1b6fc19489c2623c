"""A line of JSON for every request, if asked for: what came of it, nothing of what was in it."""

import logging
import sys
from time import perf_counter, time

import orjson
from flask import Flask, Response, current_app, g, request

from service import stages
from service.gate import request_id

logger = logging.getLogger("backcheck.requests")

LENGTH_MAX = 2**63 - 1
"""A caller may claim any length; orjson writes none that is longer."""


def register_logs(app: Flask) -> None:
    """Write the lines to standard output, if asked for."""
    if not app.config["LOG_REQUESTS"]:
        return
    if not logger.handlers:
        logger.addHandler(logging.StreamHandler(sys.stdout))
        logger.setLevel(logging.INFO)
        logger.propagate = False
    app.before_request(begin)
    app.after_request(write)


def begin() -> None:
    """Note the time."""
    g.began = perf_counter()
    stages.start()


def claimed_length() -> int | None:
    """The body's length as the caller gives it."""
    length = request.content_length
    return None if length is None else min(length, LENGTH_MAX)


def write(response: Response) -> Response:
    """One line. The route as it is registered, never the path: that may hold anything."""
    line = {
        "time": round(time(), 3),
        "id": request_id(),
        "method": request.method if request.url_rule else None,
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
        "bytes_in": claimed_length(),
        "bytes_out": response.content_length,
        "ms": round(1e3 * (perf_counter() - g.began), 3),
        "stages_ms": stages.milliseconds(),
        "turn": g.get("turn"),
    }
    key = g.get("key")
    if key is not None:
        line["key"] = key.name
    if current_app.config["LOG_ADDRESSES"]:
        line["address"] = request.remote_addr
    logger.info(orjson.dumps(line).decode())
    return response
