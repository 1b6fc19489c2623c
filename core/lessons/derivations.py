"""The chain-rule walk from the cost back to one weight or bias (chapter section 9, Fig 2.7).

Where a single path leads there, the walk has a factor for every link. Where several do, everything
above the parameter's own neuron is their sum, the δ that backpropagation keeps (section 11).
"""

from dataclasses import dataclass

from core.backprop import backpropagate
from core.forward import Workings
from core.lessons.addresses import Address
from core.lessons.chains import Chain, chain
from core.lessons.expressions import Expression, Number, equation, joined
from core.lessons.formulas import derivative, formula, named
from core.lessons.links import Link, Place, links
from core.lessons.paths import Paths, paths_of
from core.lessons.symbols import COST, Symbols, partial
from core.network import Batch, Network

WEIGHT_LINK = "how z reacts to this weight: as much as the number is that the weight multiplies"
BIAS_LINK = "how z reacts to its own bias: one for one"
ERROR_LINK = "how the cost reacts to z: the error δ, where all paths from here on are summed"
LINK_SENTENCES = {
    ("a", "cost"): "how the cost reacts to this output",
    ("z", "a"): "how the activation a reacts to its weighted input z: the slope of σ there",
    ("a", "z"): "how the next z reacts to this activation: as much as the weight between them",
    ("z", "cost"): "how the cost reacts to the last z, two links in one: σ′ cancels in this cost",
    ("z", "term"): "how this output's part of the cost reacts to z, two links in one",
}


@dataclass(frozen=True)
class Factor:
    """One link of the walk; `part_of` is the first δ on the way back that it is a factor of."""

    derivative: Expression
    formula: Expression
    value: float
    sentence: str
    part_of: Address | None = None

    @property
    def shared(self) -> bool:
        """Whether other parameters' walks have it too, so that backpropagation saves it."""
        return self.part_of is not None


@dataclass(frozen=True)
class Derivation:
    """The walk to `at`: the product of the factors, and the sum of the paths, is the gradient."""

    at: Address
    gradient: float
    factors: tuple[Factor, ...]
    paths: Paths
    equation: Expression


def derive(network: Network, example: Batch, at: Address, limit: int) -> Derivation:
    """The walk to a weight or bias of the network, for one example.

    Lists at most `limit` paths, the strongest. Raises NotFinite where a number overflows,
    NoSuchPlace never: the address is to be checked before.
    """
    w = backpropagate(network, example)
    s = Symbols.of(network.sizes)
    start, end = Place("z", at.layer), Place("cost", network.depth)
    neuron = own_neuron(at)
    between = chain(start, neuron, links(w, start, end), None)
    assert between is not None, "every neuron reaches the cost"
    last = last_factor(w, at, s)
    found = paths_of(between, limit, last.value)
    above = walk(w, between, s) if found.count == 1 else [error_factor(w, at.layer, neuron, s)]
    factors = (*above, last)
    return Derivation(at, gradient(w, at), factors, found, written(at, factors, s))


def own_neuron(at: Address) -> int:
    """The neuron that the parameter belongs to."""
    assert at.neuron is not None, "a derivation goes to one parameter"
    return at.neuron


def gradient(w: Workings, at: Address) -> float:
    """What backpropagation says."""
    if at.quantity == "biases":
        return float(w.bias_gradients[at.layer][at.neuron])
    return float(w.weight_gradients[at.layer][at.neuron, at.source])


def walk(w: Workings, chain: Chain, s: Symbols) -> list[Factor]:
    """A factor for each link of the only path, from the cost back."""
    entries = [entry for (entry, *_) in chain.entries]
    steps = list(zip(chain.links, entries[1:], entries, strict=False))
    return [factor(w, link, i, j, s) for link, i, j in reversed(steps)]


def factor(w: Workings, link: Link, i: int, j: int, s: Symbols) -> Factor:
    """The link from entry j to entry i."""
    part_of = Address("delta", link.source.layer, j)
    sentence = LINK_SENTENCES[link.source.quantity, link.target.quantity]
    value = float(link.values.ravel()[0])
    return Factor(derivative(link, i, j, s), formula(w, link, i, j, s), value, sentence, part_of)


def error_factor(w: Workings, l: int, j: int, s: Symbols) -> Factor:
    """∂C/∂z(l)_j = δ(l)_j, which sums up all the paths."""
    at = Address("delta", l, j)
    derivative = partial(COST, named(Place("z", l), j, s))
    return Factor(derivative, s.at(at), float(w.delta[l][0, j]), ERROR_LINK, at)


def last_factor(w: Workings, at: Address, s: Symbols) -> Factor:
    """∂z/∂w = a, or ∂z/∂b = 1: the link to the parameter itself."""
    derivative = partial(s.z(at.layer, own_neuron(at)), s.at(at))
    if at.quantity == "biases":
        return Factor(derivative, Number(1), 1.0, BIAS_LINK)
    assert at.source is not None, "a weight comes from somewhere"
    value = float(w.a[at.layer - 1][0, at.source])
    return Factor(derivative, s.a(at.layer - 1, at.source), value, WEIGHT_LINK)


def written(at: Address, factors: tuple[Factor, ...], s: Symbols) -> Expression:
    """∂C/∂w = the links = what they are."""
    whole = partial(COST, s.at(at))
    links = joined((factor.derivative for factor in factors), "·")
    return equation(whole, links, joined((factor.formula for factor in factors), "·"))
