"""What every activation's bound has in common: both ends, counted roundings, both ways to σ′."""

import mpmath
import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.arrays import Array
from core.rounding.activations import BOUNDED
from core.rounding.bounded import Bounded
from core.rounding.precision import FLOAT16, FLOAT32, FLOAT64
from core.rounding.rules import BoundedActivation, finished
from tests.core.running_errors import EVALUATION

SIGMA = {
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "elu": lambda z: z if z > 0 else mpmath.expm1(z),
    "leaky_relu": lambda z: z if z > 0 else z * mpmath.mpf(0.01),
    "relu": lambda z: max(z, mpmath.mpf(0)),
    "identity": lambda z: z,
}


def rule(name: str, K: float = 4.0) -> BoundedActivation:
    return BOUNDED[name](ACTIVATIONS[name](), K)


def one(value: float, error: float) -> Bounded:
    return Bounded(np.array([value]), np.array([error]), FLOAT64)


@pytest.mark.parametrize("name", SIGMA)
def test_both_ends_are_within_to_the_last_digit(name: str) -> None:
    """σ(z + e) and σ(z − e) of z and e exactly as they are: no slack, though z + e is rounded and
    so are three values of σ. Far to the left an ulp of z is many of σ; near 0 e is less than one.
    """
    rng = np.random.default_rng(7)
    z = np.concatenate([rng.uniform(-40, 0, size=150), rng.uniform(-1, 1, size=150), [20.0, 35.0]])
    e = 2.0 ** rng.uniform(-54, 4, size=len(z))
    sigma, value = rule(name), ACTIVATIONS[name]()(z)
    moved = sigma.moved(Bounded(z, e, FLOAT64), value)
    with mpmath.workdps(60):
        for x, d, allowed in zip(map(mpmath.mpf, z), map(mpmath.mpf, e), moved, strict=True):
            middle = SIGMA[name](x)
            farther = max(SIGMA[name](x + d) - middle, middle - SIGMA[name](x - d))
            assert farther <= allowed, (x, d)
            # the farther end of z ≤ 40 may be two ulps too far, and σ is e^z there: 128 units;
            # twice that and what the values of σ may be off
            ours = 30 * EVALUATION * 2.0**-53 * (abs(middle) + farther)
            assert allowed <= farther + ours, (x, d)


@pytest.mark.parametrize("name", ["identity", "relu", "tanh", "softplus", "elu"])
def test_no_more_than_the_steepest_slope_times_the_error(name: str) -> None:
    """Where the slope is 1 the error of z is handed on to the last bit."""
    steep = {"tanh": 0.0}.get(name, 50.0)
    assert rule(name).moved(one(steep, 1e-9), np.array([steep])) == 1e-9


@pytest.mark.parametrize(("name", "widest", "most"), [("sigmoid", 0.25, 0.75), ("tanh", 1.0, 1.0)])
def test_of_an_unknown_z_the_slope_is_within_its_range(
    name: str, widest: float, most: float
) -> None:
    """From 0 to the steepest at z = 0, and for the sigmoid's by a square that may overflow ½ more;
    where σ′ itself is 0, something is known.
    """
    with np.errstate(all="ignore"):
        middle, flat = (rule(name).derivative(one(z, np.inf)).error for z in (0.0, -800.0))
    assert widest <= middle <= 1.001 * most
    assert widest <= flat < np.inf


@pytest.mark.parametrize("K", [1.0, 4.0, 12.0])
def test_roundings_add_up_to_the_second_order(K: float) -> None:
    """u times the count over 1 − (2 K + 10) u; our own ten units of the size; an underflow."""
    count, size = np.array([3.0, 0.0]), np.array([0.5, 2.0])
    for p in (FLOAT16, FLOAT64):
        found = rule("tanh", K).roundings(Bounded(size, size, p), count, size)
        wanted = count * p.u / (1.0 - (2.0 * K + 10.0) * p.u) + EVALUATION * 2.0**-53 * size + p.t
        assert found == pytest.approx(wanted, rel=1e-13, abs=0)
    assert EVALUATION == 10


def test_roundings_are_unknown_where_the_second_order_is_as_large_as_the_first() -> None:
    """(2 K + 10) u is 1 at K = 1019 in float16: just before, something is known, beyond nothing."""
    z, counts = Bounded(np.ones(2), np.zeros(2), FLOAT16), np.array([0.0, 1.0])
    for K in (700.0, 1018.0):
        assert np.isfinite(rule("tanh", K).roundings(z, counts, np.ones(2))).all()
    for K in (1020.0, 1500.0):
        with np.errstate(invalid="ignore"):
            assert np.isinf(rule("tanh", K).roundings(z, counts, np.ones(2))).all()


class TwoWays(BoundedActivation):
    """An identity whose slope from a is told."""

    told: tuple[float, float]

    def from_activation(self, a: Bounded) -> Bounded | None:
        return one(*self.told)


@pytest.mark.parametrize("told", [(1.5, 0.25), (0.5, 0.25), (1.0, 0.75), (1.0, 0.0)])
def test_slope_covers_the_way_from_a_whole(told: tuple[float, float]) -> None:
    """σ′ from the stored a may lie on either side of σ′ from z: its farther end counts."""
    activation = TwoWays(ACTIVATIONS["identity"]())
    activation.told = told
    slope = activation.derivative(one(0.3, 0.01))
    assert slope.value == 1.0
    assert slope.error == pytest.approx(abs(told[0] - 1.0) + told[1], abs=0, rel=1e-15)


def test_sigma_of_the_latest_z_is_kept() -> None:
    """σ′ asks for σ of the same z again: the same object comes, and of another z another."""
    sigma, z, other = rule("sigmoid"), one(0.3, 0.0), one(0.4, 0.0)
    assert sigma(z) is sigma(z)
    assert sigma(other) is not sigma(z)
    assert sigma(other).value != sigma(z).value


def test_pulling_back_multiplies_by_the_slope() -> None:
    """∂C/∂z = ∂C/∂a σ′(z), with the error of a product."""
    z = Bounded(np.array([0.3, -1.0]), np.array([0.01, 0.0]), FLOAT32)
    gradient = Bounded(np.array([-2.0, 0.5]), np.array([0.1, 0.02]), FLOAT32)
    sigma = rule("tanh")
    found, slope = sigma.pull_back(z, sigma(z), gradient), sigma.derivative(z)
    assert found.value == pytest.approx(np.array([-2.0, 0.5]) / np.cosh(z.value) ** 2, rel=1e-14)
    crossed = np.abs(gradient.value) * slope.error + gradient.error * slope.size
    assert found.error == pytest.approx(crossed, rel=1e-5)  # and a rounding of float32


def test_what_is_no_number_is_unknown() -> None:
    """An error that is no number is infinite, so that a comparison with it never fails a claim."""
    nan: Array = np.array([np.nan])
    assert np.isinf(finished(one(0.0, 0.0), np.zeros(1), nan).error)
    with np.errstate(invalid="ignore"):
        assert np.isinf(rule("identity").moved(one(np.inf, np.inf), np.array([np.inf])))
    assert np.isinf(rule("tanh").roundings(one(0.0, 0.0), nan, np.zeros(1)))
