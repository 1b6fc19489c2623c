"""What the documents say is so: code runs, answers are the service's, names and links exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from docs import tables
from tests.service.conftest import address

__all__ = ["address"]

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MATHEMATICS = (ROOT / "docs" / "mathematics.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
SERVED = "http://127.0.0.1:8000"
SECONDS = 60


class Block(NamedTuple):
    """A fenced block, its language, and the block that follows it."""

    language: str
    text: str
    next: str


def blocks(text: str) -> list[Block]:
    found = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    following = [body for _, body in found[1:]] + [""]
    return [
        Block(language, body, after)
        for (language, body), after in zip(found, following, strict=True)
    ]


ALL = blocks(README)
CURLS = [block for block in ALL if block.language == "sh" and "curl" in block.text]
COMMANDS = [block for block in ALL if block.language == "sh" and "curl" not in block.text]
SCRIPTS = [block for block in ALL if block.language == "python"]


def test_every_block_is_tested() -> None:
    """There is no block in the README of which no test below knows what to do with it."""
    answers = [block.next for block in (*CURLS, *SCRIPTS)]
    for block in ALL:
        assert block in (*CURLS, *COMMANDS, *SCRIPTS) or block.text in answers, block.text
    assert len(CURLS) >= 3
    assert SCRIPTS


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("block", CURLS, ids=lambda block: block.text.split()[2][len(SERVED) :])
def test_curl_brings_the_answer_below_it(address: str, block: Block) -> None:
    """Each curl, as it stands, brings what is printed below it, digit for digit."""
    command = block.text.replace(SERVED, address)
    told = subprocess.run(["sh", "-c", command], capture_output=True, check=True, timeout=SECONDS)
    check_part(json.loads(block.next), json.loads(told.stdout), "")


def check_part(shown: Any, true: Any, at: str) -> None:
    """A document may leave fields out of an object; whatever it shows has to be there."""
    if isinstance(shown, dict):
        assert isinstance(true, dict), at
        for name, value in shown.items():
            assert name in true, f"{at}/{name}"
            check_part(value, true[name], f"{at}/{name}")
    elif isinstance(shown, list):
        assert isinstance(true, list), at
        assert len(shown) == len(true), at
        for index, (one, other) in enumerate(zip(shown, true, strict=True)):
            check_part(one, other, f"{at}/{index}")
    else:
        assert (type(shown), shown) == (type(true), true), at


@pytest.mark.parametrize("block", SCRIPTS)
def test_python_prints_the_lines_below_it(
    address: str, block: Block, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each script, run against a real server, prints what stands below it."""
    exec(block.text.replace(SERVED, address), {})
    assert capsys.readouterr().out == block.next


def test_commands_are_there() -> None:
    """Every `make` command that a page mentions is a target of the Makefile."""
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert COMMANDS
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE):
            assert target in targets, f"{page.name}: make {target}"


def test_the_image_gets_what_it_copies() -> None:
    """Whatever the Dockerfile copies from here is there, and is let through by .dockerignore."""
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    dockerfile = (ROOT / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (?!--)(.*) \S+$", dockerfile, re.MULTILINE)
    assert copied
    for source in " ".join(copied).split():
        assert (ROOT / source).exists(), source
        assert source in kept, source


@pytest.mark.parametrize("name", tables.DOCUMENTS)
def test_tables_are_fresh(name: str) -> None:
    """Tables that follow from the code are what the code says now; `make tables` writes them."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.search(tables.MARKED, text)
    assert tables.filled(text) == text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link in a page leads to a file or a folder."""
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not link.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / link).exists(), link


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading."""
    table = re.findall(
        r"^\|.*\|$", text.split(f"## {heading}\n")[1].split("\n## ")[0], re.MULTILINE
    )
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table[2:]]


def test_the_symbols_are_the_codes() -> None:
    """Every name in the table of symbols is an attribute of what it is said to be one of."""
    from core.forward import Workings
    from core.network import Batch, Network

    owners = {"Network": Network, "Batch": Batch, "Workings": Workings}
    for row in rows(MATHEMATICS, "Symbols"):
        for owner, name in re.findall(r"`(\w+)\.(\w+)", row[-1]):
            fields = getattr(owners[owner], "__dataclass_fields__", {})
            assert name in fields or hasattr(owners[owner], name), f"{owner}.{name}"


def test_the_symbols_are_the_apis() -> None:
    """Every JSON name in the table of symbols is a field of the request or of the answer."""
    from schemas.gradients import GradientsAnswerSchema, GradientsSchema

    known = GradientsSchema().fields.keys() | GradientsAnswerSchema().fields.keys()
    for row in rows(MATHEMATICS, "Symbols"):
        for name in re.findall(r"`(\w+)", row[3]):
            assert name in known, name


def test_the_equations_are_functions() -> None:
    """Every function that the table of equations names is there, and says its equation."""
    for row in rows(MATHEMATICS, "Equations"):
        module, _, name = row[-1].strip("`").rpartition(".")
        function = getattr(__import__(module, fromlist=[name]), name)
        assert function.__doc__


def test_the_comparison_is_the_one_measured() -> None:
    """The README's table of speed has the figures of the page that says how they were measured."""
    page = (ROOT / "docs" / "differences.md").read_text(encoding="utf-8").replace("*", "")
    measured = [re.split(r" *\| *", line.strip("| ")) for line in page.splitlines()]
    speed = README.split("**Speed.**")[1].split("## ")[0]
    shown = [
        line.strip("| ").split(" | ") for line in re.findall(r"^\| .*N=.*$", speed, re.MULTILINE)
    ]
    assert shown
    for row in shown:
        assert any(set(row) <= set(line) and line[0] == row[0] for line in measured), row


def test_decisions_are_numbered() -> None:
    """Every decision has the number of its file in its title, no other has it, and it decides."""
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [int(page.name[:4]) for page in pages]
    assert len(set(numbers)) == len(numbers)
    for number, page in zip(numbers, pages, strict=True):
        assert page.read_text(encoding="utf-8").startswith(f"# {number}. "), page.name
