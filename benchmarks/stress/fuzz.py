"""Requests of every kind until something breaks: schemathesis, hypothesis, atheris."""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path

import orjson
from hypothesis import HealthCheck, Phase, given, settings
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.stress.load import table
from benchmarks.stress.server import ROOT, Server
from service import create_app
from tests.service import test_fuzz as strategies

SCHEMATHESIS_CASES, HYPOTHESIS_CASES, ATHERIS_RUNS = 1_000, 100_000, 200_000
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 404, 406, 409, 422]

[[operations]]
include-name = "POST /v1/batches"
[operations.checks]
negative_data_rejection.enabled = false
positive_data_acceptance.expected-statuses = ["2xx", 404, 406, 409, 422]
"""


def report(scale: float = 1.0) -> str:
    """The section for docs/reliability.md; `scale` shortens it."""
    rows = [
        schemathesis(int(SCHEMATHESIS_CASES * scale)),
        hypothesis(int(HYPOTHESIS_CASES * scale)),
        atheris(int(ATHERIS_RUNS * scale)),
    ]
    heads = ("who asks", "requests", "2xx", "4xx", "5xx", "findings", "minutes")
    return table(heads, rows)


def schemathesis(cases: int) -> list[str]:
    """Every address of the document over HTTP, all checks on; counted by the service itself."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Server() as server:
        config = Path(folder) / "schemathesis.toml"
        config.write_text(CONFIG)
        command = [
            str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(config), "run",
            f"{server.address}/openapi.json", "--checks", "all", "--max-examples", str(cases),
            "--continue-on-failure", "--phases", "examples,coverage,fuzzing",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        sys.stderr.write(done.stdout[-4000:])
        statuses = counted(server)
    findings = re.search(r"(\d+) (?:unique )?failures?", done.stdout)
    found = findings[1] if findings else "0" if done.returncode == 0 else "?"
    return row("schemathesis, from the OpenAPI document", statuses, found, began)


def counted(server: Server) -> Counter[int]:
    """Answers by status, as /metrics of the server has them."""
    connection = HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/metrics")
    statuses: Counter[int] = Counter()
    for family in text_string_to_metric_families(connection.getresponse().read().decode()):
        for sample in family.samples:
            if sample.name == "backcheck_requests_total":
                statuses[int(sample.labels["status"])] += int(sample.value)
    connection.close()
    return statuses


def hypothesis(cases: int) -> list[str]:
    """Well-formed networks with numbers out of the whole of float64, and anything in any field."""
    began, client = time.monotonic(), create_app().test_client()
    statuses: Counter[int] = Counter()

    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategies.plausible() | strategies.anything)
    def ask(value: object) -> None:
        body = json.dumps(value)
        answer = client.post("/v1/gradients", data=body, content_type="application/json")
        statuses[answer.status_code] += 1
        orjson.loads(answer.data)

    ask()
    bad = sum(n for status, n in statuses.items() if status >= 500)
    return row("hypothesis, on /v1/gradients", statuses, str(bad), began)


def atheris(runs: int) -> list[str]:
    """Bytes, guided by what they reach."""
    began = time.monotonic()
    command = [sys.executable, "-m", "benchmarks.stress.fuzz_bytes", f"-runs={runs}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    sys.stderr.write(done.stderr[-2000:])
    units = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    number = int(units[1]) if units else 0
    told = ["atheris, on the reader and five addresses", f"{number:,}", "", "", "0"]
    if done.returncode:
        told[-1] = "?"
    return [*told, "0" if done.returncode == 0 else "1", minutes(began)]


def row(who: str, statuses: Counter[int], findings: str, began: float) -> list[str]:
    """A row of the table."""
    by_class = [sum(n for s, n in statuses.items() if s // 100 == c) for c in (2, 4, 5)]
    told = [f"{n:,}" for n in (statuses.total(), *by_class)]
    return [who, *told, findings, minutes(began)]


def minutes(began: float) -> str:
    """Since then."""
    return f"{(time.monotonic() - began) / 60:.1f}"
