"""The numbers that stand at addresses."""

from dataclasses import replace

from core.arrays import Array
from core.forward import Workings
from core.lessons.addresses import BY_EXAMPLE, Address


def value_at(w: Workings, at: Address) -> float:
    """One number of the request or of the complete workings."""
    if at.quantity == "cost":
        return float(w.cost)
    index = tuple(i for i in (at.neuron, at.source) if i is not None)
    if at.quantity in BY_EXAMPLE:
        index = (at.example or 0, *index)
    return float(numbers_of(w, at)[index])


def numbers_of(w: Workings, at: Address) -> Array:
    """All numbers of the quantity in the layer of the address."""
    found: Array
    match at.quantity:
        case "input":
            found = w.a[0]
        case "target":
            found = w.y
        case "weights":
            found = w.W[at.layer]
        case "biases":
            found = w.b[at.layer]
        case _:
            found = getattr(w, at.quantity)[at.layer]
    return found


def of_example(w: Workings, i: int) -> Workings:
    """The workings of example i of a batch, number for number (no gradients and no cost)."""
    one = slice(i, i + 1)
    return replace(
        w,
        y=w.y[one],
        a={l: a[one] for l, a in w.a.items()},
        z={l: z[one] for l, z in w.z.items()},
        delta={l: delta[one] for l, delta in w.delta.items()},
        cost=None,
        bias_gradients={},
        weight_gradients={},
    )
