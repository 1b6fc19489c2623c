"""Which entries a check looks at: all, as many as the budget affords, or a sample."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.differences.check import Options
from core.differences.plan import Extent, Units, affordable_units, every_flops, every_unit
from core.forward import Workings
from core.layers import Layers


@dataclass(frozen=True)
class Chosen:
    """What to check: the sources to move, and which entries of each layer's [W | b], None: all."""

    units: Units
    masks: Layers[NDArray[np.bool_] | None]

    @classmethod
    def all_of(cls, units: Units) -> "Chosen":
        """Every parameter of every source."""
        return cls(units, Layers([None] * len(units)))

    @classmethod
    def rows_of(cls, units: Units, sizes: Sequence[int]) -> "Chosen":
        """Every parameter of some of the sources."""
        rows = [np.isin(np.arange(sizes[l]), units[l]) for l in units.numbers]
        return cls(
            units,
            Layers([np.repeat(mask[:, None], sizes[l] + 1, axis=1) for l, mask in enumerate(rows)]),
        )

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return all(mask is None for mask in self.masks)


def choose(w: Workings, extent: Extent, options: Options) -> Chosen:
    """All entries, those of the sources that the budget affords, or a sample of a given size."""
    if isinstance(options.entries, int):
        return sample(w, options.entries, np.random.default_rng(options.seed))
    units = every_unit(extent.sizes)
    if options.entries == "all" or every_flops(extent) <= options.budget:
        return Chosen.all_of(units)
    some = affordable_units(extent, options.budget, np.random.default_rng(options.seed))
    return Chosen.rows_of(some, extent.sizes)


def sample(w: Workings, size: int, generator: np.random.Generator) -> Chosen:
    """So many parameters, drawn without replacement from all."""
    picked = np.zeros(w.network.parameters, dtype=bool)
    picked[generator.choice(len(picked), size=min(size, len(picked)), replace=False)] = True
    masks, start = [], 0
    for W in w.network.weights:
        here = picked[start : start + W.size + len(W)]
        masks.append(here.reshape(len(W), -1))
        start += here.size
    return Chosen(Layers([np.flatnonzero(mask.any(axis=1)) for mask in masks]), Layers(masks))
