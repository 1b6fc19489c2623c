"""Where a mistake is at work: the places whose numbers it changes beyond their rounding.

Formulas coincide here and there: relu passes on what is positive, the identity has σ′ = 1 wherever
it is taken. A mistake that fits the claims is told only where it does something to them.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from core.arrays import Numbers
from core.backprop import CHAPTER
from core.forward import Workings
from core.rounding.bounded import Bounded
from core.verdict.candidates import (
    NOT_APPLICABLE,
    Candidate,
    Place,
    key_of,
    leading_to,
    made_at,
)
from core.verdict.carried import Carried
from core.verdict.claims import set_quantity
from core.verdict.mistakes.arithmetic import activation_like, as_code
from core.verdict.rerun import rerun, started


def at_work(candidate: Candidate, own: Carried) -> Candidate:
    """The candidate at those of its places where it changes a number that reaches the claims.

    The numbers that enter there are the claimant's own, or what the mistake made of them. A
    candidate that is nowhere at work is left as it is.
    """
    if len(candidate.places) < 2:
        return candidate
    w, wanted = mistaken_workings(candidate, own), leading_to(own.claimed, own.w.depth)
    with np.errstate(all="ignore"):
        working = frozenset(
            place
            for place in candidate.places
            if key_of(place) in wanted and makes_a_difference(candidate, place, w, own.w)
        )
    return replace(candidate, places=working) if working else candidate


def mistaken_workings(candidate: Candidate, own: Carried) -> Workings:
    """The claimant's numbers with the mistake's where nothing is claimed."""
    w = started(own.w, candidate)
    for key, value in rerun(own.w, candidate, own.claimed, own.held):
        if key not in own.held:
            set_quantity(w, key, value)
    return w


def makes_a_difference(candidate: Candidate, place: Place, w: Workings, right: Workings) -> bool:
    """Whether the mistake's result here is outside the bound of the right equation's."""
    try:
        return any(not within(wrong, usual) for wrong, usual in results(candidate, place, w, right))
    except NOT_APPLICABLE:
        return True


def results(
    candidate: Candidate, place: Place, w: Workings, right: Workings
) -> Iterator[tuple[Numbers, Numbers]]:
    """What the mistake makes here, and what the right equation makes of the same numbers.

    Another activation is at work in a, or in the σ′ of the way back.
    """
    name, l = place
    variant = candidate.variant
    if variant.activation:
        z = w.z[l]
        mistaken, usual = as_code(activation_like(z, variant.activation)), as_code(right.sigma[l])
        yield mistaken(z), usual(z)
        yield mistaken.derivative(z), usual.derivative(z)
    else:
        wrong = made_at(variant, w, place, candidate.parameter)
        yield wrong, getattr(CHAPTER, name)(w, l)


def within(wrong: Numbers, usual: Numbers) -> bool:
    """Whether nobody could tell the wrong numbers from the right ones as they are written."""
    if not (isinstance(wrong, Bounded) and isinstance(usual, Bounded)):
        return bool(np.array_equal(wrong, usual))
    usual = usual.written()
    return bool((np.abs(wrong.value - usual.value) <= usual.error).all())
