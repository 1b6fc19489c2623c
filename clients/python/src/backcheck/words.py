"""A verdict in plain text: what a person needs to find the mistake, in at most 25 lines."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backcheck.verification import (
        ClaimVerdict,
        Coverage,
        Diagnosis,
        NamedMistake,
        Verification,
        WrongEntry,
    )

LINES_MAX = 25  # more scrolls the traceback out of sight
PARAGRAPH_LINES_MAX = 4  # so that a long explanation never pushes out its remedy
COLUMNS = 96
DIAGNOSES_SHOWN = 2  # the first is the simplest that explains every number
TOGETHER = "together with "  # it takes both mistakes to come to these numbers

EQUATIONS = {
    "forward": "z = W a + b, a = σ(z)",
    "cost": "the cost",
    "BP1": "δ of the output layer",
    "BP2": "δ from the layer above",
    "BP3": "∂C/∂b from δ",
    "BP4": "∂C/∂W from δ and a",
    "convention": "right numbers, another convention",
}
OWN = {
    "forward": "numbers before it",
    "cost": "outputs",
    "BP1": "z and a of the output layer",
    "BP2": "δ of the layer above",
    "BP3": "δ",
    "BP4": "δ and a",
}
SHOWN = 5  # mistakes that would not show, and mistyped entries
INDEXED = {
    "weight_gradients": ("neuron", "input"),
    "bias_gradients": ("neuron",),
    "weights": ("neuron", "input"),
    "biases": ("neuron",),
}


def told(answer: Verification) -> str:
    """Census, first wrong equation, diagnosis."""
    lines = [headline(answer), *partial_lines(answer), *census(answer), *equation_lines(answer)]
    for one in answer.diagnosis[:DIAGNOSES_SHOWN]:
        lines += diagnosis_lines(one)
    return "\n".join("\n".join(lines).splitlines()[:LINES_MAX])


def headline(answer: Verification) -> str:
    """The verdict in one sentence."""
    at = f"at {precision_words(answer.precision)}"
    if answer.verdict == "wrong":
        return f"WRONG: {answer.wrong} of {answer.checked} claimed numbers cannot be right {at}."
    if answer.verdict == "undecided":
        return (
            f"UNDECIDED: none of {answer.checked} claimed numbers is wrong {at}, but no known\n"
            "mistake would show in them on this network. backcheck.check() draws better ones."
        )
    return f"CORRECT: all {answer.checked} claimed numbers can be right {at}{shown(answer)}."


def shown(answer: Verification) -> str:
    """How many mistakes would have shown."""
    return "" if answer.coverage is None else f",\nand {coverage_words(answer.coverage)}"


def coverage_words(coverage: Coverage) -> str:
    """How many mistakes would show of those that change anything here, and which would not."""
    if not coverage.invisible:
        return f"all {coverage.applicable} known mistakes that can apply would show"
    some = f"{coverage.visible} of the {coverage.applicable} known mistakes that can apply"
    return f"{some} would show\n(not: {listed(coverage.invisible)})"


def listed(names: Sequence[str]) -> str:
    """The first few of some names.

    >>> listed("abcdefg")
    'a, b, c, d, e and 2 more'
    """
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def partial_lines(answer: Verification) -> Iterator[str]:
    """That not every number was claimed, if so."""
    if not answer.complete:
        yield f"Only {answer.checked} of {answer.claimable} numbers were claimed."


def precision_words(precision: Any) -> str:
    """A precision as people say it.

    >>> precision_words("float32"), precision_words({"decimals": 4})
    ('float32', '4 decimals')
    """
    if isinstance(precision, Mapping):
        return ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in precision.items())
    return str(precision)


def census(answer: Verification) -> Iterator[str]:
    """Each claimed quantity: how many are wrong, and the worst."""
    width = max((len(name) for name in answer.claims), default=0)
    for name, claim in answer.claims.items():
        yield f"  {name:<{width}}  {count(claim)}"
        if claim.worst is not None and claim.wrong:
            yield f"  {'':<{width}}  worst: {entry_words(claim.worst)}"


def count(claim: ClaimVerdict) -> str:
    """How many of a quantity's numbers are wrong."""
    if claim.wrong:
        return f"{claim.wrong} of {claim.checked} wrong"
    return f"{claim.checked} ok" if claim.verdict == "correct" else f"{claim.checked} undecided"


