"""The rules of costs and δ(L), one by one: as docs/bounds.md has them, to the letter.

Whether they cover every way to compute them is the matter of test_outputs.py.
"""

from collections.abc import Iterator

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.costs import COSTS, output_of
from core.rounding.activations import bounded_activation
from core.rounding.bounded import Bounded
from core.rounding.outputs import BoundedOutput
from core.rounding.precision import FLOAT16, FLOAT64, Precision, decimals

Array = np.ndarray


@pytest.fixture(autouse=True)
def silent() -> Iterator[None]:
    """As where bounds are worked out: infinities and what is no number are part of them."""
    with np.errstate(all="ignore"):
        yield


# Rules and tests are two dozen operations of float64; 1 − a of the a below loses one digit.
CLOSE = 1e-12

A = Bounded(
    np.array([[0.2, 0.7, 0.1], [0.9, 0.05, 0.5]]),
    np.array([[0.01, 0.0, 0.002], [0.05, 0.05, 0.3]]),
    FLOAT16,
)
Y = Bounded(
    np.array([[1.0, 0.25, 0.0], [0.75, 0.5, 3.0]]),
    np.array([[0.0, 0.01, 0.2], [0.02, 0.0, 0.1]]),
    FLOAT16,
)
Z = Bounded(np.array([[0.4, -6.0, 2.0], [-0.5, 0.0, 1.0]]), A.error / 4.0, FLOAT16)


def output(cost: str, name: str, K: float = 4.0) -> BoundedOutput:
    sigma = ACTIVATIONS[name]()
    return BoundedOutput(output_of(COSTS[cost](), sigma), cost, bounded_activation(sigma, K), K)


Pair = tuple[Array, Array]  # values and errors


def rounded(value: Array, error: Array, p: Precision = FLOAT16) -> Pair:
    return value, error + p.u * (np.abs(value) + error) + p.t


def times_log(y: Pair, a: Pair, K: float) -> Pair:
    """y ln a: ln is K roundings off, and moved to ln(a − e)."""
    log, moved = np.log(a[0]), np.full_like(a[0], np.inf)
    some = a[0] > a[1]
    moved[some] = np.log(a[0][some] / (a[0][some] - a[1][some]))
    e = moved + K * FLOAT16.u * (np.abs(log) + moved) + FLOAT16.t
    value, error = rounded(y[0] * log, np.abs(y[0]) * e + y[1] * (np.abs(log) + e))
    return np.where(y[0] == 0, 0.0, value), np.where(y[0] == 0, 0.0, error)


def one_minus(x: Pair) -> Pair:
    return rounded(1.0 - x[0], x[1])


def squares(a: Pair, y: Pair, K: float) -> Pair:
    d, e = rounded(a[0] - y[0], a[1] + y[1])
    square, e = rounded(d**2, 2.0 * np.abs(d) * e + e**2)
    return rounded(square / 2.0, e / 2.0)


def cross(a: Pair, y: Pair, K: float) -> Pair:
    value, error = times_log(y, a, K)
    return -value, error


def binary(a: Pair, y: Pair, K: float) -> Pair:
    on, off = times_log(y, a, K), times_log(one_minus(y), one_minus(a), K)
    return rounded(-on[0] - off[0], on[1] + off[1])


TERMS = {"mean_squared_error": squares, "cross_entropy": cross, "binary_cross_entropy": binary}


@pytest.mark.parametrize("cost", TERMS)
@pytest.mark.parametrize("K", [4.0, 1.5])
def test_terms_from_a_are_those_of_the_table(cost: str, K: float) -> None:
    """Each term by its formula, and n_L N + 4 roundings for all in one row, halved and scaled."""
    found = output(cost, "softplus", K).textbook().terms(Z, A, Y)
    value, error = TERMS[cost]((A.value, A.error), (Y.value, Y.error), K)
    wanted = error + (6 + 4) * FLOAT16.u * (np.abs(value) + error)
    assert found.value == pytest.approx(value, rel=CLOSE, abs=1e-15)
    known = np.isfinite(error)
    assert (np.isfinite(found.error) == known).all()
    assert found.error[known] == pytest.approx(wanted[known], rel=CLOSE)
    assert known[0].all()


@pytest.mark.parametrize("cost", TERMS)
@pytest.mark.parametrize("K", [4.0, 1.5])
def test_terms_by_either_way_are_covered(cost: str, K: float) -> None:
    """Around the value from z: to the farther end of the textbook's, and for entropies
    (2 K + 2) u (max |z| + 1)(2 |y| + 1) more, for a sum of terms as large as z.
    """
    name = "identity" if cost == "mean_squared_error" else "sigmoid"
    out = output(cost, name, K)
    found, textbook = out.terms(Z, A, Y), out.textbook().terms(Z, A, Y)
    right = output_of(COSTS[cost](), ACTIVATIONS[name]()).terms(Z.value, A.value, Y.value)
    most = (np.abs(Z.value) + Z.error).max(axis=1)[:, None] + 1.0
    lost = (2.0 * K + 2.0) * FLOAT16.u * most * (2.0 * (np.abs(Y.value) + Y.error) + 1.0)
    more = np.abs(textbook.value - right) + (0.0 if cost == "mean_squared_error" else lost)
    assert found.value == pytest.approx(right, rel=CLOSE)
    assert found.error == pytest.approx(textbook.error + more, rel=CLOSE)
    assert (np.abs(textbook.value - right) > 0.01).any() or cost == "mean_squared_error"


