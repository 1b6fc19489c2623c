"""The oracle against itself: the textbook's formulas, hand-worked and published numbers."""

from __future__ import annotations

import copy
import json
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests import references
from tests.references import Request, mp
from tests.strategies import dyadic_networks, effort, networks

GOLDEN = Path(__file__).parent / "golden"

# The chapter's own way to write the activations, with nothing done about cancellation.
TEXTBOOK = {
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "tanh": mp.tanh,
    "relu": lambda z: max(z, mp.zero),
    "leaky_relu": lambda z: max(z, mp.mpf(0.01) * z),
    "identity": lambda z: z,
    "softplus": lambda z: mp.log(1 + mp.exp(z)),
    "elu": lambda z: z if z > 0 else mp.exp(z) - 1,
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "gelu": lambda z: z * (1 + mp.erf(z / mp.sqrt(2))) / 2,
}


def load(name: str) -> Any:
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


def at(tree: Any, pointer: str) -> Any:
    for step in pointer.strip("/").split("/"):
        tree = tree[int(step)] if isinstance(tree, list) else tree[step]
    return tree


def textbook_layer(name: str, z: list[Any]) -> list[Any]:
    if name == "softmax":
        powers = [mp.exp(z_j) for z_j in z]
        return [power / mp.fsum(powers) for power in powers]
    return [TEXTBOOK[name](z_j) for z_j in z]


def textbook_term(cost: str, y: Any, a: Any) -> Any:
    if cost == "mean_squared_error":
        return (y - a) ** 2 / 2
    term = -y * mp.log(a) if y else mp.zero
    if cost == "binary_cross_entropy" and y != 1:
        term -= (1 - y) * mp.log(1 - a)
    return term


def textbook_cost(request: Request) -> Any:
    """The cost by the chapter's forward pass, without the graph."""
    pairs = references.examples(request)
    terms = []
    for x, y in pairs:
        a = [mp.mpf(x_k) for x_k in x]
        for W, b, name in zip(
            request["weights"],
            request["biases"],
            references.activation_names(request),
            strict=True,
        ):
            a = textbook_layer(name, [mp.fdot(row, a) + b_j for row, b_j in zip(W, b, strict=True)])
        cost = request.get("cost", "mean_squared_error")
        terms += [textbook_term(cost, mp.mpf(y_j), a_j) for y_j, a_j in zip(y, a, strict=True)]
    return mp.fsum(terms) / len(pairs)


def numeric_gradient(request: Request, row: list[Any], k: int) -> Any:
    """∂C/∂row[k] by a central difference, row being one of the request's own lists."""
    # Truncation is of order h² = 10⁻⁶⁰, rounding of order 10⁻¹²⁰/h = 10⁻⁹⁰.
    h = mp.mpf(10) ** -30
    here = row[k]
    row[k] = mp.mpf(here) + h
    above = textbook_cost(request)
    row[k] = mp.mpf(here) - h
    below = textbook_cost(request)
    row[k] = here
    return (above - below) / (2 * h)


def small(activation: Any, cost: str, **changes: Any) -> Request:
    """2–3–2, two examples; no weighted input near a kink."""
    return {
        "weights": [[[0.3, -0.7], [1.1, 0.4], [-0.5, 0.9]], [[0.6, -0.2, 0.8], [-0.4, 0.5, 0.7]]],
        "biases": [[0.1, -0.6, 0.25], [0.05, -0.15]],
        "activation": activation,
        "input": [[0.5, -0.25], [1.5, 0.75]],
        "target": [[1.0, 0.25], [0.0, 0.75]],
        "cost": cost,
    } | changes


NETWORKS = [
    *(small([name, "identity"], "mean_squared_error") for name in references.ELEMENTWISE),
    small("sigmoid", "binary_cross_entropy"),
    small("sigmoid", "cross_entropy"),
    small(["tanh", "softmax"], "mean_squared_error"),
    small(["tanh", "softmax"], "binary_cross_entropy"),
    small(["gelu", "softmax"], "cross_entropy"),
    small(["silu", "softplus"], "cross_entropy"),
]


def label(request: Request) -> str:
    return f"{request['activation']}-{request['cost']}".replace("'", "")


