"""Mistaken forward steps and costs: what is computed in place of z = W a + b, a = σ(z) and C."""

from core.arrays import Numbers
from core.costs import mean_over_examples
from core.forward import Workings, cost


def bias_forgotten(w: Workings, l: int) -> Numbers:
    """z = W a."""
    return w.a[l - 1] @ w.W[l].T


def bias_after_activation(w: Workings, l: int) -> Numbers:
    """a = σ(W a) + b; z then is W a."""
    return w.sigma[l](w.z[l]) + w.b[l]


def weights_transposed(w: Workings, l: int) -> Numbers:
    """z = Wᵀ a + b."""
    return w.a[l - 1] @ w.W[l] + w.b[l]


def activation_skipped(w: Workings, l: int) -> Numbers:
    """a = z."""
    return w.z[l]


def cost_without_half(w: Workings, l: int) -> Numbers:
    """Σ‖y − a‖² / N."""
    if w.network.cost.name != "mean_squared_error":
        raise IndexError("an entropy has no ½")
    return cost(w, l) * 2.0


def cost_summed(w: Workings, l: int) -> Numbers:
    """No 1/N."""
    return w.output.terms(w.z[l], w.a[l], w.y).sum(axis=-1).sum(axis=0)


def cost_averaged_over_outputs(w: Workings, l: int) -> Numbers:
    """Also divided by n_L."""
    terms = w.output.terms(w.z[l], w.a[l], w.y)
    return mean_over_examples(terms.sum(axis=-1)) / terms.shape[-1]
