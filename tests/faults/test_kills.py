"""SIGKILL in the middle of a job: it ends with every result right, none twice, none missing."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas.batches import Header
from service.jobs.answering import Answers
from service.limits import Limits
from tests.faults.service import ROOT, Service, processes, running
from tests.jobs.test_dispatcher import check_of

pytestmark = pytest.mark.faults

ITEMS = 800


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(tmp_path) as started:
        yield started


def items() -> list[Any]:
    """Gradients of networks that all differ, large enough that the job takes some seconds."""
    generator = np.random.default_rng(1)
    sizes = (6, 12, 4)
    network = {
        "weights": [generator.normal(size=(n, m)).round(2).tolist() for m, n in pairwise(sizes)],
        "biases": [generator.normal(size=n).round(2).tolist() for n in sizes[1:]],
        "activation": "tanh",
        "target": [0.0] * 4,
    }
    return [{"id": i, **network, "input": [i / 99.0, *[1.0] * 5]} for i in range(ITEMS)]


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The answers as one process gives them, without any job."""
    answers = Answers(Header("gradients", {}, {}), Limits())
    return {
        str(i): json.loads(answers.line(i, json.dumps(item).encode())[0])
        for i, item in enumerate(items())
        if i % 50 == 0
    }


def check(service: Service, job: str, right: dict[str, Any]) -> None:
    """Every result is there, once, in order; and right where it is known."""
    state = service.ended(job)
    assert state["state"] == "done"
    assert state["items"] == {"total": ITEMS, "done": ITEMS, "failed": 0}
    results = service.results(job)
    assert [one["index"] for one in results] == list(range(ITEMS))
    assert all(one["id"] == one["index"] for one in results)
    for index, answer in right.items():
        assert results[int(index)] == answer


def test_a_dask_worker(service: Service, right: dict[str, Any]) -> None:
    """One of the two that compute."""
    job = service.send("gradients", items())
    service.halfway(job)
    workers = service.dask_workers()
    assert len(workers) >= 2
    service.kill(workers[0])
    check(service, job, right)


def test_a_web_worker(service: Service, right: dict[str, Any]) -> None:
    """Both of gunicorn's, one after another, so that the one that brought the job on is hit."""
    job = service.send("gradients", items())
    service.halfway(job)
    for pid in service.web_workers():
        service.kill(pid)
        time.sleep(1.0)
    check(service, job, right)


def test_the_scheduler(service: Service, right: dict[str, Any]) -> None:
    """With it go its workers, and everything that was underway."""
    job = service.send("gradients", items())
    service.halfway(job)
    before, workers = service.scheduler(), service.dask_workers()
    service.kill(*before)
    check(service, job, right)
    assert service.scheduler() != before
    assert not set(workers) & set(processes()), "its workers have to end with it"


def test_all_of_them(service: Service, right: dict[str, Any]) -> None:
    """Master, web workers, scheduler, Dask's workers at once; then the service is started again."""
    job = service.send("gradients", items())
    service.halfway(job)
    assert service.master is not None
    everything = [*service.web_workers(), *service.scheduler(), *service.dask_workers()]
    service.kill(service.master.pid, *everything)
    service.master.wait()
    service.start()
    assert service.state(job)["items"]["done"] > 0, "finished blocks have to survive"
    check(service, job, right)


def test_a_check_survives_all_of_them(service: Service) -> None:
    """A heavy check goes on by chunk: the work done before is not planned or done again."""
    job = service.send("finite_differences", [check_of((200, 700, 700, 10), 64)])
    state = service.halfway(job)
    assert service.master is not None
    everything = [*service.web_workers(), *service.scheduler(), *service.dask_workers()]
    service.kill(service.master.pid, *everything)
    service.master.wait()
    service.start()
    assert service.state(job)["work"]["done"] >= state["work"]["done"] > 0
    assert service.ended(job)["state"] == "done"
    (result,) = service.results(job)
    answer = result["answer"]
    assert answer["agrees"]
    assert answer["checked"] == answer["parameters"] == 200 * 700 + 700 * 701 + 701 * 10 + 700
    ended = service.state(job)["work"]
    assert ended["done"] == ended["total"]


def test_cancel_takes_effect_within_a_chunk(service: Service) -> None:
    """After DELETE, and the second or so of the chunks that run, nothing more is done."""
    job = service.send("finite_differences", [check_of((200, 700, 700, 10), 256)])
    service.halfway(job)
    service.asked("DELETE", job)
    time.sleep(4.0)
    done = service.state(job)["work"]["done"]
    time.sleep(3.0)
    state = service.state(job)
    assert state["state"] == "cancelled"
    assert state["work"]["done"] == done < state["work"]["total"]
    after = service.send("gradients", items()[:10])
    assert service.ended(after)["state"] == "done"


def test_every_worker_sees_every_job(service: Service) -> None:
    """Whichever of gunicorn's workers answers, it knows the job and what it waits for at first."""
    job = service.send("gradients", items()[:300])
    service.until(lambda: service.state(job)["waits_for"] == "workers are being started")
    service.ended(job)
    for _ in range(20):
        state = service.state(job)
        assert (state["state"], state["waits_for"]) == ("done", None)


def test_one_scheduler_that_ends_alone(tmp_path: Path) -> None:
    """A second one for the same folder leaves at once; without clients the first ends by itself."""
    command = [sys.executable, "-m", "service.jobs.cluster", str(tmp_path), "--workers", "1"]
    first = subprocess.Popen(command, cwd=ROOT)
    try:
        Service.until(lambda: (tmp_path / "cluster.address").exists())
        assert subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode == 0
        assert first.poll() is None
        assert first.wait(timeout=60) == 0
        assert not (tmp_path / "cluster.address").exists()
    finally:
        first.kill()


def test_nothing_listens_beyond_loopback(service: Service) -> None:
    """The scheduler and its workers are reachable from this machine only, and show no pages."""
    job = service.send("gradients", items()[:5])
    service.ended(job)
    pids = [*service.scheduler(), *service.dask_workers()]
    addresses = listening(pids)
    assert addresses
    assert {host for host, _ in addresses} <= {"127.0.0.1"}
    assert 8787 not in {port for _, port in addresses}


def listening(pids: list[int]) -> list[tuple[str, int]]:
    """Addresses on which these processes listen, out of /proc."""
    inodes = {
        link.readlink().name
        for pid in pids
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if link.is_symlink()
    }
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                host, port = fields[1].split(":")
                octets = [str(int(host[i : i + 2], 16)) for i in (6, 4, 2, 0)]
                found.append((".".join(octets) if table == "tcp" else host, int(port, 16)))
    return found
