"""The sweep run again with a mistake in it, from where the mistake first matters."""

from collections.abc import Iterator
import numpy as np

from core.arrays import Numbers
from core.forward import Workings
from core.layers import Layers
from core.rounding.bounded import Bounded
from core.verdict.candidates import (
    NOT_APPLICABLE,
    Candidate,
    Place,
    ingredients,
    key_of,
    order_of_computation,
)
from core.verdict.claims import Key, set_quantity
from core.verdict.mistakes.arithmetic import activation_like


def affected(candidate: Candidate, depth: int) -> list[Place]:
    """The places whose results the mistake may change, in the order of the computation."""
    changed: set[Key] = set()
    places = []
    for place in order_of_computation(depth):
        if place in candidate.places or changed.intersection(ingredients(place, depth)):
            changed.add(key_of(place))
            places.append(place)
    return places


def rerun(base: Workings, candidate: Candidate) -> Iterator[tuple[Key, Numbers]]:
    """Every affected quantity as the mistake makes it, one by one, so that a caller may stop early.

    Ends without a word where the mistake cannot be carried through (shapes, numbers off all scales).
    """
    w = started(base, candidate)
    with np.errstate(all="ignore"):
        for place in affected(candidate, base.depth):
            try:
                value = candidate.equation_at(place)(w, place[1])
            except NOT_APPLICABLE:
                return
            if isinstance(value, Bounded):
                value = value.written()
            set_quantity(w, key_of(place), value)
            yield key_of(place), value


def started(base: Workings, candidate: Candidate) -> Workings:
    """The right workings, copied, to be overwritten; with the other activation where that is the mistake."""
    w = base.copy()
    if hasattr(w.output, "textbook"):
        w.output = w.output.textbook()
    name = candidate.variant.activation
    if name is None:
        return w
    sigma = list(base.sigma)
    for _, l in candidate.places:
        sigma[l - 1] = activation_like(base.z[l], name)
    w.sigma = Layers(sigma)
    if any(l == base.depth for _, l in candidate.places):
        w.output = w.output.after(w.sigma[base.depth])
    return w
