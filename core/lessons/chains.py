"""A chain of links between two single quantities: its paths, counted and summed (section 4).

A path goes through one entry of every place. Its product is the product of the links' entries on
the way, and the derivative is the sum over all paths.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from core.arrays import Array
from core.forward import finite
from core.lessons.links import Link, Place


@dataclass(frozen=True, eq=False)
class Chain:
    """Links cut down to one entry at the start, and to one at the end unless that is the cost.

    `entries[p]` are the entries that a path may take at place p; `links[p]` leads from place p to
    place p + 1 and has a column and a row for each of them.
    """

    start: Place
    links: tuple[Link, ...]
    entries: tuple[tuple[int, ...], ...]

    @property
    def places(self) -> tuple[Place, ...]:
        """Where a path comes by."""
        return (self.start, *(link.target for link in self.links))

    @property
    def end_layer(self) -> int:
        """The layer of the last place."""
        return self.places[-1].layer


def chain(start: Place, first: int, links: Sequence[Link], last: int | None) -> Chain | None:
    """The chain from entry `first` of the start to entry `last` of the end.

    `last` is None for the cost. None if no path leads there: a diagonal does not cross over.
    """
    sizes = [None, *(len(link.values) for link in links)]
    entries = [(first,), *(tuple(range(n)) for n in sizes[1:] if n is not None)]
    if not spread(entries, links, range(len(links))):
        return None
    if last is not None:
        if last not in entries[-1]:
            return None
        entries[-1] = (last,)
        spread_back(entries, links)
    cut = [cut_link(link, entries[p + 1], entries[p]) for p, link in enumerate(links)]
    return Chain(start, tuple(cut), tuple(entries))


def spread(entries: list[tuple[int, ...]], links: Sequence[Link], order: range) -> bool:
    """What a diagonal keeps of the entries before it; whether anything is left."""
    for p in order:
        if not links[p].diagonal:
            break
        entries[p + 1] = entries[p]
    return bool(entries[-1])


def spread_back(entries: list[tuple[int, ...]], links: Sequence[Link]) -> None:
    """What a diagonal at the end needs of the entries before it."""
    for p in reversed(range(len(links))):
        if not links[p].diagonal:
            break
        entries[p] = entries[p + 1]


def cut_link(link: Link, rows: Sequence[int], columns: Sequence[int]) -> Link:
    """The link between some of its outputs and some of its inputs."""
    v = link.values
    if link.diagonal:
        return Link(link.source, link.target, v[list(columns)])
    if v.shape == (len(rows), len(columns)):
        return link
    return Link(link.source, link.target, v[np.ix_(rows, columns)])


def path_count(chain: Chain) -> int:
    """How many paths there are, exactly: every link but the diagonals branches."""
    return prod(len(link.values) for link in chain.links if not link.diagonal)


def active_count(chain: Chain) -> int:
    """How many of the paths have no factor 0: dead units and zero weights cut the others."""
    counts = np.array([1], dtype=object)  # Python's integers have no largest one
    for link in chain.links:
        live = link.values != 0
        if link.diagonal:
            counts = np.where(live, counts, 0)
        elif live.all():
            counts = np.full(len(live), counts.sum(), dtype=object)
        else:
            counts = np.where(live, counts, 0).sum(axis=1)
    return int(counts.sum())


def path_sum(chain: Chain, absolute: bool = False) -> float:
    """The sum of all paths' products, in one sweep backward from the end; or of their sizes.

    Raises NotFinite where it overflows.
    """
    backward = np.ones(len(chain.entries[-1]))
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for link in reversed(chain.links):
            values = np.abs(link.values) if absolute else link.values
            backward = backward * values if link.diagonal else backward @ values
    total: Array = finite("the sum over the paths", chain.end_layer, backward.sum())
    return float(total)
