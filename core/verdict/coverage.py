"""Which catalogued mistakes these claims, on this network at this precision, could have shown.

Mutation testing of the exercise: each mistake is made on purpose, and is *visible* if some claimed
number would move by more than twice its bound (twice, since the right number may sit anywhere
inside). A mistake *applies* if it changes the numbers of a network of this shape at all; the σ′ of
relu, squared, is relu's σ′.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.activations import ACTIVATIONS
from core.arrays import Array
from core.costs import COSTS
from core.forward import NotFinite, Workings
from core.network import Batch, Network
from core.rounding.bounded import Bounded
from core.verdict.candidates import (
    SAMPLE_PARAMETER,
    Candidate,
    Place,
    feasible_places,
    key_of,
    mistaken_at,
)
from core.verdict.claims import Claims, Key, quantity_of
from core.verdict.judgement import as_bounded
from core.verdict.mistakes.arithmetic import activation_like
from core.verdict.mistakes.table import CATALOGUE, SLUGS, Variant
from core.verdict.plain import plain_workings
from core.verdict.rerun import rerun

TWICE = 2.0

SAME = 1e-9
"""Relative: numbers of a random network that agree so far are the same formula, differently rounded."""


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
    applicable = applicable_variants(shape_of(plain))
    outcome: dict[str, bool | None] = {}
    for mistake in CATALOGUE:
        variants = applicable[mistake.slug]
        outcome[mistake.slug] = (
            any(shows(v, frozenset(p), claims, reference, plain) for v, p in variants)
            if variants
            else None
        )
    outcome.update(convention_coverage(claims, reference))
    return Coverage(
        *(tuple(s for s in SLUGS if outcome[s] is wanted) for wanted in (True, False, None))
    )


def shows(
    variant: Variant, places: frozenset[Place], claims: Claims, reference: Workings, plain: Workings
) -> bool:
    """Whether this variant at these places would be seen in the claims."""
    candidate = Candidate(CATALOGUE[0], variant, places, sample_parameter(variant, plain, places))
    for key, value in rerun(plain, candidate):
        claim = claims.get(key)
        if claim is not None and moved(value, as_bounded(reference, key), claim.mask):
            return True
    return False


def moved(value: Array, right: Bounded, mask: NDArray[np.bool_]) -> bool:
    """Whether an entry of the mask is beyond twice its bound, or not a number."""
    with np.errstate(invalid="ignore"):
        within = np.abs(value - right.value) <= TWICE * right.error
    return bool((~within & mask).any())


def sample_parameter(variant: Variant, plain: Workings, places: frozenset[Place]) -> float | None:
    """A rate or strength as people choose it; a limit at half of the largest gradient."""
    if variant.parameter is None:
        return None
    if variant.parameter != "limit":
        return SAMPLE_PARAMETER
    return max(float(np.abs(quantity_of(plain, key_of(p))).max()) for p in places) / 2.0


@dataclass(frozen=True)
class Shape:
    """What decides which mistakes apply: sizes, activations, cost and how many examples."""

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    cost: str
    examples: int


RANDOM_NETWORKS = 4  # so that no unit is dead, and no number 0, in all of them


def shape_of(w: Workings) -> Shape:
    """The shape of a network and batch."""
    names = tuple(sigma.name for sigma in w.network.activations)
    return Shape(w.network.sizes, names, w.network.cost.name, len(w.y))


@lru_cache(maxsize=256)
def applicable_variants(shape: Shape) -> dict[str, list[tuple[Variant, tuple[Place, ...]]]]:
    """For each slug its variants and the places where they change numbers of random networks."""
    samples = [random_workings(shape, seed) for seed in range(RANDOM_NETWORKS)]
    return {
        mistake.slug: [
            (variant, places)
            for variant in mistake.variants
            if (places := changing_places(variant, samples))
        ]
        for mistake in CATALOGUE
    }


def changing_places(variant: Variant, samples: list[Workings]) -> tuple[Place, ...]:
    """Where the variant can stand and makes a difference in one of the samples at least."""
    return tuple(
        place
        for place in feasible_places(variant, samples[0])
        if any(changes(variant, place, w) for w in samples)
    )


def changes(variant: Variant, place: Place, w: Workings) -> bool:
    """Whether the mistake at this place gives other numbers than the right equation."""
    right = quantity_of(w, key_of(place))
    with np.errstate(all="ignore"):
        if variant.activation:
            wrong = activation_like(right, variant.activation)(w.z[place[1]])
        else:
            parameter = sample_parameter(variant, w, frozenset({place}))
            wrong = mistaken_at(variant, w, place, parameter)
    return not bool(np.allclose(wrong, right, rtol=SAME, atol=0.0))


def random_workings(shape: Shape, seed: int) -> Workings:
    """A network of this shape with random numbers; drawn again where its cost is not defined."""
    generator = np.random.Generator(np.random.PCG64(seed))
    sizes = shape.sizes
    while True:
        network = Network.of(
            [generator.normal(size=(n, m)) for m, n in zip(sizes, sizes[1:], strict=False)],
            [generator.normal(size=n) for n in sizes[1:]],
            [ACTIVATIONS[name]() for name in shape.activations],
            COSTS[shape.cost](),
        )
        inputs = generator.normal(size=(shape.examples, sizes[0]))
        targets = generator.uniform(0.2, 0.8, size=(shape.examples, sizes[-1]))
        try:
            return plain_workings(network, Batch.of(inputs, targets))
        except NotFinite:
            continue


def convention_coverage(claims: Claims, reference: Workings) -> dict[str, bool | None]:
    """The slugs that are no replacement of an equation."""
    keys = list(claims)
    nonzero = [key for key in keys if sized(claims, reference, key)]
    weights = [key for key in keys if key[0] == "weight_gradients"]
    batch = [key for key in keys if key[0] in ("z", "a", "delta")]
    return {
        "entry-typo": bool(nonzero),
        "scaled": any(key[0] in ("delta", "bias_gradients", "weight_gradients") for key in nonzero),
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
        np.ptp(claims[key].values.shape) > 0
        or differs(reference, key, key, claims, lambda x: x.T)
        for key in weights
    )


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
