"""All the ways from one number of a network to a later one, parameters included (section 4)."""

from core.forward import Workings, forward
from core.lessons.addresses import Address
from core.lessons.chains import chain
from core.lessons.links import Place, links
from core.lessons.paths import NO_PATHS, Paths, paths_of
from core.network import Batch, Network


def routes(network: Network, example: Batch, start: Address, end: Address, limit: int) -> Paths:
    """The paths from an input, a weight, a bias, a z or an a to a later z or a, or the cost.

    Lists the `limit` strongest. A parameter's own link, ∂z/∂w = a or ∂z/∂b = 1, is the first factor
    of each of its paths. Raises NotFinite where a product overflows; the addresses are to be
    checked before.
    """
    w = forward(network, example)
    first, last = place(start, w.depth), place(end, w.depth)
    assert start.neuron is not None, "paths start at one number"
    between = chain(first, start.neuron, links(w, first, last), end.neuron)
    return NO_PATHS if between is None else paths_of(between, limit, own_link(w, start))


def place(at: Address, depth: int) -> Place:
    """Where in the chain a number stands; a parameter comes in at its own neuron's z."""
    match at.quantity:
        case "weights" | "biases" | "z":
            return Place("z", at.layer)
        case "input" | "a":
            return Place("a", at.layer)
    return Place("cost", depth)


def own_link(w: Workings, at: Address) -> float | None:
    """∂z/∂w = a or ∂z/∂b = 1; None where the start is no parameter."""
    if at.quantity == "biases":
        return 1.0
    if at.quantity == "weights":
        return float(w.a[at.layer - 1][0, at.source])
    return None
