"""From wrong numbers to a cause: a mistake, a convention, a slip, several mistakes, or none."""

from dataclasses import dataclass, replace

import numpy as np

from core.arrays import Array
from core.forward import Workings
from core.rounding.bounded import Bounded
from core.verdict.candidates import ORDER, Candidate, key_of, order_of_computation, order_of_need
from core.verdict.carried import Carried, carried
from core.verdict.claims import QUANTITIES, Claims
from core.verdict.conventions import Found, conventions, is_nice
from core.verdict.explain import Budget, holds_one_entry, single_explanations
from core.verdict.hints import hint
from core.verdict.judgement import as_bounded, fits
from core.verdict.mistakes.table import CATALOGUE, CONVENTIONS, EQUATION_OF, Convention, Mistake
from core.verdict.shapes import Shape, shape_of
from core.verdict.stepwise import stepwise
from core.verdict.typos import Typo, typos

BUDGET = 2000
"""Candidates that a diagnosis tries before it stops and says so."""

CONVENTION_RANK = 0.5  # behind one formula everywhere, before one layer only
TYPO_RANK = 1.5  # behind every formula without a free number
FACTOR_RANK = 2.5  # among the mistakes with a free number
USUAL = ("sign", "decimal point", "swapped digits")

SAME = 1e-11  # relative to the largest number: what another order of float64 roundings may change

Entry = Mistake | Convention

WORDS: dict[str, Entry] = dict[str, Entry]({m.slug: m for m in CATALOGUE}) | {
    c.slug: c for c in CONVENTIONS
}


@dataclass(frozen=True)
class Finding:
    """One explanation: a slug, the equation it stands in, the layers where the formula is wrong.

    `number`: the rate, strength, limit or factor found. `same_numbers`: other readings that give
    the same numbers here. `together_with`: further mistakes that are needed beside this one.
    `entries`: the slips, for typos. `activation`: the other one that was used. `told`: words of
    the variant found, where it has its own, or a hint where nothing was.
    """

    mistake: str
    equation: str
    layers: tuple[int, ...]
    number: float | None = None
    same_numbers: tuple["Finding", ...] = ()
    together_with: tuple["Finding", ...] = ()
    entries: tuple[Typo, ...] = ()
    activation: str | None = None
    told: tuple[str, str] | None = None


GRADIENTS = frozenset({"bias_gradients", "weight_gradients"})

QUANTITY_WORDS = {
    "cost": "the cost",
    "delta": "the errors δ",
    "bias_gradients": "the bias gradients",
    "weight_gradients": "the weight gradients",
}

SCALED = next(c for c in CONVENTIONS if c.slug == "scaled")

Row = tuple[float, Finding, Array | None]
"""Rank, finding, and the numbers that it predicts."""


@dataclass(frozen=True)
class Diagnosis:
    """Findings, best first, and whether the budget ended the search."""

    findings: tuple[Finding, ...]
    tried: int
    exhausted: bool = False


def diagnose(
    claims: Claims, reference: Workings, plain: Workings, budget: int = BUDGET
) -> Diagnosis:
    """What explains claims of which at least one is wrong."""
    purse, shape = Budget(budget), shape_of(plain)
    own = carried(claims, reference)
    findings = ranked(own, reference, shape, purse)
    if not findings:
        together = stepwise(own, shape, purse)
        if together:
            findings = [several(together)]
        else:
            findings = [replace(unrecognised(own, reference), told=hint(own, plain, purse))]
    return Diagnosis(tuple(findings), budget - max(0, purse.left), purse.exhausted)


def ranked(own: Carried, reference: Workings, shape: Shape, purse: Budget) -> list[Finding]:
    """Mistakes, conventions and slips, simplest first; those of the same numbers together."""
    rows: list[Row] = [
        (rank_of(c, own.claims), arrangement(c, own.claims), c.numbers)
        for c in conventions(own.claims, reference)
    ]
    conventional, singles = bool(rows), []
    if own.failing:  # a layout alone leaves every number right
        singles = single_explanations(own, reference, shape, purse)
        rows += [(e.rank, finding(e.candidate), e.numbers) for e in singles]
    by_accident = all(holds_one_entry(e.candidate, own.claims) for e in singles)
    rows += slips(own, reference, unusual=by_accident and not conventional, lone=not rows)
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
        activation=candidate.variant.activation,
        told=candidate.variant.told,
    )


