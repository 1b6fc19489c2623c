"""The chapter's equations in letters, for whole vectors and for one entry (sections 6, 7, 12)."""

from collections.abc import Callable
from typing import NamedTuple

from core.costs import Composed
from core.forward import Workings
from core.lessons.expressions import (
    Expression,
    Fenced,
    Fraction,
    Identifier,
    Number,
    Operator,
    Power,
    Row,
    Scripts,
    equation,
    joined,
    row,
    tight,
)
from core.lessons.symbols import (
    COST,
    SIGMA,
    Symbols,
    applied,
    difference,
    gradient_by,
    matrix,
    minus,
    partial,
    slope_of,
    sum_over,
    transposed,
    vector,
)

NESTED_MAX = 4  # layers written out; the chapter, too, puts dots into deeper ones


class Formulas(NamedTuple):
    """The same equation for all of a layer at once, and for its entry j (and k)."""

    whole: Expression
    entry: Expression


def network(depth: int) -> Expression:
    """ŷ = σ(W(L) … σ(W(1) x + b(1)) … + b(L)), from the outside in."""
    return equation(Identifier("ŷ", bold=True), nested(depth, depth))


def nested(l: int, depth: int) -> Expression:
    """a(l) written out; of a deep network only the two layers at either end."""
    if depth > NESTED_MAX and l == depth - 1:
        inner: Expression = row(Operator("⋯"), nested(1, 1), Operator("⋯"))
    else:
        inner = nested(l - 1, depth) if l > 1 else vector("x")
    return applied(SIGMA, joined((row(matrix(l), inner), vector("b", l)), "+"))


def weighted_input(l: int, s: Symbols) -> Formulas:
    """z(l) = W(l) a(l−1) + b(l)."""
    z, b = vector("z", l), vector("b", l)
    terms = s.total("k", s.weight(l, "j", "k"), s.a(l - 1, "k"))
    return Formulas(
        equation(z, joined((row(matrix(l), vector("a", l - 1)), b), "+")),
        equation(s.z(l, "j"), joined((terms, s.bias(l, "j")), "+")),
    )


def activation(l: int, elementwise: bool, s: Symbols) -> Formulas:
    """a(l) = σ(z(l)), or softmax."""
    whole = equation(vector("a", l), applied(SIGMA, vector("z", l)))
    if elementwise:
        return Formulas(whole, equation(s.a(l, "j"), applied(SIGMA, s.z(l, "j"))))
    share = Fraction(power_of_e(s.z(l, "j")), s.total("k", power_of_e(s.z(l, "k"))))
    return Formulas(whole, equation(s.a(l, "j"), share))


def power_of_e(exponent: Expression) -> Expression:
    """e to a power."""
    return Power(Identifier("e"), exponent)


def cost(name: str, l: int, s: Symbols) -> Formulas:
    """C, with its 1/N; and the term of one output of one example."""
    a, y = s.a(l, "j"), s.target("j")
    constant, term = COST_TERMS[name](a, y)
    over_outputs = s.total("j", term)
    whole = row(Fraction(Number(1), constant), sum_over("i"), over_outputs)
    return Formulas(equation(COST, whole), term)


def squared_term(a: Expression, y: Expression) -> tuple[Expression, Expression]:
    """(y − a)², and the 2 below the 1."""
    square = Power(Fenced(difference(y, a)), Number(2))
    return tight(Number(2), Identifier("N")), square


def entropy_term(a: Expression, y: Expression) -> tuple[Expression, Expression]:
    """−y ln a."""
    return Identifier("N"), Fenced(row(minus(y), LN, a))


def binary_entropy_term(a: Expression, y: Expression) -> tuple[Expression, Expression]:
    """−y ln a − (1 − y) ln(1 − a)."""
    for_it = row(minus(y), LN, a)
    against = row(rest(y), tight(LN, rest(a)))
    return Identifier("N"), Fenced(difference(for_it, against))


LN = Identifier("ln")
COST_TERMS: dict[str, Callable[[Expression, Expression], tuple[Expression, Expression]]] = {
    "mean_squared_error": squared_term,
    "cross_entropy": entropy_term,
    "binary_cross_entropy": binary_entropy_term,
}
"""For each cost what stands below the 1, and the term of one output."""


def rest(of: Expression) -> Expression:
    """(1 − …)."""
    return Fenced(difference(Number(1), of))