@pytest.mark.parametrize("request_", NETWORKS, ids=label)
def test_gradients_are_the_numeric_derivatives_of_the_textbook_cost(request_: Request) -> None:
    """Every weight and bias gradient is the slope of a cost that knows no graph, to 48 digits."""
    request = copy.deepcopy(request_)
    answer = references.gradients(request)
    with mp.workdps(120):
        assert abs(answer["cost"] - textbook_cost(request)) < mp.mpf(10) ** -48
        for l, layer in enumerate(request["weights"]):
            rows = [*zip(layer, answer["weight_gradients"][l], strict=True)]
            for row, correct in [*rows, (request["biases"][l], answer["bias_gradients"][l])]:
                numeric = [numeric_gradient(request, row, k) for k in range(len(row))]
                # Gradients are of order 1 here, and the oracle vouches for 50 digits.
                errors = [abs(n - c) for n, c in zip(numeric, correct, strict=True)]
                assert max(errors) < mp.mpf(10) ** -48


def test_delta_is_the_bias_gradient_of_its_example_alone() -> None:
    """δ of each example is ∂C/∂b of a request with that example only: no 1/N in it."""
    batch = small(["tanh", "softmax"], "cross_entropy")
    delta = references.gradients(batch)["delta"]
    for i, (x, y) in enumerate(references.examples(batch)):
        alone = references.gradients({**batch, "input": x, "target": y})
        for l, layer in enumerate(alone["bias_gradients"]):
            for j, gradient in enumerate(layer):
                # The same number by two graphs, each right to 50 digits.
                assert abs(delta[l][i][j] - gradient) < mp.mpf(10) ** -48


def test_one_name_stands_for_every_layer_and_the_cost_may_be_left_out() -> None:
    """`sigmoid` is [`sigmoid`, `sigmoid`], and no cost is mean_squared_error."""
    written_out = small(["sigmoid", "sigmoid"], "mean_squared_error")
    short = {**written_out, "activation": "sigmoid"}
    del short["cost"]
    assert references.gradients(short) == references.gradients(written_out)


def test_a_vector_and_a_batch_of_one_differ_in_shape_only() -> None:
    """The caller's shape comes back: vectors for a vector, 1 × n matrices for a batch of one."""
    vector = small("tanh", "mean_squared_error", input=[0.5, -0.25], target=[1.0, 0.25])
    batch = {**vector, "input": [vector["input"]], "target": [vector["target"]]}
    ours, theirs = references.gradients(vector), references.gradients(batch)
    for name in ("z", "a", "delta"):
        assert theirs[name] == [[layer] for layer in ours[name]]
    for name in ("cost", "bias_gradients", "weight_gradients"):
        assert theirs[name] == ours[name]


POINTS = [-700.0, -40.0, -6.5, -1.2784645427610738, -0.75, -1e-9, 1e-9, 0.5, 3.0, 36.0, 700.0]


@pytest.mark.parametrize("name", references.ELEMENTWISE)
@pytest.mark.parametrize("z", POINTS)
def test_activation_and_slope_are_those_of_the_textbook_formula(name: str, z: float) -> None:
    """σ and σ′ agree with the naive formula at 1200 digits, its slope taken numerically."""
    with mp.workdps(1200):
        value, slope = references.activation(name, z)
        f = TEXTBOOK[name]
        h = mp.mpf(10) ** -400
        numeric = (f(mp.mpf(z) + h) - f(mp.mpf(z) - h)) / (2 * h)
        for ours, theirs in ((value, f(mp.mpf(z))), (slope, numeric)):
            # Rounding leaves 10⁻¹²⁰⁰/h = 10⁻⁸⁰⁰ in the numeric slope, truncation as little.
            assert abs(ours - theirs) <= abs(theirs) * mp.mpf(10) ** -48 + mp.mpf(10) ** -700


KINKS = {"relu": 0.0, "leaky_relu": 0.01, "elu": 1.0, "softplus": 0.5, "silu": 0.5, "gelu": 0.5}


@pytest.mark.parametrize(("name", "slope"), KINKS.items())
def test_slope_at_zero_is_the_convention(name: str, slope: float) -> None:
    """relu′(0) = 0, leaky_relu′(0) = 0.01, elu′(0) = 1, and the smooth ones have a half."""
    assert references.activation(name, 0.0)[1] == slope


@pytest.mark.parametrize("name", references.ELEMENTWISE)
def test_activation_has_its_limits_at_the_ends_of_float64(name: str) -> None:
    """At ±1e308 each activation is its asymptote, correctly rounded, and its slope a constant."""
    bounded_above = name in ("sigmoid", "tanh")
    low = {"tanh": -1.0, "elu": -1.0, "identity": -1e308, "leaky_relu": -1e308 * 0.01}.get(name, 0)
    low_slope = {"identity": 1.0, "leaky_relu": 0.01}.get(name, 0.0)
    above = [references.nearest_float(x) for x in references.activation(name, 1e308)]
    below = [references.nearest_float(x) for x in references.activation(name, -1e308)]
    assert above == ([1.0, 0.0] if bounded_above else [1e308, 1.0])
    assert below == [low, low_slope]


