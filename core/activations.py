"""Activations: σ beside σ′, one small class each (chapter section 8).

Both are evaluated so that no cancellation and no overflow can spoil them: relative errors of a few
units in the last place from the denormals to 1e308. σ′ has a formula of its own; it is never
derived from a rounded σ (1 − a of a saturated sigmoid has no correct digit left).
"""

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from scipy import special

from core.arrays import Array, Numbers
from core.softmax import complement, exponentials

LEAKY_SLOPE = 0.01  # the contract's slope of leaky_relu below 0


class Activation(ABC):
    """σ and σ′, applied entry by entry.

    `kinks` are the z where σ′ jumps. `at_kink` says which value of the jump σ′ takes there:
    0 the left one (default), 1 the right one; a convention, echoed in every answer.
    """

    name: ClassVar[str]
    formula: ClassVar[str]
    derivative_formula: ClassVar[str]
    elementwise: ClassVar[bool] = True
    kinks: ClassVar[tuple[float, ...]] = ()

    def __init__(self, at_kink: float = 0.0) -> None:
        self.at_kink = at_kink

    @abstractmethod
    def __call__(self, z: Array) -> Array:
        """σ(z), shaped as z; numpy has nothing to warn of, whatever z."""

    @abstractmethod
    def derivative(self, z: Array) -> Array:
        """σ′(z), shaped as z."""

    def pull_back(self, z: Numbers, a: Numbers, gradient: Numbers) -> Numbers:
        """∂C/∂z from ∂C/∂a: the diagonal Jacobian at work, chapter section 3 (N × n each)."""
        del a  # only softmax's full Jacobian needs it
        return gradient * self.derivative(z)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Sigmoid(Activation):
    name = "sigmoid"
    formula = "1 / (1 + e^(-z))"
    derivative_formula = "σ(z) (1 - σ(z)) = e^(-z) / (1 + e^(-z))^2"

    def __call__(self, z: Array) -> Array:
        value: Array = np.exp(np.minimum(z, 0.0)) / (1.0 + np.exp(-np.abs(z)))
        return value

    def derivative(self, z: Array) -> Array:
        e = np.exp(-np.abs(z))
        return e / (1.0 + e) ** 2


class Tanh(Activation):
    name = "tanh"
    formula = "(e^z - e^(-z)) / (e^z + e^(-z))"
    derivative_formula = "1 - tanh(z)^2 = 4 e^(-2z) / (1 + e^(-2z))^2"

    def __call__(self, z: Array) -> Array:
        return np.tanh(z)

    @np.errstate(over="ignore")  # 2 |z| may be infinite; e is 0 long before
    def derivative(self, z: Array) -> Array:
        e = np.exp(-2.0 * np.abs(z))
        return 4.0 * e / (1.0 + e) ** 2


class LeakyRelu(Activation):
    name = "leaky_relu"
    formula = "z if z > 0, else 0.01 z"
    derivative_formula = "1 if z > 0, else 0.01"
    kinks = (0.0,)
    slope: ClassVar[float] = LEAKY_SLOPE

    def __call__(self, z: Array) -> Array:
        return np.where(z > 0, z, self.slope * z)

    def derivative(self, z: Array) -> Array:
        at_zero = self.slope + self.at_kink * (1.0 - self.slope)
        return np.where(z > 0, 1.0, np.where(z < 0, self.slope, at_zero))


class Relu(LeakyRelu):
    name = "relu"
    formula = "max(0, z)"
    derivative_formula = "1 if z > 0, else 0"
    slope = 0.0

    def __call__(self, z: Array) -> Array:
        return np.maximum(z, 0.0)


class Identity(Activation):
    name = "identity"
    formula = "z"
    derivative_formula = "1"

    def __call__(self, z: Array) -> Array:
        return +z

    def derivative(self, z: Array) -> Array:
        return np.ones_like(z)


class Softplus(Activation):
    name = "softplus"
    formula = "ln(1 + e^z)"
    derivative_formula = "1 / (1 + e^(-z))"

    def __call__(self, z: Array) -> Array:
        return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))

    def derivative(self, z: Array) -> Array:
        return SIGMOID(z)


class Elu(Activation):
    """Smooth in value and slope at 0; only σ″ jumps there."""

    name = "elu"
    formula = "z if z > 0, else e^z - 1"
    derivative_formula = "1 if z > 0, else e^z"

    def __call__(self, z: Array) -> Array:
        return np.where(z > 0, z, np.expm1(np.where(z > 0, 0.0, z)))

    def derivative(self, z: Array) -> Array:
        return np.exp(np.minimum(z, 0.0))


