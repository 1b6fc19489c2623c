"""Callers that are slow, greedy or wrong cost the service a buffer, never a thread."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import requests

from service import worker
from service.worker import Connection, refusal
from tests.service.test_gunicorn import BODY, SECONDS, answer_of, connected, head, serving

CROWD = 100


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as (address, _):
        yield address


def is_well(address: str) -> bool:
    """Whether somebody else is answered, and soon."""
    answer = requests.post(
        f"{address}/v1/gradients",
        data=BODY,
        headers={"Content-Type": "application/json"},
        timeout=SECONDS,
    )
    return answer.status_code == 200


@pytest.mark.parametrize(
    "sent",
    [b"", b"POST /v1/gradients HTT", head(f"Content-Length: {len(BODY)}") + BODY[:-1],
     head("Transfer-Encoding: chunked") + b"5\r\n{", head("Content-Length: 999999") + b"{"],
    ids=["nothing", "half a line", "all but a byte", "half a chunk", "a byte"],
)  # fmt: skip
def test_a_crowd_that_sends_half(server: str, sent: bytes) -> None:
    """More half requests than there are threads, and others are answered."""
    host, port = server.removeprefix("http://").split(":")
    crowd = [socket.create_connection((host, int(port)), timeout=SECONDS) for _ in range(CROWD)]
    try:
        for one in crowd:
            one.sendall(sent)
        assert is_well(server)
    finally:
        for one in crowd:
            one.close()
    assert is_well(server)


def test_a_crowd_that_does_not_close(server: str) -> None:
    """Callers that keep their end open after an answer do not hold up the rest."""
    host, port = server.removeprefix("http://").split(":")
    crowd = [socket.create_connection((host, int(port)), timeout=SECONDS) for _ in range(20)]
    began = time.monotonic()
    for one in crowd:
        one.sendall(head(f"Content-Length: {len(BODY)}") + BODY)
    assert is_well(server)
    # gunicorn's own loop waits up to two seconds for each of them: forty in all.
    assert time.monotonic() - began < SECONDS
    for one in crowd:
        assert answer_of(one)[0] == 200
        one.close()


def test_requests_one_behind_the_other(server: str) -> None:
    """What arrives with the request before it is answered too, in order; so is its second half."""
    keep = head(f"Content-Length: {len(BODY)}").replace(b"Connection: close\r\n", b"") + BODY
    last = b"GET /livez HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
    with connected(server) as connection:
        connection.sendall(keep + keep + last[:20])
        time.sleep(0.3)
        connection.sendall(last[20:])
        _, received = answer_of(connection)
    assert received.count(b"HTTP/1.1 200 OK") == 3
    assert received.endswith(b'{"status":"alive"}')


def test_whoever_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that nobody reads ends in an error after a while, not in a thread that waits."""
    monkeypatch.setattr(worker, "SEND_TIMEOUT", struct.pack("@ll", 0, 50_000))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        Connection(SimpleNamespace(cfg=None), ours, None, None)  # type: ignore[arg-type]
        ours.setblocking(True)
        with pytest.raises(BlockingIOError):
            ours.sendall(bytes(10**8))


def test_expecting_100_continue(server: str) -> None:
    """A caller that asks before it sends its body is told to go on."""
    asked = head(f"Content-Length: {len(BODY)}\r\nExpect: 100-continue")
    with connected(server) as connection:
        connection.sendall(asked)
        assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(BODY)
        _, received = answer_of(connection)
    assert b"HTTP/1.1 200 OK" in received


