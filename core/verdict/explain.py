"""Does a mistake explain the claims? It does if it reproduces every claimed number within its bound."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.forward import Workings
from core.rounding.bounded import Bounded
from core.verdict.candidates import Candidate, feasible_places, key_of, place_sets
from core.verdict.claims import Claimed, Claims, Key
from core.verdict.judgement import as_bounded, fits
from core.verdict.mistakes.table import CATALOGUE
from core.verdict.parameters import with_parameter
from core.verdict.rerun import affected, rerun

SWALLOWS = 0.25
"""Bounds as wide as this part of the numbers themselves, where the right ones are far narrower, would
explain anything, and so explain nothing: a relu' at an ambiguous 0 is any slope."""
FAR_NARROWER = 8.0


@dataclass(frozen=True)
class Explanation:
    """A candidate that reproduces the claims, and how tightly: log₂ of its bounds over the numbers.

    `numbers`: what it predicts for the claimed entries that it changes, and the right ones elsewhere.
    """

    candidate: Candidate
    rank: int
    looseness: float
    numbers: Array


def single_explanations(
    claims: Claims, reference: Workings, plain: Workings, budget: "Budget"
) -> list[Explanation]:
    """Every single mistake that explains the claims, simplest first, then tightest."""
    failing = {key for key in claims if not fits(claims[key], as_bounded(reference, key)).all()}
    found = []
    for candidate, rank in candidates(plain):
        changed = {key_of(place) for place in affected(candidate, reference.depth)}
        if not failing <= changed or not budget.spend():
            continue
        explanation = explains(candidate, rank, claims, reference)
        if explanation is not None:
            found.append(explanation)
    return sorted(found, key=lambda e: (e.rank, round(e.looseness)))


PARAMETER = 2  # a free number explains more: it ranks behind one formula in one layer


def candidates(plain: Workings) -> Iterator[tuple[Candidate, int]]:
    """The whole catalogue at every set of places; the rank counts 0 for everywhere, 1, 2 … for less."""
    for mistake in CATALOGUE:
        for variant in mistake.variants:
            places = feasible_places(variant, plain)
            for rank, where in enumerate(place_sets(variant, places)):
                yield Candidate(mistake, variant, where), min(rank, 1) + PARAMETER * bool(variant.parameter)


def explains(
    candidate: Candidate, rank: int, claims: Claims, reference: Workings
) -> Explanation | None:
    """The candidate with its number found, if it reproduces the claims."""
    complete = with_parameter(candidate, reference, claims)
    if complete is None:
        return None
    widths, predicted = [], {}
    for key, value in rerun(reference, complete):
        claim = claims.get(key)
        if claim is None or not claim.mask.any():
            continue
        if not fits(claim, value).all():
            return None
        right = as_bounded(reference, key)
        width, narrow = (relative_width(x, right, claim) for x in (value, right))
        if width > SWALLOWS and width > FAR_NARROWER * narrow:
            return None
        widths.append(np.log2(width) if width > 0 else NO_WIDTH)
        predicted[key] = value
    looseness = float(np.mean(widths)) if widths else 0.0
    return Explanation(complete, rank, looseness, claimed_numbers(claims, reference, predicted))


def claimed_numbers(
    claims: Claims, reference: Workings, predicted: Mapping[Key, Bounded]
) -> Array:
    """What is predicted for every claimed entry, in one row; right where nothing else is."""
    rows = [
        (predicted[key] if key in predicted else as_bounded(reference, key)).value[claims[key].mask]
        for key in claims
    ]
    return np.concatenate([np.ravel(row) for row in rows])


NO_WIDTH = -60.0
"""log₂ of a width that is none: beyond float64's 53 bits."""


def relative_width(bounded: Bounded, right: Bounded, claim: Claimed) -> float:
    """The mean bound of the claimed entries over the largest of them, here or where they are right."""
    error = bounded.error[claim.mask]
    sizes = np.maximum(np.abs(bounded.value), np.abs(right.value))[claim.mask]
    largest = float(sizes.max(initial=0.0))
    return float(error.mean()) / largest if largest > 0 else 0.0


@dataclass
class Budget:
    """How many candidates a diagnosis may still try; counted, not timed, so that answers repeat."""

    left: int
    exhausted: bool = False

    def spend(self) -> bool:
        """Whether one more may be tried."""
        self.left -= 1
        self.exhausted = self.exhausted or self.left < 0
        return self.left >= 0
