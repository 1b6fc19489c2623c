"""A Dask client for this process: of the scheduler in the settings, or of our own on loopback.

Every call has a time limit: a scheduler that is gone answers nothing, for ever.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, TypeAlias

Client: TypeAlias = Any  # Dask's, which has no types
Future: TypeAlias = Any

ROOT = Path(__file__).parents[2]
ADDRESS = "cluster.address"
LOG = "cluster.log"
START_SECONDS = 180.0  # a loaded machine imports Dask slowly; five seconds are usual
CONNECT_SECONDS = 5.0
CLOSE_SECONDS = 1.0
LOOK_SECONDS = 0.1


class NoScheduler(ConnectionError):
    """None answers; jobs wait in the store."""


@dataclass(frozen=True)
class Connector:
    """Where the scheduler is, and what it takes to reach it."""

    folder: Path
    scheduler: str = ""
    workers: int = 0
    tls: tuple[str, str, str] = ("", "", "")

    @classmethod
    def of(cls, config: Mapping[str, Any], folder: Path) -> "Connector":
        """As the settings say; `folder` holds what our own scheduler leaves behind."""
        tls = (config["SCHEDULER_CA"], config["SCHEDULER_CERT"], config["SCHEDULER_KEY"])
        return cls(folder, config["SCHEDULER"], config["JOB_WORKERS"], tls)

    def client(self) -> Client:
        """A client of it, its scheduler started if it is ours. Raises NoScheduler."""
        if self.scheduler:
            return connected(self.scheduler, self.security())
        deadline = time.monotonic() + START_SECONDS
        started: subprocess.Popen[bytes] | None = None
        while time.monotonic() < deadline:
            address = self.announced()
            if address:
                try:
                    return connected(address, None)
                except NoScheduler:
                    self.strike(address)
            if started is None or started.poll() is not None:
                started = self.start()
            time.sleep(LOOK_SECONDS)
        raise NoScheduler(f"no scheduler within {START_SECONDS:g} seconds; {self.folder / LOG}")

    def announced(self) -> str:
        """The address that our own scheduler has written down, if it has."""
        try:
            return (self.folder / ADDRESS).read_text()
        except FileNotFoundError:
            return ""

    def strike(self, address: str) -> None:
        """Remove the address of a scheduler that died without a word."""
        if self.announced() == address:
            (self.folder / ADDRESS).unlink(missing_ok=True)

    def start(self) -> subprocess.Popen[bytes]:
        """Our own scheduler; the kernel lets only one of those started stay."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        command = [sys.executable, "-m", "service.jobs.cluster", str(self.folder)]
        if self.workers:
            command += ["--workers", str(self.workers)]
        one_thread = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}
        with (self.folder / LOG).open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **one_thread},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the service, which lets go of it
            )

    def security(self) -> Any:
        """Certificates for `tls://`, or None."""
        if not self.scheduler.startswith("tls://"):
            return None
        from distributed import Security

        authority, certificate, key = self.tls
        return Security(  # type: ignore[no-untyped-call]
            tls_ca_file=authority,
            tls_client_cert=certificate,
            tls_client_key=key,
            require_encryption=True,
        )


def connected(address: str, security: Any) -> Client:
    """A client of the scheduler at an address. Raises NoScheduler."""
    import distributed

    make: Any = distributed.Client
    try:
        return make(address, timeout=CONNECT_SECONDS, set_as_default=False, security=security)
    except (OSError, TimeoutError, ValueError) as error:
        raise NoScheduler(f"no scheduler answers at {address}") from error


def closed(client: Client) -> None:
    """Let go of a client without waiting: one that lost its scheduler may never close."""

    def close() -> None:
        with suppress(Exception):
            client.close(timeout=CLOSE_SECONDS)

    Thread(target=close, name="closing", daemon=True).start()
