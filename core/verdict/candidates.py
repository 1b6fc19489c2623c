"""Mistakes put in their places: every way in which the catalogue could apply to a network.

A *place* is (equation, layer). A candidate is a variant of a mistake at a set of places: in every
layer, in all hidden layers, in one layer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from core.arrays import Numbers
from core.backprop import CHAPTER, Equation
from core.forward import Workings
from core.verdict.claims import Key, quantity_of
from core.verdict.mistakes.arithmetic import activation_like
from core.verdict.mistakes.table import EQUATION_OF, Mistake, Variant

Place = tuple[str, int]

QUANTITY_OF = {
    "weighted_input": "z",
    "activation": "a",
    "cost": "cost",
    "bp1": "delta",
    "bp2": "delta",
    "bp3": "bias_gradients",
    "bp4": "weight_gradients",
}

SAMPLE_PARAMETERS = {"rate": 0.5, "strength": 0.1}
"""What people choose: coverage asks whether a mistake with such a number in it would show."""

NOT_APPLICABLE = (ValueError, IndexError, KeyError)
"""What a mistaken function raises where shapes or activations do not allow the mistake."""

ORDER = tuple(EQUATION_OF)


@dataclass(frozen=True)
class Candidate:
    """A mistake at places, with the number that it contains, if any."""

    mistake: Mistake
    variant: Variant
    places: frozenset[Place]
    parameter: Any = field(default=None, compare=False)

    @property
    def equation(self) -> str:
        """The contract's name of the equation that the computation meets first."""
        return EQUATION_OF[min((name for name, _ in self.places), key=ORDER.index)]

    @property
    def layers(self) -> list[int]:
        """Where the formula itself is wrong."""
        return sorted({l for _, l in self.places})

    def touched(self, depth: int) -> frozenset[Place]:
        """Where other numbers are computed: another activation has another σ′ too."""
        if not self.variant.activation:
            return self.places
        back = {("bp1" if l == depth else "bp2", l) for _, l in self.places}
        return self.places | back

    def equation_at(self, place: Place) -> Equation:
        """The mistaken function at its places, the chapter's elsewhere."""
        name, _ = place
        right: Equation = getattr(CHAPTER, name)
        wrong = self.variant.equations.get(name)
        if wrong is None or place not in self.places:
            return right
        if self.parameter is None:
            return wrong
        return lambda w, l: wrong(w, l, self.parameter)


@lru_cache(maxsize=64)
def order_of_computation(depth: int) -> tuple[Place, ...]:
    """Every place, in the order in which the sweep meets it."""
    layers = range(1, depth + 1)
    return (
        *((name, l) for l in layers for name in ("weighted_input", "activation")),
        ("cost", depth),
        ("bp1", depth),
        *(("bp2", l) for l in reversed(layers[:-1])),
        *((name, l) for l in layers for name in ("bp3", "bp4")),
    )


@lru_cache(maxsize=64)
def order_of_need(depth: int) -> tuple[Place, ...]:
    """The same with each δ's gradients right behind it: numbers that are claimed come early."""
    return tuple(sorted(order_of_computation(depth), key=lambda place: need(place, depth)))


def need(place: Place, depth: int) -> tuple[int, int]:
    """Forward first; then from the last layer down."""
    name, l = place
    if name in ("weighted_input", "activation"):
        return 0, l
    return (1, 0) if name == "cost" else (2, depth - l)


def key_of(place: Place) -> Key:
    """What the equation at this place makes."""
    name, layer = place
    return QUANTITY_OF[name], layer


def ingredients(place: Place, depth: int) -> list[Key]:
    """What the right equation at this place is made of."""
    name, l = place
    match name:
        case "weighted_input":
            return [("a", l - 1)] if l > 1 else []
        case "activation":
            return [("z", l)]
        case "cost" | "bp1":
            return [("z", depth), ("a", depth)]
        case "bp2":
            return [("delta", l + 1), ("z", l), ("a", l)]
        case "bp3":
            return [("delta", l)]
    return [("delta", l), *([("a", l - 1)] if l > 1 else [])]


