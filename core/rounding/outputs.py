"""Cost terms and δ(L) of numbers that carry a bound.

Claimants compute them by the textbook from a (ln a, a − y), by the chain rule as it stands
(∂C/∂a ⊙ σ′, though σ′ cancels), or from z, as libraries do. The value is ours, from z where that
saves digits; the error covers every one of these ways.
"""

from collections.abc import Callable

import numpy as np

from core.activations import SIGMOID
from core.arrays import Array
from core.costs import Output
from core.rounding.activations import ULPS, BoundedActivation
from core.rounding.bounded import Bounded, no_nan
from core.rounding.curves import square_overflows

SCALINGS = 4.0
"""Roundings of a cost by factors: ½, n_L times a mean, the square of a norm."""


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
        textbook = in_one_row(TERMS[self.cost](a, y, self.ulps))
        if self.cost != "mean_squared_error":
            textbook = textbook.widened(self.from_z(z, y))
        return around(self.output.terms(z.value, a.value, y.value), textbook)

    def error(self, z: Bounded, a: Bounded, y: Bounded) -> Bounded:
        """δ(L), N × n_L."""
        textbook = self.more_roundings(self.textbook_error(z, a, y))
        if self.shortened:
            textbook = textbook.widened(self.from_chain_rule(z, a, y))
        return around(self.output.error(z.value, a.value, y.value), textbook)

    def more_roundings(self, x: Bounded) -> Bounded:
        """A few for other orders of the same factors, 1/N among them."""
        return x.widened(2.0 * self.ulps * x.precision.u * x.size)

    def from_chain_rule(self, z: Bounded, a: Bounded, y: Bounded) -> Array:
        """What is lost in ∂C/∂a ⊙ σ′(z) with σ′ not cancelled, and in (1 − y) a − y (1 − a)."""
        if self.activation.name == "softmax":
            return chain_through_softmax(a, self.activation(z), y)
        absent = 1.0 - y.value if self.cost == "binary_cross_entropy" else np.zeros_like(y.value)
        return chain_through_sigmoid(self.activation, z, y.value, absent)

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
        gradient: Bounded = GRADIENTS[self.cost](a, y)
        return gradient

    def from_z(self, z: Bounded, y: Bounded) -> Array:
        """What softplus(z) − y z, or y (ln Σ e^z − z), may lose: its terms are as large as z."""
        largest = z.size.max(axis=-1, keepdims=True) + 1.0
        lost: Array = (2.0 * self.ulps + 2.0) * z.precision.u * largest * (2.0 * y.size + 1.0)
        return lost


class TextbookOutput(BoundedOutput):
    """The same by the textbook from a alone, which need not be σ(z): a claimed or mistaken a."""

    def terms(self, z: Bounded, a: Bounded, y: Bounded) -> Bounded:
        """The cost's terms, N × n_L."""
        return in_one_row(TERMS[self.cost](a, y, self.ulps))

    def error(self, z: Bounded, a: Bounded, y: Bounded) -> Bounded:
        """δ(L), N × n_L."""
        return self.more_roundings(self.textbook_error(z, a, y))

    def by_chain_rule(self, z: Bounded, a: Bounded, y: Bounded) -> Bounded:
        """δ(L) as ∂C/∂a pulled back through σ, though a shorter formula would do."""
        return self.more_roundings(self.activation.pull_back(z, a, self.gradient(a, y)))


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


def in_one_row(terms: Bounded) -> Bounded:
    """The terms with the roundings of adding all of them up one after the other, and of factors."""
    return terms.widened((terms.value.size + SCALINGS) * terms.precision.u * terms.size)


def chain_through_softmax(a: Bounded, unwritten: Bounded, y: Bounded) -> Array:
    """J (−y/a): the same a multiplies and divides, so only the sums of n lose anything; and the
    underflow of a product a_j a_k, against a large 1/a_k, of an a_k written or not.
    """
    p, n = a.precision, a.shape[-1]
    total = y.size.sum(axis=-1, keepdims=True)
    low, unwritten_low = a.value - a.error, unwritten.value - unwritten.error
    written_as_0 = np.minimum(np.maximum(unwritten_low, p.underflow), p.least)
    against = p.t * y.size / np.where(low > p.underflow, low, written_as_0)
    lost = 2.0 * against.sum(axis=-1, keepdims=True)
    every: Array = (n + 4.0) * p.u * (y.size + a.size * total) + lost
    return every


def chain_through_sigmoid(
    activation: BoundedActivation, z: Bounded, present: Array, absent: Array
) -> Array:
    """−(y/a) σ′ is −y (1 − a) but for the h by which a is off σ(z): a factor σ/(σ + h), and the
    like with 1 − a; where σ′ is written down, y/a times what that changes. `present` and `absent`
    are y and 1 − y.
    """
    s = Bounded(SIGMOID(z.value), np.zeros_like(z.value), z.precision)
    moved = activation.moved(z, s.value)
    evaluated = activation.evaluated(z, s.value, moved)
    own = Bounded(s.value, moved + evaluated, z.precision).written()
    h = own.error - moved
    u = z.precision.u
    a_low, a_high = SIGMOID(z.value - z.error), SIGMOID(z.value + z.error)
    c_low, c_high = SIGMOID(-z.value - z.error), SIGMOID(-z.value + z.error)
    on = np.abs(present) * c_high
    off = np.abs(absent) * a_high
    most = h / (0.5 * z.precision.gap_below_one) + activation.ulps + 3.0
    lost = shared(on, h, a_low, most) + shared(off, h + u * c_high, c_low, most)
    if z.precision.has_notation:
        slope_written = z.precision.written(a_high * c_high)
        gap = slope_written / z.precision.gap_below_one + 1.0
        lost = lost + shared(np.abs(present), slope_written, a_low - h + slope_written, gap)
        lost = lost + shared(np.abs(absent), slope_written, c_low - h + slope_written, gap)
    count = activation.ulps + 11.0
    whole = np.where(square_overflows(z), on + off, 0.0)
    every: Array = lost + whole + count * u * (on + off)
    return every


def shared(part: Array, error: Array, divisor: Array, most: Array) -> Array:
    """part · error / (divisor − error); where the divisor may be nothing but error, `most` times
    part: a divisor that is 0 gives no finite number, and any other is a gap at least.
    """
    room = divisor - error
    share = np.where(room > 0, error / room, np.inf)
    return np.where(part == 0, 0.0, part * np.minimum(share, most))


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
    moved = np.where(a.error < a.value, -np.log1p(-a.error / a.value), np.inf)
    evaluated = (ulps * a.precision.u) * (np.abs(value) + moved) + a.precision.t
    product = coefficient * Bounded(value, moved + evaluated, a.precision)
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

GRADIENTS: dict[str, Callable[[Bounded, Bounded], Bounded]] = {
    "mean_squared_error": lambda a, y: a - y,
    "binary_cross_entropy": lambda a, y: quotient(1.0 - y, 1.0 - a) - quotient(y, a),
    "cross_entropy": lambda a, y: -quotient(y, a),
}
