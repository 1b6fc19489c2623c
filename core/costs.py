"""C beside ∂C/∂a (chapter section 7), and what an output layer makes of the two.

A cost is a sum of terms, one for each example and output; C is the sum of all terms over N, and
that 1/N stands in `averaged` only. Where a logarithm's coefficient is 0 (y = 0, or
1 − y = 0), its term is identically 0, whatever the activation.
"""

from abc import ABC, abstractmethod
from typing import ClassVar, Protocol

import numpy as np
from scipy import special

from core.activations import SIGMOID, Activation, Softmax, Softplus
from core.arrays import Array, Numbers
from core.softmax import complement, softmax_logs, sum_of_others

SOFTPLUS = Softplus()
SOFTMAX = Softmax()


class Cost(ABC):
    """Terms and gradient as functions of the output activations a and targets y (N × n_L)."""

    name: ClassVar[str]
    formula: ClassVar[str]
    gradient_formula: ClassVar[str]
    domain: ClassVar[str] = "any output"

    @abstractmethod
    def terms(self, a: Numbers, y: Numbers) -> Numbers:
        """The term of each example and output, without 1/N (N × n_L)."""

    @abstractmethod
    def gradient(self, a: Numbers, y: Numbers) -> Numbers:
        """∂C₁/∂a for each example on its own (N × n_L)."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class MeanSquaredError(Cost):
    name = "mean_squared_error"
    formula = "1/(2N) Σ_i Σ_j (y_j - a_j)^2"
    gradient_formula = "a_j - y_j"

    def terms(self, a: Numbers, y: Numbers) -> Numbers:
        difference = a - y
        return difference * difference * 0.5

    def gradient(self, a: Numbers, y: Numbers) -> Numbers:
        return a - y


class BinaryCrossEntropy(Cost):
    name = "binary_cross_entropy"
    formula = "-1/N Σ_i Σ_j [y_j ln a_j + (1 - y_j) ln(1 - a_j)]"
    gradient_formula = "-y_j / a_j + (1 - y_j) / (1 - a_j)"
    domain = "outputs between 0 and 1"

    def terms(self, a: Numbers, y: Numbers) -> Numbers:
        return -special.xlogy(y, a) - special.xlog1py(1.0 - y, -a)

    def gradient(self, a: Numbers, y: Numbers) -> Numbers:
        return coefficient_over(1.0 - y, 1.0 - a) - coefficient_over(y, a)


class CrossEntropy(Cost):
    name = "cross_entropy"
    formula = "-1/N Σ_i Σ_j y_j ln a_j"
    gradient_formula = "-y_j / a_j"
    domain = "outputs above 0"

    def terms(self, a: Numbers, y: Numbers) -> Numbers:
        return -special.xlogy(y, a)

    def gradient(self, a: Numbers, y: Numbers) -> Numbers:
        return -coefficient_over(y, a)


COSTS: dict[str, type[Cost]] = {
    kind.name: kind for kind in (MeanSquaredError, BinaryCrossEntropy, CrossEntropy)
}


def coefficient_over(coefficient: Numbers, divisor: Numbers) -> Numbers:
    """coefficient / divisor, and 0 where the coefficient is 0: that logarithm has no term."""
    absent = np.asarray(coefficient) == 0
    return coefficient / np.where(absent, 1.0, divisor)


def averaged(total: Numbers, examples: int) -> Numbers:
    """The one 1/N: a sum over N examples, over N."""
    if examples == 1 and isinstance(total, np.ndarray):  # `Bounded` divides, and widens its bound
        return total
    return total / examples


def mean_over_examples(values: Numbers) -> Numbers:
    """The average over the examples, which stand in the first axis."""
    if len(values) == 1 and isinstance(values, np.ndarray):
        return values[0] + 0.0  # a sum is never −0.0
    return averaged(values.sum(axis=0), len(values))


def coefficient_times(coefficient: Array, factor: Array) -> Array:
    """coefficient · factor, and 0 where the coefficient is 0, even against an infinite factor."""
    absent = coefficient == 0
    return coefficient * np.where(absent, 0.0, factor)


class Output(Protocol):
    """The last activation and the cost, taken together: cost terms and δ(L) from z, a and y."""

    def terms(self, z: Numbers, a: Numbers, y: Numbers) -> Numbers: ...

    def error(self, z: Numbers, a: Numbers, y: Numbers) -> Numbers: ...


class Composed:
    """Any cost after any activation: δ(L) is ∂C/∂a pulled back through σ."""

    def __init__(self, cost: Cost, activation: Activation) -> None:
        self.cost, self.activation = cost, activation

    def terms(self, z: Numbers, a: Numbers, y: Numbers) -> Numbers:
        del z
        return self.cost.terms(a, y)

    def error(self, z: Numbers, a: Numbers, y: Numbers) -> Numbers:
        return self.activation.pull_back(z, a, self.cost.gradient(a, y))


class SigmoidBinaryCrossEntropy:
    """From z: −ln σ(z) = softplus(−z) and −ln(1 − σ(z)) = softplus(z), so nothing saturates."""

    def terms(self, z: Array, a: Array, y: Array) -> Array:
        del a
        return y * SOFTPLUS(-z) + (1.0 - y) * SOFTPLUS(z)

    def error(self, z: Array, a: Array, y: Array) -> Array:
        """a − y, written without the cancellation at a ≈ y = 1."""
        return (1.0 - y) * a - y * SIGMOID(-z)


class SigmoidCrossEntropy:
    """From z: −y ln σ(z), whose derivative is −y (1 − a)."""

    def terms(self, z: Array, a: Array, y: Array) -> Array:
        del a
        return y * SOFTPLUS(-z)

    def error(self, z: Array, a: Array, y: Array) -> Array:
        del a
        return -y * SIGMOID(-z)


class SoftmaxCrossEntropy:
    """From z: −y ln a, whose derivative is a_j Σ_k y_k − y_j."""

    def terms(self, z: Array, a: Array, y: Array) -> Array:
        del a
        return -coefficient_times(y, softmax_logs(z).log_a)

    def error(self, z: Array, a: Array, y: Array) -> Array:
        """a_j Σ_k y_k − y_j, written without the cancellation at a_j ≈ 1."""
        return a * sum_of_others(y) - y * complement(z)


class SoftmaxBinaryCrossEntropy:
    """From z, output by output; 1 − a of the largest output comes from the others alone."""

    def terms(self, z: Array, a: Array, y: Array) -> Array:
        del a
        logs = softmax_logs(z)
        against = coefficient_times(1.0 - y, logs.log_complement)
        return -coefficient_times(y, logs.log_a) - against

    def error(self, z: Array, a: Array, y: Array) -> Array:
        """Σ_j ∂C/∂a_j ∂a_j/∂z_i; against the top, a_i a_top / (1 − a_top) is a share of the others.

        That share, a_i / (1 − a_top), is softmax among the others and stays finite where
        1 − a_top underflows.
        """
        top, rest = softmax_logs(z).top, complement(z)
        against = (1.0 - y) * a
        odds = np.where(top, 0.0, against / np.where(top, 1.0, rest))
        share = np.where(top, 0.0, SOFTMAX(np.where(top, -np.inf, z)))
        against_top: Array = (against * top).sum(axis=-1, keepdims=True)
        own = against - y * rest
        return own + a * (sum_of_others(y) - sum_of_others(odds)) - share * against_top


OUTPUTS: dict[tuple[str, str], type[Output]] = {
    ("binary_cross_entropy", "sigmoid"): SigmoidBinaryCrossEntropy,
    ("cross_entropy", "sigmoid"): SigmoidCrossEntropy,
    ("cross_entropy", "softmax"): SoftmaxCrossEntropy,
    ("binary_cross_entropy", "softmax"): SoftmaxBinaryCrossEntropy,
}


def output_of(cost: Cost, activation: Activation) -> Output:
    """How this cost is computed after this activation: from z where that saves digits."""
    fused = OUTPUTS.get((cost.name, activation.name))
    return fused() if fused else Composed(cost, activation)
