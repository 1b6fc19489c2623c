"""The small operations of one layer and their Jacobians on these numbers (section 8, Fig 2.2).

Three vectors get letters of their own: p, the products that one neuron adds up; u = W a, the
weighted sums before the biases; g, the errors that come back through the next layer's weights.
"""

from dataclasses import dataclass

from core.forward import Workings
from core.lessons import jacobians
from core.lessons.expressions import Expression, Identifier, Indices, equation, joined, row
from core.lessons.jacobians import Jacobian, Label
from core.lessons.symbols import (
    COST,
    SIGMA,
    Index,
    Symbols,
    applied,
    diag,
    gradient_by,
    matrix,
    partial,
    scripted,
    slope_of,
    transposed,
    vector,
)

PRODUCTS, SUMS, BACK = (Identifier(letter, bold=True) for letter in "pug")
ONES = transposed(Identifier("1", bold=True))
IDENTITY = Identifier("I")

SENTENCES = {
    "hadamard_product": "A neuron multiplies each number that comes in by its weight. Each product "
    "depends on its own pair only: both Jacobians are diagonal, and each holds the other operand.",
    "sum": "The neuron adds its products up. Each of them counts in full: a row of ones.",
    "weighted_sum": "All neurons of the layer do this at once: W a. Its Jacobian is W itself.",
    "addition": "The biases are added. An addition passes every change straight on: the identity.",
    "activation": "σ takes each entry on its own, so only the diagonal is left: σ′(z).",
    "softmax": "Softmax divides by the sum of all entries, so every output depends on every z: its "
    "Jacobian is full.",
    "backward_product": "On the way back the error is multiplied by σ′(z), entry by entry: this is "
    "the diagonal Jacobian of the activation at work.",
    "cost": "The cost is one number, so its Jacobian is one row: the gradient, lying down.",
}


@dataclass(frozen=True)
class Operation:
    """An operation, what it computes, and its Jacobian by each operand."""

    name: str
    expression: Expression
    jacobians: tuple[Jacobian, ...]

    @property
    def sentence(self) -> str:
        """In words."""
        return SENTENCES[self.name]


def operations(w: Workings, l: int, neuron: int) -> list[Operation]:
    """Those of layer l, in the order in which they are computed; the products are one neuron's.

    `w` holds the complete workings of one example. The cost stands with the last layer, the
    product with σ′ that BP2 takes stands with the others.
    """
    s = Symbols.of(w.network.sizes)
    found = [
        hadamard_product(w, l, neuron, s),
        summation(w, l, neuron, s),
        weighted_sum(w, l, s),
        addition(w, l, s),
        activation(w, l, s),
    ]
    last = cost(w, s) if l == w.depth else backward_product(w, l, s)
    return found if last is None else [*found, last]


def entry(vector: Identifier, index: Index) -> Expression:
    """One entry of an intermediate vector."""
    return scripted(Identifier(vector.name), None, Indices((index,)))


def entries(vector: Identifier) -> Label:
    """The letters of an intermediate vector."""
    return lambda i: entry(vector, i)


def hadamard_product(w: Workings, l: int, j: int, s: Symbols) -> Operation:
    """p = w ⊙ a."""
    row_j = scripted(Identifier("w", bold=True), l, Indices((j,)))
    a, weights, inputs = vector("a", l - 1), w.W[l][j], w.a[l - 1][0]
    by_weights = Jacobian(
        partial(PRODUCTS, row_j), diag(a), inputs, entries(PRODUCTS), lambda k: s.weight(l, j, k)
    )
    by_inputs = Jacobian(
        partial(PRODUCTS, a), diag(row_j), weights, entries(PRODUCTS), lambda k: s.a(l - 1, k)
    )
    expression = equation(PRODUCTS, joined((row_j, a), "⊙"))
    return Operation("hadamard_product", expression, (by_weights, by_inputs))


def summation(w: Workings, l: int, j: int, s: Symbols) -> Operation:
    """u_j = Σ_k p_k."""
    ones = jacobians.sum_jacobian(w.W[l].shape[1])
    symbol = partial(entry(SUMS, j), PRODUCTS)
    jacobian = Jacobian(symbol, ONES, ones, lambda i: entry(SUMS, j), entries(PRODUCTS))
    expression = equation(entry(SUMS, j), s.total("k", entry(PRODUCTS, "k")))
    return Operation("sum", expression, (jacobian,))


def weighted_sum(w: Workings, l: int, s: Symbols) -> Operation:
    """u = W a."""
    a, values = vector("a", l - 1), jacobians.weighted_sum_jacobian(w.W[l])
    jacobian = Jacobian(partial(SUMS, a), matrix(l), values, entries(SUMS), lambda k: s.a(l - 1, k))
    return Operation("weighted_sum", equation(SUMS, applied_matrix(l)), (jacobian,))


def applied_matrix(l: int) -> Expression:
    """W(l) a(l−1)."""
    return row(matrix(l), vector("a", l - 1))


def addition(w: Workings, l: int, s: Symbols) -> Operation:
    """z = u + b."""
    z, b = vector("z", l), vector("b", l)
    by_sums, by_biases = jacobians.addition_jacobians(len(w.b[l]))
    both = (
        Jacobian(
            partial(z, SUMS), IDENTITY, by_sums.diagonal(), lambda i: s.z(l, i), entries(SUMS)
        ),
        Jacobian(
            partial(z, b),
            IDENTITY,
            by_biases.diagonal(),
            lambda i: s.z(l, i),
            lambda j: s.bias(l, j),
        ),
    )
    return Operation("addition", equation(z, joined((SUMS, b), "+")), both)


def activation(w: Workings, l: int, s: Symbols) -> Operation:
    """a = σ(z)."""
    name = "activation" if w.sigma[l].elementwise else "softmax"
    expression = equation(vector("a", l), applied(SIGMA, vector("z", l)))
    return Operation(name, expression, (jacobians.activation(w, l, s),))


def backward_product(w: Workings, l: int, s: Symbols) -> Operation:
    """δ = g ⊙ σ′(z)."""
    slopes, delta = slope_of(vector("z", l)), vector("δ", l)
    values = w.sigma[l].derivative(w.z[l][0])
    jacobian = Jacobian(
        partial(delta, BACK), diag(slopes), values, lambda i: s.delta(l, i), entries(BACK)
    )
    return Operation("backward_product", equation(delta, joined((BACK, slopes), "⊙")), (jacobian,))


def cost(w: Workings, s: Symbols) -> Operation | None:
    """∇C; None where it is infinite."""
    gradient = jacobians.cost(w, s)
    expression = equation(
        partial(COST, vector("a", w.depth)), transposed(gradient_by(vector("a", w.depth)))
    )
    return None if gradient is None else Operation("cost", expression, (gradient,))
