"""The complex step: Im C(z + ih) / h = ∂C/∂z, with no difference to cancel (Squire & Trapp 1998).

A witness of its own: plain complex arithmetic through the layers above a source. It shares no
identity with `changes` and no formula for a derivative with backprop. h is so small that h² is
nothing beside 1: the real parts are the stored pass, and a linear layer takes the imaginary parts
on their own.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from core.activations import LEAKY_SLOPE
from core.arrays import Array
from core.differences.base import Base
from core.differences.plan import Task, Units, of_sources
from core.differences.slopes import Slopes, in_pieces
from core.differences.sweep import NO_CORNER
from core.forward import Workings
from core.softmax import sum_of_others

Complex = NDArray[np.complex128]

IMAGINARY = 2.0**-330
"""h: so small that h² underflows beside 1, so large that products of it do not."""

NEGLIGIBLE = 2.0**-60
"""Of its room, the part that a move may take for h² to be nothing: an output of 1e-300 under a
logarithm is too near its end even for this h, and gets no opinion."""

COMPLEX_EFFORT = 2.0  # of a task, beside that of one of the sweep

UNDERFLOW = 1e-200
"""Slopes below it, times h, have lost digits to underflow somewhere on their way."""

COARSER = 16.0
"""Complex exp, log and erfc take several real functions each, and far tails of erfc lose digits
in proportion to z²: their rounding beside what `rounding` allows for real ones."""


def sigmoid(z: Complex) -> Complex:
    """1 / (1 + e^(−z)), the exponential never above 1."""
    below = z.real < 0
    e = np.exp(np.where(below, z, -z))
    return np.asarray(np.where(below, e, 1.0) / (1.0 + e), dtype=np.complex128)


def tanh(z: Complex) -> Complex:
    """By the sigmoid."""
    return 2.0 * sigmoid(2.0 * z) - 1.0


def softplus(z: Complex) -> Complex:
    """ln(1 + e^z), the exponential never above 1."""
    return np.where(z.real > 0, z, 0.0) + np.log1p(np.exp(np.where(z.real > 0, -z, z)))


def softmax(z: Complex) -> Complex:
    """e^z over its sum in each row."""
    e: Complex = np.exp(relative_to_top(z))
    share: Complex = e / e.sum(axis=-1, keepdims=True)
    return share


def relative_to_top(z: Complex) -> Complex:
    """z less the entry of each row that has the largest real part, which then is exactly 0."""
    return z - np.take_along_axis(z, z.real.argmax(axis=-1)[..., None], axis=-1)


def gelu(z: Complex) -> Complex:
    """z Φ(z)."""
    value: Complex = z * 0.5 * special.erfc(z * -np.sqrt(0.5))
    return value


ANALYTIC: dict[str, Callable[[Complex], Complex]] = {
    "sigmoid": sigmoid,
    "tanh": tanh,
    "identity": lambda z: z,
    "softplus": softplus,
    "silu": lambda z: z * sigmoid(z),
    "gelu": gelu,
    "softmax": softmax,
}

PIECEWISE: dict[str, Callable[[Complex], Complex]] = ANALYTIC | {
    "relu": lambda z: np.where(z.real > 0, z, 0.0),
    "leaky_relu": lambda z: np.where(z.real > 0, z, LEAKY_SLOPE * z),
    "elu": lambda z: np.where(z.real > 0, z, np.exp(np.where(z.real > 0, 0.0, z)) - 1.0),
}
"""With those that are analytic on either side of 0, which so small a step never crosses."""


def complex_slopes(base: Base, w: Workings, units: Units) -> Slopes:
    """The slopes of all these sources; NaN where one moves a corner, or anything too far."""

    def slopes(task: Task) -> Slopes:
        return task_slopes(base.examples(task.examples), w, task)

    return in_pieces(slopes, base, units, COMPLEX_EFFORT)


def task_slopes(base: Base, w: Workings, task: Task) -> Slopes:
    """One task: what Im z is over h, (sources, N, n_l), goes up layer by layer."""
    network, units, rows = base.network, task.units, task.examples
    rounding, reach = of_sources(base.rounding, units), of_sources(base.inverse_room, units)
    corner = np.full(rounding.shape, NO_CORNER)
    rate = np.empty((0, rounding.shape[1], network.sizes[0]))
    for l in network.weights.numbers:
        below = len(rate)
        rate = next_rates(rate, network.weights[l], units[l])
        if below:
            size = np.abs(rate[:below])
            rounding[:below] += np.einsum("sij,ij->si", size, base.rounding[l])
            farthest = (size * base.inverse_room[l]).max(axis=-1)
            np.maximum(reach[:below], farthest, out=reach[:below])
        if not len(rate):
            continue
        if here := base.corners[l]:
            here.touched(rate, corner[: len(rate)])
        z = complex_about(w.z[l][rows], rate)
        a = PIECEWISE[network.activations[l].name](z)
        rate = a.imag / IMAGINARY
    a = complex_about(w.a[network.depth][rows], rate)
    cost = complex_cost(network.cost.name, network.activations[network.depth].name, z, a, w.y[rows])
    slope, uncertainty = cost.imag / IMAGINARY, COARSER * rounding + UNDERFLOW
    sound = IMAGINARY * reach <= NEGLIGIBLE
    if base.cornered:
        sound &= corner == NO_CORNER
    if not sound.all():
        slope[~sound] = uncertainty[~sound] = np.nan
    return Slopes.smooth(slope, uncertainty)


def next_rates(rate: Array, W: Array, own: NDArray[np.intp]) -> Array:
    """Im z(l) over h: of the sources below, by W(l), and of the layer's own, each of which is 1."""
    below, examples = rate.shape[:2]
    rates = np.zeros((below + len(own), examples, len(W)))
    if below:
        np.matmul(rate, W.T, out=rates[:below])
    rates[np.arange(below, len(rates)), :, own] = 1.0
    return rates


