"""Softmax of numbers that carry a bound, against mpmath and every pattern of roundings."""

from itertools import product

import mpmath
import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.rounding.activations import bounded_activation
from core.rounding.bounded import Bounded
from core.rounding.precision import FLOAT16, FLOAT32, FLOAT64, Precision
from tests.core.rounding.adversary import Noisy

ROWS = [[0.3, -1.2, 0.7], [2.0, 2.0, -3.0], [5.0, -4.0, 0.0], [-0.5, 0.25, 0.1]]


def bounded(z: np.ndarray, error: float, precision: Precision) -> Bounded:
    with np.errstate(all="ignore"):
        return bounded_activation(ACTIVATIONS["softmax"]())(
            Bounded(z, np.full_like(z, error), precision)
        )


def exact(z: np.ndarray) -> np.ndarray:
    with mpmath.workdps(60):
        rows = []
        for row in z:
            e = [mpmath.exp(mpmath.mpf(float(v))) for v in row]
            rows.append([float(v / sum(e)) for v in e])
    return np.array(rows)


def shifted(n: Noisy, z: np.ndarray) -> np.ndarray:
    e = n.exp(n.add(z, -z.max(axis=-1, keepdims=True)))
    total = n.add(n.add(e[:, [0]], e[:, [1]]), e[:, [2]])
    return n.over(e, total)


def plain(n: Noisy, z: np.ndarray) -> np.ndarray:
    e = n.exp(z)
    return n.over(e, n.add(n.add(e[:, [0]], e[:, [1]]), e[:, [2]]))


def by_logs(n: Noisy, z: np.ndarray) -> np.ndarray:
    moved = n.add(z, -z.max(axis=-1, keepdims=True))
    e = n.exp(moved)
    total = n.log(n.add(n.add(e[:, [0]], e[:, [1]]), e[:, [2]]))
    return n.exp(n.add(moved, -total))


@pytest.mark.parametrize("formula", [shifted, plain, by_logs])
def test_no_usual_formula_leaves_the_bound(formula) -> None:  # type: ignore[no-untyped-def]
    """Every pattern of roundings stays within the bound, and uses a fifth of it."""
    z = np.array(ROWS)
    right, allowed = exact(z), bounded(z, 0.0, FLOAT16).error
    operations = Noisy(0.0, 0.0)
    formula(operations, z)
    off = np.zeros_like(z)
    rng = np.random.default_rng(3)
    for signs in product((-1, 1), repeat=operations.used):
        off = np.maximum(off, np.abs(formula(Noisy(2.0**-11, 4.0, signs), z) - right))
    for _ in range(300):  # each entry with signs of its own
        noisy = EntryNoise(2.0**-11, 4.0, rng)
        off = np.maximum(off, np.abs(formula(noisy, z) - right))
    assert (off <= allowed).all()
    assert (off / allowed).max() >= 0.2


class EntryNoise(Noisy):
    """Signs drawn for each entry on its own."""

    def __init__(self, u: float, K: float, rng: np.random.Generator) -> None:
        super().__init__(u, K)
        self.rng = rng

    def off(self, value, units):  # type: ignore[no-untyped-def]
        value = np.asarray(value)
        return value * (1.0 + self.rng.choice([-1.0, 1.0], size=value.shape) * units * self.u)


@pytest.mark.parametrize("error", [1e-6, 1e-2, 0.5])
def test_error_of_z_moves_a_within_the_bound(error: float) -> None:
    """a is farthest out where z_j is largest and all others are least: that is met, and no more."""
    z = np.array(ROWS)
    wide = bounded(z, error, FLOAT64)
    off = np.zeros_like(z)
    for signs in product((-1.0, 1.0), repeat=3):
        off = np.maximum(off, np.abs(exact(z + error * np.array(signs)) - wide.value))
    assert (off <= wide.error).all()
    assert (off >= 0.98 * wide.error).all()


