"""Walks, paths and Jacobian products are the gradients, whatever the network."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from core.activations import ACTIVATIONS
from core.arrays import Array
from core.backprop import backpropagate
from core.costs import COSTS
from core.forward import NotFinite, Workings
from core.lessons import jacobians
from core.lessons.addresses import Address
from core.lessons.derivations import derive
from core.lessons.expressions import text
from core.lessons.links import Place, links
from core.lessons.routes import routes
from core.lessons.symbols import Symbols
from core.lessons.values import of_example
from core.network import Batch, Network
from tests import references
from tests.core.running_errors import bounds, gamma
from tests.core.worked import batch_of, floats, network_of
from tests.references import Request
from tests.strategies import networks

ALL = 10**6  # more paths than any of these networks has
CHAIN: Request = {
    "weights": [[[0.8]], [[-1.2]]],
    "biases": [[-0.2], [0.4]],
    "activation": "sigmoid",
    "input": [1.5],
    "target": [1.0],
}


def parameters(network: Network) -> Iterator[Address]:
    for l in network.weights.numbers:
        into, source = network.weights[l].shape
        for j in range(into):
            yield Address("biases", l, j)
            for k in range(source):
                yield Address("weights", l, j, k)


def first_example(request: Request) -> Request:
    x, y = references.examples(request)[0]
    return {**request, "input": x, "target": y}


def at(layers: Any, address: Address) -> Any:
    """The entry of a collection of gradients, a layer each, that belongs to a parameter."""
    layer = layers[address.layer - 1]
    return (
        layer[address.neuron] if address.source is None else layer[address.neuron][address.source]
    )


QUANTITY = {"weights": "weight_gradients", "biases": "bias_gradients"}


@settings(max_examples=60)
@given(networks(max_layers=3, max_width=4, max_examples=1))
def test_every_walk_is_the_oracles_gradient(request: Request) -> None:
    """Factors multiplied and paths summed, to every weight and bias: ∂C/∂θ as mpmath has it.

    Within the running error bound of backpropagation, which holds for sums in any order; twice
    that, since a softmax's Jacobian is summed here that backpropagation never writes out.
    """
    request = first_example(request)
    truth = references.gradients(request)
    bound = bounds(request, truth)
    network, example = network_of(request), batch_of(request)
    for address in parameters(network):
        quantity = QUANTITY[address.quantity]
        expected, error = at(floats(truth, quantity), address), at(bound[quantity], address)
        found = derive(network, example, address, ALL)
        product = math.prod(factor.value for factor in found.factors)
        for value in (found.gradient, found.paths.sum, product):
            assert abs(value - expected) <= 2 * error + 2.0**-53 * abs(expected)


@settings(max_examples=100)
@given(networks(max_layers=3, max_width=4, max_examples=1))
def test_the_listed_paths_add_up(request: Request) -> None:
    """Every path listed: as many as there are, and their products add up to the sum.

    A product of 2L + 2 factors is rounded as often, and the sum over all paths once for each term
    of each layer: γ of all that, relative to the sum of the sizes.
    """
    request = first_example(request)
    network, example = network_of(request), batch_of(request)
    roundings = 2 * network.depth + 2 + sum(network.sizes)
    for address in parameters(network):
        found = derive(network, example, address, ALL).paths
        assert len(found.listed) == found.count
        assert found.active == sum(all(path.factors) for path in found.listed)
        products = [path.product for path in found.listed]
        size = math.fsum(map(abs, products))
        # Products below float64's range are off by its smallest number each.
        underflow = found.count * 2.0**-1074 * max(1.0, size)
        assert abs(math.fsum(products) - found.sum) <= 2 * gamma(roundings) * size + underflow
        for path in found.listed:
            exact = math.prod(map(Fraction, path.factors), start=Fraction(1))
            error = Fraction(gamma(len(path.factors))) * abs(exact) + Fraction(2.0**-1073)
            assert abs(Fraction(path.product) - exact) <= error


@settings(max_examples=100)
@given(networks(max_layers=4, max_width=4, max_examples=1))
def test_paths_are_the_entries_of_jacobian_products(request: Request) -> None:
    """From every input to every output: the sum over paths is the product's entry.

    Both are the same sums of products in another order: γ of all factors and terms, relative to
    the sum over the sizes of the paths.
    """
    request = first_example(request)
    network, example = network_of(request), batch_of(request)
    try:
        w = backpropagate(network, example)
        whole = jacobians.running(w, Symbols.of(network.sizes))[0].values
    except NotFinite:
        return
    sizes = absolute_product(w)
    roundings = 2 * (2 * network.depth + sum(network.sizes))
    L = network.depth
    for i, k in itertools.product(range(network.sizes[-1]), range(network.sizes[0])):
        found = routes(network, example, Address("input", 0, k), Address("a", L, i), 1)
        error = gamma(roundings) * sizes[i, k] + network.parameters * 2.0**-1022
        assert abs(found.sum - whole[i, k]) <= error


def absolute_product(w: Workings) -> Array:
    """The product of the Jacobians' absolute values: the sum over the paths' sizes."""
    product: Array = np.eye(w.network.sizes[0])
    for link in links(w, Place("a", 0), Place("a", w.depth)):
        values = np.abs(link.values)
        product = values[:, None] * product if link.diagonal else values @ product
    return product


@settings(max_examples=100)
@given(networks(max_layers=4, max_width=5))
def test_paths_from_z_to_the_cost_are_delta(request: Request) -> None:
    """δ(l)_j is the sum over all paths from z(l)_j to the cost (section 11), in every example.

    The tolerance is that of the sums, relative to the paths' sizes; a softmax output with
    binary_cross_entropy cancels within a factor, so that its terms' sizes are bounded by 1 first.
    """
    network, batch = network_of(request), batch_of(request)
    w = backpropagate(network, batch)
    for i in range(batch.size):
        one = of_example(w, i)
        for l in network.weights.numbers:
            way = links(one, Place("z", l), Place("cost", network.depth))
            back = [np.abs(link.values) for link in way]
            size: Array = np.ones(1 if way[-1].target.quantity == "cost" else len(back[-1]))
            for values, link in zip(reversed(back), reversed(way), strict=True):
                values = values + SLACK if link.target.quantity == "term" else values
                size = size * values if link.diagonal else size @ values
            for j in range(network.sizes[l]):
                start, end = Address("z", l, j), Address("cost")
                found = routes(network, batch.example(i), start, end, 1)
                error = gamma(4 * sum(network.sizes) + 40) * size[j] + 2.0**-1022
                assert abs(found.sum - w.delta[l][i, j]) <= error


SLACK = 1.0  # the entries of ∂C_j/∂z are differences of numbers up to 1


# The chapter's own examples


def test_the_boxes_of_section_9() -> None:
    """The walks to w(1) and w(2) are the boxed formulas, factor by factor, and the biases' too."""
    network, example = network_of(CHAIN), batch_of(CHAIN)
    boxed = {
        Address("weights", 2, 0, 0): "(a(2) − y)·σ′(z(2))·a(1)",
        Address("weights", 1, 0, 0): "(a(2) − y)·σ′(z(2))·w(2)·σ′(z(1))·x",
        Address("biases", 2, 0): "(a(2) − y)·σ′(z(2))·1",
        Address("biases", 1, 0): "(a(2) − y)·σ′(z(2))·w(2)·σ′(z(1))·1",
    }
    for address, formula in boxed.items():
        found = derive(network, example, address, 10)
        assert text(found.equation).endswith(" = " + formula)
        assert [text(factor.formula) for factor in found.factors] == formula.split("·")


