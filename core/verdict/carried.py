"""The right equations on the claimant's own numbers: what a diagnosis starts from.

A quantity that is claimed as a whole is taken as claimed, right or wrong; what is not claimed is
computed from what is. A mistake then has to be looked for only at the places whose claims do not
follow, and each place on its own: what went wrong before it is in its ingredients already.
"""

from dataclasses import dataclass

import numpy as np

from core.backprop import CHAPTER
from core.forward import Workings
from core.rounding.bounded import Bounded
from core.verdict.candidates import Place, steps
from core.verdict.claims import Claimed, Claims, Key, quantity_of, set_quantity
from core.verdict.equations import with_claims
from core.verdict.judgement import fits
from core.verdict.mistakes.outputs import opened


@dataclass(frozen=True)
class Carried:
    """Workings on own numbers.

    `claimed`: the keys of which anything is claimed; `held`: those claimed as a whole. `failing`:
    places whose claims do not follow. `own`: whether anything was computed from claimed numbers.
    """

    w: Workings
    claims: Claims
    claimed: frozenset[Key]
    held: frozenset[Key]
    failing: frozenset[Place]
    own: bool


def carried(claims: Claims, reference: Workings) -> Carried:
    """The claimant's numbers, carried through the right equations."""
    held = frozenset(key for key in claims if claims[key].mask.all())
    w = reference.copy()
    w.output = opened(reference).textbook()
    failing, moved, own = set(), set(held), False
    with np.errstate(all="ignore"):
        for place, key, needed in steps(reference.depth):
            value, claim = quantity_of(reference, key), claims.get(key)
            if not moved.isdisjoint(needed):
                moved.add(key)
                own = True
                value = getattr(CHAPTER, place[0])(w, place[1]).written()
            if claim is not None and not reproduces(claim, value):
                failing.add(place)
            if key in held and claim is not None:
                value = with_claims(value, claim)
            set_quantity(w, key, value)
    return Carried(w, claims, frozenset(claims), held, frozenset(failing), own)


def reproduces(claim: Claimed, value: Bounded) -> bool:
    """Whether every claimed entry lies within; one that is not finite, where nothing is known."""
    within = fits(claim, value)
    if not within.all():
        within = within | ~(np.isfinite(claim.values) | np.isfinite(value.error))
    return bool(within.all())
