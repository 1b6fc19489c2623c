"""How each quantity of one example depends on the one before it: the links of the chain rule.

A network is a row of places: a(0) → z(1) → a(1) → … → z(L) → a(L) → C. A link between neighbours
holds its Jacobian, rows outputs and columns inputs, or the diagonal alone where there is nothing
else (chapter sections 3 and 8).

Two pairs of output and cost have no use for ∂C/∂a, which may be infinite where a saturates while
its product with σ′ is not: a sigmoid output with an entropy goes from z(L) straight to C, a softmax
output with an entropy from z(L) to the terms C_j that the outputs j contribute to C.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from core.activations import Activation
from core.arrays import Array
from core.costs import Composed
from core.forward import Workings, finite
from core.softmax import softmax_logs

Quantity: TypeAlias = Literal["a", "z", "term", "cost"]


@dataclass(frozen=True)
class Place:
    """z(l) or a(l), a(0) being the input; the cost's terms, and the cost, beyond layer L."""

    quantity: Quantity
    layer: int


@dataclass(frozen=True, eq=False)
class Link:
    """∂target/∂source: m × n, or the n entries of a diagonal."""

    source: Place
    target: Place
    values: Array

    @property
    def diagonal(self) -> bool:
        """Whether each output depends on the input of the same position only."""
        return self.values.ndim == 1


def links(w: Workings, start: Place, end: Place) -> list[Link]:
    """The links from one place to a later one, `end` being a z, an a or the cost.

    `w` holds the forward pass of one example. Raises NotFinite where a link overflows.
    """
    found, here = [], start
    while here != end and here.quantity != "term":
        with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
            link = link_after(w, here, end)
        finite(NAMES[link.target.quantity, link.source.quantity], here.layer, link.values)
        found.append(link)
        here = link.target
    return found


NAMES = {
    ("z", "a"): "the weights",
    ("a", "z"): "∂a/∂z",
    ("cost", "a"): "∂C/∂a",
    ("cost", "z"): "∂C/∂z",
    ("term", "z"): "∂C/∂z",
}
"""What a link is called where it overflows."""


def link_after(w: Workings, here: Place, end: Place) -> Link:
    """The next link on the way to `end`."""
    l, L = here.layer, w.depth
    if here.quantity == "a" and l == L:
        return Link(here, end, cost_gradient(w))
    if here.quantity == "a":
        return Link(here, Place("z", l + 1), w.W[l + 1])
    if l == L and end.quantity == "cost" and not isinstance(w.output, Composed):
        return fused_link(w, here, end)
    return Link(here, Place("a", l), activation_jacobian(w.sigma[l], w.z[l][0], w.a[l][0]))


def cost_gradient(w: Workings) -> Array:
    """∂C/∂a(L), a row (1 × n_L)."""
    gradient: Array = w.network.cost.gradient(w.a[w.depth], w.y)
    return gradient


def activation_jacobian(sigma: Activation, z: Array, a: Array) -> Array:
    """∂a/∂z of one example: σ′(z), the diagonal; for softmax all of diag(a) − a aᵀ (n × n)."""
    slopes = sigma.derivative(z)
    if sigma.elementwise:
        return slopes
    jacobian = -np.outer(a, a)
    np.fill_diagonal(jacobian, slopes)  # a (1 − a) without the cancellation
    return jacobian


def fused_link(w: Workings, here: Place, end: Place) -> Link:
    """From z(L) to the cost, where ∂C/∂a is passed over."""
    L = here.layer
    z, a, y = w.z[L], w.a[L], w.y
    if w.sigma[L].elementwise:
        return Link(here, end, w.output.error(z, a, y))
    terms = TERM_JACOBIANS[w.network.cost.name]
    return Link(here, Place("term", L), terms(z[0], a[0], y[0]))


def cross_entropy_terms(z: Array, a: Array, y: Array) -> Array:
    """∂C_j/∂z_i = −y_j ([i = j] − a_i), n × n with j in the rows."""
    jacobian = np.outer(y, a)
    np.fill_diagonal(jacobian, -y * complements(z))
    return jacobian


def binary_cross_entropy_terms(z: Array, a: Array, y: Array) -> Array:
    """∂C_j/∂z_i: as above, and (1 − y_j) a_j against the share that i has of the others than j."""
    jacobian = np.outer(y, a) - ((1.0 - y) * a)[:, None] * shares_of_others(z)
    np.fill_diagonal(jacobian, (1.0 - y) * a - y * complements(z))
    return jacobian


TERM_JACOBIANS = {
    "cross_entropy": cross_entropy_terms,
    "binary_cross_entropy": binary_cross_entropy_terms,
}


def complements(z: Array) -> Array:
    """1 − a_j of a softmax, the mass of the others, which keeps its digits where a_j is near 1."""
    complement: Array = np.exp(softmax_logs(z[None]).log_complement[0])
    return complement


def shares_of_others(z: Array) -> Array:
    """a_i / (1 − a_j), row j column i: softmax among the others than j (n × n; 0 at i = j)."""
    others = np.where(np.eye(len(z), dtype=bool), -np.inf, z)
    top = others.max(axis=1, keepdims=True)
    e = np.exp(others - np.where(np.isfinite(top), top, 0.0))
    total = e.sum(axis=1, keepdims=True)
    shares: Array = e / np.where(total > 0, total, 1.0)
    return shares
