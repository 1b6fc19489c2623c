"""The cost taken apart: its terms, the ½ and the 1/N each on its own (section 7)."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.forward import Workings, finite

HALF = 0.5  # of mean squared error: the 2 of the square's derivative cancels it


@dataclass(frozen=True, eq=False)
class CostTerms:
    """C = 1/N Σ_i C₁⁽ⁱ⁾, where C₁⁽ⁱ⁾ = constant · Σ_j terms[i, j]."""

    cost: float
    constant: float
    examples: int
    terms: Array
    by_example: Array


def cost_terms(w: Workings) -> CostTerms:
    """The terms of the workings' cost, N × n_L, and C₁ of each example.

    Raises NotFinite where a square without its ½ overflows.
    """
    L = w.depth
    terms: Array = w.output.terms(w.z[L], w.a[L], w.y)
    by_example = terms.sum(axis=1)
    constant = HALF if w.network.cost.name == "mean_squared_error" else 1.0
    if constant == HALF:
        with np.errstate(over="ignore", under="ignore"):
            terms = finite("the squares of the cost", L, (w.y - w.a[L]) ** 2)
    return CostTerms(float(w.cost), constant, len(w.y), terms, by_example)
