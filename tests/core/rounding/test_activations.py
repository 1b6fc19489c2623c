"""σ and σ′ of numbers that carry a bound, against the worst that roundings and errors can do."""

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.rounding.activations import BOUNDED, bounded_activation
from core.rounding.bounded import Bounded
from core.rounding.precision import FLOAT16, FLOAT32, FLOAT64, Precision, decimals
from tests.core.rounding import adversary
from tests.core.rounding.truths import BOTH, ERRORS, GRID, PARTS, exact

ELEMENTWISE = [name for name in BOUNDED if name != "softmax"]
CURVED = [name for name in ELEMENTWISE if name not in ("relu", "leaky_relu", "identity")]

# The adversary's own float64 arithmetic, and an underflow that its float16 has not.
SLACK = 1e-12

# Our z + e is rounded: |z| ≤ 41, half an ulp of it is less than this.
ON_ADDING = 4e-15


def at(z: np.ndarray, error: float, precision: Precision) -> Bounded:
    return Bounded(z, np.full_like(z, error), precision)


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
    "elu": (0.98, 0.4), "silu": (0.98, 0.3), "gelu": (0.8, 0.6),
}  # fmt: skip
TIGHT_SLOPE = {
    "sigmoid": (0.9, 0.6), "tanh": (0.98, 0.6), "leaky_relu": (0.98, 0.0), "softplus": (0.9, 0.7),
    "elu": (0.98, 0.7), "silu": (0.35, 0.15), "gelu": (0.55, 0.15),
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


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_error_of_z_moves_sigma_within_the_bound(name: str, error: float) -> None:
    """Wherever z lies within its error, σ and σ′ lie within theirs, which are not too wide."""
    grid = BOTH
    sigma = bounded_activation(ACTIVATIONS[name]())
    bounded, bounded_slope = (
        sigma(at(grid, error, FLOAT64)),
        sigma.derivative(at(grid, error, FLOAT64)),
    )
    most, most_slope = np.zeros_like(grid), np.zeros_like(grid)
    for part in PARTS:
        there, slope_there = exact(name, grid + part * error)
        most = np.maximum(most, np.abs(there - bounded.value))
        most_slope = np.maximum(most_slope, np.abs(slope_there - bounded_slope.value))
    assert (most <= bounded.error + ON_ADDING).all()
    assert (most_slope <= bounded_slope.error + ON_ADDING).all()
    assert np.median(bounded.error / np.maximum(most, 1e-300)) <= 1.2
    wide = bounded_slope.error / np.maximum(most_slope, 1e-300)
    curved = (most_slope > 1e-12) & (np.abs(grid) < 3)
    assert not curved.any() or np.median(wide[curved]) <= 6.0, np.median(wide[curved])


@pytest.mark.parametrize(("name", "low"), [("relu", 0.0), ("leaky_relu", 0.01)])
def test_either_slope_is_right_within_the_error_of_a_kink(name: str, low: float) -> None:
    """Where z may be on either side of 0 both slopes are met exactly, and elsewhere one only."""
    z = np.array([-2e-3, -1e-3, 0.0, 1e-3, 2e-3])
    slope = bounded_activation(ACTIVATIONS[name]()).derivative(at(z, 1e-3, FLOAT64))
    for right in (low, 1.0):
        met = np.abs(slope.value - right) <= slope.error
        assert met.tolist() == [right == low, True, True, True, right == 1.0]
    assert slope.value[2] - slope.error[2] == pytest.approx(low, abs=1e-12)
    assert slope.value[2] + slope.error[2] == pytest.approx(1.0, abs=1e-12)
    assert slope.error[[0, 4]] == pytest.approx([low * 2.0**-52, 0.0], rel=0.01, abs=1e-300)


@pytest.mark.parametrize("kink", [0.0, 1.0])
@pytest.mark.parametrize("name", ["relu", "leaky_relu"])
def test_the_convention_at_the_kink_is_right_either_way(name: str, kink: float) -> None:
    """At z = 0 exactly, σ′ from the left and from the right are both right, whatever was asked."""
    slope = bounded_activation(ACTIVATIONS[name](kink)).derivative(at(np.zeros(1), 0.0, FLOAT32))
    left, right = slope.value - slope.error, slope.value + slope.error
    assert left[0] <= (0.0 if name == "relu" else 0.01)
    assert right[0] >= 1.0


def test_rectifiers_and_identity_add_no_rounding_of_their_own() -> None:
    """relu and identity hand on the error of z; above the kink so do leaky_relu and elu."""
    z = np.array([0.5, 3.0, 40.0])
    for name in ("relu", "identity", "leaky_relu", "elu"):
        bounded = bounded_activation(ACTIVATIONS[name]())(at(z, 0.01, FLOAT16))
        assert bounded.error == pytest.approx(0.01, rel=1e-9)
    below = bounded_activation(ACTIVATIONS["relu"]())(at(-z, 0.01, FLOAT16))
    assert (below.error == 0).all()


@pytest.mark.parametrize("K", [1.0, 8.0, 1000.0])
@pytest.mark.parametrize("name", CURVED)
def test_functions_that_are_farther_off_have_wider_bounds(name: str, K: float) -> None:
    """The option activation_ulps covers library functions that are K roundings off, whatever K."""
    grid = GRID[::8]
    a, slope = exact(name, grid)
    sigma = bounded_activation(ACTIVATIONS[name](), K)
    bounded, bounded_slope = sigma(at(grid, 0.0, FLOAT32)), sigma.derivative(at(grid, 0.0, FLOAT32))
    for formula in adversary.SIGMA[name]:
        assert (adversary.worst(formula, grid, 2.0**-24, K, a) <= bounded.error + 1e-15).all()
    for formula in adversary.SLOPE[name]:
        off = adversary.worst(formula, grid, 2.0**-24, K, slope)
        assert (off <= bounded_slope.error + 1e-15).all()


@pytest.mark.parametrize("precision", [FLOAT16, FLOAT32, FLOAT64])
@pytest.mark.parametrize("name", ["sigmoid", "silu"])
def test_quotient_that_becomes_zero_is_covered(name: str, precision: Precision) -> None:
    """1/(1 + e^(−z)) is 0 where e^(−z) overflows, and that is right at this precision."""
    z = -np.log(precision.largest) - np.array([0.1, 1.0, 50.0])
    bounded = bounded_activation(ACTIVATIONS[name]())(at(z, 0.0, precision))
    assert (np.abs(bounded.value) <= bounded.error).all()


@pytest.mark.parametrize("precision", [FLOAT16, FLOAT32, FLOAT64])
@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_slope_whose_square_overflows_is_covered(name: str, precision: Precision) -> None:
    """e^(−z)/(1 + e^(−z))² and 1/cosh² are 0 where the square overflows, half as far out."""
    z = np.log(precision.largest) / 2.0 + np.array([0.1, 1.0, 20.0])
    z = np.concatenate([z, -z])
    slope = bounded_activation(ACTIVATIONS[name]()).derivative(at(z, 0.0, precision))
    assert (np.abs(slope.value) <= slope.error).all()


def test_written_numbers_widen_the_slope_once() -> None:
    """σ′ is stored: half a unit of the last decimal comes on top of a's own writing."""
    z = at(np.array([0.3]), 0.0, decimals(3))
    for name, route in (("sigmoid", 0.15), ("tanh", 0.59), ("silu", 1.0)):
        slope = bounded_activation(ACTIVATIONS[name]()).derivative(z)
        # a(1 − a) passes |1 − 2a| of a's half unit on, 1 − a² passes 2 a
        assert slope.error[0] == pytest.approx(0.5e-3 * (1 + route), rel=0.02), name
    exact = bounded_activation(ACTIVATIONS["identity"]()).derivative(z)
    assert exact.error[0] == pytest.approx(2 * 2.0**-24, rel=1e-3)  # 1 is short already


def test_leaky_relu_rounds_its_slope_and_the_product() -> None:
    """Below 0 the farther end of z ± e is rounded twice, above nothing is; 0.01 is written too."""
    leaky = bounded_activation(ACTIVATIONS["leaky_relu"]())
    a = leaky(at(np.array([-1.0, 1.0]), 0.5, FLOAT16))
    assert a.error[0] == pytest.approx(0.005 + 2 * FLOAT16.u * 0.015 + FLOAT16.t, rel=1e-6)
    assert a.error[1] == pytest.approx(0.5, rel=1e-12)
    slope = leaky.derivative(at(np.array([-1.0]), 0.0, decimals(1)))
    assert 0.01 <= slope.error[0] <= 0.051  # 0.0 at one decimal


def test_unknown_z_leaves_a_within_its_range() -> None:
    """Where z may have overflowed, a sigmoid or tanh is still within its limits; relu is not."""
    z = at(np.array([0.5]), np.inf, FLOAT16)
    with np.errstate(all="ignore"):
        errors = {
            name: float(bounded_activation(ACTIVATIONS[name]())(z).error[0]) for name in ELEMENTWISE
        }
        slope = bounded_activation(ACTIVATIONS["sigmoid"]()).derivative(z).error[0]
    assert errors["sigmoid"] <= 0.7
    assert errors["tanh"] <= 1.5
    assert {name for name, error in errors.items() if np.isinf(error)} >= {"relu", "identity"}
    assert slope >= 0.2


def test_softplus_whose_exponential_overflows_is_not_known() -> None:
    """In float16 ln(1 + e^12) is infinite by its formula and 12 by a stable one: both are right."""
    z = np.array([[10.0, 12.0]])
    softplus = bounded_activation(ACTIVATIONS["softplus"]())
    error = softplus(Bounded.exactly(z, FLOAT16)).error
    assert np.isfinite(error).tolist() == [[True, False]]
    assert np.isfinite(softplus(Bounded.exactly(z, FLOAT32)).error).all()
