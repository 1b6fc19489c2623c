"""A Dask client for this process: of the scheduler in the settings, or of our own on loopback.

Every call has a time limit: a scheduler that is gone answers nothing, for ever.
"""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, TypeAlias

Client: TypeAlias = Any  # Dask's, which has no types
Future: TypeAlias = Any

ROOT = Path(__file__).parents[2]
ADDRESS = "cluster.address"
LOCK = "cluster.lock"
LOG = "cluster.log"
START_SECONDS = 180.0  # a loaded machine imports Dask slowly; five seconds are usual
CONNECT_SECONDS = 5.0
CLOSE_SECONDS = 1.0
LOOK_SECONDS = 0.1
SCHEMES = ("tcp://", "tls://")
CERTIFICATES = ("SCHEDULER_CA", "SCHEDULER_CERT", "SCHEDULER_KEY")


class NoScheduler(ConnectionError):
    """None answers; jobs wait in the store."""


def check_settings(config: Mapping[str, Any]) -> None:
    """Raise ValueError naming a setting with which no scheduler would ever be reached."""
    address: str = config["SCHEDULER"]
    if address and not address.startswith(SCHEMES):
        raise ValueError(f"BACKCHECK_SCHEDULER has to be tcp://… or tls://…, not {address!r}")
    for name in CERTIFICATES if address.startswith("tls://") else ():
        if not os.access(config[name], os.R_OK):
            raise ValueError(
                f"BACKCHECK_{name} has to be a file that can be read, since BACKCHECK_SCHEDULER "
                f"is tls://…; it is {config[name]!r}"
            )


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
        authority, certificate, key = (config[name] for name in CERTIFICATES)
        tls = (authority, certificate, key)
        return cls(folder, config["SCHEDULER"], config["JOB_WORKERS"], tls)

    @property
    def opening(self) -> str:
        """What jobs wait for until there is a client."""
        return "the scheduler is being asked" if self.scheduler else "workers are being started"

    def client(self, meanwhile: Callable[[], None] = lambda: None) -> Client:
        """A client of it, its scheduler started if it is ours. Raises NoScheduler.

        `meanwhile` is called again and again; what it raises ends the waiting.
        """
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
            if (started is None or started.poll() is not None) and not self.starting():
                started = self.start()
                import distributed  # noqa: F401  # in the time that the scheduler takes for it
            meanwhile()
            time.sleep(LOOK_SECONDS)
        raise NoScheduler(f"no scheduler within {START_SECONDS:g} seconds; {self.folder / LOG}")

    def announced(self) -> str:
        """The address that our own scheduler has written down, if it has."""
        try:
            return (self.folder / ADDRESS).read_text()
        except FileNotFoundError:
            return ""

    def starting(self) -> bool:
        """Whether a scheduler of ours runs already, or is on its way."""
        try:
            with (self.folder / LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

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
        surroundings = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}
        surroundings["TMPDIR"] = str(self.folder)  # in a read-only container there is no other
        with (self.folder / LOG).open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **surroundings},
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
    except (OSError, TimeoutError, ValueError, RuntimeError) as error:
        cause = cause_of(error)
        raise NoScheduler(f"no scheduler answers at {address}: {cause!r}") from cause


def cause_of(error: BaseException) -> BaseException:
    """What the system or TLS said first of all, behind what others made of it."""
    cause, found = error, error.__cause__ or error.__context__
    while found is not None:
        cause = found if isinstance(found, OSError) else cause
        found = found.__cause__ or found.__context__
    return cause


def closed(client: Client) -> None:
    """Let go of a client without waiting: one that lost its scheduler may never close."""

    def close() -> None:
        with suppress(Exception):
            client.close(timeout=CLOSE_SECONDS)

    Thread(target=close, name="closing", daemon=True).start()
