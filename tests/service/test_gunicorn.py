"""Processes and sockets: what no in-process client can show. gunicorn as `make serve` starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import pytest
import requests

from service.examples import EXAMPLES
from tests.service.conftest import ROOT, wait_for

BODY = orjson.dumps(EXAMPLES[0]["request"])
HALF = len(BODY) // 2
LARGE = BODY + b" " * 2**20  # more than is gathered before a request takes a thread
SECONDS = 20
SILENCE_SECONDS = 2
BODY_SECONDS = 3


@contextmanager
def serving() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server of its own, which a test may end; it waits seconds for a body."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", "service/gunicorn.conf.py"]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", "1", "service:create_app()"]
    waits = {"SILENCE_SECONDS_MAX": SILENCE_SECONDS, "BODY_SECONDS_MAX": BODY_SECONDS}
    environment = os.environ | {f"BACKCHECK_{name}": str(most) for name, most in waits.items()}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
    try:
        wait_for(f"http://127.0.0.1:{port}", server)
        yield f"http://127.0.0.1:{port}", server
    finally:
        if server.poll() is None:
            server.terminate()
        server.communicate(timeout=SECONDS)


@pytest.fixture(scope="module")
def patient() -> Iterator[str]:
    """The address of a server that no test ends."""
    with serving() as (address, _):
        yield address


@contextmanager
def connected(address: str) -> Iterator[socket.socket]:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=SECONDS) as connection:
        yield connection


def head(length: str, path: str = "/v1/gradients") -> bytes:
    """The start of a POST, up to its body."""
    lines = [f"POST {path} HTTP/1.1", "Host: test", "Content-Type: application/json", length]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


def answer_of(connection: socket.socket) -> tuple[int, bytes]:
    """The status and everything after it, until the server closes."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return int(received.split(b" ", 2)[1]), received


def test_head_is_get_without_a_body(address: str) -> None:
    """HEAD brings the headers of GET and nothing else, on pages, documents and health checks."""
    for path in ("/", "/docs", "/openapi.json", "/livez", "/v1/activations"):
        get, told = requests.get(address + path, timeout=SECONDS), requests.head(address + path)
        assert (told.status_code, told.content) == (200, b"")
        assert told.headers["Content-Type"] == get.headers["Content-Type"]


def test_a_body_in_chunks(patient: str) -> None:
    """A chunked body is put together, however the cuts fall."""
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"
    with connected(patient) as connection:
        connection.sendall(head("Transfer-Encoding: chunked") + chunks)
        status, answer = answer_of(connection)
    assert status == 200
    assert b'"agrees":true' in answer


def test_a_body_in_drips(patient: str) -> None:
    """A slow caller who goes on sending is waited for, longer in all than any pause may be."""
    drips = 6
    with connected(patient) as connection:
        connection.sendall(head(f"Content-Length: {len(BODY)}"))
        for start in range(0, len(BODY), len(BODY) // drips + 1):
            time.sleep(1.2 * SILENCE_SECONDS / drips)
            connection.sendall(BODY[start : start + len(BODY) // drips + 1])
        assert answer_of(connection)[0] == 200


def test_a_body_that_stops(patient: str) -> None:
    """408 as a problem after the silence, and meanwhile others are served."""
    with connected(patient) as connection:
        connection.sendall(head(f"Content-Length: {len(LARGE)}") + LARGE[: len(LARGE) // 2])
        assert requests.get(f"{patient}/livez", timeout=SECONDS).status_code == 200
        status, answer = answer_of(connection)
    assert status == 408
    assert b"application/problem+json" in answer


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
@pytest.mark.parametrize(
    "chunks",
    [b"ZZZ\r\n{}\r\n0\r\n\r\n", b"-2\r\n{}\r\n0\r\n\r\n",
     b"2\r\n{}XX\r\n0\r\n\r\n", b"2\r\n{}\r\n0\r\nbad trailer\r\n\r\n"],
    ids=["size", "negative", "end", "trailer"],
)  # fmt: skip
def test_chunks_that_are_none(patient: str, kind: str, chunks: bytes) -> None:
    """What is no chunk is a bad request, never our mistake."""
    start = head("Transfer-Encoding: chunked", "/v1/batches")
    with connected(patient) as connection:
        connection.sendall(start.replace(b"application/json", kind.encode()) + chunks)
        status, answer = answer_of(connection)
    assert status == 400
    assert b"/problems#bad-request" in answer


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
def test_a_large_body_that_trickles(patient: str, kind: str) -> None:
    """It is given up in the end, though it is never silent for long."""
    start = head(f"Content-Length: {len(LARGE)}", "/v1/batches")
    with connected(patient) as connection:
        connection.sendall(start.replace(b"application/json", kind.encode()) + LARGE[:-1000])
        connection.settimeout(SILENCE_SECONDS / 4)
        for _ in range(4 * SECONDS):
            try:
                connection.recv(65536, socket.MSG_PEEK)
                break
            except TimeoutError:
                connection.sendall(b" ")
        connection.settimeout(SECONDS)
        status, received = answer_of(connection)
    assert status == 408
    assert b"seconds to arrive" in received


def test_a_caller_who_hangs_up(patient: str) -> None:
    """Half a body and a closed connection leave the server as it was."""
    for _ in range(3):
        with connected(patient) as connection:
            connection.sendall(head(f"Content-Length: {len(BODY)}") + BODY[:HALF])
    with connected(patient) as connection:
        connection.sendall(head(f"Content-Length: {len(BODY)}") + BODY)
        assert answer_of(connection)[0] == 200


def test_a_request_survives_the_end() -> None:
    """SIGTERM in the middle of a request: it is answered in full, and then the server goes."""
    with serving() as (address, server):
        with connected(address) as connection:
            connection.sendall(head(f"Content-Length: {len(BODY)}") + BODY[:HALF])
            # Callers are taken in their order: once a later one has its answer, this one was.
            assert requests.get(f"{address}/livez", timeout=SECONDS).status_code == 200
            server.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            connection.sendall(BODY[HALF:])
            status, answer = answer_of(connection)
        assert status == 200
        assert b'"agrees":true' in answer
        assert server.wait(SECONDS) == 0
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{address}/livez", timeout=SECONDS)
