"""Steps, origins and the cost apart: each formula, worked out from what it names, is its number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from core.arrays import Array
from core.backprop import backpropagate
from core.forward import NotFinite, Workings
from core.lessons.addresses import Address
from core.lessons.cost import cost_terms
from core.lessons.expressions import text
from core.lessons.origins import Origin, origin
from core.lessons.reading import read_pointer
from core.lessons.steps import Step, steps
from core.lessons.values import value_at
from tests.core.running_errors import gamma
from tests.core.worked import batch_of, network_of
from tests.references import Request
from tests.strategies import networks

MAZUR: Request = {
    "weights": [[[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]],
    "biases": [[0.35, 0.35], [0.60, 0.60]],
    "activation": "sigmoid",
    "input": [0.05, 0.10],
    "target": [0.01, 0.99],
}


def workings(request: Request) -> Workings:
    return backpropagate(network_of(request), batch_of(request))


def values(step: Step) -> list[Array]:
    return [operand.value for operand in step.operands]


# What each equation does with its operands; none of core's own functions takes part.
DO: dict[str, Any] = {
    "weighted_input": lambda W, a, b: a @ W.T + b,
    "error": lambda Wt, delta, back, slope: (delta @ Wt.T) * slope,
    "bias_gradient": lambda delta: delta.mean(axis=0),
    "weight_gradient": lambda delta, a: np.einsum("ij,ik->jk", delta, a) / len(delta),
}


@settings(max_examples=100)
@given(networks(max_layers=4, max_width=4))
def test_every_step_follows_from_its_operands(request: Request) -> None:
    """Worked out again from the operands that it names, each step gives its result.

    Sums come in another order: γ of their terms, relative to the sums of sizes.
    """
    w = workings(request)
    N, widest = len(w.y), max(w.network.sizes)
    for step in steps(w):
        if step.name not in DO:
            continue
        again = DO[step.name](*values(step))
        size = DO[step.name](*map(np.abs, values(step)))
        error = gamma(2 * (widest + N + 4)) * size + 2.0**-1000
        assert (np.abs(again - step.result.value) <= error).all()


@settings(max_examples=100)
@given(networks(max_layers=4, max_width=4))
def test_every_operand_stands_where_it_says(request: Request) -> None:
    """What has an address is the number there, in each example."""
    w = workings(request)
    for step in steps(w):
        for operand in (*step.operands, step.result):
            if operand.at is not None:
                assert np.array_equal(operand.value, quantity(w, operand.at))


def quantity(w: Workings, at: Address) -> Any:
    named = {"weights": w.W, "biases": w.b, "input": {0: w.a[0]}, "target": {0: w.y}}
    if at.quantity == "cost":
        return w.cost
    return named.get(at.quantity, getattr(w, at.quantity, None))[at.layer]


def test_the_order_of_section_14() -> None:
    """Forward from the inside out, the cost, BP1, BP2 from L − 1 down, then BP3 and BP4."""
    told = [(step.equation, step.layer) for step in steps(workings(MAZUR))]
    assert told == [
        ("forward", 1), ("forward", 1), ("forward", 2), ("forward", 2), ("cost", 2),
        ("BP1", 2), ("BP2", 1), ("BP3", 1), ("BP4", 1), ("BP3", 2), ("BP4", 2),
    ]  # fmt: skip


def test_the_four_boxes_of_section_12() -> None:
    """BP1–BP4 of a 2–2–2 network, as the chapter prints them for vectors and for entries."""
    whole = {step.equation: step for step in steps(workings(MAZUR))}
    assert text(whole["BP1"].formulas.whole) == "δ(2) = ∇_a(2)C ⊙ σ′(z(2))"
    assert text(whole["BP1"].formulas.entry) == "δ(2)_j = ∂C/∂a(2)_j·σ′(z(2)_j)"
    assert text(whole["BP2"].formulas.whole) == "δ(1) = ((W(2))ᵀ δ(2)) ⊙ σ′(z(1))"
    assert text(whole["BP2"].formulas.entry) == "δ(1)_j = σ′(z(1)_j) Σ_k w(2)_kj δ(2)_k"
    assert text(whole["BP3"].formulas.whole) == "∂C/∂b(2) = δ(2)"
    assert text(whole["BP4"].formulas.whole) == "∂C/∂W(2) = δ(2) (a(1))ᵀ"
    assert text(whole["BP4"].formulas.entry) == "∂C/∂w(2)_jk = a(1)_k δ(2)_j"


@pytest.mark.parametrize(
    ("cost", "activation", "formula"),
    [
        ("binary_cross_entropy", "sigmoid", "δ(2) = a(2) − y"),
        ("cross_entropy", "sigmoid", "δ(2) = −y ⊙ (1 − a(2))"),
        ("cross_entropy", "softmax", "δ(2) = a(2) Σ_k y_k − y"),
        ("mean_squared_error", "softmax", "δ(2) = (∂a(2)/∂z(2))ᵀ ∇_a(2)C"),
        ("cross_entropy", "tanh", "δ(2) = ∇_a(2)C ⊙ σ′(z(2))"),
    ],
)
def test_bp1_where_cost_and_output_simplify(cost: str, activation: str, formula: str) -> None:
    """Where σ′ cancels, BP1 is written as what is left; elsewhere as in the chapter."""
    request = {**MAZUR, "activation": ["sigmoid", activation], "cost": cost}
    w = workings(request)
    (found,) = [step for step in steps(w) if step.equation == "BP1"]
    assert text(found.formulas.whole) == formula
    if "Σ" not in formula and found.operands[0].at is not None:
        a, y = values(found)
        again = a - y if activation == "sigmoid" and cost[0] == "b" else -y * (1 - a)
        assert found.result.value == pytest.approx(again, rel=8 * 2.0**-53)


# Origins


def numbers(w: Workings) -> Iterator[Address]:
    """Every number of the workings."""
    yield Address("cost")
    N = len(w.y)
    for l in w.W.numbers:
        into, source = w.W[l].shape
        for j in range(into):
            yield Address("bias_gradients", l, j)
            for i in range(N):
                for name in ("z", "a", "delta"):
                    yield Address(name, l, j, example=i if N > 1 else None)
            for k in range(source):
                yield Address("weight_gradients", l, j, k)


@settings(max_examples=80)
@given(networks(max_layers=3, max_width=3, max_examples=3))
def test_every_number_is_what_its_terms_make(request: Request) -> None:
    """value = times · Σ terms, for every number of the workings.

    The sum may come in another order, and a cost that is computed from z has other roundings
    (tests/core/test_costs.py): γ of the terms and 40 units, relative to the sum of the sizes;
    terms of an entropy behind a softmax cancel within, and are bounded by 1 first.
    """
    w = workings(request)
    for at in numbers(w):
        try:
            found = origin(w, at)
        except NotFinite:
            continue
        assert found.value == value_at(w, at)
        terms = [term.value for term in found.terms]
        times = found.times.value if found.times else 1.0
        size = sum(map(abs, terms))
        if at.quantity == "delta" and w.sigma[w.depth].name == "softmax":
            size += len(terms) * float(np.abs(w.y).sum() + w.y.shape[1])
        error = abs(times) * gamma(2 * len(terms) + 40) * size + 2.0**-1000
        assert abs(times * sum(terms) - found.value) <= error


@settings(max_examples=80)
@given(networks(max_layers=3, max_width=3, max_examples=3))
def test_ingredients_are_there(request: Request) -> None:
    """Every pointer that an origin names leads to a number, and none to the number itself."""
    w = workings(request)
    for at in numbers(w):
        try:
            found = origin(w, at)
        except NotFinite:
            continue
        assert found.at.pointer not in found.ingredients
        for pointer in found.ingredients:
            assert np.isfinite(value_at(w, read_pointer(pointer)))


def of_mazur(pointer: str, digits: int | None = 4) -> Origin:
    return origin(workings(MAZUR), read_pointer(pointer), digits)


@pytest.mark.parametrize(
    ("pointer", "letters", "with_numbers"),
    [
        ("/z/0/0", "z(1)_0 = w(1)_00·x_0 + w(1)_01·x_1 + b(1)_0",
         "z(1)_0 = 0.15·0.05 + 0.2·0.1 + 0.35 = 0.3775"),
        ("/a/0/0", "a(1)_0 = σ(z(1)_0)", "a(1)_0 = σ(0.3775) ≈ 0.5933"),
        ("/delta/0/0", "δ(1)_0 = σ′(z(1)_0) (w(2)_00·δ(2)_0 + w(2)_10·δ(2)_1)",
         "δ(1)_0 = σ′(0.3775) (0.4·0.1385 + 0.5·(-0.0381)) ≈ 0.008771"),
        ("/weight_gradients/1/0/1", "∂C/∂w(2)_01 = δ(2)_0·a(1)_1",
         "∂C/∂w(2)_01 = 0.1385·0.5969 ≈ 0.08267"),
        ("/bias_gradients/1/0", "∂C/∂b(2)_0 = δ(2)_0", "∂C/∂b(2)_0 = 0.1385 ≈ 0.1385"),
        ("/cost", "C = 1/2 ((y_0 − a(2)_0)² + (y_1 − a(2)_1)²)",
         "C = 1/2 ((0.01 − 0.7514)² + (0.99 − 0.7729)²) ≈ 0.2984"),
    ],
)  # fmt: skip
def test_origins_in_letters_and_numbers(pointer: str, letters: str, with_numbers: str) -> None:
    """Mazur's numbers, as he writes them out."""
    found = of_mazur(pointer)
    assert text(found.letters) == letters
    assert text(found.numbers) == with_numbers


