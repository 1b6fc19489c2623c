"""Jacobians: rows are outputs, columns are inputs (chapter sections 3 and 8).

First those of the small operations that a neuron is made of, on plain vectors; then those of a
network's layers on the numbers of one example.

The chapter's exercise, f(x) = [x₁x₂, x₁ + x₂]: its first row comes from a product, its second from
an addition, each with one column for x₁ and one for x₂.

>>> x1, x2 = np.array([3.0]), np.array([5.0])
>>> product = np.hstack(hadamard_jacobians(x1, x2))
>>> np.vstack([product, np.hstack(addition_jacobians(1))])
array([[5., 3.],
       [1., 1.]])
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.forward import Workings, finite
from core.lessons.expressions import Expression, Operator, joined, row
from core.lessons.links import activation_jacobian, cost_gradient
from core.lessons.symbols import (
    COST,
    Symbols,
    diag,
    difference,
    gradient_by,
    matrix,
    partial,
    slope_of,
    transposed,
    vector,
)


def elementwise_jacobian(slopes: Array) -> Array:
    """∂f/∂x of f_i = g(x_i): diag(g′(x))."""
    return np.diag(slopes)


def hadamard_jacobians(u: Array, v: Array) -> tuple[Array, Array]:
    """∂(u ⊙ v)/∂u = diag(v) and ∂(u ⊙ v)/∂v = diag(u): each is the other operand."""
    return np.diag(v), np.diag(u)


def addition_jacobians(n: int) -> tuple[Array, Array]:
    """∂(z + b)/∂z and ∂(z + b)/∂b: both the identity."""
    return np.eye(n), np.eye(n)


def sum_jacobian(n: int) -> Array:
    """∂(Σ u_i)/∂u: a row of ones."""
    return np.ones((1, n))


def weighted_sum_jacobian(W: Array) -> Array:
    """∂(W a)/∂a: W itself."""
    return W


LINKS_WRITTEN_MAX = 4  # of a running product; each layer has one, so that all would be L²

Label = Callable[[int], Expression]
"""The letter of one row or column."""


@dataclass(frozen=True, eq=False)
class Jacobian:
    """∂ top / ∂ bottom, m × n; `values` are all entries, or those of the diagonal."""

    symbol: Expression
    formula: Expression
    values: Array
    output: Label
    input: Label

    @property
    def diagonal(self) -> bool:
        """Whether all entries off the diagonal are 0 because of what it is a Jacobian of."""
        return self.values.ndim == 1

    @property
    def shape(self) -> tuple[int, int]:
        """Outputs × inputs."""
        n = self.values.shape
        return (n[0], n[0]) if self.diagonal else (n[0], n[1])

    @property
    def matrix(self) -> Array:
        """All entries."""
        return np.diag(self.values) if self.diagonal else self.values

    @property
    def norm(self) -> float:
        """The most that it lengthens any vector (spectral norm)."""
        return spectral_norm(self.values)


def spectral_norm(values: Array) -> float:
    """The largest singular value; of a diagonal, the largest size."""
    largest = float(np.abs(values).max())
    if values.ndim == 1 or largest == 0:
        return largest
    with np.errstate(over="ignore", under="ignore"):
        scaled: Array = finite("a norm", 0, np.linalg.norm(values / largest, 2) * largest)
    return float(scaled)


def activation(w: Workings, l: int, s: Symbols) -> Jacobian:
    """∂a(l)/∂z(l): diag(σ′(z(l))), or softmax's full one."""
    values = activation_jacobian(w.sigma[l], w.z[l][0], w.a[l][0])
    symbol = partial(vector("a", l), vector("z", l))
    formula = diag(slope_of(vector("z", l))) if w.sigma[l].elementwise else softmax_formula(l)
    return Jacobian(symbol, formula, values, lambda i: s.a(l, i), lambda j: s.z(l, j))


def softmax_formula(l: int) -> Expression:
    """diag(a) − a aᵀ."""
    a = vector("a", l)
    return difference(diag(a), row(a, transposed(a)))


def weighted_sum(w: Workings, l: int, s: Symbols) -> Jacobian:
    """∂z(l)/∂a(l−1) = W(l)."""
    symbol = partial(vector("z", l), vector("a", l - 1))
    values = weighted_sum_jacobian(w.W[l])
    return Jacobian(symbol, matrix(l), values, lambda i: s.z(l, i), lambda j: s.a(l - 1, j))


def cost(w: Workings, s: Symbols) -> Jacobian | None:
    """∂C/∂a(L), a row: the gradient lying down; None where an entry is infinite."""
    L = w.depth
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        values = cost_gradient(w)
    if not np.isfinite(values).all():
        return None
    symbol, formula = partial(COST, vector("a", L)), transposed(gradient_by(vector("a", L)))
    return Jacobian(symbol, formula, values, lambda i: COST, lambda j: s.a(L, j))


def running(w: Workings, s: Symbols) -> list[Jacobian]:
    """∂a(L)/∂a(l) for l = 0…L−1, each from the next: … · ∂a(l+1)/∂z(l+1) · ∂z(l+1)/∂a(l).

    Raises NotFinite naming the l where a product overflows.
    """
    L = w.depth
    product: Array = np.eye(w.network.sizes[L])
    found = []
    for l in range(L - 1, -1, -1):
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            slopes = activation(w, l + 1, s).values
            slid = product * slopes if slopes.ndim == 1 else product @ slopes
            product = finite("∂a(L)/∂a(l)", l, slid @ w.W[l + 1])
        found.append(running_jacobian(product, l, L, s))
    return found[::-1]


def written_links(L: int, l: int) -> list[int]:
    """The layers of the links that are written.

    >>> written_links(3, 0), written_links(1000, 0)
    ([3, 2, 1], [1000, 999, 998, 1])
    """
    every = range(L, l, -1)
    return list(every) if L - l <= LINKS_WRITTEN_MAX else [*every[: LINKS_WRITTEN_MAX - 1], l + 1]


def running_jacobian(product: Array, l: int, L: int, s: Symbols) -> Jacobian:
    """∂a(L)/∂a(l), written as the links that it is the product of, the middle of many left out."""
    factors: list[Expression] = [
        partial(vector("a", m), vector("a", m - 1)) for m in written_links(L, l)
    ]
    if L - l > LINKS_WRITTEN_MAX:
        factors.insert(-1, Operator("⋯"))
    links = joined(factors, "·")
    symbol = partial(vector("a", L), vector("a", l))
    return Jacobian(symbol, links, product, lambda i: s.a(L, i), lambda j: s.a(l, j))
