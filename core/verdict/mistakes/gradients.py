"""Mistaken gradients: what is computed in place of BP3 and BP4.

A function raises ValueError or IndexError where shapes do not allow the mistake; a result of
another shape than the parameter's counts as not allowed too.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from core.arrays import Numbers
from core.backprop import Equation, bp3, bp4
from core.forward import Workings
from core.verdict.mistakes.arithmetic import clipped, exactly, reshaped
from core.verdict.mistakes.slopes import right_slope


def bias_summed(w: Workings, l: int) -> Numbers:
    """Σᵢ δ⁽ⁱ⁾."""
    return w.delta[l].sum(axis=0)


def bias_averaged_twice(w: Workings, l: int) -> Numbers:
    """1/N² Σᵢ δ⁽ⁱ⁾."""
    return bp3(w, l) / len(w.y)


def bias_over_neurons(w: Workings, l: int) -> Numbers:
    """Averaged over the neurons, leaving one number an example."""
    return w.delta[l].sum(axis=1) / w.delta[l].shape[1]


def bias_over_everything(w: Workings, l: int) -> Numbers:
    """Averaged over examples and neurons, the same for all."""
    mean = bp3(w, l).sum(axis=0, keepdims=True) / w.delta[l].shape[1]
    return mean + exactly(mean, np.zeros(w.delta[l].shape[1]))


def bias_times_bias(w: Workings, l: int) -> Numbers:
    """δ ⊙ b."""
    return bp3(w, l) * w.b[l]


def bias_times_activation(w: Workings, l: int) -> Numbers:
    """δ ⊙ a(l)."""
    return (w.delta[l] * w.a[l]).sum(axis=0) / len(w.y)


def bias_zero(w: Workings, l: int) -> Numbers:
    """Left at 0."""
    return exactly(w.delta[l], np.zeros(w.b[l].shape))


def outer_transposed(w: Workings, l: int) -> Numbers:
    """a δᵀ, of a square layer."""
    return w.a[l - 1].T @ w.delta[l] / len(w.y)


def outer_reshaped(w: Workings, l: int) -> Numbers:
    """a δᵀ, poured into W's shape."""
    turned = outer_transposed(w, l)
    shape = w.W[l].shape
    if shape[0] == shape[1] or 1 in shape:
        raise IndexError("transposing is all there is")
    return reshaped(turned, shape)


def own_activation(w: Workings, l: int) -> Numbers:
    """δ a(l)ᵀ."""
    return w.delta[l].T @ w.a[l] / len(w.y)


def weighted_input_for_activation(w: Workings, l: int) -> Numbers:
    """δ z(l−1)ᵀ."""
    if l == 1:
        raise IndexError("the input has no z")
    return w.delta[l].T @ w.z[l - 1] / len(w.y)


def error_of_next_layer(w: Workings, l: int) -> Numbers:
    """δ(l+1) a(l−1)ᵀ."""
    if l == w.depth:
        raise IndexError("there is no next layer")
    return w.delta[l + 1].T @ w.a[l - 1] / len(w.y)


def input_for_activation(w: Workings, l: int) -> Numbers:
    """δ xᵀ."""
    if l == 1:
        raise IndexError("here x is right")
    return w.delta[l].T @ w.a[0] / len(w.y)


def weight_summed(w: Workings, l: int) -> Numbers:
    """Σᵢ δ aᵀ."""
    return w.delta[l].T @ w.a[l - 1]


def weight_averaged_twice(w: Workings, l: int) -> Numbers:
    """1/N² Σᵢ δ aᵀ."""
    return bp4(w, l) / len(w.y)


def derivative_again(w: Workings, l: int) -> Numbers:
    """(δ ⊙ σ′) aᵀ."""
    if w.network.activations[l].name == "softmax":
        raise IndexError("softmax has no σ′ to repeat")
    return (w.delta[l] * right_slope(w, l)).T @ w.a[l - 1] / len(w.y)


def weight_sign_flipped(w: Workings, l: int) -> Numbers:
    """−δ aᵀ."""
    return -bp4(w, l)


def regularised(w: Workings, l: int, strength: Numbers) -> Numbers:
    """δ aᵀ + λ W."""
    return bp4(w, l) + w.W[l] * strength


WithNumber: TypeAlias = Callable[[Workings, int, Numbers], Numbers]
"""A mistaken equation with a free number in it."""


def limited(right: Equation) -> WithNumber:
    """The gradient limited to ± c."""

    def mistaken(w: Workings, l: int, limit: Numbers) -> Numbers:
        return clipped(right(w, l), limit)

    return mistaken


def bias_of_example(number: int) -> Equation:
    """δ of one example."""
    return lambda w, l: w.delta[l][number]


def weight_of_example(number: int) -> Equation:
    """δ aᵀ of one example."""

    def mistaken(w: Workings, l: int) -> Numbers:
        rows = [number]
        return w.delta[l][rows].T @ w.a[l - 1][rows]

    return mistaken


def over_examples(mistaken: Equation) -> Equation:
    """Still divided by N."""
    return lambda w, l: mistaken(w, l) / len(w.y)


def running_total(w: Workings) -> Numbers:
    """How often each example counts where sums are added up that were never reset: N, N−1, … 1."""
    count = len(w.y)
    return exactly(w.delta[w.depth], np.arange(count, 0.0, -1.0)[:, None])


def bias_accumulated(w: Workings, l: int) -> Numbers:
    """Every example's running total is added again."""
    return (w.delta[l] * running_total(w)).sum(axis=0) / len(w.y)


def weight_accumulated(w: Workings, l: int) -> Numbers:
    """Every example's running total is added again."""
    return (w.delta[l] * running_total(w)).T @ w.a[l - 1] / len(w.y)


def times(right: Equation) -> WithNumber:
    """η ∂C/∂θ."""
    return lambda w, l, rate: right(w, l) * rate


def bias_updated(w: Workings, l: int, rate: Numbers) -> Numbers:
    """b − η ∂C/∂b."""
    return w.b[l] - bp3(w, l) * rate


def weight_updated(w: Workings, l: int, rate: Numbers) -> Numbers:
    """W − η ∂C/∂W."""
    return w.W[l] - bp4(w, l) * rate
