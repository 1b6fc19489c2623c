"""Right numbers, otherwise arranged: scaled by one constant, or in another order."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from core.arrays import Array
from core.forward import Workings
from core.rounding.bounded import Bounded
from core.verdict.claims import Claimed, Claims, Key
from core.verdict.explain import claimed_numbers
from core.verdict.judgement import as_bounded, fits
from core.verdict.parameters import Part, short_numbers, through_evidence

SCALED_GROUPS: tuple[frozenset[str], ...] = (
    frozenset({"cost", "delta", "bias_gradients", "weight_gradients"}),
    frozenset({"delta", "bias_gradients", "weight_gradients"}),
    frozenset({"bias_gradients", "weight_gradients"}),
    frozenset({"delta"}),
)
"""What people scale together: another cost, another error, another average, δ with 1/N in it."""

FEWEST_SCALED = 3  # numbers off by one factor before that is more than an accident
MOST_PERMUTED = 5  # layers or examples whose every order is tried; beyond, only the reverse


NEAR = 1e-3  # a factor found is known about so well, relative to itself
NICE = 12  # people divide by 2 or by a number of outputs, and multiply by a number of examples


@dataclass(frozen=True)
class Found:
    """A convention that makes every claimed number right, and the numbers that it predicts.

    `scaled`: the claimed quantities that have the factor in them.
    """

    slug: str
    layers: tuple[int, ...]
    factor: float | None = None
    numbers: Array | None = None
    scaled: frozenset[str] = frozenset()


def conventions(claims: Claims, reference: Workings) -> Iterator[Found]:
    """Every convention that explains the claims."""
    failing = {key for key in claims if not fits(claims[key], as_bounded(reference, key)).all()}
    layers = tuple(sorted({layer for _, layer in failing}))
    if not failing:
        if claims.transposed:
            yield Found("transposed-layout", layers_of(claims, "weight_gradients"))
        return
    yield from turned(claims, reference, failing)
    for group in SCALED_GROUPS:
        factor = scale(claims, reference, group)
        if factor is not None:
            stretched = {
                k: times(as_bounded(reference, k), factor) for k in claims if k[0] in group
            }
            numbers = claimed_numbers(claims, reference, stretched)
            everywhere = tuple(sorted({layer for name, layer in claims if name in group}))
            yield Found("scaled", everywhere, factor, numbers, frozenset(k[0] for k in stretched))
            break
    if examples_reordered(claims, reference, failing):
        yield Found("examples-reordered", layers)
    if layers_reordered(claims, reference):
        yield Found("layers-reordered", layers)


def layers_of(claims: Claims, quantity: str) -> tuple[int, ...]:
    """The layers in which something is claimed of a quantity."""
    return tuple(layer for name, layer in claims if name == quantity)


def is_nice(factor: float) -> bool:
    """Whether somebody may have meant this factor: a small whole number, or one over it."""
    return any(
        abs(x - round(x)) <= NEAR * abs(x) and abs(x) <= NICE for x in (factor, 1.0 / factor)
    )


def turned(claims: Claims, reference: Workings, failing: set[Key]) -> Iterator[Found]:
    """Every claimed weight gradient is the transpose of the right one, all being square."""
    keys = [key for key in claims if key[0] == "weight_gradients"]
    if not failing <= set(keys) or any(np.ptp(claims[key].values.shape) for key in keys):
        return
    transposes = {key: as_bounded(reference, key).T for key in keys}
    if all(fits(claims[key], transposes[key]).all() for key in keys):
        numbers = claimed_numbers(claims, reference, transposes)
        yield Found("transposed-layout", layers_of(claims, "weight_gradients"), None, numbers)


def scale(claims: Claims, reference: Workings, group: frozenset[str]) -> float | None:
    """The one factor on all claimed quantities of a group, the others being right."""
    scaled = [key for key in claims if key[0] in group]
    others = [key for key in claims if key[0] not in group]
    if not all(fits(claims[key], as_bounded(reference, key)).all() for key in others):
        return None
    parts = [evidence(claims[key], as_bounded(reference, key)) for key in scaled]
    if sum(len(part[0]) for part in parts) < FEWEST_SCALED:
        return None
    found = through_evidence(parts)
    for factor in factors(*found) if found else ():
        stretched = {key: times(as_bounded(reference, key), factor) for key in scaled}
        if all(fits(claims[key], stretched[key]).all() for key in scaled):
            return factor
    return None


def factors(number: float, uncertainty: float) -> Iterator[float]:
    """What the factor may be: short ones first, then as found; 0 and 1 are none."""
    choices = (*short_numbers(number, uncertainty), number)
    return (factor for factor in choices if factor not in (0.0, 1.0) and np.isfinite(factor))


def evidence(claim: Claimed, right: Bounded) -> Part:
    """Right values that are not within their bounds of 0, the claims there, and the bounds."""
    use = claim.mask & np.isfinite(claim.values) & (np.abs(right.value) > right.error)
    error = right.error[use]
    written = right.precision.written(np.abs(claim.values[use]))
    return right.value[use], claim.values[use], error, written


def times(right: Bounded, factor: float) -> Bounded:
    """The right number scaled, as a claimant would have stored it."""
    return (right * Bounded.exactly(factor, right.precision)).written()


def examples_reordered(claims: Claims, reference: Workings, failing: set[Key]) -> bool:
    """Whether z, a and δ are right with the examples in one other order."""
    count = len(reference.y)
    if count < 2 or any(key[0] not in ("z", "a", "delta") for key in failing):
        return False
    keys = [key for key in claims if key[0] in ("z", "a", "delta")]
    return any(
        all(fits(claims[key], as_bounded(reference, key)[list(order)]).all() for key in keys)
        for order in orders(count)
    )


def layers_reordered(claims: Claims, reference: Workings) -> bool:
    """Whether everything claimed is right with the layers in one other order."""
    depth = reference.depth
    keys = [key for key in claims if key[0] != "cost"]
    if depth < 2 or not keys:
        return False
    return any(
        all(
            claims[key].values.shape == as_bounded(reference, (key[0], order[key[1] - 1])).shape
            and fits(claims[key], as_bounded(reference, (key[0], order[key[1] - 1]))).all()
            for key in keys
        )
        for order in ([l + 1 for l in o] for o in orders(depth))
    )


def orders(count: int) -> Iterator[tuple[int, ...]]:
    """Every order but the given one; for many things the reverse and the turns of one only."""
    same = tuple(range(count))
    if count <= MOST_PERMUTED:
        yield from (order for order in permutations(same) if order != same)
        return
    yield same[::-1]
    for shift in range(1, count):
        yield same[shift:] + same[:shift]
