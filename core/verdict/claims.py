"""Claimed numbers, as arrays with a mask for what is claimed at all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.arrays import Array, Numbers
from core.forward import Workings

QUANTITIES = ("z", "a", "cost", "delta", "bias_gradients", "weight_gradients")
"""In the order in which a computation meets them. `cost` stands under layer L."""

ORDER = {quantity: i for i, quantity in enumerate(QUANTITIES)}


class Claimed(NamedTuple):
    """One layer of one quantity: values (NaN or ±∞ if that is what is claimed), and the mask."""

    values: Array
    mask: NDArray[np.bool_]

    @classmethod
    def all_of(cls, values: Array) -> "Claimed":
        """Every entry claimed."""
        return cls(values, np.ones(values.shape, dtype=bool))


Key = tuple[str, int]
"""A quantity and the layer it belongs to."""


@dataclass(frozen=True)
class Claims:
    """What somebody says that the quantities are, by quantity and layer; the rest is not claimed.

    `transposed`: whether the weight gradients came stored n_(l-1) × n_l and were turned.
    """

    layers: Mapping[Key, Claimed]
    transposed: bool = False

    def __iter__(self) -> Iterator[Key]:
        """Keys in the order in which the computation meets them."""
        return iter(self.keys)

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """The same, sorted once."""
        return tuple(sorted(self.layers, key=lambda key: (ORDER[key[0]], key[1])))

    def __getitem__(self, key: Key) -> Claimed:
        return self.layers[key]

    def get(self, key: Key) -> Claimed | None:
        """The claim, or None."""
        return self.layers.get(key)

    def numbers(self) -> Array:
        """All claimed numbers in one row, those that are not finite left out."""
        parts = [c.values[c.mask] for c in self.layers.values()]
        flat = np.concatenate([p.ravel() for p in parts]) if parts else np.empty(0)
        finite: Array = flat[np.isfinite(flat)]
        return finite

    @property
    def count(self) -> int:
        """How many entries are claimed."""
        return sum(int(c.mask.sum()) for c in self.layers.values())


def quantity_of(w: Workings, key: Key) -> Numbers:
    """The workings' own number for a key."""
    quantity, layer = key
    return w.cost if quantity == "cost" else getattr(w, quantity)[layer]


def set_quantity(w: Workings, key: Key, value: Numbers) -> None:
    """Store a number under a key."""
    quantity, layer = key
    if quantity == "cost":
        w.cost = value
    else:
        getattr(w, quantity)[layer] = value
