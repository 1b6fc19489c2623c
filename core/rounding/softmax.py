"""Softmax of numbers that carry a bound: with a shift or without, a quotient or by logarithms."""

import numpy as np

from core.arrays import Array
from core.rounding.bounded import Bounded, no_nan
from core.rounding.rules import REFERENCE, BoundedActivation
from core.softmax import sum_of_others


class BoundedSoftmax(BoundedActivation):
    """a_j is largest where z_j is and the others are not: both ends are softmaxes themselves."""

    def moved(self, z: Bounded, value: Array) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            grown, shrunk = np.expm1(z.error), -np.expm1(-z.error)
            rest = 1.0 - value + REFERENCE
            less = sum_of_others(value * shrunk) + REFERENCE * shrunk
            more = sum_of_others(value * grown) + REFERENCE * grown
            up, down = np.exp(z.error), np.exp(-z.error)
            upper = value * (grown * rest + less) / (value * up + sum_of_others(value * down))
            lower = value * (shrunk * rest + more) / (value * down + sum_of_others(value * up))
        return np.minimum(np.maximum(no_nan(upper), np.minimum(no_nan(lower), value)), 1.0)

    def evaluated(self, z: Bounded, value: Array, moved: Array) -> Array:
        """e^(z_j − m) / Σ e^(z_k − m): K and the shift's |z_j − m| twice, a sum of n, a quotient.
        By e^(z_j − m − ln Σ): (K + 1) ln n more.
        """
        size, n = value + moved, value.shape[-1]
        shifted = np.abs(z.value - z.value.max(axis=-1, keepdims=True)) + 2.0 * z.error
        count = 2.0 * self.ulps + n + 2.0 + 2.0 * shifted + (self.ulps + 1.0) * np.log(n)
        underflow = z.precision.t  # of the exponential; another of the quotient
        error = self.roundings(z, count * size, size) + underflow + self.unshifted(z, size)
        return np.minimum(error, 1.0)

    def unshifted(self, z: Bounded, size: Array) -> Array:
        """Without a shift, e^z may underflow where every z is far below 0; or each is finite and
        their sum is not, and the quotients become 0.
        """
        p, n = z.precision, size.shape[-1]
        highest = (z.value + z.error).max(axis=-1, keepdims=True)
        lowest = (z.value - z.error).max(axis=-1, keepdims=True)  # that the largest z can be
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            lost = p.t / np.exp(lowest)
            known = n * lost < 0.5
            lost = np.where(known, 2.0 * lost * (1.0 + n * size), np.inf)
        largest = np.log(p.largest)
        sum_only = (highest + np.log(n) > largest) & (lowest <= largest)
        return np.where(sum_only, np.inf, lost)

    def pull_back(self, z: Bounded, a: Bounded, gradient: Bounded) -> Bounded:
        """a ⊙ (∇C − Σ_k a_k ∇C_k); by the whole Jacobian, ∇C is in the sum of n as well, and an
        underflow of a_j a_k counts ∇C_k times.
        """
        right = a * (gradient - (gradient * a).sum(axis=-1, keepdims=True))
        p, terms, size = a.precision, a.shape[-1] + 2.0, gradient.size
        underflow = 2.0 * p.t * size.sum(axis=-1, keepdims=True)
        return right.widened(terms * p.u * a.size * size + underflow)