@pytest.mark.parametrize("z", [1e-320, -1e-320])
def test_activation_near_zero_is_its_first_taylor_terms(z: float) -> None:
    """At denormal z the value is σ(0) + σ′(0) z, to within the square of z."""
    lines = {"tanh": (0, 1), "silu": (0, 0.5), "gelu": (0, 0.5), "sigmoid": (0.5, 0.25)}
    for name, (offset, slope) in lines.items():
        value, _ = references.activation(name, z)
        assert abs(value - (offset + mp.mpf(slope) * z)) <= mp.mpf(10) ** (
            -600 if not offset else -60
        )


def test_softmax_jacobian_is_diagonal_minus_outer_product() -> None:
    """∂aᵢ/∂zⱼ = aᵢ (1[i = j] − aⱼ), the formula that the graph never uses."""
    z = [0.5, -1.25, 2.0, 0.0]
    a = textbook_layer("softmax", [mp.mpf(z_j) for z_j in z])
    for i, row in enumerate(references.activation_jacobian("softmax", z)):
        for j, entry in enumerate(row):
            assert abs(entry - a[i] * ((i == j) - a[j])) < mp.mpf(10) ** -50


@pytest.mark.parametrize("z", [0.3, 1.0625, 1.5])
def test_what_cancels_exactly_is_exactly_zero(z: float) -> None:
    """σ(z) + σ(−z) − 1 is 0, so cost and δ are 0 and not what rounding leaves of them."""
    request = {
        "weights": [[[1.0], [-1.0]], [[1.0, 1.0]]],
        "biases": [[0.0, 0.0], [-1.0]],
        "activation": ["sigmoid", "identity"],
        "input": [z],
        "target": [0.0],
    }
    answer = references.gradients(request)
    assert answer["cost"] == 0
    assert answer["delta"] == [[0, 0], [0]]
    assert answer["weight_gradients"] == [[[0], [0]], [[0, 0]]]


def one_neuron(activation: str, cost: str, z: float, y: float) -> Request:
    return {
        "weights": [[[1.0]]],
        "biases": [[0.0]],
        "activation": activation,
        "input": [z],
        "target": [y],
        "cost": cost,
    }


@pytest.mark.parametrize("z", [-1e300, -1e5, -50.0, 50.0, 1e5, 1e300])
def test_saturated_sigmoid_keeps_its_cross_entropy_and_its_error(z: float) -> None:
    """For sigmoid with binary_cross_entropy C = softplus(±z) and δ = a − y, however far out."""
    zero = references.gradients(one_neuron("sigmoid", "binary_cross_entropy", z, 0.0))
    one = references.gradients(one_neuron("sigmoid", "binary_cross_entropy", z, 1.0))
    assert references.agree(zero["cost"], references.activation("softplus", z)[0])
    assert references.agree(one["cost"], references.activation("softplus", -z)[0])
    assert references.agree(zero["delta"][0][0], references.activation("sigmoid", z)[0])
    assert references.agree(one["delta"][0][0], -references.activation("sigmoid", -z)[0])


def test_an_error_far_below_the_first_digits_is_not_taken_for_zero() -> None:
    """1 − σ(400) is 10⁻¹⁷⁴: 0 at 60 and at 120 digits, and yet the error of the output neuron."""
    answer = references.gradients(one_neuron("sigmoid", "mean_squared_error", 400.0, 1.0))
    tail, _ = references.activation("sigmoid", -400.0)
    # δ = (a − y) σ′ with a − y = −σ(−z) and σ′ = σ(−z) (1 − σ(−z)).
    assert references.agree(answer["delta"][0][0], -(tail**2) * (1 - tail))
    assert references.agree(answer["cost"], tail**2 / 2)


def test_cancellation_is_met_with_more_digits() -> None:
    """1 − tanh(300) is 10⁻²⁶⁰, which 60 digits take for 0: the cost and δ come out all the same."""
    answer = references.gradients(one_neuron("tanh", "binary_cross_entropy", 300.0, 0.0))
    with mp.workdps(400):
        decay = mp.exp(mp.mpf(-600))
        # 1 − tanh z = 2d/(1 + d) with d = e⁻²ᶻ, and tanh′/(1 − tanh) = 1 + tanh.
        assert references.agree(answer["cost"], -mp.log(2 * decay / (1 + decay)))
        assert references.agree(answer["delta"][0][0], 2 / (1 + decay))


