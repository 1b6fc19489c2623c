"""The four equations: gold examples, the oracle on random networks, and what must not matter."""

from __future__ import annotations

import copy
import json
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from core.backprop import CHAPTER, backpropagate, bp4_entry, run
from core.forward import Workings
from tests import references
from tests.core.running_errors import bounds
from tests.core.worked import BY_LAYER, answer_of, batch_of, floats, network_of, workings
from tests.references import Answer, Request, mp, ulps_between
from tests.strategies import dyadic_networks, effort, networks

GOLDEN = Path(__file__).parents[1] / "golden"
Tree = Any


def gold(name: str) -> Any:
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


def at(tree: Tree, pointer: str) -> Any:
    for step in pointer.strip("/").split("/"):
        tree = tree[int(step)] if isinstance(tree, list) else tree[step]
    return tree


# Gold examples


def test_mazurs_printed_digits() -> None:
    """Each number that Mazur printed is ours, to half a unit of his last digit."""
    mazur = gold("mazur.json")
    answer = answer_of(mazur["request"])
    for line in mazur["printed"]:
        half_a_unit = Decimal(5).scaleb(-line["decimals"] - 1)
        assert abs(Decimal(at(answer, line["at"])) - Decimal(line["printed"])) <= half_a_unit


def test_mazurs_weights_after_one_step() -> None:
    """w − η ∂C/∂w is each updated weight that he printed, to half a unit of his last digit."""
    mazur = gold("mazur.json")
    answer = answer_of(mazur["request"])
    for line in mazur["updated"]:
        before = at(mazur["request"], line["at"])
        gradient = at(answer, line["at"].replace("weights", "weight_gradients"))
        half_a_unit = Decimal(5).scaleb(-line["decimals"] - 1)
        after = Decimal(before - mazur["learning_rate"] * gradient)
        assert abs(after - Decimal(line["printed"])) <= half_a_unit


def test_the_boxes_of_section_9_in_digits() -> None:
    """Forward pass and the four boxed gradients of the two-neuron chain, to 4 ulps each.

    At most five factors, all exact or good to 2 ulps, and errors that partly cancel.
    """
    chain = gold("two_neuron_chain.json")
    answer = answer_of(chain["request"])
    for line in [*chain["forward"], *chain["gradients"]]:
        assert ulps_between(at(answer, line["at"]), mp.mpf(line["value"])) <= 4


MODERATE = st.floats(-4, 4)


@given(w=st.tuples(MODERATE, MODERATE), b=st.tuples(MODERATE, MODERATE), x=MODERATE, y=MODERATE)
def test_the_boxes_of_section_9_written_out(
    w: tuple[float, float], b: tuple[float, float], x: float, y: float
) -> None:
    """Any 1–1–1 network with sigmoids: the chapter's formulas, letter by letter, at 50 digits."""
    request: Request = {
        "weights": [[[w[0]]], [[w[1]]]],
        "biases": [[b[0]], [b[1]]],
        "activation": "sigmoid",
        "input": [x],
        "target": [y],
    }
    w1, w2, b1, b2, x_, y_ = map(mp.mpf, (*w, *b, x, y))
    z1 = w1 * x_ + b1
    a1 = 1 / (1 + mp.exp(-z1))
    z2 = w2 * a1 + b2
    a2 = 1 / (1 + mp.exp(-z2))
    slope1, slope2 = a1 * (1 - a1), a2 * (1 - a2)
    boxes = {
        "weight_gradients": [(a2 - y_) * slope2 * w2 * slope1 * x_, (a2 - y_) * slope2 * a1],
        "bias_gradients": [(a2 - y_) * slope2 * w2 * slope1, (a2 - y_) * slope2],
    }
    bound = bounds(request, references.gradients(request))
    core = workings(request)
    assert abs(float(core.cost) - (y_ - a2) ** 2 / 2) <= float(bound["cost"])
    for quantity, values in boxes.items():
        for l, value in enumerate(values):
            error = abs(getattr(core, quantity)[l + 1].item() - value)
            assert error <= bound[quantity][l].item()


