"""What breaks around the service: each time short, as `make stress` does it at length."""

from __future__ import annotations

import os
import shutil

import pytest

from benchmarks.stress import faults

pytestmark = [pytest.mark.faults, pytest.mark.filterwarnings("default")]

NO_REDIS = shutil.which("redis-server") is None
needs_redis = pytest.mark.skipif(NO_REDIS, reason="no redis-server")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")


def test_a_killed_worker_takes_only_what_it_had() -> None:
    """Without retries a kill costs each caller one request at most, and none is wrong."""
    found = faults.killed_worker(retries=0)
    assert set(found) <= {"right", "lost"}
    assert found["lost"] <= 2 * faults.CLIENTS
    assert found["right"] > 0


def test_retries_hide_a_killed_worker() -> None:
    """The client's own retries leave nothing of it to see."""
    assert set(faults.killed_worker(retries=3)) == {"right"}


def test_sigterm_loses_nothing() -> None:
    """What a worker accepted is answered; then connections are refused.

    Between a worker's last look into the system's queue and the closing of it one may slip in.
    """
    found = faults.terminated_server()
    assert found.pop("accepted by the system, closed unanswered", 0) <= 1
    assert set(found) == {"right", "refused"}
    assert found["refused"] == faults.CLIENTS


def test_two_hundred_slow_connections() -> None:
    """Others are answered as if nobody else were there."""
    found, _ = faults.slow_loris()
    assert set(found) == {"right"}


@needs_redis
@pytest.mark.parametrize(("fails", "after"), [("open", {"right"}), ("closed", {"503"})])
def test_redis_gone(fails: str, after: set[str]) -> None:
    """Open goes on answering, closed says 503; nothing is a 500."""
    found = faults.redis_gone(fails)
    assert set(found) == {"before: right", *after}


@needs_redis
def test_redis_counts_exactly() -> None:
    """Two workers let through as many as the rate says, not twice as many."""
    assert faults.exact_rate(20) == {"right": 20, "wrong": 20}


@needs_root
def test_disks() -> None:
    """Read-only or full, the service serves."""
    assert set(faults.read_only()) == {"right"}
    assert set(faults.full_disk()) == {"right"}


def test_a_clock_that_jumps() -> None:
    """Ten years back and forth are nobody's business."""
    found = faults.jumping_clock()
    assert set(found) == {"right"} or any(name.startswith("not tried") for name in found)