def test_the_links_of_fig_2_7() -> None:
    """Five links from w(1) to the cost, named as in the figure; all but the last are shared."""
    found = derive(network_of(CHAIN), batch_of(CHAIN), Address("weights", 1, 0, 0), 10)
    assert [text(factor.derivative) for factor in found.factors] == [
        "∂C/∂a(2)", "∂a(2)/∂z(2)", "∂z(2)/∂a(1)", "∂a(1)/∂z(1)", "∂z(1)/∂w(1)",
    ]  # fmt: skip
    assert [factor.part_of and factor.part_of.pointer for factor in found.factors] == [
        "/delta/1/0", "/delta/1/0", "/delta/0/0", "/delta/0/0", None,
    ]  # fmt: skip
    assert [factor.shared for factor in found.factors] == [True] * 4 + [False]


def test_shared_factors_multiply_to_delta() -> None:
    """The factors that are part of δ(2) multiply to it, and all the shared ones to δ(1)."""
    network, example = network_of(CHAIN), batch_of(CHAIN)
    w = backpropagate(network, example)
    factors = derive(network, example, Address("weights", 1, 0, 0), 10).factors
    of_last = math.prod(f.value for f in factors if f.part_of == Address("delta", 2, 0))
    assert of_last == pytest.approx(w.delta[2].item(), rel=4 * 2.0**-53)
    assert math.prod(f.value for f in factors if f.shared) == pytest.approx(
        w.delta[1].item(), rel=8 * 2.0**-53
    )