@pytest.mark.parametrize("error", [0.0, 0.01, 0.3])
def test_roundings_are_those_of_the_table(error: float) -> None:
    """(2K + n + 2 + 2 |z_j − m| + (K + 1) ln n) a, with growth of second order; two underflows;
    and without a shift the largest e^z's, once in each term: nothing more and nothing less.
    """
    z, u, t = np.array(ROWS), FLOAT16.u, FLOAT16.t
    sigma = bounded_activation(ACTIVATIONS["softmax"]())
    given = Bounded(z, np.full_like(z, error), FLOAT16)
    moved = sigma.moved(given, exact(z))
    size, away = exact(z) + moved, z.max(axis=1, keepdims=True) - z + 2 * error
    count = 8 + 3 + 2 + 2 * away + 5 * np.log(3)
    rounded = count * size * u / (1 - (8 + 10) * u) + 10 * 2.0**-53 * size + 2 * t
    lost = t / np.exp(z.max(axis=1, keepdims=True) - error)
    wanted = moved + rounded + 2 * lost * (1 + 3 * size)
    assert bounded(z, error, FLOAT16).error == pytest.approx(np.minimum(wanted, 1), rel=1e-9)


def test_an_exponential_is_unknown_where_half_of_the_sum_may_be_lost() -> None:
    """n t over the largest e^z is the part that may be lost: just below and just above a half."""
    limit = np.log(3 * FLOAT16.t / 0.5)
    known = np.array([[limit + 1e-3, -30.0, -30.0]])
    assert (bounded(known, 0.0, FLOAT16).error[0, 1:] < 0.99).all()
    assert (bounded(known - 2e-3, 0.0, FLOAT16).error >= 1.0).all()
    assert (bounded(known, 1e-2, FLOAT16).error >= 1.0).all()


def test_a_sum_overflows_alone_between_the_largest_number_and_a_third_of_it() -> None:
    """ln 65504 − ln 3 < z ≤ ln 65504, and an error of z reaches into that from both sides."""
    largest = np.log(FLOAT16.largest)

    def is_unknown(z: float, error: float = 0.0) -> bool:
        return bool((bounded(np.full((1, 3), z), error, FLOAT16).error >= 1.0).all())

    assert not is_unknown(largest - np.log(3) - 1e-3)
    assert is_unknown(largest - np.log(3) + 1e-3)
    assert is_unknown(largest - 1e-3)
    assert not is_unknown(largest + 1e-3)
    assert is_unknown(largest - np.log(3) - 1e-3, 2e-3)
    assert is_unknown(largest + 1e-3, 2e-3)
    assert not is_unknown(largest + 5e-3, 2e-3)


def test_a_sum_overflows_in_its_own_row_by_its_own_largest() -> None:
    """Of ln 65504 − 1/1000 and −5, the first decides; so do the errors of it, and not another's."""
    z = np.array([[np.log(FLOAT16.largest) - 1e-3, -5.0, -5.0], [-5.0, 0.0, 1.0]])
    known = (bounded(z, 0.0, FLOAT16).error < 1.0).all(axis=1)
    assert known.tolist() == [False, True]
    beyond, sigma = z[:1] + 2e-3, bounded_activation(ACTIVATIONS["softmax"]())
    for errors, unsure in (([2e-3, 1.0, 0.0], True), ([5e-4, 1.0, 0.0], False)):
        given = Bounded(beyond, np.array([errors]), FLOAT16)
        assert (sigma(given).error >= 1.0).any() == unsure


def test_pull_back_adds_what_the_jacobian_needs() -> None:
    """To a ⊙ (g − Σ a g): (n + 2) u |a| |g|, and 2 t Σ |g|."""
    sigma = bounded_activation(ACTIVATIONS["softmax"]())
    a = Bounded(np.array([[0.2, 0.5, 0.3]]), np.array([[0.01, 0.0, 0.02]]), FLOAT16)
    g = Bounded(np.array([[1.0, -3.0, 0.5]]), np.array([[0.1, 0.0, 0.2]]), FLOAT16)
    short = a * (g - (g * a).sum(axis=-1, keepdims=True))
    more = 5 * FLOAT16.u * a.size * g.size + 2 * FLOAT16.t * (1.1 + 3.0 + 0.7)
    found = sigma.pull_back(a, a, g)
    assert found.value == pytest.approx(short.value, rel=1e-14)
    assert found.error == pytest.approx(short.error + more, rel=1e-12)