def test_the_outer_product_of_fig_2_10() -> None:
    """δ aᵀ is the figure's table: each product is exact in its two decimals, rounded once."""
    figure = gold("outer_product.json")
    answer = answer_of(figure["request"])
    delta, a = ([*map(Fraction, row)] for row in (figure["delta"], figure["a"]))
    assert answer["delta"] == [[float(d) for d in delta]]
    for j, row in enumerate(figure["table"]):
        for k, printed in enumerate(row):
            assert delta[j] * a[k] == Fraction(printed)
            assert answer["weight_gradients"][0][j][k] == float(delta[j]) * float(a[k])
            assert round(answer["weight_gradients"][0][j][k], 2) == float(printed)


@pytest.mark.parametrize("example", gold("rationals.json")["examples"], ids=lambda e: e["title"])
def test_examples_worked_by_hand(example: Any) -> None:
    """Every quantity is the fraction worked out by hand, to the last bit."""
    answer = answer_of(example["request"])
    for quantity, expected in example["answer"].items():
        assert references.each(answer[quantity], Fraction) == references.each(expected, Fraction)


# The oracle


@effort(1)
@given(dyadic_networks())
def test_exact_rationals_to_the_last_bit(request: Request) -> None:
    """Where float64 rounds nothing (identity, relu, short binary fractions), nothing is off."""
    answer, exact = answer_of(request), references.exact_gradients(request)
    assert references.each(answer, Fraction) == exact


@effort(2)
@given(networks())
def test_every_quantity_of_random_networks(request: Request) -> None:
    """Cost, z, a, δ and both gradients against the scalar graph in mpmath.

    Within the running error bound: what rounding each operation once, in any order, can amount
    to. It is worked out from the oracle's values, and 1 to 15 digits are left by it as a rule.
    """
    truth = references.gradients(request)
    bound = bounds(request, truth)
    check(workings(request), truth, bound)
    event(f"some bound is infinite: {is_vague(bound)}")


@given(dyadic_networks())
def test_bp4_is_an_entry_of_its_matrix(request: Request) -> None:
    """a(l−1)_k δ(l)_j, averaged, is entry [j, k] of BP4-vec: bit for bit where sums are exact."""
    w = workings(request)
    for l, gradient in w.weight_gradients.items():
        for j, k in np.ndindex(gradient.shape):
            assert bp4_entry(w, l, j, k) == gradient[j, k]


def is_vague(bound: dict[str, Any]) -> bool:
    return any(np.isinf(layer).any() for quantity in BY_LAYER for layer in bound[quantity])


def check(w: Workings, truth: Answer, bound: dict[str, Any]) -> None:
    assert abs(mp.mpf(float(w.cost)) - truth["cost"]) <= mp.mpf(float(bound["cost"]))
    for quantity in BY_LAYER:
        layers = zip(w.W.numbers, floats(truth, quantity), bound[quantity], strict=True)
        for l, expected, error in layers:
            found = getattr(w, quantity)[l]
            assert found.shape == expected.shape == error.shape
            # `expected` is the truth rounded to float64: half a unit of the last place.
            assert (np.abs(found - expected) <= error + 2.0**-53 * np.abs(expected)).all()


@pytest.mark.parametrize(
    ("name", "weight", "bias"), [("sigmoid", 1.0, 0.0), ("sigmoid", 5.0, -2.5), ("tanh", 1.25, 0.1)]
)
def test_a_chain_of_500_layers(name: str, weight: float, bias: float) -> None:
    """1–1–…–1 with L = 500, whether the error vanishes, stays, or underflows to 0 on the way."""
    request: Request = {
        "weights": [[[weight]]] * 500,
        "biases": [[bias]] * 500,
        "activation": name,
        "input": [0.75],
        "target": [0.25],
    }
    truth = references.gradients(request)
    bound = bounds(request, truth)
    assert not is_vague(bound)
    check(workings(request), truth, bound)


