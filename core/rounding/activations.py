"""Every activation of the contract for numbers that carry a bound."""

from core.activations import Activation
from core.rounding.curves import (
    BoundedElu,
    BoundedGelu,
    BoundedSigmoid,
    BoundedSilu,
    BoundedSoftplus,
    BoundedTanh,
)
from core.rounding.kinked import BoundedIdentity, BoundedLeakyRelu, BoundedRelu
from core.rounding.rules import ULPS, BoundedActivation
from core.rounding.softmax import BoundedSoftmax

__all__ = ["BOUNDED", "ULPS", "BoundedActivation", "bounded_activation"]

BOUNDED: dict[str, type[BoundedActivation]] = {
    "sigmoid": BoundedSigmoid,
    "tanh": BoundedTanh,
    "relu": BoundedRelu,
    "leaky_relu": BoundedLeakyRelu,
    "identity": BoundedIdentity,
    "softplus": BoundedSoftplus,
    "elu": BoundedElu,
    "silu": BoundedSilu,
    "gelu": BoundedGelu,
    "softmax": BoundedSoftmax,
}


def bounded_activation(sigma: Activation, ulps: float = ULPS) -> BoundedActivation:
    """This activation, for numbers that carry a bound."""
    return BOUNDED[sigma.name](sigma, ulps)