def arrangement(convention: Found, claims: Claims) -> Finding:
    """A convention as an answer; of a constant it is said what has it."""
    told = None
    if convention.scaled:
        names = " and ".join(QUANTITY_WORDS[q] for q in QUANTITIES if q in convention.scaled)
        rest = any(key[0] not in convention.scaled for key in claims)
        others = "; everything else that is claimed is right" if rest else ""
        lead = "Right for another cost" if "cost" in convention.scaled else "Right but for a factor"
        told = (
            f"{lead}: one constant is in every number of {names}{others}.",
            f"Take the constant out of {names}: {SCALED.remedy}",
        )
    return Finding(convention.slug, "convention", convention.layers, convention.factor, told=told)


def rank_of(convention: Found, claims: Claims) -> float:
    """A factor that nobody would have meant is a free number.

    So is one in the gradients alone where the error or the cost that they come from is right: then
    it is no other cost.
    """
    meant = convention.factor is None or is_nice(convention.factor)
    late = bool(convention.scaled) and convention.scaled <= GRADIENTS
    if late and any(key[0] in ("cost", "delta") for key in claims):
        meant = False
    return CONVENTION_RANK if meant else FACTOR_RANK


def slips(own: Carried, reference: Workings, unusual: bool, lone: bool) -> list[Row]:
    """Typos, as one finding at the equation of the first mistyped quantity.

    `unusual` ones, entries that are just off or all off in the same way, explain anything; those
    that are just off are a slip only if they stand `lone`, with no other explanation.
    """
    found = typos(own.claims, reference)
    kinds = [typo.kind for typo in found]
    usual = set(kinds) <= set(USUAL) and (len(kinds) == 1 or len(set(kinds)) > 1)
    if not found or not (usual or (unusual and (lone or "other" not in kinds))):
        return []
    layers = tuple(sorted({typo.key[1] for typo in found}))
    equation = equation_of(found[0].key, reference.depth)
    return [(TYPO_RANK, Finding("entry-typo", equation, layers, entries=tuple(found)), None)]


def equation_of(key: tuple[str, int], depth: int) -> str:
    """The equation that makes a quantity."""
    return EQUATION_OF[next(p[0] for p in order_of_computation(depth) if key_of(p) == key)]


def several(candidates: list[Candidate]) -> Finding:
    """Mistakes that explain the claims together, under the one that the computation meets first."""
    findings: dict[tuple[str, str, float | None], Finding] = {}
    for candidate in sorted(candidates, key=meets):
        found = finding(candidate)
        at = found.mistake, found.equation, found.number
        layers = {*found.layers, *(findings[at].layers if at in findings else ())}
        findings[at] = replace(found, layers=tuple(sorted(layers)))
    first, *others = findings.values()
    return replace(first, together_with=tuple(others))


def meets(candidate: Candidate) -> int:
    """When the computation meets the mistake first."""
    return min(ORDER.index(name) for name, _ in candidate.places)


def unrecognised(own: Carried, reference: Workings) -> Finding:
    """Where the numbers first leave the right path.

    An error δ that nobody claims shows in both gradients of its layer. A right number that does not
    follow from a wrong one before it was not computed from that one.
    """
    depth = reference.depth
    wrong = {k for k in own.claims if not fits(own.claims[k], as_bounded(reference, k)).all()}
    off = [p for p in order_of_need(depth) if key_of(p) in wrong and p in own.failing]
    if not off:
        off = [p for p in order_of_need(depth) if key_of(p) in wrong]
    name, l = off[0]
    if name == "bp3" and ("bp4", l) in off and ("delta", l) not in own.claimed:
        return Finding("unrecognised", "BP1" if l == depth else "BP2", (l,))
    equation = EQUATION_OF[name]
    layers = {l for name, l in off if EQUATION_OF[name] == equation}
    return Finding("unrecognised", equation, tuple(sorted(layers)))
