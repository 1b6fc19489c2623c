"""Which entries a check looks at: all, as many as the budget affords, or a sample."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.differences.check import Options
from core.differences.plan import Extent, Units, affordable_units, every_unit, plan_flops
from core.forward import Workings
from core.layers import Layers


@dataclass(frozen=True)
class Chosen:
    """What to check: the sources to move, and for each kind of parameter which entries (or all)."""

    units: Units
    biases: Layers[NDArray[np.bool_] | None]
    weights: Layers[NDArray[np.bool_] | None]

    @classmethod
    def all_of(cls, units: Units) -> "Chosen":
        """Every parameter of every source."""
        everything: Layers[NDArray[np.bool_] | None] = Layers([None] * len(units))
        return cls(units, everything, everything)

    @classmethod
    def rows_of(cls, units: Units, sizes: Sequence[int]) -> "Chosen":
        """Every parameter of some of the sources."""
        biases = [np.isin(np.arange(sizes[l]), units[l]) for l in units.numbers]
        weights = [
            np.repeat(mask[:, None], n, axis=1) for mask, n in zip(biases, sizes[:-1], strict=True)
        ]
        return cls(units, Layers(biases), Layers(weights))

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return all(mask is None for mask in self.weights)


def choose(w: Workings, extent: Extent, options: Options, generator: np.random.Generator) -> Chosen:
    """All entries, those of the sources that the budget affords, or a sample of a given size."""
    if isinstance(options.entries, int):
        return sample(w, options.entries, generator)
    units = every_unit(extent.sizes)
    if options.entries == "all" or plan_flops(units, extent) <= options.budget:
        return Chosen.all_of(units)
    some = affordable_units(extent, options.budget, generator)
    return Chosen.rows_of(some, extent.sizes)


def sample(w: Workings, size: int, generator: np.random.Generator) -> Chosen:
    """So many parameters, drawn without replacement from all."""
    picked = np.zeros(w.network.parameters, dtype=bool)
    picked[generator.choice(len(picked), size=min(size, len(picked)), replace=False)] = True
    biases, weights, start = [], [], 0
    for W in w.network.weights:
        weights.append(picked[start : start + W.size].reshape(W.shape))
        biases.append(picked[start + W.size : start + W.size + len(W)])
        start += W.size + len(W)
    needed = [b | m.any(axis=1) for b, m in zip(biases, weights, strict=True)]
    return Chosen(Layers(np.flatnonzero(n) for n in needed), Layers(biases), Layers(weights))