def complex_about(values: Array, rate: Array) -> Complex:
    """The stored values (N × n), each moved by ih times its rate (sources, N, n)."""
    moved = np.empty(rate.shape, dtype=np.complex128)
    moved.real = values
    np.multiply(rate, IMAGINARY, out=moved.imag)
    return moved


def complex_cost(cost: str, activation: str, z: Complex, a: Complex, y: Array) -> Complex:
    """Each example's cost, (sources, N)."""
    if cost == "mean_squared_error":
        terms = 0.5 * (a - y) ** 2
    elif activation == "sigmoid":
        terms = y * softplus(-z)
        if cost == "binary_cross_entropy":
            terms = terms + (1.0 - y) * softplus(z)
    elif activation == "softmax":
        terms = softmax_terms(cost, z, y)
    else:
        terms = -times(y, np.log(present(y, a)))
        if cost == "binary_cross_entropy":
            terms = terms - times(1.0 - y, np.log(present(1.0 - y, 1.0 - a)))
    return np.asarray(terms.sum(axis=-1))


def softmax_terms(cost: str, z: Complex, y: Array) -> Complex:
    """−y ln a, and −(1 − y) ln(1 − a) with 1 − a as the sum of the others."""
    exponents = relative_to_top(z)
    log_total = np.log(np.exp(exponents).sum(axis=-1, keepdims=True))
    terms = -y * (exponents - log_total)
    if cost == "binary_cross_entropy" and z.shape[-1] > 1:
        terms = terms - times(1.0 - y, log_of_others(z, exponents) - log_total)
    return np.asarray(terms)


def log_of_others(z: Complex, exponents: Complex) -> Complex:
    """ln Σ_{k ≠ j} e^(exponent_k) at every j; those beside the top relative to their largest."""
    width = z.shape[-1]
    top = z.real.argmax(axis=-1)[..., None] == np.arange(width)
    second = np.where(top, -np.inf, z.real).max(axis=-1, keepdims=True)
    beside_top = np.exp(np.where(top, -np.inf, z - second)).sum(axis=-1, keepdims=True)
    e = np.exp(exponents)
    others = sum_of_others(e.real) + 1j * sum_of_others(e.imag)
    return np.where(top, (second - z) + np.log(beside_top), np.log(np.where(top, 1.0, others)))


def present(coefficient: Array, argument: Complex) -> Complex:
    """The argument of a logarithm, 1 where its coefficient is 0 and it does not exist."""
    return np.where(coefficient == 0, 1.0, argument)


def times(coefficient: Array, logarithm: Complex) -> Complex:
    """coefficient · logarithm, 0 where the coefficient is 0."""
    return np.where(coefficient == 0, 0.0, coefficient * logarithm)
