"""From wrong numbers to a cause: conventions, single mistakes, slips, several mistakes, or none known."""

from dataclasses import dataclass, replace

import numpy as np

from core.arrays import Array
from core.forward import Workings
from core.rounding.bounded import Bounded
from core.verdict.candidates import Candidate
from core.verdict.claims import Claims
from core.verdict.conventions import conventions
from core.verdict.equations import Tested
from core.verdict.explain import Budget, single_explanations
from core.verdict.mistakes.table import CATALOGUE, CONVENTIONS
from core.verdict.stepwise import stepwise
from core.verdict.typos import Typo, typos

BUDGET = 2000
"""Candidates that a diagnosis tries before it stops and says so."""

CONVENTION_RANK = 0.5  # behind one formula everywhere, before one layer only

SAME = 1e-11  # relative to the largest number: what another order of float64 roundings may change

WORDS = {item.slug: item for item in (*CATALOGUE, *CONVENTIONS)}


@dataclass(frozen=True)
class Finding:
    """One explanation: a slug, the equation it stands in, the layers where the formula is wrong.

    `number`: the rate, strength, limit or factor found. `same_numbers`: other readings that give
    the same numbers here. `together_with`: further mistakes that are needed beside this one.
    `entries`: the slips, for typos.
    """

    mistake: str
    equation: str
    layers: tuple[int, ...]
    number: float | None = None
    same_numbers: tuple["Finding", ...] = ()
    together_with: tuple["Finding", ...] = ()
    entries: tuple[Typo, ...] = ()
    variant: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """Findings, best first, and whether the budget ended the search."""

    findings: tuple[Finding, ...]
    tried: int
    exhausted: bool = False


def diagnose(
    claims: Claims,
    reference: Workings,
    plain: Workings,
    tested: list[Tested],
    budget: int = BUDGET,
) -> Diagnosis:
    """What explains claims of which at least one is wrong."""
    purse = Budget(budget)
    findings = ranked(claims, reference, plain, purse)
    if not findings:
        findings = slips(claims, reference)
    if not findings:
        together = stepwise(claims, reference, plain, purse)
        findings = [several(together)] if together else []
    return Diagnosis(
        tuple(findings) or (unrecognised(tested),), budget - max(0, purse.left), purse.exhausted
    )


def ranked(claims: Claims, reference: Workings, plain: Workings, purse: Budget) -> list[Finding]:
    """Single mistakes and conventions, simplest first; readings with the same numbers stand together."""
    rows = [
        (CONVENTION_RANK, Finding(c.slug, "convention", c.layers, c.factor), c.numbers)
        for c in conventions(claims, reference)
    ]
    rows += [
        (e.rank, finding(e.candidate), e.numbers)
        for e in single_explanations(claims, reference, plain, purse)
    ]
    rows.sort(key=lambda row: row[0])
    return grouped([(found, numbers) for _, found, numbers in rows])


def grouped(rows: list[tuple[Finding, Array | None]]) -> list[Finding]:
    """One finding for each set of numbers, the simplest reading first and the others beside it."""
    groups: list[tuple[list[Finding], Array | None]] = []
    for found, numbers in rows:
        for members, theirs in groups:
            if same_numbers(numbers, theirs):
                if all(address(found) != address(member) for member in members):
                    members.append(found)
                break
        else:
            groups.append(([found], numbers))
    return [replace(members[0], same_numbers=tuple(members[1:])) for members, _ in groups]


def address(found: Finding) -> tuple[str, str, tuple[int, ...]]:
    """What tells two readings apart."""
    return found.mistake, found.equation, found.layers


def same_numbers(some: Array | None, others: Array | None) -> bool:
    """Whether two readings predict the same numbers, but for the order of their roundings."""
    if some is None or others is None:
        return False
    scale = np.maximum(np.abs(some), np.abs(others)).max(initial=0.0)
    return bool((np.abs(some - others) <= SAME * scale).all())


def finding(candidate: Candidate) -> Finding:
    """A candidate as an answer."""
    number = candidate.parameter
    value = float(number.value) if isinstance(number, Bounded) else None
    return Finding(
        candidate.mistake.slug,
        candidate.equation,
        tuple(candidate.layers),
        value,
        variant=candidate.variant.activation or "",
    )


def slips(claims: Claims, reference: Workings) -> list[Finding]:
    """Typos, as one finding at the equation of the first mistyped quantity."""
    found = typos(claims, reference)
    if not found:
        return []
    layers = tuple(sorted({typo.key[1] for typo in found}))
    equation = equation_of(found[0].key, reference.depth)
    return [Finding("entry-typo", equation, layers, entries=tuple(found))]


def equation_of(key: tuple[str, int], depth: int) -> str:
    """The equation that makes a quantity."""
    quantity, layer = key
    if quantity == "delta":
        return "BP1" if layer == depth else "BP2"
    return {"z": "forward", "a": "forward", "cost": "cost", "bias_gradients": "BP3"}.get(
        quantity, "BP4"
    )


def several(candidates: list[Candidate]) -> Finding:
    """Mistakes that explain the claims together, under the one that the computation meets first."""
    first, *others = (finding(candidate) for candidate in candidates)
    return Finding(
        first.mistake, first.equation, first.layers, first.number, together_with=tuple(others)
    )


def unrecognised(tested: list[Tested]) -> Finding:
    """Where the numbers first leave the right path."""
    failing = [t for t in tested if t.verdict == "fails"]
    if not failing:
        return Finding("unrecognised", "forward", ())
    first = failing[0].equation
    layers = tuple(sorted(t.layer for t in failing if t.equation == first))
    return Finding("unrecognised", first, layers)
