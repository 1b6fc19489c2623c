"""The application, in process and under gunicorn."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from service import create_app

ROOT = Path(__file__).parents[2]
START_SECONDS = 30


@pytest.fixture(scope="session")
def app() -> Flask:
    return create_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def network() -> dict[str, Any]:
    """A 2-3-2 network with one example, which no mistake has touched yet."""
    return {
        "weights": [
            [[0.1, -0.2], [0.3, 0.4], [-0.5, 0.6]],
            [[0.7, -0.8, 0.9], [-1.0, 1.1, -1.2]],
        ],
        "biases": [[0.01, 0.02, 0.03], [0.04, 0.05]],
        "activation": "sigmoid",
        "input": [1.0, 2.0],
        "target": [0.0, 1.0],
    }


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where gunicorn serves the application, as `make serve` starts it, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", "service/gunicorn.conf.py"]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", "1", "service:create_app()"]
    limits = {"BODY_BYTES_MAX": 100_000, "TRAINING_LAYERS_MAX": 2_000_000}
    environment = os.environ | {f"BACKCHECK_{name}": str(most) for name, most in limits.items()}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address, server)
        yield address
    finally:
        server.terminate()
        server.communicate(timeout=START_SECONDS)


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(START_SECONDS * 10):
        if server.poll() is not None:
            pytest.fail(f"gunicorn ended: {server.communicate()[1].decode()}")
        try:
            requests.get(f"{address}/livez", timeout=1)
            return
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.1)
    pytest.fail(f"no answer from {address} within {START_SECONDS} seconds")