def quotient(y: Pair, a: Pair) -> Pair:
    """y / a, perhaps as y · (1/a); no term where y is 0."""
    value = y[0] / a[0]
    _, once = rounded(value, (y[1] + np.abs(value) * a[1]) / (a[0] - a[1]))
    once = np.where(a[0] > a[1], once, np.inf)
    error = once + FLOAT16.u * (np.abs(value) + once)
    return np.where(y[0] == 0, 0.0, value), np.where(y[0] == 0, 0.0, error)


def test_gradients_are_those_of_the_chapter() -> None:
    """a − y; −y/a + (1 − y)/(1 − a); −y/a: each quotient rounded twice, none where y is 0."""
    a, y = (A.value, A.error), (Y.value, Y.error)
    on, off = quotient(y, a), quotient(one_minus(y), one_minus(a))
    wanted = {
        "mean_squared_error": rounded(a[0] - y[0], a[1] + y[1]),
        "binary_cross_entropy": rounded(off[0] - on[0], on[1] + off[1]),
        "cross_entropy": (-on[0], on[1]),
    }
    for cost, (value, error) in wanted.items():
        found = output(cost, "softplus").gradient(A, Y)
        assert found.value == pytest.approx(value, rel=CLOSE)
        assert found.error == pytest.approx(error, rel=CLOSE)


def test_a_divisor_counts_only_where_its_coefficient_is_not_zero() -> None:
    """Of y = 0 over an a that is 0 ± 1 there is nothing, and of y = 1 there is no bound."""
    a = Bounded(np.zeros((1, 2)), np.ones((1, 2)), FLOAT16)
    y = Bounded.exactly(np.array([[0.0, 1.0]]), FLOAT16)
    gradient = output("cross_entropy", "identity").gradient(a, y)
    terms = output("cross_entropy", "identity").textbook().terms(a, a, y)
    for found in (gradient, terms):
        assert found.value[0, 0] == found.error[0, 0] == 0.0
        assert np.isinf(found.error[0, 1])


def shortened(cost: str, name: str) -> Bounded:
    match cost, name:
        case "binary_cross_entropy", "sigmoid":
            return A - Y
        case "cross_entropy", "sigmoid":
            return Y * (A - 1.0)
        case _:
            return A * Y.sum(axis=1, keepdims=True) - Y


SHORT = [("binary_cross_entropy", "sigmoid"), ("cross_entropy", "sigmoid")]
SHORT += [("cross_entropy", "softmax")]


@pytest.mark.parametrize("K", [4.0, 1.5])
@pytest.mark.parametrize(("cost", "name"), [*SHORT, ("mean_squared_error", "tanh")])
def test_error_of_the_last_layer_is_that_of_the_table(cost: str, name: str, K: float) -> None:
    """The shortened formula, or ∂C/∂a through σ; 2 K roundings for other orders of its factors;
    around the value from z; and what the chain rule as it stands loses besides.
    """
    out = output(cost, name, K)
    if (cost, name) in SHORT:
        textbook, lost = shortened(cost, name), out.from_chain_rule(Z, A, Y)
    else:
        textbook, lost = out.activation.pull_back(Z, A, A - Y), np.zeros_like(A.value)
    right = output_of(COSTS[cost](), ACTIVATIONS[name]()).error(Z.value, A.value, Y.value)
    few = textbook.error + 2.0 * K * FLOAT16.u * textbook.size
    found, from_a = out.error(Z, A, Y), out.textbook().error(Z, A, Y)
    assert found.value == pytest.approx(right, rel=CLOSE)
    assert found.error == pytest.approx(np.abs(textbook.value - right) + few + lost, rel=CLOSE)
    assert from_a.value == pytest.approx(textbook.value, rel=CLOSE)
    assert from_a.error == pytest.approx(few, rel=CLOSE)


def test_where_the_textbook_has_no_number_nothing_is_known() -> None:
    """softmax of ±800 with binary_cross_entropy: 0 times infinity by the chain rule; ours is 1."""
    given = (Bounded.exactly(np.array([v]), FLOAT64) for v in ([800.0, -800.0], [0.0, 1.0]))
    z, y = (x[None, :] for x in given)
    out = output("binary_cross_entropy", "softmax")
    delta = out.error(z, out.activation(z), y)
    assert np.isfinite(delta.value).all()
    assert np.isinf(delta.error).all()


