"""Operation counts against the four algorithms, run on numbers that count their own operations."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from fractions import Fraction

import pytest

from core.operations import count_operations
from tests import references
from tests.references import Request, leaves

Matrix = list[list["Counted"]]
# So small that no relu changes sides: numbers here are multiples of 2⁻³⁰.
STEP = Fraction(1, 2**100)


class Counted:
    """An exact number that counts every operation it takes part in."""

    operations = 0

    def __init__(self, value: Fraction | float) -> None:
        self.value = Fraction(value)

    def _after(self, value: Fraction) -> Counted:
        Counted.operations += 1
        return Counted(value)

    def __add__(self, other: Counted) -> Counted:
        return self._after(self.value + other.value)

    def __sub__(self, other: Counted) -> Counted:
        return self._after(self.value - other.value)

    def __mul__(self, other: Counted) -> Counted:
        return self._after(self.value * other.value)

    def __truediv__(self, other: Counted) -> Counted:
        return self._after(self.value / other.value)

    def relu(self) -> Counted:
        return self._after(max(self.value, Fraction(0)))

    def relu_slope(self) -> Counted:
        return self._after(Fraction(self.value > 0))

    def half_square(self, y: Counted) -> Counted:
        """A cost term."""
        return self._after((self.value - y.value) ** 2 / 2)

    def gap(self, y: Counted) -> Counted:
        """∂C/∂a."""
        return self._after(self.value - y.value)


def total(terms: list[Counted]) -> Counted:
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result


def mean(terms: list[Counted]) -> Counted:
    """The average; of a single number, that number."""
    return total(terms) / Counted(len(terms)) if len(terms) > 1 else terms[0]


class Net:
    """relu in every layer, squared error; lists of Counted, layers from 0."""

    def __init__(self, request: Request) -> None:
        self.W, self.b, self.x, self.y = (
            references.each(request[key], Counted)
            for key in ("weights", "biases", "input", "target")
        )
        self.L = len(self.W)

    def forward(self, x: list[Counted]) -> tuple[Matrix, Matrix]:
        z, a = [], [x]
        for W, b in zip(self.W, self.b, strict=True):
            z.append([total([w * s for w, s in zip(row, a[-1], strict=True)]) + shift
                      for row, shift in zip(W, b, strict=True)])  # fmt: skip
            a.append([z_j.relu() for z_j in z[-1]])
        return z, a

    def cost(self) -> Counted:
        terms = []
        for x, y in zip(self.x, self.y, strict=True):
            a = self.forward(x)[1][-1]
            terms += [a_j.half_square(y_j) for a_j, y_j in zip(a, y, strict=True)]
        summed = total(terms)
        return summed / Counted(len(self.x)) if len(self.x) > 1 else summed

    def delta(self, i: int, l: int, z: Matrix, a: Matrix, above: list[Counted]) -> list[Counted]:
        return [self.error(i, l, j, z, a, above) for j in range(len(z[l]))]

    def error(self, i: int, l: int, j: int, z: Matrix, a: Matrix, above: list[Counted]) -> Counted:
        if l == self.L - 1:
            incoming = a[-1][j].gap(self.y[i][j])
        else:
            incoming = total([row[j] * d for row, d in zip(self.W[l + 1], above, strict=True)])
        return incoming * z[l][j].relu_slope()

    def walk(self, i: int, l: int, j: int, z: Matrix, a: Matrix) -> Counted:
        """δ_j of layer l from nothing: every error of the layers above, then this one."""
        above: list[Counted] = []
        for m in range(self.L - 1, l, -1):
            above = self.delta(i, m, z, a, above)
        return self.error(i, l, j, z, a, above)


Gradients = tuple[list[Fraction], int]


def counting(work: Callable[[], list[Counted]]) -> Gradients:
    """What it gives, and how many operations it took."""
    before = Counted.operations
    values = [number.value for number in work()]
    return values, Counted.operations - before


def backprop(net: Net) -> Gradients:
    """Bias gradients, then weight gradients, in one sweep over stored z and a."""
    stored = [net.forward(x) for x in net.x]

    def work() -> list[Counted]:
        deltas = []
        for i, (z, a) in enumerate(stored):
            delta: Matrix = [[] for _ in range(net.L)]
            for l in range(net.L - 1, -1, -1):
                delta[l] = net.delta(i, l, z, a, delta[l + 1] if l < net.L - 1 else [])
            deltas.append(delta)
        biases = [mean([delta[l][j] for delta in deltas])
                  for l in range(net.L) for j in range(len(net.b[l]))]  # fmt: skip
        pairs = [(delta, a) for delta, (_, a) in zip(deltas, stored, strict=True)]
        weights = [mean([delta[l][j] * a[l][k] for delta, a in pairs])
                   for l in range(net.L) for j in range(len(net.b[l]))
                   for k in range(len(net.W[l][j]))]  # fmt: skip
        return biases + weights

    return counting(work)


def naive(net: Net) -> Gradients:
    """The same, by a walk of its own for every parameter and example."""
    stored = [net.forward(x) for x in net.x]

    def bias(l: int, j: int) -> Counted:
        return mean([net.walk(i, l, j, z, a) for i, (z, a) in enumerate(stored)])

    def weight(l: int, j: int, k: int) -> Counted:
        return mean([net.walk(i, l, j, z, a) * a[l][k] for i, (z, a) in enumerate(stored)])

    def work() -> list[Counted]:
        neurons = [(l, j) for l in range(net.L) for j in range(len(net.b[l]))]
        weights = [weight(l, j, k) for l, j in neurons for k in range(len(net.W[l][j]))]
        return [bias(l, j) for l, j in neurons] + weights

    return counting(work)


def differences(net: Net) -> Gradients:
    """The textbook loop; the cost is a parabola in each parameter, so it is exact here."""
    h, twice = Counted(STEP), Counted(2 * STEP)

    def slope(numbers: list[Counted], k: int) -> Counted:
        here = numbers[k]
        numbers[k] = here + h
        above = net.cost()
        numbers[k] = here - h
        below = net.cost()
        numbers[k] = here
        return (above - below) / twice

    def work() -> list[Counted]:
        rows = [*net.b, *(row for W in net.W for row in W)]
        return [slope(row, k) for row in rows for k in range(len(row))]

    return counting(work)


SIZES = [[1, 1], [1, 1, 1], [3, 1], [1, 4], [2, 3, 2], [4, 1, 3], [3, 2, 4, 2], [2, 2, 2, 2, 2]]


def request_of(sizes: list[int], examples: int) -> Request:
    rng = random.Random(f"{sizes}{examples}")

    def vector(n: int) -> list[float]:
        return [rng.choice([-1, 1]) * rng.randint(1, 63) / 64 for _ in range(n)]

    return {
        "weights": [
            [vector(source) for _ in range(into)] for source, into in itertools.pairwise(sizes)
        ],
        "biases": [vector(n) for n in sizes[1:]],
        "activation": "relu",
        "input": [vector(sizes[0]) for _ in range(examples)],
        "target": [vector(sizes[-1]) for _ in range(examples)],
    }


@pytest.mark.parametrize("examples", [1, 2, 3])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_counts_are_those_of_numbers_that_count(sizes: list[int], examples: int) -> None:
    """Four ways to the same gradients, exactly, and each takes the operations that we say."""
    request = request_of(sizes, examples)
    exact = references.exact_gradients(request)
    gradients = [*leaves(exact["bias_gradients"]), *leaves(exact["weight_gradients"])]
    counts = count_operations(tuple(sizes), examples)

    cost, operations = counting(lambda: [Net(request).cost()])
    assert (cost, operations) == ([exact["cost"]], counts.forward)
    for way in (backprop, naive, differences):
        found, operations = way(Net(request))
        assert found == gradients
        name = "finite_difference" if way is differences else way.__name__
        assert operations == getattr(counts, name)


def test_the_counts_of_one_neuron_by_hand() -> None:
    """z = w x + b takes 2, σ 1, the term 1; δ = ∂C/∂a · σ′ takes 3, and ∂C/∂w = δ x one more.

    Naive: δ anew for the bias and for the weight, 3 + 4. Differences: 2 parameters, each with
    2 moves, 2 passes of 4, a difference and a quotient.
    """
    counts = count_operations((1, 1), 1)
    assert (counts.forward, counts.backprop, counts.naive) == (4, 4, 7)
    assert counts.finite_difference == 2 * (2 + 2 * 4 + 2)


@pytest.mark.parametrize(
    ("way", "by_width", "by_depth"),
    [("forward", 4, 2), ("backprop", 4, 2), ("naive", 16, 4), ("finite_difference", 16, 4)],
)
def test_backprop_grows_as_a_forward_pass_and_the_slow_ways_as_its_square(
    way: str, by_width: int, by_depth: int
) -> None:
    """Section 13: linear in the parameters, of which there are L n², instead of quadratic.

    Twice the width is 4 times the parameters, twice the depth 2 times. Lower orders in n and L
    are some 3/L and 3/n of the whole: less than 2 % from L = 400 and n = 400 on.
    """

    def count(L: int, n: int) -> int:
        operations: int = getattr(count_operations((n,) * (L + 1), 1), way)
        return operations

    assert count(400, 800) / count(400, 400) == pytest.approx(by_width, rel=0.02)
    assert count(800, 400) / count(400, 400) == pytest.approx(by_depth, rel=0.02)


def test_a_batch_multiplies_the_work() -> None:
    """N examples take N times the operations of one, and the averages at most one per parameter."""
    one, many = count_operations((3, 4, 2), 1), count_operations((3, 4, 2), 10)
    parameters = 3 * 4 + 4 + 4 * 2 + 2
    assert many.backprop - 10 * one.backprop == many.naive - 10 * one.naive == 10 * parameters
    # One more term to sum for each example but the first, and one division: N in all.
    assert many.forward - 10 * one.forward == 10
