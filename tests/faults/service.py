"""A whole service of real processes, any of which can be killed: gunicorn, scheduler, workers."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 600  # a machine that is shared starts Dask slowly
NDJSON = "application/x-ndjson"


class Service:
    """gunicorn with two workers on a free port, and what it has started by itself."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = {"BACKCHECK_STORE": f"sqlite:///{folder}/jobs.sqlite", **settings}
        self.master: subprocess.Popen[bytes] | None = None
        self.log = folder / "gunicorn.log"

    def start(self) -> None:
        """As `make serve` does."""
        command = [sys.executable, "-m", "gunicorn", "--config", "service/gunicorn.conf.py"]
        command += ["--bind", f"127.0.0.1:{self.port}", "--workers", "2", "service:create_app()"]
        environment = {**os.environ, **self.settings}
        with self.log.open("ab") as log:
            self.master = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log)
        self.until(self.answers)

    def answers(self) -> bool:
        """Whether it is there."""
        try:
            return requests.get(f"{self.url}/livez", timeout=5).ok
        except requests.RequestException:
            return False

    def stop(self) -> None:
        """Everything of it, at once."""
        self.kill(*self.scheduler(), *self.dask_workers())
        if self.master is not None:
            self.master.terminate()
            try:
                self.master.wait(20)
            except subprocess.TimeoutExpired:
                self.kill(*self.web_workers(), self.master.pid)
                self.master.wait(20)

    # Processes

    def web_workers(self) -> list[int]:
        """gunicorn's workers."""
        return [] if self.master is None else children(self.master.pid)

    def scheduler(self) -> list[int]:
        """Our own scheduler, if it runs."""
        mark = f"service.jobs.cluster\0{self.folder}"
        return [pid for pid in processes() if mark in command_of(pid)]

    def dask_workers(self) -> list[int]:
        """Those that compute: forked from a child of the scheduler that has read their code."""
        return [
            worker
            for pid in self.scheduler()
            for child in children(pid)
            if "multiprocessing.forkserver" in command_of(child)
            for worker in children(child)
        ]

    @staticmethod
    def kill(*pids: int) -> None:
        """SIGKILL: no word of farewell."""
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    # Requests

    def send(self, kind: str, items: list[Any], **header: Any) -> str:
        """A job's address."""
        lines = [json.dumps({"kind": kind, **header}), *map(json.dumps, items)]
        headers = {"Content-Type": NDJSON, "Prefer": "respond-async"}
        answer = self.asked("POST", "/v1/batches", data="\n".join(lines), headers=headers)
        assert answer.status_code == 202, answer.text
        return str(answer.headers["Location"])

    def state(self, job: str) -> dict[str, Any]:
        """How far it is."""
        found: dict[str, Any] = self.asked("GET", job).json()
        return found

    def results(self, job: str) -> list[dict[str, Any]]:
        """Every line."""
        answer = self.asked("GET", f"{job}/results", headers={"Accept": NDJSON})
        return [json.loads(line) for line in answer.content.splitlines()]

    def asked(self, method: str, path: str, **options: Any) -> requests.Response:
        """An answer, asked for again while web workers are away."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return requests.request(method, self.url + path, timeout=60, **options)
            except requests.RequestException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def ended(self, job: str) -> dict[str, Any]:
        """Its state once it has ended."""
        found: dict[str, Any] = {}

        def over() -> bool:
            found.update(self.state(job))
            return found["state"] not in ("receiving", "running")

        self.until(over)
        return found

    def halfway(self, job: str) -> dict[str, Any]:
        """Its state once some work is done and some is not."""
        found: dict[str, Any] = {}

        def begun() -> bool:
            found.update(self.state(job))
            return bool(found["work"]["total"]) and found["work"]["done"] > 0

        self.until(begun)
        assert found["state"] == "running", "the job is too short for this test"
        return found

    @staticmethod
    def until(true: Callable[[], bool]) -> None:
        """Wait for it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not true():
            assert time.monotonic() < deadline, "it did not come to pass"
            time.sleep(0.1)


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Service]:
    """A service that is gone afterwards."""
    service = Service(folder, **settings)
    try:
        service.start()
        yield service
    finally:
        service.stop()


def processes() -> list[int]:
    """Every process that there is."""
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def command_of(pid: int) -> str:
    """Its command line, arguments apart by NUL; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def children(pid: int) -> list[int]:
    """The processes that it started and that still run."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        texts = [Path(f"/proc/{pid}/task/{one}/children").read_text() for one in threads]
    except OSError:
        return []
    return [int(child) for text in texts for child in text.split()]
