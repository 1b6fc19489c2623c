"""What each link of the chain rule is, in letters: ∂a/∂z = σ′(z), ∂z/∂a = w (sections 8 and 9)."""

from collections.abc import Callable
from typing import TypeAlias

from core.forward import Workings
from core.lessons.expressions import (
    Expression,
    Fenced,
    Fraction,
    Number,
    Operator,
    joined,
    row,
    tight,
)
from core.lessons.links import Link, Place
from core.lessons.symbols import COST, Symbols, difference, minus, partial

OutputFormula: TypeAlias = Callable[[Expression, Expression], Expression]
TermFormula: TypeAlias = Callable[[Expression, Expression, Expression, bool], Expression]

ONE = Number(1)


def derivative(link: Link, i: int, j: int, s: Symbols) -> Expression:
    """∂ (entry i of the target) / ∂ (entry j of the source)."""
    return partial(named(link.target, i, s), named(link.source, j, s))


def named(place: Place, entry: int, s: Symbols) -> Expression:
    """The letter of one entry of a place."""
    if place.quantity == "cost":
        return COST
    if place.quantity == "term":
        return s.term(entry)
    return s.z(place.layer, entry) if place.quantity == "z" else s.a(place.layer, entry)


def formula(w: Workings, link: Link, i: int, j: int, s: Symbols) -> Expression:
    """What that derivative is."""
    l, kind = link.source.layer, (link.source.quantity, link.target.quantity)
    if kind == ("a", "z"):
        return s.weight(l + 1, i, j)
    if kind == ("z", "a"):
        return slope(w, l, i, j, s)
    if kind == ("z", "term"):
        a_i, a_j = s.a(l, j), s.a(l, i)
        return TERMS[w.network.cost.name](a_i, a_j, s.target(i), i == j)
    formulas = GRADIENTS if kind == ("a", "cost") else ERRORS
    return formulas[w.network.cost.name](s.a(l, j), s.target(j))


def slope(w: Workings, l: int, i: int, j: int, s: Symbols) -> Expression:
    """∂a_i/∂z_j: σ′, or an entry of softmax's Jacobian."""
    if w.sigma[l].elementwise:
        return s.slope(l, j)
    if i == j:
        return tight(s.a(l, i), rest(s.a(l, i)))
    return minus(joined((s.a(l, i), s.a(l, j)), "·"))


def rest(a: Expression) -> Expression:
    """(1 − a)."""
    return Fenced(difference(ONE, a))


def squared_gradient(a: Expression, y: Expression) -> Expression:
    """a − y."""
    return Fenced(difference(a, y))


def entropy_gradient(a: Expression, y: Expression) -> Expression:
    """−y / a."""
    return minus(Fraction(y, a))


def binary_entropy_gradient(a: Expression, y: Expression) -> Expression:
    """(1 − y) / (1 − a) − y / a."""
    return Fenced(difference(Fraction(difference(ONE, y), difference(ONE, a)), Fraction(y, a)))


GRADIENTS: dict[str, OutputFormula] = {
    "mean_squared_error": squared_gradient,
    "cross_entropy": entropy_gradient,
    "binary_cross_entropy": binary_entropy_gradient,
}
"""∂C/∂a of one output."""


def sigmoid_entropy_error(a: Expression, y: Expression) -> Expression:
    """−y (1 − a)."""
    return tight(Operator("−"), y, rest(a))


ERRORS: dict[str, OutputFormula] = {
    "cross_entropy": sigmoid_entropy_error,
    "binary_cross_entropy": squared_gradient,
}
"""∂C/∂z of one sigmoid output."""


def entropy_term(a_i: Expression, a_j: Expression, y_j: Expression, same: bool) -> Expression:
    """∂C_j/∂z_i = −y_j (1 − a_j) for i = j, otherwise y_j a_i."""
    return sigmoid_entropy_error(a_j, y_j) if same else joined((y_j, a_i), "·")


def binary_entropy_term(
    a_i: Expression, a_j: Expression, y_j: Expression, same: bool
) -> Expression:
    """∂C_j/∂z_i = a_j − y_j for i = j, otherwise −(a_j − y_j) a_i / (1 − a_j)."""
    error = Fenced(difference(a_j, y_j))
    return error if same else row(minus(error), Fraction(a_i, difference(ONE, a_j)))


TERMS: dict[str, TermFormula] = {
    "cross_entropy": entropy_term,
    "binary_cross_entropy": binary_entropy_term,
}
"""∂C_j/∂z_i behind a softmax."""
