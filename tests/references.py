"""The oracle: a second implementation of the gradients, which shares nothing with the first.

Every number is a node of a scalar graph (`Scalar`), and the only derivatives written down are those
of +, ×, ÷, exp, expm1, log, log1p and erfc. There is no σ′, no δ, no transpose and no outer
product here: an activation is composed of those primitives, the whole batch is one graph, and one
reverse sweep gives every answer as a plain partial derivative. So a wrong formula in the chapter's
equations, or in a table of derivatives, cannot stand in both places.

Numbers are `mp.mpf` of a private context, so that arithmetic on them never falls back to 15 digits.
Everything is worked out at two precisions and again at twice the digits until they agree to
`AGREED`, so that cancellation is met with digits and not with care. A sum that comes out as 0 of
terms that are not (1 − a where a is merely near 1?) is believed at `LAST_DIGITS` only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import count
from typing import Any

import mpmath

mp = mpmath.MPContext()
FIRST_DIGITS = 60
LAST_DIGITS = 960
mp.dps = FIRST_DIGITS

AGREED = mp.mpf(10) ** -50
# No float64 operation on float64 numbers lifts so small a number to one that can be told from 0.
NEGLIGIBLE = mp.mpf(10) ** -20000
# What has not settled at the last digits and is smaller than this is what rounding left of a 0.
RESIDUE = mp.mpf(10) ** (-LAST_DIGITS // 2)
# The float64 next to 1/100, as every decimal that the contract names is read.
LEAKY_SLOPE = 0.01
# From here on erfc(x) is its leading term to more digits than are ever compared.
ERFC_LEADING_TERM = mp.mpf(10) ** 100

# An mp.mpf: mpmath has no types.
Real = Any
Request = dict[str, Any]
Answer = dict[str, Any]


class UndefinedCost(ValueError):
    """A logarithm of a number that is not positive, with a coefficient that is not 0."""


class Scalar:
    """A number of the graph: its value, and its local derivative by each of its sources."""

    __slots__ = ("born", "gradient", "sources", "value")
    clock = count()
    # Whether some sum came out as 0 of terms that are not, since this was last set to False.
    vanished = False

    def __init__(self, value: Real, *sources: tuple[Scalar, Real]) -> None:
        self.value = mp.mpf(value)
        self.sources = sources
        self.gradient = mp.zero
        self.born = next(Scalar.clock)

    def __add__(self, other: Scalar) -> Scalar:
        return total([self, other])

    def __mul__(self, other: Scalar) -> Scalar:
        return Scalar(self.value * other.value, (self, other.value), (other, self.value))

    def __neg__(self) -> Scalar:
        return Scalar(-self.value, (self, -mp.one))

    def __sub__(self, other: Scalar) -> Scalar:
        return self + -other

    def __truediv__(self, other: Scalar) -> Scalar:
        quotient = self.value / other.value
        return Scalar(quotient, (self, 1 / other.value), (other, -quotient / other.value))


def exp(x: Scalar) -> Scalar:
    value = mp.exp(x.value)
    return Scalar(value, (x, value))


def expm1(x: Scalar) -> Scalar:
    return Scalar(mp.expm1(x.value), (x, mp.exp(x.value)))


def log(x: Scalar) -> Scalar:
    if x.value <= 0:
        raise UndefinedCost("the cost takes the logarithm of a number that is not positive")
    return Scalar(mp.log(x.value), (x, 1 / x.value))


def log1p(x: Scalar) -> Scalar:
    return Scalar(mp.log1p(x.value), (x, 1 / (1 + x.value)))


def erfc(x: Scalar) -> Scalar:
    bell = mp.exp(-x.value * x.value) / mp.sqrt(mp.pi)
    if abs(x.value) < ERFC_LEADING_TERM:
        value = mp.erfc(x.value)
    else:
        value = bell / x.value if x.value > 0 else 2 + bell / x.value
    return Scalar(value, (x, -2 * bell))


def summed(numbers: list[Real]) -> Real:
    """The sum, rounded once; takes note of a sum that vanishes."""
    result = mp.fsum(numbers)
    if result == 0 and any(numbers):
        Scalar.vanished = True
    return result


def total(terms: list[Scalar]) -> Scalar:
    return Scalar(summed([term.value for term in terms]), *((term, mp.one) for term in terms))


def sweep(end: Scalar) -> None:
    """Give every node that `end` was made of the derivative of `end` by it."""
    parts: dict[Scalar, list[Real]] = {end: [mp.one]}
    waiting = [end]
    while waiting:
        for source, _ in waiting.pop().sources:
            if source not in parts:
                parts[source] = []
                waiting.append(source)
    for node in sorted(parts, key=lambda node: node.born, reverse=True):
        node.gradient = summed(parts[node])
        for source, local in node.sources:
            parts[source].append(local * node.gradient)


def number(x: Any) -> Real:
    """A JSON number as the float64 it is read as; an mpf as it is."""
    return x if isinstance(x, mp.mpf) else mp.mpf(float(x))


# Activations, each composed so that it neither cancels nor divides by what underflows.


def sigmoid(z: Scalar) -> Scalar:
    return Scalar(1) / (Scalar(1) + exp(-z))


def tanh(z: Scalar) -> Scalar:
    sign = Scalar(-1 if z.value > 0 else 1)
    decay = expm1(Scalar(2) * sign * z)
    return sign * decay / (Scalar(2) + decay)


def relu(z: Scalar) -> Scalar:
    return z if z.value > 0 else Scalar(0)


def leaky_relu(z: Scalar) -> Scalar:
    return z if z.value > 0 else Scalar(LEAKY_SLOPE) * z


def softplus(z: Scalar) -> Scalar:
    return z + log1p(exp(-z)) if z.value > 0 else log1p(exp(z))


def elu(z: Scalar) -> Scalar:
    return z if z.value > 0 else expm1(z)


def silu(z: Scalar) -> Scalar:
    return z * sigmoid(z)


def gelu(z: Scalar) -> Scalar:
    return z * erfc(-z / Scalar(mp.sqrt(2))) / Scalar(2)


ELEMENTWISE: dict[str, Callable[[Scalar], Scalar]] = {
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "identity": lambda z: z,
    "softplus": softplus,
    "elu": elu,
    "silu": silu,
    "gelu": gelu,
}


def softmax_odds(z: list[Scalar], j: int) -> Scalar:
    """(1 − aⱼ) / aⱼ, the odds against neuron j; 0 where it is alone."""
    return total([exp(other - z[j]) for k, other in enumerate(z) if k != j])


def activate(name: str, z: list[Scalar]) -> list[Scalar]:
    if name == "softmax":
        return [Scalar(1) / (Scalar(1) + softmax_odds(z, j)) for j in range(len(z))]
    return [ELEMENTWISE[name](z_j) for z_j in z]


# Costs of one example, without 1/N.


def minus_log(name: str, z: list[Scalar], a: list[Scalar], j: int) -> Scalar:
    """−ln aⱼ, by the odds against where there are any: a = 1/(1 + odds)."""
    if name == "sigmoid":
        return log1p(exp(-z[j]))
    if name == "softmax":
        return log1p(softmax_odds(z, j))
    return -log(a[j])


def minus_log_complement(name: str, z: list[Scalar], a: list[Scalar], j: int) -> Scalar:
    """−ln(1 − aⱼ), by the odds where there are any: 1 − a = 1/(1 + 1/odds)."""
    if name == "sigmoid":
        return log1p(exp(z[j]))
    if name == "softmax":
        if len(z) == 1:
            raise UndefinedCost("softmax of one neuron is 1, and ln(1 − a) has no value")
        return log1p(Scalar(1) / softmax_odds(z, j))
    return -log(Scalar(1) - a[j])


def example_cost(cost: str, name: str, z: list[Scalar], a: list[Scalar], y: list[Real]) -> Scalar:
    """The cost of one example, whose output layer has weighted inputs z and activations a."""
    terms = []
    for j, y_j in enumerate(y):
        if cost == "mean_squared_error":
            error = Scalar(y_j) - a[j]
            terms.append(Scalar(mp.mpf(1) / 2) * error * error)
            continue
        if y_j != 0:
            terms.append(Scalar(y_j) * minus_log(name, z, a, j))
        if cost == "binary_cross_entropy" and y_j != 1:
            terms.append(Scalar(1 - y_j) * minus_log_complement(name, z, a, j))
    return total(terms)


# The network


def activation_names(request: Request) -> list[str]:
    """One name for each layer."""
    named = request["activation"]
    return [named] * len(request["weights"]) if isinstance(named, str) else list(named)


def is_batch(request: Request) -> bool:
    """Whether the input is a list of vectors rather than one vector."""
    return isinstance(request["input"][0], list)


def examples(request: Request) -> list[tuple[list[Any], list[Any]]]:
    """The pairs (input, target), as they stand in the request."""
    if is_batch(request):
        return list(zip(request["input"], request["target"], strict=True))
    return [(request["input"], request["target"])]


Layers = list[list[Scalar]]


def forward(weights: Any, biases: Any, names: list[str], x: list[Any]) -> tuple[Layers, Layers]:
    """z and a of every layer, for one example; weights and biases are Scalars."""
    z: Layers = []
    a: Layers = []
    below = [Scalar(number(x_k)) for x_k in x]
    for rows, shifts, name in zip(weights, biases, names, strict=True):
        z.append(
            [
                total([*(w * s for w, s in zip(row, below, strict=True)), shift])
                for row, shift in zip(rows, shifts, strict=True)
            ]
        )
        a.append(activate(name, z[-1]))
        below = a[-1]
    return z, a


def each(tree: Any, function: Callable[[Any], Any]) -> Any:
    """The same nested lists and dicts, with `function` of every leaf."""
    if isinstance(tree, dict):
        return {key: each(branch, function) for key, branch in tree.items()}
    if isinstance(tree, list):
        return [each(branch, function) for branch in tree]
    return function(tree)


def leaves(tree: Any) -> Iterator[Any]:
    """The leaves of nested lists and dicts, in order."""
    if isinstance(tree, dict | list):
        for branch in tree.values() if isinstance(tree, dict) else tree:
            yield from leaves(branch)
    else:
        yield tree


def settled(compute: Callable[[], Any]) -> Any:
    """What `compute` tends to as the digits double.

    A number that does not settle and only shrinks, to the last of the digits, is exactly 0: what is
    left of it is rounding. Raises `UndefinedCost` if the cost has no value, ArithmeticError if the
    digits do not suffice.
    """
    coarse, fine, digits = None, None, FIRST_DIGITS
    while digits <= LAST_DIGITS:
        last = digits == LAST_DIGITS
        with mp.workdps(digits):
            Scalar.vanished = False
            try:
                coarse, fine = fine, compute()
            except UndefinedCost:
                # At few digits 1 − a may vanish where a is merely near 1.
                if last:
                    raise
        believed = coarse is not None and (last or not Scalar.vanished)
        if believed and all(map(agree, leaves(coarse), leaves(fine))):
            return fine
        digits *= 2
    if coarse is None:
        raise ArithmeticError(f"{LAST_DIGITS} digits do not suffice")
    return _without_residues(coarse, fine)


def agree(coarse: Real, fine: Real) -> bool:
    return bool(abs(coarse - fine) <= AGREED * abs(fine) or abs(fine) < NEGLIGIBLE)


def _without_residues(coarse: Any, fine: Any) -> Any:
    before = leaves(coarse)

    def settle(value: Real) -> Real:
        last = next(before)
        if agree(last, value):
            return value
        if abs(value) > max(abs(last) * AGREED, RESIDUE):
            raise ArithmeticError(f"{LAST_DIGITS} digits do not suffice")
        return mp.zero

    return each(fine, settle)


def gradients(request: Request) -> Answer:
    """cost, z, a, delta, bias_gradients and weight_gradients, to 50 digits each.

    Shapes as in the contract: vectors for a vector input, N × n_l matrices for a batch of N.
    Raises `UndefinedCost` where a logarithm that counts has no value.
    """
    answer: Answer = settled(lambda: _gradients(request))
    return answer


def _gradients(request: Request) -> Answer:
    names = activation_names(request)
    weights, biases = each(
        [request["weights"], request["biases"]], lambda entry: Scalar(number(entry))
    )
    cost = request.get("cost", "mean_squared_error")
    pairs = examples(request)
    z, a, costs = [], [], []
    for x, y in pairs:
        z_i, a_i = forward(weights, biases, names, x)
        costs.append(example_cost(cost, names[-1], z_i[-1], a_i[-1], [number(y_j) for y_j in y]))
        z.append(z_i)
        a.append(a_i)
    summed = total(costs)
    sweep(summed)
    per_layer = by_layer if is_batch(request) else lambda runs: runs[0]
    return {
        "cost": summed.value / len(pairs),
        "z": each(per_layer(z), lambda node: node.value),
        "a": each(per_layer(a), lambda node: node.value),
        "delta": each(per_layer(z), lambda node: node.gradient),
        "bias_gradients": each(biases, lambda node: node.gradient / len(pairs)),
        "weight_gradients": each(weights, lambda node: node.gradient / len(pairs)),
    }


def by_layer(runs: list[list[Any]]) -> list[list[Any]]:
    """[example][layer] as [layer][example]."""
    return [list(layer) for layer in zip(*runs, strict=True)]


def activation(name: str, z: float) -> tuple[Real, Real]:
    """σ(z) and σ′(z) to 50 digits, for any float z."""

    def both() -> list[Real]:
        source = Scalar(number(z))
        end = ELEMENTWISE[name](source)
        sweep(end)
        return [end.value, source.gradient]

    value, derivative = settled(both)
    return value, derivative


def activation_jacobian(name: str, z: list[float]) -> list[list[Real]]:
    """∂aᵢ/∂zⱼ of a layer, softmax included: rows are outputs, columns are inputs."""

    def rows() -> list[list[Real]]:
        jacobian = []
        for i in range(len(z)):
            sources = [Scalar(number(z_j)) for z_j in z]
            sweep(activate(name, sources)[i])
            jacobian.append([source.gradient for source in sources])
        return jacobian

    matrix: list[list[Real]] = settled(rows)
    return matrix


# Comparing float64 with the truth

LARGEST_ULP_EXPONENT = 971
SMALLEST_ULP_EXPONENT = -1074


def ulp_exponent(truth: Real) -> int:
    """e, where 2^e is the spacing of float64 in the binade that `truth` lies in."""
    if truth == 0:
        return SMALLEST_ULP_EXPONENT
    binade = int(mp.frexp(truth)[1]) - 53
    return min(max(binade, SMALLEST_ULP_EXPONENT), LARGEST_ULP_EXPONENT)


def nearest_float(truth: Real) -> float:
    """`truth` correctly rounded to float64, ties to even, denormals and overflow included."""
    exponent = ulp_exponent(truth)
    if mp.frexp(truth)[1] > 1025:
        return math.copysign(math.inf, truth)
    steps = int(mp.nint(mp.ldexp(truth, -exponent)))
    try:
        return math.ldexp(steps, exponent)
    except OverflowError:
        return math.copysign(math.inf, steps)


def ulps_between(value: float, truth: Real) -> float:
    """|value − truth| in units of the last place of `truth`: ≤ 0.5 where correctly rounded.

    Among the denormals and at 0 the unit is 2⁻¹⁰⁷⁴. An infinity is 0 away from what rounds to it,
    and infinitely far from anything else; NaN is infinitely far from everything.
    """
    if not math.isfinite(value):
        return 0.0 if value == nearest_float(truth) else math.inf
    distance = mp.ldexp(abs(mp.mpf(value) - truth), -ulp_exponent(truth))
    return nearest_float(distance)


# Exact rationals: a third way, without any derivative at all.

SLOPES: dict[str, Callable[[Fraction], Fraction]] = {
    "identity": lambda z: Fraction(1),
    "relu": lambda z: Fraction(z > 0),
    "leaky_relu": lambda z: Fraction(1) if z > 0 else Fraction(LEAKY_SLOPE),
}


class _Rational:
    """The network in Fractions, each neuron held on the linear piece that it is on."""

    def __init__(self, request: Request) -> None:
        if request.get("cost", "mean_squared_error") != "mean_squared_error":
            raise ValueError("exact rationals need mean_squared_error")
        self.names = activation_names(request)
        self.weights = each(request["weights"], Fraction)
        self.biases = each(request["biases"], Fraction)
        self.pairs = each([list(pair) for pair in examples(request)], Fraction)
        self.offsets = [each(self.biases, lambda _: Fraction(0)) for _ in self.pairs]
        self.slopes: list[Any] = [None] * len(self.pairs)
        self.runs = [self.run(i) for i in range(len(self.pairs))]
        self.slopes = [slopes for _, _, slopes in self.runs]

    def run(self, i: int) -> tuple[list[Any], list[Any], list[Any]]:
        """z, a and the slopes of example i; the slopes are those of the first run, once known."""
        z, a, slopes, below = [], [], [], self.pairs[i][0]
        for l, name in enumerate(self.names):
            z.append(
                [
                    sum(map(Fraction.__mul__, row, below), bias + offset)
                    for row, bias, offset in zip(
                        self.weights[l], self.biases[l], self.offsets[i][l], strict=True
                    )
                ]
            )
            slopes.append(
                self.slopes[i][l] if self.slopes[i] else [SLOPES[name](z_j) for z_j in z[l]]
            )
            a.append(list(map(Fraction.__mul__, slopes[l], z[l])))
            below = a[l]
        return z, a, slopes

    def cost(self, i: int) -> Fraction:
        """½‖y − a‖² of example i."""
        output = self.run(i)[1][-1]
        squares = [(y - a) ** 2 for y, a in zip(self.pairs[i][1], output, strict=True)]
        return sum(squares, Fraction(0)) / 2

    def derivative(self, numbers: list[Fraction], k: int, which: list[int]) -> Fraction:
        """By numbers[k], of the summed cost of those examples.

        On its linear pieces the cost is a parabola in any one parameter, and a central difference
        of a parabola is its derivative, exactly, whatever the step.
        """
        here = numbers[k]
        numbers[k] = here + 1
        above = sum((self.cost(i) for i in which), Fraction(0))
        numbers[k] = here - 1
        below = sum((self.cost(i) for i in which), Fraction(0))
        numbers[k] = here
        return (above - below) / 2

    def row(self, numbers: list[Fraction], which: list[int]) -> list[Fraction]:
        return [self.derivative(numbers, k, which) for k in range(len(numbers))]


def exact_gradients(request: Request) -> Answer:
    """As `gradients`, in Fractions: identity, relu and leaky_relu with mean_squared_error.

    Raises KeyError for another activation, ValueError for another cost.
    """
    network = _Rational(request)
    everything = list(range(len(network.pairs)))
    N = len(everything)
    per_layer = by_layer if is_batch(request) else lambda runs: runs[0]
    return {
        "cost": sum((network.cost(i) for i in everything), Fraction(0)) / N,
        "z": per_layer([z for z, _, _ in network.runs]),
        "a": per_layer([a for _, a, _ in network.runs]),
        "delta": per_layer(
            [[network.row(layer, [i]) for layer in network.offsets[i]] for i in everything]
        ),
        "bias_gradients": each(
            [network.row(layer, everything) for layer in network.biases], lambda g: g / N
        ),
        "weight_gradients": each(
            [[network.row(row, everything) for row in layer] for layer in network.weights],
            lambda g: g / N,
        ),
    }
