"""What one output adds to an example's cost: its term thrice, as the activations in `curves`.

`about` holds the identities of `core.differences.heads`; `value` and `term` are plain. Softmax, of
which each output moves every term, is in `softmax`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import expm1, log1p
from operator import call
from typing import NamedTuple

from core.differences.changes import SECANT
from core.differences.small.curves import (
    Curve,
    Move,
    complex_softplus,
    sigmoid,
    softplus,
)
from core.differences.small.heads import Complexes, Floats, Head, Output
from core.differences.small.softmax import SoftmaxCrossEntropy


class Term(NamedTuple):
    """The cost term of one output about its stored z and a.

    `scale` says how large the terms of ∂C₁/∂z are after moves of some step, `rounded` what rounding
    of a may do to the term, for the same.
    """

    change: Move
    secant: float
    scale: Callable[[float], float]
    rounded: Callable[[float], float]


class Termwise(Head):
    """Where each output has a term of its own."""

    def __init__(self, terms: list[Term]) -> None:
        self.terms = terms
        self.changes = [term.change for term in terms]
        self.secants = [term.secant for term in terms]

    def change(self, moves: Floats) -> float:
        return sum(map(call, self.changes, moves))

    def alone(self, j: int, s: float) -> float:
        return self.changes[j](s)

    def scales(self, step: float) -> Floats:
        return [term.scale(step) for term in self.terms]

    def rounded(self, step: float) -> Floats:
        return [term.rounded(step) for term in self.terms]


@dataclass(frozen=True)
class Terms(Output):
    """Where each output has a term of its own."""

    value: Callable[[float, float, float], float]
    about: Callable[[Curve, float, float, float], Term]
    term: Callable[[complex, complex, float], complex]

    def head(self, curve: Curve, z: Floats, a: Floats, y: Floats) -> Head:
        return Termwise([self.about(curve, *output) for output in zip(z, a, y, strict=True)])

    def values(self, z: Floats, a: Floats, y: Floats) -> Floats:
        return [*map(self.value, z, a, y)]

    def analytic(self, z: Complexes, a: Complexes, y: Floats) -> complex:
        return sum(map(self.term, z, a, y))


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


SQUARED_ERROR = Terms(
    lambda z, a, y: (a - y) * (a - y) * 0.5,
    squared_error,
    lambda z, a, y: 0.5 * (a - y) * (a - y),
)
OUTPUTS: dict[tuple[str, str], Output] = {
    ("sigmoid", "binary_cross_entropy"): Terms(
        lambda z, a, y: y * softplus(-z) + (1.0 - y) * softplus(z),
        sigmoid_entropy,
        lambda z, a, y: y * complex_softplus(-z) + (1.0 - y) * complex_softplus(z),
    ),
    ("sigmoid", "cross_entropy"): Terms(
        lambda z, a, y: y * softplus(-z),
        sigmoid_one_sided,
        lambda z, a, y: y * complex_softplus(-z),
    ),
    ("softmax", "cross_entropy"): SoftmaxCrossEntropy(),
}
"""Costs that take logarithms of other outputs come near their walls, and are left to the arrays."""


def output_of(activation: str, cost: str) -> Output | None:
    """The cost after this activation, if it is one of these."""
    if cost == "mean_squared_error" and activation != "softmax":
        return SQUARED_ERROR
    return OUTPUTS.get((activation, cost))
