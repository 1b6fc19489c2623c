"""Jacobians: rows are outputs, columns are inputs (sections 3, 5 and 8)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.arrays import Array
from core.backprop import backpropagate
from core.forward import Workings
from core.lessons import jacobians
from core.lessons.expressions import text
from core.lessons.jacobians import Jacobian
from core.lessons.operations import operations
from core.lessons.orders import orders
from core.lessons.symbols import Symbols
from core.lessons.values import of_example
from tests import references
from tests.core.running_errors import gamma
from tests.core.worked import batch_of, network_of
from tests.references import Request, mp, ulps_between
from tests.strategies import networks

NUMBERS = st.floats(-4, 4)
STEP = 2.0**-20


def numeric(function: Callable[[Array], Array], x: Array) -> Array:
    """The Jacobian by central differences, column by column."""
    columns = [
        (function(x + STEP * e) - function(x - STEP * e)) / (2 * STEP) for e in np.eye(len(x))
    ]
    return np.stack(columns, axis=1)


def test_the_exercise_of_section_3() -> None:
    """f(x) = [x₁x₂, x₁ + x₂] has J = [[x₂, x₁], [1, 1]], from the product's and the sum's parts."""
    x1, x2 = 3.0, 5.0
    product = np.hstack(jacobians.hadamard_jacobians(np.array([x1]), np.array([x2])))
    addition = np.hstack(jacobians.addition_jacobians(1))
    J = np.vstack([product, addition])
    assert J.tolist() == [[x2, x1], [1.0, 1.0]]
    f = lambda x: np.array([x[0] * x[1], x[0] + x[1]])  # noqa: E731
    # Bilinear: central differences are exact but for rounding, some 2⁻³² of numbers below 16.
    assert numeric(f, np.array([x1, x2])) == pytest.approx(J, abs=1e-8)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5))
def test_the_small_operations(pairs: list[tuple[float, float]]) -> None:
    """Hadamard product, addition, sum and weighted sum against central differences.

    All are linear in each operand, so that differences err by rounding only: 2⁻⁵³ of numbers below
    100 over a step of 2⁻²⁰.
    """
    u, v = (np.array(side) for side in zip(*pairs, strict=True))
    W = np.outer(u, v) + 1.0
    by_u, by_v = jacobians.hadamard_jacobians(u, v)
    plus_u, plus_v = jacobians.addition_jacobians(len(u))
    cases: list[tuple[Array, Callable[[Array], Array], Array]] = [
        (by_u, lambda x: x * v, u),
        (by_v, lambda x: u * x, v),
        (plus_u, lambda x: x + v, u),
        (plus_v, lambda x: u + x, v),
        (jacobians.sum_jacobian(len(u)), lambda x: x.sum(keepdims=True), u),
        (jacobians.weighted_sum_jacobian(W), lambda x: W @ x, v),
    ]
    for found, function, at in cases:
        assert found == pytest.approx(numeric(function, at), abs=1e-7)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_against_the_oracle(name: str) -> None:
    """∂a/∂z of every activation, softmax's full one included, to 8 ulps of mpmath's."""
    z = [0.3, -1.7, 2.9, 0.0625]
    request: Request = {
        "weights": [[[0.0]] * 4], "biases": [z], "activation": name, "input": [1.0],
        "target": [0.2] * 4,
    }  # fmt: skip
    w = workings(request)
    found = jacobians.activation(w, 1, Symbols.of(w.network.sizes))
    assert found.diagonal == (name != "softmax")
    if name == "softmax":
        truth = references.activation_jacobian(name, z)
    else:
        slopes = [references.activation(name, entry)[1] for entry in z]
        truth = [
            [slope if i == j else mp.mpf(0) for j in range(4)] for i, slope in enumerate(slopes)
        ]
    for i, j in itertools.product(range(4), repeat=2):
        assert ulps_between(float(found.matrix[i, j]), truth[i][j]) <= 8


def workings(request: Request) -> Workings:
    return backpropagate(network_of(request), batch_of(request))


def one_example(request: Request) -> Workings:
    return of_example(workings(request), 0)


@settings(max_examples=100)
@given(networks(max_layers=4, max_width=5))
def test_the_chain_is_delta(request: Request) -> None:
    """∂C/∂a(L) · running product, taken through σ′, is δ (section 5 meets section 11).

    γ of all sums and factors, relative to the product of the sizes.
    """
    w = one_example(request)
    s = Symbols.of(w.network.sizes)
    cost = jacobians.cost(w, s)
    if cost is None:
        return
    for l, product in enumerate(jacobians.running(w, s)[1:], start=1):
        slopes = w.sigma[l].derivative(w.z[l][0])
        found = (cost.values @ product.values)[0] * slopes
        size = np.abs(cost.values)
        for m in range(w.depth, l, -1):
            size = size @ np.abs(jacobians.activation(w, m, s).matrix) @ np.abs(w.W[m])
        error = gamma(4 * sum(w.network.sizes) + 40) * size[0] * np.abs(slopes) + 2.0**-1000
        if w.sigma[w.depth].name == "softmax" or w.network.cost.name != "mean_squared_error":
            # ∂C/∂a itself may be far larger than δ: what cancels there is lost here.
            error = error + 1e-12 * size[0] * np.abs(slopes)
        assert (np.abs(found - w.delta[l][0]) <= error).all()


@settings(max_examples=60)
@given(networks(max_layers=4, max_width=5))
def test_shapes_labels_and_norms(request: Request) -> None:
    """m outputs × n inputs with as many labels, and the norm is the largest singular value."""
    w = one_example(request)
    s = Symbols.of(w.network.sizes)
    sizes = w.network.sizes
    found = jacobians.running(w, s)
    for l in w.W.numbers:
        for J, shape in (
            (jacobians.activation(w, l, s), (sizes[l], sizes[l])),
            (jacobians.weighted_sum(w, l, s), (sizes[l], sizes[l - 1])),
            (found[l - 1], (sizes[-1], sizes[l - 1])),
        ):
            assert J.shape == J.matrix.shape == shape
            largest = np.linalg.svd(J.matrix, compute_uv=False)[0]
            assert pytest.approx(largest, rel=1e-12) == J.norm


def test_running_products_are_named_by_their_factors() -> None:
    """∂a(2)/∂a(0) is written as the links that it is the product of; labels are letters."""
    w = workings(MAZUR)
    (first, second) = jacobians.running(w, Symbols.of(w.network.sizes))
    assert text(first.symbol) == "∂a(2)/∂x"
    assert text(first.formula) == "∂a(2)/∂a(1)·∂a(1)/∂x"
    assert text(second.symbol) == "∂a(2)/∂a(1)"
    assert [text(first.output(i)) for i in range(2)] == ["a(2)_0", "a(2)_1"]
    assert [text(first.input(j)) for j in range(2)] == ["x_0", "x_1"]


MAZUR: Request = {
    "weights": [[[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]],
    "biases": [[0.35, 0.35], [0.60, 0.60]],
    "activation": "sigmoid",
    "input": [0.05, 0.10],
    "target": [0.01, 0.99],
}


def test_a_deep_running_product_is_written_with_dots() -> None:
    """Of a hundred links the first three and the last are written: all of them would be L²."""
    deep = {**MAZUR, "weights": [MAZUR["weights"][0]] * 100, "biases": [[0.1, 0.2]] * 100}
    w = workings(deep)
    first = jacobians.running(w, Symbols.of(w.network.sizes))[0]
    assert text(first.formula) == ("∂a(100)/∂a(99)·∂a(99)/∂a(98)·∂a(98)/∂a(97)·⋯·∂a(1)/∂x")


# The operations of a layer


def by_name(w: Workings, l: int, neuron: int = 0) -> dict[str, tuple[Jacobian, ...]]:
    return {one.name: one.jacobians for one in operations(w, l, neuron)}


def test_the_operations_of_section_8_on_mazurs_numbers() -> None:
    """Product, sum, addition, activation and the way back hold the numbers they say."""
    w = workings(MAZUR)
    found = by_name(w, 1, neuron=1)
    assert list(found) == [
        "hadamard_product", "sum", "weighted_sum", "addition", "activation", "backward_product",
    ]  # fmt: skip
    by_weights, by_inputs = found["hadamard_product"]
    assert (by_weights.values.tolist(), by_inputs.values.tolist()) == ([0.05, 0.1], [0.25, 0.3])
    assert found["sum"][0].values.tolist() == [[1.0, 1.0]]
    assert found["weighted_sum"][0].values.tolist() == MAZUR["weights"][0]
    assert [J.matrix.tolist() for J in found["addition"]] == [[[1, 0], [0, 1]]] * 2
    slopes = w.sigma[1].derivative(w.z[1])[0].tolist()
    assert found["activation"][0].values.tolist() == slopes
    assert found["backward_product"][0].values.tolist() == slopes
    assert [J.diagonal for J in found["addition"]] == [True, True]


def test_the_cost_stands_with_the_last_layer() -> None:
    """The cost's gradient is a row, a − y, and its only output is C."""
    w = workings(MAZUR)
    (J,) = by_name(w, 2)["cost"]
    assert J.shape == (1, 2)
    assert J.values.tolist() == (w.a[2] - w.y).tolist()
    assert text(J.output(0)) == "C"


