"""The network in every request, and the batch that goes through it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

from marshmallow import Schema, ValidationError, fields, missing, post_load, validates_schema

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
from schemas.problems import PROBLEMS_MAX, Problem
from schemas.shapes import Parts, shape_problems
from schemas.words import count, nearest, one_of, unknown


class Strict(Schema):
    """A schema that refuses unknown fields, and says which known one was probably meant."""

    aliases: ClassVar[Mapping[str, str]] = {}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages = {**self.error_messages, "type": self.object_needed()}

    @property
    def written(self) -> Mapping[str, fields.Field[Any]]:
        """The fields under the names that they have in JSON."""
        return {field.data_key or name: field for name, field in self.load_fields.items()}

    def _deserialize(self, data: Any, *, many: bool = False, **kwargs: Any) -> Any:
        """Straight through where every field is sound; marshmallow's way, and words, where not."""
        sound = None if many or type(data) is not dict else self.straight(data)
        return super()._deserialize(data, many=many, **kwargs) if sound is None else sound

    def straight(self, data: dict[str, Any]) -> dict[str, Any] | None:
        """What the fields make of an object; None where one refuses, and for what is no field."""
        loaded, read = {}, 0
        try:
            for name, field in self.load_fields.items():
                key = field.data_key or name
                value = data.get(key, missing)
                read += value is not missing
                value = field.deserialize(value, key, data)
                if value is not missing:
                    loaded[field.attribute or name] = value
        except ValidationError:
            return None
        return loaded if read == len(data) else None

    def object_needed(self) -> str:
        """What to say to a list, a number or null."""
        needed = [name for name, field in self.written.items() if field.required]
        return f"a JSON object is needed, with the fields {one_of(needed)}"

    def handle_error(self, error: ValidationError, data: Any, **kwargs: Any) -> NoReturn:
        """Replace marshmallow's words about unknown fields by the nearest known name.

        A field that is missing because it is misspelled is one mistake, told where it stands.
        """
        if isinstance(data, dict) and isinstance(error.messages, dict):
            known = self.written
            for name in sorted(data.keys() - known.keys())[:PROBLEMS_MAX]:
                said = unknown("field", name, known, self.aliases)
                error.messages[name] = [said]
                meant = nearest(name, known, self.aliases)
                if meant not in data:
                    error.messages.pop(meant, None)
        raise error


@dataclass(frozen=True)
class Exercise:
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
        ends = (data.get(name) for name in ("input", "target"))
        x, y = (end.array if isinstance(end, Sketch) else end for end in ends)
        refuse(shape_problems(Parts(data.get("weights"), data.get("biases"), x, y)))

    @validates_schema(skip_on_field_errors=False)
    def activations_fit(self, data: dict[str, Any], **kwargs: Any) -> None:
        """A name for each layer, and softmax on the last one only."""
        parts = Parts(data.get("weights"), data.get("biases"), None, None)
        refuse(activation_problems(data.get("activation"), parts.depth))

    @post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> Any:
        """What the views work with."""
        return exercise(data)


def activation_problems(
    names: str | list[str | None] | None, depth: int | None
) -> Iterator[Problem]:
    """What does not fit between the names and L."""
    if depth is None or names is None:
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
    inputs, targets = data["input"], data["target"]
    single = inputs.ndim == 1
    return Exercise(
        Network.of(data["weights"], data["biases"], activations(data), COSTS[data["cost"]]()),
        Batch.of(inputs[None], targets[None]) if single else Batch.of(inputs, targets),
        single,
        data["relu_derivative_at_zero"],
    )


def activations(data: Mapping[str, Any]) -> list[Activation]:
    """σ(l) for l = 1…L."""
    names = data["activation"]
    if isinstance(names, str):
        names = [names] * len(data["weights"])
    return [ACTIVATIONS[name](at_kink=data["relu_derivative_at_zero"]) for name in names]
