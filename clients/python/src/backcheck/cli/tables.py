"""What the command prints. Wrong numbers carry a mark, so that colour only adds to it."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from backcheck.arrays import Array
from backcheck.catalogue import Mistake
from backcheck.jobs import JobState, Report
from backcheck.lessons import Derivation
from backcheck.results import Gradients
from backcheck.verification import Verification
from backcheck.words import diagnosis_lines, entry_words, equation_lines, headline, partial_lines

WRONG = "✗"
RIGHT = "✓"
OPEN = "?"
MARKS = {"correct": RIGHT, "wrong": WRONG, "undecided": OPEN}
STYLES = {"correct": "green", "wrong": "bold red", "undecided": "yellow"}
ENTRIES_SHOWN = 12  # wrong numbers of one quantity: a screen has room for a few quantities
SIDE_MAX = 8  # rows and columns of a matrix that a terminal shows


def show_gradients(console: Console, answer: Gradients) -> None:
    """A table for each layer, and what finite differences say."""
    console.print(f"C = {answer.cost:.12g}")
    for l in range(1, len(answer.z) + 1):
        table = new_table(f"Layer {l}", ("", "value"))
        for name in ("z", "a", "delta", "bias_gradients", "weight_gradients"):
            table.add_row(name, shown(getattr(answer, name)[l - 1]))
        console.print(table)
    check = answer.finite_difference
    if check is not None:
        verdict = "correct" if check.agrees else "wrong"
        console.print(marked(verdict, str(check)))
        for entry in check.disagreements[:ENTRIES_SHOWN]:
            console.print(
                f"  {WRONG} {entry.at}: backprop {entry.backprop:.9g}, "
                f"finite difference {entry.finite_difference:.9g} ± {entry.uncertainty:.1g}"
            )


def show_verification(console: Console, answer: Verification, name: str = "") -> None:
    """The verdict, the census, the wrong numbers, the first failing equation, the diagnosis."""
    console.print(marked(answer.verdict, " ".join([name, headline(answer)]).strip()))
    for line in partial_lines(answer):
        console.print(line, highlight=False)
    console.print(census_table(answer))
    for claim in answer.claims.values():
        for entry in claim.wrong_entries[:ENTRIES_SHOWN]:
            console.print(Text(f"  {WRONG} {entry_words(entry)}", style=STYLES["wrong"]))
        more = len(claim.wrong_entries) - ENTRIES_SHOWN
        if more > 0:
            console.print(f"  … and {claim.wrong - ENTRIES_SHOWN} more (--json has them)")
    lines = [*equation_lines(answer)]
    for found in answer.diagnosis:
        lines += ["", *diagnosis_lines(found)]
    console.print("\n".join(lines), highlight=False)


def census_table(answer: Verification) -> Table:
    """How many numbers of each quantity were checked, and how many are wrong."""
    table = new_table("", ("claimed", "checked", "wrong", "verdict"))
    for name, claim in answer.claims.items():
        verdict = marked(claim.verdict, claim.verdict)
        table.add_row(name, str(claim.checked), str(claim.wrong), verdict)
    return table


def show_batch(console: Console, answers: Iterable[tuple[str, Verification]]) -> None:
    """One row for each file of claims."""
    table = new_table("", ("claims", "verdict", "wrong", "claimed", "diagnosis"))
    for name, answer in answers:
        named = answer.diagnosis[0].mistake if answer.diagnosis else ""
        verdict = marked(answer.verdict, answer.verdict)
        wrong = f"{answer.wrong} of {answer.checked}"
        part = "all" if answer.complete else f"{answer.checked} of {answer.claimable}"
        table.add_row(name, verdict, wrong, part, named)
    console.print(table)


def show_derivation(console: Console, answer: Derivation) -> None:
    """The factors of the chain rule, and the paths through the network with their products."""
    console.print(f"{answer.symbol} = {answer.gradient:.12g}")
    factors = new_table("", ("factor", "value", "part of δ"))
    for factor in answer.factors:
        factors.add_row(factor.symbol, f"{factor.value:.9g}", "yes" if factor.shared else "")
    console.print(factors)
    if answer.paths:
        title = (
            f"{answer.listed} of {answer.path_count} paths; the sum over all is {answer.sum:.9g}"
        )
        paths = new_table(title, ("neurons (layer, neuron)", "product"))
        for path in answer.paths:
            walk = " → ".join(f"({layer}, {neuron})" for layer, neuron in path.neurons)
            paths.add_row(walk, f"{path.product:.9g}")
        console.print(paths)


def show_mistakes(console: Console, mistakes: Iterable[Mistake]) -> None:
    """The catalogue."""
    table = new_table("", ("slug", "where", "instead"))
    for mistake in mistakes:
        table.add_row(mistake.slug, mistake.where, mistake.instead or mistake.explanation)
    console.print(table)


def show_jobs(console: Console, states: Sequence[JobState]) -> None:
    """A row for each job, of two lines, so that a whole id has room on a screen of 80 columns."""
    table = new_table("", ("job", "state", "items", "created"))
    table.columns[0].no_wrap = True  # an id is there to be copied
    table.columns[0].min_width = max((len(one.id) for one in states), default=0)
    for one in states:
        items = f"{one.items.done} of {one.items.total or '?'}"
        work = [f"{100 * one.work.done / one.work.total:.0f} %"] if one.work.total else []
        failed = [f"{one.items.failed} failed"] if one.items.failed else []
        created = one.created[:19].replace("T", "\n")
        state = f"{one.state}\n{one.kind}"
        table.add_row(one.id, state, f"{items}\n{', '.join([*work, *failed])}", created)
    console.print(table)


def show_report(console: Console, report: Report) -> None:
    """Which mistakes a class makes."""
    verdicts = ", ".join(f"{count} {name}" for name, count in report.verdicts.items() if count)
    console.print(f"{report.answered} of {report.items}: {verdicts}")
    table = new_table("", ("mistake", "equation", "layers", "how many", "who"))
    for one in report.clusters:
        layers, who = ", ".join(map(str, one.layers)), ", ".join(map(str, one.items))
        table.add_row(one.mistake, one.equation, layers, str(one.count), who)
    console.print(table)


def new_table(title: str, columns: Sequence[str]) -> Table:
    """An empty table."""
    table = Table(title=title or None, title_justify="left", show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def marked(verdict: str, text: str) -> Text:
    """A text with its verdict's mark and colour."""
    return Text(f"{MARKS[verdict]} {text}", style=STYLES[verdict])


def shown(array: Array) -> str:
    """A vector on one line, a matrix on a line for each row."""
    if array.ndim < 2:
        return row_shown(array)
    lines = [row_shown(row) for row in array[:SIDE_MAX]]
    return "\n".join([*lines, *(["⋮"] if len(array) > SIDE_MAX else [])])


def row_shown(row: Any) -> str:
    """Numbers in columns of equal width."""
    more = " …" if len(row) > SIDE_MAX else ""
    return " ".join(f"{value:>11.6g}" for value in row[:SIDE_MAX]) + more
