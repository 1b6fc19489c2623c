"""Over real HTTP, under gunicorn as `make serve` starts it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import requests

from service.examples import EXAMPLES

SECONDS = 20


def post(address: str, body: Any, **headers: str) -> requests.Response:
    headers = {"Content-Type": "application/json", **headers}
    return requests.post(f"{address}/v1/gradients", data=body, headers=headers, timeout=SECONDS)


def test_a_request(address: str) -> None:
    """A request over the wire brings the cost that the example is known for."""
    mazur = next(example for example in EXAMPLES if example["name"] == "mazur")
    answer = post(address, orjson.dumps(mazur["request"]))
    assert answer.status_code == 200
    assert round(answer.json()["cost"], 9) == 0.298371109
    assert answer.json()["finite_difference"]["agrees"] is True


def test_the_pages(address: str) -> None:
    """The page, the docs and the document are served."""
    for path in ("/", "/docs", "/docs/swagger-ui-bundle.js", "/openapi.json", "/readyz"):
        assert requests.get(address + path, timeout=SECONDS).status_code == 200, path


def test_many_at_once(address: str) -> None:
    """Requests that arrive together all succeed, with the same answer."""
    body = orjson.dumps(EXAMPLES[0]["request"])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(address, body).content, range(24)))
    assert len(set(answers)) == 1


def test_a_body_that_is_too_large(address: str) -> None:
    """413 whether the length is announced or the body comes in chunks; never half a body."""
    request = orjson.dumps(EXAMPLES[0]["request"])

    def chunks(size: int) -> Iterator[bytes]:
        yield request
        for _ in range(size // 1000):
            yield b" " * 1000

    assert post(address, b"".join(chunks(200_000))).status_code == 413
    assert post(address, chunks(200_000)).status_code == 413
    assert post(address, chunks(50_000)).status_code == 200


def test_errors_over_the_wire(address: str) -> None:
    """Errors keep their type, status and headers."""
    answer = requests.get(f"{address}/v1/gradients", timeout=SECONDS)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert post(address, b"{").status_code == 400
    assert post(address, b"{}").status_code == 422
    assert post(address, b"{}", **{"Content-Type": "text/plain"}).status_code == 415


def test_idle_connections_stop_nobody(address: str) -> None:
    """A dozen connections opened ahead of time, as browsers do, leave the worker free."""
    host, port = address.removeprefix("http://").split(":")
    idle = [socket.create_connection((host, int(port))) for _ in range(12)]
    try:
        assert requests.get(f"{address}/livez", timeout=SECONDS).status_code == 200
    finally:
        for connection in idle:
            connection.close()


def test_a_connection_serves_several_requests(address: str) -> None:
    """A refused request leaves the connection usable for the next."""
    with requests.Session() as session:
        for body, status in ((b"{}", 422), (b"nonsense", 400), (b"{}", 422)):
            answer = session.post(
                f"{address}/v1/gradients",
                data=body,
                headers={"Content-Type": "application/json"},
                timeout=SECONDS,
            )
            assert answer.status_code == status