def test_chunks_with_trailers(server: str) -> None:
    """A chunked body ends where its trailers end."""
    chunks = b"%x;name=value\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n" % (len(BODY), BODY)
    with connected(server) as connection:
        connection.sendall(head("Transfer-Encoding: chunked") + chunks)
        assert answer_of(connection)[0] == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/gradients HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/gradients HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 10_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 400_000,
    ],
    ids=["TLS", "one word", "version", "negative", "not a number", "two lengths", "smuggled",
         "gzip", "long header", "many headers", "long path", "endless header"],
)  # fmt: skip
def test_what_is_not_http(server: str, sent: bytes) -> None:
    """Bad heads, smuggled bodies and huge headers are a 4xx or a closed connection at once."""
    with connected(server) as connection:
        try:
            connection.sendall(sent)
            received = answer_of(connection)[1] if sent else b""
        except (ConnectionError, ValueError, IndexError):
            received = b""  # closed without an answer, or before all was sent
    status = received.split(b" ", 2)[1] if received else b"400"
    assert status.startswith((b"4", b"501")), received[:200]
    assert b"Traceback" not in received
    assert is_well(server)


@pytest.mark.parametrize(
    "path",
    ["/static/../settings.py", "/static/%2e%2e/settings.py", "/docs/..%2f..%2fsettings.py",
     "/static//etc/passwd", "/static/..\\settings.py", "/static/%00", "//livez/..//", "/static/"],
)  # fmt: skip
def test_tricks_with_paths(server: str, path: str) -> None:
    """No path leaves the folder of static files."""
    with connected(server) as connection:
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        status, received = answer_of(connection)
    assert status in (301, 308, 400, 404), received[:200]
    assert b"PREFIX" not in received
    assert b"root:" not in received


@pytest.mark.parametrize("status", [408, 503])
def test_refusals_at_the_door(status: int) -> None:
    """They are problem documents like all others, though no application wrote them."""
    head_of_it, body = refusal(status).split(b"\r\n\r\n", 1)
    assert head_of_it.startswith(b"HTTP/1.1 %d " % status)
    assert b"application/problem+json" in head_of_it
    assert f"Content-Length: {len(body)}".encode() in head_of_it
    assert (b"Retry-After: 1" in head_of_it) == (status == 503)
    assert requests.models.complexjson.loads(body)["status"] == status


class Unread:
    """A connection without a socket, for what has arrived."""

    is_whole = Connection.is_whole
    has_arrived = Connection.has_arrived
    read_head = Connection.read_head
    await_request = Connection.await_request
    sock: socket.socket


@pytest.mark.parametrize(
    "whole",
    [head(f"Content-Length: {len(BODY)}") + BODY, b"GET / HTTP/1.1\r\n\r\n",
     head("transfer-encoding:  chunked") + b"3\r\nabc\r\n0\r\n\r\n",
     head("Transfer-Encoding: chunked") + b"000;x\r\nA: b\r\nC: d\r\n\r\n"],
    ids=["length", "no body", "chunks", "trailers"],
)  # fmt: skip
def test_a_request_has_arrived_with_its_last_byte(whole: bytes) -> None:
    """Not a byte earlier, however it is cut."""
    connection = Unread()
    connection.await_request()
    for byte in whole[:-1]:
        connection.gathered.append(byte)
        assert not connection.has_arrived()
    connection.gathered.append(whole[-1])
    assert connection.has_arrived()


def test_what_is_too_much_to_gather_counts_as_arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then a thread reads on, with limits of its own."""
    monkeypatch.setattr(worker, "GATHERED_BYTES", 1000)
    connection = Unread()
    connection.await_request(head("Content-Length: 100000") + b"x" * 500)
    assert not connection.has_arrived()
    connection.gathered += b"x" * 500
    assert connection.has_arrived()


def test_a_large_head_does_not_cut_the_body_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that may be gathered is waited for here, whatever came before it."""
    monkeypatch.setattr(worker, "GATHERED_BYTES", 1000)
    connection = Unread()
    connection.await_request(head(f"X: {'x' * 600}\r\nContent-Length: 1000"))
    connection.gathered += b"x" * 999
    assert not connection.has_arrived()
    connection.gathered += b"x"
    assert connection.has_arrived()


def test_who_is_gone_before_being_told_to_go_on() -> None:
    """100 Continue to a closed connection is no reason for the worker to end."""
    connection, (ours, theirs) = Unread(), socket.socketpair()
    with ours, theirs:
        theirs.close()
        connection.sock = ours
        connection.await_request(head("Content-Length: 9\r\nExpect: 100-continue"))
        assert not connection.has_arrived()
