"""Backpropagation: the four equations, one function each, and the sweep (chapter sections 12–14).

δ(l) = ∂C₁/∂z(l) is kept for each example on its own; BP3 and BP4 average over the N examples,
as section 14 says, so that the gradients are those of C.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from core.arrays import Numbers
from core.costs import averaged, mean_over_examples
from core.forward import Workings, activation, cost, finite, weighted_input
from core.network import Batch, Network

Equation: TypeAlias = Callable[[Workings, int], Numbers]
Keep: TypeAlias = Callable[[str, int, Numbers], Numbers]


def bp1(w: Workings, l: int) -> Numbers:
    """δ(L) = ∇ₐC ⊙ σ′(z(L)); with softmax, the full Jacobian in place of ⊙ σ′."""
    return w.output.error(w.z[l], w.a[l], w.y)


def bp2(w: Workings, l: int) -> Numbers:
    """δ(l) = (W(l+1)ᵀ δ(l+1)) ⊙ σ′(z(l)); examples stand in rows, so the product is δ W."""
    return (w.delta[l + 1] @ w.W[l + 1]) * w.sigma[l].derivative(w.z[l])


def bp3(w: Workings, l: int) -> Numbers:
    """∂C/∂b(l) = δ(l), averaged over the examples."""
    return mean_over_examples(w.delta[l])


def bp4(w: Workings, l: int) -> Numbers:
    """∂C/∂W(l) = δ(l) a(l−1)ᵀ, averaged over the examples: BP4-vec, all entries at once."""
    return averaged(w.delta[l].T @ w.a[l - 1], len(w.delta[l]))


def bp4_entry(w: Workings, l: int, j: int, k: int) -> Numbers:
    """∂C/∂w(l)_jk = a(l−1)_k δ(l)_j, averaged over the examples: BP4, one entry of `bp4`."""
    return mean_over_examples(w.a[l - 1][:, k] * w.delta[l][:, j])


@dataclass(frozen=True)
class Equations:
    """One function for each step of the computation; a mistake is another function in one place."""

    weighted_input: Equation = weighted_input
    activation: Equation = activation
    cost: Equation = cost
    bp1: Equation = bp1
    bp2: Equation = bp2
    bp3: Equation = bp3
    bp4: Equation = bp4


CHAPTER = Equations()


@np.errstate(all="ignore")
def run(w: Workings, equations: Equations = CHAPTER, keep: Keep = finite) -> Workings:
    """Section 14: forward, then BP1, BP2 for l = L−1…1, then BP3 and BP4 for every layer.

    `keep` receives every quantity as it is stored (name, layer, value) and answers what is kept:
    it may refuse it, or round it. Fills in and returns the workings.
    """
    L = w.depth
    for l in w.W.numbers:
        w.z[l] = keep("z", l, equations.weighted_input(w, l))
        w.a[l] = keep("a", l, equations.activation(w, l))
    w.cost = keep("cost", L, equations.cost(w, L))
    w.delta[L] = keep("delta", L, equations.bp1(w, L))
    for l in range(L - 1, 0, -1):
        w.delta[l] = keep("delta", l, equations.bp2(w, l))
    for l in w.W.numbers:
        w.bias_gradients[l] = keep("bias_gradients", l, equations.bp3(w, l))
        w.weight_gradients[l] = keep("weight_gradients", l, equations.bp4(w, l))
    return w


def backpropagate(network: Network, batch: Batch) -> Workings:
    """The complete workings. Raises NotFinite naming the first quantity that overflows."""
    return run(Workings.begin(network, batch))
