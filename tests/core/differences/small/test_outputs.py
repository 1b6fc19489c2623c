"""Each cost's term of floats, its three faces one by one, against 50 digits and the arrays."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.costs import COSTS
from core.differences.changes import SECANT
from core.differences.complex_step import COARSER, IMAGINARY
from core.differences.directions import LENGTH
from core.differences.heads import Head
from core.differences.small.curves import CURVES
from core.differences.small.outputs import OUTPUTS, SQUARED_ERROR, Term, Terms, output_of
from core.differences.softmax_heads import head_of
from core.network import Network
from tests import references
from tests.core.differences.small import plain
from tests.core.differences.test_changes import U
from tests.references import Scalar, mp, number

PAIRS = [pair for pair in plain.PAIRS if pair[0] != "softmax"]
Z = [0.3, -2.0, 5.0, -30.0, 40.0, 600.0, -600.0]
Y = [0.0, 0.2, 0.5, 1.0]
CASES = [*itertools.product(Z, Y)]


def truth(name: str, cost: str, z: Any, y: float) -> tuple[Any, Any]:
    """The term and its derivative by z."""
    source = Scalar(number(z))
    term = references.example_cost(cost, name, [source], references.activate(name, [source]), [
        number(y)
    ])  # fmt: skip
    references.sweep(term)
    return term.value, source.gradient


def about(name: str, cost: str, z: float, y: float) -> tuple[Terms, float, Term, Head]:
    """The output of floats, a, its term, and the arrays' head, all about the same z."""
    output = output_of(name, cost)
    assert isinstance(output, Terms)
    net = Network.of([[[0.0]]], [[z]], [ACTIVATIONS[name]()], COSTS[cost]())
    z_, y_ = np.array([[z]]), np.array([[y]])
    a_ = net.activations[1](z_)
    a = float(a_[0, 0])
    return output, a, output.about(CURVES[name], z, a, y), head_of(net, z_, a_, y_)


def test_which_costs_are_served() -> None:
    """Squares after all but softmax, entropies after the sigmoid, one of them after softmax."""
    assert {(name, cost) for name in ACTIVATIONS for cost in COSTS if output_of(name, cost)} == {
        *((name, "mean_squared_error") for name in ACTIVATIONS if name != "softmax"),
        ("softmax", "cross_entropy"),
        ("sigmoid", "binary_cross_entropy"),
        ("sigmoid", "cross_entropy"),
    }
    assert output_of("tanh", "mean_squared_error") is SQUARED_ERROR
    assert output_of("sigmoid", "cross_entropy") is OUTPUTS["sigmoid", "cross_entropy"]


@pytest.mark.parametrize(("name", "cost"), PAIRS)
def test_values(name: str, cost: str) -> None:
    """The term to a few ulps of what a − y and y, 1 − y leave of it."""
    for z, y in CASES:
        output, a, *_ = about(name, cost, z, y)
        exact, _ = truth(name, cost, z, y)
        size = abs(exact) if cost != "mean_squared_error" else (abs(a) + abs(y)) ** 2
        assert abs(number(output.value(z, a, y)) - exact) <= 8 * U * size + 1e-300, (z, y)


@pytest.mark.parametrize(("name", "cost"), PAIRS)
def test_the_term_moves_without_cancellation(name: str, cost: str) -> None:
    """The change of the term from |s| = 2⁻⁴ to 2⁻⁶⁰, good to ulps of its own terms."""
    for z, y in CASES:
        _, _, term, _ = about(name, cost, z, y)
        for s in (2.0**-4, -(2.0**-10), 2.0**-16, -(2.0**-60)):
            with mp.workdps(400):  # 1 − σ(600) takes 261 of them
                before, after = (truth(name, cost, number(z) + d, y)[0] for d in (0, number(s)))
                exact = after - before
            # Larger moves change the slopes themselves, by a factor of 4 at the most here.
            allowed = 4 * 32 * U * (term.scale(SECANT) + term.rounded(SECANT)) * abs(s)
            assert abs(number(term.change(s)) - exact) <= allowed + 1e-290, (z, y, s)


@pytest.mark.parametrize(("name", "cost"), PAIRS)
def test_what_sizes_errors_is_what_the_arrays_say(name: str, cost: str) -> None:
    """Secant, scale and rounding of a(L), for both steps that ask: the same few operations."""
    for z, y in CASES:
        _, _, term, head = about(name, cost, z, y)
        told: list[tuple[float, Any]] = [(term.secant, head.secant())]
        for step in (SECANT, LENGTH):
            told += [
                (term.scale(step), head.scale(step)),
                (term.rounded(step), head.output_rounding(step)),
            ]
        for found, expected in told:
            size = float(np.ravel(expected)[0])
            assert found == pytest.approx(size, rel=1e-13, abs=1e-300), (z, y)
        assert head.inverse_room(SECANT) == 0.0  # these come near no wall


@pytest.mark.parametrize(("name", "cost"), PAIRS)
def test_the_imaginary_part_is_the_derivative(name: str, cost: str) -> None:
    """Im of the term at z + ih and σ(z + ih), over h, is its derivative by z."""
    for z, y in CASES:
        output, a, term, _ = about(name, cost, z, y)
        _, exact = truth(name, cost, z, y)
        for rate in (1.0, -3e4, 1e-9):
            z_ = complex(z, IMAGINARY * rate)
            a_ = complex(a, CURVES[name].analytic(z_).imag)
            found = output.term(z_, a_, y).imag / IMAGINARY
            # a is stored with an error of its own, which a − y inherits.
            allowed = COARSER * U * (term.scale(SECANT) + term.rounded(SECANT)) * abs(rate)
            assert abs(number(found) - number(rate) * exact) <= allowed + 1e-205, (z, y)


@pytest.mark.parametrize(("name", "cost"), PAIRS)
def test_the_real_part_is_the_value(name: str, cost: str) -> None:
    """The term in the complex plane is the term, in its real part."""
    for z, y in CASES:
        output, a, *_ = about(name, cost, z, y)
        found = output.term(complex(z, IMAGINARY), complex(a, IMAGINARY), y).real
        # What it is less is h².
        assert found == pytest.approx(output.value(z, a, y), rel=1e-14, abs=1e-198)


@pytest.mark.parametrize(("name", "cost"), PAIRS)
def test_several_outputs_are_their_sum(name: str, cost: str) -> None:
    """All moved or one alone; each term's sizes in its own place."""
    z, y = [0.3, -2.0, 1.5], [0.2, 1.0, 0.5]
    each = [about(name, cost, *pair) for pair in zip(z, y, strict=True)]
    output, a = each[0][0], [entry[1] for entry in each]
    head, terms = output.head(CURVES[name], z, a, y), [entry[2] for entry in each]
    moves = [1e-3, -2e-3, 4e-3]
    changes = [term.change(s) for term, s in zip(terms, moves, strict=True)]
    assert head.change(moves) == sum(changes)
    assert [head.alone(j, s) for j, s in enumerate(moves)] == changes
    assert head.secants == [term.secant for term in terms]
    assert head.scales(LENGTH) == [term.scale(LENGTH) for term in terms]
    assert head.rounded(LENGTH) == [term.rounded(LENGTH) for term in terms]
    assert output.values(z, a, y) == [*map(output.value, z, a, y)]
    z_, a_ = [complex(x, IMAGINARY) for x in z], [complex(x, -IMAGINARY) for x in a]
    assert output.analytic(z_, a_, y) == sum(map(output.term, z_, a_, y))