def test_a_chain_of_500_identities_is_exact() -> None:
    """Weights 2 and ½ in turn: every δ is ±2 or ±1 times the output's, to the last bit."""
    request: Request = {
        "weights": [[[2.0 if l % 2 else 0.5]] for l in range(500)],
        "biases": [[0.0]] * 500,
        "activation": "identity",
        "input": [3.0],
        "target": [1.0],
    }
    w = workings(request)
    assert [w.delta[l].item() for l in w.W.numbers] == [4.0, 2.0] * 250
    assert [w.weight_gradients[l].item() for l in (1, 2, 500)] == [12.0, 3.0, 3.0]


# What must not matter. On dyadic networks nothing is rounded, so all of it holds to the last bit.


def batch_request(request: Request) -> Request:
    """The same request with lists of examples."""
    pairs = references.examples(request)
    return {**request, "input": [x for x, _ in pairs], "target": [y for _, y in pairs]}


@given(dyadic_networks())
def test_a_batch_is_the_mean_of_its_examples(request: Request) -> None:
    """Section 14: gradients and cost are averages; z, a and δ are each example's own."""
    whole = workings(request)
    singles = [backpropagate(network_of(request), batch_of(request).example(i)) for i in
               range(batch_of(request).size)]  # fmt: skip
    assert whole.cost == np.mean([single.cost for single in singles])
    for l in whole.W.numbers:
        for quantity in ("bias_gradients", "weight_gradients"):
            mean = np.mean([getattr(single, quantity)[l] for single in singles], axis=0)
            assert (getattr(whole, quantity)[l] == mean).all()
        for quantity in ("z", "a", "delta"):
            rows = np.concatenate([getattr(single, quantity)[l] for single in singles])
            assert (getattr(whole, quantity)[l] == rows).all()


@given(dyadic_networks(), st.randoms(use_true_random=False))
def test_the_order_of_the_examples(request: Request, rng: random.Random) -> None:
    """Permuted examples permute the rows of z, a and δ and leave cost and gradients alone."""
    request = batch_request(request)
    order = list(range(len(request["input"])))
    rng.shuffle(order)
    shuffled = {**request, **{key: [request[key][i] for i in order] for key in ("input", "target")}}
    before, after = answer_of(request), answer_of(shuffled)
    for quantity in ("cost", "bias_gradients", "weight_gradients"):
        assert before[quantity] == after[quantity]
    for quantity in ("z", "a", "delta"):
        permuted = [[layer[i] for i in order] for layer in before[quantity]]
        assert permuted == after[quantity]


@given(dyadic_networks())
def test_every_example_twice(request: Request) -> None:
    """Doubling the batch changes neither the cost nor a gradient."""
    request = batch_request(request)
    twice = {**request, "input": request["input"] * 2, "target": request["target"] * 2}
    before, after = answer_of(request), answer_of(twice)
    for quantity in ("cost", "bias_gradients", "weight_gradients"):
        assert before[quantity] == after[quantity]


@given(dyadic_networks(), st.randoms(use_true_random=False))
def test_the_order_of_the_neurons(request: Request, rng: random.Random) -> None:
    """Permuting the neurons of every hidden layer permutes their quantities, and no other."""
    request = batch_request(request)
    sizes = [len(b) for b in request["biases"]]
    orders = [rng.sample(range(n), n) for n in sizes[:-1]] + [list(range(sizes[-1]))]
    below = [list(range(len(request["input"][0]))), *orders[:-1]]

    def rows(layers: Tree) -> Tree:
        return [[layer[j] for j in order] for layer, order in zip(layers, orders, strict=True)]

    def matrices(layers: Tree) -> Tree:
        picked = zip(rows(layers), below, strict=True)
        return [[[row[k] for k in source] for row in layer] for layer, source in picked]

    permuted = {
        **request,
        "weights": matrices(request["weights"]),
        "biases": rows(request["biases"]),
    }
    before, after = answer_of(request), answer_of(permuted)
    assert after["cost"] == before["cost"]
    assert after["weight_gradients"] == matrices(before["weight_gradients"])
    assert after["bias_gradients"] == rows(before["bias_gradients"])
    for quantity in ("z", "a", "delta"):
        columns = [list(zip(*layer, strict=True)) for layer in before[quantity]]
        expected = [[list(row) for row in zip(*layer, strict=True)] for layer in rows(columns)]
        assert after[quantity] == expected


