"""A report as a table for a spreadsheet, and as a page with a picture for a lecture."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from io import StringIO
from typing import Any

from service.jobs.report import Outcome, Report, outcomes

COLUMNS = (
    "item", "status", "verdict", "checked_numbers", "wrong_numbers", "first_failing_equation",
    "layer", "mistake", "equation", "layers", "problem",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet; names come from people who are graded."""

WIDTH, LABEL, ROW, BAR = 900, 360, 24, 460
COLOURS = {"correct": "#2e7d32", "wrong": "#c62828", "undecided": "#f9a825", "failed": "#616161"}
BARS_MAX = 30


def as_csv(lines: Iterable[bytes]) -> Iterator[str]:
    """A row for each item (RFC 4180)."""
    yield row(COLUMNS)
    for one in outcomes(lines):
        yield row(cells(one))


def cells(one: Outcome) -> Sequence[Any]:
    """What stands in the row of an item."""
    equation, layer = one.first_failing or ("", "")
    found = one.diagnosis or {}
    layers = " ".join(map(str, found.get("layers", ())))
    named = (found.get("mistake", ""), found.get("equation", ""), layers)
    counts = (one.checked, one.wrong)
    return (one.name, one.status, one.verdict, *counts, equation, layer, *named, one.problem)


def row(values: Sequence[Any]) -> str:
    """One line, nothing in it a formula."""
    file = StringIO()
    csv.writer(file).writerow([harmless(value) for value in values])
    return file.getvalue()


def harmless(value: Any) -> Any:
    """Text that a spreadsheet takes for text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def as_page(job: Any, report: Report) -> str:
    """A page that stands alone: the verdicts, the mistakes, the equations, and who is where."""
    mistakes = [(f"{m['mistake']} ({m['equation']})", m["count"]) for m in report.mistakes]
    equations = [(f"{e['equation']}, layer {e['layer']}", e["count"]) for e in report.equations]
    verdicts = [(name, count) for name, count in report.verdicts.items() if count]
    parts = [
        f"<h1>{report.answered} of {report.items} verifications</h1>",
        picture("Verdicts", verdicts, COLOURS),
        picture("Mistakes, by how many make them", mistakes),
        picture("The first equation that fails", equations),
        clusters_table(report.clusters),
    ]
    return PAGE.format(title=f"Report of job {escape(job.id)}", body="\n".join(parts))


PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{title}</title>
  <link rel="stylesheet" href="/static/page.css">
  <link rel="icon" type="image/svg+xml" href="/static/icon.svg">
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def picture(
    title: str, counts: Sequence[tuple[str, int]], colours: Mapping[str, str] | None = None
) -> str:
    """Bars, longest first; each has its number beside it, so that nothing hangs on colour."""
    if not counts:
        return f"<h2>{escape(title)}</h2><p>None.</p>"
    shown = counts[:BARS_MAX]
    largest = max(count for _, count in shown)
    bars = "\n".join(
        bar(i, label, count, largest, (colours or {}).get(label, "#37608b"))
        for i, (label, count) in enumerate(shown)
    )
    height = ROW * len(shown)
    more = f"<p>and {len(counts) - BARS_MAX} more</p>" if len(counts) > BARS_MAX else ""
    return (
        f"<h2>{escape(title)}</h2>\n"
        f'<svg viewBox="0 0 {WIDTH} {height}" width="100%" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="13">\n'
        f"{bars}\n</svg>{more}"
    )


def bar(place: int, label: str, count: int, largest: int, colour: str) -> str:
    """One bar with its label and its number."""
    top, length = place * ROW, max(2, round(BAR * count / largest))
    middle = top + ROW - 8
    return (
        f'<text x="{LABEL - 8}" y="{middle}" text-anchor="end" fill="currentColor">'
        f"{escape(label)}</text>"
        f'<rect x="{LABEL}" y="{top + 4}" width="{length}" height="{ROW - 8}" fill="{colour}"/>'
        f'<text x="{LABEL + length + 6}" y="{middle}" fill="currentColor">{count}</text>'
    )


def clusters_table(clusters: Sequence[Mapping[str, Any]]) -> str:
    """Who makes the same mistake in the same layers."""
    rows = "\n".join(
        f"<tr><td>{escape(one['mistake'])}</td><td>{escape(one['equation'])}</td>"
        f"<td>{', '.join(map(str, one['layers']))}</td><td>{one['count']}</td>"
        f"<td>{escape(', '.join(map(str, one['items'])))}"
        f"{' …' if one['count'] > len(one['items']) else ''}</td></tr>"
        for one in clusters
    )
    head = "<tr><th>mistake</th><th>equation</th><th>layers</th><th>how many</th><th>who</th></tr>"
    return f"<h2>The same mistake together</h2>\n<table>\n{head}\n{rows}\n</table>"
