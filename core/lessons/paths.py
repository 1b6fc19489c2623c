"""All the ways from one quantity to another: how many, the strongest, and their sum (section 4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from core.forward import Workings, finite
from core.lessons.chains import Chain, active_count, chain, path_count, path_sum
from core.lessons.links import Place, links
from core.lessons.magnitudes import ONE, Size, magnitudes, size_at
from core.lessons.strongest import Way, strongest

Neuron = tuple[int, int]
"""Layer and neuron."""


@dataclass(frozen=True)
class Path:
    """One way: the neurons it goes through, and what multiplies along it, in the same order.

    With a softmax output the last layer stands twice: the weighted input that the path enters by,
    and the output it leaves by.
    """

    neurons: tuple[Neuron, ...]
    factors: tuple[float, ...]
    product: float


@dataclass(frozen=True)
class Paths:
    """`count` of all, `active` of those without a factor 0, the `listed` ones, and all summed."""

    count: int
    active: int
    listed: tuple[Path, ...]
    sum: float


NO_PATHS = Paths(0, 0, (), 0.0)


def paths(w: Workings, start: Place, first: int, end: Place, last: int | None, limit: int) -> Paths:
    """The paths from entry `first` of one place to entry `last` of a later one (None: the cost).

    `w` holds the forward pass of one example. Lists the `limit` strongest, the strongest first,
    equal ones in the order of their neurons. Raises NotFinite where a product overflows.
    """
    between = chain(start, first, links(w, start, end), last)
    return NO_PATHS if between is None else paths_of(between, limit)


def paths_of(chain: Chain, limit: int, parameter: float | None = None) -> Paths:
    """The paths of a chain; a parameter's own link, if any, is the first factor of each."""
    listed = [path(chain, way, parameter) for way in strongest(chain, limit)]
    listed.sort(key=by_size)
    scale = 1.0 if parameter is None else parameter
    total = finite("the sum over the paths", chain.end_layer, np.float64(scale) * path_sum(chain))
    active = active_count(chain) if scale else 0
    return Paths(path_count(chain), active, tuple(listed), float(total))


def path(chain: Chain, way: Way, parameter: float | None) -> Path:
    """The path that takes these positions at the branchings."""
    chosen = iter(way)
    position, neurons = 0, [(chain.start.layer, chain.entries[0][0])]
    factors = [] if parameter is None else [parameter]
    for p, link in enumerate(chain.links):
        if link.diagonal:
            factors.append(float(link.values[position]))
            continue
        source, position = position, next(chosen)
        factors.append(float(link.values[position, source]))
        if link.target.quantity != "cost":
            neurons.append((link.target.layer, chain.entries[p + 1][position]))
    return Path(tuple(neurons), tuple(factors), product(factors, chain.end_layer))


def by_size(path: Path) -> tuple[int, float, tuple[Neuron, ...]]:
    """Sorts paths, the strongest first, equal ones by their neurons; underflow changes nothing."""
    mantissa, exponent = size_of(path.factors)
    return -exponent, -mantissa, path.neurons


def size_of(factors: Sequence[float]) -> Size:
    """The size of the product, of any exponent."""
    sizes = magnitudes(np.array(factors))
    return reduce(Size.times, (size_at(sizes, i) for i in range(len(factors))), ONE)


def product(factors: Sequence[float], layer: int) -> float:
    """The product, rounded like any other, but out of range only if it is so itself."""
    mantissa, exponent = size_of(factors)
    with np.errstate(over="ignore", under="ignore"):
        size = np.ldexp(mantissa, max(exponent, FAR_BELOW))
    finite("a path's product", layer, size)
    negative = sum(factor < 0 for factor in factors) % 2
    return float(-size if negative else size)


FAR_BELOW = -(2**15)  # an exponent that underflows, and that ldexp's 32 bits hold