@given(dyadic_networks())
def test_a_neuron_that_nothing_listens_to(request: Request) -> None:
    """A hidden neuron with outgoing weights 0 has δ = 0 and no gradient, and changes no other."""
    if len(request["weights"]) == 1:
        return
    padded = copy.deepcopy(request)
    padded["weights"][0].append([1.5] * len(request["weights"][0][0]))
    padded["biases"][0].append(0.5)
    for row in padded["weights"][1]:
        row.append(0.0)
    before, after = workings(request), workings(padded)
    assert after.cost == before.cost
    assert not after.delta[1][:, -1].any()
    assert not after.weight_gradients[1][-1].any()
    assert after.bias_gradients[1][-1] == 0
    for l in before.W.numbers:
        n = before.delta[l].shape[1]
        assert (after.delta[l][:, :n] == before.delta[l]).all()
        rows, columns = before.weight_gradients[l].shape
        assert (after.weight_gradients[l][:rows, :columns] == before.weight_gradients[l]).all()


# The sweep


@given(networks(max_layers=3, max_width=4))
def test_the_same_request_has_the_same_answer(request: Request) -> None:
    """Twice the same, bit for bit, and neither the network nor the batch is touched."""
    network, batch = network_of(request), batch_of(request)
    arrays = [*network.weights, *network.biases, batch.inputs, batch.targets]
    before = [array.tobytes() for array in arrays]
    first, second = backpropagate(network, batch), backpropagate(network, batch)
    assert [array.tobytes() for array in arrays] == before
    for quantity in BY_LAYER:
        for l in first.W.numbers:
            numbers = getattr(first, quantity)[l]
            assert numbers.tobytes() == getattr(second, quantity)[l].tobytes()
            assert not any(np.shares_memory(numbers, array) for array in arrays)


def test_minus_zero_goes_in_as_it_is() -> None:
    """A weight, a bias, an input and a target of −0.0 keep their sign."""
    request: Request = {
        "weights": [[[-0.0]]],
        "biases": [[-0.0]],
        "activation": "identity",
        "input": [-0.0],
        "target": [-0.0],
    }
    w = workings(request)
    for number in (w.W[1], w.b[1], w.a[0], w.y):
        assert np.signbit(number).all()


def test_quantities_are_kept_in_the_order_of_section_14() -> None:
    """z and a up the layers, the cost, δ down the layers, then both gradients of each layer."""
    request = gold("mazur.json")["request"]
    kept: list[tuple[str, int]] = []

    def keep(quantity: str, layer: int, values: Any) -> Any:
        kept.append((quantity, layer))
        return values

    w = run(Workings.begin(network_of(request), batch_of(request)), CHAPTER, keep)
    assert kept == [
        *(("z", 1), ("a", 1), ("z", 2), ("a", 2), ("cost", 2), ("delta", 2), ("delta", 1)),
        *(("bias_gradients", 1), ("weight_gradients", 1)),
        *(("bias_gradients", 2), ("weight_gradients", 2)),
    ]
    assert w.cost == workings(request).cost


def test_what_is_kept_is_what_is_gone_on_with() -> None:
    """Doubling every kept z doubles what σ sees: identity, w = 1, x = 3, two layers."""
    request: Request = {
        "weights": [[[1.0]], [[1.0]]],
        "biases": [[0.0], [0.0]],
        "activation": "identity",
        "input": [3.0],
        "target": [0.0],
    }
    begun = Workings.begin(network_of(request), batch_of(request))
    w = run(begun, keep=lambda quantity, _, values: 2 * values if quantity == "z" else values)
    assert [w.a[l].item() for l in (1, 2)] == [6.0, 12.0]
    assert w.delta[1].item() == 12.0
