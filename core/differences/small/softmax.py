"""Softmax and cross-entropy, from z: `core.differences.softmax_heads` for one example's floats.

Moves are taken relative to that of the largest output, the *top*, as there: with E = e^s − 1 and
P = Σ_k a_k E_k, ln a_j moves by s_j − ln(1 + P).
"""

import cmath
from math import exp, expm1, log1p

from core.differences.changes import SECANT
from core.differences.small.curves import Curve
from core.differences.small.heads import Complexes, Floats, Head, Output


class SoftmaxCrossEntropy(Output):
    """Σ_j −y_j ln a_j."""

    def head(self, curve: Curve, z: Floats, a: Floats, y: Floats) -> Head:
        return SoftmaxCrossEntropyHead(z, a, y)

    def values(self, z: Floats, a: Floats, y: Floats) -> Floats:
        top = z.index(max(z))
        relative = [x - z[top] for x in z]
        log_total = log1p(sum([exp(x) for j, x in enumerate(relative) if j != top]))
        return [-y_j * (x - log_total) if y_j else 0.0 for x, y_j in zip(relative, y, strict=True)]

    def analytic(self, z: Complexes, a: Complexes, y: Floats) -> complex:
        top = max(z, key=lambda x: x.real)
        relative = [x - top for x in z]
        log_total = cmath.log(sum(map(cmath.exp, relative)))
        return sum([y_j * (log_total - x) for x, y_j in zip(relative, y, strict=True)])


class SoftmaxCrossEntropyHead(Head):
    """Σ_j y_j (ln(1 + P) − s_j); where one output moves alone, P is what moves times E."""

    def __init__(self, z: Floats, a: Floats, y: Floats) -> None:
        self.top, self.a, self.y = z.index(max(z)), a, y
        self.total, self.others = sum(y), sum(y[: self.top] + y[self.top + 1 :])
        self.weights = [*a]
        self.weights[self.top] = share_of_others(z, self.top)
        self.secants = [self.alone(j, SECANT) / SECANT for j in range(len(z))]

    def change(self, moves: Floats) -> float:
        relative = [s - moves[self.top] for s in moves]
        log_growth = log1p(sum([a * expm1(s) for a, s in zip(self.a, relative, strict=True)]))
        return sum([y * (log_growth - s) for y, s in zip(self.y, relative, strict=True)])

    def alone(self, j: int, s: float) -> float:
        if j == self.top:  # all others move the other way
            return self.total * log1p(self.weights[j] * expm1(-s)) + self.others * s
        return self.total * log1p(self.weights[j] * expm1(s)) - self.y[j] * s

    def scales(self, step: float) -> Floats:
        own = [*map(abs, self.y)]
        everywhere = sum(own)
        own[self.top] = sum(own[: self.top] + own[self.top + 1 :])
        return [w * everywhere + size for w, size in zip(self.weights, own, strict=True)]

    def rounded(self, step: float) -> Floats:
        return [0.0] * len(self.y)


def share_of_others(z: Floats, top: int) -> float:
    """1 − a_top, without the cancellation."""
    others = sum([exp(x - z[top]) for j, x in enumerate(z) if j != top])
    return others / (1.0 + others)
