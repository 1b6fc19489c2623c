"""The client of the real application in process, and services that say what a test wants."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import numpy as np
import pytest

from backcheck import Client
from backcheck.asserting import shared_client
from service import create_app

Said = tuple[int, dict[str, str], bytes]
"""An answer: status, headers, body."""


class Scripted:
    """A WSGI application that gives prepared answers and keeps what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        self.environments: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        body = environ["wsgi.input"].read()
        lines = [json.loads(line) for line in body.splitlines()]
        self.asked.append(lines[-1] if lines else {})
        self.environments.append(environ)
        status, headers, said = as_said(self.answers.pop(0))
        start_response(f"{status} Scripted", list(headers.items()))
        return [said]


def as_said(answer: Any) -> Said:
    """A tuple as it is; anything else as a 200 of JSON."""
    if isinstance(answer, tuple):
        return answer
    return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()


class Flaky:
    """A real server on loopback that follows a script; None drops the connection.

    A Content-Length of its own that is too long breaks the answer off in its middle.
    """

    def __init__(self, *script: Said | None) -> None:
        self.script = list(script)
        self.calls = 0
        flaky = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.do_GET()

            def do_GET(self) -> None:
                flaky.calls += 1
                said = flaky.script.pop(0)
                if said is None:
                    self.close_connection = True
                    return
                status, headers, body = said
                self.send_response(status)
                self.close_connection = "Content-Length" in headers
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Nothing on the terminal."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def flaky() -> Iterator[Callable[..., Flaky]]:
    """Starts servers that follow a script, and stops them."""
    started: list[Flaky] = []

    def start(*script: Said | None) -> Flaky:
        started.append(Flaky(*script))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(autouse=True)
def no_address(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment of whoever runs the tests has no say."""
    monkeypatch.delenv("BACKCHECK_URL", raising=False)
    shared_client.cache_clear()
    yield
    shared_client.cache_clear()


@pytest.fixture(scope="session")
def client() -> Client:
    """The real application, in process."""
    return Client.local(create_app())


@pytest.fixture
def network() -> dict[str, Any]:
    """A 2-3-2 network of sigmoids with one example."""
    return {
        "weights": [
            np.array([[0.1, -0.2], [0.3, 0.4], [-0.5, 0.6]]),
            np.array([[0.7, -0.8, 0.9], [-1.0, 1.1, 0.2]]),
        ],
        "biases": [np.array([0.05, -0.15, 0.25]), np.array([0.35, -0.45])],
        "activation": "sigmoid",
        "input": np.array([0.6, -0.9]),
        "target": np.array([0.2, 0.8]),
    }


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def textbook(network: Any, dtype: type[Any] = np.float64) -> dict[str, list[Any]]:
    """The gradients of a sigmoid network for one example, by the textbook's four lines."""
    weights = [np.asarray(W, dtype) for W in network["weights"]]
    biases = [np.asarray(b, dtype) for b in network["biases"]]
    activations: list[Any] = [np.asarray(network["input"], dtype)]
    for W, b in zip(weights, biases, strict=True):
        activations.append(sigmoid(W @ activations[-1] + b))
    a = activations[-1]
    deltas = [(a - np.asarray(network["target"], dtype)) * a * (1 - a)]
    for W, a in zip(weights[:0:-1], activations[-2:0:-1], strict=True):
        deltas.insert(0, (W.T @ deltas[0]) * a * (1 - a))
    return {
        "bias_gradients": deltas,
        "weight_gradients": [np.outer(d, a) for d, a in zip(deltas, activations, strict=False)],
    }


def scripted(answers: Sequence[Any]) -> tuple[Client, Scripted]:
    """A client of a scripted service, and that service."""
    service = Scripted(*answers)
    return Client.local(service), service
