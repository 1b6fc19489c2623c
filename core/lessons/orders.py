"""What each order of multiplying the chain of Jacobians costs (chapter section 5).

The chain is ∂C/∂a(L) · ∂a(L)/∂a(L−1) ⋯ ∂a(1)/∂a(0), of shapes 1 × n_L, n_L × n_(L−1) … n_1 × n_0.
A product of m × k by k × n takes m·k·n multiplications. The cost is one number, so going backward
every partial product is a single row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

FACTORS_LISTED_MAX = 6  # 42 orders; one more factor makes 132
FACTORS_SEARCHED_MAX = 64  # the search for the cheapest takes their cube: 20 ms


@dataclass(frozen=True)
class Order:
    """One way to put the parentheses: g is the cost's row, J2 is ∂a(2)/∂a(1)."""

    parentheses: str
    multiplications: int


@dataclass(frozen=True)
class Orders:
    """Multiplications of the two orders that have names, and of the cheapest of all.

    `every` lists the orders of a short chain, the cheapest first; `cheapest` is None for long ones.
    """

    shapes: tuple[tuple[int, int], ...]
    backward: int
    forward: int
    cheapest: int | None
    every: tuple[Order, ...]


def orders(sizes: Sequence[int]) -> Orders:
    """For layers of these sizes n_0…n_L.

    >>> found = orders([4, 3, 2])
    >>> found.shapes, found.backward, found.forward
    (((1, 2), (2, 3), (3, 4)), 18, 32)
    """
    dims = (1, *reversed(sizes))
    count = len(dims) - 1
    listed = list(parenthesised(dims, 0, count)) if count <= FACTORS_LISTED_MAX else []
    return Orders(
        tuple(pairwise(dims)),
        backward(dims),
        forward(dims),
        cheapest(dims) if count <= FACTORS_SEARCHED_MAX else None,
        tuple(sorted(listed, key=lambda order: (order.multiplications, order.parentheses))),
    )


def backward(dims: Sequence[int]) -> int:
    """From the cost toward the input: a row times a matrix, again and again."""
    return sum(dims[0] * k * n for k, n in pairwise(dims[1:]))


def forward(dims: Sequence[int]) -> int:
    """From the input toward the cost: a matrix times a matrix, again and again."""
    return sum(m * k * dims[-1] for m, k in pairwise(dims[:-1]))


def cheapest(dims: tuple[int, ...]) -> int:
    """The least that any order takes (Godbole 1973): the best split of every stretch."""
    best = {(i, i + 1): 0 for i in range(len(dims) - 1)}
    for length in range(2, len(dims)):
        for i in range(len(dims) - length):
            j = i + length
            best[i, j] = min(
                best[i, k] + best[k, j] + dims[i] * dims[k] * dims[j] for k in range(i + 1, j)
            )
    return best[0, len(dims) - 1]


def parenthesised(dims: Sequence[int], first: int, end: int) -> Iterator[Order]:
    """Every order of the factors first…end−1."""
    if end - first == 1:
        yield Order(f"J{len(dims) - 1 - first}" if first else "g", 0)
        return
    for split in range(first + 1, end):
        last = dims[first] * dims[split] * dims[end]
        for left in parenthesised(dims, first, split):
            for right in parenthesised(dims, split, end):
                spent = left.multiplications + right.multiplications + last
                yield Order(f"{fenced(left)} {fenced(right)}", spent)


def fenced(order: Order) -> str:
    """A factor as it is, a product in parentheses."""
    return order.parentheses if order.multiplications == 0 else f"({order.parentheses})"
