"""One tree, three notations: plain text, LaTeX and MathML say the same."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given, settings

from core.backprop import backpropagate
from core.lessons import equations
from core.lessons.addresses import Address
from core.lessons.expressions import (
    Expression,
    Fenced,
    Fraction,
    Identifier,
    Indices,
    Linked,
    Number,
    Operator,
    Power,
    Scripts,
    equation,
    joined,
    latex,
    mathml,
    number,
    pointers,
    row,
    substituted,
    text,
    tight,
)
from core.lessons.origins import origin
from core.lessons.steps import steps
from core.lessons.symbols import Symbols, matrix, partial, transposed, vector
from tests.core.worked import batch_of, network_of
from tests.references import Request
from tests.strategies import networks

S = Symbols()


@pytest.mark.parametrize(
    ("expression", "plain", "tex"),
    [
        (vector("z", 2), "z(2)", r"\mathbf{z}^{(2)}"),
        (vector("δ", 1), "δ(1)", r"\boldsymbol{\delta}^{(1)}"),
        (vector("a", 0), "x", r"\mathbf{x}"),
        (matrix(3), "W(3)", "W^{(3)}"),
        (transposed(matrix(3)), "(W(3))ᵀ", r"(W^{(3)})^{\top}"),
        (transposed(vector("x")), "xᵀ", r"\mathbf{x}^{\top}"),
        (S.weight(1, 0, 2), "w(1)_02", "w^{(1)}_{02}"),
        (S.weight(1, 10, 2), "w(1)_10,2", "w^{(1)}_{10,2}"),
        (S.slope(1, "j"), "σ′(z(1)_j)", r"\sigma^{\prime} (z^{(1)}_{j})"),
        (partial(Identifier("C"), S.bias(1, 0)), "∂C/∂b(1)_0",
         r"\frac{\partial C}{\partial b^{(1)}_{0}}"),
        (Power(Fenced(row(Number(1), Operator("−"), Identifier("y"))), Number(2)), "(1 − y)²",
         "(1 - y)^{2}"),
        (Power(Identifier("e"), Identifier("z")), "e^z", "e^{z}"),
        (Number(1e-20), "1e-20", r"1 \cdot 10^{-20}"),
        (number(-4.0), "(-4)", "(-4)"),
        (Number(1 / 3, 4), "0.3333", "0.3333"),
        (joined([Identifier("a"), tight(Operator("−"), Identifier("b"))], "+"), "a + (−b)",
         "a + (- b)"),
        (Fraction(Number(1), tight(Number(2), Identifier("N"))), "1/(2N)", r"\frac{1}{2 N}"),
    ],
)  # fmt: skip
def test_plain_text_and_latex(expression: Expression, plain: str, tex: str) -> None:
    """Each kind of expression is written as on paper."""
    assert text(expression) == plain
    assert latex(expression) == tex


def element(node: Any) -> ET.Element:
    """The element of a nested list, as a page would build it."""
    tag, *rest = node
    attributes = rest.pop(0) if rest and isinstance(rest[0], dict) else {}
    made = ET.Element(tag, attributes)
    for child in rest:
        if isinstance(child, str):
            made.text = child
        else:
            made.append(element(child))
    return made


CHILDREN = {"msub": 2, "msup": 2, "msubsup": 3, "mfrac": 2}
LEAVES = {"mi", "mn", "mo"}


def check_element(made: ET.Element) -> None:
    """As MathML Core has it: leaves hold text, scripts and fractions exactly their parts."""
    if made.tag in LEAVES:
        assert made.text
        assert not list(made)
    else:
        assert made.tag in {*CHILDREN, "mrow"}
        assert not made.text
        assert len(made) == CHILDREN.get(made.tag, len(made))
        assert len(made) > 0
    assert set(made.keys()) <= {"class", "data-at"}
    for child in made:
        check_element(child)


def letters(made: ET.Element) -> str:
    return "".join(made.itertext())


SAME = str.maketrans({"⊤": "ᵀ", "∑": "Σ"})


def bare(plain: str) -> str:
    """Without what only plain text has: blanks, underscores, slashes and fences of fractions."""
    return re.sub(r"[\s_/(),^\[\]]", "", plain).translate(str.maketrans("²", "2"))


@settings(max_examples=60)
@given(networks(max_layers=3, max_width=3, max_examples=2))
def test_three_notations_of_every_formula(request: Request) -> None:
    """Every formula of every lesson: well-formed MathML, balanced LaTeX, the letters of the text.

    Order differs where a layer stands above an index, so the letters are compared sorted.
    """
    w = backpropagate(network_of(request), batch_of(request))
    for step in steps(w):
        for formula in step.formulas:
            check_notations(formula)
    for at in (Address("cost"), Address("weight_gradients", 1, 0, 0)):
        found = origin(w, at, 4)
        check_notations(found.letters)
        check_notations(found.numbers)
    check_notations(equations.network(w.depth))


def check_notations(formula: Expression) -> None:
    made = element(mathml(formula))
    check_element(made)
    plain = bare(text(formula)).replace("-", "−").replace("·10", "e").replace("e−", "e−")
    tree = bare(letters(made)).translate(SAME)
    if not re.search(r"e[−+]?\d", plain):  # powers of ten are set, not written with e
        assert sorted(plain) == sorted(tree)
    tex = latex(formula)
    assert tex.count("{") == tex.count("}")
    assert not re.search(r"[^\x00-\x7f]", tex), tex


def test_letters_are_linked_to_their_numbers() -> None:
    """The pointers of an expression come from left to right, and numbers go in at them."""
    formula = equation(S.z(1, 0), joined((S.weight(1, 0, 1), S.a(0, 1)), "·"))
    assert list(pointers(formula)) == ["/z/0/0", "/weights/0/0/1", "/input/1"]
    values = {"/z/0/0": 6.0, "/weights/0/0/1": -2.0, "/input/1": -3.0}
    assert text(substituted(formula, lambda pointer: number(values[pointer]))) == "6 = (-2)·(-3)"


def test_mathml_marks_links_and_vectors() -> None:
    """A page finds what a letter stands for, and which letters are vectors."""
    linked = mathml(Linked(Scripts(Identifier("b"), Indices((1,))), "/biases/0/1"))
    assert linked == ["mrow", {"data-at": "/biases/0/1"}, ["msub", ["mi", "b"], ["mn", "1"]]]
    assert mathml(Identifier("x", bold=True)) == ["mi", {"class": "vector"}, "x"]


def test_one_neuron_in_every_layer_is_written_without_indices() -> None:
    """Section 9's network has w(1), not w(1)_00; any other has indices everywhere."""
    assert text(Symbols.of([1, 1, 1]).weight(1, 0, 0)) == "w(1)"
    assert text(Symbols.of([1, 2, 1]).weight(1, 0, 0)) == "w(1)_00"


def test_the_nested_function_of_section_6() -> None:
    """ŷ written out for two layers, with dots for many."""
    assert text(equations.network(2)) == "ŷ = σ(W(2) σ(W(1) x + b(1)) + b(2))"
    assert text(equations.network(9)) == "ŷ = σ(W(9) σ(W(8) ⋯ σ(W(1) x + b(1)) ⋯ + b(8)) + b(9))"
