"""The tables of the documents that follow from the code: `python -m docs.tables` writes them.

A document holds a table between `<!-- NAME: … -->` and `<!-- end -->`; tests/test_docs.py fails
where one is not what the code says.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from flask import Flask

from core.activations import ACTIVATIONS
from core.costs import COSTS
from core.verdict.mistakes.table import CATALOGUE, CONVENTIONS, Convention, Mistake
from service import create_app
from service.limits import Limits
from service.openapi import document
from service.settings import TABLE

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "docs/mathematics.md", "docs/mistakes.md", "docs/operations.md")
MARKED = re.compile(r"(<!-- (\w+): [^>]*-->\n).*?(<!-- end -->)", re.DOTALL)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines
    )


def activations() -> str:
    """Every activation with its formulas."""
    rows = [
        (
            f"`{name}`",
            kind.formula,
            kind.derivative_formula,
            ", ".join(f"{k:g}" for k in kind.kinks),
        )
        for name, kind in ACTIVATIONS.items()
    ]
    return table(("name", "σ(z)", "σ′(z)", "kinks at"), rows)


def costs() -> str:
    """Every cost with its formulas."""
    rows = [(f"`{c.name}`", c.formula, c.gradient_formula, c.domain) for c in COSTS.values()]
    return table(("name", "C", "∂C₁/∂a_j", "domain"), rows)


def endpoints() -> str:
    """Every address of the service."""
    app = create_app()
    return table(("", "", "what it does"), sorted(addresses(app), key=lambda row: rank(row[1])))


def addresses(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Method, address and purpose; files of the pages are left out."""
    paths: dict[str, dict[str, Any]] = document(app)["paths"]
    for rule in app.url_map.iter_rules():
        if "static" in rule.endpoint or re.match(r"/docs/", rule.rule):
            continue
        path = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            told = paths.get(path, {}).get(method.lower(), {}).get("summary")
            purpose = told or first_line(app.view_functions[rule.endpoint].__doc__)
            yield method, f"`{path}`", purpose.rstrip(".")


def mistakes() -> str:
    """Every mistake that a diagnosis can name."""
    catalogue: list[Mistake | Convention] = [*CATALOGUE, *CONVENTIONS]
    rows = [
        (f"`{row.slug}`", row.where, row.instead, row.explanation, row.remedy) for row in catalogue
    ]
    return table(("slug", "where", "what is computed instead", "explanation", "remedy"), rows)


def limits() -> str:
    """Every limit with its default."""
    rows = [
        (f"`BACKCHECK_{one['name'].upper()}`", f"{one['value']:,}", one["unit"], one["description"])
        for one in Limits().told()
    ]
    return table(("setting", "default", "unit", "what it bounds, and why there"), rows)


def settings() -> str:
    """Every other setting with its default."""
    rows = [(f"`BACKCHECK_{s.name}`", told(s.default), s.description) for s in TABLE]
    return table(("setting", "default", "what it does"), rows)


def told(default: Any) -> str:
    """A default as the environment would say it."""
    if isinstance(default, bool):
        return "on" if default else "off"
    return f"`{default}`" if default not in ("", (), None) else ""


def first_line(text: str | None) -> str:
    """A docstring's first line."""
    return (text or "").strip().split("\n")[0]


def rank(address: str) -> tuple[bool, str]:
    """The API first, then what is around it."""
    return "/v1/" not in address, address


TABLES: dict[str, Callable[[], str]] = {
    table.__name__: table for table in (activations, costs, endpoints, limits, mistakes, settings)
}


def filled(text: str) -> str:
    """A document with each of its marked tables as the code has it now."""
    return MARKED.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n{found[3]}", text)


def main() -> None:
    """Write every document whose tables have changed."""
    for name in DOCUMENTS:
        path = ROOT / name
        before = path.read_text(encoding="utf-8")
        if (after := filled(before)) != before:
            path.write_text(after, encoding="utf-8")
            sys.stdout.write(f"{name} written\n")


if __name__ == "__main__":
    main()
