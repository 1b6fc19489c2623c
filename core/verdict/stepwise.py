"""Several mistakes at once: from the first step to the last, the simplest mistake that fits each.

The sweep is run again place by place. Where claims first leave the path, every mistake that can
stand there is tried; the one that brings them back stays in the workings, and the sweep goes on from
its numbers. What is not claimed itself (δ, often) is judged by the first claims that it reaches.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from core.backprop import CHAPTER
from core.forward import Workings
from core.rounding.bounded import Bounded
from core.verdict.candidates import (
    NOT_APPLICABLE,
    Candidate,
    Place,
    feasible_places,
    key_of,
    mistaken_at,
)
from core.verdict.claims import Claims, Key, set_quantity
from core.verdict.explain import Budget
from core.verdict.judgement import fits
from core.verdict.mistakes.table import CATALOGUE, Variant
from core.verdict.rerun import started

Step = list[Place]


def stepwise(
    claims: Claims, reference: Workings, plain: Workings, budget: Budget
) -> list[Candidate] | None:
    """Mistakes, one for each step that needs one, which together reproduce the claims; or None."""
    search = Search(claims, available(plain), budget)
    w = started(reference, Candidate(CATALOGUE[0], CATALOGUE[0].variants[0], frozenset()))
    found: list[tuple[int, Place]] = []
    with np.errstate(all="ignore"):
        for step in steps(reference.depth):
            chosen = search.settle(w, step, [number for number, _ in found])
            if chosen is None:
                return None
            found += chosen
    return merged(search.variants, found)


def steps(depth: int) -> Iterator[Step]:
    """What is settled together: z and a of a layer; the cost; δ and both gradients of a layer."""
    for l in range(1, depth + 1):
        yield [("weighted_input", l), ("activation", l)]
    yield [("cost", depth)]
    for l in range(depth, 0, -1):
        yield [("bp1" if l == depth else "bp2", l), ("bp3", l), ("bp4", l)]


Numbered = tuple[int, Variant, frozenset[Place]]


def available(plain: Workings) -> list[Numbered]:
    """Every variant without a free number, its row in the catalogue, and where it can stand."""
    return [
        (row, variant, frozenset(feasible_places(variant, plain)))
        for row, mistake in enumerate(CATALOGUE)
        for variant in mistake.variants
        if variant.parameter is None and variant.activation is None
    ]


@dataclass
class Search:
    """What may be tried."""

    claims: Claims
    variants: list[Numbered]
    budget: Budget

    def settle(
        self, w: Workings, step: Step, favourites: list[int]
    ) -> list[tuple[int, Place]] | None:
        """The mistakes of one step, carried out in the workings; None where nothing fits."""
        for choice in self.choices(w, step, favourites):
            places = {place: number for number, place in choice}
            if self.carried_out(w, step, places):
                return choice
        return None

    def choices(
        self, w: Workings, step: Step, favourites: list[int]
    ) -> Iterable[list[tuple[int, Place]]]:
        """No mistake; one; one in each of two places. Variants met before come first."""
        yield []
        ones = [
            (number, place)
            for place in step
            for number, (_, _, places) in enumerate(self.variants)
            if place in places
        ]
        ones.sort(key=lambda one: one[0] not in favourites)
        for one in ones:
            yield [one]
        for i, first in enumerate(ones):
            for second in ones[i + 1 :]:
                if first[1] != second[1]:
                    yield [first, second]

    def carried_out(self, w: Workings, step: Step, chosen: dict[Place, int]) -> bool:
        """Recompute the step with these mistakes; whether all its claims fit."""
        if chosen and not self.budget.spend():
            return False
        for place in step:
            number = chosen.get(place)
            try:
                value = (
                    getattr(CHAPTER, place[0])(w, place[1])
                    if number is None
                    else mistaken_at(self.variants[number][1], w, place, None)
                ).written()
            except NOT_APPLICABLE:
                return False
            if not self.fits(key_of(place), value):
                return False
            set_quantity(w, key_of(place), value)
        return True

    def fits(self, key: Key, value: Bounded) -> bool:
        """Whether the claims of a key, if any, lie within."""
        claim = self.claims.get(key)
        return claim is None or bool(fits(claim, value).all())


def merged(variants: list[Numbered], found: list[tuple[int, Place]]) -> list[Candidate]:
    """One candidate for each variant, at all its places, in the order of the computation."""
    places: dict[int, set[Place]] = {}
    for number, place in found:
        places.setdefault(number, set()).add(place)
    return [
        Candidate(CATALOGUE[variants[n][0]], variants[n][1], frozenset(where))
        for n, where in places.items()
    ]
