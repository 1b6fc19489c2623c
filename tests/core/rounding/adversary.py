"""The worst that correctly counted roundings can do to a formula: every pattern of their signs.

A formula is written with `Noisy` operations in float64; each of them errs by one unit roundoff, a
library function by K, up or down as the pattern says. The exact value is the formula without noise.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
Formula = Callable[["Noisy", Array], Array]

MOST_OPERATIONS = 9


class Noisy:
    """Operations that err by u, library functions by K u, each in the direction it is told."""

    def __init__(self, u: float, K: float, signs: tuple[int, ...] = ()) -> None:
        self.u, self.K, self.signs, self.used = u, K, signs, 0

    def off(self, value: Any, units: float) -> Array:
        sign = self.signs[self.used] if self.used < len(self.signs) else 0
        self.used += 1
        return np.asarray(value * (1.0 + sign * units * self.u))

    def add(self, x: Any, y: Any) -> Array:
        return self.off(x + y, 1.0)

    def times(self, x: Any, y: Any) -> Array:
        return self.off(x * y, 1.0)

    def over(self, x: Any, y: Any) -> Array:
        return self.off(x / y, 1.0)

    def exp(self, x: Any) -> Array:
        return self.off(np.exp(x), self.K)

    def expm1(self, x: Any) -> Array:
        return self.off(np.expm1(x), self.K)

    def log(self, x: Any) -> Array:
        return self.off(np.log(x), self.K)

    def log1p(self, x: Any) -> Array:
        return self.off(np.log1p(x), self.K)

    def tanh(self, x: Any) -> Array:
        return self.off(np.tanh(x), self.K)

    def cosh(self, x: Any) -> Array:
        return self.off(np.cosh(x), self.K)

    def erf(self, x: Any) -> Array:
        return self.off(special.erf(x), self.K)

    def erfc(self, x: Any) -> Array:
        return self.off(special.erfc(x), self.K)


def perturbed(formula: Formula, z: Array, u: float, K: float) -> Iterator[Array]:
    """The formula's results under every pattern of signs."""
    quiet = Noisy(u, K)
    formula(quiet, z)
    assert quiet.used <= MOST_OPERATIONS
    for signs in product((-1, 1), repeat=quiet.used):
        yield formula(Noisy(u, K, signs), z)


def worst(formula: Formula, z: Array, u: float, K: float, exact: Array) -> Array:
    """How far from the exact value the formula's result can be, entry by entry."""
    return np.max([np.abs(result - exact) for result in perturbed(formula, z, u, K)], axis=0)


def logistic(n: Noisy, z: Array) -> Array:
    return n.over(1.0, n.add(1.0, n.exp(-z)))


def logistic_by_exp(n: Noisy, z: Array) -> Array:
    e = n.exp(z)
    return n.over(e, n.add(1.0, e))


def logistic_by_tanh(n: Noisy, z: Array) -> Array:
    return 0.5 * n.add(1.0, n.tanh(0.5 * z))


LOGISTIC: tuple[Formula, ...] = (logistic, logistic_by_exp, logistic_by_tanh)


def tanh_by_exponentials(n: Noisy, z: Array) -> Array:
    up, down = n.exp(z), n.exp(-z)
    return n.over(n.add(up, -down), n.add(up, down))


def tanh_by_one_exponential(n: Noisy, z: Array) -> Array:
    q = n.exp(-2.0 * z)
    return n.over(n.add(1.0, -q), n.add(1.0, q))


def phi(n: Noisy, z: Array) -> Array:
    return 0.5 * n.add(1.0, n.erf(n.times(z, np.sqrt(0.5))))


def phi_by_tail(n: Noisy, z: Array) -> Array:
    return 0.5 * n.erfc(n.times(-z, np.sqrt(0.5)))


def bell(n: Noisy, z: Array) -> Array:
    e = n.exp(-0.5 * n.times(z, z))
    return n.times(e, 1.0 / np.sqrt(2.0 * np.pi))