def affected(places: frozenset[Place], depth: int, held: frozenset[Key]) -> tuple[Place, ...]:
    """The places whose results change if those of `places` do, in the order of need.

    Nothing spreads through `held` keys, whose numbers are given.
    """
    changed: set[Key] = set()
    found = []
    for place, key, needed in steps(depth):
        if place in places or not changed.isdisjoint(needed):
            found.append(place)
            if key not in held:
                changed.add(key)
    return tuple(found)


@lru_cache(maxsize=64)
def leading_to(keys: frozenset[Key], depth: int) -> frozenset[Key]:
    """These keys, and all that the computation needs on its way to them."""
    wanted = set(keys)
    for _, key, needed in reversed(steps(depth)):
        if key in wanted:
            wanted.update(needed)
    return frozenset(wanted)


@lru_cache(maxsize=64)
def steps(depth: int) -> tuple[tuple[Place, Key, tuple[Key, ...]], ...]:
    """Every place with what it makes and what it is made of, in the order of need."""
    return tuple(
        (place, key_of(place), tuple(ingredients(place, depth))) for place in order_of_need(depth)
    )


Kind = Callable[[Place], object]


def feasible_places(variant: Variant, w: Workings, kind: Kind = lambda place: place) -> list[Place]:
    """Where this variant can stand in complete workings: the mistaken result has the right shape.

    Of places of one `kind`, one is tried.
    """
    if variant.activation:
        return activation_places(variant.activation, w)
    known: dict[object, bool] = {}
    places = [p for p in order_of_computation(w.depth) if p[0] in variant.equations]
    for place in places:
        if kind(place) not in known:
            known[kind(place)] = is_feasible(variant, w, place)
    return [place for place in places if known[kind(place)]]


def activation_places(name: str, w: Workings) -> list[Place]:
    """The layers that apply another activation, entry by entry."""
    return [
        ("activation", l)
        for l in w.W.numbers
        if w.network.activations[l].elementwise and w.network.activations[l].name != name
    ]


def is_feasible(variant: Variant, w: Workings, place: Place) -> bool:
    """Whether the mistaken function runs here and answers in the right shape."""
    try:
        with np.errstate(all="ignore"):
            result = mistaken_at(variant, w, place, 1.0)
    except NOT_APPLICABLE:
        return False
    return bool(result.shape == quantity_of(w, key_of(place)).shape)


def mistaken_at(variant: Variant, w: Workings, place: Place, parameter: Any) -> Numbers:
    """What this variant computes at a place, from the workings given."""
    name, l = place
    wrong = variant.equations[name]
    return wrong(w, l) if variant.parameter is None else wrong(w, l, parameter)


def made_at(variant: Variant, w: Workings, place: Place, parameter: Any) -> Numbers:
    """The same also for another activation: its a from the z given."""
    if variant.activation:
        z = w.z[place[1]]
        return activation_like(z, variant.activation)(z)
    return mistaken_at(variant, w, place, parameter)


def sample_parameter(variant: Variant, plain: Workings, places: frozenset[Place]) -> float | None:
    """A rate or strength as people choose it; a limit at half of the largest gradient."""
    if variant.parameter is None:
        return None
    if variant.parameter != "limit":
        return SAMPLE_PARAMETERS[variant.parameter]
    return max(float(np.abs(quantity_of(plain, key_of(p))).max()) for p in places) / 2.0


def place_sets(variant: Variant, places: Sequence[Place]) -> Iterator[frozenset[Place]]:
    """Simplest first: everywhere, in hidden layers, one equation, one layer, one place."""
    layers = sorted({l for _, l in places})
    seen: set[frozenset[Place]] = set()
    last = max(layers, default=0)
    names = sorted({name for name, _ in places})
    paired = {"activation", "weighted_input"} <= set(names)  # one mistake in two lines
    choices = [
        places,
        [p for p in places if p[1] < last],
        *([[p for p in places if p[0] == name] for name in names] if not paired else []),
        *([p for p in places if p[1] == l] for l in layers),
        *([[p] for p in places] if not paired else []),
    ]
    for choice in map(frozenset, choices):
        if choice and choice not in seen:
            seen.add(choice)
            yield choice
