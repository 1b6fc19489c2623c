"""Error carried forward: does each equation hold on the claimant's own numbers?

An ingredient that is claimed is taken as claimed, right or wrong; one that is not is the right one,
if everything upstream of it that was claimed is right; else the equation cannot be tested.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

import numpy as np

from core.arrays import Numbers
from core.backprop import CHAPTER
from core.forward import Workings
from core.layers import Layers
from core.rounding.activations import BoundedActivation
from core.rounding.bounded import Bounded
from core.rounding.outputs import TextbookOutput
from core.verdict.candidates import Place, ingredients, key_of, order_of_computation
from core.verdict.claims import Claimed, Claims, Key, quantity_of, set_quantity
from core.verdict.judgement import fit_each, fits, upstream
from core.verdict.mistakes.outputs import opened
from core.verdict.mistakes.table import EQUATION_OF

Outcome = Literal["holds", "fails", "untested"]


@dataclass(frozen=True)
class Tested:
    """An equation of one layer, and the places in it that failed."""

    equation: str
    layer: int
    verdict: Outcome
    failed: tuple[Place, ...]


@dataclass(frozen=True)
class OwnNumbers:
    """Workings whose ingredients are the claimant's own, and which of them stand."""

    w: Workings
    known: frozenset[Key]
    claims: Claims


def own_numbers(claims: Claims, reference: Workings, right: frozenset[Key]) -> OwnNumbers:
    """The claimant's numbers with right ones where nothing is claimed; `right`: keys that fit."""
    w = reference.copy()
    w.output = opened(reference).textbook()
    known = set()
    for place in order_of_computation(reference.depth):
        key = key_of(place)
        claim = claims.get(key)
        if claim is not None:
            set_quantity(w, key, with_claims(quantity_of(reference, key), claim))
        whole = claim is not None and bool(claim.mask.all())
        if whole or all(k in right for k in upstream(key, reference.depth)):
            known.add(key)
    return OwnNumbers(w, frozenset(known), claims)


def with_claims(bounded: Bounded, claim: Claimed) -> Bounded:
    """The claimed entries as ingredients: what the claimant went on with may be unrounded."""
    finite = np.isfinite(claim.values)
    values = np.where(finite, claim.values, 0.0)
    error = np.where(finite, bounded.precision.written(np.abs(values)), np.inf)
    return Bounded(
        np.where(claim.mask, values, bounded.value),
        np.where(claim.mask, error, bounded.error),
        bounded.precision,
    )


def equations_on(own: OwnNumbers) -> list[Tested]:
    """Every equation of every layer, in the order of the computation."""
    places: dict[tuple[str, int], list[Place]] = {}
    for place in order_of_computation(own.w.depth):
        places.setdefault((EQUATION_OF[place[0]], place[1]), []).append(place)
    with np.errstate(all="ignore"):
        outcomes = outcomes_on(own)
    return [tested(outcomes, *at, here) for at, here in places.items()]


def tested(
    outcomes: Mapping[Place, Outcome], equation: str, layer: int, places: list[Place]
) -> Tested:
    """One equation: fails if any of its places does, holds if one does and none fails."""
    found = {place: outcomes.get(place, "untested") for place in places}
    failed = tuple(place for place, verdict in found.items() if verdict == "fails")
    if failed:
        return Tested(equation, layer, "fails", failed)
    verdict: Outcome = "holds" if "holds" in found.values() else "untested"
    return Tested(equation, layer, verdict, ())


def outcomes_on(own: OwnNumbers) -> dict[Place, Outcome]:
    """Of every place that can be tested; the usual results of all are compared at once."""
    usual, others = {}, {}
    for place in order_of_computation(own.w.depth):
        claim = own.claims.get(key_of(place))
        if claim is not None and np.count_nonzero(claim.mask):
            others[place] = results(own, place)
            for first in islice(others[place], 1):
                usual[place] = claim, first
    within = fit_each(usual)
    return {
        place: outcome(claim, first, bool(within[place].all()), others[place])
        for place, (claim, first) in usual.items()
    }


def outcome(claim: Claimed, first: Bounded, fit: bool, others: Iterator[Bounded]) -> Outcome:
    """Whether the claimed result of a place follows from the claimant's own ingredients: from the
    `first` option, which it `fit` or not, or from one of the others.
    """
    fails = says_something(first)
    if fails and fit:
        return "holds"
    for option in filter(says_something, others):
        if fits(claim, option).all():
            return "holds"
        fails = True
    return "fails" if fails else "untested"


def says_something(option: Bounded) -> bool:
    """Whether any entry has a finite bound."""
    return bool(np.count_nonzero(np.isfinite(option.error)))


def results(own: OwnNumbers, place: Place) -> Iterator[Bounded]:
    """What the right equation gives on own numbers: σ′ from z and, where a is claimed, from a; and
    where σ′ cancels out of δ(L), the chain rule as it stands.
    """
    name, l = place
    equation = getattr(CHAPTER, name)
    for w in prepared(own, place):
        yield equation(w, l).written()
    w, output, known = own.w, own.w.output, {("z", l), ("a", l)} <= own.known
    if name == "bp1" and known and isinstance(output, TextbookOutput) and output.shortened:
        yield output.by_chain_rule(w.z[l], w.a[l], w.y).written()


def prepared(own: OwnNumbers, place: Place) -> Iterator[Workings]:
    """The workings to evaluate a place on, the usual first; none if an ingredient is missing."""
    name, l = place
    if name == "activation" and own.claims.get(("z", l)) is None:
        yield from unstored_weighted_input(own, l)
        return
    missing = {key for key in ingredients(place, own.w.depth) if key not in own.known}
    if name == "cost":
        missing.discard(("z", l))
    if name not in ("bp1", "bp2"):
        if not missing:
            yield own.w
        return
    if any(key[0] == "delta" for key in missing) or (name == "bp1" and ("a", l) in missing):
        return
    if ("z", l) not in missing:
        yield own.w
    yield from slopes_from_activation(own, l)


def unstored_weighted_input(own: OwnNumbers, l: int) -> list[Workings]:
    """z(l) was not claimed: a(l) has to follow from a(l−1) directly."""
    if l > 1 and ("a", l - 1) not in own.known:
        return []
    w = replace(own.w, z=dict(own.w.z))
    w.z[l] = CHAPTER.weighted_input(w, l).written()
    return [w]


def slopes_from_activation(own: OwnNumbers, l: int) -> list[Workings]:
    """σ′ computed from the claimed a(l), where that is a usual route."""
    if own.claims.get(("a", l)) is None or ("a", l) not in own.known:
        return []
    slope = own.w.sigma[l].from_activation(own.w.a[l])
    if slope is None:
        return []
    sigma = list(own.w.sigma)
    sigma[l - 1] = GivenSlope(own.w.sigma[l], slope.written())
    w = replace(own.w, sigma=Layers(sigma))
    if l == w.depth:
        w.output = opened(w).after(sigma[l - 1])
    return [w]


class GivenSlope(BoundedActivation):
    """An activation whose σ′ is known already."""

    def __init__(self, like: BoundedActivation, slope: Bounded) -> None:
        super().__init__(like.sigma, like.ulps)
        self.slope = slope

    def derivative(self, z: Bounded) -> Numbers:
        return self.slope