class Silu(Activation):
    name = "silu"
    formula = "z σ(z), σ the sigmoid"
    derivative_formula = "σ(z) (1 + z (1 - σ(z)))"

    def __call__(self, z: Array) -> Array:
        return z * SIGMOID(z)

    def derivative(self, z: Array) -> Array:
        return np.where(z < 0, silu_slope_below_zero(z), SIGMOID(z) * (1.0 + z * SIGMOID(-z)))


class Gelu(Activation):
    name = "gelu"
    formula = "z Φ(z), Φ the normal distribution function"
    derivative_formula = "Φ(z) + z φ(z), φ the normal density"

    def __call__(self, z: Array) -> Array:
        return z * normal_distribution(z)

    def derivative(self, z: Array) -> Array:
        return normal_distribution(z) + z * normal_density(z)


class Softmax(Activation):
    """The one activation whose entries mix: its Jacobian is diag(a) − a aᵀ, not diagonal."""

    name = "softmax"
    formula = "e^(z_j) / Σ_k e^(z_k)"
    derivative_formula = "∂a_j/∂z_k = a_j ([j = k] - a_k)"
    elementwise = False

    def __call__(self, z: Array) -> Array:
        e, total = exponentials(z)
        return e / total

    def derivative(self, z: Array) -> Array:
        """The diagonal a_j (1 − a_j) only, for display; `pull_back` has the whole Jacobian."""
        return self(z) * complement(z)

    def pull_back(self, z: Numbers, a: Numbers, gradient: Numbers) -> Numbers:
        """Jᵀ ∇C = a ⊙ (∇C − Σ_k a_k ∇C_k), since J = diag(a) − a aᵀ is symmetric.

        J 1 = 0, so ∇C may be taken relative to its entry at the largest a: then no 1 − a cancels.
        """
        del z
        top = a.argmax(axis=-1)[..., None]
        relative = gradient - np.take_along_axis(gradient, top, axis=-1)
        return a * (relative - (relative * a).sum(axis=-1, keepdims=True))


# The root z* of 1 + z + e^z in two pieces (−1 − W(1/e)), and e^z there.
SILU_ROOT, SILU_ROOT_REST = -1.2784645427610737, -1.0946994183093437e-16
EXPONENTIAL_AT_ROOT = 0.2784645427610738
NEAR_ROOT = 0.75  # so close to z*, 1 + z + e^z loses more digits than its detour


def silu_slope_below_zero(z: Array) -> Array:
    """σ(z) (1 + z + e^z) σ(−z), for z < 0.

    Near the root, with d = z − z*, the bracket is d + e^z* (e^d − 1): two terms of one sign.
    """
    z = np.minimum(z, 0.0)
    e, d = np.exp(z), (z - SILU_ROOT) - SILU_ROOT_REST
    detour = d + EXPONENTIAL_AT_ROOT * np.expm1(d)
    bracket = np.where(np.abs(d) < NEAR_ROOT, detour, 1.0 + z + e)
    slope: Array = SIGMOID(z) * (bracket / (1.0 + e))
    return slope


DENSITY_AT_ZERO = 1.0 / math.sqrt(2.0 * math.pi)
GRID = 64.0  # z rounded to 1/64 has a square that float64 holds exactly up to |z| = 2^20
LOWER_TAIL = -1.0  # below it ½ + ½ erf loses more digits than erfcx, which is good to 7 ulps
ROOT_HALF = math.sqrt(0.5)
NO_MASS = 40.0  # beyond it φ(z) < e^(-800) is 0 in float64


def half_square_exponential(z: Array) -> Array:
    """e^(−z²/2) to an ulp or so, by splitting z² into an exact part and a small one."""
    z = np.clip(z, -NO_MASS, NO_MASS)
    near = np.round(z * GRID) / GRID
    product: Array = np.exp(-0.5 * near * near) * np.exp(-0.5 * (z - near) * (z + near))
    return product


def normal_density(z: Array) -> Array:
    """φ(z) = e^(−z²/2) / √(2π)."""
    return DENSITY_AT_ZERO * half_square_exponential(z)


def normal_distribution(z: Array) -> Array:
    """Φ(z), relatively accurate in the lower tail too: ½ erfcx(|z|/√2) e^(−z²/2) is its mass."""
    tail = 0.5 * special.erfcx(np.abs(z) * ROOT_HALF) * half_square_exponential(z)
    middle: Array = 0.5 + 0.5 * special.erf(z * ROOT_HALF)
    return np.where(z < LOWER_TAIL, tail, middle)


SIGMOID = Sigmoid()

ACTIVATIONS: dict[str, type[Activation]] = {
    kind.name: kind
    for kind in (
        Sigmoid, Tanh, Relu, LeakyRelu, Identity, Softplus, Elu, Silu, Gelu, Softmax,
    )
}  # fmt: skip
