"""How fast this machine multiplies matrices of the shapes that the method needs: the limit."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from core.arrays import Array
from core.differences.plan import CHUNK, EVALUATIONS

SPAN_SECONDS = 0.05  # of multiplying, for one rate


def product_flops(sizes: tuple[int, ...], examples: int) -> dict[tuple[int, int], int]:
    """Floating-point operations of the products with W(l+1), by its shape.

    Those sources take part that lie below layer l; those in layer l itself need no product, since
    they change one entry of a(l) only.
    """
    found: dict[tuple[int, int], int] = {}
    below = 0
    for l, shape in enumerate(pairwise(sizes[1:]), start=1):
        source, into = shape
        moves = EVALUATIONS * examples * below
        found[shape] = found.get(shape, 0) + moves * 2 * source * into
        below += sizes[l]
    return found


def limit_seconds(sizes: tuple[int, ...], examples: int) -> float:
    """What the products alone take, all cores at work, each shape at its own rate."""
    rows = max(1, CHUNK // max(sizes[1:]))
    return sum(
        flops / rate(rows, *shape)
        for shape, flops in product_flops(sizes, examples).items()
        if flops
    )


def rate(rows: int, source: int, into: int) -> float:
    """Operations a second of (rows × source) @ (source × into), on every core at once."""
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        counts = list(pool.map(lambda _: multiply_for_a_while(rows, source, into), range(cores)))
    return sum(counts) * 2 * rows * source * into


def multiply_for_a_while(rows: int, source: int, into: int) -> float:
    """Products a second."""
    generator = np.random.default_rng(1)
    left, right = generator.normal(size=(rows, source)), generator.normal(size=(into, source)).T
    out: Array = np.empty((rows, into))
    np.matmul(left, right, out=out)
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < SPAN_SECONDS:
        np.matmul(left, right, out=out)
        count += 1
    return count / (time.perf_counter() - start)