@pytest.mark.parametrize(
    ("activation", "cost", "target"),
    [
        ("identity", "cross_entropy", [1.0, 0.0]),
        ("identity", "binary_cross_entropy", [0.0, 1.0]),
        ("relu", "cross_entropy", [1.0, 0.0]),
    ],
)
def test_a_logarithm_without_a_value_is_refused(
    activation: str, cost: str, target: list[float]
) -> None:
    """ln a with a ≤ 0, or ln(1 − a) with a ≥ 1, raises where its coefficient is not 0."""
    request = small(activation, cost, input=[0.0, 0.0], target=target)
    request["biases"][1] = [-3.0, 3.0] if cost == "cross_entropy" else [3.0, 0.5]
    with pytest.raises(references.UndefinedCost):
        references.gradients(request)


def test_a_term_with_coefficient_zero_is_zero() -> None:
    """ln a of a negative a with y = 0 adds nothing to cross_entropy, and no gradient."""
    request = {
        "weights": [[[1.0], [1.0]]],
        "biases": [[0.0, -5.0]],
        "activation": "identity",
        "input": [0.5],
        "target": [1.0, 0.0],
        "cost": "cross_entropy",
    }
    answer = references.gradients(request)
    # C = −ln ½, so δ = −1/½.
    assert abs(answer["cost"] - mp.log(2)) < mp.mpf(10) ** -48
    assert answer["delta"] == [[-2, 0]]


@pytest.mark.parametrize("example", load("rationals.json")["examples"], ids=lambda e: e["title"])
@pytest.mark.parametrize("oracle", [references.gradients, references.exact_gradients])
def test_both_oracles_give_the_fractions_worked_by_hand(oracle: Any, example: Any) -> None:
    """Graph and rationals reproduce the hand-worked answers, digits and shapes."""
    by_hand = references.each(example["answer"], Fraction)
    answer = oracle(example["request"])
    if oracle is references.gradients:
        answer = references.each(answer, lambda x: Fraction(references.nearest_float(x)))
    assert answer == by_hand


@effort(0.5)
@given(dyadic_networks())
def test_graph_and_rationals_agree_exactly_and_float64_holds_them(request: Request) -> None:
    """On dyadic networks both oracles give the same rationals, and each is a float64."""
    exact = references.exact_gradients(request)
    ours = references.gradients(request)
    assert references.each(exact, lambda x: mp.mpf(x.numerator) / x.denominator) == ours
    assert references.each(exact, float) == exact


@effort(0.5)
@given(networks())
def test_random_networks_have_a_defined_cost_and_finite_answers(request: Request) -> None:
    """Each generated request is JSON, has a cost, and answers shaped as its own parameters."""
    answer = references.gradients(json.loads(json.dumps(request, allow_nan=False)))
    assert all(math.isfinite(references.nearest_float(x)) for x in references.leaves(answer))
    zeros = references.each([request["weights"], request["biases"]], lambda _: 0)
    shape = references.each([answer["weight_gradients"], answer["bias_gradients"]], lambda _: 0)
    assert shape == zeros


def half_a_unit(printed: dict[str, Any]) -> Decimal:
    """What rounding to nearest can have moved a printed number by."""
    return Decimal(5).scaleb(-printed["decimals"] - 1)


def to_decimal(x: Any) -> Decimal:
    return Decimal(mp.nstr(x, 40))


def test_mazur_printed_what_the_oracle_computes() -> None:
    """Each number of the article is the oracle's, rounded to the digits that he printed."""
    golden = load("mazur.json")
    answer = references.gradients(golden["request"])
    for entry in golden["printed"]:
        error = abs(to_decimal(at(answer, entry["at"])) - Decimal(entry["printed"]))
        assert error <= half_a_unit(entry), entry
        assert len(entry["printed"].partition(".")[2]) == entry["decimals"]


def mazur_after_one_step() -> Request:
    golden = load("mazur.json")
    request = golden["request"]
    step = references.leaves(references.gradients(request)["weight_gradients"])
    eta = golden["learning_rate"]
    moved = references.each(request["weights"], lambda w: mp.mpf(w) - eta * next(step))
    return {**request, "weights": moved}


def test_mazur_updated_his_weights_as_the_oracle_does() -> None:
    """Each updated weight of the article is w − η ∂C/∂w to the digits printed."""
    moved = mazur_after_one_step()
    for entry in load("mazur.json")["updated"]:
        error = abs(to_decimal(at(moved, entry["at"])) - Decimal(entry["printed"]))
        assert error <= half_a_unit(entry), entry


