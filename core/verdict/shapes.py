"""Where each mistake can stand, and where it changes numbers: a matter of a network's shape alone.

Both are found by trying every variant on random networks of that shape, once for each shape. In
deep networks most places look alike, so one place of each kind is tried.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.activations import ACTIVATIONS
from core.costs import COSTS
from core.forward import NotFinite, Workings
from core.network import Batch, Network, layer_pairs
from core.verdict.candidates import (
    Place,
    feasible_places,
    key_of,
    made_at,
    sample_parameter,
)
from core.verdict.claims import quantity_of
from core.verdict.mistakes.table import CATALOGUE, Mistake, Variant
from core.verdict.plain import plain_workings

SAME = 1e-9
"""Relative: numbers of a random network that agree so far are one formula, differently rounded."""

RANDOM_NETWORKS = 4  # so that no unit is dead, and no number 0, in all of them

HALVINGS = 60  # of the last layer's numbers; what float64 adds to the middle is less then

REMEMBERED = 256  # shapes; a class or a course works on a handful


@dataclass(frozen=True)
class Shape:
    """What decides which mistakes apply: sizes, activations, cost and how many examples."""

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    cost: str
    examples: int

    def kind_of(self, place: Place) -> tuple[object, ...]:
        """What tells this place from others: its equation, and sizes and activations around it."""
        name, l = place
        depth = len(self.activations)
        return (
            name,
            l == 1,
            depth - l if depth - l < 2 else 2,
            self.sizes[l - 1 : l + 2],
            self.activations[max(0, l - 2) : l + 1],
        )


@dataclass(frozen=True)
class Standing:
    """A variant of a mistake, and the places where it can stand."""

    mistake: Mistake
    variant: Variant
    places: tuple[Place, ...]


def shape_of(w: Workings) -> Shape:
    """The shape of a network and batch."""
    names = tuple(sigma.name for sigma in w.network.activations)
    return Shape(w.network.sizes, names, w.network.cost.name, len(w.y))


@lru_cache(maxsize=REMEMBERED)
def standing(shape: Shape) -> tuple[Standing, ...]:
    """Every variant of the catalogue that can stand somewhere, and where."""
    sample = random_workings(shape, 0)
    found = (
        Standing(m, v, tuple(feasible_places(v, sample, shape.kind_of)))
        for m in CATALOGUE
        for v in m.variants
    )
    return tuple(one for one in found if one.places)


@lru_cache(maxsize=REMEMBERED)
def changing(shape: Shape) -> tuple[Standing, ...]:
    """The same, with only those places where the numbers of some random network change."""
    samples = [random_workings(shape, seed) for seed in range(RANDOM_NETWORKS)]
    found = (
        Standing(one.mistake, one.variant, changing_places(one, samples, shape.kind_of))
        for one in standing(shape)
    )
    return tuple(one for one in found if one.places)


def changing_places(
    one: Standing, samples: list[Workings], kind: Callable[[Place], tuple[object, ...]]
) -> tuple[Place, ...]:
    """Where the variant makes a difference in one of the samples at least."""
    known: dict[tuple[object, ...], bool] = {}
    for place in one.places:
        if kind(place) not in known:
            known[kind(place)] = any(changes(one.variant, place, w) for w in samples)
    return tuple(place for place in one.places if known[kind(place)])


def changes(variant: Variant, place: Place, w: Workings) -> bool:
    """Whether the mistake at this place gives other numbers than the right equation."""
    parameter = sample_parameter(variant, w, frozenset({place}))
    with np.errstate(all="ignore"):
        wrong = made_at(variant, w, place, parameter)
    return not bool(np.allclose(wrong, quantity_of(w, key_of(place)), rtol=SAME, atol=0.0))


def random_workings(shape: Shape, seed: int) -> Workings:
    """Random numbers in this shape, the last layer calmed until the cost is defined.

    Where it stays undefined, all targets are 1: a softmax of one neuron answers 1, and nothing
    else has a finite binary cross-entropy then. Raises NotFinite if that is of no use either.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    pairs = layer_pairs(shape.sizes)
    weights = [generator.normal(size=(n, m)) / np.sqrt(m) for m, n in pairs]
    biases = [generator.normal(size=n) for _, n in pairs]
    inputs = generator.normal(size=(shape.examples, shape.sizes[0]))
    targets = generator.uniform(0.2, 0.8, size=(shape.examples, shape.sizes[-1]))
    kinds = [ACTIVATIONS[name]() for name in shape.activations]
    middle = MIDDLE.get(shape.activations[-1], 0.5)
    for attempt in range(HALVINGS):
        part = 0.5**attempt
        calmed = [*weights[:-1], weights[-1] * part]
        shifted = [*biases[:-1], middle + (biases[-1] - middle) * part if attempt else biases[-1]]
        network = Network.of(calmed, shifted, kinds, COSTS[shape.cost]())
        with suppress(NotFinite):
            return plain_workings(network, Batch.of(inputs, targets))
    network = Network.of(weights, biases, kinds, COSTS[shape.cost]())
    return plain_workings(network, Batch.of(inputs, np.ones(targets.shape)))


MIDDLE = {"softplus": -0.5}
"""z whose σ(z) lies well between 0 and 1, where every cost is defined; ½ for the others."""
