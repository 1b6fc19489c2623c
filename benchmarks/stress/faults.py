"""What breaks around the service, made to break: workers, networks, disks, stores and clocks."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.stress import bodies
from benchmarks.stress.load import table
from benchmarks.stress.server import ROOT, Server

CLIENTS = 8
SLOW = 200
SLEEP = """
import select, time
time.sleep = lambda seconds: select.select((), (), (), seconds) and None
"""
"""In a server under libfaketime, which takes Python's sleep until a monotonic time for one until a
time of day, and refuses it (EINVAL): gunicorn's master would end at its first."""


class Callers:
    """Threads that send a small network over and over, as the client of this project does."""

    def __init__(self, server: Server, retries: int, clients: int = CLIENTS) -> None:
        self.url, self.retries = f"{server.address}/v1/gradients", retries
        self.stop, self.outcomes = threading.Event(), Counter[str]()
        self.latencies: list[float] = []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.call) for _ in range(clients)]

    def __enter__(self) -> "Callers":
        self.expected = bodies.expected(bodies.UNCHECKED)
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def call(self) -> None:
        """One caller with a session of its own."""
        from backcheck.transport import new_session, pooled

        with new_session({"Content-Type": "application/json"}) as session:
            session.mount("http://", pooled(self.retries))
            while not self.stop.is_set():
                began = time.monotonic()
                outcome = self.outcome(session)
                with self.lock:
                    self.outcomes[outcome] += 1
                    self.latencies.append(time.monotonic() - began)

    def outcome(self, session: "object") -> str:
        """right, wrong, a status, or lost."""
        import requests

        assert isinstance(session, requests.Session)
        try:
            answer = session.post(self.url, data=bodies.UNCHECKED, timeout=30)
        except requests.RequestException:
            return "lost"
        if answer.status_code != 200:
            return str(answer.status_code)
        return "right" if answer.content == self.expected else "wrong"

    @property
    def slowest(self) -> float:
        """Seconds."""
        return max(self.latencies, default=0.0)


def killed_worker(retries: int, seconds: float = 6.0) -> Counter[str]:
    """SIGKILL a worker twice while callers are at it."""
    with Server() as server, Callers(server, retries) as callers:
        for _ in range(2):
            time.sleep(seconds / 3)
            os.kill(random.choice(server.workers()), signal.SIGKILL)
        time.sleep(seconds / 3)
    return callers.outcomes


