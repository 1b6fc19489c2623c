"""The complex step: Im C(z + ih) / h = ∂C/∂z, with no difference to cancel (Squire & Trapp 1998).

Another witness beside the differences, for analytic activations: plain complex arithmetic through
the layers above a source, sharing no identity with `changes` and no formula with backprop.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.differences.base import Base
from core.differences.plan import Task, Units, plan_flops, tasks
from core.differences.slopes import UNDERFLOW, Slopes, for_each
from core.differences.sweep import NO_CORNER
from core.forward import Workings

Complex = NDArray[np.complex128]

IMAGINARY = 2.0**-330
"""h: so small that h² underflows beside 1, so large that products of it do not."""


def sigmoid(z: Complex) -> Complex:
    """1 / (1 + e^(−z)), the exponential never above 1."""
    e = np.exp(np.where(z.real < 0, z, -z))
    return np.where(z.real < 0, e, 1.0) / (1.0 + e)


def tanh(z: Complex) -> Complex:
    """By the sigmoid."""
    return 2.0 * sigmoid(2.0 * z) - 1.0


def softplus(z: Complex) -> Complex:
    """ln(1 + e^z), the exponential never above 1."""
    return np.where(z.real > 0, z, 0.0) + np.log1p(np.exp(np.where(z.real > 0, -z, z)))


def softmax(z: Complex) -> Complex:
    """e^z over its sum in each row."""
    e = np.exp(z - z.real.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


ANALYTIC: dict[str, Callable[[Complex], Complex]] = {
    "sigmoid": sigmoid,
    "tanh": tanh,
    "identity": lambda z: z,
    "softplus": softplus,
    "silu": lambda z: z * sigmoid(z),
    "softmax": softmax,
}


def complex_slopes(base: Base, w: Workings, units: Units) -> Slopes:
    """The slopes of all these sources. Raises ValueError where an activation is not analytic."""
    refused = sorted({s.name for s in base.network.activations} - ANALYTIC.keys())
    if refused:
        raise ValueError(
            f"the complex step needs analytic activations; {', '.join(refused)} is not"
        )
    sizes, examples = base.network.sizes, len(w.y)
    found = Slopes.empty(sum(map(len, units)), examples)

    def run(task: Task) -> None:
        with np.errstate(all="ignore"):
            piece = task_slopes(base, w, task)
        found.put((task.rows, task.examples), piece)

    for_each(run, tasks(units, sizes, examples), 2 * plan_flops(units, sizes, examples))
    return found


def task_slopes(base: Base, w: Workings, task: Task) -> Slopes:
    """One task: z is (sources, N, n_l), complex, the real parts as stored."""
    network, rows = base.network, task.examples
    z: Complex | None = None
    rounding = np.zeros((task.rows.stop - task.rows.start, rows.stop - rows.start))
    for l in network.weights.numbers:
        own = task.units[l]
        fresh = np.repeat(w.z[l][None, rows].astype(np.complex128), len(own), axis=0)
        fresh[np.arange(len(own)), :, own] += 1j * IMAGINARY
        z = fresh if z is None else np.concatenate([z, fresh])
        if len(z):
            moved = np.abs(z.imag) / IMAGINARY
            rounding[: len(z)] += np.einsum("sij,ij->si", moved, base.rounding[l][rows])
        a = ANALYTIC[network.activations[l].name](z)
        if l == network.depth:
            cost = complex_cost(network.cost.name, network.activations[l].name, z, a, w.y[rows])
            slope = cost.imag / IMAGINARY
            nowhere = np.full(slope.shape, NO_CORNER)
            return Slopes(slope, slope, slope, rounding + UNDERFLOW, nowhere)
        z = a @ network.weights[l + 1].T + network.biases[l + 1]
    raise AssertionError("the last layer returns")


def complex_cost(
    cost: str, activation: str, z: Complex, a: Complex, y: NDArray[np.float64]
) -> Complex:
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
        terms = -times_log(y, a)
        if cost == "binary_cross_entropy":
            terms = terms - times_log(1.0 - y, 1.0 - a)
    return np.asarray(terms.sum(axis=-1))


def softmax_terms(cost: str, z: Complex, y: NDArray[np.float64]) -> Complex:
    """−y ln a, and −(1 − y) ln(1 − a) with 1 − a as the sum of the others."""
    e = np.exp(z - z.real.max(axis=-1, keepdims=True))
    total = e.sum(axis=-1, keepdims=True)
    terms = -times_log(y, e / total)
    if cost == "binary_cross_entropy":
        others = e @ (1.0 - np.eye(z.shape[-1]))
        terms = terms - times_log(1.0 - y, others / total)
    return terms


def times_log(coefficient: NDArray[np.float64], argument: Complex) -> Complex:
    """coefficient · ln(argument), 0 where the coefficient is 0."""
    absent = coefficient == 0
    return coefficient * np.log(np.where(absent, 1.0, argument))