def test_fig_2_3_adds_up_to_two() -> None:
    """x reaches y by u1 (2 · 3 = 6) and by u2 (−1 · 4 = −4): dy/dx = 6 + (−4) = 2, exactly."""
    figure = network([[[2.0], [-1.0]], [[3.0, 4.0]]], "identity")
    example = Batch.of([[1.0]], [[0.0]])
    found = routes(figure, example, Address("input", 0, 0), Address("a", 2, 0), 10)
    assert [path.product for path in found.listed] == [6.0, -4.0]
    assert [path.factors for path in found.listed] == [(2.0, 1.0, 3.0, 1.0), (-1.0, 1.0, 4.0, 1.0)]
    assert (found.count, found.sum) == (2, 2.0)


def network(weights: Any, activation: str, cost: str = "mean_squared_error") -> Network:
    kinds = [ACTIVATIONS[activation]() for _ in weights]
    return Network.of(weights, [[0.0] * len(W) for W in weights], kinds, COSTS[cost]())


# From where to where


def test_a_weight_moves_its_own_z_only() -> None:
    """∂z_j/∂w_jk = a_k; another neuron's z does not react: no path leads there."""
    two = network([[[2.0, 5.0], [-1.0, 1.0]], [[3.0, 4.0]]], "identity")
    example = Batch.of([[7.0, 11.0]], [[0.0]])
    weight = Address("weights", 1, 0, 1)
    own = routes(two, example, weight, Address("z", 1, 0), 10)
    assert (own.count, own.sum, own.listed[0].factors) == (1, 11.0, (11.0,))
    assert routes(two, example, weight, Address("z", 1, 1), 10).count == 0
    assert routes(two, example, weight, Address("z", 2, 0), 10).sum == 33.0


def test_a_bias_moves_its_own_z_one_for_one() -> None:
    """∂z_j/∂b_j = 1 is the first factor of each of its paths."""
    two = network([[[2.0, 5.0], [-1.0, 1.0]], [[3.0, 4.0]]], "identity")
    found = routes(
        two, Batch.of([[7.0, 11.0]], [[0.0]]), Address("biases", 1, 1), Address("z", 2, 0), 10
    )
    assert (found.sum, found.listed[0].factors) == (4.0, (1.0, 1.0, 4.0))


def test_within_a_layer() -> None:
    """From z to a of the same neuron there is one path, σ′; to another neuron's a there is none."""
    two = network([[[2.0, 5.0], [-1.0, 1.0]]], "tanh")
    example = Batch.of([[0.1, 0.2]], [[0.0, 0.0]])
    w = backpropagate(two, example)
    same = routes(two, example, Address("z", 1, 1), Address("a", 1, 1), 10)
    assert (same.count, same.sum) == (1, w.sigma[1].derivative(w.z[1])[0, 1])
    assert routes(two, example, Address("z", 1, 0), Address("a", 1, 1), 10).count == 0


# Counting, and the strongest


def wide(layers: int, width: int, seed: int = 0) -> tuple[Network, Batch]:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(width, width)) / math.sqrt(width) for _ in range(layers)]
    batch = Batch.of(rng.normal(size=(1, width)), rng.normal(size=(1, width)))
    return network(weights, "tanh"), batch


def test_paths_through_100_layers_of_100_are_counted_exactly() -> None:
    """From a weight of layer 1 through 99 layers of 100: 10^198 paths to the cost, every digit."""
    deep, batch = wide(100, 100)
    found = derive(deep, batch, Address("weights", 1, 3, 7), 3)
    assert found.paths.count == 100**99
    assert len(found.paths.listed) == 3
    assert found.paths.active == 100**99


