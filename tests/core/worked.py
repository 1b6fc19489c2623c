"""Requests of the oracle as the core's objects, and the core's workings as the oracle answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.activations import ACTIVATIONS
from core.backprop import backpropagate
from core.costs import COSTS
from core.forward import Workings
from core.network import Batch, Network
from tests import references
from tests.references import Answer, Request

GRADIENTS = ("bias_gradients", "weight_gradients")
BY_LAYER = ("z", "a", "delta", *GRADIENTS)


def network_of(request: Request) -> Network:
    kinds = [ACTIVATIONS[name]() for name in references.activation_names(request)]
    cost = COSTS[request.get("cost", "mean_squared_error")]()
    return Network.of(request["weights"], request["biases"], kinds, cost)


def batch_of(request: Request) -> Batch:
    x, y = zip(*references.examples(request), strict=True)
    return Batch.of(x, y)


def workings(request: Request) -> Workings:
    return backpropagate(network_of(request), batch_of(request))


def answer_of(request: Request) -> Answer:
    """What the core works out, shaped as the oracle answers."""
    w = workings(request)
    answer: Answer = {"cost": float(w.cost)}
    for quantity in BY_LAYER:
        layers = [getattr(w, quantity)[l] for l in w.W.numbers]
        single = quantity not in GRADIENTS and not references.is_batch(request)
        answer[quantity] = [(layer[0] if single else layer).tolist() for layer in layers]
    return answer


def floats(answer: Answer, quantity: str) -> list[Any]:
    """Each layer of an oracle's answer in float64: z, a and δ are N × n, always."""
    layers = [np.array(references.each(layer, float)) for layer in answer[quantity]]
    return layers if quantity in GRADIENTS else [np.atleast_2d(layer) for layer in layers]


def one_layer(
    activation: str, z: Any, y: Any, cost: str = "mean_squared_error", **changes: Any
) -> Request:
    """A layer whose weighted inputs are exactly z, one example: weights 0 and biases z."""
    return {
        "weights": [[[0.0] for _ in z]],
        "biases": [list(z)],
        "activation": activation,
        "input": [1.0],
        "target": list(y),
        "cost": cost,
    } | changes
