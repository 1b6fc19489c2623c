"""What one output adds to an example's cost: its term thrice, as the activations in `curves`.

`about` holds the identities of `core.differences.heads`; `value` and `analytic` are plain. An
output here moves its own term only: with softmax each moves every term, and arrays do that.
"""

from collections.abc import Callable
from math import expm1, log1p
from typing import NamedTuple

from core.differences.changes import SECANT
from core.differences.small.curves import (
    Curve,
    Move,
    complex_softplus,
    sigmoid,
    softplus,
)


class Term(NamedTuple):
    """The cost term of one output about its stored z and a.

    `scale` says how large the terms of ∂C₁/∂z are after moves of some step, `rounded` what rounding
    of a may do to the term, for the same.
    """

    change: Move
    secant: float
    scale: Callable[[float], float]
    rounded: Callable[[float], float]


class Output(NamedTuple):
    """A cost after an activation."""

    value: Callable[[float, float, float], float]
    about: Callable[[Curve, float, float, float], Term]
    analytic: Callable[[complex, complex, float], complex]


def squared_error(curve: Curve, z: float, a: float, y: float) -> Term:
    """½(a + c − y)² − ½(a − y)² = c ((a − y) + c/2) where a moves by c."""
    (move, secant, steepness), r = curve.about(z), a - y

    def change(s: float) -> float:
        c = move(s)
        return c * (r + 0.5 * c)

    c = SECANT * secant
    return Term(
        change,
        c * (r + 0.5 * c) / SECANT,
        lambda step: steepness * (abs(r) + step),
        lambda step: abs(a) * (abs(r) + step),
    )


def sigmoid_entropy(curve: Curve, z: float, a: float, y: float) -> Term:
    """y softplus(−z) + (1 − y) softplus(z), from z; a and σ(−z) are its slopes' sizes."""
    B = sigmoid(-z)

    def change(s: float) -> float:
        return y * log1p(B * expm1(-s)) + (1.0 - y) * log1p(a * expm1(s))

    size = abs(y) * B + abs(1.0 - y) * a
    return Term(change, change(SECANT) / SECANT, lambda step: size, lambda step: 0.0)


def sigmoid_one_sided(curve: Curve, z: float, a: float, y: float) -> Term:
    """y softplus(−z), from z."""
    B = sigmoid(-z)

    def change(s: float) -> float:
        return y * log1p(B * expm1(-s))

    size = abs(y) * B
    return Term(change, change(SECANT) / SECANT, lambda step: size, lambda step: 0.0)


SQUARED_ERROR = Output(
    lambda z, a, y: (a - y) * (a - y) * 0.5,
    squared_error,
    lambda z, a, y: 0.5 * (a - y) * (a - y),
)
OUTPUTS: dict[tuple[str, str], Output] = {
    ("sigmoid", "binary_cross_entropy"): Output(
        lambda z, a, y: y * softplus(-z) + (1.0 - y) * softplus(z),
        sigmoid_entropy,
        lambda z, a, y: y * complex_softplus(-z) + (1.0 - y) * complex_softplus(z),
    ),
    ("sigmoid", "cross_entropy"): Output(
        lambda z, a, y: y * softplus(-z),
        sigmoid_one_sided,
        lambda z, a, y: y * complex_softplus(-z),
    ),
}
"""Costs that take logarithms of other outputs come near their walls, and are left to the arrays."""


def output_of(activation: str, cost: str) -> Output | None:
    """The cost after this activation, if it is one of these."""
    return SQUARED_ERROR if cost == "mean_squared_error" else OUTPUTS.get((activation, cost))
