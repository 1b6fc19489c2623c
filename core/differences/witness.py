"""The finite-difference check: every weight and bias, an uncertainty for each, kinks told apart.

Order of work: choose what to look at (`selection`), and for each block of examples prepare the base
(`base`), move the sources (`plan`, `sweep`, `slopes`), and add each source's slope to the sums of
the parameters that it serves (`entries`). Then compare with backprop entry by entry.
"""

from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from core.differences.base import ROOM, Base
from core.differences.check import LISTED, Check, Direction, Options, SecondOpinion
from core.differences.complex_step import ANALYTIC, complex_slopes
from core.differences.corners import corner_list
from core.differences.directions import Slope, Way, compared, slope_along
from core.differences.entries import Parameters, add_block, begin, carried_by, entries_of, rows_of
from core.differences.plan import Extent, Units, blocks, plan_flops
from core.differences.second_opinion import doubtful_units
from core.differences.selection import Chosen, choose
from core.differences.slopes import STEP, unit_slopes
from core.differences.small.check import small_check
from core.differences.softmax_heads import extent_of
from core.differences.tally import Tally
from core.forward import Workings
from core.layers import Layers

SAMPLE_DIRECTIONS = 8  # over all entries, where only a sample of them is checked one by one


@dataclass
class Findings:
    """What the blocks of examples add up to."""

    chosen: Chosen
    parameters: list[Parameters]
    doubted: Units | None
    second: list[Parameters]
    ways: list[Way]
    along: list[Slope | None]


def check(w: Workings, options: Options | None = None) -> Check:
    """Check the gradients in complete workings.

    Raises ValueError where the complex step is asked of an activation that is not analytic.
    """
    options = options or Options()
    return small_check(w, options) or check_arrays(w, options)


def check_arrays(w: Workings, options: Options) -> Check:
    """The same for any network, and where `small` finds anything out of the ordinary."""
    refuse_corners(w, options)
    extent = extent_of(w.network, len(w.y))
    with np.errstate(all="ignore"):
        findings = start(w, extent, options)
        for rows in blocks(extent):
            look_at(findings, part_of(w, rows), options, len(w.y))
        return answer(findings, w, extent, options)


def refuse_corners(w: Workings, options: Options) -> None:
    """Raise ValueError where the method does not fit the activations."""
    if options.method != "complex":
        return
    refused = sorted({sigma.name for sigma in w.network.activations} - ANALYTIC.keys())
    if refused:
        raise ValueError(
            f"the complex step needs analytic activations; {', '.join(refused)} is not"
        )


def start(w: Workings, extent: Extent, options: Options) -> Findings:
    """What to look at, drawn by the seed."""
    chosen = choose(w, extent, options)
    count = 1 if chosen.whole else SAMPLE_DIRECTIONS
    ways = [Way.random(w, options.seed, number) for number in range(count)]
    doubted: Units | None = None
    second: list[Parameters] = []
    if options.method != "complex":
        doubted = doubtful_units(w, chosen.units, options.seed)
        second = begin(Chosen.all_of(doubted))
    return Findings(chosen, begin(chosen), doubted, second, ways, [Slope() for _ in ways])


def part_of(w: Workings, rows: slice) -> Workings:
    """The workings of some of the examples."""
    if rows == slice(0, len(w.y)):
        return w
    return replace(
        w,
        y=w.y[rows],
        a={l: a[rows] for l, a in w.a.items()},
        z={l: z[rows] for l, z in w.z.items()},
    )


def look_at(findings: Findings, w: Workings, options: Options, examples: int) -> None:
    """Add what one block of examples says, of `examples` in all."""
    base = Base.about(w.network, w, np.inf if options.step else ROOM)
    corners = corner_list(base.corners)
    units = findings.chosen.units
    if options.method == "complex":
        slopes = complex_slopes(base, w, units)
    else:
        slopes = unit_slopes(base, units, options.step or STEP, options.order)
    carried = carried_by(w)
    add_block(findings.parameters, slopes, carried, examples, corners)
    if findings.doubted is not None:
        doubted = complex_slopes(base, w, findings.doubted)
        add_block(findings.second, doubted, carried, examples, corners)
    findings.along = [
        slope and slope.plus(slope_along(base, w, way))
        for way, slope in zip(findings.ways, findings.along, strict=True)
    ]


def answer(findings: Findings, w: Workings, extent: Extent, options: Options) -> Check:
    """Compare with backprop and tell."""
    entries = [entries_of(part, w) for part in findings.parameters]
    first, second = Tally(), Tally()
    for part in entries:
        first.count(part)
    for part, again in zip(entries, findings.second, strict=False):
        if len(again.units):
            second.count(rows_of(again, w), beside=part)
    disagreements = sorted(first.wrong + second.wrong, key=lambda entry: -entry.ratio)
    return Check(
        bias_gradients=Layers([part.value[:, -1] for part in entries]),
        weight_gradients=Layers([part.value[:, :-1] for part in entries]),
        bias_uncertainties=Layers([part.uncertainty[:, -1] for part in entries]),
        weight_uncertainties=Layers([part.uncertainty[:, :-1] for part in entries]),
        parameters=w.network.parameters,
        checked=first.checked,
        worst=disagreements[0] if disagreements else first.worst,
        disagreements=tuple(disagreements[:LISTED]),
        disagreed=first.disagreed + second.disagreed,
        kinks=tuple(islice((kink for part in entries for kink in part.kinks()), LISTED)),
        second_opinion=opinion(findings, second),
        directions=told(findings, w),
        options=options,
        step=options.step or STEP,
        operations=plan_flops(findings.chosen.units, extent),
    )


def told(findings: Findings, w: Workings) -> tuple[Direction, ...]:
    """The directions that cross no kink."""
    pairs = zip(findings.ways, findings.along, strict=True)
    found = [compared(way, w, slope) for way, slope in pairs]
    return tuple(direction for direction in found if direction is not None)


def opinion(findings: Findings, second: Tally) -> SecondOpinion | None:
    """What the complex step said, where it was asked."""
    if findings.doubted is None:
        return None
    neurons = sum(map(len, findings.doubted))
    return SecondOpinion(neurons, second.checked, second.worst)
