"""∂C₁/∂z of one source, by differences and by a complex step, each with its uncertainty.

The moves of `core.differences.sweep` and `core.differences.complex_step`, one source at a time.
"""

from operator import call
from typing import NamedTuple

from core.differences.complex_step import COARSER, IMAGINARY, NEGLIGIBLE
from core.differences.complex_step import UNDERFLOW as COMPLEX_UNDERFLOW
from core.differences.slopes import STEP, UNDERFLOW, Order
from core.differences.small.curves import Curve
from core.differences.small.example import Example, Small, Unusual, dot
from core.differences.small.heads import Floats


class Slope(NamedTuple):
    """A derivative and its uncertainty."""

    value: float
    uncertainty: float


def difference(small: Small, example: Example, l: int, j: int, order: Order) -> Slope:
    """Central differences at ±h and ±h/2. Raises Unusual where a move goes too far."""
    right, trail = moved(small, example, l, j, STEP)  # it speaks for the others' sizes
    left, _ = moved(small, example, l, j, -STEP)
    half_right, _ = moved(small, example, l, j, 0.5 * STEP)
    half_left, _ = moved(small, example, l, j, -0.5 * STEP)
    full, half = (right - left) / (2.0 * STEP), (half_right - half_left) / STEP
    correction = (half - full) / 3.0
    rounding, reach = along(example, l, j, STEP, trail)
    if not reach <= 1.0:
        raise Unusual
    if order == 2:
        return Slope(half, 2.0 * abs(correction) + rounding / STEP + UNDERFLOW)
    return Slope(half + correction, abs(correction) + rounding / STEP + UNDERFLOW)


def moved(small: Small, example: Example, l: int, j: int, h: float) -> tuple[float, list[Floats]]:
    """How far the cost moves with z(l)_j, and on the way there the z of each layer above."""
    if l == len(small.layers):
        return example.head.alone(j, h), []
    change = example.changes[l - 1][j](h)
    moves = [weight * change for weight in small.layers[l].columns[j]]
    trail = [moves]
    for layer, changes in zip(small.layers[l + 1 :], example.changes[l:], strict=True):
        moved = [*map(call, changes, moves)]
        moves = [dot(row, moved) for row in layer.rows]
        trail.append(moves)
    return example.head.change(moves), trail


def along(example: Example, l: int, j: int, own: float, trail: list[Floats]) -> tuple[float, float]:
    """What rounding these moves bring, and the largest of them over what it may be."""
    rounding, inverse_room = example.units[l - 1][j]
    rounding, reach = own * rounding, own * inverse_room
    for units, moves in zip(example.units[l:], trail, strict=True):
        for unit, s in zip(units, moves, strict=True):
            size = abs(s)
            rounding += size * unit.rounding
            reach = max(reach, size * unit.inverse_room)
    return rounding, reach


def imaginary(small: Small, example: Example, l: int, j: int) -> Slope:
    """Im C₁(z + ih) / h. Raises Unusual where even so small a step goes too far."""
    rate, trail = rates(small, example, l, j)
    rounding, reach = along(example, l, j, 1.0, trail)
    if not IMAGINARY * reach <= NEGLIGIBLE:
        raise Unusual
    return Slope(rate, COARSER * rounding + COMPLEX_UNDERFLOW)


def rates(small: Small, example: Example, l: int, j: int) -> tuple[float, list[Floats]]:
    """Im C₁ over h when z(l)_j moves by ih, and on the way there Im z of each layer above."""
    rate, a = [0.0] * len(example.z[l - 1]), [0.0] * len(example.z[l - 1])
    rate[j], a[j] = 1.0, rate_of(small.layers[l - 1].curve, example.z[l - 1][j], 1.0)
    trail: list[Floats] = []
    for layer, z in zip(small.layers[l:], example.z[l:], strict=True):
        rate = [dot(row, a) for row in layer.rows]
        a = [rate_of(layer.curve, *unit) for unit in zip(z, rate, strict=True)]
        trail.append(rate)
    z_moved, a_moved = map(stepped, example.z[-1], rate), map(stepped, example.a[-1], a)
    return small.output.analytic([*z_moved], [*a_moved], example.y).imag / IMAGINARY, trail


def rate_of(curve: Curve, z: float, rate: float) -> float:
    """Im a over h where z moves by ih times its rate."""
    return curve.analytic(stepped(z, rate)).imag / IMAGINARY


def stepped(stored: float, rate: float) -> complex:
    """A stored number, moved by ih times its rate."""
    return complex(stored, IMAGINARY * rate)
