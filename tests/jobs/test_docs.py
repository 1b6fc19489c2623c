"""docs/batches.md says what is so: its batch is answered, its code runs, its settings exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from service import create_app
from service.limits import Limits
from service.settings import TABLE

PAGE = (Path(__file__).parents[2] / "docs" / "batches.md").read_text(encoding="utf-8")
FIRST, LINES = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)


def test_the_batch_is_answered_as_shown(client: FlaskClient) -> None:
    """Verdicts and statuses of the page's own items."""
    results = client.post("/v1/batches", json=json.loads(FIRST)).get_json()["results"]
    for shown in map(json.loads, LINES.splitlines()):
        told = results[shown["index"]]
        assert (told["id"], told["status"]) == (shown["id"], shown["status"])
        for member in ("answer", "problem"):
            assert shown.get(member, {}).items() <= told.get(member, {}).items()


def test_the_code_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """It prints what its comment promises."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(code, {})
    assert capsys.readouterr().out == "ann correct\nbob wrong\n"


def test_settings_and_limits() -> None:
    """Every setting exists, and the limits that are told are the defaults."""
    known = {f"BACKCHECK_{one.name}" for one in TABLE}
    assert set(re.findall(r"BACKCHECK_[A-Z_]+", PAGE)) <= known
    limits = Limits()
    assert f"up to {limits.answered_items_max} items" in PAGE
    assert f"{limits.answered_bytes_max // 2**20} MiB" in PAGE
    assert f"{limits.answered_seconds_max} seconds of work" in PAGE
    assert f"{limits.job_parameters_max:,}" in PAGE


def test_every_address_is_there() -> None:
    """The table of requests is that of the application."""
    rules = {re.sub(r"<.*?>", "ID", rule.rule) for rule in create_app().url_map.iter_rules()}
    for path in re.findall(r"(?<=[ `])(/(?:v1/)?(?:jobs|batches)[/A-Za-z]*)", PAGE):
        assert path in rules
