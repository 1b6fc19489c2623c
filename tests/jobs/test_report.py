"""A class's mistakes, counted by hand and by the service; the table and the page."""

from __future__ import annotations

import csv
import re
from io import StringIO
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest
from flask.testing import FlaskClient

from service.jobs.report import report_of
from service.jobs.report_page import as_csv, bar
from tests.jobs.conftest import wait_for_end

ASYNC = {"Prefer": "respond-async"}


def line(index: int, verdict: str, slug: str = "", **more: Any) -> bytes:
    """A result with as much in it as a report looks at."""
    layers = more.get("layers", [1])
    equation = more.get("equation", "BP2")
    answer = {
        "verdict": verdict,
        "claims": {"delta": {"checked": 6, "wrong": more.get("wrong", 0)}},
        "equations": [
            {"equation": "BP1", "layer": 2, "verdict": "holds"},
            *({"equation": "BP2", "layer": l, "verdict": "fails"} for l in layers if slug),
        ],
        "diagnosis": [],
    }
    if slug:
        found = {"mistake": slug, "equation": equation, "layers": layers}
        answer["diagnosis"] = [{**found, "explanation": f"{slug} in {equation}"}]
    name = more.get("id", f"s{index}")
    return orjson.dumps({"index": index, "id": name, "status": 200, "answer": answer})


FAILED = orjson.dumps({"index": 9, "id": None, "status": 422, "problem": {"detail": "no weights"}})
LINES = [
    line(0, "correct"),
    line(1, "wrong", "transposed-weights", wrong=3),
    line(2, "wrong", "transposed-weights", wrong=1),
    line(3, "wrong", "transposed-weights", layers=[2]),
    line(4, "wrong", "derivative-at-activation"),
    line(5, "undecided"),
    FAILED,
]


def test_counts() -> None:
    """Verdicts, mistakes, first equations and clusters, most often first."""
    report = report_of(LINES, 12)
    assert (report.items, report.answered) == (12, 7)
    assert report.verdicts == {"correct": 1, "wrong": 4, "undecided": 1, "failed": 1}
    assert [(m["mistake"], m["count"]) for m in report.mistakes] == [
        ("transposed-weights", 3),
        ("derivative-at-activation", 1),
    ]
    assert report.equations == [
        {"equation": "BP2", "layer": 1, "count": 3},
        {"equation": "BP2", "layer": 2, "count": 1},
    ]
    assert [(c["mistake"], c["layers"], c["count"], c["items"]) for c in report.clusters] == [
        ("transposed-weights", [1], 2, ["s1", "s2"]),
        ("derivative-at-activation", [1], 1, ["s4"]),
        ("transposed-weights", [2], 1, ["s3"]),
    ]
    assert report.problems == [{"item": 9, "status": 422, "detail": "no weights"}]


def test_a_mistake_in_two_equations_has_two_explanations() -> None:
    """What was said of one equation is not told of the other."""
    rows = report_of(
        [line(0, "wrong", "unrecognised", equation=e) for e in ("BP1", "BP4")], 2
    ).mistakes
    assert [row["explanation"] for row in rows] == ["unrecognised in BP1", "unrecognised in BP4"]


def test_the_table() -> None:
    """A row for each item, that a reader of CSV takes apart again."""
    rows = list(csv.DictReader(StringIO("".join(as_csv(LINES)))))
    assert [row["item"] for row in rows] == ["s0", "s1", "s2", "s3", "s4", "s5", "9"]
    assert rows[1]["verdict"] == "wrong"
    assert (rows[1]["checked_numbers"], rows[1]["wrong_numbers"]) == ("6", "3")
    assert (rows[3]["first_failing_equation"], rows[3]["layer"]) == ("BP2", "2")
    assert rows[3]["layers"] == "2"
    assert rows[6]["problem"] == "no weights"


@pytest.mark.parametrize("name", ['=HYPERLINK("x")', "+1", "-1", "@a", "\ta"])
def test_no_cell_is_a_formula(name: str) -> None:
    """Names come from people who are graded: a spreadsheet must take them for text."""
    _, row = csv.reader(StringIO("".join(as_csv([line(0, "correct", id=name)])), newline=""))
    assert row[0] == f"'{name}"


def test_bars_are_drawn_to_scale() -> None:
    """The longest fills the room, half as many half of it, and each says its number."""

    def length(count: int) -> int:
        found = re.search(r'<rect [^>]*width="(\d+)"', bar(0, "a", count, 40, "#000"))
        assert found
        return int(found[1])

    assert length(20) * 2 == length(40)
    assert length(1) >= 2
    assert ">17</text>" in bar(0, "a", 17, 40, "#000")


def test_the_page_of_a_class(
    client: FlaskClient, network: dict[str, Any], right: dict[str, Any]
) -> None:
    """It parses as XML, has a picture with text, runs nothing, and escapes names."""
    wrong = {**right, "bias_gradients": [[-x for x in b] for b in right["bias_gradients"]]}
    items = [
        {"id": "<script>alert(1)</script>", "network": "q", "claims": wrong},
        {"id": "ann", "network": "q", "claims": right},
    ]
    batch = {"kind": "verifications", "networks": {"q": network}, "items": items}
    address = client.post("/v1/batches", json=batch, headers=ASYNC).headers["Location"]
    state = wait_for_end(client, address)
    page = client.get(state["links"]["report"] + ".html")
    assert page.mimetype == "text/html"
    body = page.text[page.text.index("<main>") : page.text.index("</main>") + len("</main>")]
    tree = ElementTree.fromstring(body)
    pictures = tree.findall(".//svg")
    assert pictures
    assert all(picture.get("aria-label") for picture in pictures)
    assert "<script" not in page.text
    assert "style=" not in page.text
    report = client.get(state["links"]["report"]).get_json()
    assert report["verdicts"]["wrong"] == report["verdicts"]["correct"] == 1
    assert report["clusters"][0]["items"] == ["<script>alert(1)</script>"]
    table = client.get(state["links"]["report"] + ".csv")
    assert table.mimetype == "text/csv"
    assert len(table.text.splitlines()) == 3


def test_the_page_that_follows_a_job(client: FlaskClient) -> None:
    """It is served for any name, and loads only what the service has."""
    page = client.get("/jobs/abc", buffered=True)
    assert page.status_code == 200
    for link in re.findall(r'(?:src|href)="([^"#]+)"', page.text):
        assert client.get(link, buffered=True).status_code == 200
