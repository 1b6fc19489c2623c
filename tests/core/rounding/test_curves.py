"""The rules of the smooth activations, one by one: as docs/bounds.md has them, to the letter.

Whether the rules cover every formula is the matter of test_activations.py. There the widest of
several counts, so one that has become too narrow, or does nothing, may hide behind another.
"""

from collections.abc import Callable
from dataclasses import dataclass

import mpmath
import numpy as np
import pytest
from scipy import special

from core.activations import ACTIVATIONS
from core.rounding.activations import BOUNDED, BoundedActivation
from core.rounding.bounded import Bounded
from core.rounding.precision import FLOAT16, FLOAT64, Precision
from tests.core.rounding.truths import BOTH, ERRORS, PARTS, exact

Array = np.ndarray
OURS = 10.0 * 2.0**-53  # what our own σ and σ′ may be off

# e^z overflows in float16 beyond 11.1, its square beyond 5.5; silu′ is 0 near −1.278.
Z = [-30.0, -11.5, -5.6, -5.5, -1.2784645427610738, -0.3, 0.0, 0.3, 1.7, 5.5, 5.6, 11.0, 30.0]
E = [1e-15, 1e-3, 0.3, 2.0, 40.0]
MOVED = [0.0, 0.004, 0.3, 0.9]

# Rules and tests are a dozen operations of float64, and 1 − a loses four digits at most.
CLOSE = 1e-11


@dataclass(frozen=True)
class Case:
    """z ± e and what goes on from there: σ and σ′ to 50 digits, what is already known to move."""

    z: Array
    e: Array
    m: Array
    a: Array
    slope: Array
    K: float
    p: Precision

    @property
    def s(self) -> Array:
        return np.asarray(special.expit(self.z))

    @property
    def c(self) -> Array:
        return np.asarray(special.expit(-self.z))

    def rounded(self, count: Array, size: Array) -> Array:
        """So many roundings one upon the other, at most 2 K + 10; our own; an underflow."""
        growth = 1.0 / (1.0 - (2.0 * self.K + 10.0) * self.p.u)
        return np.asarray(count * self.p.u * growth + OURS * size + self.p.t)

    def logistic(self, a: Array, m: Array) -> Array:
        """(K c + 2) a, and a + K |1 − 2a| / 2, each at its worst in a ± m."""
        most = np.minimum(a + m, 1.0)
        far = np.minimum(np.abs(1.0 - 2.0 * a) + 2.0 * m, 1.0)
        quotient = (self.K * np.minimum(self.c + m, 1.0) + 2.0) * most
        return np.asarray(np.maximum(quotient, most + self.K / 2.0 * far))


def sigmoid(c: Case) -> Array:
    return c.rounded(c.logistic(c.a, c.m), c.a + c.m)


def tanh(c: Case) -> Array:
    size, slope = np.minimum(np.abs(c.a) + c.m, 1.0), np.minimum(c.slope + 2.0 * c.m, 1.0)
    by_two, doubled = c.K * slope + 3.0 * size, c.K / 2.0 * slope + 2.0 + 3.0 * size
    return c.rounded(np.max([c.K * size, by_two, doubled], axis=0), size)


def softplus(c: Case) -> Array:
    highest, size = c.z + c.e, c.a + c.m
    count = c.K * (size + special.expit(highest)) + 1.0 + size
    return np.where(highest > np.log(c.p.largest), np.inf, c.rounded(count, size))


def elu(c: Case) -> Array:
    size = np.abs(c.a) + c.m
    count = np.maximum(c.K * size, c.K * np.exp(np.minimum(c.z + c.e, 0.0)) + size)
    return np.where(c.z > c.e, 0.0, c.rounded(count, size))


def silu(c: Case) -> Array:
    size = np.abs(c.a) + c.m
    of_sigmoid = c.logistic(c.s, c.e / 4.0)
    return c.rounded((np.abs(c.z) + c.e) * of_sigmoid + size, size)


def gelu(c: Case) -> Array:
    size, middle = np.abs(c.a) + c.m, special.ndtr(c.z + c.e)
    count = c.K * np.maximum(0.5, middle) + 0.5 + middle
    return c.rounded((np.abs(c.z) + c.e) * count + size, size)


EVALUATED: dict[str, Callable[[Case], Array]] = {
    "sigmoid": sigmoid, "tanh": tanh, "softplus": softplus, "elu": elu, "silu": silu, "gelu": gelu,
}  # fmt: skip


def sigmoid_slope(c: Case) -> Array:
    size = c.slope + c.m
    lost = np.where(2.0 * (np.abs(c.z) + c.e) > np.log(c.p.largest), size, 0.0)
    return c.rounded((c.K + 5.0) * size, size) + lost


