"""How the work of each way grows with width and depth (chapter section 10, Fig 2.8)."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.operations import Operations, count_operations

WIDTHS = (1, 2, 4, 8, 16, 32, 64, 128)
DEPTHS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20)


@dataclass(frozen=True)
class Point:
    """The counts for layers that are all `width` wide, `depth` of them."""

    width: int
    depth: int
    operations: Operations


def by_width(depth: int, examples: int, widths: Iterable[int] = WIDTHS) -> list[Point]:
    """Layers that get wider: backprop grows with n², the naive way with n⁴."""
    return [point(width, depth, examples) for width in widths]


def by_depth(width: int, examples: int, depths: Iterable[int] = DEPTHS) -> list[Point]:
    """More layers: backprop grows with L, the naive way with L²."""
    return [point(width, depth, examples) for depth in depths]


def point(width: int, depth: int, examples: int) -> Point:
    """A network of `depth` layers with weights, all `width` wide, inputs included.

    >>> point(1, 1, 1).operations.naive
    7
    """
    return Point(width, depth, count_operations((width,) * (depth + 1), examples))
