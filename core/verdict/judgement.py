"""Each claimed number against its bound, and the census of a quantity."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.forward import Workings
from core.rounding.bounded import Bounded
from core.verdict.claims import Claimed, Claims, Key, quantity_of

LISTED = 100  # wrong entries that a census lists

ON_READING = 2.0**-52
"""A claim written in decimal and read as float64 moves by half of this, relative to itself."""


@dataclass(frozen=True)
class WrongEntry:
    """A claimed number outside its bound. `ratio`: its distance over the bound, inf if not finite.

    `overflow`: the claim is not finite and its computation may overflow at this precision.
    """

    key: Key
    index: tuple[int, ...]
    claimed: float
    correct: float
    bound: float
    ratio: float
    overflow: bool


@dataclass(frozen=True)
class Census:
    """One quantity over all its layers: how many were checked, how many wrong, and the worst.

    `decided` counts the entries with a finite bound; the others may have overflowed. `entries` are
    the worst ones, `first` the first ones as they stand, which tells nothing about how wrong.
    """

    quantity: str
    checked: int
    decided: int
    wrong: int
    worst: WrongEntry | None
    entries: tuple[WrongEntry, ...]
    first: tuple[WrongEntry, ...]


def fits(claim: Claimed, bounded: Bounded) -> NDArray[np.bool_]:
    """True where the claim lies within the bound (or on it), or where nothing is claimed."""
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.abs(claim.values - bounded.value)
        within = distance <= bounded.error + ON_READING * np.abs(claim.values)
    return (within & np.isfinite(claim.values)) | ~claim.mask


def ratios(claim: Claimed, bounded: Bounded) -> NDArray[np.float64]:
    """Distance over bound, inf where the claim is not finite, 0 where nothing is claimed."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        room = bounded.error + ON_READING * np.abs(claim.values)
        ratio = np.abs(claim.values - bounded.value) / room
    ratio = np.where(claim.values == bounded.value, 0.0, ratio)
    ratio = np.where(np.isfinite(claim.values), ratio, np.inf)
    return np.where(claim.mask, ratio, 0.0)


Fitting = Mapping[Key, NDArray[np.bool_]]
"""What `fits` says to the claims of each key."""


def fitting(claims: Claims, reference: Workings) -> Fitting:
    """`fits` for every claimed key."""
    return fit_each({key: (claims[key], as_bounded(reference, key)) for key in claims})


def fit_each(parts: Mapping[Key, tuple[Claimed, Bounded]]) -> Fitting:
    """`fits` for every pair, with one comparison for all entries end to end."""
    if not parts:
        return {}
    claims, bounds = zip(*parts.values(), strict=True)
    claim = Claimed(*map(end_to_end, zip(*claims, strict=True)))
    value, error = end_to_end(b.value for b in bounds), end_to_end(b.error for b in bounds)
    within = fits(claim, Bounded(value, error, bounds[0].precision))
    found, start = {}, 0
    for key, (one, _) in parts.items():
        stop = start + one.mask.size
        found[key] = within[start:stop].reshape(one.mask.shape)
        start = stop
    return found


def end_to_end(arrays: Iterable[NDArray[Any]]) -> NDArray[Any]:
    """All entries in one row."""
    return np.concatenate([array.ravel() for array in arrays])


def census(
    quantity: str, claims: Claims, reference: Workings, within: Fitting | None = None
) -> Census:
    """What the claims of one quantity come to; `within` where it is known already."""
    within = fitting(claims, reference) if within is None else within
    checked = decided = 0
    wrong: list[WrongEntry] = []
    for key in claims:
        if key[0] != quantity:
            continue
        claim, bounded = claims[key], as_bounded(reference, key)
        checked += int(np.count_nonzero(claim.mask))
        decided += int(np.count_nonzero(claim.mask & np.isfinite(bounded.error)))
        if not within[key].all():
            wrong += wrong_entries(key, claim, bounded, reference)
    first = tuple(wrong[:LISTED])
    wrong.sort(key=lambda entry: -entry.ratio)
    worst = wrong[0] if wrong else None
    return Census(quantity, checked, decided, len(wrong), worst, tuple(wrong[:LISTED]), first)


def wrong_entries(
    key: Key, claim: Claimed, bounded: Bounded, reference: Workings
) -> Iterable[WrongEntry]:
    """The claimed numbers outside their bounds."""
    off = ~fits(claim, bounded)
    ratio, overflow = ratios(claim, bounded), may_overflow(reference, key)
    for index in zip(*np.nonzero(np.atleast_1d(off)), strict=True):
        at = tuple(int(i) for i in index) if claim.values.ndim else ()
        claimed = float(claim.values[at])
        yield WrongEntry(
            key,
            at,
            claimed,
            float(bounded.value[at]),
            float(bounded.error[at]),
            float(ratio[at]),
            overflow and not np.isfinite(claimed),
        )


def may_overflow(reference: Workings, key: Key) -> bool:
    """Whether this quantity, or one that it is made of, may exceed the largest number."""
    keys = [*upstream(key, reference.depth), key]
    return any(
        not np.isfinite(as_bounded(reference, k).error).all() or exponential_overflows(reference, k)
        for k in keys
    )


EXPONENTIALS = frozenset({"sigmoid", "tanh", "softplus", "silu", "softmax"})
"""Activations with a usual formula that has e^z in it: infinity over infinity is no number."""


def exponential_overflows(reference: Workings, key: Key) -> bool:
    """Whether this is an activation whose e^|z| may overflow, though a itself does not."""
    quantity, l = key
    if quantity != "a" or reference.network.activations[l].name not in EXPONENTIALS:
        return False
    z = as_bounded(reference, ("z", l))
    return bool((z.size > np.log(z.precision.largest)).any())


def upstream(key: Key, depth: int) -> list[Key]:
    """The quantities that the computation meets on its way to this one."""
    quantity, layer = key
    forward = [(q, l) for l in range(1, depth + 1) for q in ("z", "a")]
    if quantity in ("z", "a"):
        return forward[: forward.index(key)]
    if quantity == "cost":
        return forward
    deltas: list[Key] = [("delta", l) for l in range(depth, 0, -1)]
    if quantity == "delta":
        return forward + deltas[: deltas.index(key)]
    return forward + deltas[: deltas.index(("delta", layer)) + 1]


def as_bounded(w: Workings, key: Key) -> Bounded:
    """The workings' number for a key, which carries a bound."""
    value = quantity_of(w, key)
    assert isinstance(value, Bounded)
    return value
