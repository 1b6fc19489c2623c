"""What is taken for σ′(z) in BP1 and BP2."""

from collections.abc import Callable

from core.arrays import Numbers
from core.forward import Workings
from core.verdict.mistakes.arithmetic import activation_like, sign, slope_as_code

Slope = Callable[[Workings, int], Numbers]


def right_slope(w: Workings, l: int) -> Numbers:
    """σ′(z(l))."""
    return w.sigma[l].derivative(w.z[l])


def at_activation(w: Workings, l: int) -> Numbers:
    """σ′(a(l))."""
    return slope_as_code(w.sigma[l], w.a[l])


def twice(w: Workings, l: int) -> Numbers:
    """σ′(z)²."""
    return right_slope(w, l) * right_slope(w, l)


def activation_itself(w: Workings, l: int) -> Numbers:
    """σ(z)."""
    return w.a[l]


def of_next_layer(w: Workings, l: int) -> Numbers:
    """σ′(z(l+1))."""
    return w.sigma[l + 1].derivative(w.z[l + 1])


def at_error(w: Workings, l: int) -> Numbers:
    """relu′ decided by the incoming error."""
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


WRONG_FORMULAS: dict[str, tuple[Slope, ...]] = {
    "sigmoid": (at_weighted_input, plus_for_minus, one_minus_activation),
    "tanh": (square_of_weighted_input, square_added, one_minus_activation),
    "relu": (activation_itself, sign_of_weighted_input),
    "leaky_relu": (sign_of_weighted_input,),
    "softplus": (one_minus_activation,),
    "elu": (one_minus_activation,),
}
"""By the activation of the layer. What is another slug's already (σ for σ′) is not repeated."""


def wrong_formula(number: int) -> Slope:
    """The wrong formula of that number for the layer's activation; IndexError where it has fewer."""

    def slope(w: Workings, l: int) -> Numbers:
        return WRONG_FORMULAS.get(w.network.activations[l].name, ())[number](w, l)

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
