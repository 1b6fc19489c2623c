"""∂C₁/∂z for every source and example: differences, Richardson, and what they may be wrong by.

Moves that reach too far (across a corner, or so far that h² shows) are made again with a smaller h:
the identities lose nothing by it. A source that moves a corner gets both one-sided derivatives.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import cache
from os import cpu_count
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.arrays import Array
from core.differences.base import Base
from core.differences.corners import Side
from core.differences.plan import Task, Units, plan_flops, some_units, tasks
from core.differences.sweep import NO_CORNER, Response, sweep

STEP = 2.0**-20
"""By how much a weighted input is moved: h² = 9e-13 is what the two differences differ by, and
their difference over 3 is the uncertainty. Nothing cancels, so that a smaller h costs no digit;
the h⁴ that is left is far below the rounding bound."""

OVERFLOWN = 2.0**-64  # how much to shrink a move that left float64

SMALLEST_STEP = 1e-200  # below it differences of the cost would underflow
UNDERFLOW = 1e-280
"""Slopes below it have lost digits to underflow somewhere on their way."""

KEPT = 2 << 20  # numbers: 16 MiB, of which glibc learns to keep twice as much

LARGEST = float(np.finfo(np.float64).max)  # a ratio beyond it is told as this

THREADS_PAY_FROM = 1e8  # floating-point operations; below a few milliseconds threads cost more

Order = Literal[2, 4]


@dataclass(frozen=True)
class Slopes:
    """Sources × N each: the derivative to the right and left of corners and on their stored branch,
    the same array where there is none; their uncertainty; the number of a corner that it moves.
    """

    right: Array
    left: Array
    stored: Array
    uncertainty: Array
    corner: NDArray[np.intp] | None

    @classmethod
    def smooth(cls, slope: Array, uncertainty: Array) -> "Slopes":
        """Where no corner is moved."""
        return cls(slope, slope, slope, uncertainty, None)

    @classmethod
    def empty(cls, sources: int, examples: int, cornered: bool) -> "Slopes":
        """To be filled in."""
        shape = (sources, examples)
        right, uncertainty = np.empty(shape), np.empty(shape)
        if not cornered:
            return cls.smooth(right, uncertainty)
        corner = np.full(shape, NO_CORNER)
        return cls(right, np.empty(shape), np.empty(shape), uncertainty, corner)

    def rows(self, rows: slice) -> "Slopes":
        """Those of some of the sources."""
        if self.corner is None:
            return Slopes.smooth(self.right[rows], self.uncertainty[rows])
        return Slopes(*(getattr(self, field.name)[rows] for field in fields(self)))

    def put(self, where: tuple[slice, slice], piece: "Slopes") -> None:
        """Fill in a piece."""
        self.right[where], self.uncertainty[where] = piece.right, piece.uncertainty
        if self.corner is not None:
            self.left[where], self.stored[where] = piece.left, piece.stored
            if piece.corner is not None:
                self.corner[where] = piece.corner


def unit_slopes(base: Base, units: Units, step: float, order: Order) -> Slopes:
    """The slopes of all these sources in all examples of the base."""

    def slopes(task: Task) -> Slopes:
        return task_slopes(base.examples(task.examples), task.units, step, order)

    return in_pieces(slopes, base, units)


def in_pieces(
    slopes: Callable[[Task], Slopes], base: Base, units: Units, effort: float = 1.0
) -> Slopes:
    """The slopes of all these sources, task by task; `effort`: of a task beside the sweep's."""
    extent = base.extent
    todo = list(tasks(units, extent))
    if len(todo) == 1:
        return slopes(todo[0])
    found = Slopes.empty(sum(map(len, units)), extent.examples, base.cornered)

    def run(task: Task) -> None:
        with np.errstate(all="ignore"):  # each thread has its own
            found.put((task.rows, task.examples), slopes(task))

    keep_memory()
    for_each(run, todo, effort * plan_flops(units, extent))
    return found


@cache
def keep_memory() -> None:
    """Let the C library keep what one task frees for the next one.

    glibc gives freed memory back to the system beyond a threshold that it learns from the arrays
    that come and go. A large one, never touched, teaches it once; without it every array of a task
    is new to the process, page by page, which takes as long as the arithmetic. Elsewhere nothing
    happens.
    """
    np.empty(KEPT)


def for_each(run: Callable[[Task], None], todo: Iterable[Task], flops: float) -> None:
    """Run the tasks, on every core where that pays; numpy lets go of the lock while it works."""
    if flops < THREADS_PAY_FROM:
        for task in todo:
            run(task)
        return
    for _ in pool().map(run, todo):
        pass


@cache
def pool() -> ThreadPoolExecutor:
    """Made by the process that first needs it, so that a fork never inherits dead threads."""
    return ThreadPoolExecutor(cpu_count(), thread_name_prefix="differences")


def task_slopes(base: Base, units: Units, step: float, order: Order) -> Slopes:
    """The slopes of one task's sources, moves shrunk and corners seen from both sides."""
    right, uncertainty, corner = one_side(base, units, step, order, "right")
    if not base.cornered or (corner == NO_CORNER).all():
        return Slopes.smooth(right, uncertainty)
    left, of_left, other = one_side(base, units, step, order, "left")
    stored, of_stored, _ = one_side(base, units, step, order, "stored")
    widest = np.maximum(np.maximum(uncertainty, of_left), of_stored)
    return Slopes(right, left, stored, widest, np.maximum(corner, other))


def one_side(
    base: Base, units: Units, step: float, order: Order, side: Side
) -> tuple[Array, Array, NDArray[np.intp]]:
    """Each source's slope on one side of the corners, its uncertainty, a corner that it moves."""
    h = np.full((sum(map(len, units)), base.extent.examples), step)
    response = within_reach(base, units, h, sweep(base, units, h, side), side)
    slope, truncation = extrapolated(response.cost, h, order)
    return slope, truncation + response.rounding / h + UNDERFLOW, response.corner


def within_reach(base: Base, units: Units, h: Array, response: Response, side: Side) -> Response:
    """The response with every move within its room; h is shrunk in place where it was not.

    Moves grow with h as good as linearly, so a second sweep is all it takes; more are a safeguard,
    and for moves that overflowed (no number is beyond its room, and none within).
    """
    while not response.reach.max() <= 1.0:
        far = np.logical_not(response.reach <= 1.0) & (h > SMALLEST_STEP)
        if not far.any():
            break
        reach = response.reach[far]
        shrunk = np.exp2(-np.ceil(np.log2(2.0 * reach)))
        h[far] *= np.where(np.isfinite(reach), shrunk, OVERFLOWN)
        again: NDArray[np.bool_] = np.any(far, axis=1)
        response.put(again, sweep(base, some_units(units, again), h[again], side))
    return response


def extrapolated(cost: Array, h: Array, order: Order) -> tuple[Array, Array]:
    """The derivative from the evaluations at ±h and ±h/2, and what truncation may amount to.

    D(h) = C′ + c h² + O(h⁴): Richardson's (4 D(h/2) − D(h))/3 removes the h² term, whose size
    (D(h) − D(h/2))/3 in D(h/2) bounds what is left many times over.
    """
    full = (cost[:, 0] - cost[:, 1]) / (2.0 * h)
    half = (cost[:, 2] - cost[:, 3]) / h
    correction = (half - full) / 3.0
    if order == 2:
        return half, 2.0 * np.abs(correction)
    return half + correction, np.abs(correction)