def bp1(w: Workings, l: int, s: Symbols) -> tuple[Formulas, bool]:
    """δ(L), and whether ∂C/∂a and σ′ are merged in it."""
    kind = (w.network.cost.name, w.sigma[l].name)
    if kind in MERGED and not isinstance(w.output, Composed):
        return MERGED[kind](l, s), True
    gradient, delta = gradient_by(vector("a", l)), vector("δ", l)
    by_a = partial(COST, s.a(l, "j"))
    if w.sigma[l].elementwise:
        slopes = slope_of(vector("z", l))
        entry = joined((by_a, s.slope(l, "j")), "·")
        whole = equation(delta, joined((gradient, slopes), "⊙"))
        return Formulas(whole, equation(s.delta(l, "j"), entry)), False
    jacobian = transposed(partial(vector("a", l), vector("z", l)))
    by_k = joined((partial(COST, s.a(l, "k")), partial(s.a(l, "k"), s.z(l, "j"))), "·")
    whole = equation(delta, row(jacobian, gradient))
    return Formulas(whole, equation(s.delta(l, "j"), s.total("k", by_k))), False


def sigmoid_binary_entropy(l: int, s: Symbols) -> Formulas:
    """δ = a − y."""
    return Formulas(
        equation(vector("δ", l), difference(vector("a", l), vector("y"))),
        equation(s.delta(l, "j"), difference(s.a(l, "j"), s.target("j"))),
    )


def sigmoid_entropy(l: int, s: Symbols) -> Formulas:
    """δ = −y ⊙ (1 − a)."""
    ones = Identifier("1", bold=True)
    whole = row(minus(vector("y")), Operator("⊙"), Fenced(difference(ones, vector("a", l))))
    entry = tight(Operator("−"), s.target("j"), rest(s.a(l, "j")))
    return Formulas(equation(vector("δ", l), whole), equation(s.delta(l, "j"), entry))


def softmax_entropy(l: int, s: Symbols) -> Formulas:
    """δ = a Σ_k y_k − y: a − y for targets that add up to 1."""
    sum_of_targets = s.total("k", s.target("k"))
    return Formulas(
        equation(vector("δ", l), difference(row(vector("a", l), sum_of_targets), vector("y"))),
        equation(s.delta(l, "j"), difference(row(s.a(l, "j"), sum_of_targets), s.target("j"))),
    )


def softmax_binary_entropy(l: int, s: Symbols) -> Formulas:
    """δ_j = (a_j − y_j) − a_j Σ_(k≠j) (a_k − y_k) / (1 − a_k)."""
    off = Fraction(difference(s.a(l, "k"), s.target("k")), difference(Number(1), s.a(l, "k")))
    others = Row((Identifier("k"), Operator("≠"), Identifier("j")), tight=True)
    back = row(s.a(l, "j"), Scripts(Operator("Σ"), others), off)
    entry = difference(Fenced(difference(s.a(l, "j"), s.target("j"))), back)
    by_terms = s.total("k", partial(s.term("k"), s.z(l, "j")))
    return Formulas(equation(s.delta(l, "j"), by_terms), equation(s.delta(l, "j"), entry))


MERGED: dict[tuple[str, str], Callable[[int, Symbols], Formulas]] = {
    ("binary_cross_entropy", "sigmoid"): sigmoid_binary_entropy,
    ("cross_entropy", "sigmoid"): sigmoid_entropy,
    ("cross_entropy", "softmax"): softmax_entropy,
    ("binary_cross_entropy", "softmax"): softmax_binary_entropy,
}
"""BP1 where ∂C/∂a and σ′ simplify."""


def bp2(l: int, s: Symbols) -> Formulas:
    """δ(l) = ((W(l+1))ᵀ δ(l+1)) ⊙ σ′(z(l))."""
    back = Fenced(row(transposed(matrix(l + 1)), vector("δ", l + 1)))
    terms = s.total("k", s.weight(l + 1, "k", "j"), s.delta(l + 1, "k"))
    return Formulas(
        equation(vector("δ", l), joined((back, slope_of(vector("z", l))), "⊙")),
        equation(s.delta(l, "j"), row(s.slope(l, "j"), terms)),
    )


def bp3(l: int, examples: int, s: Symbols) -> Formulas:
    """∂C/∂b(l) = δ(l)."""
    return Formulas(
        equation(partial(COST, vector("b", l)), averaged(examples, vector("δ", l))),
        equation(partial(COST, s.bias(l, "j")), averaged(examples, s.delta(l, "j"))),
    )


def bp4(l: int, examples: int, s: Symbols) -> Formulas:
    """∂C/∂W(l) = δ(l) a(l−1)ᵀ."""
    outer = (vector("δ", l), transposed(vector("a", l - 1)))
    entry = (s.a(l - 1, "k"), s.delta(l, "j"))
    return Formulas(
        equation(partial(COST, matrix(l)), averaged(examples, *outer)),
        equation(partial(COST, s.weight(l, "j", "k")), averaged(examples, *entry)),
    )


def averaged(examples: int, *of: Expression) -> Expression:
    """The chapter's formula for one example; with 1/N Σ_i before it for a batch."""
    if examples == 1:
        return row(*of)
    mean = Fraction(Number(1), Number(examples))
    return row(mean, sum_over("i"), *of)
