"""Results as tables for notebooks: every number is there as text, its colour only adds to it.

The colours run from blue (negative) through nothing to orange (positive), which colour-blind
people can tell apart; they are half transparent, so that light and dark themes both show through.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from backcheck.arrays import Array
from backcheck.words import (
    DIAGNOSES_SHOWN,
    EQUATIONS,
    TOGETHER,
    coverage_words,
    equation_lines,
    headline,
    mistake_words,
    number,
    partial_lines,
    place,
    slip_lines,
)

if TYPE_CHECKING:
    from backcheck.results import Gradients
    from backcheck.verification import Challenge, ClaimVerdict, NamedMistake, Verification

SIDE_MAX = 16  # rows and columns of a matrix that a notebook shows
NEGATIVE, POSITIVE = "33,102,172", "230,97,1"
STRONGEST = 0.75  # opacity of the largest number: its digits have to stay readable
CELL = "padding:2px 6px;text-align:right;font-variant-numeric:tabular-nums"
MARK = "✗ "  # wrong numbers are marked, and not by colour alone


def gradients_html(answer: Gradients) -> str:
    """A row of tables for each layer: z, a, δ, ∂C/∂b and ∂C/∂W."""
    columns = ("z", "a", "delta", "bias_gradients", "weight_gradients")
    titles = ("z", "a", "δ", "∂C/∂b", "∂C/∂W")
    rows = [
        [f"layer {l}", *(heat(getattr(answer, name)[l - 1]) for name in columns)]
        for l in range(1, len(answer.z) + 1)
    ]
    check = answer.finite_difference
    caption = f"C = {answer.cost:.9g}" + ("" if check is None else f"; {escape(str(check))}")
    return table(["", *titles], rows, caption)


def verification_html(answer: Verification) -> str:
    """The verdict, a row for each claimed quantity, the equations, the diagnosis."""
    rows = [claim_row(name, claim) for name, claim in answer.claims.items()]
    parts = [
        table(["claimed", "checked", "wrong", "worst"], rows, escape(headline(answer))),
        lines_html(partial_lines(answer)),
        equations_html(answer),
        lines_html(equation_lines(answer)),
    ]
    for found in answer.diagnosis[:DIAGNOSES_SHOWN]:
        parts += [mistake_html(found), lines_html(slip_lines(found))]
        parts += [mistake_html(other, TOGETHER) for other in found.together_with]
    return "".join(parts)


def lines_html(lines: Iterable[str]) -> str:
    """Lines of text as a paragraph, if there are any."""
    text = "<br>".join(map(escape, lines))
    return f"<p>{text}</p>" if text else ""


def mistake_html(found: NamedMistake, before: str = "") -> str:
    """A mistake with its explanation and its remedy."""
    return (
        f"<p><b>{escape(before + mistake_words(found))}</b><br>{escape(found.explanation)}<br>"
        f"<i>{escape(found.remedy)}</i></p>"
    )


def claim_row(name: str, claim: ClaimVerdict) -> list[str]:
    """One claimed quantity."""
    worst = ""
    if claim.worst is not None and claim.wrong:
        values = [("claimed", claim.worst.claimed), ("right", claim.worst.correct)]
        said = [f"{label} {number(value)}" for label, value in values if value is not None]
        worst = escape(", ".join([place(claim.worst.at), *said]))
    mark = MARK if claim.wrong else ""
    return [escape(name), str(claim.checked), f"{mark}{claim.wrong}", worst]


def equations_html(answer: Verification) -> str:
    """Equations by layers: holds, fails or untested."""
    layers = sorted({one.layer or 0 for one in answer.equations})
    verdicts = {(one.equation, one.layer or 0): one.verdict for one in answer.equations}
    named = [name for name in EQUATIONS if any(key[0] == name for key in verdicts)]
    rows = [[name, *(verdict_html(verdicts.get((name, l))) for l in layers)] for name in named]
    return table(["", *(f"layer {l}" if l else "" for l in layers)], rows, "") if rows else ""


def verdict_html(verdict: str | None) -> str:
    """One equation's verdict, the failing ones marked."""
    if verdict is None:
        return ""
    return f"<b>{MARK}{verdict}</b>" if verdict == "fails" else verdict


def challenge_html(answer: Challenge) -> str:
    """W and b of each layer, the input and the target."""
    network = answer.network
    rows = [
        [f"layer {l} ({escape(network.activations[l - 1])})", heat(W), heat(b)]
        for l, (W, b) in enumerate(zip(network.weights, network.biases, strict=True), start=1)
    ]
    examples = table(["x", "y"], [[heat(answer.input), heat(answer.target)]], "")
    shown = "" if answer.coverage is None else escape(coverage_words(answer.coverage))
    return table(["", "W", "b"], rows, shown) + examples


def table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """A table of ready HTML cells; the first cell of each row is its heading."""
    head = "".join(f"<th>{title}</th>" for title in header)
    body = "".join(
        f"<tr><th>{first}</th>" + "".join(f"<td>{cell}</td>" for cell in rest) + "</tr>"
        for first, *rest in rows
    )
    title = f"<caption>{caption}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def heat(array: Array) -> str:
    """A vector (as a column) or a matrix, as a table whose cells are tinted by their size."""
    matrix = array.reshape(-1, 1) if array.ndim < 2 else array
    largest = float(np.nanmax(np.abs(matrix))) if matrix.size else 0.0
    rows = "".join(
        "<tr>" + "".join(cell(value, largest) for value in row[:SIDE_MAX]) + cut(row) + "</tr>"
        for row in matrix[:SIDE_MAX]
    )
    more = f'<tr><td style="{CELL}">⋮</td></tr>' if len(matrix) > SIDE_MAX else ""
    sides = " × ".join(map(str, array.shape))
    return f'<table title="{sides}"><tbody>{rows}{more}</tbody></table>'


def cell(value: float, largest: float) -> str:
    """One number, tinted in proportion to the largest beside it."""
    opacity = STRONGEST * abs(value) / largest if largest > 0 else 0.0
    colour = NEGATIVE if value < 0 else POSITIVE
    return f'<td style="{CELL};background:rgba({colour},{opacity:.2f})">{value:.4g}</td>'


def cut(row: Array) -> str:
    """Says that a row goes on."""
    return f'<td style="{CELL}">…</td>' if len(row) > SIDE_MAX else ""
