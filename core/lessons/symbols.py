"""The chapter's letters (section 2): which expression stands for which quantity.

A network with one neuron in every layer is written without indices, as in section 9.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.lessons.addresses import BY_EXAMPLE, GRADIENTS, Address
from core.lessons.expressions import (
    Expression,
    Fenced,
    Fraction,
    Identifier,
    Indices,
    Linked,
    Number,
    Operator,
    Scripts,
    row,
    tight,
)

LETTERS = {
    "weights": "w",
    "biases": "b",
    "z": "z",
    "a": "a",
    "delta": "δ",
    "input": "x",
    "target": "y",
    "cost": "C",
}
COST = Identifier("C")
TRANSPOSE = Operator("ᵀ")
Index = int | str


@dataclass(frozen=True)
class Symbols:
    """Expressions for quantities of a network; `indexed` unless every layer is one neuron.

    An entry with numbers for indices is linked to its place, in example `example` of a batch.
    """

    indexed: bool = True
    example: int | None = None

    @classmethod
    def of(cls, sizes: Sequence[int], example: int | None = None) -> "Symbols":
        """For layers of these sizes n_0…n_L."""
        return cls(max(sizes) > 1, example)

    def weight(self, l: int, j: Index, k: Index) -> Expression:
        """w(l)_jk, into neuron j from neuron k."""
        return self._entry("weights", l, j, k)

    def bias(self, l: int, j: Index) -> Expression:
        """b(l)_j."""
        return self._entry("biases", l, j)

    def z(self, l: int, j: Index) -> Expression:
        """z(l)_j."""
        return self._entry("z", l, j)

    def a(self, l: int, j: Index) -> Expression:
        """a(l)_j, which is x_j where l is 0."""
        return self._entry("a", l, j) if l else self._entry("input", 0, j)

    def delta(self, l: int, j: Index) -> Expression:
        """δ(l)_j."""
        return self._entry("delta", l, j)

    def target(self, j: Index) -> Expression:
        """y_j."""
        return self._entry("target", 0, j)

    def term(self, j: Index) -> Expression:
        """C_j, the part of the cost that output j alone makes."""
        return scripted(COST, None, self._below(j))

    def slope(self, l: int, j: Index) -> Expression:
        """σ′(z(l)_j)."""
        return slope_of(self.z(l, j))

    def total(self, over: str, *parts: Expression) -> Expression:
        """Σ over neurons; nothing but the parts where a layer has one neuron only."""
        return row(sum_over(over), *parts) if self.indexed else row(*parts)

    def at(self, address: Address) -> Expression:
        """What stands at an address, linked to it."""
        if address.quantity in GRADIENTS:
            of = Address(GRADIENTS[address.quantity], address.layer, address.neuron, address.source)
            return Linked(partial(COST, self._plain(of)), address.pointer)
        return Linked(self._plain(address), address.pointer)

    def _plain(self, at: Address) -> Expression:
        letter, layer = LETTERS[at.quantity], at.layer or None
        if at.quantity == "cost":
            return COST
        if at.whole:
            return matrix(at.layer) if letter == "w" else vector(letter, layer)
        given = (index for index in (at.neuron, at.source) if index is not None)
        return of_example(scripted(Identifier(letter), layer, self._below(*given)), at.example)

    def _entry(self, quantity: str, layer: int, j: Index, k: Index | None = None) -> Expression:
        indices = (j,) if k is None else (j, k)
        symbol = scripted(Identifier(LETTERS[quantity]), layer or None, self._below(*indices))
        if isinstance(j, str) or isinstance(k, str):
            return symbol
        example = self.example if quantity in BY_EXAMPLE else None
        pointer = Address(quantity, layer, j, k, example).pointer
        return Linked(of_example(symbol, example), pointer)

    def _below(self, *indices: Index) -> Expression | None:
        return Indices(indices) if self.indexed else None


def scripted(base: Expression, layer: int | None, below: Expression | None = None) -> Expression:
    """A letter with its layer in parentheses above and its indices below."""
    above = None if layer is None else Fenced(Number(layer))
    return base if above is None and below is None else Scripts(base, below, above)


def of_example(symbol: Expression, example: int | None) -> Expression:
    """…[i] for example i of a batch, where numbers of several examples meet in one equation."""
    return symbol if example is None else tight(symbol, Fenced(Number(example), ("[", "]")))


def vector(letter: str, layer: int | None = None) -> Expression:
    """z(l), a(l), b(l), δ(l), x or y as a whole; a(0) is x."""
    if letter == "a" and layer == 0:
        return vector("x")
    return scripted(Identifier(letter, bold=True), layer)


def matrix(layer: int) -> Expression:
    """W(l)."""
    return scripted(Identifier("W"), layer)


def transposed(of: Expression) -> Expression:
    """(…)ᵀ, without parentheses where nothing else hangs above."""
    return Scripts(of if isinstance(of, Identifier) else Fenced(of), above=TRANSPOSE)


def applied(function: Expression, argument: Expression) -> Expression:
    """f(…)."""
    return tight(function, Fenced(argument))


SIGMA = Identifier("σ")
SIGMA_PRIME = Scripts(SIGMA, above=Operator("′"))


def slope_of(z: Expression) -> Expression:
    """σ′(…)."""
    return applied(SIGMA_PRIME, z)


def partial(top: Expression, bottom: Expression) -> Expression:
    """∂ top / ∂ bottom."""
    return Fraction(tight(Operator("∂"), top), tight(Operator("∂"), bottom))


def sum_over(index: str) -> Expression:
    """Σ with its index."""
    return Scripts(Operator("Σ"), Indices((index,)))


def difference(left: Expression, right: Expression) -> Expression:
    """left − right."""
    return row(left, Operator("−"), right)


def minus(of: Expression) -> Expression:
    """−…."""
    return tight(Operator("−"), of)


def diag(of: Expression) -> Expression:
    """diag(…)."""
    return applied(Identifier("diag"), of)


def gradient_by(of: Expression) -> Expression:
    """∇C by a vector."""
    return tight(Scripts(Operator("∇"), below=of), COST)
