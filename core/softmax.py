"""Softmax from z: a, 1 − a and their logarithms keep every digit however far a saturates.

The largest entry of a row (the *top*) is the only one that can come near 1, so its 1 − a is the
mass of the others, summed without it.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.arrays import Array

Mask: TypeAlias = NDArray[np.bool_]


@np.errstate(over="ignore")  # a difference may be −∞, and its exponential 0
def exponentials(z: Array) -> tuple[Array, Array]:
    """e^(z_j − max z) and each row's sum (N × 1): nothing overflows, and the sum is at least 1."""
    e: Array = np.exp(z - z.max(axis=-1, keepdims=True))
    return e, e.sum(axis=-1, keepdims=True)


def complement(z: Array) -> Array:
    """1 − a_j: the share of all the others (N × n).

    >>> complement(np.array([[0.0, -800.0]]))
    array([[0., 1.]])
    """
    e, total = exponentials(z)
    return sum_of_others(e) / total


def sum_of_others(values: Array) -> Array:
    """Σ_{k ≠ j} of each row, at every j (N × n); the whole sum less entry j would cancel.

    >>> sum_of_others(np.array([[1.0, 1e-20, 1e-30]]))
    array([[1.e-20, 1.e+00, 1.e+00]])
    """
    before, after = np.zeros_like(values), np.zeros_like(values)
    before[..., 1:] = values[..., :-1].cumsum(axis=-1)
    after[..., :-1] = values[..., :0:-1].cumsum(axis=-1)[..., ::-1]
    return before + after


class SoftmaxLogs(NamedTuple):
    """ln a_j, ln(1 − a_j) and which entry is the top, N × n each."""

    log_a: Array
    log_complement: Array
    top: Mask


@np.errstate(divide="ignore", over="ignore")  # e^−∞ is 0, and its logarithm −∞ again
def softmax_logs(z: Array) -> SoftmaxLogs:
    """The logarithms, where a and 1 − a would underflow too; with n = 1 the complement's is −∞.

    >>> softmax_logs(np.array([[0.0, -800.0]])).log_complement
    array([[-800.,   -0.]])
    """
    top = np.arange(z.shape[-1]) == z.argmax(axis=-1)[..., None]
    shifted = z - z.max(axis=-1, keepdims=True)
    others = np.where(top, -np.inf, shifted)
    mass = np.exp(others)
    log_total = np.log1p(mass.sum(axis=-1, keepdims=True))
    small = mass / (1.0 + mass.sum(axis=-1, keepdims=True))
    log_others = log_of_sum(others)
    log_complement = np.where(top, log_others - log_total, np.log1p(-small))
    return SoftmaxLogs(shifted - log_total, log_complement, top)


def log_of_sum(logs: Array) -> Array:
    """ln Σ e^(log) of each row (N × 1), relative to its largest; −∞ where there is nothing."""
    largest = logs.max(axis=-1, keepdims=True)
    largest = np.where(np.isfinite(largest), largest, 0.0)
    result: Array = largest + np.log(np.exp(logs - largest).sum(axis=-1, keepdims=True))
    return result
