"""The strongest of astronomically many paths, best first (chapter section 4).

From every entry of every place the largest product that any way to the end can still have is known
exactly: one backward sweep that takes maxima where the chain rule takes sums. So a search that
always extends the most promising beginning (A*, Hart, Nilsson and Raphael 1968) meets the paths in
order of size and looks at little else; the alternatives at each step are taken up one at a time.
"""

from collections.abc import Iterator
from functools import cache
from heapq import heappop, heappush
from itertools import islice
from typing import NamedTuple, TypeAlias

import numpy as np

from core.lessons.chains import Chain
from core.lessons.magnitudes import (
    ONE,
    Magnitudes,
    Size,
    descending,
    largest,
    magnitudes,
    size_at,
    times,
)

Way: TypeAlias = tuple[int, ...]
"""A position among the entries of each branching, from the start on."""


class Choice(NamedTuple):
    """Where a beginning can go next: what each entry promises, and the entries from the best on."""

    promises: Magnitudes
    entries: list[int]


class Beginning(NamedTuple):
    """The first steps of a way; ordered so that a heap has the most promising on top.

    Equal ones come in the order of their entries. The last step is the rank-th best continuation
    of the way before it, whose product so far is `before`.
    """

    negative_exponent: int
    negative_mantissa: float
    way: Way
    rank: int
    before: Size


def strongest(chain: Chain, limit: int) -> list[Way]:
    """At most `limit` ways through the branchings, by the size of their products."""
    edges = branchings(chain)
    return list(islice(best_first(edges), limit)) if edges else [()]


def branchings(chain: Chain) -> list[Magnitudes]:
    """The sizes of the matrices, each with the diagonals around it folded in."""
    edges: list[Magnitudes] = []
    scale = magnitudes(np.ones(1))
    for link in chain.links:
        sizes = magnitudes(link.values)
        if not link.diagonal:
            edges.append(times(sizes, scale))
            scale = magnitudes(np.ones(len(link.values)))
        else:
            scale = times(scale, sizes)
    if edges:
        edges[-1] = times(edges[-1], column(scale))
    return edges


def best_first(edges: list[Magnitudes]) -> Iterator[Way]:
    """Every way, the strongest first."""
    beyond = promises_beyond(edges)
    heap: list[Beginning] = []

    @cache
    def choice(depth: int, entry: int) -> Choice:
        onward = Magnitudes(edges[depth].mantissa[:, entry], edges[depth].exponent[:, entry])
        promises = times(onward, beyond[depth + 1])
        return Choice(promises, descending(promises).tolist())

    def begin(way: Way, rank: int, before: Size) -> None:
        promises, entries = choice(len(way), way[-1] if way else 0)
        if rank < len(entries):
            mantissa, exponent = before.times(size_at(promises, entries[rank]))
            heappush(heap, Beginning(-exponent, -mantissa, (*way, entries[rank]), rank, before))

    begin((), 0, ONE)
    while heap:
        _, _, way, rank, before = heappop(heap)
        begin(way[:-1], rank + 1, before)
        if len(way) == len(edges):
            yield way
        else:
            source = way[-2] if len(way) > 1 else 0
            begin(way, 0, before.times(size_at(edges[len(way) - 1], (way[-1], source))))


def promises_beyond(edges: list[Magnitudes]) -> list[Magnitudes]:
    """For each entry of each place, the largest product from there to the end."""
    beyond = [magnitudes(np.ones(len(edges[-1].mantissa)))]
    for edge in reversed(edges):
        beyond.append(largest(times(edge, column(beyond[-1]))))
    return beyond[::-1]


def column(x: Magnitudes) -> Magnitudes:
    """As a column, which multiplies each row of a matrix."""
    return Magnitudes(x.mantissa[:, None], x.exponent[:, None])