def terminated_server(seconds: float = 3.0) -> Counter[str]:
    """SIGTERM the server under load: what it accepted it answers, then connections are refused."""
    outcomes: Counter[str] = Counter()
    expected, lock = bodies.expected(bodies.UNCHECKED), threading.Lock()

    def call(server: Server) -> None:
        ended = False
        while not ended:
            outcome = one_shot(server, expected)
            ended = outcome == "refused"
            with lock:
                outcomes[outcome] += 1

    with Server() as server:
        threads = [threading.Thread(target=call, args=(server,)) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
        server.process.wait(60)
    return outcomes


def one_shot(server: Server, expected: bytes) -> str:
    """A request on a connection of its own: right, wrong, refused (never accepted), or lost."""
    body = bodies.UNCHECKED
    head = (
        "POST /v1/gradients HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    try:
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    except OSError:
        return "refused"
    with connection:
        received = b""
        try:
            connection.sendall(head.encode() + body)
            while piece := connection.recv(65536):
                received += piece
        except OSError:
            pass
    if not received:
        return "accepted by the system, closed unanswered"
    return "right" if received.endswith(b"\r\n\r\n" + expected) else "wrong"


def slow_loris(seconds: float = 5.0) -> tuple[Counter[str], float]:
    """Two hundred connections that send a byte a second."""
    stop = threading.Event()
    start = b"POST /v1/gradients HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\nX-Slow: "

    def drip(crowd: list[socket.socket]) -> None:
        while not stop.wait(1.0):
            for one in crowd:
                with contextlib.suppress(OSError):
                    one.sendall(b"x")

    with Server() as server:
        crowd = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(SLOW)]
        for one in crowd:
            one.sendall(start)
        dripping = threading.Thread(target=drip, args=(crowd,))
        dripping.start()
        with Callers(server, retries=0) as callers:
            time.sleep(seconds)
        stop.set()
        dripping.join()
        for one in crowd:
            one.close()
    return callers.outcomes, callers.slowest


@contextlib.contextmanager
def redis() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A Redis of our own, in memory."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with TemporaryDirectory() as folder:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        time.sleep(1.0)
        try:
            yield port, process
        finally:
            process.kill()
            process.wait()


def redis_gone(fails: str, seconds: float = 3.0) -> Counter[str]:
    """Redis is killed while rates are counted in it."""
    with redis() as (port, process):
        environment = {
            "BACKCHECK_RATE": "1000000/minute",
            "BACKCHECK_RATE_STORAGE": f"redis://127.0.0.1:{port}",
            "BACKCHECK_RATE_FAILS": fails,
        }
        with Server(environment=environment) as server:
            with Callers(server, retries=0, clients=2) as before:
                time.sleep(seconds)
            process.kill()
            process.wait()
            with Callers(server, retries=0, clients=2) as after:
                time.sleep(seconds)
    return Counter({**{f"before: {k}": n for k, n in before.outcomes.items()}, **after.outcomes})


def exact_rate(limit: int = 50) -> Counter[str]:
    """Two workers that count in Redis let through exactly as many as the rate says."""
    with redis() as (port, _):
        environment = {
            "BACKCHECK_RATE": f"{limit}/hour",
            "BACKCHECK_RATE_STORAGE": f"redis://127.0.0.1:{port}",
        }
        with Server(environment=environment) as server:
            expected = bodies.expected(bodies.UNCHECKED)
            answers = [one_shot(server, expected) for _ in range(2 * limit)]
    return Counter(answers)


def read_only(seconds: float = 3.0) -> Counter[str]:
    """Code, home and temporary files cannot be written; only memory can. Needs root, to mount."""
    mounts = [f"mount -t tmpfs -o ro none {path}" for path in ("/tmp", "/var/tmp")]
    mounts += [f"mount --bind {path} {path}" for path in (str(ROOT), str(Path.home()))]
    mounts += [f"mount -o remount,ro,bind {path}" for path in (str(ROOT), str(Path.home()))]
    under = ["unshare", "--mount", "sh", "-c", " && ".join([*mounts, 'exec "$0" "$@"'])]
    with Server(under=under) as server, Callers(server, retries=0) as callers:
        time.sleep(seconds)
    return callers.outcomes


def full_disk(seconds: float = 3.0) -> Counter[str]:
    """Counters and temporary files on a full disk of 64 KiB. Needs root, to mount it."""
    with TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "full", folder], check=True)
        try:
            (Path(folder) / "filler").write_bytes(b"x" * 65536)
            environment = {"PROMETHEUS_MULTIPROC_DIR": folder, "TMPDIR": folder}
            environment["BACKCHECK_LOG_REQUESTS"] = "1"
            with Server(environment=environment) as server, Callers(server, retries=0) as callers:
                time.sleep(seconds)
        finally:
            subprocess.run(["umount", folder], check=True)
    return callers.outcomes


def jumping_clock(seconds: float = 6.0) -> Counter[str]:
    """The wall clock jumps by years while requests are served (libfaketime, in the server only)."""
    library = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
    if library is None:
        return Counter({"not tried: libfaketime is not installed": 1})
    with TemporaryDirectory() as folder:
        stamp = Path(folder) / "time"
        stamp.write_text("+0")
        (Path(folder) / "sitecustomize.py").write_text(SLEEP)
        environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(stamp),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": folder,
            "BACKCHECK_RATE": "1000000/minute",
        }
        with Server(environment=environment) as server, Callers(server, retries=0) as callers:
            for jump in ("-3650d", "+3650d", "+0"):
                time.sleep(seconds / 3)
                stamp.write_text(jump)
            time.sleep(seconds / 3)
            ended = server.process.poll() is not None
    return callers.outcomes + Counter({"the master ended": int(ended)})


def report() -> str:
    """The section for docs/reliability.md."""
    cases: list[tuple[str, Callable[[], object]]] = [
        ("SIGKILL of a worker, twice, callers without retries", lambda: killed_worker(0)),
        ("the same, callers that try again as the client does", lambda: killed_worker(3)),
        ("SIGTERM under load, a connection for each request", terminated_server),
        (f"{SLOW} slow-loris connections", slow_loris),
        ("Redis killed, `BACKCHECK_RATE_FAILS=open`", lambda: redis_gone("open")),
        ("Redis killed, `BACKCHECK_RATE_FAILS=closed`", lambda: redis_gone("closed")),
        ("50 an hour counted in Redis, 100 sent to two workers", exact_rate),
        ("a read-only disk", read_only),
        ("a full disk", full_disk),
        ("the clock jumps ten years back and forth", jumping_clock),
    ]
    rows = []
    for name, case in cases:
        if "Redis" in name and shutil.which("redis-server") is None:
            rows.append([name, "not tried: redis-server is not installed"])
            continue
        rows.append([name, told(case())])
    return table(("fault", "what callers saw"), rows)


def told(found: object) -> str:
    """Outcomes in words."""
    if isinstance(found, tuple):
        outcomes, slowest = found
        return f"{told(outcomes)}; slowest {slowest:.2f} s"
    assert isinstance(found, Counter)
    return ", ".join(f"{count:,} {name}" for name, count in sorted(found.items()))
