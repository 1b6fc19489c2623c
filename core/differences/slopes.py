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
from core.differences.plan import Task, Units, plan_flops, some_units, tasks
from core.differences.sweep import NO_CORNER, Response, sweep

STEP = 2.0**-16
"""By how much a weighted input is moved: h² = 2.3e-10 is what the two differences differ by, and
their difference over 3 is the uncertainty, 1e4 times more than the h⁴ that is left."""

SMALLEST_STEP = 1e-200  # below it differences of the cost would underflow
UNDERFLOW = 1e-280
"""Slopes below it have lost digits to underflow somewhere on their way."""

THREADS_PAY_FROM = 2e7  # floating-point operations; below a few milliseconds threads cost more

Order = Literal[2, 4]


@dataclass(frozen=True)
class Slopes:
    """Sources × N each: the derivative to the right and left of corners and on their stored branch,
    all the same where there is none; their uncertainty; the number of a corner that it moves.
    """

    right: Array
    left: Array
    stored: Array
    uncertainty: Array
    corner: NDArray[np.intp]

    @classmethod
    def empty(cls, sources: int, examples: int) -> "Slopes":
        """To be filled in."""
        right, left, stored, uncertainty = np.empty((4, sources, examples))
        return cls(right, left, stored, uncertainty, np.empty((sources, examples), dtype=np.intp))

    def rows(self, rows: slice) -> "Slopes":
        """Those of some of the sources."""
        return Slopes(*(getattr(self, field.name)[rows] for field in fields(self)))

    def put(self, where: tuple[slice, slice], piece: "Slopes") -> None:
        """Fill in a piece."""
        for field in fields(self):
            getattr(self, field.name)[where] = getattr(piece, field.name)


def unit_slopes(base: Base, units: Units, step: float, order: Order) -> Slopes:
    """The slopes of all these sources in all examples of the base."""
    sizes, examples = base.network.sizes, len(base.rounding[1])
    found = Slopes.empty(sum(map(len, units)), examples)

    def run(task: Task) -> None:
        piece = task_slopes(base.examples(task.examples), task.units, step, order)
        found.put((task.rows, task.examples), piece)

    for_each(run, tasks(units, sizes, examples), plan_flops(units, sizes, examples))
    return found


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
    with np.errstate(all="ignore"):
        h = np.full((sum(map(len, units)), len(base.rounding[1])), step)
        response = within_reach(base, units, h, sweep(base, units, h))
        right, truncation = extrapolated(response.cost, h, order)
        uncertainty = truncation + response.rounding / h + UNDERFLOW
        if (response.corner == NO_CORNER).all():
            return Slopes(right, right, right, uncertainty, response.corner)
        left, left_truncation = extrapolated(sweep(base, units, h, "left").cost, h, order)
        stored, _ = extrapolated(sweep(base, units, h, "stored").cost, h, order)
        return Slopes(right, left, stored, uncertainty + left_truncation, response.corner)


def within_reach(base: Base, units: Units, h: Array, response: Response) -> Response:
    """The response with every move within its room; h is shrunk in place where it was not.

    Moves grow with h as good as linearly, so a second sweep is all it takes; more are a safeguard.
    """
    while True:
        far = (response.reach > 1.0) & (h > SMALLEST_STEP)
        if not far.any():
            return response
        h[far] *= np.exp2(-np.ceil(np.log2(2.0 * response.reach[far])))
        again = far.any(axis=1)
        response.put(again, sweep(base, some_units(units, again), h[again]))


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