def test_the_chain_rule_through_softmax_loses_what_the_table_says() -> None:
    """(n + 4) u (|y_j| + a_j Σ |y|), and twice t Σ |y_k| / a_k: a_k at its least, written or not;
    where that may be 0, the least that is stored, or between that and an underflow what it is.
    """
    p = decimals(3)
    low = np.array([[0.2, 1e-30, 0.5], [0.3, 0.1, 1e-45]])
    e = np.array([[0.01, 0.5, 0.1], [0.0, 0.2, 0.01]])
    a, unwritten = Bounded(low, e, p), Bounded(low * 0.9, np.minimum(e, low / 4.0), p)
    y = Bounded(np.array([[1.0, -2.0, 0.5], [0.3, 0.1, 4.0]]), e / 2.0, p)
    out = output("cross_entropy", "softmax")
    out.activation = told(unwritten)
    size, written = np.abs(y.value) + y.error, low - e
    instead = np.clip(unwritten.value - unwritten.error, p.underflow, 1e-3)
    least = np.where(written > p.underflow, written, instead)
    lost = 2.0 * (p.t * size / least).sum(axis=1)[:, None]
    total = size.sum(axis=1)[:, None]
    wanted = 7.0 * p.u * (size + (low + e) * total) + lost
    assert out.from_chain_rule(a, a, y) == pytest.approx(wanted, rel=CLOSE)


def told(a: Bounded):  # type: ignore[no-untyped-def]
    class Told:
        name = "softmax"

        def __call__(self, z: Bounded) -> Bounded:
            return a

    return Told()


def share(part: Array, error: Array, divisor: Array, most: Array) -> Array:
    """part times error / (divisor − error), or `most` times part where the divisor may be 0."""
    room = divisor > error
    there = np.full_like(divisor, np.inf)
    there[room] = (error / (divisor - error + ~room))[room]
    return np.asarray(part * np.minimum(there, most))


def chain_rule(z: Bounded, y: Array, absent: Array, K: float) -> Array:
    """docs/bounds.md, "δ(L) where σ′ cancels", of exact y."""
    p, sigma = z.precision, bounded_activation(ACTIVATIONS["sigmoid"](), K)
    a = 1.0 / (1.0 + np.exp(-z.value))
    moved = sigma.moved(z, a)
    h = Bounded(a, moved + sigma.evaluated(z, a, moved), p).written().error - moved
    a_low, a_high = (1.0 / (1.0 + np.exp(-z.value - way * z.error)) for way in (-1.0, 1.0))
    c_low, c_high = (1.0 / (1.0 + np.exp(z.value - way * z.error)) for way in (-1.0, 1.0))
    on, off = np.abs(y) * c_high, np.abs(absent) * a_high
    gap = {"decimals": 1e-3, "float16": 2.0**-11}[p.name]
    most = 2.0 * h / gap + K + 3.0
    lost = share(on, h, a_low, most) + share(off, h + p.u * c_high, c_low, most)
    if p.name == "decimals":
        w = p.written(a_high * c_high)
        for part, low in ((np.abs(y), a_low), (np.abs(absent), c_low)):
            lost += share(part, w, low - h + w, w / gap + 1.0)
    squared = 2.0 * (np.abs(z.value) + z.error) > np.log(p.largest)
    return np.asarray(lost + squared * (on + off) + (K + 11.0) * p.u * (on + off))


@pytest.mark.parametrize("K", [4.0, 1.5])
@pytest.mark.parametrize("p", [FLOAT16, decimals(3)], ids=lambda p: str(p.name))
@pytest.mark.parametrize("cost", ["cross_entropy", "binary_cross_entropy"])
def test_the_chain_rule_through_a_sigmoid_loses_what_the_table_says(
    cost: str, p: Precision, K: float
) -> None:
    """h/(a − h) and the like for 1 − a, at most a dozen times δ where either may be 0; what writing
    σ′ does; all of it where a square overflows; and K + 11 roundings.
    """
    z, e, y = (
        g.ravel()[None, :]
        for g in np.meshgrid(
            [-50.0, -9.0, -5.5, -1.0, 0.0, 0.5, 2.0, 7.0, 9.0],
            [0.0, 0.01, 0.7, 5.0],
            [0, 1, 0.3, -2, 3],
        )
    )
    given = Bounded(z, e, p)
    absent = 1.0 - y if cost == "binary_cross_entropy" else 0.0 * y
    found = output(cost, "sigmoid", K).from_chain_rule(given, given, Bounded.exactly(y, p))
    assert found == pytest.approx(chain_rule(given, y, absent, K), rel=1e-11)


def test_a_target_of_zero_loses_nothing_even_where_a_is_unknown() -> None:
    """Library functions 1500 roundings off leave nothing of a float16; y = 0 times that is 0."""
    z = Bounded(np.array([[0.5, -3.0]]), np.zeros((1, 2)), FLOAT16)
    y = Bounded.exactly(np.array([[0.0, 1.0]]), FLOAT16)
    lost = output("cross_entropy", "sigmoid", 1500.0).from_chain_rule(z, z, y)
    assert lost[0, 0] == 0.0
    assert np.isinf(lost[0, 1])
