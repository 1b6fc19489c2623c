"""The plan of a full check in chunks that can be run anywhere, in any order, one by one.

A chunk is a run of the plan's sources in all examples. It ends where a task of the plan ends, so
that its tasks are the very tasks of the whole plan. What it finds is reduced on the spot: a chunk
of a million parameters answers in a few kilobytes. The first chunk also takes the two legs that
look at the network as a whole: the direction of all parameters, and the second opinion.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.differences.base import ROOM, Base
from core.differences.check import Check, Direction, Options, SecondOpinion
from core.differences.complex_step import complex_slopes
from core.differences.complex_step import task_slopes as complex_task_slopes
from core.differences.corners import Corner, corner_list
from core.differences.directions import Slope, Way, compared, slope_along
from core.differences.entries import Carried, Entries, add_block, begin, carried_by, rows_of
from core.differences.plan import (
    Extent,
    Task,
    Units,
    blocks,
    every_unit,
    plan_flops,
    some_units,
    tasks,
)
from core.differences.second_opinion import doubtful_units
from core.differences.selection import Chosen
from core.differences.slopes import STEP, Slopes, in_pieces, task_slopes
from core.differences.small.check import small_check
from core.differences.softmax_heads import extent_of
from core.differences.summary import Summary, joined, summary_of
from core.differences.tally import Tally
from core.differences.witness import part_of, refuse_corners
from core.forward import Workings

TASK_FLOPS = 5_000_000
ENTRY_FLOPS = 1_500
"""What numpy takes for a task, and the comparison for an entry, beside their arithmetic: so many
operations of a large matrix product could be done meanwhile (measured: 30 in a nanosecond)."""

NO_THREADS = 0.0  # effort: the parallelism is that of the chunks


@dataclass(frozen=True)
class Chunk:
    """Sources first…last−1 of the plan's order, and what moving them costs."""

    first: int
    last: int
    flops: int


def chunks(extent: Extent, effort: float) -> list[Chunk]:
    """The plan of every source, cut after the task in which a chunk reaches so much effort.

    Effort is told in operations of a large matrix product.
    """
    found: list[Chunk] = []
    first = last = flops = 0
    spent = 0.0
    for task in tasks(every_unit(extent.sizes), extent):
        if task.examples.start == 0:  # else the same sources in further examples
            if spent >= effort:
                found.append(Chunk(first, last, flops))
                first, flops, spent = last, 0, 0.0
            flops += plan_flops(task.units, extent)
            spent += plan_flops(task.units, extent) + ENTRY_FLOPS * entries_of(task.units, extent)
            last = task.rows.stop
        spent += TASK_FLOPS
    return [*found, Chunk(first, last, flops)]


def entries_of(units: Units, extent: Extent) -> int:
    """How many parameters these sources serve."""
    return sum(len(own) * (n + 1) for own, n in zip(units, extent.sizes, strict=False))


@dataclass(frozen=True)
class Block:
    """A run of examples, prepared."""

    w: Workings
    base: Base
    corners: list[Corner]
    carried: list[Carried]


class Checked:
    """Workings whose every gradient is checked, prepared once for any number of chunks.

    Raises ValueError where the complex step is asked of an activation that is not analytic.
    """

    def __init__(self, w: Workings, options: Options) -> None:
        refuse_corners(w, options)
        self.w, self.options = w, options
        self.extent = extent_of(w.network, len(w.y))

    @cached_property
    def blocks(self) -> list[Block]:
        """Some ten numbers for each activation; the limits on these are the bound on memory."""
        room = np.inf if self.options.step else ROOM
        parts = [part_of(self.w, rows) for rows in blocks(self.extent)]
        bases = [Base.about(part.network, part, room) for part in parts]
        return [
            Block(part, base, corner_list(base.corners), carried_by(part))
            for part, base in zip(parts, bases, strict=True)
        ]

    def run(self, chunk: Chunk) -> Summary:
        """What the witness finds on one chunk."""
        if chunk.last - chunk.first == sum(self.extent.sizes[1:]):
            alone = small_check(self.w, replace(self.options, entries="all"))
            if alone is not None:
                return of_agreement(alone)
        with np.errstate(all="ignore"):
            found = summary_of(self.entries(chunk_units(self.extent, chunk), self.slopes))
            if chunk.first == 0:
                found = joined(found, self.second_look())
                found = replace(found, directions=self.directions())
        return found

    def entries(self, units: Units, slopes: Callable[[Block, Units], Slopes]) -> list[Entries]:
        """The derivatives of these sources' parameters, summed over the blocks of examples."""
        parameters = begin(Chosen.all_of(units))
        for block in self.blocks:
            slopes_here = slopes(block, units)
            add_block(parameters, slopes_here, block.carried, len(self.w.y), block.corners)
        return [rows_of(part, self.w) for part in parameters if len(part.units)]

    def slopes(self, block: Block, units: Units) -> Slopes:
        """The slopes of these sources, by the method asked for."""
        options = self.options

        def central(task: Task) -> Slopes:
            base = block.base.examples(task.examples)
            return task_slopes(base, task.units, options.step or STEP, options.order)

        def imaginary(task: Task) -> Slopes:
            return complex_task_slopes(block.base.examples(task.examples), block.w, task)

        run = imaginary if options.method == "complex" else central
        return in_pieces(run, block.base, units, NO_THREADS)

    def directions(self) -> tuple[Direction, ...]:
        """The derivative along one random direction of all parameters, unless it crosses a kink."""
        way, along = Way.random(self.w, self.options.seed), Slope()
        for block in self.blocks:
            further = slope_along(block.base, block.w, way)
            total = along.plus(further)
            if total is None:
                return ()
            along = total
        found = compared(way, self.w, along)
        return () if found is None else (found,)

    def second_look(self) -> Summary:
        """The second opinion on a few neurons; it counts what the first one passes there."""
        if self.options.method == "complex":
            return Summary()
        units = doubtful_units(self.w, every_unit(self.extent.sizes), self.options.seed)
        tally = Tally()
        others = self.entries(units, lambda block, own: complex_slopes(block.base, block.w, own))
        for part, other in zip(self.entries(units, self.slopes), others, strict=True):
            tally.count(other, beside=part)
        opinion = SecondOpinion(sum(map(len, units)), tally.checked, tally.worst)
        worst = max(tally.wrong, key=lambda entry: entry.ratio, default=None)
        return Summary(0, tally.disagreed, worst, tuple(tally.wrong), second_opinion=opinion)


def of_agreement(found: Check) -> Summary:
    """That of a check in which everything agrees and no kink is crossed."""
    return Summary(
        found.checked,
        worst=found.worst,
        second_opinion=found.second_opinion,
        directions=found.directions,
    )


def chunk_units(extent: Extent, chunk: Chunk) -> Units:
    """The sources of a chunk, by layer."""
    places = np.arange(sum(extent.sizes[1:]))
    inside = (places >= chunk.first) & (places < chunk.last)
    return some_units(every_unit(extent.sizes), inside)
