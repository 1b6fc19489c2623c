"""Where one number comes from: its own equation, in letters and with the numbers in.

Chapter sections 6, 7 and 12, for a single z, a, δ, gradient, or the cost.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.forward import Workings
from core.lessons import equations, formulas
from core.lessons.addresses import BY_EXAMPLE, Address
from core.lessons.cost import cost_terms
from core.lessons.expressions import (
    Expression,
    Fenced,
    Fraction,
    Number,
    Operator,
    equation,
    is_shortened,
    joined,
    number,
    pointers,
    row,
    substituted,
)
from core.lessons.links import Link, Place, links
from core.lessons.reading import read_pointer
from core.lessons.symbols import SIGMA, Symbols, applied
from core.lessons.values import of_example, value_at

TERMS_WRITTEN_MAX = 8  # of a sum; a longer one is written with dots
TERMS_BEFORE_DOTS = 3


@dataclass(frozen=True)
class Term:
    """A part of the equation, and what it amounts to."""

    expression: Expression
    value: float


@dataclass(frozen=True)
class Origin:
    """`value` is `times` (if any) times the sum of the terms.

    `letters` is the equation, `numbers` the same with the numbers in.
    """

    at: Address
    value: float
    terms: tuple[Term, ...]
    times: Term | None
    letters: Expression
    numbers: Expression

    @property
    def ingredients(self) -> tuple[str, ...]:
        """Pointers to the numbers that it is made of, each once."""
        parts = [*self.terms, *([self.times] if self.times else [])]
        return tuple(dict.fromkeys(p for part in parts for p in pointers(part.expression)))


Sum = tuple[list[Term], Term | None]


def origin(w: Workings, at: Address, digits: int | None = None) -> Origin:
    """Where the number at an address comes from; numbers are written with so many digits.

    `w` holds the complete workings. The address is that of one number of them, and names the
    example where there is a number for each.
    """
    s = Symbols.of(w.network.sizes, at.example)
    one = of_example(w, at.example or 0) if at.quantity in BY_EXAMPLE else w
    terms, times = SUMS[at.quantity](one, at, s)
    formula = whole([term.expression for term in terms], times)

    def numbered(pointer: str) -> Expression:
        return number(value_at(w, read_pointer(pointer)), digits)

    shown = [*map(numbered, pointers(formula)), Number(value_at(w, at), digits)]
    sign = Operator("≈" if any(map(is_rounded, shown)) else "=")
    numbers = row(s.at(at), Operator("="), substituted(formula, numbered), sign, shown[-1])
    letters = equation(s.at(at), formula)
    return Origin(at, value_at(w, at), tuple(terms), times, letters, numbers)


def is_rounded(shown: Expression) -> bool:
    """Whether a number is shown with fewer digits than it has."""
    plain = shown.inner if isinstance(shown, Fenced) else shown
    return isinstance(plain, Number) and is_shortened(plain)


def whole(terms: Sequence[Expression], times: Term | None) -> Expression:
    """The terms added up, the middle of many left out, and what multiplies them all."""
    if len(terms) > TERMS_WRITTEN_MAX:
        terms = [*terms[:TERMS_BEFORE_DOTS], Operator("⋯"), terms[-1]]
    added = joined(terms, "+")
    if times is None:
        return added
    return row(times.expression, Fenced(added) if len(terms) > 1 else added)


def weighted_input(w: Workings, at: Address, s: Symbols) -> Sum:
    """w_jk a_k for every k, and b_j."""
    l, j = at.layer, index(at.neuron)
    products = w.W[l][j] * w.a[l - 1][0]
    terms = [
        Term(joined((s.weight(l, j, k), s.a(l - 1, k)), "·"), float(product))
        for k, product in enumerate(products)
    ]
    return [*terms, Term(s.bias(l, j), float(w.b[l][j]))], None


def activation(w: Workings, at: Address, s: Symbols) -> Sum:
    """σ(z_j), or z_j's share in softmax."""
    l, j = at.layer, index(at.neuron)
    value = float(w.a[l][0, j])
    if w.sigma[l].elementwise:
        return [Term(applied(SIGMA, s.z(l, j)), value)], None
    powers = [equations.power_of_e(s.z(l, k)) for k in range(w.z[l].shape[1])]
    return [Term(Fraction(powers[j], whole(powers, None)), value)], None


