"""Mistaken errors: what is computed in place of BP1 and BP2.

A function raises ValueError or IndexError where shapes or activations do not allow the mistake.
"""

from core.arrays import Numbers
from core.backprop import Equation, bp1, bp2
from core.forward import Workings
from core.verdict.mistakes.outputs import opened
from core.verdict.mistakes.slopes import Slope, right_slope


def bp1_with(slope: Slope) -> Equation:
    """∇ₐC ⊙ slope, for outputs whose δ(L) is computed so."""

    def mistaken(w: Workings, l: int) -> Numbers:
        if not opened(w).has_slope:
            raise IndexError("this output's δ has no ⊙ σ′ in it")
        return opened(w).gradient(w.a[l], w.y) * slope(w, l)

    return mistaken


def bp2_with(slope: Slope) -> Equation:
    """(Wᵀ δ) ⊙ slope."""

    def mistaken(w: Workings, l: int) -> Numbers:
        return (w.delta[l + 1] @ w.W[l + 1]) * slope(w, l)

    return mistaken


def output_derivative_missing(w: Workings, l: int) -> Numbers:
    """∇ₐC without σ′."""
    if opened(w).shortened:
        raise IndexError("this output's δ has no σ′ to miss")
    return opened(w).gradient(w.a[l], w.y)


def output_derivative_extra(w: Workings, l: int) -> Numbers:
    """(a − y) ⊙ σ′, where the cross-entropy has cancelled σ′ already."""
    if not opened(w).shortened:
        raise IndexError("σ′ belongs here")
    return bp1(w, l) * (w.a[l] * (1.0 - w.a[l]))


def output_sign_flipped(w: Workings, l: int) -> Numbers:
    """(y − a) ⊙ σ′."""
    return -bp1(w, l)


def output_factor_two(w: Workings, l: int) -> Numbers:
    """2 (a − y) ⊙ σ′."""
    return bp1(w, l) * 2.0


def output_averaged_over_outputs(w: Workings, l: int) -> Numbers:
    """Divided by n_L."""
    return bp1(w, l) / w.y.shape[-1]


def output_target_forgotten(w: Workings, l: int) -> Numbers:
    """a ⊙ σ′."""
    if opened(w).shortened:
        return w.a[l]
    if w.network.cost.name != "mean_squared_error":
        raise IndexError("without a target there is no logarithm to differentiate")
    return opened(w).activation.pull_back(w.z[l], w.a[l], w.a[l])


def softmax_elementwise(w: Workings, l: int) -> Numbers:
    """The diagonal a (1 − a) of softmax's Jacobian only."""
    if w.network.activations[l].name != "softmax":
        raise IndexError("not a softmax")
    return opened(w).gradient(w.a[l], w.y) * (w.a[l] * (1.0 - w.a[l]))


def derivative_missing(w: Workings, l: int) -> Numbers:
    """Wᵀ δ⁺."""
    return w.delta[l + 1] @ w.W[l + 1]


def weights_not_transposed(w: Workings, l: int) -> Numbers:
    """(W δ⁺) ⊙ σ′."""
    return (w.delta[l + 1] @ w.W[l + 1].T) * right_slope(w, l)


def weights_of_this_layer(w: Workings, l: int) -> Numbers:
    """(W(l)ᵀ δ⁺) ⊙ σ′."""
    return (w.delta[l + 1] @ w.W[l]) * right_slope(w, l)


def weights_already_updated(w: Workings, l: int, rate: Numbers) -> Numbers:
    """((W − η ∂C/∂W)ᵀ δ⁺) ⊙ σ′."""
    gradient = w.delta[l + 1].T @ w.a[l] / len(w.y)
    return (w.delta[l + 1] @ (w.W[l + 1] - gradient * rate)) * right_slope(w, l)


def weights_forgotten(w: Workings, l: int) -> Numbers:
    """(Σ_k δ_k⁺) ⊙ σ′."""
    return w.delta[l + 1].sum(axis=-1, keepdims=True) * right_slope(w, l)


def one_path_only(neuron: int) -> Equation:
    """w_kj δ_k⁺ of one neuron k instead of the sum over all; −1 is the last of any layer."""

    def mistaken(w: Workings, l: int) -> Numbers:
        delta = w.delta[l + 1]
        if delta.shape[-1] < 2:
            raise IndexError("there is one path only")
        if neuron > 0 and neuron >= delta.shape[-1] - 1:
            raise IndexError("that is the last one, or none")
        return delta[:, [neuron]] * w.W[l + 1][neuron] * right_slope(w, l)

    return mistaken


def paths_averaged(w: Workings, l: int) -> Numbers:
    """The mean over k instead of the sum."""
    return (w.delta[l + 1] @ w.W[l + 1] / w.delta[l + 1].shape[-1]) * right_slope(w, l)


def back_sign_flipped(w: Workings, l: int) -> Numbers:
    """−(Wᵀ δ⁺) ⊙ σ′."""
    return -bp2(w, l)


def output_error_reused(w: Workings, l: int) -> Numbers:
    """(Wᵀ δ(L)) ⊙ σ′."""
    if l + 1 == w.depth:
        raise IndexError("here δ(L) is right")
    return (w.delta[w.depth] @ w.W[l + 1]) * right_slope(w, l)
