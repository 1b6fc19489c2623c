"""The strongest of astronomically many paths, best first (chapter section 4).

From every entry of every place the largest product that any way to the end can still have is known
exactly: one backward sweep that takes maxima where the chain rule takes sums. So a search that
always extends the most promising beginning (A*, Hart, Nilsson and Raphael 1968) meets the paths in
order of size and looks at little else; the alternatives at each step are taken up one at a time.
Each path takes as many steps as it is long, whatever the weights.
"""

from collections.abc import Iterator
from functools import cache
from heapq import heappop, heappush
from itertools import count, islice
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


class Step(NamedTuple):
    """A way so far: its last entry, and the steps before."""

    entry: int
    before: "Step | None"


class Beginning(NamedTuple):
    """A way so far, `depth` steps of product `product`, whose next step is its rank-th best.

    `promise` is what all of it can still come to. It is handed on and never grows: worked out anew
    at each step, rounding would set equal ways apart, and a search among 10^20 would not end.
    """

    way: Step | None
    depth: int
    product: Size
    rank: int
    promise: Size


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
    """Every way, the strongest first; of equal ones those that part late, as one would count."""
    beyond = promises_beyond(edges)
    numbers = count()
    heap: list[tuple[int, float, int, int, Beginning]] = []

    @cache
    def choice(depth: int, entry: int) -> Choice:
        onward = Magnitudes(edges[depth].mantissa[:, entry], edges[depth].exponent[:, entry])
        promises = times(onward, beyond[depth + 1])
        return Choice(promises, descending(promises).tolist())

    def begin(found: Beginning) -> None:
        mantissa, exponent = found.promise
        heappush(heap, (-exponent, -mantissa, -found.depth, next(numbers), found))

    begin(Beginning(None, 0, ONE, 0, size_at(choice(0, 0).promises, choice(0, 0).entries[0])))
    while heap:
        way, depth, product, rank, promise = heappop(heap)[-1]
        source = way.entry if way else 0
        promises, entries = choice(depth, source)
        if rank + 1 < len(entries):
            this, other = (size_at(promises, entry) for entry in entries[rank : rank + 2])
            left = promise if other == this else smaller(promise, product.times(other))
            begin(Beginning(way, depth, product, rank + 1, left))
        entry = entries[rank]
        longer = Step(entry, way)
        if depth + 1 == len(edges):
            yield written_out(longer)
        else:
            taken = product.times(size_at(edges[depth], (entry, source)))
            begin(Beginning(longer, depth + 1, taken, 0, promise))


def smaller(x: Size, y: Size) -> Size:
    """The smaller of two sizes."""
    return x if (x.exponent, x.mantissa) <= (y.exponent, y.mantissa) else y


def written_out(way: Step | None) -> Way:
    """The entries of a way from its start."""
    entries = []
    while way:
        entries.append(way.entry)
        way = way.before
    return tuple(reversed(entries))


def promises_beyond(edges: list[Magnitudes]) -> list[Magnitudes]:
    """For each entry of each place, the largest product from there to the end."""
    beyond = [magnitudes(np.ones(len(edges[-1].mantissa)))]
    for edge in reversed(edges):
        beyond.append(largest(times(edge, column(beyond[-1]))))
    return beyond[::-1]


def column(x: Magnitudes) -> Magnitudes:
    """As a column, which multiplies each row of a matrix."""
    return Magnitudes(x.mantissa[:, None], x.exponent[:, None])
