"""Which catalogued mistakes these claims, on this network at this precision, could have shown.

Mutation testing of the exercise: each mistake is made on purpose, and is *visible* if some claimed
number would move by more than twice its bound (twice, since the right number may sit anywhere
inside). A mistake *applies* if it changes the numbers of a network of this shape at all; the σ′ of
relu, squared, is relu's σ′.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.arrays import Array
from core.forward import Workings
from core.rounding.bounded import Bounded
from core.verdict.candidates import Candidate, Place, key_of, made_at, sample_parameter
from core.verdict.claims import Claims, Key
from core.verdict.judgement import as_bounded
from core.verdict.mistakes.table import SLUGS
from core.verdict.rerun import rerun
from core.verdict.shapes import Standing, changing, shape_of

TWICE = 2.0

SCALED = frozenset({"delta", "bias_gradients", "weight_gradients"})  # what a factor can stand in


@dataclass(frozen=True)
class Coverage:
    """Slugs of the whole catalogue, sorted into what these claims can and cannot show."""

    visible: tuple[str, ...]
    invisible: tuple[str, ...]
    not_applicable: tuple[str, ...]

    @property
    def catalogued(self) -> int:
        """How many slugs there are."""
        return len(self.visible) + len(self.invisible) + len(self.not_applicable)


def coverage(claims: Claims, reference: Workings, plain: Workings) -> Coverage:
    """Every slug, made on purpose everywhere it can stand, and looked for in the claims."""
    exercise = Exercise(claims, frozenset(claims), reference, plain)
    outcome: dict[str, bool | None] = dict.fromkeys(SLUGS)
    with np.errstate(all="ignore"):
        for one in changing(shape_of(plain)):
            if not outcome[one.mistake.slug]:
                outcome[one.mistake.slug] = shows(one, one.places, exercise)
    outcome.update(convention_coverage(claims, reference))
    return Coverage(
        *(tuple(s for s in SLUGS if outcome[s] is wanted) for wanted in (True, False, None))
    )


@dataclass(frozen=True)
class Exercise:
    """What is claimed of what, with the right numbers plain and with their bounds."""

    claims: Claims
    claimed: frozenset[Key]
    reference: Workings
    plain: Workings

    def visible(self, key: Key, value: Array) -> bool:
        """Whether the claims of a key, if any, would tell this value from the right one."""
        claim = self.claims.get(key)
        return claim is not None and moved(value, as_bounded(self.reference, key), claim.mask)


def shows(one: Standing, places: Sequence[Place], exercise: Exercise) -> bool:
    """Whether this variant at these places would be seen; most are where they stand."""
    plain = exercise.plain
    parameter = sample_parameter(one.variant, plain, frozenset(places))
    first = key_of(places[0])
    if first in exercise.claimed and exercise.visible(
        first, made_at(one.variant, plain, places[0], parameter)
    ):
        return True
    candidate = Candidate(one.mistake, one.variant, frozenset(places), parameter)
    return any(
        exercise.visible(key, value) for key, value in rerun(plain, candidate, exercise.claimed)
    )


def moved(value: Array, right: Bounded, mask: NDArray[np.bool_]) -> bool:
    """Whether an entry of the mask is beyond twice its bound, or not a number."""
    within = np.abs(value - right.value) <= TWICE * right.error
    return bool(np.count_nonzero(~within & mask))


def convention_coverage(claims: Claims, reference: Workings) -> dict[str, bool | None]:
    """The slugs that are no replacement of an equation."""
    keys = list(claims)
    weights = [key for key in keys if key[0] == "weight_gradients"]
    batch = [key for key in keys if key[0] in ("z", "a", "delta")]
    return {
        "entry-typo": any(sized(claims, reference, key) for key in keys),
        "scaled": any(sized(claims, reference, key) for key in keys if key[0] in SCALED),
        "transposed-layout": transposed_coverage(claims, reference, weights),
        "examples-reordered": None
        if len(reference.y) < 2
        else any(differs(reference, k, k, claims, lambda x: x[::-1]) for k in batch),
        "layers-reordered": reversed_layers(claims, reference, keys),
    }


def sized(claims: Claims, reference: Workings, key: Key) -> bool:
    """Whether some claimed number of this quantity is beyond its bound of 0."""
    return moved(np.zeros(claims[key].values.shape), as_bounded(reference, key), claims[key].mask)


def transposed_coverage(claims: Claims, reference: Workings, weights: list[Key]) -> bool | None:
    """Whether a weight gradient stored the other way round would show; not applicable to 1 × 1."""
    if all(max(W.shape) == 1 for W in reference.network.weights):
        return None
    return any(
        not is_square(claims[key].values) or differs(reference, key, key, claims, lambda x: x.T)
        for key in weights
    )


def is_square(matrix: Array) -> bool:
    """Whether there are as many rows as columns."""
    rows, columns = matrix.shape
    return bool(rows == columns)


def reversed_layers(claims: Claims, reference: Workings, keys: list[Key]) -> bool | None:
    """Whether the layers in reverse order would show; not applicable where shapes forbid it."""
    depth, sizes = reference.depth, reference.network.sizes
    if depth < 2 or sizes[1:] != sizes[:0:-1]:
        return None
    return any(
        differs(reference, key, (key[0], depth + 1 - key[1]), claims, lambda x: x)
        for key in keys
        if key[0] != "cost"
    )


def differs(
    reference: Workings, key: Key, other: Key, claims: Claims, arranged: Callable[[Array], Array]
) -> bool:
    """Whether the other quantity, rearranged, would be seen in this one's place."""
    value = arranged(as_bounded(reference, other).value)
    right = as_bounded(reference, key)
    return value.shape != right.shape or moved(value, right, claims[key].mask)
