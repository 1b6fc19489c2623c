"""Dask over TLS, as deploy/kubernetes/jobs.yaml starts it: who has no certificate gets nowhere."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.faults.service import ROOT, Service
from tests.faults.test_kills import items, right

__all__ = ["right"]

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make certificates"),
]

MANIFEST = ROOT / "deploy" / "kubernetes" / "jobs.yaml"
FILES = {"CA": "ca.crt", "CERT": "tls.crt", "KEY": "tls.key"}
ENOUGH = 120
TLS_ALERT = b"\x15"


def openssl(folder: Path, *arguments: str) -> None:
    """A command of openssl."""
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def certificates(folder: Path) -> Path:
    """An authority, and a certificate of it, under the names that the manifest's secret has."""
    folder.mkdir()
    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(folder, *new, "-x509", "-days", "1", "-subj", "/CN=authority",
            "-keyout", "ca.key", "-out", "ca.crt")  # fmt: skip
    openssl(folder, *new, "-subj", "/CN=dask", "-keyout", "tls.key", "-out", "tls.csr")
    openssl(folder, "x509", "-req", "-days", "1", "-in", "tls.csr", "-CA", "ca.crt",
            "-CAkey", "ca.key", "-CAcreateserial", "-out", "tls.crt")  # fmt: skip
    return folder


class Dask:
    """The manifest's scheduler and one of its workers, on a port of loopback."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ours, self.others = certificates(folder / "tls"), certificates(folder / "others")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Both of them."""
        for deployment in yaml.safe_load(MANIFEST.read_text())["items"]:
            if deployment["kind"] == "Deployment":
                (container,) = deployment["spec"]["template"]["spec"]["containers"]
                self.run(container)

    def run(self, container: dict[str, Any]) -> None:
        """A container's command with its environment, its paths and addresses being ours."""
        command = [self.here(word) for word in (*container["command"], *container["args"])]
        given = {one["name"]: self.here(one["value"]) for one in container["env"]}
        with (self.folder / f"{container['name']}.log").open("ab") as log:
            started = subprocess.Popen(
                [sys.executable, *command[1:], "--host=127.0.0.1"],
                cwd=self.folder, env={**os.environ, **given}, stdout=log, stderr=log,
            )  # fmt: skip
        self.started.append(started)

    def here(self, word: str) -> str:
        """A word of the manifest."""
        for there, ours in (
            ("=/tmp", f"={self.folder}"),
            ("/tls/", f"{self.ours}/"),
            ("backcheck-dask:8786", f"127.0.0.1:{self.port}"),
            ("--port=8786", f"--port={self.port}"),
            ("/app", str(ROOT)),
        ):
            word = word.replace(there, ours)
        return word

    def stop(self) -> None:
        """At once; workers end with their nanny."""
        for process in self.started:
            process.kill()
            process.wait()

    def settings(self, certificates: Path, scheme: str = "tls") -> dict[str, str]:
        """The service's, with these certificates."""
        named = {f"BACKCHECK_SCHEDULER_{k}": f"{certificates}/{v}" for k, v in FILES.items()}
        return {"BACKCHECK_SCHEDULER": f"{scheme}://127.0.0.1:{self.port}", **named}

    def greeting(self, context: ssl.SSLContext | None) -> bytes:
        """The first that the scheduler says to whoever connects so; empty if it hangs up."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as plain:
            if context is None:
                plain.sendall(bytes(64))
                return plain.recv(1)
            with context.wrap_socket(plain) as secured:
                return secured.recv(1)

    def answers(self) -> bool:
        """Whether the scheduler is there, for who has a certificate."""
        assert all(process.poll() is None for process in self.started), self.folder
        try:
            return bool(self.greeting(with_authority(self.ours, self.ours)))
        except OSError:
            return False


def with_authority(certificates: Path, own: Path | None = None) -> ssl.SSLContext:
    """What believes one authority, and has a certificate or none."""
    context = ssl.create_default_context(cafile=str(certificates / "ca.crt"))
    context.check_hostname = False  # as Dask: whoever has a certificate is one of us
    if own is not None:
        context.load_cert_chain(own / "tls.crt", own / "tls.key")
    return context


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    made = Dask(tmp_path_factory.mktemp("dask"))
    try:
        made.start()
        Service.until(made.answers)
        yield made
    finally:
        made.stop()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Not started yet: each test has settings of its own."""
    made = Service(tmp_path)
    try:
        yield made
    finally:
        made.stop()


def test_a_job_over_tls(dask: Dask, service: Service, right: dict[str, Any]) -> None:
    """Scheduler, worker and service, each with its certificate: every result, and right."""
    service.settings |= dask.settings(dask.ours)
    service.start()
    job = service.send("gradients", items()[:ENOUGH])
    assert service.ended(job)["items"] == {"total": ENOUGH, "done": ENOUGH, "failed": 0}
    results = service.results(job)
    known = [index for index in right if int(index) < ENOUGH]
    assert len(known) > 1
    assert all(results[int(index)] == right[index] for index in known)


def test_nobody_without_a_certificate_is_heard(dask: Dask) -> None:
    """The scheduler hangs up on plain TCP, on no certificate and on another authority's."""
    assert dask.greeting(with_authority(dask.ours, dask.ours))
    for context in (None, with_authority(dask.ours), with_authority(dask.ours, dask.others)):
        try:
            heard = dask.greeting(context)
        except (ssl.SSLError, ConnectionError):
            continue
        assert heard in (b"", TLS_ALERT)
    with pytest.raises(ssl.SSLCertVerificationError):
        dask.greeting(with_authority(dask.others, dask.ours))


@pytest.mark.parametrize(("scheme", "why"), [("tls", "SSL"), ("tcp", "")])
def test_a_service_without_the_right_certificate(
    dask: Dask, service: Service, right: dict[str, Any], scheme: str, why: str
) -> None:
    """Its jobs wait and say so, requests go on; with the right certificate the jobs are done."""
    service.settings |= dask.settings(dask.others, scheme)
    service.start()
    job = service.send("gradients", items()[:2])
    found: dict[str, Any] = {}

    def told() -> bool:
        began = time.monotonic()
        found.update(service.state(job))
        assert time.monotonic() - began < 30, "a scheduler that refuses us keeps others waiting"
        return "no scheduler answers" in (found["waits_for"] or "")

    service.until(told)
    assert (found["state"], found["items"]["done"]) == ("running", 0)
    assert why in found["waits_for"]
    log = service.log.read_text()
    assert f"no scheduler answers at {scheme}://127.0.0.1:{dask.port}" in log
    service.stop()
    service.settings |= dask.settings(dask.ours)
    service.start()
    assert service.ended(job)["items"] == {"total": 2, "done": 2, "failed": 0}
    assert service.state(job)["waits_for"] is None
    assert service.results(job)[0] == right["0"]
