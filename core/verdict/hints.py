"""Numbers that no mistake gives, but that are right more coarsely, or for another cost."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from core.costs import COSTS
from core.forward import Workings
from core.network import Batch
from core.rounding.precision import FLOAT32, Precision, decimals
from core.rounding.reference import bounded_workings
from core.verdict.carried import Carried
from core.verdict.claims import Claims
from core.verdict.explain import Budget, relative_width
from core.verdict.judgement import as_bounded, fits
from core.verdict.parameters import precision_of

COARSER = (FLOAT32, *(decimals(count) for count in range(8, 1, -1)))
"""Finest first: what calculations are carried out in, and what people round to on the way."""

VAGUE = 0.1  # bounds as wide as this part of the numbers: to be right within them says little

Told = tuple[str, str]
"""Explanation and remedy."""


def hint(own: Carried, plain: Workings, budget: Budget) -> Told | None:
    """What the claims are right for, if for anything; None too where the budget is spent."""
    readings = chain(coarser(plain, budget), other_costs(plain, precision_of(own), budget))
    return next((told for told, w in readings if agrees(own.claims, w)), None)


def coarser(plain: Workings, budget: Budget) -> Iterator[tuple[Told, Workings]]:
    """The same network, rounded at every step."""
    for precision in COARSER:
        if not budget.spend():
            return
        words = f"to {precision.decimals} decimals" if precision.decimals else "in float32"
        told = (
            f"No catalogued mistake gives these numbers; all are right {words}, and no better.",
            "Keep all digits on the way and round at the end, or state the precision you work in.",
        )
        yield told, bounded_workings(plain.network, batch_of(plain), precision)


def other_costs(
    plain: Workings, precision: Precision, budget: Budget
) -> Iterator[tuple[Told, Workings]]:
    """The same layers, judged by another cost."""
    asked = plain.network.cost.name
    for name, kind in COSTS.items():
        if name == asked:
            continue
        if not budget.spend():
            return
        told = (
            f"No catalogued mistake gives these numbers; all are right for another cost, {name}.",
            f"Use the cost that the network names, {asked}.",
        )
        other = replace(plain.network, cost=kind())
        yield told, bounded_workings(other, batch_of(plain), precision)


def batch_of(plain: Workings) -> Batch:
    """The examples that were worked on."""
    return Batch.of(plain.a[0], plain.y)


def agrees(claims: Claims, w: Workings) -> bool:
    """Whether every claim lies within its bound, and the bounds leave something to be wrong."""
    parts = ((claims[key], as_bounded(w, key)) for key in claims)
    return all(
        fits(claim, value).all() and relative_width(value, value, claim.mask) <= VAGUE
        for claim, value in parts
    )
