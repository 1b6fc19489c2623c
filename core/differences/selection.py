"""Which entries a check looks at: all, as many as the budget affords, or a sample."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.differences.check import Options
from core.differences.plan import Units, affordable_units, every_unit, plan_flops
from core.forward import Workings
from core.layers import Layers


@dataclass(frozen=True)
class Chosen:
    """What to check: the sources to move, and for each kind of parameter which entries (or all)."""

    units: Units
    biases: Layers[NDArray[np.bool_] | None]
    weights: Layers[NDArray[np.bool_] | None]


def choose(w: Workings, options: Options, generator: np.random.Generator) -> Chosen:
    """All entries, those of the sources that the budget affords, or a sample of a given size."""
    sizes, examples = w.network.sizes, len(w.y)
    units = every_unit(sizes)
    everything: Layers[NDArray[np.bool_] | None] = Layers([None] * len(units))
    if isinstance(options.entries, int):
        return sample(w, options.entries, generator)
    if options.entries == "all" or plan_flops(units, sizes, examples) <= options.budget:
        return Chosen(units, everything, everything)
    some = affordable_units(sizes, examples, options.budget, generator)
    biases = [np.isin(np.arange(len(units[l])), some[l]) for l in units.numbers]
    weights = [np.repeat(mask[:, None], sizes[l], axis=1) for l, mask in enumerate(biases)]
    return Chosen(some, Layers(biases), Layers(weights))


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
