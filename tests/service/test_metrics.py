"""Counters that are right, in one process and over several."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from service import create_app

ROOT = Path(__file__).parents[2]


def counted(text: str) -> dict[tuple[str, str], float]:
    """Requests by route and status."""
    return {
        (sample.labels["route"], sample.labels["status"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "backcheck_requests_total"
    }


def test_requests_are_counted_by_route_and_status(network: Any) -> None:
    """Every request once, under the route as registered, never under the path."""
    client = create_app().test_client()
    for body in (network, network, {}):
        client.post("/v1/gradients", json=body)
    client.get("/v1/examples/mazur")
    client.get("/v1/anything/else")
    answer = client.get("/metrics")
    assert answer.content_type.startswith("text/plain")
    assert counted(answer.text) == {
        ("/v1/gradients", "200"): 2,
        ("/v1/gradients", "422"): 1,
        ("/v1/examples/<name>", "200"): 1,
        ("unknown", "404"): 1,
    }
    assert re.search(
        r'backcheck_request_seconds_count\{route="/v1/gradients",turn="light"\} 3', answer.text
    )


def test_callers_cannot_make_up_labels(client: FlaskClient) -> None:
    """Methods and paths of any kind end in one series."""
    client = create_app().test_client()
    for n in range(20):
        client.open(f"/{n}", method=f"M{n}")
    assert counted(client.get("/metrics").text) == {("unknown", "404"): 20}


def test_switched_off() -> None:
    """Without the setting there is no address and no counting."""
    app = create_app({"METRICS": False})
    assert app.test_client().get("/metrics").status_code == 404
    assert "metrics" not in app.extensions


COUNTING = """
import sys
from service import create_app
client = create_app().test_client()
for _ in range(int(sys.argv[1])):
    client.get("/v1/costs")
print(client.get("/metrics").text)
"""


def count_in_a_process(folder: Path, times: int) -> tuple[int, float]:
    """Another process that counts into the same folder: its id, and what all have counted."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    command = [sys.executable, "-c", COUNTING, str(times)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        text, _ = process.communicate(timeout=60)
    return process.pid, counted(text)["/v1/costs", "200"]


@pytest.fixture
def configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """gunicorn's settings as a module, with the counters in a folder of the test."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    path = ROOT / "service" / "gunicorn.conf.py"
    spec = importlib.util.spec_from_file_location("gunicorn_conf", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_workers_count_together(configuration: ModuleType, tmp_path: Path) -> None:
    """/metrics of any worker adds up all of them, those that have ended included, once each."""
    first, total = count_in_a_process(tmp_path, 3)
    assert total == 3
    second, total = count_in_a_process(tmp_path, 4)
    assert total == 7
    for pid in (first, second):
        for kind in configuration.KINDS:
            configuration.add_up(tmp_path, kind, pid)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["counter_ended.db", "histogram_ended.db"]
    assert count_in_a_process(tmp_path, 5)[1] == 12


def test_no_room_for_counters(
    configuration: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A disk that is full costs the counters, not the worker: it is asked before it is needed."""

    def full(*arguments: int) -> None:
        raise OSError(28, "No space left on device")

    assert configuration.reserve(tmp_path, 1)
    monkeypatch.setattr(os, "posix_fallocate", full)
    assert not configuration.reserve(tmp_path, 2)
    assert not list(tmp_path.glob("*_2.db"))
    app = create_app()
    app.extensions["metrics"].stop()
    assert app.test_client().get("/v1/costs").status_code == 200
    assert counted(app.test_client().get("/metrics").text) == {}