def test_an_infinite_cost_gradient_is_left_out() -> None:
    """Where a saturates to 0 under a logarithm, ∂C/∂a is infinite, and the lesson goes on."""
    request = {
        "weights": [[[1.0], [0.0]]], "biases": [[0.0, 0.0]], "activation": "softmax",
        "input": [800.0], "target": [0.0, 1.0], "cost": "cross_entropy",
    }  # fmt: skip
    w = workings(request)
    assert jacobians.cost(w, Symbols.of(w.network.sizes)) is None
    assert "cost" not in by_name(w, 1)


# The order of multiplication


def brute(dims: tuple[int, ...]) -> list[int]:
    """What every order costs, by trying which product is taken first."""
    if len(dims) == 2:
        return [0]
    return [
        dims[i - 1] * dims[i] * dims[i + 1] + rest
        for i in range(1, len(dims) - 1)
        for rest in brute(dims[:i] + dims[i + 1 :])
    ]


@settings(max_examples=80)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=6))
def test_every_order_and_the_cheapest(sizes: list[int]) -> None:
    """The orders listed are all there are, and the cheapest is the least that any way takes."""
    found = orders(sizes)
    dims = (1, *reversed(sizes))
    every = brute(dims)
    assert found.cheapest == min(every) == found.every[0].multiplications
    assert {order.multiplications for order in found.every} == set(every)
    assert found.backward in every
    assert found.forward in every
    assert found.shapes == tuple(itertools.pairwise(dims))


def test_backward_wins_for_a_scalar_cost() -> None:
    """On uniform layers, backward takes n² each, forward n³: the reason for backpropagation."""
    found = orders([50] * 5)
    assert found.backward == 4 * 50**2 == found.cheapest
    assert found.forward == 3 * 50**3 + 50**2


def test_parentheses_are_written() -> None:
    """Both orders of g J2 J1, with what each costs by hand: [1×2][2×3][3×4]."""
    told: list[Any] = [
        (order.parentheses, order.multiplications) for order in orders([4, 3, 2]).every
    ]
    assert told == [("(g J2) J1", 2 * 3 + 3 * 4), ("g (J2 J1)", 2 * 3 * 4 + 2 * 4)]


def test_a_deep_chain_is_not_searched() -> None:
    """A thousand layers have too many orders to list or search; the two named ones are counted."""
    found = orders([10] * 1001)
    assert (found.cheapest, found.every) == (None, ())
    assert found.backward == 1000 * 100
