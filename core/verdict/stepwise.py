"""Several mistakes at once: from the first step to the last, the simplest mistake that fits each.

The sweep is run again on the claimant's own numbers. Where claims first leave the path, every
mistake that can stand there is tried; the one that brings them back stays in the workings, and the
sweep goes on. What is not claimed itself (δ, often) is judged by the first claims that it reaches.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.backprop import CHAPTER
from core.forward import Workings
from core.rounding.bounded import Bounded
from core.verdict.candidates import (
    NOT_APPLICABLE,
    Candidate,
    Place,
    key_of,
    mistaken_at,
    order_of_need,
    place_sets,
)
from core.verdict.carried import Carried, reproduces
from core.verdict.claims import Key, set_quantity
from core.verdict.effects import at_work
from core.verdict.explain import Budget
from core.verdict.parameters import (
    as_number,
    evidence,
    largest_size,
    precision_of,
    through_evidence,
    zero_and_one,
)
from core.verdict.rerun import rerun, started
from core.verdict.shapes import Shape, Standing, standing

TOGETHER_MAX = 2  # mistakes between two claimed quantities; more could explain anything

FORWARD = ("weighted_input", "activation")


class Chosen(NamedTuple):
    """A variant (by its row in the catalogue), where it stands, and its number if it has one."""

    row: int
    place: Place
    number: Bounded | None


def stepwise(own: Carried, shape: Shape, budget: Budget) -> list[Candidate] | None:
    """Mistakes, one for each step that needs one, which together reproduce the claims; or None."""
    search = Search(own, standing(shape), budget)
    return search.from_workings(own.w) or search.after_unclaimed_forward()


@dataclass
class Search:
    """What may be tried."""

    own: Carried
    variants: tuple[Standing, ...]
    budget: Budget

    def from_workings(self, base: Workings, but: tuple[str, ...] = ()) -> list[Candidate] | None:
        """Every step settled, on these numbers; `but`: what stays as it is there."""
        w = base.copy()
        found: list[Chosen] = []
        with np.errstate(all="ignore"):
            for step in self.steps(but):
                chosen = self.settle(w, step, {c.row for c in found})
                if chosen is None:
                    return None
                found += chosen
        return self.merged(found)

    def after_unclaimed_forward(self) -> list[Candidate] | None:
        """The same after one mistake in a forward pass of which nothing is claimed."""
        if any(key[0] in ("z", "a") for key in self.own.claims):
            return None
        for one in self.variants:
            if one.places[0][0] not in FORWARD:
                continue
            for where in place_sets(one.variant, one.places):
                candidate = Candidate(one.mistake, one.variant, where)
                w = self.mended(candidate)
                others = None if w is None else self.from_workings(w, FORWARD)
                if others is not None:
                    return [at_work(candidate, self.own), *others]
        return None

    def mended(self, candidate: Candidate) -> Workings | None:
        """Workings with the mistake, if one of the first two claims it changes comes right."""
        if not self.budget.spend():
            return None
        w, come_right = started(self.own.w, candidate), []
        for key, value in rerun(self.own.w, candidate, self.own.claimed):
            set_quantity(w, key, value)
            if key in self.own.claimed:
                come_right.append(reproduces(self.own.claims[key], value))
            if come_right == [False, False]:
                return None
        return w if any(come_right) else None

    def steps(self, but: tuple[str, ...]) -> Iterator[list[Place]]:
        """What is settled together: up to a claimed result; δ with its gradients."""
        step: list[Place] = []
        for place in order_of_need(self.own.w.depth):
            if place[0] in but:
                continue
            step.append(place)
            if self.is_last(place):
                yield step
                step = []
        yield step

    def is_last(self, place: Place) -> bool:
        """Whether what follows this place can be settled by itself."""
        name, l = place
        claimed = self.own.claims.layers
        if name in ("bp3", "bp4"):
            gradients = ("bias_gradients", l) in claimed or ("weight_gradients", l) in claimed
            return ("delta", l) in self.own.held or (name == "bp4" and gradients)
        return name == "cost" or key_of(place) in self.own.held

    def settle(self, w: Workings, step: list[Place], met: set[int]) -> list[Chosen] | None:
        """The fewest mistakes of one step, carried out in the workings; None where nothing fits."""
        for most in range(min(TOGETHER_MAX, len(step)) + 1):
            chosen = self.carried_out(w, step, most, met)
            if chosen is not None:
                return chosen
        return None

    def carried_out(
        self, w: Workings, step: list[Place], most: int, met: set[int]
    ) -> list[Chosen] | None:
        """The step with so many mistakes at most; none where the right result fits."""
        if not step:
            return []
        place, *rest = step
        value = getattr(CHAPTER, place[0])(w, place[1]).written()
        if self.accepts(key_of(place), value):
            others = self.onward(w, place, value, rest, most, met)
            if others is not None or key_of(place) in self.own.claims.layers:
                return others
        for chosen, value in self.mistakes(w, place, met) if most else ():
            if self.accepts(key_of(place), value):
                others = self.onward(w, place, value, rest, most - 1, met)
                if others is not None:
                    return [chosen, *others]
        return None

    def onward(
        self, w: Workings, place: Place, value: Bounded, rest: list[Place], most: int, met: set[int]
    ) -> list[Chosen] | None:
        """Keep the value, unless the claimant's own stands there, and go on."""
        if key_of(place) not in self.own.held:
            set_quantity(w, key_of(place), value)
        return self.carried_out(w, rest, most, met)

    def mistakes(
        self, w: Workings, place: Place, met: set[int]
    ) -> Iterator[tuple[Chosen, Bounded]]:
        """Every variant that can stand here, with its result; those met before come first."""
        rows = [row for row, one in enumerate(self.variants) if place in one.places]
        for row in sorted(rows, key=lambda row: (row not in met, self.has_number(row))):
            if not self.budget.spend():
                return
            try:
                number = self.number(w, row, place)
                if number is None and self.has_number(row):
                    continue
                value = mistaken_at(self.variants[row].variant, w, place, number).written()
            except NOT_APPLICABLE:
                continue
            yield Chosen(row, place, number), value

    def has_number(self, row: int) -> bool:
        """Whether the variant has a free number in it."""
        return self.variants[row].variant.parameter is not None

    def number(self, w: Workings, row: int, place: Place) -> Bounded | None:
        """The free number, from the claims of this very place; None where there are none."""
        variant, claim = self.variants[row].variant, self.own.claims.get(key_of(place))
        if variant.parameter is None or claim is None:
            return None
        precision = precision_of(self.own)
        if variant.parameter == "limit":
            return as_number((largest_size(self.own.claims, key_of(place)), 0.0), precision)
        zero, one = (mistaken_at(variant, w, place, x).written() for x in zero_and_one(precision))
        found = through_evidence([evidence(claim, zero, one)])
        return None if found is None else as_number(found, precision)

    def accepts(self, key: Key, value: Bounded) -> bool:
        """Whether the claims of a key, if any, lie within."""
        claim = self.own.claims.get(key)
        return claim is None or reproduces(claim, value)

    def merged(self, found: list[Chosen]) -> list[Candidate]:
        """One candidate for each variant and number, at all its places."""
        together: dict[tuple[int, float | None], list[Chosen]] = {}
        for one in found:
            number = None if one.number is None else float(one.number.value)
            together.setdefault((one.row, number), []).append(one)
        return [
            Candidate(
                self.variants[row].mistake,
                self.variants[row].variant,
                frozenset(one.place for one in members),
                members[0].number,
            )
            for (row, _), members in together.items()
        ]