def test_dead_units_cut_paths() -> None:
    """A dead ReLU unit leaves the count as it is, and takes its paths from the active ones."""
    weights = [[[1.0], [1.0], [-1.0]], [[1.0, 1.0, 1.0], [1.0, 0.0, 1.0]], [[1.0, 1.0]]]
    dead = network(weights, "relu")
    found = routes(dead, Batch.of([[1.0]], [[0.0]]), Address("input", 0, 0), Address("a", 3, 0), 99)
    assert (found.count, found.active) == (6, 3)
    assert found.sum == 3.0


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("output", ["tanh", "softmax"])
def test_the_strongest_are_those_of_full_enumeration(seed: int, output: str) -> None:
    """The best ten of some hundred paths are the ten largest of all of them, in that order."""
    rng = random.Random(seed)
    sizes = [2, *(rng.randint(2, 5) for _ in range(3)), 3]
    weights = [
        [[rng.choice([0.0, rng.gauss(0, 1)]) for _ in range(source)] for _ in range(into)]
        for source, into in itertools.pairwise(sizes)
    ]
    kinds = [*(ACTIVATIONS["tanh"]() for _ in sizes[2:]), ACTIVATIONS[output]()]
    cost = "cross_entropy" if output == "softmax" else "mean_squared_error"
    some = Network.of(weights, [[0.1] * len(W) for W in weights], kinds, COSTS[cost]())
    batch = Batch.of([[0.3, -0.7]], [[0.2, 0.3, 0.5]])
    start, end = Address("input", 0, 1), Address("cost")
    every = routes(some, batch, start, end, ALL)
    assert len({path.neurons for path in every.listed}) == every.count
    enumerated = sorted((abs(path.product) for path in every.listed), reverse=True)
    best = routes(some, batch, start, end, 10)
    assert [abs(path.product) for path in best.listed] == enumerated[:10]


def test_products_far_below_float64_keep_their_order() -> None:
    """700 factors of about 1e−3: every product underflows, and the strongest is still found."""
    weights = [[[1e-3], [2e-3]], *[[[1e-3, 2e-3], [1e-3, 1e-3]] for _ in range(350)], [[1.0, 1.0]]]
    tiny = network(weights, "identity")
    found = routes(
        tiny, Batch.of([[1.0]], [[0.0]]), Address("input", 0, 0), Address("a", 352, 0), 1
    )
    assert found.listed[0].product == 0.0
    exact = [math.prod(map(Fraction, path.factors)) for path in found.listed]
    largest = brute_maximum(tiny)
    assert exact == [largest]


def brute_maximum(network: Network) -> Fraction:
    """The largest product, exactly, by the same recursion on rationals."""
    best = [Fraction(1)]
    for W in network.weights:
        best = [max(Fraction(float(w)) * b for w, b in zip(row, best, strict=True)) for row in W]
    return max(best)


def test_equal_paths_come_in_the_order_of_their_neurons() -> None:
    """With all weights alike the paths are listed as one would count, and always the same."""
    alike = network([[[1.0]] * 3, [[1.0] * 3] * 3, [[1.0] * 3]], "identity")
    found = routes(alike, Batch.of([[1.0]], [[0.0]]), Address("input", 0, 0), Address("a", 3, 0), 4)
    assert [path.neurons for path in found.listed] == [
        ((0, 0), (1, j), (2, k), (3, 0)) for j, k in ((0, 0), (0, 1), (0, 2), (1, 0))
    ]


@pytest.mark.parametrize("weight", [0.1, 0.3, 1.0])
def test_equal_paths_do_not_stall_the_search(weight: float) -> None:
    """10^100 paths of one size, set apart by nothing but rounding: forty are listed all the same.

    A search that worked its promises out anew at each step would try all that rounding favours.
    """
    alike = network([[[weight] * 10] * 10] * 100, "tanh")
    batch = Batch.of([[0.3] * 10], [[0.0] * 10])
    found = routes(alike, batch, Address("input", 0, 0), Address("cost"), 40)
    assert found.count == 10**100
    assert len({path.neurons for path in found.listed}) == 40
    sizes = [abs(path.product) for path in found.listed]
    assert sizes == pytest.approx([sizes[0]] * 40, rel=1e-12)


def test_overflow_is_told() -> None:
    """A product of a path beyond float64 raises, naming where it ends."""
    huge = network([[[1e200]], [[1e200]]], "identity")
    example = Batch.of([[1e-250]], [[0.0]])
    with pytest.raises(NotFinite, match="a path's product of layer 2"):
        routes(huge, example, Address("input", 0, 0), Address("a", 2, 0), 1)