def entry_words(entry: WrongEntry) -> str:
    """Where a number is wrong, what it is, and what it should be if that may be said."""
    text = place(entry.at)
    if entry.claimed is not None:
        text += f": claimed {number(entry.claimed)}"
    if entry.correct is not None:
        bound = "" if entry.bound is None else f" ± {entry.bound:.1g}"
        text += f", right is {number(entry.correct)}{bound}"
    return text


def number(value: float | str) -> str:
    """A number with the digits that tell it from its neighbours in a table."""
    return value if isinstance(value, str) else f"{value:.6g}"


def place(at: str) -> str:
    """A JSON pointer in the chapter's words: layers from 1, neurons and examples from 0.

    >>> place("/claims/weight_gradients/0/1/2"), place("/claims/delta/1/0"), place("/claims/cost")
    ('weight_gradients of layer 1, neuron 1, input 2', 'delta of layer 2, neuron 0', 'cost')
    """
    name, *steps = at.removeprefix("/claims").strip("/").split("/")
    if not steps:
        return name
    indices = steps[1:]
    labels = INDEXED.get(name) or ("example", "neuron")[-len(indices) or 2 :]
    named = [f"{label} {index}" for label, index in zip(labels, indices, strict=False)]
    return ", ".join([f"{name} of layer {int(steps[0]) + 1}", *named])


def equation_lines(answer: Verification) -> Iterator[str]:
    """The first equation that does not follow from the claimant's own numbers."""
    failed = answer.first_failure
    if failed is None:
        return
    layer = "" if failed.layer is None else f" in layer {failed.layer}"
    if answer.wrong:
        what = EQUATIONS.get(failed.equation, "")
        yield f"First equation that fails: {failed.equation}{layer} ({what})"
    else:
        own = OWN.get(failed.equation, "numbers")
        yield f"Each number is within its bound, but {failed.equation}{layer} does not follow from"
        yield f"your own {own}: look there."


def diagnosis_lines(found: Diagnosis) -> Iterator[str]:
    """The mistake and those that it takes beside it, each with its explanation and its remedy."""
    yield f"Diagnosis: {mistake_words(found)}"
    yield from mistake_lines(found)
    yield from slip_lines(found)
    for other in found.together_with:
        yield f"{TOGETHER}{mistake_words(other)}"
        yield from mistake_lines(other)


def slip_lines(found: Diagnosis) -> Iterator[str]:
    """Where entries are mistyped, and how."""
    for entry in found.entries[:SHOWN]:
        yield f"  {place(entry.at)}" + (f": {entry.slip}" if entry.slip else "")
    if len(found.entries) > SHOWN:
        yield f"  … and {len(found.entries) - SHOWN} more"


def mistake_words(found: NamedMistake) -> str:
    """A mistake and its place."""
    return f"{found.mistake} ({found.equation}, {layers_words(found.layers)})"


def mistake_lines(found: NamedMistake) -> Iterator[str]:
    """The sentence that explains a mistake, and the remedy."""
    for text in (found.explanation, found.remedy and f"Remedy: {found.remedy}"):
        yield from textwrap.wrap(
            text,
            COLUMNS,
            initial_indent="  ",
            subsequent_indent="  ",
            max_lines=PARAGRAPH_LINES_MAX,
            placeholder=" …",
        )


def layers_words(layers: tuple[int, ...]) -> str:
    """Which layers.

    >>> layers_words((2,)), layers_words((1, 2, 3))
    ('layer 2', 'layers 1, 2, 3')
    """
    return f"layer{'s' if len(layers) != 1 else ''} {', '.join(map(str, layers))}"
