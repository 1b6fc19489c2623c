"""The sweep run again with a mistake in it, from where the mistake first matters."""

from collections.abc import Iterator

import numpy as np

from core.arrays import Numbers
from core.forward import Workings
from core.layers import Layers
from core.rounding.bounded import Bounded
from core.verdict.candidates import NOT_APPLICABLE, Candidate, affected, key_of, leading_to
from core.verdict.claims import Key, set_quantity
from core.verdict.mistakes.arithmetic import activation_like, as_code
from core.verdict.mistakes.outputs import opened

NOTHING: frozenset[Key] = frozenset()


def rerun(
    base: Workings,
    candidate: Candidate,
    claimed: frozenset[Key],
    held: frozenset[Key] = NOTHING,
) -> Iterator[tuple[Key, Numbers]]:
    """Every affected quantity as the mistake makes it, one by one, so that a caller may stop early.

    Only those on the way to `claimed` ones. `held` quantities stay as they are in `base`, whatever
    the mistake makes of them. Ends without a word where the mistake cannot be carried through
    (shapes, numbers off all scales).
    """
    w, wanted = started(base, candidate), leading_to(claimed, base.depth)
    with np.errstate(all="ignore"):
        for place in affected(candidate.touched(base.depth), base.depth, held):
            if key_of(place) not in wanted:
                continue
            try:
                value = candidate.equation_at(place)(w, place[1])
            except NOT_APPLICABLE:
                return
            if isinstance(value, Bounded):
                value = value.written()
            if key_of(place) not in held:
                set_quantity(w, key_of(place), value)
            yield key_of(place), value


def started(base: Workings, candidate: Candidate) -> Workings:
    """The workings, copied, to be overwritten; with the candidate's other activation."""
    w = base.copy()
    w.output = opened(base).textbook()
    sigma = [as_code(one) for one in base.sigma]
    name = candidate.variant.activation
    if name is not None:
        for _, l in candidate.places:
            sigma[l - 1] = as_code(activation_like(base.z[l], name))
    if sigma[-1] is not base.sigma[base.depth]:
        w.output = opened(w).after(sigma[-1])
    w.sigma = Layers(sigma)
    return w
