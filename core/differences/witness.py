"""The finite-difference check: every weight and bias, an uncertainty for each, kinks told apart.

Order of work: prepare the base, move the sources (`plan`, `sweep`, `slopes`), spread each source's
slope over the parameters that it serves (`entries`), compare with backprop entry by entry.
"""

from itertools import islice

import numpy as np

from core.arrays import Array
from core.differences.base import ROOM, Base
from core.differences.check import Check, Comparison, Direction, Options
from core.differences.complex_step import complex_slopes
from core.differences.corners import corner_list
from core.differences.directions import Way, derivative_along
from core.differences.entries import Entries, spread
from core.differences.plan import plan_flops
from core.differences.selection import choose
from core.differences.slopes import STEP, unit_slopes
from core.forward import Workings
from core.layers import Layers

LISTED = 100  # disagreements and kinks that an answer lists
SAMPLE_DIRECTIONS = 8  # over all entries, where only a sample of them is checked one by one


def check(w: Workings, options: Options | None = None) -> Check:
    """Check the gradients in complete workings.

    Raises ValueError where the complex step is asked of an activation that is not analytic.
    """
    options = options or Options()
    generator = np.random.default_rng(options.seed)
    step = options.step or STEP
    chosen = choose(w, options, generator)
    whole = all(mask is None for mask in chosen.weights)
    with np.errstate(all="ignore"):
        base = Base.about(w.network, w, np.inf if options.step else ROOM)
        if options.method == "complex":
            slopes = complex_slopes(base, w, chosen.units)
        else:
            slopes = unit_slopes(base, chosen.units, step, options.order)
        entries = list(spread(w, chosen, slopes))
        directions = look_along(base, w, generator, 1 if whole else SAMPLE_DIRECTIONS)
        corners = corner_list(base.corners)
        compared = compare(entries)
    return Check(
        *collected(entries),
        parameters=w.network.parameters,
        checked=sum(int(np.isfinite(part.value).sum()) for part in entries),
        worst=compared[0] if compared else None,
        disagreements=tuple(c for c in compared if c.ratio > 1.0)[:LISTED],
        disagreed=sum(c.ratio > 1.0 for c in compared),
        kinks=tuple(islice((kink for part in entries for kink in part.kinks(corners)), LISTED)),
        directions=directions,
        options=options,
        step=step,
        operations=plan_flops(chosen.units, w.network.sizes, len(w.y)),
    )


def look_along(
    base: Base, w: Workings, generator: np.random.Generator, count: int
) -> tuple[Direction, ...]:
    """Random directions over all parameters, those that cross no kink."""
    found = (derivative_along(base, w, Way.random(w, generator)) for _ in range(count))
    return tuple(d for d in found if d is not None and np.isfinite(d.uncertainty))


def compare(entries: list[Entries]) -> list[Comparison]:
    """Every disagreement, worst first; the worst entry alone where all agree."""
    found: list[Comparison] = []
    for part in entries:
        ratio = part.ratios()
        wrong = np.flatnonzero(ratio > 1.0) if (ratio > 1.0).any() else [int(ratio.argmax())]
        found += [part.comparison(int(i), ratio.flat[i]) for i in wrong if ratio.flat[i] >= 0]
    return sorted(found, key=lambda c: -c.ratio)


def collected(entries: list[Entries]) -> tuple[Layers[Array], ...]:
    """Bias and weight gradients, then their uncertainties, by layer."""
    biases, weights = entries[::2], entries[1::2]
    return (
        Layers(part.value for part in biases),
        Layers(part.value for part in weights),
        Layers(part.uncertainty for part in biases),
        Layers(part.uncertainty for part in weights),
    )