SLOPE_EVALUATED: dict[str, Callable[[Case], Array]] = {
    "sigmoid": sigmoid_slope,
    "tanh": lambda c: c.rounded((2.0 * c.K + 4.0) * (c.slope + c.m), c.slope + c.m),
    "softplus": lambda c: c.rounded(c.logistic(c.slope, c.m), c.slope + c.m),
    "elu": lambda c: np.where(c.z > c.e, 0.0, c.rounded(c.K * (c.slope + c.m), c.slope + c.m)),
    "silu": lambda c: c.rounded(
        (c.K / 2.0 + 5.0) * (1.0 + np.abs(c.z) + c.e), np.abs(c.slope) + c.m
    ),
    "gelu": lambda c: c.rounded(np.full_like(c.z, 1.25 * c.K + 4.2), np.abs(c.slope) + c.m),
}


def bend(name: str, z: Array) -> Array:
    """|σ″|, by mpmath from σ′ of the page."""
    with mpmath.workdps(40):
        return np.array([float(abs(mpmath.diff(SIGMA[name], mpmath.mpf(v), 2))) for v in z])


SIGMA: dict[str, Callable[[mpmath.mpf], mpmath.mpf]] = {
    "silu": lambda z: z / (1 + mpmath.exp(-z)),
    "gelu": lambda z: z * mpmath.ncdf(z),
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
    "softplus": lambda z: mpmath.log(1 + mpmath.exp(z)),
}

SLOPE_MOVED: dict[str, Callable[[Case], Array]] = {
    "sigmoid": lambda c: np.minimum(
        np.abs(1.0 - 2.0 * c.a) * c.slope * c.e + c.e**2 / 16.0, c.slope * np.expm1(c.e)
    ),
    "tanh": lambda c: np.minimum(
        2.0 * np.abs(c.a) * c.slope * c.e + c.e**2, c.slope * np.expm1(2.0 * c.e)
    ),
    "softplus": lambda c: np.minimum(c.slope * np.expm1(c.e), c.e / 4.0),
    "elu": lambda c: np.where(c.z > c.e, 0.0, c.slope * np.expm1(c.e)),
    "silu": lambda c: np.minimum((bend("silu", c.z) + OURS) * c.e + 0.155 * c.e**2, c.e / 2.0),
    "gelu": lambda c: np.minimum((bend("gelu", c.z) + OURS) * c.e + 0.39 * c.e**2, 0.8 * c.e),
}


def cases(name: str, K: float, p: Precision) -> Case:
    z, e, m = (grid.ravel() for grid in np.meshgrid(Z, E, MOVED))
    return Case(z, e, m, *exact(name, z), K, p)


def carried(c: Case) -> Bounded:
    return Bounded(c.z, c.e, c.p)


def rule(name: str, K: float = 4.0) -> BoundedActivation:
    return BOUNDED[name](ACTIVATIONS[name](), K)


@pytest.mark.parametrize("p", [FLOAT16, FLOAT64], ids=lambda p: str(p.name))
@pytest.mark.parametrize("name", EVALUATED)
def test_roundings_of_sigma_are_those_of_the_table(name: str, p: Precision) -> None:
    """What the evaluation of σ may lose, K roundings off or another number of them."""
    for K in (4.0, 1.0, 6.5):
        c = cases(name, K, p)
        found = rule(name, K).evaluated(carried(c), c.a, c.m)
        assert found == pytest.approx(EVALUATED[name](c), rel=CLOSE, abs=0)


@pytest.mark.parametrize("p", [FLOAT16, FLOAT64], ids=lambda p: str(p.name))
@pytest.mark.parametrize("name", EVALUATED)
def test_roundings_of_the_slope_are_those_of_the_table(name: str, p: Precision) -> None:
    """What the evaluation of σ′ from z may lose."""
    for K in (4.0, 1.0, 6.5):
        c = cases(name, K, p)
        found = rule(name, K).slope_evaluated(carried(c), c.slope, c.m)
        assert found == pytest.approx(SLOPE_EVALUATED[name](c), rel=CLOSE, abs=0)


@pytest.mark.parametrize("name", SLOPE_MOVED)
def test_error_of_z_moves_the_slope_as_in_the_table(name: str) -> None:
    """Taylor to second order, or σ′ (e^(ce) − 1), or the largest curvature: the least of them."""
    c = cases(name, 4.0, FLOAT64)
    found = rule(name).slope_moved(carried(c), c.slope)
    assert found == pytest.approx(SLOPE_MOVED[name](c), rel=CLOSE, abs=0)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("name", SLOPE_MOVED)
def test_the_slope_moves_no_farther_than_its_rule(name: str, error: float) -> None:
    """σ′ anywhere within z ± e, by mpmath, is within what that rule alone says."""
    _, slope = exact(name, BOTH)
    moved = rule(name).slope_moved(Bounded(BOTH, np.full_like(BOTH, error), FLOAT64), slope)
    for part in PARTS:
        _, there = exact(name, BOTH + part * error)
        # z + e is rounded: half an ulp of |z| ≤ 41, and no slope is steeper than 1
        assert (np.abs(there - slope) <= moved + 4e-15).all()