def test_large_errors_of_z_leave_room_for_what_they_do() -> None:
    """z ± 48 turns 10⁻³⁷ into 10⁻³⁵ and more; unknown z leave a anything from 0 to 1."""
    z = np.array([[0.0, -85.0, -40.0]])
    wide = bounded(z, 48.0, FLOAT64)
    assert (exact(z + np.array([[-48.0, 48.0, -48.0]]))[0, 1] - wide.value[0, 1]) <= wide.error[
        0, 1
    ]
    assert wide.error[0, 1] >= 0.9
    small = bounded(z, 2.0, FLOAT64)
    moved = exact(z + np.array([[-2.0, 2.0, -2.0]]))[0, 1] - small.value[0, 1]
    assert moved <= small.error[0, 1] <= 1.01 * moved
    assert (bounded(z, np.inf, FLOAT64).error >= 1.0).all()
    with np.errstate(all="ignore"):
        unknown = Bounded(z, np.full_like(z, np.inf), FLOAT64)
        moved = bounded_activation(ACTIVATIONS["softmax"]()).moved(unknown, exact(z))
    assert (moved == 1.0).all()


def test_exponential_and_quotient_may_both_underflow() -> None:
    """Of e^(−17.9) in float16 half a unit is lost, and half a unit of its share again."""
    z = np.array([[0.0, 0.0, -17.32]])
    e = np.exp(z.astype(np.float16))
    claimed = (e / e.sum(dtype=np.float16)).astype(float)
    wide = bounded(z, 0.0, FLOAT16)
    assert (np.abs(claimed - wide.value) <= wide.error).all()
    assert wide.error[0, 2] >= 2 * 2.0**-25


def test_underflow_of_exponentials_without_a_shift_is_covered() -> None:
    """In float16 e^(−15) has two bits left and e^(−20) none: then anything may come out."""
    near, far = np.array([[-9.0, -9.5, -10.0]]), np.array([[-15.0, -15.5, -16.0]])
    with np.errstate(all="ignore"):
        for z in (near, far):
            e = np.exp(z.astype(np.float16))
            claimed = (e / e.sum(dtype=np.float16)).astype(float)
            wide = bounded(z, 0.0, FLOAT16)
            assert (np.abs(claimed - wide.value) <= wide.error).all()
    assert (bounded(near, 0.0, FLOAT16).error < 0.05).all()
    assert (bounded(np.array([[-30.0, -31.0, -32.0]]), 0.0, FLOAT16).error == 1.0).all()
    assert (bounded(near - 20.0, 0.0, FLOAT32).error < 1e-4).all()


def test_sum_of_exponentials_that_overflows_alone_is_covered() -> None:
    """e^11 is a float16 and three of them are not: all quotients are 0, finite and right."""
    unsure, sure = np.array([[11.0, 11.0, 11.0]]), np.array([[9.0, 9.0, 9.0]])
    assert (bounded(unsure, 0.0, FLOAT16).error == 1.0).all()
    assert (bounded(sure, 0.0, FLOAT16).error < 0.02).all()
    # One of them alone overflows: infinity over infinity is no number, so no claim needs the room.
    assert (bounded(np.array([[12.0, 5.0, 5.0]]), 0.0, FLOAT16).error < 0.02).all()


def test_pull_back_covers_both_ways_to_apply_the_jacobian() -> None:
    """a ⊙ (g − Σ a g) and J g in float16, in every order of three terms, stay within the bound."""
    rng = np.random.default_rng(8)
    sigma = bounded_activation(ACTIVATIONS["softmax"]())
    used = 0.0
    for _ in range(60):
        a = rng.dirichlet(np.ones(3), size=4).astype(np.float16)
        g = (rng.normal(size=(4, 3)) * 10.0 ** rng.integers(-2, 3)).astype(np.float16)
        one = Bounded.exactly(a.astype(float), FLOAT16), Bounded.exactly(g.astype(float), FLOAT16)
        right = sigma.pull_back(one[0], *one)
        for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
            total = sum_in(order, a * g)
            short = a * (g - total)
            jacobian = a[:, :, None] * (np.eye(3, dtype=np.float16) - a[:, None, :])
            whole = sum_in(order, jacobian * g[:, None, :])[..., 0]
            for claimed in (short, whole):
                ratio = np.abs(claimed.astype(float) - right.value) / right.error
                assert (ratio <= 1).all()
                used = max(used, float(ratio.max()))
    assert used >= 0.2


def sum_in(order: list[int], terms: np.ndarray) -> np.ndarray:
    total: np.ndarray = terms[..., order[0]] + terms[..., order[1]] + terms[..., order[2]]
    return total[..., None]
