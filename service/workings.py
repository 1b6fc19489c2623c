"""The workings of an exercise, within the limits; where they leave float64, the request is told."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.backprop import backpropagate
from core.costs import Cost
from core.forward import NotFinite, Workings
from schemas.network import Exercise
from schemas.problems import Path, Problem
from service.errors import Refused

CAUSES: dict[str, tuple[str, str]] = {
    "z": ("weights", "the weighted inputs z"),
    "a": ("weights", "the activations a"),
    "delta": ("weights", "the errors delta"),
    "bias_gradients": ("biases", "the bias gradients"),
    "weight_gradients": ("weights", "the weight gradients"),
}
"""The part of the request behind each quantity, and its name in words."""


def work_out(exercise: Exercise) -> Workings:
    """Forward and back. Raises Refused (422) with the layer and the quantity that overflows."""
    try:
        return backpropagate(exercise.network, exercise.batch)
    except NotFinite as error:
        raise refused(error, exercise) from None


@contextmanager
def told_overflow(exercise: Exercise) -> Iterator[None]:
    """Turns an overflow inside into Refused (422), in the request's own places."""
    try:
        yield
    except NotFinite as error:
        raise refused(error, exercise) from None


def refused(error: NotFinite, exercise: Exercise) -> Refused:
    """An overflow as 422, in the request's own places."""
    return Refused([overflow(error, exercise.network.cost)], "not-finite")


def overflow(error: NotFinite, cost: Cost) -> Problem:
    """Where a number leaves float64, in the request's own places."""
    if error.quantity == "cost":
        return Problem(("target",), undefined(cost))
    if error.quantity not in CAUSES:
        detail = f"{error.quantity} (layer {error.layer}) would be beyond 1.8e308, the largest "
        return Problem(("weights",), detail + "float64; send smaller weights, inputs or targets")
    part, quantity = CAUSES[error.quantity]
    at: Path = (part, error.layer - 1)
    return Problem(
        at,
        f"{quantity} of layer {error.layer} overflow: some would be beyond 1.8e308, the largest "
        "float64; send smaller weights, inputs or targets",
    )


def undefined(cost: Cost) -> str:
    """Why the cost is not a number."""
    if cost.domain == "any output":
        return "the cost overflows: it would be beyond 1.8e308, the largest float64"
    return (
        f"the cost is undefined or infinite here: {cost.name} takes logarithms, which need "
        f"{cost.domain}; a sigmoid or softmax output gives them"
    )
