"""How far correctly rounded operations may take float64 from the oracle: a running error bound.

Higham, *Accuracy and Stability of Numerical Algorithms*, §3.3: beside each quantity goes a bound
of its error, a sum of n terms adds γ_n of the sum of their sizes, and σ passes on an error by its
steepest slope nearby. Everything is worked out from the request and the oracle's values, so a
wrong answer of the core cannot widen its own tolerance. Slopes enter by simple envelopes: upper
bounds that decay as they should, so that small numbers have small tolerances.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests import references
from tests.core.worked import floats
from tests.references import Answer, Request

Array = NDArray[np.float64]
Envelope = Callable[[Array], Array]

U = 2.0**-53
SMALLEST = 2.0**-1074
# Units roundoff of σ and σ′ at one entry (tests/core/test_activations.py holds the core to it).
EVALUATION = 10.0
# exp of a logarithm near −750 is 0: farther logarithms only add absolute errors of SMALLEST.
LOG_MAX = 750.0


def gamma(n: int) -> float:
    """The bound of n roundings in any order: n u / (1 − n u)."""
    return n * U / (1 - n * U)


def decay(z: Array) -> Array:
    return np.exp(-np.abs(z))


def bell(z: Array) -> Array:
    return np.exp(-0.5 * np.minimum(np.abs(z), 50.0) ** 2)


def rising(z: Array) -> Array:
    return np.exp(np.minimum(z, 0.0))


def silu_slope(z: Array) -> Array:
    return np.where(z > -2, 1.1, (1 + np.abs(z)) * rising(z))


def gelu_slope(z: Array) -> Array:
    return np.where(z > -2, 1.13, (1 + np.abs(z)) * bell(z))


def elu_curvature(z: Array) -> Array:
    return np.where(z > 0, 0.0, rising(z))


def corner(z: Array) -> Array:
    """The slope may be another only where the error reaches the kink at 0."""
    return np.where(z == 0, np.inf, 0.0)


# |σ′| and |σ″| at most, neither falling towards 0.
ENVELOPES: dict[str, tuple[Envelope, Envelope]] = {
    "sigmoid": (lambda z: np.minimum(0.25, decay(z)), lambda z: np.minimum(0.1, decay(z))),
    "tanh": (lambda z: np.minimum(1, 4 * decay(2 * z)), lambda z: np.minimum(1, 8 * decay(2 * z))),
    "relu": (np.ones_like, corner),
    "leaky_relu": (np.ones_like, corner),
    "identity": (np.ones_like, np.zeros_like),
    "softplus": (rising, lambda z: np.minimum(0.25, decay(z))),
    "elu": (rising, elu_curvature),
    "silu": (silu_slope, lambda z: np.minimum(0.5, (2 + np.abs(z)) * decay(z))),
    "gelu": (gelu_slope, lambda z: np.minimum(0.8, (2 + z * z) * bell(z))),
}


def bounds(request: Request, truth: Answer) -> dict[str, Any]:
    """For cost and for every layer's z, a, δ and gradients, how far float64 may be off.

    Infinite where z itself is off by so much that a softmax of it has no digit left.
    """
    with np.errstate(all="ignore"):
        found = _Bounds(request, truth).all()
    return {name: each_array(bound, unknown_is_infinite) for name, bound in found.items()}


def each_array(tree: Any, function: Callable[[Any], Any]) -> Any:
    return [function(array) for array in tree] if isinstance(tree, list) else function(tree)


def unknown_is_infinite(bound: Any) -> Any:
    """∞ · 0 arises only from errors that are infinite."""
    return np.where(np.isnan(bound), np.inf, bound)


class _Bounds:
    def __init__(self, request: Request, truth: Answer) -> None:
        self.names = references.activation_names(request)
        self.cost = request.get("cost", "mean_squared_error")
        self.W = [np.abs(np.array(W)) for W in request["weights"]]
        self.b = [np.abs(np.array(b)) for b in request["biases"]]
        self.x, self.y = (np.array(s) for s in zip(*references.examples(request), strict=True))
        self.z, self.a, self.delta = (floats(truth, name) for name in ("z", "a", "delta"))
        self.z_error: list[Array] = []
        self.a_error: list[Array] = []

    def all(self) -> dict[str, Any]:
        self.forward()
        terms, output = self.output()
        errors = [output]
        for l in range(len(self.W) - 2, -1, -1):
            errors.insert(0, self.bp2(l, errors[0]))
        return {
            "cost": self.total(terms),
            "z": self.z_error,
            "a": self.a_error,
            "delta": errors,
            "bias_gradients": [self.bp3(l, error) for l, error in enumerate(errors)],
            "weight_gradients": [self.bp4(l, error) for l, error in enumerate(errors)],
        }

    def below(self, l: int) -> tuple[Array, Array]:
        """|a(l−1)| and its error."""
        if l == 0:
            return np.abs(self.x), np.zeros_like(self.x)
        return np.abs(self.a[l - 1]), self.a_error[l - 1]

    def forward(self) -> None:
        for l, name in enumerate(self.names):
            (a, error), W, n = self.below(l), self.W[l], self.W[l].shape[1]
            rounded = gamma(n + 1) * ((a + error) @ W.T + self.b[l]) + n * SMALLEST
            # Without weights z is b, and nothing is rounded.
            self.z_error.append(error @ W.T + np.where(W.any(axis=1), rounded, 0.0))
            if name == "softmax":
                self.a_error.append(self.softmax_ratio() * self.a[l] + SMALLEST)
            else:
                slope, _ = self.slopes(l)
                own = EVALUATION * U * np.abs(self.a[l]) + (1 + np.abs(self.z[l])) * SMALLEST
                self.a_error.append(slope * self.z_error[l] + own)

    def slopes(self, l: int) -> tuple[Array, Array]:
        """|σ′| at most, and its error."""
        z, error = self.z[l], self.z_error[l]
        nearest = np.sign(z) * np.maximum(np.abs(z) - error, 0.0)
        slope, curvature = (envelope(nearest) for envelope in ENVELOPES[self.names[l]])
        moved = np.minimum(curvature * error, 2.0)
        return slope, moved + EVALUATION * U * slope + (1 + np.abs(z)) * SMALLEST

    def bp2(self, l: int, above: Array) -> Array:
        W, n = self.W[l + 1], len(self.W[l + 1])
        size = np.abs(self.delta[l + 1]) @ W
        error = above @ W + gamma(n) * (size + above @ W) + n * SMALLEST
        slope, slope_error = self.slopes(l)
        return error * (slope + slope_error) + size * (slope_error + 2 * U * slope) + SMALLEST

    def bp3(self, l: int, error: Array) -> Array:
        size = np.abs(self.delta[l]) + error
        return (error + gamma(len(error) + 1) * size).mean(axis=0) + SMALLEST

    def bp4(self, l: int, error: Array) -> Array:
        (a, a_error), delta, N = self.below(l), np.abs(self.delta[l]), len(error)
        moved = error.T @ (a + a_error) + delta.T @ a_error
        size = (delta + error).T @ (a + a_error)
        return (moved + gamma(N + 2) * size) / N + 2 * SMALLEST

    def total(self, terms: tuple[Array, Array]) -> float:
        sizes, errors = terms
        n = sizes.size + 1
        return float((errors + gamma(n) * (sizes + errors)).sum() / len(sizes)) + n * SMALLEST

    # The output layer: the cost's terms (their sizes and errors), and the error of δ(L).

    def output(self) -> tuple[tuple[Array, Array], Array]:
        name = self.names[-1]
        if self.cost == "mean_squared_error":
            return self.squares(), self.squares_delta()
        if name == "sigmoid":
            return self.sigmoid_entropy()
        if name == "softmax":
            return self.softmax_entropy()
        return self.entropy()

    def coefficients(self) -> tuple[Array, Array]:
        """Those of −ln a and of −ln(1 − a)."""
        y = np.abs(self.y)
        absent = np.zeros_like(y) if self.cost == "cross_entropy" else np.abs(1 - self.y)
        return y, absent

    def squares(self) -> tuple[Array, Array]:
        gap, error = self.gap()
        return 0.5 * gap**2, error * (gap + error) + gamma(3) * gap**2 + SMALLEST

    def gap(self) -> tuple[Array, Array]:
        """|a − y| and its error."""
        gap = np.abs(self.a[-1] - self.y)
        # The oracle's a has been rounded to float64 here, once.
        error = self.a_error[-1] + U * np.abs(self.a[-1])
        return gap + error, error + U * (gap + error)

    def squares_delta(self) -> Array:
        gap, error = self.gap()
        if self.names[-1] == "softmax":
            return self.pulled_back(error)
        slope, slope_error = self.slopes(len(self.W) - 1)
        return error * (slope + slope_error) + gap * (slope_error + 2 * U * slope) + SMALLEST

    def pulled_back(self, error: Array) -> Array:
        """a_j (g_j − Σ a_k g_k), in which only differences of the entries of g = a − y matter."""
        a, gradient = self.a[-1], self.a[-1] - self.y
        top = a.argmax(axis=-1)[:, None]
        size = np.abs(gradient - np.take_along_axis(gradient, top, axis=-1))
        error = error + np.take_along_axis(error, top, axis=-1)
        ratio = self.softmax_ratio()
        sizes = size + (a * (1 + ratio) * size).sum(axis=-1, keepdims=True)
        errors = error + (a * ((1 + ratio) * error + ratio * size)).sum(axis=-1, keepdims=True)
        own = (ratio + gamma(a.shape[1] + 6)) * (sizes + errors)
        return a * (1 + ratio) * (errors + own) + (1 + sizes) * SMALLEST * a.shape[1]

    def sigmoid_entropy(self) -> tuple[tuple[Array, Array], Array]:
        z, error = self.z[-1], self.z_error[-1]
        present, absent = self.coefficients()
        # |(ln σ)″| ≤ |(ln σ)′| ≤ 1, so an error of z multiplies σ by e^error at most.
        ratio = np.expm1(error) + (EVALUATION + 4) * U
        against, a = np.exp(-np.logaddexp(0, z)), np.exp(-np.logaddexp(0, -z))
        minus_log, minus_log_complement = np.logaddexp(0, -z), np.logaddexp(0, z)
        sizes = present * minus_log + absent * minus_log_complement
        moved = present * against + absent * a
        errors = moved * np.expm1(error) + (EVALUATION + 4) * U * sizes + 2 * SMALLEST
        return (sizes, errors), moved * ratio + 2 * SMALLEST

    def entropy(self) -> tuple[tuple[Array, Array], Array]:
        """From the output activations: logarithms and quotients of a and 1 − a."""
        a, error = self.a[-1], self.a_error[-1]
        sizes = errors = gradient = gradient_error = np.zeros_like(a)
        for coefficient, kept in zip(self.coefficients(), (a, 1 - a), strict=True):
            absent = coefficient == 0
            kept = np.where(absent, 1.0, kept)
            kept_error = np.where(absent, 0.0, error + 2 * U * (1 + np.abs(a)))
            low = np.maximum(kept - kept_error, 0.0)
            log = np.abs(np.log(kept))
            sizes = sizes + coefficient * log
            errors = errors + coefficient * (kept_error / low + 4 * U * log)
            gradient = gradient + coefficient / kept
            gradient_error = gradient_error + coefficient * (
                kept_error / (low * kept) + 4 * U / low
            )
        slope, slope_error = self.slopes(len(self.W) - 1)
        delta = gradient_error * (slope + slope_error) + gradient * (slope_error + 2 * U * slope)
        return (sizes, errors), delta + SMALLEST

    def logs_of_softmax(self) -> tuple[Array, Array, Array]:
        """−ln a, −ln(1 − a) and the size of the larger of the logarithms that these come from."""
        z = self.z[-1]
        top = np.arange(z.shape[1]) == z.argmax(axis=-1)[:, None]
        shifted = z - z.max(axis=-1, keepdims=True)
        others = np.log(np.where(top, 0.0, np.exp(shifted)).sum(axis=-1, keepdims=True))
        second = np.where(top, -np.inf, shifted).max(axis=-1, keepdims=True)
        others = np.where(np.isfinite(others), others, second)
        whole = np.logaddexp(0, others)
        minus_log = np.where(top, whole, -shifted + whole)
        complement = np.where(top, whole - others, -np.log1p(-np.where(top, 0, np.exp(-minus_log))))
        return minus_log, complement, np.where(top, -second, -shifted)

    def softmax_ratio(self) -> Array:
        """The relative error of a and of 1 − a: e^(2 · error of z), and roundings of logarithms."""
        error = self.z_error[-1].max(axis=-1, keepdims=True)
        n = self.z[-1].shape[1]
        logs = np.minimum(self.logs_of_softmax()[2], LOG_MAX).max(axis=-1, keepdims=True, initial=0)
        ratio: Array = np.expm1(4 * error) + U * (n + 2 * EVALUATION + 2 * logs)
        return np.broadcast_to(np.where(ratio < 1, ratio, np.inf), self.z[-1].shape)

    def softmax_entropy(self) -> tuple[tuple[Array, Array], Array]:
        a, (present, absent) = np.abs(self.a[-1]), self.coefficients()
        minus_log, minus_log_complement, _ = self.logs_of_softmax()
        against = np.exp(-minus_log_complement)
        ratio = self.softmax_ratio()
        sizes = times(present, minus_log) + times(absent, minus_log_complement)
        # ‖∂ ln a_j/∂z‖₁ = 2 (1 − a_j) and ‖∂ ln(1 − a_j)/∂z‖₁ = 2 a_j
        errors = ratio * (present * against + absent * a) + 20 * U * sizes + 2 * SMALLEST
        return (sizes, errors), self.softmax_delta(a, minus_log, minus_log_complement)

    def softmax_delta(self, a: Array, minus_log: Array, minus_log_complement: Array) -> Array:
        """own + pairs of outputs that are not the top + those with the top, a_j / (1 − a_top)."""
        present, absent = self.coefficients()
        ratio, n = self.softmax_ratio(), a.shape[1]
        top = np.arange(n) == self.z[-1].argmax(axis=-1)[:, None]
        against = np.exp(-minus_log_complement)
        odds = np.where(top, 0.0, absent * a / np.where(top, 1.0, against))
        of_top = np.where(top, minus_log_complement, 0.0).sum(axis=-1, keepdims=True)
        share = np.where(top, 0.0, np.exp(np.minimum(of_top - minus_log, 0.0)))
        own = absent * a + present * against
        against_top = (absent * a * top).sum(axis=-1, keepdims=True)
        size = own + a * (others(present) + others(odds)) + share * against_top
        return size * (ratio + gamma(n + 8)) + 4 * n * SMALLEST


def times(coefficient: Array, logarithm: Array) -> Array:
    return coefficient * np.where(coefficient == 0, 0.0, logarithm)


def others(values: Array) -> Array:
    """Σ_{k ≠ j}."""
    return values @ (1.0 - np.eye(values.shape[1]))