def test_a_batch_tells_its_examples_apart() -> None:
    """Of a batch each letter carries its example, and its pointer has it too."""
    request = {**MAZUR, "input": [[0.05, 0.1], [1.0, 2.0]], "target": [[0.01, 0.99], [1.0, 0.0]]}
    w = backpropagate(network_of(request), batch_of(request))
    found = origin(w, read_pointer("/weight_gradients/0/1/0"), 3)
    assert text(found.letters) == "∂C/∂w(1)_10 = 1/2 (δ(1)_1[0]·x_0[0] + δ(1)_1[1]·x_0[1])"
    assert found.ingredients == ("/delta/0/0/1", "/input/0/0", "/delta/0/1/1", "/input/1/0")


def test_a_long_sum_is_written_with_dots() -> None:
    """Of 784 products three are written, dots, and the bias; all the terms are there."""
    wide = {
        "weights": [[[0.5] * 784]], "biases": [[1.0]], "activation": "identity",
        "input": [2.0] * 784, "target": [0.0],
    }  # fmt: skip
    found = origin(workings(wide), Address("z", 1, 0), 4)
    assert text(found.letters) == ("z(1)_0 = w(1)_00·x_0 + w(1)_01·x_1 + w(1)_02·x_2 + ⋯ + b(1)_0")
    assert len(found.terms) == 785
    assert found.value == 785.0


# The cost


@settings(max_examples=100)
@given(networks(max_layers=2, max_width=4))
def test_the_cost_apart(request: Request) -> None:
    """C = 1/N Σ C₁, and C₁ = constant · Σ terms, the ½ apart from the terms (section 7).

    γ of all the terms relative to the sum of their sizes.
    """
    w = workings(request)
    try:
        found = cost_terms(w)
    except NotFinite:
        return
    assert found.constant == (0.5 if w.network.cost.name == "mean_squared_error" else 1.0)
    by_example = found.constant * found.terms.sum(axis=1)
    size = np.abs(found.terms).sum(axis=1)
    error = gamma(found.terms.size + 6) * size + 2.0**-1070
    assert (np.abs(by_example - found.by_example) <= error).all()
    assert abs(found.by_example.mean() - found.cost) <= error.sum()
