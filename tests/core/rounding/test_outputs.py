"""Cost terms and δ(L) that carry a bound, against every usual way to compute them and mpmath."""

import mpmath
import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.costs import COSTS, output_of
from core.rounding.activations import bounded_activation
from core.rounding.bounded import Bounded
from core.rounding.outputs import BoundedOutput
from core.rounding.precision import FLOAT16, FLOAT32, FLOAT64, Precision, decimals

PAIRS = [
    (cost, name)
    for cost in COSTS
    for name in ACTIVATIONS
    if cost == "mean_squared_error" or name in ("sigmoid", "softmax", "softplus")
]
SHORT = [
    ("binary_cross_entropy", "sigmoid"),
    ("cross_entropy", "sigmoid"),
    ("cross_entropy", "softmax"),
]


def output(cost: str, name: str) -> BoundedOutput:
    sigma = ACTIVATIONS[name]()
    return BoundedOutput(output_of(COSTS[cost](), sigma), cost, bounded_activation(sigma))


def drawn(cost: str, name: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """z and y for which the cost is defined."""
    rng = np.random.default_rng(seed)
    z = rng.uniform(-2.0, 2.0, size=(3, 2))
    if name == "softplus":
        z = rng.uniform(-2.0, 0.3, size=(3, 2))  # its ln 2 and less lie below 1
    return z, rng.choice([0.0, 1.0, 0.3, 0.75], size=(3, 2))


def exact(cost: str, name: str, z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Terms and δ of each example by mpmath: differentiated numerically at 60 digits."""
    with mpmath.workdps(60):
        terms, errors = np.zeros_like(z), np.zeros_like(z)
        for i in range(len(z)):
            row, target = ([mpmath.mpf(float(v)) for v in r] for r in (z[i], y[i]))
            for j in range(len(row)):
                terms[i, j] = term(cost, activated(name, row)[j], target[j])

                def moved(step: mpmath.mpf, row: list = row, target: list = target, j: int = j):  # type: ignore[type-arg,no-untyped-def]
                    there = [v + step if k == j else v for k, v in enumerate(row)]
                    a = activated(name, there)
                    return sum(term(cost, v, t) for v, t in zip(a, target, strict=True))

                h = mpmath.mpf(10) ** -20
                errors[i, j] = (moved(h) - moved(-h)) / (2 * h)
    return terms, errors


def activated(name: str, z: list) -> list:  # type: ignore[type-arg]
    e = mpmath.exp
    if name == "softmax":
        total = sum(e(v) for v in z)
        return [e(v) / total for v in z]
    by_name = {
        "sigmoid": lambda v: 1 / (1 + e(-v)),
        "tanh": mpmath.tanh,
        "relu": lambda v: max(v, mpmath.mpf(0)),
        "leaky_relu": lambda v: v if v > 0 else mpmath.mpf(0.01) * v,
        "identity": lambda v: v,
        "softplus": lambda v: mpmath.log(1 + e(v)),
        "elu": lambda v: v if v > 0 else e(v) - 1,
        "silu": lambda v: v / (1 + e(-v)),
        "gelu": lambda v: v * mpmath.ncdf(v),
    }
    return [by_name[name](v) for v in z]


def term(cost: str, a: mpmath.mpf, y: mpmath.mpf) -> mpmath.mpf:
    if cost == "mean_squared_error":
        return (a - y) ** 2 / 2
    present = -y * mpmath.log(a) if y else mpmath.mpf(0)
    if cost == "cross_entropy":
        return present
    return present - ((1 - y) * mpmath.log(1 - a) if y != 1 else 0)


def carried(
    cost: str, name: str, z: np.ndarray, y: np.ndarray, p: Precision
) -> tuple[Bounded, ...]:
    given = Bounded.given(z, p), Bounded.given(y, p)
    out = output(cost, name)
    a = out.activation(given[0]).written()
    with np.errstate(all="ignore"):
        return out.terms(given[0], a, given[1]), out.error(given[0], a, given[1])


@pytest.mark.parametrize(("cost", "name"), PAIRS)
def test_values_are_the_right_ones(cost: str, name: str) -> None:
    """Terms and δ(L) agree with mpmath's numeric derivative to 14 digits; the bound is small."""
    z, y = drawn(cost, name, 1)
    terms, errors = exact(cost, name, z, y)
    found = carried(cost, name, z, y, FLOAT64)
    for right, bounded in zip((terms, errors), found, strict=True):
        assert (np.abs(bounded.value - right) <= 1e-14 * (1 + np.abs(right))).all()
        assert (bounded.error <= 1e-13 * (1 + np.abs(right))).all()
        assert (np.abs(bounded.value - right) <= bounded.error).all()


@pytest.mark.parametrize("precision", [FLOAT16, FLOAT32, decimals(3)])
@pytest.mark.parametrize(("cost", "name"), SHORT)
def test_the_chain_rule_as_it_stands_is_right_too(
    cost: str, name: str, precision: Precision
) -> None:
    """−y/a + (1 − y)/(1 − a) times σ′(z), from a rounded a, stays within; so do a − y and kin."""
    rng = np.random.default_rng(4)
    dtype = np.float16 if precision is FLOAT16 else np.float32
    used = 0.0
    for _ in range(60):
        z = rng.uniform(-6.0, 6.0, size=(4, 3)).astype(dtype)
        y = rng.choice([0.0, 1.0, 0.25], size=(4, 3)).astype(dtype)
        wide = carried(cost, name, z.astype(float), y.astype(float), precision)[1]
        with np.errstate(all="ignore"):
            claims = list(ways(cost, name, z, y, precision))
        for claimed in claims:
            finite = np.isfinite(claimed) & np.isfinite(wide.error)
            off = np.abs(claimed - wide.value)[finite]
            assert (off <= wide.error[finite]).all()
            used = max(used, float((off / wide.error[finite]).max()))
    assert used >= 0.1


def ways(cost: str, name: str, z: np.ndarray, y: np.ndarray, precision: Precision):  # type: ignore[no-untyped-def]
    """δ(L) by the chain rule and shortened, in z's own format, a and σ′ stored in the notation."""
    one = z.dtype.type(1)
    places = precision.decimals

    def kept(x: np.ndarray) -> np.ndarray:
        return x if places is None else np.round(x.astype(float), places).astype(x.dtype)

    if name == "softmax":
        e = np.exp(z - z.max(axis=1, keepdims=True))
        a = kept(e / e.sum(axis=1, keepdims=True, dtype=z.dtype))
        gradient = np.where(y == 0, one * 0, -y / a)
        jacobian = a[:, :, None] * (np.eye(3, dtype=z.dtype) - a[:, None, :])
        yield (jacobian * gradient[:, None, :]).sum(axis=2, dtype=z.dtype).astype(float)
        yield (a * y.sum(axis=1, keepdims=True, dtype=z.dtype) - y).astype(float)
        return
    a = kept(one / (one + np.exp(-z)))
    on = np.where(y == 0, one * 0, -y / a)
    off = np.where(y == 1, one * 0, (one - y) / (one - a))
    gradient = on if cost == "cross_entropy" else on + off
    for slope in (a * (one - a), one / (one + np.exp(-z)) * (one / (one + np.exp(z)))):
        yield (gradient * kept(slope)).astype(float)
    yield (y * (a - one) if cost == "cross_entropy" else a - y).astype(float)


@pytest.mark.parametrize("z", [20.0, 60.0, 200.0])
def test_a_saturated_output_keeps_a_finite_bound(z: float) -> None:
    """1 − a may have no digit left, yet the chain rule's result is bounded: by a dozen times δ."""
    for sign in (1.0, -1.0):
        at = np.array([[sign * z]])
        for y in (0.0, 1.0):
            _, delta = carried("binary_cross_entropy", "sigmoid", at, np.array([[y]]), FLOAT32)
            wrong_side = (sign > 0) == (y == 0.0)
            assert delta.error[0, 0] <= (15.0 if wrong_side else 2e-6)
            assert delta.error[0, 0] > 0


def test_terms_with_coefficient_zero_are_absent() -> None:
    """y = 0 and y = 1 leave out a logarithm, even that of 0, with its error."""
    z, y = np.array([[800.0, -800.0]]), np.array([[1.0, 0.0]])
    terms, delta = carried("binary_cross_entropy", "sigmoid", z, y, FLOAT64)
    assert np.isfinite(terms.value).all()
    assert (terms.value == 0).all()
    assert np.isfinite(delta.error).all()
    cross, _ = carried(
        "cross_entropy", "softmax", np.array([[0.0, -800.0]]), np.array([[1.0, 0.0]]), FLOAT64
    )
    assert cross.value[0, 1] == 0.0
    assert np.isfinite(cross.error).all()


def test_all_terms_may_be_added_in_one_row() -> None:
    """2048 float16 terms added one after the other, and halved at the end, are within the bound."""
    rng = np.random.default_rng(6)
    a, y = rng.normal(size=(2, 64, 32)).astype(np.float16)
    total = np.float16(0)
    for d in (a - y).ravel():
        total = np.float16(total + np.float16(d * d))
    claimed = float(np.float16(np.float16(total) / np.float16(2)) / np.float16(64))
    given = Bounded.exactly(a.astype(float), FLOAT16), Bounded.exactly(y.astype(float), FLOAT16)
    terms = output("mean_squared_error", "identity").terms(given[0], *given)
    bounded = terms.sum(axis=-1).sum(axis=0) / 64
    exact_cost = float(((a.astype(float) - y.astype(float)) ** 2).sum() / 128)
    assert bounded.value == pytest.approx(exact_cost, rel=1e-12)
    assert abs(claimed - bounded.value) <= bounded.error
    narrow = given[0] - given[1]
    row = (narrow * narrow * 0.5).sum(axis=-1).sum(axis=0) / 64
    assert bounded.error > 4 * row.error


def test_logarithms_from_z_are_covered() -> None:
    """softplus(z) − y z in float16, where its terms are far larger than itself, stays within."""
    z = np.linspace(-9, 9, 73).astype(np.float16)[:, None]
    for target in (0.0, 1.0, 0.5):
        y = np.full_like(z, target)
        terms, _ = carried(
            "binary_cross_entropy", "sigmoid", z.astype(float), y.astype(float), FLOAT16
        )
        plus = np.maximum(z, np.float16(0)) + np.log1p(np.exp(-np.abs(z)))
        off = np.abs((plus - y * z).astype(float) - terms.value)
        assert (off <= terms.error).all()


def test_which_outputs_are_shortened() -> None:
    """σ′ cancels with the cross-entropies' own activations only; softmax has no ⊙ σ′ at all."""
    for cost, name in PAIRS:
        out = output(cost, name)
        assert out.shortened is ((cost, name) in SHORT)
        assert out.has_slope is ((cost, name) not in SHORT and name != "softmax")


def test_textbook_takes_a_as_it_is() -> None:
    """With a claimed a that is not σ(z), δ(L) and the terms are those of that a."""
    z, a, y = (Bounded.exactly(np.array([[v]]), FLOAT64) for v in (0.3, 0.9, 1.0))
    out = output("binary_cross_entropy", "sigmoid").textbook()
    assert out.error(z, a, y).value[0, 0] == pytest.approx(-0.1, rel=1e-12)
    assert out.terms(z, a, y).value[0, 0] == pytest.approx(-np.log(0.9), rel=1e-12)
    chained = out.by_chain_rule(z, a, y)
    s = 1 / (1 + np.exp(-0.3))
    assert chained.value[0, 0] == pytest.approx(-1 / 0.9 * s * (1 - s), rel=1e-12)
    other = out.after(bounded_activation(ACTIVATIONS["identity"]()))
    assert other.error(z, a, y).value[0, 0] == pytest.approx(-1 / 0.9, rel=1e-12)


def test_products_that_underflow_against_an_unwritten_a_are_covered() -> None:
    """J (−y/a) in float32, a going on unwritten and δ printed to 8 decimals: a_j a_k ~ 4·10⁻⁴⁵ has
    two bits left, and 1/a_k makes a sixth of δ_j of what they lose. Where no a is so small, no
    bound is wide.
    """
    z = np.array([[0.0, -15.348, -86.66]], dtype=np.float32)
    y = np.array([[0.0, 0.0, 1.0]], dtype=np.float32)
    e = np.exp(z)
    a = e / e.sum()
    jacobian = a[:, :, None] * (np.eye(3, dtype=np.float32) - a[:, None, :])
    claimed = np.round((jacobian * (-y / a)[:, None, :]).sum(axis=-1).astype(float), 8)
    out, precision = output("cross_entropy", "softmax"), decimals(8)
    assert abs(claimed[0, 1] - float(a[0, 1])) > 2e-8

    def error(z: np.ndarray) -> Bounded:
        given = Bounded(z.astype(float), np.zeros(z.shape), precision)
        return out.error(given, out.activation(given).written(), Bounded.exactly(y, precision))

    found = error(z)
    assert (np.abs(claimed - found.value) <= found.written().error).all()
    assert (error(np.array([[0.0, -15.348, -30.0]])).error < 1e-5).all()
