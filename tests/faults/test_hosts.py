"""Four hosts on one machine: scheduler, two workers and the web service in network namespaces.

Each has an address of its own on a bridge; cutting a cable is taking one end of a veth pair down.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.faults.service import ROOT, Service
from tests.faults.test_kills import check, items, right

__all__ = ["right"]

pytestmark = pytest.mark.faults

BRIDGE = "backcheck0"
HOSTS = {"sched": 1, "one": 2, "two": 3, "web": 4}
PORT = 8786


def ip(*arguments: str) -> None:
    """A command of iproute2."""
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def address_of(host: str) -> str:
    return f"10.213.7.{HOSTS[host]}"


def can_have_namespaces() -> bool:
    """Whether this user on this machine may make them."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        return False
    made = subprocess.run(["ip", "netns", "add", "bck-try"], check=False, capture_output=True)
    subprocess.run(["ip", "netns", "del", "bck-try"], check=False, capture_output=True)
    return made.returncode == 0


class Hosts:
    """The bridge, the namespaces and what runs in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[bytes]] = []

    def build(self) -> None:
        """A bridge, and a cable from it to each host."""
        self.tear_down()  # of a run that was killed itself
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("addr", "add", "10.213.7.254/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        for host in HOSTS:
            ip("netns", "add", f"bck-{host}")
            ip(
                "link",
                "add",
                f"bck-{host}",
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                f"bck-{host}",
            )
            ip("link", "set", f"bck-{host}", "master", BRIDGE, "up")
            inside = ("-n", f"bck-{host}")
            ip(*inside, "addr", "add", f"{address_of(host)}/24", "dev", "eth0")
            ip(*inside, "link", "set", "eth0", "up")
            ip(*inside, "link", "set", "lo", "up")

    def run(self, host: str, *command: str, **settings: str) -> None:
        """A process on a host."""
        quick = {
            "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "15s",
            "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "60s",
        }
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "OPENBLAS_NUM_THREADS": "1",
            **quick,
            **settings,
        }
        with (self.folder / f"{host}.log").open("ab") as log:
            started = subprocess.Popen(
                ["ip", "netns", "exec", f"bck-{host}", sys.executable, "-m", *command],
                cwd=ROOT, env=environment, stdout=log, stderr=log,
            )  # fmt: skip
        self.started.append(started)

    def tear_down(self) -> None:
        """Everything of it."""
        for process in self.started:
            process.kill()
            process.wait()
        for host in HOSTS:
            with suppress(subprocess.CalledProcessError):
                ip("link", "del", f"bck-{host}")
            with suppress(subprocess.CalledProcessError):
                pids = subprocess.run(
                    ["ip", "netns", "pids", f"bck-{host}"], check=True, capture_output=True
                )
                Service.kill(*map(int, pids.stdout.split()))
            with suppress(subprocess.CalledProcessError):
                ip("netns", "del", f"bck-{host}")
        with suppress(subprocess.CalledProcessError):
            ip("link", "del", BRIDGE)


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    if not can_have_namespaces():
        pytest.skip("network namespaces need root, and iproute2")
    made = Hosts(tmp_path)
    try:
        made.build()
        yield made
    finally:
        made.tear_down()


class Remote(Service):
    """The service on its host, asked from outside over the bridge."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.url = f"http://{address_of('web')}:8000"


@pytest.fixture
def service(hosts: Hosts, tmp_path: Path) -> Service:
    scheduler = f"tcp://{address_of('sched')}:{PORT}"
    hosts.run(
        "sched",
        "distributed.cli.dask_scheduler",
        "--host",
        address_of("sched"),
        "--port",
        str(PORT),
        "--no-dashboard",
    )
    for host in ("one", "two"):
        local = ("--local-directory", str(tmp_path / host))
        options = ("--host", address_of(host), "--nthreads=1", "--no-dashboard", *local)
        hosts.run(host, "distributed.cli.dask_worker", scheduler, *options)
    hosts.run(
        "web", "gunicorn", "--config", "service/gunicorn.conf.py", "--bind", "0.0.0.0:8000",
        "--workers", "2", "service:create_app()",
        BACKCHECK_SCHEDULER=scheduler, BACKCHECK_STORE=f"sqlite:///{tmp_path}/web/jobs.sqlite",
    )  # fmt: skip
    remote = Remote(tmp_path)
    remote.until(remote.answers)
    return remote


def test_a_job_over_four_hosts(service: Service, right: dict[str, Any]) -> None:
    """Scheduler, workers and web service each at an address of its own."""
    check(service, service.send("gradients", items()), right)


def test_a_host_that_is_cut_off_and_comes_back(
    hosts: Hosts, service: Service, right: dict[str, Any]
) -> None:
    """Its chunks are done by the other, or by itself once it is back; none twice, none missing."""
    job = service.send("gradients", items())
    service.halfway(job)
    ip("link", "set", "bck-one", "down")
    time.sleep(15.0)
    ip("link", "set", "bck-one", "up")
    check(service, job, right)


def test_the_schedulers_host_is_cut_off_and_comes_back(
    hosts: Hosts, service: Service, right: dict[str, Any]
) -> None:
    """The job waits, or goes on where it was."""
    job = service.send("gradients", items())
    service.halfway(job)
    ip("link", "set", "bck-sched", "down")
    time.sleep(10.0)
    ip("link", "set", "bck-sched", "up")
    check(service, job, right)
