"""σ three times, each for one number: its value, how far a move takes it, and in the complex plane.

Three witnesses that share nothing but σ: `value` is for plain evaluations, `about` holds the
identities of `core.differences.changes`, `analytic` serves the complex step. No derivative here.
"""

import cmath
from collections.abc import Callable
from math import exp, expm1, log1p, nan, tanh
from typing import NamedTuple, TypeAlias

from core.activations import LEAKY_SLOPE
from core.differences.changes import SECANT, SMALL

Move: TypeAlias = Callable[[float], float]
"""σ(z + s) − σ(z), or a cost term's change, from s."""


class Moved(NamedTuple):
    """A number that a move changes: by how much, over a small s, and how large its terms are."""

    change: Move
    secant: float
    steepness: float


class Curve(NamedTuple):
    """An activation. `corner` says that σ′ or σ″ jumps at 0, `straight` that σ is a line beside."""

    value: Callable[[float], float]
    about: Callable[[float], Moved]
    analytic: Callable[[complex], complex]
    corner: bool = False
    straight: bool = False


def moved(change: Move) -> Moved:
    """Where the change is one term."""
    secant = change(SECANT) / SECANT
    return Moved(change, secant, abs(secant))


def sigmoid(z: float) -> float:
    """1 / (1 + e^(−z)), the exponential never above 1."""
    e = exp(-abs(z))
    return (e if z < 0 else 1.0) / (1.0 + e)


def sigmoid_change(z: float) -> Move:
    """A B / (1/E + A) with E = e^s − 1, A = σ(z) and B = σ(−z); 1/E from its series."""
    A, product = sigmoid(z), sigmoid(z) * sigmoid(-z)
    tilt = A - 0.5

    def change(s: float) -> float:
        if abs(s) > SMALL:
            E = expm1(s)
            return product * E / (1.0 + A * E)
        return s * product / (1.0 + s * (tilt + s * (1.0 / 12.0)))

    return change


def tanh_change(z: float) -> Move:
    """tanh z = 2 σ(2z) − 1."""
    change = sigmoid_change(2.0 * z)
    return lambda s: 2.0 * change(2.0 * s)


def sloped(slope: float) -> Move:
    """Of a straight piece."""
    return lambda s: slope * s


def softplus(z: float) -> float:
    """ln(1 + e^z), the exponential never above 1."""
    return max(z, 0.0) + log1p(exp(-abs(z)))


def softplus_change(z: float) -> Move:
    """ln(1 + A (e^s − 1)) with A = σ(z)."""
    A = sigmoid(z)
    return lambda s: log1p(A * expm1(s))


def elu_change(z: float) -> Move:
    """s above 0, e^z (e^s − 1) below."""
    if z > 0:
        return sloped(1.0)
    exponential = exp(z)
    return lambda s: exponential * expm1(s)


def silu_about(z: float) -> Moved:
    """s σ(z) + (z + s) (σ(z + s) − σ(z)): two terms."""
    A, sigmoid_moved = sigmoid(z), sigmoid_change(z)

    def change(s: float) -> float:
        return s * A + (z + s) * sigmoid_moved(s)

    steepness = A + abs(z * sigmoid_moved(SECANT)) / SECANT
    return Moved(change, change(SECANT) / SECANT, steepness)


def complex_sigmoid(z: complex) -> complex:
    """1 / (1 + e^(−z)), the exponential never above 1."""
    if z.real < 0:
        e = cmath.exp(z)
        return e / (1.0 + e)
    return 1.0 / (1.0 + cmath.exp(-z))


def complex_softplus(z: complex) -> complex:
    """ln(1 + e^z), the exponential never above 1."""
    if z.real > 0:
        return z + complex_log1p(cmath.exp(-z))
    return complex_log1p(cmath.exp(z))


def complex_log1p(x: complex) -> complex:
    """ln(1 + x) where Im x is nothing beside 1 + Re x."""
    return complex(log1p(x.real), x.imag / (1.0 + x.real))


NOWHERE = complex(nan, nan)

CURVES: dict[str, Curve] = {
    "sigmoid": Curve(sigmoid, lambda z: moved(sigmoid_change(z)), complex_sigmoid),
    "tanh": Curve(
        tanh, lambda z: moved(tanh_change(z)), lambda z: 2.0 * complex_sigmoid(2.0 * z) - 1.0
    ),
    "identity": Curve(
        lambda z: z, lambda z: Moved(sloped(1.0), 1.0, 1.0), lambda z: z, straight=True
    ),
    "relu": Curve(
        lambda z: max(z, 0.0),
        lambda z: moved(sloped(1.0 if z > 0 else 0.0)),
        lambda z: z if z.real > 0 else 0j,
        corner=True,
        straight=True,
    ),
    "leaky_relu": Curve(
        lambda z: z if z > 0 else LEAKY_SLOPE * z,
        lambda z: moved(sloped(1.0 if z > 0 else LEAKY_SLOPE)),
        lambda z: z if z.real > 0 else LEAKY_SLOPE * z,
        corner=True,
        straight=True,
    ),
    "softplus": Curve(softplus, lambda z: moved(softplus_change(z)), complex_softplus),
    "elu": Curve(
        lambda z: z if z > 0 else expm1(z),
        lambda z: moved(elu_change(z)),
        lambda z: z if z.real > 0 else cmath.exp(z) - 1.0,
        corner=True,
    ),
    "silu": Curve(lambda z: z * sigmoid(z), silu_about, lambda z: z * complex_sigmoid(z)),
    "softmax": Curve(lambda z: nan, lambda z: Moved(sloped(nan), nan, nan), lambda z: NOWHERE),
}
"""All but gelu, whose functions Python's library lacks. An entry of a softmax is no function of its
own z; its cost is worked out from z(L), and whatever asked here all the same would get NaN."""
