"""σ and σ′ against mpmath, over the whole range of float64."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.activations import ACTIVATIONS, LeakyRelu, Relu, Softmax
from tests import references
from tests.core.running_errors import EVALUATION, SMALLEST, U
from tests.references import ELEMENTWISE, mp, ulps_between

SIZES = [0.0, 1e-320, 1e-8, 1.0, 40.0, 800.0, 1e308]
TABLE = [sign * size for size in SIZES for sign in (1.0, -1.0)]
# What docs/mathematics.md promises at these points.
TABLE_ULPS = 4


@pytest.mark.parametrize("z", TABLE)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_value_and_slope_at_the_extremes(name: str, z: float) -> None:
    """At 0, denormal, tiny, ordinary, saturated and huge z: σ and σ′ within 4 ulps of mpmath."""
    sigma = ACTIVATIONS[name]()
    value, slope = references.activation(name, z)
    assert ulps_between(sigma(np.array([z])).item(), value) <= TABLE_ULPS
    assert ulps_between(sigma.derivative(np.array([z])).item(), slope) <= TABLE_ULPS


@pytest.mark.parametrize("z", TABLE)
def test_softmax_at_the_extremes(z: float) -> None:
    """Softmax of (z, −z), (z, 0) and (z, −z, z), and the diagonals of its Jacobian, likewise."""
    for row in ([z, -z], [z, 0.0], [z, -z, z]):
        a = references.gradients(
            {
                "weights": [[[0.0]] * len(row)],
                "biases": [row],
                "activation": "softmax",
                "input": [0.0],
                "target": [0.0] * len(row),
            }
        )["a"][0]
        jacobian = references.activation_jacobian("softmax", row)
        value, slope = Softmax()(np.array([row]))[0], Softmax().derivative(np.array([row]))[0]
        for j in range(len(row)):
            assert ulps_between(float(value[j]), a[j]) <= TABLE_ULPS
            assert ulps_between(float(slope[j]), jacobian[j][j]) <= TABLE_ULPS


def sizes(name: str, z: float) -> tuple[Any, Any]:
    """What errors of σ(z) and σ′(z) are relative to: themselves, but for gelu′ its two terms."""
    value, slope = references.activation(name, z)
    if name == "gelu" and z < 0:
        share = value / z
        return abs(value), share + abs(slope - share)
    return abs(value), abs(slope)


ANYWHERE = st.one_of(
    st.floats(-40, 40), st.floats(-800, 800), st.floats(allow_nan=False, allow_infinity=False)
)
# silu′ chains nine roundings; gelu depends on SciPy's erfcx, which is good to 5 ulps there.
ANYWHERE_ULPS = {**dict.fromkeys(ELEMENTWISE, 4), "silu": 5, "gelu": 10}


@pytest.mark.parametrize("name", ELEMENTWISE)
@given(z=ANYWHERE)
def test_value_and_slope_anywhere(name: str, z: float) -> None:
    """σ and σ′ are within 4 ulps (silu 5), and all within the 10 u that the bounds count on.

    gelu′ passes through 0 near −0.75, where its two terms cancel and only their sizes bound the
    error. Where e^z is denormal it is off by half the smallest number, and z e^z by |z| times that.
    """
    sigma, ulps = ACTIVATIONS[name](), ANYWHERE_ULPS[name]
    found = sigma(np.array([z])).item(), sigma.derivative(np.array([z])).item()
    truths = references.activation(name, z)
    for number, truth, size in zip(found, truths, sizes(name, z), strict=True):
        smallest = (2 + min(abs(z), 800)) * mp.mpf(SMALLEST)
        bound = min(ulps * mp.ldexp(1, references.ulp_exponent(size)), EVALUATION * U * size)
        assert abs(mp.mpf(number) - truth) <= bound + smallest


@pytest.mark.parametrize("away", [0, 1, -1, 2**20, -(2**20), 2**40, -(2**40)])
def test_the_slope_of_silu_keeps_its_digits_at_its_root(away: int) -> None:
    """Near z = −1.2785 σ′ passes through 0, and every digit of what is left is right, to 5 ulps."""
    z = -1.2784645427610737 + away * 2.0**-52
    slope = ACTIVATIONS["silu"]().derivative(np.array([z])).item()
    assert ulps_between(slope, references.activation("silu", z)[1]) <= ANYWHERE_ULPS["silu"]


@pytest.mark.parametrize("at_kink", [0.0, 0.5, 1.0])
def test_the_slope_at_a_kink_is_the_convention_asked_for(at_kink: float) -> None:
    """0 is the slope from the left, 1 the slope from the right, ½ midway, and z = −0.0 is 0 too."""
    zeros = np.array([0.0, -0.0])
    assert Relu(at_kink).derivative(zeros).tolist() == [at_kink] * 2
    leaky = 0.01 + at_kink * (1 - 0.01)
    assert LeakyRelu(at_kink).derivative(zeros).tolist() == [leaky] * 2
    for sigma, below in ((Relu(at_kink), 0.0), (LeakyRelu(at_kink), 0.01)):
        assert sigma.derivative(np.array([-1e-320, 1e-320])).tolist() == [below, 1.0]


def test_kinks_are_where_the_slope_jumps() -> None:
    """Only relu and leaky_relu have kinks, both at 0; their slopes differ on the two sides."""
    for name in ELEMENTWISE:
        left, right = ACTIVATIONS[name]().derivative(np.array([-1e-300, 1e-300]))
        assert ACTIVATIONS[name].kinks == ((0.0,) if left != right else ())


@pytest.mark.parametrize("name", ["identity", "tanh", "leaky_relu", "elu", "silu", "gelu"])
def test_minus_zero_is_kept(name: str) -> None:
    """σ(−0.0) is −0.0 for the activations that pass through 0 at 0."""
    assert math.copysign(1, ACTIVATIONS[name]()(np.array([-0.0])).item()) == -1


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_nothing_is_changed_warned_of_or_left_to_chance(name: str) -> None:
    """Any z leaves z as it was, has numpy warn of nothing, and repeats bit for bit."""
    z = np.array([TABLE, TABLE[::-1]])
    before, sigma = z.tobytes(), ACTIVATIONS[name]()
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        first, slope = sigma(z), sigma.derivative(z)
        assert first.tobytes() == sigma(z).tobytes()
        assert slope.tobytes() == sigma.derivative(z).tobytes()
    assert z.tobytes() == before
    assert first.shape == slope.shape == z.shape
    assert not np.shares_memory(first, z)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_an_elementwise_jacobian_is_diagonal(name: str) -> None:
    """Section 3: pulling ∂C/∂a back through a diagonal Jacobian is ⊙ σ′, entry by entry."""
    z, gradient = np.array([[-1.5, 0.5, 2.0]]), np.array([[3.0, -1.0, 0.25]])
    sigma = ACTIVATIONS[name]()
    pulled = sigma.pull_back(z, sigma(z), gradient)
    for j in range(3):
        assert pulled[0, j] == gradient[0, j] * sigma.derivative(z[:, j : j + 1]).item()


@given(
    z=st.lists(st.integers(-8000, 8000).map(lambda k: k / 8), min_size=1, max_size=5),
    seed=st.integers(0, 2**32 - 1),
)
def test_softmax_pulls_back_through_its_full_jacobian(z: list[float], seed: int) -> None:
    """Jᵀ ∇C with the oracle's Jacobian, however saturated.

    z − max z is exact on this grid, so a is good to 10 u; of ∇C only differences matter, since
    J 1 = 0. The bound is n + 20 roundings of |J_jk (∇C_k − ∇C_top)|, summed over k.
    """
    gradient = np.random.default_rng(seed).uniform(-1, 1, len(z))
    jacobian = references.activation_jacobian("softmax", z)
    rows = np.array([z])
    a = Softmax()(rows)
    found = Softmax().pull_back(rows, a, gradient[None, :])[0]
    relative = [mp.mpf(float(g)) - mp.mpf(float(gradient[a.argmax()])) for g in gradient]
    for j in range(len(z)):
        parts = [jacobian[k][j] * relative[k] for k in range(len(z))]
        # What underflows in a is lost, and it is less than the smallest number.
        bound = (len(z) + 20) * U * mp.fsum(map(abs, parts)) + 8 * len(z) * SMALLEST
        assert abs(mp.mpf(float(found[j])) - mp.fsum(parts)) <= bound


def test_the_table_is_the_contract() -> None:
    """Ten names, each with its formulas, and softmax alone mixes its entries."""
    assert list(ACTIVATIONS) == [
        *("sigmoid", "tanh", "relu", "leaky_relu", "identity"),
        *("softplus", "elu", "silu", "gelu", "softmax"),
    ]
    for name, kind in ACTIVATIONS.items():
        assert kind.name == name
        assert kind.formula
        assert kind.derivative_formula
        assert kind.elementwise == (name != "softmax")
        assert repr(kind()) == f"{kind.__name__}()"