def error(w: Workings, at: Address, s: Symbols) -> Sum:
    """BP1 in the last layer, BP2 in the others."""
    l, j = at.layer, index(at.neuron)
    if l == w.depth:
        return output_error(w, l, j, s), None
    products = w.W[l + 1][:, j] * w.delta[l + 1][0]
    terms = [
        Term(joined((s.weight(l + 1, k, j), s.delta(l + 1, k)), "·"), float(product))
        for k, product in enumerate(products)
    ]
    return terms, Term(s.slope(l, j), float(w.sigma[l].derivative(w.z[l])[0, j]))


def output_error(w: Workings, l: int, j: int, s: Symbols) -> list[Term]:
    """Each way from z(L)_j to the cost: one, or with softmax one through every output."""
    first, *then = links(w, Place("z", l), Place("cost", l))
    if first.diagonal:
        return [output_term(w, [first, *then], [j, j, 0], s)]
    if first.target.quantity == "cost":
        return [output_term(w, [first], [j, 0], s)]
    return [output_term(w, [first, *then], [j, k, 0], s) for k in range(len(first.values))]


def output_term(w: Workings, way: Sequence[Link], entries: Sequence[int], s: Symbols) -> Term:
    """The links on a way through these entries, from the cost back."""
    steps = list(zip(way, entries[1:], entries, strict=False))
    factors = [formulas.formula(w, link, i, j, s) for link, i, j in reversed(steps)]
    values = [link.values[j] if link.diagonal else link.values[i, j] for link, i, j in steps]
    return Term(joined(factors, "·"), float(np.prod(values)))


def bias_gradient(w: Workings, at: Address, s: Symbols) -> Sum:
    """δ_j, averaged over the examples."""
    l, j = at.layer, index(at.neuron)
    letters = [one.delta(l, j) for one in by_example(w, s)]
    terms = [Term(letter, float(d)) for letter, d in zip(letters, w.delta[l][:, j], strict=True)]
    return terms, one_over(w, None)


def weight_gradient(w: Workings, at: Address, s: Symbols) -> Sum:
    """δ_j a_k, averaged over the examples."""
    l, j, k = at.layer, index(at.neuron), index(at.source)
    letters = [joined((one.delta(l, j), one.a(l - 1, k)), "·") for one in by_example(w, s)]
    products = w.delta[l][:, j] * w.a[l - 1][:, k]
    terms = [Term(letter, float(p)) for letter, p in zip(letters, products, strict=True)]
    return terms, one_over(w, None)


def cost(w: Workings, at: Address, s: Symbols) -> Sum:
    """A term for each example and output; ½ and 1/N before them all."""
    del at
    L = w.depth
    lesson = cost_terms(w)
    write = equations.COST_TERMS[w.network.cost.name]
    terms = [
        Term(write(one.a(L, j), one.target(j))[1], float(lesson.terms[i, j]))
        for i, one in enumerate(by_example(w, s))
        for j in range(w.y.shape[1])
    ]
    return terms, one_over(w, lesson.constant)


def by_example(w: Workings, s: Symbols) -> Iterator[Symbols]:
    """The symbols of each example; of the only one as they are."""
    for i in range(len(w.y)):
        yield Symbols(s.indexed, i if len(w.y) > 1 else None)


def one_over(w: Workings, half: float | None) -> Term | None:
    """1/N, with the cost's ½ if it has one; None where both are 1."""
    below = len(w.y) * round(1 / (half or 1.0))
    return None if below == 1 else Term(Fraction(Number(1), Number(below)), 1 / below)


def index(of: int | None) -> int:
    """An index that the address of one number has."""
    assert of is not None, "an address of one number"
    return of


SUMS: dict[str, Callable[[Workings, Address, Symbols], Sum]] = {
    "z": weighted_input,
    "a": activation,
    "delta": error,
    "bias_gradients": bias_gradient,
    "weight_gradients": weight_gradient,
    "cost": cost,
}
"""For each quantity the terms of one number, and what multiplies their sum."""
