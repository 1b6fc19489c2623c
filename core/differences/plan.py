"""Which weighted inputs to move, in which pieces, and what that costs.

A parameter of neuron j in layer l reaches the cost through z_j only: moving w_jk by h moves z_j of
example i by h a_k. Two parameters whose moves put z_j in the same place have run the very same
network, so each is moved by h = d/a_k (and the bias by d), and one evaluation of z_j ± d per neuron
and example serves them all. A *source* is such a neuron; layers count from 1, sources in the order
of layer and neuron.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, update_wrapper
from typing import TypeVar, TypeVarTuple

import numpy as np
from numpy.typing import NDArray

from core.arrays import Array
from core.layers import Layers

MOVES = np.array([1.0, -1.0, 0.5, -0.5])
"""The evaluations of every source, in units of its step h."""
EVALUATIONS = len(MOVES)
CHUNK = 1 << 16  # numbers in one array of a task: 512 KiB stays in a core's own cache
BLOCK = 1 << 20  # activations prepared at a time: some ten arrays of 8 MiB
ENTRY_FLOPS = 200
"""What one entry takes on its way through an activation, its bounds included: a dozen operations,
in the time that a matrix product takes for so many (4 to 8 ns beside 0.02 ns each)."""

T = TypeVar("T")
Rest = TypeVarTuple("Rest")

Units = Layers[NDArray[np.intp]]
"""The neurons of each layer that are sources, in ascending order."""

KEPT = 32  # sizes of networks
SMALL = 4096
"""Neurons, inputs included: what depends on the sizes of such a network alone is worked out once.
Some 2 MiB at most; where more neurons are, it is no share of the time."""


@dataclass(frozen=True)
class Extent:
    """How much there is to do: n_0…n_L, N, and whether each output's cost depends on all outputs.

    Where it does not, moving one output takes one number, not n_L.
    """

    sizes: tuple[int, ...]
    examples: int
    coupled: bool = False


@dataclass(frozen=True)
class Task:
    """Sources to move, where they stand among all, and the run of examples to move them in."""

    units: Units
    rows: slice
    examples: slice


def kept_if_small(
    function: Callable[[tuple[int, ...], *Rest], T],
) -> Callable[[tuple[int, ...], *Rest], T]:
    """Remember what a function of n_0…n_L answers for small networks."""
    known: Callable[..., T] = lru_cache(maxsize=KEPT)(function)

    def answer(sizes: tuple[int, ...], /, *rest: *Rest) -> T:
        return (known if sum(sizes) <= SMALL else function)(sizes, *rest)

    update_wrapper(answer, function)
    return answer


@kept_if_small
def every_unit(sizes: tuple[int, ...]) -> Units:
    """All sources of a network with layers n_0…n_L."""
    return Layers([all_of(n) for n in sizes[1:]])


def all_of(neurons: int) -> NDArray[np.intp]:
    """The numbers of so many, for everybody to read."""
    numbers = np.arange(neurons)
    numbers.flags.writeable = False
    return numbers


@lru_cache(maxsize=64)
def source_flops(extent: Extent) -> Sequence[int]:
    """Floating-point operations of one source, for l = 1…L: four moves through the layers above.

    Counted in time: an entry's way through an activation stands for ENTRY_FLOPS. The layer above
    a source sees a change of rank one, one product an entry.
    """
    sizes = extent.sizes
    own, first, through = sizes[-1] if extent.coupled else 1, 0, 0
    costs = []
    for l in range(len(sizes) - 1, 0, -1):
        if l < len(sizes) - 1:
            own, first = 1, sizes[l + 1] * (1 + ENTRY_FLOPS) + through
            through += sizes[l + 1] * (2 * sizes[l] + ENTRY_FLOPS)
        costs.append(EVALUATIONS * extent.examples * (own * ENTRY_FLOPS + first))
    return tuple(costs[::-1])


def plan_flops(units: Units, extent: Extent) -> int:
    """What moving these sources costs."""
    return sum(len(own) * cost for own, cost in zip(units, source_flops(extent), strict=True))


@lru_cache(maxsize=64)
def every_flops(extent: Extent) -> int:
    """What moving all sources costs."""
    return sum(n * cost for n, cost in zip(extent.sizes[1:], source_flops(extent), strict=True))


def affordable_units(extent: Extent, budget: float, generator: np.random.Generator) -> Units:
    """Sources in random order, as many as the budget pays for, and one at least."""
    costs = np.repeat(source_flops(extent), extent.sizes[1:])
    order = generator.permutation(len(costs))
    affordable = int(np.searchsorted(np.cumsum(costs[order]), budget, side="right"))
    chosen = np.zeros(len(costs), dtype=bool)
    chosen[order[: max(1, affordable)]] = True
    return some_units(every_unit(extent.sizes), chosen)


def blocks(extent: Extent) -> Iterator[slice]:
    """The examples in runs whose activations may all be prepared at once."""
    run = max(1, BLOCK // sum(extent.sizes))
    for first in range(0, extent.examples, run):
        yield slice(first, min(first + run, extent.examples))


def tasks(units: Units, extent: Extent) -> Iterator[Task]:
    """The plan in pieces whose arrays stay in cache, each a run of sources and of examples."""
    sources, examples = sum(map(len, units)), extent.examples
    rows = max(1, CHUNK // (EVALUATIONS * max(extent.sizes[1:])))
    if sources * examples <= rows:
        yield Task(units, slice(0, sources), slice(0, examples))
        return
    layers, neurons = flat_sources(units)
    run = min(examples, rows)
    each = max(1, rows // run)
    for start in range(0, len(layers), each):
        piece = slice(start, min(start + each, len(layers)))
        chosen = by_layer(layers[piece], neurons[piece], len(units))
        for first in range(0, examples, run):
            yield Task(chosen, piece, slice(first, min(first + run, examples)))


def at_units(part: Array, own: NDArray[np.intp]) -> Array:
    """Of one number per example and neuron (N × n), those of some neurons: neurons × N."""
    return np.ascontiguousarray(part.T) if len(own) == part.shape[-1] else part.T[own]


def of_sources(parts: Layers[Array], units: Units) -> Array:
    """One number for each source and example, from those of every neuron (N × n_l each)."""
    return np.concatenate([at_units(part, own) for part, own in zip(parts, units, strict=True)])


def flat_sources(units: Units) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The layer and the neuron of every source, in order."""
    layers = np.repeat(np.array(units.numbers), [len(neurons) for neurons in units])
    return layers, np.concatenate([*units])


def by_layer(layers: NDArray[np.intp], neurons: NDArray[np.intp], depth: int) -> Units:
    """Sources as neurons of each layer."""
    return Layers([neurons[layers == l] for l in range(1, depth + 1)])


def some_units(units: Units, chosen: NDArray[np.bool_]) -> Units:
    """The sources that a mask over all of them picks."""
    picked, start = [], 0
    for own in units:
        picked.append(own[chosen[start : start + len(own)]])
        start += len(own)
    return Layers(picked)