SIGMA: dict[str, tuple[Formula, ...]] = {
    "sigmoid": LOGISTIC,
    "tanh": (
        lambda n, z: n.tanh(z),
        tanh_by_exponentials,
        tanh_by_one_exponential,
        lambda n, z: n.add(2.0 * logistic(n, 2.0 * z), -1.0),
    ),
    "relu": (lambda n, z: np.maximum(z, 0.0),),
    "leaky_relu": (lambda n, z: np.where(z > 0, z, n.times(z, n.off(0.01, 1.0))),),
    "identity": (lambda n, z: z,),
    "softplus": (
        lambda n, z: n.log(n.add(1.0, n.exp(z))),
        lambda n, z: n.log1p(n.exp(z)),
        lambda n, z: n.add(np.maximum(z, 0.0), n.log1p(n.exp(-np.abs(z)))),
    ),
    "elu": (
        lambda n, z: np.where(z > 0, z, n.add(n.exp(np.minimum(z, 0.0)), -1.0)),
        lambda n, z: np.where(z > 0, z, n.expm1(np.minimum(z, 0.0))),
    ),
    "silu": (
        *(lambda n, z, s=s: n.times(z, s(n, z)) for s in LOGISTIC),  # type: ignore[misc]
        lambda n, z: n.over(z, n.add(1.0, n.exp(-z))),
    ),
    "gelu": (
        lambda n, z: n.times(z, phi(n, z)),
        lambda n, z: n.times(z, phi_by_tail(n, z)),
    ),
}


def silu_slope(s: Formula) -> Formula:
    def slope(n: Noisy, z: Array) -> Array:
        a = s(n, z)
        return n.times(a, n.add(1.0, n.times(z, n.add(1.0, -a))))

    return slope


def from_sigmoid(n: Noisy, z: Array, s: Formula) -> Array:
    a = s(n, z)
    return n.times(a, n.add(1.0, -a))


def less_square(n: Noisy, a: Array) -> Array:
    return n.add(a, -n.times(a, a))


def from_tanh(n: Noisy, z: Array) -> Array:
    a = n.tanh(z)
    return n.add(1.0, -n.times(a, a))


def sech_squared(n: Noisy, z: Array) -> Array:
    c = n.cosh(z)
    return n.over(1.0, n.times(c, c))


def four_over(n: Noisy, z: Array) -> Array:
    total = n.add(n.exp(z), n.exp(-z))
    return n.over(4.0, n.times(total, total))


def logistic_slope(n: Noisy, z: Array) -> Array:
    e = n.exp(-z)
    below = n.add(1.0, e)
    return n.over(e, n.times(below, below))


SLOPE: dict[str, tuple[Formula, ...]] = {
    "sigmoid": (
        logistic_slope,
        lambda n, z: n.times(logistic(n, z), logistic(n, -z)),
        *(lambda n, z, s=s: from_sigmoid(n, z, s) for s in LOGISTIC),  # type: ignore[misc]
        *(lambda n, z, s=s: less_square(n, s(n, z)) for s in LOGISTIC),  # type: ignore[misc]
    ),
    "tanh": (from_tanh, sech_squared, four_over),
    "leaky_relu": (lambda n, z: np.where(z > 0, 1.0, n.off(0.01, 1.0)),),
    "softplus": (
        *LOGISTIC,
        lambda n, z: n.add(1.0, -n.exp(-n.log1p(n.exp(z)))),
        lambda n, z: -n.expm1(-n.log1p(n.exp(z))),
    ),
    "elu": (
        lambda n, z: np.where(z > 0, 1.0, n.exp(np.minimum(z, 0.0))),
        lambda n, z: np.where(z > 0, 1.0, n.add(1.0, n.add(n.exp(np.minimum(z, 0.0)), -1.0))),
        lambda n, z: np.where(z > 0, 1.0, n.add(1.0, n.expm1(np.minimum(z, 0.0)))),
    ),
    "silu": tuple(silu_slope(s) for s in LOGISTIC),
    "gelu": (lambda n, z: n.add(phi(n, z), n.times(z, bell(n, z))),),
}
