"""The network in every request, and the batch that goes through it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from marshmallow import post_load, validates_schema

from core.activations import ACTIVATIONS, Activation
from core.costs import COSTS
from core.network import Batch, Network
from schemas.aliases import ACTIVATION_ALIASES, COST_ALIASES, FIELD_ALIASES
from schemas.fields import (
    Matrices,
    Name,
    NamePerLayer,
    Number,
    Sketch,
    VectorOrMatrix,
    Vectors,
    refuse,
)
from schemas.problems import Problem
from schemas.shapes import Parts, all_fit, shape_problems
from schemas.strict import Strict
from schemas.words import count


class Exercise(NamedTuple):
    """A network and its examples; `single` if the caller sent one example as a vector."""

    network: Network
    batch: Batch
    single: bool
    relu_derivative_at_zero: float


class NetworkSchema(Strict):
    """Weights, biases, activation, input, target and cost; loads an `Exercise`."""

    aliases = FIELD_ALIASES

    weights = Matrices(
        required=True,
        metadata={
            "description": "W(l) for l = 1…L: `weights[l-1][j][k]` goes into neuron j of layer l "
            "from neuron k of layer l-1."
        },
    )
    biases = Vectors(
        required=True, metadata={"description": "b(l) for l = 1…L, with n_l entries each."}
    )
    activation = NamePerLayer(
        "activation",
        ACTIVATIONS,
        ACTIVATION_ALIASES,
        required=True,
        metadata={"description": "One name for every layer, or a list of L names."},
    )
    input = VectorOrMatrix(
        required=True, metadata={"description": "x: one example, or a list of N examples."}
    )
    target = VectorOrMatrix(
        required=True, metadata={"description": "y: a vector, or a list of N vectors, as input."}
    )
    cost = Name(
        "cost",
        COSTS,
        COST_ALIASES,
        load_default="mean_squared_error",
        metadata={"description": "What the output is judged by."},
    )
    relu_derivative_at_zero = Number(
        0.0,
        1.0,
        load_default=0.0,
        metadata={
            "description": "What σ′(0) is taken for at the kink of relu (0, 1 or between), and "
            "as far between the two slopes for leaky_relu."
        },
    )

    @validates_schema(skip_on_field_errors=False)
    def fits(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Every shape and every number of layers that does not fit the others."""
        weights, biases, *ends = map(data.get, ("weights", "biases", "input", "target"))
        if not all_fit(Parts(weights, biases, *ends)):
            x, y = (end.array if isinstance(end, Sketch) else end for end in ends)
            refuse(shape_problems(Parts(weights, biases, x, y)))

    @validates_schema(skip_on_field_errors=False)
    def activations_fit(self, data: dict[str, Any], **kwargs: Any) -> None:
        """A name for each layer, and softmax on the last one only."""
        layers = data.get("weights") or data.get("biases") or ()
        refuse(activation_problems(data.get("activation"), len(layers)))

    @post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> Any:
        """What the views work with."""
        return exercise(data)


def activation_problems(names: str | list[str | None] | None, depth: int) -> Iterator[Problem]:
    """What does not fit between the names and L, which is 0 where nobody knows it."""
    if not depth:
        return
    if names == "softmax" and depth > 1:
        detail = "softmax is for the last layer only; send a list with one name for each layer"
        yield Problem(("activation",), detail)
    if isinstance(names, list):
        if len(names) != depth:
            found = count(len(names), "name")
            detail = f"has {found}; the network has {count(depth, 'layer')}, so {depth} are needed"
            yield Problem(("activation",), f"{detail} (or one name for all)")
        for index, name in enumerate(names[: depth - 1]):
            if name == "softmax":
                detail = f"softmax is for the last layer only; this is layer {index + 1} of {depth}"
                yield Problem(("activation", index), detail)


def exercise(data: Mapping[str, Any]) -> Exercise:
    """The network and the batch of a request that has been validated."""
    inputs, targets, at_kink = data["input"], data["target"], data["relu_derivative_at_zero"]
    weights, single = data["weights"], inputs.ndim == 1
    sigmas = activations(data["activation"], len(weights), at_kink)
    return Exercise(
        Network.trusted(weights, data["biases"], sigmas, COSTS[data["cost"]]()),
        Batch.trusted(inputs[None], targets[None]) if single else Batch.trusted(inputs, targets),
        single,
        at_kink,
    )


def activations(names: str | list[str], depth: int, at_kink: float) -> list[Activation]:
    """σ(l) for l = 1…L."""
    if isinstance(names, str):
        return [ACTIVATIONS[names](at_kink)] * depth
    return [ACTIVATIONS[name](at_kink) for name in names]
