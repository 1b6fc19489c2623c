"""σ and σ′ of numbers that carry a bound, against the worst that roundings and errors of z can do."""

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.rounding.activations import BOUNDED, bounded_activation
from core.rounding.bounded import Bounded
from core.rounding.precision import FLOAT16, FLOAT32, FLOAT64, Precision, decimals
from tests import references
from tests.core.rounding import adversary

ELEMENTWISE = [name for name in BOUNDED if name != "softmax"]
CURVED = [name for name in ELEMENTWISE if name not in ("relu", "leaky_relu", "identity")]

# Where e^|z| and its square overflow in no format (float16: |z| > 5.5), on both sides of 0.
GRID = np.concatenate([np.linspace(-5.4, 5.4, 217), [-1e-3, 1e-3, 1e-6, -1e-6]])
FAR = np.linspace(-40.0, 40.0, 161)
ERRORS = (0.0, 1e-4, 0.02, 0.7)

# The adversary's own float64 arithmetic, and an underflow that its float16 has not.
SLACK = 1e-12


def at(z: np.ndarray, error: float, precision: Precision) -> Bounded:
    return Bounded(z, np.full_like(z, error), precision)


def exact(name: str, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pairs = [references.activation(name, float(v)) for v in z]
    return np.array([float(a) for a, _ in pairs]), np.array([float(s) for _, s in pairs])


@pytest.fixture(scope="module", params=ELEMENTWISE)
def truth(request: pytest.FixtureRequest) -> tuple[str, np.ndarray, np.ndarray]:
    """σ and σ′ on the grid to 50 digits, rounded once."""
    return request.param, *exact(request.param, GRID)


def test_no_usual_formula_leaves_the_bound_of_sigma(
    truth: tuple[str, np.ndarray, np.ndarray],
) -> None:
    """Every formula for σ stays within the bound under every pattern of roundings."""
    name, a, _ = truth
    bounded = bounded_activation(ACTIVATIONS[name]())(at(GRID, 0.0, FLOAT16))
    for formula in adversary.SIGMA[name]:
        error = adversary.worst(formula, GRID, 2.0**-11, 4.0, a)
        assert (error <= bounded.error + SLACK).all(), (name, np.max(error - bounded.error))


def test_no_usual_formula_leaves_the_bound_of_the_slope(
    truth: tuple[str, np.ndarray, np.ndarray],
) -> None:
    """Every formula for σ′ stays within the bound under every pattern of roundings."""
    name, _, slope = truth
    bounded = bounded_activation(ACTIVATIONS[name]()).derivative(at(GRID, 0.0, FLOAT16))
    for formula in adversary.SLOPE.get(name, ()):
        error = adversary.worst(formula, GRID, 2.0**-11, 4.0, slope)
        assert (error <= bounded.error + SLACK).all(), (name, np.max(error - bounded.error))


# How much of the bound the worst pattern of the worst formula uses somewhere on the grid, at least,
# and in the middle of the entries. Looser rules would be right too, and would miss mistakes.
TIGHT_SIGMA = {
    "sigmoid": (0.98, 0.9), "tanh": (0.95, 0.75), "leaky_relu": (0.98, 0.4), "softplus": (0.8, 0.7),
    "elu": (0.98, 0.4), "silu": (0.98, 0.7), "gelu": (0.8, 0.6),
}  # fmt: skip
TIGHT_SLOPE = {
    "sigmoid": (0.9, 0.6), "tanh": (0.98, 0.6), "leaky_relu": (0.98, 0.0), "softplus": (0.9, 0.7),
    "elu": (0.98, 0.4), "silu": (0.35, 0.15), "gelu": (0.6, 0.15),
}  # fmt: skip


@pytest.mark.parametrize("name", TIGHT_SIGMA)
def test_bound_of_sigma_is_tight(name: str) -> None:
    """The worst pattern of roundings of the worst formula comes near the bound."""
    a, _ = exact(name, GRID)
    bounded = bounded_activation(ACTIVATIONS[name]())(at(GRID, 0.0, FLOAT16))
    check_tight(adversary.SIGMA[name], a, bounded, TIGHT_SIGMA[name])


@pytest.mark.parametrize("name", TIGHT_SLOPE)
def test_bound_of_the_slope_is_tight(name: str) -> None:
    """The worst pattern of roundings of the worst formula for σ′ comes near the bound."""
    _, slope = exact(name, GRID)
    bounded = bounded_activation(ACTIVATIONS[name]()).derivative(at(GRID, 0.0, FLOAT16))
    check_tight(adversary.SLOPE[name], slope, bounded, TIGHT_SLOPE[name])


def check_tight(
    formulas: tuple[adversary.Formula, ...],
    right: np.ndarray,
    bounded: Bounded,
    wanted: tuple[float, float],
) -> None:
    error = np.max([adversary.worst(f, GRID, 2.0**-11, 4.0, right) for f in formulas], axis=0)
    ratio = error[bounded.error > 0] / bounded.error[bounded.error > 0]
    assert ratio.max() >= wanted[0], ratio.max()
    assert np.median(ratio) >= wanted[1], np.median(ratio)
