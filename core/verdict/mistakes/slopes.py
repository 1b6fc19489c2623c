"""What is taken for σ′(z) in BP1 and BP2."""

from collections.abc import Callable

import numpy as np

from core.arrays import Numbers
from core.forward import Workings
from core.rounding.bounded import Bounded
from core.verdict.mistakes.arithmetic import activation_like, sign, slope_as_code

Slope = Callable[[Workings, int], Numbers]


def right_slope(w: Workings, l: int) -> Numbers:
    """σ′(z(l))."""
    return w.sigma[l].derivative(w.z[l])


def at_activation(w: Workings, l: int) -> Numbers:
    """σ′(a(l)). Where z is clear of a kink, so is a: 0 or on z's side."""
    slope = slope_as_code(w.sigma[l], w.a[l])
    if not isinstance(slope, Bounded) or not w.sigma[l].sigma.kinks:
        return slope
    clear = np.abs(w.z[l].value) > w.z[l].error
    value = np.where(clear, w.sigma[l].sigma.derivative(w.a[l].value), slope.value)
    return Bounded(value, np.where(clear, 0.0, slope.error), slope.precision)


def twice(w: Workings, l: int) -> Numbers:
    """σ′(z)²."""
    return right_slope(w, l) * right_slope(w, l)


def activation_itself(w: Workings, l: int) -> Numbers:
    """σ(z)."""
    return w.a[l]


def of_next_layer(w: Workings, l: int) -> Numbers:
    """σ′(z(l+1))."""
    return w.sigma[l + 1].derivative(w.z[l + 1])


def own_at_next(w: Workings, l: int) -> Numbers:
    """This layer's own σ′, at z(l+1)."""
    if w.sigma[l + 1].name == w.sigma[l].name:
        raise IndexError("that is the next layer's σ′")
    return w.sigma[l].derivative(w.z[l + 1])


def at_error(w: Workings, l: int) -> Numbers:
    """relu′ decided by the incoming error."""
    if not w.network.activations[l].kinks:
        raise IndexError("a smooth σ′ decides nothing")
    return slope_as_code(w.sigma[l], w.delta[l + 1] @ w.W[l + 1])


def one_minus_activation(w: Workings, l: int) -> Numbers:
    """1 − a."""
    return 1.0 - w.a[l]


def plus_for_minus(w: Workings, l: int) -> Numbers:
    """a (1 + a)."""
    return w.a[l] * (1.0 + w.a[l])


def at_weighted_input(w: Workings, l: int) -> Numbers:
    """z (1 − z): the sigmoid's formula, fed with z where it wants a."""
    return w.z[l] * (1.0 - w.z[l])


def square_of_weighted_input(w: Workings, l: int) -> Numbers:
    """1 − z²."""
    return 1.0 - w.z[l] * w.z[l]


def square_added(w: Workings, l: int) -> Numbers:
    """1 + a²."""
    return 1.0 + w.a[l] * w.a[l]


def sign_of_weighted_input(w: Workings, l: int) -> Numbers:
    """sign(z)."""
    return sign(w.z[l])


WRONG_FORMULAS: tuple[tuple[Slope, tuple[str, ...]], ...] = (
    (at_weighted_input, ("sigmoid",)),
    (plus_for_minus, ("sigmoid",)),
    (one_minus_activation, ("sigmoid", "tanh", "softplus", "elu", "silu", "gelu")),
    (square_of_weighted_input, ("tanh",)),
    (square_added, ("tanh",)),
    (sign_of_weighted_input, ("relu", "leaky_relu")),
    (activation_itself, ("relu",)),
)
"""Each with the activations for which people write it. σ for σ′ is another slug, but relu's too."""


def wrong_formula(formula: Slope, names: tuple[str, ...]) -> Slope:
    """A wrong formula, for layers of these activations."""

    def slope(w: Workings, l: int) -> Numbers:
        if w.network.activations[l].name not in names:
            raise IndexError("nobody writes it for this activation")
        return formula(w, l)

    return slope


def derivative_of(name: str) -> Slope:
    """Another activation's σ′, at z."""

    def slope(w: Workings, l: int) -> Numbers:
        if w.network.activations[l].name in (name, "softmax"):
            raise IndexError("the layer's own")
        return activation_like(w.z[l], name).derivative(w.z[l])

    return slope


def sigmoid_formula(w: Workings, l: int) -> Numbers:
    """a (1 − a) on another activation."""
    if w.network.activations[l].name in ("sigmoid", "softmax"):
        raise IndexError("the layer's own")
    return w.a[l] * (1.0 - w.a[l])


def tanh_formula(w: Workings, l: int) -> Numbers:
    """1 − a² on another activation."""
    if w.network.activations[l].name in ("tanh", "softmax"):
        raise IndexError("the layer's own")
    return 1.0 - w.a[l] * w.a[l]