def test_mazur_misprints_are_no_roundings() -> None:
    """The two numbers set aside lie further off than rounding can explain."""
    golden = load("mazur.json")
    delta = references.gradients(golden["request"])["delta"]
    correct = [delta[1][1] * golden["request"]["weights"][1][1][0]]
    correct.append(references.gradients(mazur_after_one_step())["cost"])
    for entry, value in zip(golden["misprinted"], correct, strict=True):
        # `correct` is written to 15 significant digits.
        assert mp.nstr(value, 15) == entry["correct"]
        printed = Decimal(entry["printed"])
        assert abs(to_decimal(value) - printed) > half_a_unit(entry)


def test_boxed_formulas_of_the_chain_are_the_oracle() -> None:
    """Section 9's forward pass, boxes and their factors give the oracle's numbers to 39 digits."""
    golden = load("two_neuron_chain.json")
    answer = references.gradients(golden["request"])
    for entry in golden["forward"] + golden["gradients"]:
        value = mp.mpf(entry["value"])
        # 40 significant digits are printed, of numbers below 2; a product of five loses a few.
        assert abs(at(answer, entry["at"]) - value) < mp.mpf(10) ** -39
        if "factors" in entry:
            product = mp.fprod(map(mp.mpf, entry["factors"]))
            assert abs(product - value) < mp.mpf(10) ** -38


def test_fig_2_10_is_the_oracle_on_a_layer_with_that_error() -> None:
    """The table of the figure is δ aᵀ, and the weight gradient of its request, to the cent."""
    golden = load("outer_product.json")
    answer = references.gradients(golden["request"])
    for j, delta in enumerate(golden["delta"]):
        for k, a in enumerate(golden["a"]):
            printed = Decimal(golden["table"][j][k])
            assert Decimal(delta) * Decimal(a) == printed
            # 0.8 is read as a float64, off by less than an ulp.
            error = references.ulps_between(float(printed), answer["weight_gradients"][0][j][k])
            assert error <= 1


@pytest.mark.parametrize(
    ("value", "truth", "ulps"),
    [
        (1.0, mp.mpf(1), 0.0),
        (1.0, 1 + mp.mpf(2) ** -53, 0.5),
        (1.0, 1 - mp.mpf(2) ** -54, 0.5),
        (math.nextafter(3.0, 4.0), mp.mpf(3), 1.0),
        (0.0, mp.zero, 0.0),
        (-0.0, mp.zero, 0.0),
        (5e-324, mp.zero, 1.0),
        (0.0, mp.ldexp(1, -1075), 0.5),
        (0.0, mp.mpf(10) ** -100000, 0.0),
        (1.5e-323, mp.ldexp(mp.mpf("2.25"), -1074), 0.75),
        (math.inf, mp.mpf(10) ** 309, 0.0),
        (math.inf, mp.mpf(1), math.inf),
        (-math.inf, mp.mpf(10) ** 309, math.inf),
        (math.nan, mp.mpf(1), math.inf),
        (1.0, mp.mpf(-1), 2.0**53),
        (1e308, mp.ldexp(1, -1074), math.inf),
    ],
)
def test_ulps_are_counted_in_the_binade_of_the_truth(value: float, truth: Any, ulps: float) -> None:
    """Hand-counted distances: normal, at a power of 2, denormal, zero, infinite, not a number."""
    assert references.ulps_between(value, truth) == ulps


@pytest.mark.parametrize(
    "digits",
    [
        "0.1",
        "1e23",
        "-2.2250738585072011e-308",
        "2.4703282292062327208e-324",
        "2.4703282292062328e-324",
        "7.4e-324",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "-1.7976931348623159e308",
        "9007199254740993",
        "1e400",
        "-1e-400",
        "3.1e-310",
    ],
)
def test_nearest_float_rounds_as_python_reads(digits: str) -> None:
    """Python reads decimals with correct rounding, and `nearest_float` gives the same float."""
    with mp.workdps(1000):
        assert references.nearest_float(mp.mpf(digits)) == float(digits)


def test_exact_rationals_refuse_what_is_not_rational() -> None:
    """An activation or a cost that leaves the rationals is an error, never an approximation."""
    with pytest.raises(KeyError):
        references.exact_gradients(small("tanh", "mean_squared_error"))
    with pytest.raises(ValueError, match="mean_squared_error"):
        references.exact_gradients(small("relu", "cross_entropy"))
