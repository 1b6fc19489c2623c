"""A server under test, as `make serve` starts it: its workers, their time and their memory."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parents[2]
SERVICE, ECHO = "service:create_app()", "benchmarks.stress.echo:create_app()"
START_SECONDS = 180  # a machine that is busy otherwise loads numpy slowly
TICKS = os.sysconf("SC_CLK_TCK")
OWN, ENDED = slice(11, 13), slice(13, 15)  # times in /proc/PID/stat, behind the name


class Server:
    """gunicorn on a free port of 127.0.0.1; ended when the `with` is."""

    def __init__(
        self,
        app: str = SERVICE,
        workers: int = 2,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        under: Sequence[str] = (),
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.command = [
            *under, sys.executable, "-m", "gunicorn", "--config", "service/gunicorn.conf.py",
            "--bind", f"127.0.0.1:{self.port}", "--workers", str(workers), *arguments, app,
        ]  # fmt: skip
        self.environment = {**os.environ, **(environment or {})}
        self.log = b""

    def __enter__(self) -> "Server":
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no answer from {' '.join(self.command)}")
            time.sleep(0.1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def answers(self, path: str = "/livez", timeout: float = 5.0) -> bool:
        """Whether a GET is answered with 200."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def workers(self) -> list[int]:
        """The workers' process ids."""
        task = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in task.read_text().split()]

    def cpu_seconds(self) -> float:
        """What the workers have used of the processors, those too that have ended meanwhile."""
        return cpu_seconds(self.process.pid, ENDED) + sum(map(cpu_seconds, self.workers()))

    def memory(self) -> dict[int, float]:
        """MiB that each worker has for itself or shares proportionally."""
        return {pid: memory_mib(pid) for pid in self.workers()}


def cpu_seconds(pid: int, times: slice = OWN) -> float:
    """User and system time of a process, or of the children that it has buried."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, after_name[times])) / TICKS


def memory_mib(pid: int) -> float:
    """Proportional set size: shared pages are divided among those who share them."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
