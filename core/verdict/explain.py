"""Does a mistake explain the claims? If it reproduces every claimed number within its bound."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.arrays import Array
from core.forward import Workings
from core.rounding.bounded import Bounded
from core.verdict.candidates import Candidate, affected, key_of, place_sets
from core.verdict.carried import Carried, reproduces
from core.verdict.claims import Claimed, Claims, Key
from core.verdict.effects import at_work
from core.verdict.judgement import as_bounded, ratios
from core.verdict.parameters import digits_of, with_parameter
from core.verdict.rerun import rerun
from core.verdict.shapes import Shape, standing

SWALLOWS = 0.25
"""Bounds as wide as this part of the numbers, where the right ones are far narrower, would
explain anything, and so explain nothing: a relu' at an ambiguous 0 is any slope."""
FAR_NARROWER = 8.0

ELSEWHERE = 1  # a mistake in some places only is less simple than the same everywhere
PARAMETER = 2  # a free number explains more: it ranks behind one formula in one layer

FEWEST_HELD = 2  # entries at a limit; the largest claim is always at one

FEW_VARIANTS = 2  # formulas of one slug
SIMILAR = 4.0  # bits of tightness

NO_WIDTH = -60.0
"""log₂ of a width that is none: beyond float64's 53 bits."""


Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Explanation:
    """A candidate that reproduces the claims, and how tightly: log₂ of its bounds over the numbers.

    `misfit`: how far the claims are from its numbers, in bounds, on average. `numbers`: what it
    predicts for the claimed entries that it changes, and the right ones elsewhere.
    """

    candidate: Candidate
    rank: int
    looseness: float
    misfit: float
    numbers: Array


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


def single_explanations(
    own: Carried, reference: Workings, shape: Shape, budget: Budget
) -> list[Explanation]:
    """Every single mistake that explains the claims, simplest first, then tightest."""
    found = []
    for candidate, rank in candidates(shape):
        if not reaches(candidate, own):
            continue
        if not budget.spend():
            break
        explanation = explains(candidate, rank, own, reference)
        if explanation is not None:
            found.append(explanation)
    return sorted(found, key=simplicity)


def simplicity(e: Explanation) -> tuple[float, ...]:
    """What sorts explanations: rank, digits of the number in them, how tightly they fit, how many
    others the slug stands for.

    Some number explains any single entry, but people choose 0.05, not 1.3267. A slug with many
    formulas has one that fits a few rounded numbers by accident. A few bits of tightness are no
    evidence against that.
    """
    many = len(e.candidate.mistake.variants) > FEW_VARIANTS
    return (
        e.rank,
        digits_within(e.candidate),
        e.looseness // SIMILAR,
        many,
        round(e.looseness),
        e.misfit,
    )


def digits_within(candidate: Candidate) -> int:
    """How many digits the number in the mistake has; 0 where there is none."""
    return 0 if candidate.parameter is None else digits_of(float(candidate.parameter.value))


def holds_one_entry(candidate: Candidate, claims: Claims) -> bool:
    """Whether this is a limit that a single claimed entry has: any wrong entry looks like that."""
    if candidate.variant.parameter != "limit":
        return False
    limit: Bounded = candidate.parameter
    least = limit.value - limit.error - limit.precision.written(limit.value)
    parts = (claims.get(key_of(place)) for place in candidate.places)
    held = (np.abs(claim.values[claim.mask]) >= least for claim in parts if claim is not None)
    return sum(int(np.count_nonzero(here)) for here in held) < FEWEST_HELD


def candidates(shape: Shape) -> Iterator[tuple[Candidate, int]]:
    """The whole catalogue everywhere, then at every smaller set of places; with its rank."""
    smaller = []
    for one in standing(shape):
        sets = place_sets(one.variant, one.places)
        rank = PARAMETER if one.variant.parameter else 0
        yield Candidate(one.mistake, one.variant, next(sets)), rank
        smaller.append((one, sets, rank + ELSEWHERE))
    for one, sets, rank in smaller:
        for where in sets:
            yield Candidate(one.mistake, one.variant, where), rank


def reaches(candidate: Candidate, own: Carried) -> bool:
    """Whether the mistake changes all that does not follow from the claimant's own numbers.

    A place that fails where its ingredients are claimed has to hold the mistake itself.
    """
    return own.failing.issubset(affected(candidate.touched(own.w.depth), own.w.depth, own.held))


def explains(
    candidate: Candidate, rank: int, own: Carried, reference: Workings
) -> Explanation | None:
    """The candidate with its number found, if it reproduces the claims.

    On the claimant's own numbers first, which takes few steps; then from the given data on.
    """
    complete = with_parameter(candidate, own)
    if complete is None or (own.own and not follows(complete, own)):
        return None
    claims = own.claims
    widths, misfits, predicted = [], [], {}
    for key, value in rerun(reference, complete, own.claimed):
        claim = claims.get(key)
        if claim is None or not claim.mask.any():
            continue
        if not reproduces(claim, value):
            return None
        if key[0] != "cost" and swallows(value, as_bounded(reference, key), claim):
            return None
        width = relative_width(value, as_bounded(reference, key), claim.mask)
        widths.append(np.log2(width) if 0 < width < np.inf else NO_WIDTH)
        misfits.append(float(ratios(claim, value)[claim.mask].mean()))
        predicted[key] = value
    numbers = claimed_numbers(claims, reference, predicted)
    looseness, misfit = (float(np.mean(x)) if x else 0.0 for x in (widths, misfits))
    return Explanation(at_work(complete, own), rank, looseness, misfit, numbers)


def follows(candidate: Candidate, own: Carried) -> bool:
    """Whether what the mistake makes of the claimant's own numbers is what he claims."""
    return all(
        reproduces(own.claims[key], value)
        for key, value in rerun(own.w, candidate, own.claimed, own.held)
        if key in own.claims.layers
    )


def swallows(value: Bounded, right: Bounded, claim: Claimed) -> bool:
    """Whether the bounds are so wide that anything would lie within."""
    given = claim.mask & np.isfinite(claim.values) & np.isfinite(right.error)
    if not np.isfinite(value.error[given]).all():
        return True
    width, narrow = relative_width(value, right, given), relative_width(right, right, given)
    return width > SWALLOWS and width > FAR_NARROWER * narrow


def claimed_numbers(claims: Claims, reference: Workings, predicted: Mapping[Key, Bounded]) -> Array:
    """What is predicted for every claimed entry, in one row; right where nothing else is."""
    rows = [
        (predicted[key] if key in predicted else as_bounded(reference, key)).value[claims[key].mask]
        for key in claims
    ]
    return np.concatenate([np.ravel(row) for row in rows])


def relative_width(bounded: Bounded, right: Bounded, entries: Mask) -> float:
    """The mean bound of these entries over the largest of them, here or where they are right."""
    sizes = np.maximum(np.abs(bounded.value), np.abs(right.value))[entries]
    largest = float(sizes.max(initial=0.0))
    return float(bounded.error[entries].mean()) / largest if largest > 0 else 0.0
