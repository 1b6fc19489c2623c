"""The computation one step at a time: forward from the inside out, the cost, then BP1–BP4.

Chapter sections 6, 7, 11, 12 and 14, Figs 2.5, 2.9 and 2.10.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from core.activations import Activation
from core.arrays import Array
from core.forward import Workings
from core.lessons import equations
from core.lessons.addresses import Address
from core.lessons.equations import Formulas
from core.lessons.expressions import Expression, row
from core.lessons.symbols import Symbols, gradient_by, matrix, slope_of, transposed, vector


@dataclass(frozen=True, eq=False)
class Operand:
    """A vector or matrix that a step takes or gives.

    `by_example`: one row for each example. `at` is where it stands among the request's numbers or
    the workings; None for what is used on the spot only.
    """

    symbol: Expression
    value: Array
    by_example: bool = True
    at: Address | None = None


@dataclass(frozen=True, eq=False)
class Step:
    """One equation for one layer, worked out; `equation` as in verdicts, `name` for each step."""

    equation: str
    name: str
    layer: int
    formulas: Formulas
    operands: tuple[Operand, ...]
    result: Operand
    sentence: str


def steps(w: Workings) -> Iterator[Step]:
    """Every step, in the order in which they are taken; `w` holds the complete workings."""
    s, L = Symbols.of(w.network.sizes), w.depth
    for l in w.W.numbers:
        yield weighted_input(w, l, s)
        yield activation(w, l, s)
    yield cost(w, L, s)
    yield bp1(w, L, s)
    for l in range(L - 1, 0, -1):
        yield bp2(w, l, s)
    for l in w.W.numbers:
        yield bp3(w, l, s)
        yield bp4(w, l, s)


def weighted_input(w: Workings, l: int, s: Symbols) -> Step:
    """z(l) = W(l) a(l−1) + b(l)."""
    operands = (weights(w, l), activations(w, l - 1), biases(w, l))
    sentence = (
        f"Layer {l} multiplies what comes in by its weights, adds up, and adds its biases: "
        "the weighted inputs z."
    )
    formulas = equations.weighted_input(l, s)
    return Step("forward", "weighted_input", l, formulas, operands, weighted(w, l), sentence)


def activation(w: Workings, l: int, s: Symbols) -> Step:
    """a(l) = σ(z(l))."""
    sentence = f"The {function(w.sigma[l])} turns each weighted input into an activation a."
    if not w.sigma[l].elementwise:
        sentence = "Softmax turns the weighted inputs into shares a that add up to 1."
    if l == w.depth:
        sentence += " These are the network's answer ŷ."
    formulas = equations.activation(l, w.sigma[l].elementwise, s)
    return Step(
        "forward", "activation", l, formulas, (weighted(w, l),), activations(w, l), sentence
    )


def function(sigma: Activation) -> str:
    """What a student calls σ."""
    return f"activation function σ ({sigma.name.replace('_', ' ')})"


def cost(w: Workings, l: int, s: Symbols) -> Step:
    """C, from the last activations and the targets."""
    formulas = equations.cost(w.network.cost.name, l, s)
    sentence = "The cost says in one number how far the answer is from the target."
    if len(w.y) > 1:
        sentence += " It is the average over the examples."
    result = Operand(s.at(Address("cost")), w.cost, by_example=False, at=Address("cost"))
    return Step("cost", "cost", l, formulas, (activations(w, l), targets(w)), result, sentence)


def bp1(w: Workings, l: int, s: Symbols) -> Step:
    """δ(L) = ∇C ⊙ σ′(z(L)), or what it becomes where the two simplify."""
    formulas, merged = equations.bp1(w, l, s)
    if merged:
        operands: tuple[Operand, ...] = (activations(w, l), targets(w))
        sentence = (
            f"For this cost and this output, the slope of σ cancels: the error δ of layer {l} "
            "follows from the answer and the target alone."
        )
    else:
        reacts = slopes(w, l) if w.sigma[l].elementwise else activations(w, l)
        operands = (cost_gradient(w, l), reacts)
        sentence = (
            "At the output, the error δ is how the cost reacts to the activation, times how the "
            "activation reacts to z."
        )
    return Step("BP1", "output_error", l, formulas, operands, errors(w, l), sentence)


def bp2(w: Workings, l: int, s: Symbols) -> Step:
    """δ(l) = ((W(l+1))ᵀ δ(l+1)) ⊙ σ′(z(l))."""
    W = Operand(transposed(matrix(l + 1)), w.W[l + 1].T, by_example=False)
    back = row(transposed(matrix(l + 1)), vector("δ", l + 1))
    passed_back = Operand(back, w.delta[l + 1] @ w.W[l + 1])
    sentence = (
        f"The weights of layer {l + 1}, read backward, hand its errors back to layer {l}; there "
        "each neuron's share is multiplied by its slope σ′."
    )
    operands = (W, errors(w, l + 1), passed_back, slopes(w, l))
    return Step("BP2", "error", l, equations.bp2(l, s), operands, errors(w, l), sentence)


def bp3(w: Workings, l: int, s: Symbols) -> Step:
    """∂C/∂b(l) = δ(l)."""
    at = Address("bias_gradients", l)
    result = Operand(s.at(at), w.bias_gradients[l], by_example=False, at=at)
    sentence = "The gradient of a bias is the error of its neuron" + averaged(w)
    formulas = equations.bp3(l, len(w.y), s)
    return Step("BP3", "bias_gradient", l, formulas, (errors(w, l),), result, sentence)


def bp4(w: Workings, l: int, s: Symbols) -> Step:
    """∂C/∂W(l) = δ(l) a(l−1)ᵀ: an outer product, every entry one δ times one activation."""
    at = Address("weight_gradients", l)
    result = Operand(s.at(at), w.weight_gradients[l], by_example=False, at=at)
    sentence = (
        "The gradient of a weight is the error of the neuron that it feeds, times the activation "
        "that it receives" + averaged(w)
    )
    operands = (errors(w, l), activations(w, l - 1))
    formulas = equations.bp4(l, len(w.y), s)
    return Step("BP4", "weight_gradient", l, formulas, operands, result, sentence)


def averaged(w: Workings) -> str:
    """How a sentence about gradients ends."""
    return "." if len(w.y) == 1 else ", averaged over the examples."


def weights(w: Workings, l: int) -> Operand:
    """W(l)."""
    return Operand(matrix(l), w.W[l], by_example=False, at=Address("weights", l))


def biases(w: Workings, l: int) -> Operand:
    """b(l)."""
    return Operand(vector("b", l), w.b[l], by_example=False, at=Address("biases", l))


def activations(w: Workings, l: int) -> Operand:
    """a(l), the input for l = 0."""
    return Operand(vector("a", l), w.a[l], at=Address("a", l) if l else Address("input"))


def weighted(w: Workings, l: int) -> Operand:
    """z(l)."""
    return Operand(vector("z", l), w.z[l], at=Address("z", l))


def errors(w: Workings, l: int) -> Operand:
    """δ(l)."""
    return Operand(vector("δ", l), w.delta[l], at=Address("delta", l))


def targets(w: Workings) -> Operand:
    """y."""
    return Operand(vector("y"), w.y, at=Address("target"))


def slopes(w: Workings, l: int) -> Operand:
    """σ′(z(l))."""
    return Operand(slope_of(vector("z", l)), w.sigma[l].derivative(w.z[l]))


def cost_gradient(w: Workings, l: int) -> Operand:
    """∇C by a(L), example by example."""
    return Operand(gradient_by(vector("a", l)), w.network.cost.gradient(w.a[l], w.y))
