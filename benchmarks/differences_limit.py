"""How fast this machine multiplies matrices of the shapes that the method needs: the limit."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from benchmarks.differences_peers import BUSY
from core.arrays import Array
from core.differences.plan import CHUNK, EVALUATIONS

Shape = tuple[int, int]

SPAN_SECONDS = 0.05  # of multiplying, for one rate


@dataclass(frozen=True)
class Method:
    """What is moved: every neuron at ±h and ±h/2 (ours), or every parameter at ±h."""

    each_parameter: bool
    evaluations: int

    def moved(self, sizes: Sequence[int], l: int) -> int:
        """How much is moved in layer l."""
        return sizes[l] * (sizes[l - 1] + 1 if self.each_parameter else 1)


OURS = Method(each_parameter=False, evaluations=EVALUATIONS)
PARAMETERS = Method(each_parameter=True, evaluations=2)


def product_flops(sizes: Sequence[int], examples: int, method: Method) -> dict[Shape, int]:
    """Floating-point operations of the products with W(l+1), by its shape.

    What is moved below layer l takes part; what is moved in layer l itself changes one entry of
    a(l) only, and needs no product.
    """
    found: dict[Shape, int] = {}
    below = 0
    for l, (source, into) in enumerate(pairwise(sizes[1:]), start=1):
        columns = method.evaluations * examples * below
        found[source, into] = found.get((source, into), 0) + columns * 2 * source * into
        below += method.moved(sizes, l)
    return found


def limits(sizes: Sequence[int], examples: int) -> dict[Method, float]:
    """Seconds that the products of each method take alone, all cores at work."""
    rows = max(1, CHUNK // max(sizes[1:]))
    rates = {shape: rate(rows, *shape) for shape in product_flops(sizes, examples, OURS)}
    return {
        method: sum(
            flops / rates[shape] for shape, flops in product_flops(sizes, examples, method).items()
        )
        for method in (OURS, PARAMETERS)
    }


def rate(rows: int, source: int, into: int) -> float:
    """Operations a second of (rows × source) @ (source × into), on every core at once.

    By processor time: of one core, while the others do the same.
    """
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        counts = list(pool.map(lambda _: multiply_for_a_while(rows, source, into), range(cores)))
    each = 2 * rows * source * into
    return each * (sum(counts) / cores if BUSY else sum(counts))


def multiply_for_a_while(rows: int, source: int, into: int) -> float:
    """Products a second."""
    generator = np.random.default_rng(1)
    left, right = generator.normal(size=(rows, source)), generator.normal(size=(into, source)).T
    out: Array = np.empty((rows, into))
    np.matmul(left, right, out=out)
    clock = time.thread_time if BUSY else time.perf_counter
    start, count = clock(), 0
    while clock() - start < SPAN_SECONDS:
        np.matmul(left, right, out=out)
        count += 1
    return count / (clock() - start)
