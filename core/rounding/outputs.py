"""Cost terms and δ(L) of numbers that carry a bound.

Claimants compute them by the textbook from a (ln a, a − y, ∂C/∂a ⊙ σ′) or from z, as libraries do.
The value is ours, from z where that saves digits; the error covers both routes.
"""

import numpy as np

from core.arrays import Array
from core.costs import Output
from core.rounding.activations import ULPS, BoundedActivation
from core.rounding.bounded import Bounded, no_nan


class BoundedOutput:
    """The output of a network for `Bounded` numbers: `terms` and `error` as `core.costs.Output`."""

    def __init__(
        self, output: Output, cost: str, activation: BoundedActivation, ulps: float = ULPS
    ) -> None:
        self.output, self.cost, self.activation, self.ulps = output, cost, activation, ulps

    @property
    def shortened(self) -> bool:
        """Whether σ′ has cancelled out of δ(L), as cross-entropies do with their own activation."""
        return (self.cost, self.activation.name) in SHORTENED

    @property
    def has_slope(self) -> bool:
        """Whether δ(L) is ∂C/∂a ⊙ σ′, entry by entry."""
        return not self.shortened and self.activation.name != "softmax"

    def textbook(self) -> "TextbookOutput":
        """The same from a alone, for an a that need not be σ(z)."""
        return TextbookOutput(self.output, self.cost, self.activation, self.ulps)

    def after(self, activation: BoundedActivation) -> "TextbookOutput":
        """The same cost after another activation, from a alone."""
        return TextbookOutput(self.output, self.cost, activation, self.ulps)

    def terms(self, z: Bounded, a: Bounded, y: Bounded) -> Bounded:
        """The cost's terms, N × n_L."""
        textbook = TERMS[self.cost](a, y, self.ulps)
        if self.cost != "mean_squared_error":
            textbook = textbook.widened(self.from_z(z, y))
        return around(self.output.terms(z.value, a.value, y.value), textbook)

    def error(self, z: Bounded, a: Bounded, y: Bounded) -> Bounded:
        """δ(L), N × n_L."""
        textbook = self.textbook_error(z, a, y)
        extra = 2.0 * self.ulps * a.precision.u * textbook.size
        return around(self.output.error(z.value, a.value, y.value), textbook.widened(extra))

    def textbook_error(self, z: Bounded, a: Bounded, y: Bounded) -> Bounded:
        """By the shortened formulas where there are any, else ∂C/∂a pulled back through σ."""
        match self.cost, self.activation.name:
            case "binary_cross_entropy", "sigmoid":
                return a - y
            case "cross_entropy", "sigmoid":
                return y * (a - 1.0)
            case "cross_entropy", "softmax":
                return a * y.sum(axis=-1, keepdims=True) - y
        return self.activation.pull_back(z, a, self.gradient(a, y))

    def gradient(self, a: Bounded, y: Bounded) -> Bounded:
        """∂C₁/∂a, N × n_L."""
        return GRADIENTS[self.cost](a, y)

    def from_z(self, z: Bounded, y: Bounded) -> Array:
        """What softplus(z) − y z, or y (ln Σ e^z − z), may lose: its terms are as large as z."""
        largest = z.size.max(axis=-1, keepdims=True) + 1.0
        return 2.0 * self.ulps * z.precision.u * largest * (2.0 * y.size + 1.0)


class TextbookOutput(BoundedOutput):
    """The same by the textbook from a alone, for an a that need not be σ(z): a claimed or mistaken one."""

    def terms(self, z: Bounded, a: Bounded, y: Bounded) -> Bounded:
        """The cost's terms, N × n_L."""
        return TERMS[self.cost](a, y, self.ulps)

    def error(self, z: Bounded, a: Bounded, y: Bounded) -> Bounded:
        """δ(L), N × n_L."""
        textbook = self.textbook_error(z, a, y)
        return textbook.widened(2.0 * self.ulps * a.precision.u * textbook.size)


SHORTENED = frozenset(
    {
        ("binary_cross_entropy", "sigmoid"),
        ("cross_entropy", "sigmoid"),
        ("cross_entropy", "softmax"),
    }
)


def around(value: Array, covering: Bounded) -> Bounded:
    """Our value with an error that reaches over the covering one's whole interval."""
    error = no_nan(np.abs(covering.value - value) + covering.error)
    return Bounded(np.asarray(value), error, covering.precision)


def squared_terms(a: Bounded, y: Bounded, ulps: float) -> Bounded:
    """½ (a − y)²."""
    difference = a - y
    return difference * difference * 0.5


def binary_terms(a: Bounded, y: Bounded, ulps: float) -> Bounded:
    """−y ln a − (1 − y) ln(1 − a)."""
    return -times_log(y, a, ulps) - times_log(1.0 - y, 1.0 - a, ulps)


def cross_terms(a: Bounded, y: Bounded, ulps: float) -> Bounded:
    """−y ln a."""
    return -times_log(y, a, ulps)


def times_log(coefficient: Bounded, a: Bounded, ulps: float) -> Bounded:
    """coefficient · ln a, 0 where the coefficient is 0."""
    absent = coefficient.value == 0
    value = np.log(np.where(absent, 1.0, a.value))
    room = np.where(a.error < a.value, a.error / a.value, 1.0)
    moved = -np.log1p(-np.where(absent, 0.0, room))
    evaluated = (ulps * a.precision.u) * (np.abs(value) + moved) + a.precision.t
    product = coefficient * Bounded(value, no_nan(moved + evaluated), a.precision)
    return without(absent, product)


def without(absent: Array, x: Bounded) -> Bounded:
    """x, exactly 0 where the mask says that there is no such term."""
    return Bounded(np.where(absent, 0.0, x.value), np.where(absent, 0.0, x.error), x.precision)


def quotient(coefficient: Bounded, a: Bounded) -> Bounded:
    """coefficient / a, 0 where the coefficient is 0."""
    absent = coefficient.value == 0
    safe = Bounded(np.where(absent, 1.0, a.value), np.where(absent, 0.0, a.error), a.precision)
    return without(absent, coefficient / safe)


TERMS = {
    "mean_squared_error": squared_terms,
    "binary_cross_entropy": binary_terms,
    "cross_entropy": cross_terms,
}

GRADIENTS = {
    "mean_squared_error": lambda a, y: a - y,
    "binary_cross_entropy": lambda a, y: quotient(1.0 - y, 1.0 - a) - quotient(y, a),
    "cross_entropy": lambda a, y: -quotient(y, a),
}
