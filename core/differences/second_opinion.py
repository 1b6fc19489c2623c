"""The leg that shares no identity with the sweep: complex steps at a few neurons.

Every check takes it, at the neurons where an activation saturates most (there a wrong way to write
σ′ shows first: 1 − a of a rounded a) and at a seeded sample of the others.
"""

import numpy as np

from core.arrays import Array
from core.differences.plan import Units, some_units
from core.forward import Workings

NEURONS = 8
"""Half of them the most saturated: a twentieth of the work on some hundred neurons."""

STRAIGHT = frozenset({"identity", "relu", "leaky_relu"})  # nothing saturates, nothing cancels


def doubtful_units(w: Workings, units: Units, seed: int) -> Units:
    """Of the neurons that are checked, those to look at twice."""
    if sum(map(len, units)) <= NEURONS:
        return units
    reach = np.concatenate([saturation(w, l)[units[l]] for l in units.numbers])
    chosen = np.zeros(len(reach), dtype=bool)
    chosen[np.argpartition(-reach, NEURONS // 2)[: NEURONS // 2]] = True
    others = np.flatnonzero(~chosen)
    chosen[np.random.default_rng(seed).permutation(others)[: NEURONS - NEURONS // 2]] = True
    return some_units(units, chosen)


def saturation(w: Workings, l: int) -> Array:
    """The largest |z| of each neuron of a layer over the examples; 0 where σ is straight."""
    if w.network.activations[l].name in STRAIGHT:
        return np.zeros(w.z[l].shape[1])
    reach: Array = np.maximum(w.z[l].max(axis=0), -w.z[l].min(axis=0))
    return reach
