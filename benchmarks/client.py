"""What the Python client adds to a call, beside a bare `requests` call with orjson bodies.

    python -m benchmarks.client

Both ask the same service on loopback, over one kept connection each; the service says in a header
how long it worked, and that is taken off. The bare call hands numpy arrays to orjson, posts them
with a session and parses the answer; the client also checks shapes and makes arrays of all numbers
in the answer. Rounds are interleaved; medians are shown, in milliseconds.
"""

import io
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
import orjson
import requests

from backcheck import Client, reading, transport, wire

ROUNDS = 101
NETWORKS = (((784, 30, 10), 1), ((784, 100, 10), 10), ((2, 3, 2), 1))
START_SECONDS = 30
TIMING = "X-Service-Seconds"


def timed_app() -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """The service, telling in a header how long it worked on a request."""
    from service import create_app

    app = create_app()

    def timed(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        # The body is waited for outside the clock: sending it is the caller's time.
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        began = time.perf_counter()

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            spent = time.perf_counter() - began
            return start_response(status, [*headers, (TIMING, repr(spent))], *rest)

        return app(environ, start)

    return timed


@contextmanager
def served() -> Iterator[str]:
    """The address of one worker on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "--workers", "1", "--keep-alive", "60"),
            *("--worker-class", "gthread", "--threads", "4", "--no-control-socket"),
            *("--log-level", "error"),
            *("--bind", f"127.0.0.1:{port}", "benchmarks.client:timed_app()"),
        ],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    try:
        yield wait_for(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()


def wait_for(url: str) -> str:
    """The address, once it answers."""
    for _ in range(START_SECONDS * 10):
        try:
            requests.get(f"{url}/livez", timeout=1)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return url
    raise TimeoutError(f"{url} did not answer within {START_SECONDS} s")


def network_of(sizes: tuple[int, ...], examples: int) -> dict[str, Any]:
    """Arrays with every digit of random float64."""
    random = np.random.default_rng(7)
    layers = list(pairwise(sizes))
    return {
        "weights": [random.normal(size=(into, source)) / source for source, into in layers],
        "biases": [random.normal(size=into) for _, into in layers],
        "activation": "sigmoid",
        "input": random.uniform(size=(examples, sizes[0])),
        "target": random.uniform(size=(examples, sizes[-1])),
    }


def bare_call(session: requests.Session, url: str, network: dict[str, Any]) -> float:
    """The seconds that a call takes beyond the service's own, without this client."""
    began = time.perf_counter()
    body = orjson.dumps({**network, "finite_difference": True}, option=orjson.OPT_SERIALIZE_NUMPY)
    headers = {"Content-Type": "application/json"}
    response = session.post(f"{url}/v1/gradients", data=body, headers=headers)
    orjson.loads(response.content)
    return time.perf_counter() - began - float(response.headers[TIMING])


def client_call(client: Client, seen: list[float], network: dict[str, Any]) -> float:
    """The seconds that a call of the client takes beyond the service's own."""
    began = time.perf_counter()
    client.gradients(network)
    return time.perf_counter() - began - seen.pop()


def with_json_of(name: str, call: Callable[[], float]) -> Callable[[], float]:
    """The call with orjson, or with the standard library's json as where orjson is missing."""
    codecs = {"orjson": (wire.dumps, wire.loads), "json": (wire.standard_dumps, json.loads)}
    dumps, loads = codecs[name]

    def switched() -> float:
        transport.dumps, reading.loads = dumps, loads
        return call()

    return switched


def measure(url: str, sizes: tuple[int, ...], examples: int) -> dict[str, float]:
    """Median overheads in milliseconds."""
    network, session, client = network_of(sizes, examples), requests.Session(), Client(url)
    seen: list[float] = []
    client._session.hooks["response"].append(
        lambda response, **_: seen.append(float(response.headers[TIMING]))
    )
    calls = {
        "bare": lambda: bare_call(session, url, network),
        "client": with_json_of("orjson", lambda: client_call(client, seen, network)),
        "client, json": with_json_of("json", lambda: client_call(client, seen, network)),
    }
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            spent[name].append(call())
    return {name: 1e3 * statistics.median(times) for name, times in spent.items()}


def main() -> None:
    """Print a line for each network."""
    print(f"{'network':>22} {'bare':>8} {'client':>8} {'ratio':>6} {'json':>8} {'ratio':>6}")
    with served() as url:
        for sizes, examples in NETWORKS:
            found = measure(url, sizes, examples)
            bare, orjson_ms, json_ms = found.values()
            name = f"{'-'.join(map(str, sizes))}, N = {examples}"
            ratios = orjson_ms / bare, json_ms / bare
            print(
                f"{name:>22} {bare:8.2f} {orjson_ms:8.2f} {ratios[0]:6.2f} {json_ms:8.2f} "
                f"{ratios[1]:6.2f}"
            )


if __name__ == "__main__":
    main()