def from_sigmoid(a: Array, e: Array, c: Case) -> tuple[Array, Array]:
    size = np.abs(a) + e
    moved = np.abs(1.0 - 2.0 * a) * e + e**2
    count = size * (2.0 * (np.abs(1.0 - a) + e) + size)
    return a * (1.0 - a), moved + c.rounded(count, np.zeros_like(a))


def from_tanh(a: Array, e: Array, c: Case) -> tuple[Array, Array]:
    square = 2.0 * np.abs(a) * e + e**2
    square += c.p.u * (a**2 + square) + c.p.t
    return 1.0 - a**2, square + c.p.u * (np.abs(1.0 - a**2) + square) + c.p.t


def from_softplus(a: Array, e: Array, c: Case) -> tuple[Array, Array]:
    value, rest = 1.0 - np.exp(-a), np.exp(-a)
    moved = np.minimum(rest * np.expm1(e), 1.0)
    count = np.maximum(c.K * (value + moved), c.K * (rest + moved) + 1.0)
    return value, moved + c.rounded(count, np.abs(value))


def from_elu(a: Array, e: Array, c: Case) -> tuple[Array, Array]:
    above, below = a > e, e + c.p.u * (np.abs(a + 1.0) + e) + c.p.t
    return np.where(above, 1.0, a + 1.0), np.where(above, 0.0, below)


FROM_A = {"sigmoid": from_sigmoid, "tanh": from_tanh, "softplus": from_softplus, "elu": from_elu}


@pytest.mark.parametrize("p", [FLOAT16, FLOAT64], ids=lambda p: str(p.name))
@pytest.mark.parametrize("name", FROM_A)
def test_the_slope_from_a_is_that_of_the_table(name: str, p: Precision) -> None:
    """a (1 − a), 1 − a², 1 − e^(−a) and a + 1 of any a, also one that no z has (a claimed one)."""
    a, e = (g.ravel() for g in np.meshgrid([-0.9, -0.1, 0.0, 0.2, 0.5, 0.99, 1.2], E[:-1]))
    for K in (4.0, 1.0, 6.5):
        found = rule(name, K).from_activation(Bounded(a, e, p))
        value, error = FROM_A[name](a, e, Case(a, e, e, a, a, K, p))
        assert found is not None
        assert found.value == pytest.approx(value, rel=1e-14, abs=1e-16)
        assert found.error == pytest.approx(error, rel=CLOSE, abs=0)


@pytest.mark.parametrize("name", ["silu", "gelu"])
def test_error_of_z_moves_what_is_not_monotone_as_in_the_table(name: str) -> None:
    """|σ′| e + max |σ″| e² / 2, or the steepest slope times e; and our own roundings of σ′."""
    c = cases(name, 4.0, FLOAT64)
    steepest, curvature = {"silu": (1.1, 0.5), "gelu": (1.13, 0.8)}[name]
    wanted = np.minimum((np.abs(c.slope) + OURS) * c.e + curvature / 2.0 * c.e**2, steepest * c.e)
    assert rule(name).moved(carried(c), c.a) == pytest.approx(wanted, rel=CLOSE, abs=0)


@pytest.mark.parametrize("name", ["silu", "gelu"])
def test_our_own_roundings_remain_where_the_curvature_is_zero(name: str) -> None:
    """σ″ passes through 0 at ±2.399 and ±√2; ours there is all rounding, ten units at most."""
    silu = mpmath.findroot(lambda z: z * mpmath.tanh(z / 2) - 2, 2.4)
    root = float({"silu": silu, "gelu": mpmath.sqrt(2)}[name])
    z, e = np.array([root, -root]), 1e-18
    moved = rule(name).slope_moved(Bounded(z, np.full(2, e), FLOAT64), z)
    assert (moved >= OURS * e).all()
    assert (moved <= 1.5 * OURS * e).all()


@pytest.mark.parametrize("name", SIGMA)
def test_largest_derivatives_are_those_of_the_curves(name: str) -> None:
    """`steepest`, `slopes`, `curvature` and `jerk` are the curves' own, rounded up a little.

    Where z is beyond 8 slopes are flat, and a grid of 1/16 misses a maximum by less than 1 in 1000.
    """
    with mpmath.workdps(30):
        derivatives = [
            np.array(
                [float(mpmath.diff(SIGMA[name], mpmath.mpf(k) / 16, n)) for k in range(-128, 129)]
            )
            for n in ((1, 2, 3) if name in ("silu", "gelu") else (1,))
        ]
    sigma = BOUNDED[name]
    largest = [np.abs(d).max() for d in derivatives]
    pairs = [(sigma.steepest, largest[0]), (sigma.slopes, np.ptp(derivatives[0]))]
    if name in ("silu", "gelu"):
        pairs += [(sigma.curvature, largest[1]), (sigma.jerk, largest[2])]  # type: ignore[attr-defined]
    for constant, truth in pairs:
        assert truth <= constant <= 1.04 * truth
