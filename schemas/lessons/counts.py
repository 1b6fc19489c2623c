"""POST /v1/operations and POST /v1/comparisons: the naive way beside backpropagation."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from marshmallow import Schema, ValidationError, fields, validates_schema

from core.arrays import Array
from core.forward import Workings
from core.layers import Layers
from core.lessons.growth import Point, by_depth, by_width
from core.lessons.slow import rounding_bounds, slow_gradients
from core.operations import Operations, count_operations, parameter_count
from schemas.fields import Flag, Integer, Matrices, Number, Vectors
from schemas.gradients import OperationsSchema, entry_pointer
from schemas.lessons.requests import LessonSchema
from schemas.sizes import Sizes
from schemas.strict import Strict

LAYERS_MAX, SIZE_MAX, EXAMPLES_MAX, PARAMETERS_MAX = 1_000, 10_000, 10_000, 2_000_000


class AnySizes(Sizes):
    """n_0, n_1 … n_L."""

    needed = "a list of layer sizes such as [784, 30, 10]"
    layers_max, size_max = LAYERS_MAX, SIZE_MAX


class OperationsRequestSchema(Strict):
    """Layer sizes; no numbers are needed to count."""

    layer_sizes = AnySizes(required=True, metadata={"description": "n_0, n_1 … n_L."})
    examples = Integer(1, EXAMPLES_MAX, load_default=1, metadata={"description": "N."})

    @validates_schema
    def countable(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Not so many parameters that the counts leave what JSON numbers hold."""
        found = parameter_count(data["layer_sizes"])
        if found > PARAMETERS_MAX:
            detail = f"{found} parameters; this service takes at most {PARAMETERS_MAX}"
            raise ValidationError(detail, "layer_sizes")


class ComparisonsSchema(LessonSchema):
    """The network."""


class PointSchema(Schema):
    """The counts for layers that are all alike."""

    width = Integer(metadata={"description": "Neurons in every layer, inputs too."})
    depth = Integer(metadata={"description": "L."})
    forward = Integer()
    backprop = Integer()
    naive = Integer()
    finite_difference = Integer()


class OperationsAnswerSchema(Schema):
    """What each way takes, for these sizes and as curves."""

    layer_sizes = fields.List(Integer())
    examples = Integer()
    parameters = Integer()
    counts = fields.Nested(OperationsSchema)
    naive_to_backprop = Number(metadata={"description": "How many times the work."})
    by_width = fields.List(fields.Nested(PointSchema), metadata={"description": "With this L."})
    by_depth = fields.List(
        fields.Nested(PointSchema), metadata={"description": "As wide as the widest hidden layer."}
    )


class BothSchema(Schema):
    """Both gradients."""

    bias_gradients = Vectors()
    weight_gradients = Matrices()


class WayCostsSchema(Schema):
    """Arithmetic operations of each way."""

    slow = Integer()
    backprop = Integer()


class WorstSchema(Schema):
    """Where the two ways are farthest apart, measured by the bound."""

    at = fields.String()
    slow = Number()
    backprop = Number()
    difference = Number()
    bound = Number(metadata={"description": "How far rounding alone may set them apart."})


class ComparisonsAnswerSchema(Schema):
    """The slow way and backpropagation, entry by entry."""

    agrees = Flag()
    parameters = Integer()
    worst = fields.Nested(WorstSchema)
    slow = fields.Nested(BothSchema)
    backprop = fields.Nested(BothSchema)
    operations = fields.Nested(WayCostsSchema)
    sentence = fields.String()


def operations_told(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """What `OperationsAnswerSchema` prints."""
    sizes, N = asked["layer_sizes"], asked["examples"]
    counts = count_operations(tuple(sizes), N)
    hidden = max(sizes[1:-1] or sizes)
    return {
        **asked,
        "parameters": parameter_count(sizes),
        "counts": counts,
        "naive_to_backprop": counts.naive / counts.backprop,
        "by_width": [point_answer(one) for one in by_width(len(sizes) - 1, N)],
        "by_depth": [point_answer(one) for one in by_depth(hidden, N)],
    }


def point_answer(found: Point) -> Mapping[str, Any]:
    """What `PointSchema` prints."""
    return {"width": found.width, "depth": found.depth, **vars(found.operations)}


def comparisons_answer(w: Workings) -> Mapping[str, Any]:
    """What `ComparisonsAnswerSchema` prints; `w` holds the complete workings."""
    slow = dict(zip(("bias_gradients", "weight_gradients"), slow_gradients(w), strict=True))
    bounds = dict(zip(slow, rounding_bounds(w), strict=True))
    back = {name: Layers(getattr(w, name)[l] for l in w.W.numbers) for name in slow}
    worst = worst_of(slow, back, bounds)
    counts = count_operations(w.network.sizes, len(w.y))
    agrees = bool(worst["difference"] <= worst["bound"])
    return {
        "agrees": agrees,
        "parameters": w.network.parameters,
        "worst": worst,
        "slow": {name: list(layers) for name, layers in slow.items()},
        "backprop": {name: list(layers) for name, layers in back.items()},
        "operations": {"slow": counts.naive, "backprop": counts.backprop},
        "sentence": verdict_sentence(agrees, counts),
    }


def verdict_sentence(agrees: bool, counts: Operations) -> str:
    """What section 13 says of the two ways, with these numbers."""
    if not agrees:
        return "The two ways differ by more than rounding can explain."
    times = counts.naive / counts.backprop
    return (
        "Both ways give the same gradients, as closely as float64 can tell; the slow one takes "
        f"{times:.3g} times the operations."
    )


Collections = Mapping[str, Layers[Array]]


def worst_of(slow: Collections, back: Collections, bounds: Collections) -> Mapping[str, Any]:
    """The entry whose difference is the largest part of its bound."""
    found = [
        entry
        for name in slow
        for l in slow[name].numbers
        for entry in [worst_in_layer(name, l, slow[name][l], back[name][l], bounds[name][l])]
    ]
    return max(found, key=lambda entry: entry["difference"] / max(entry["bound"], TINY))


TINY = 5e-324  # so that 0 of 0 counts as nothing


def worst_in_layer(name: str, l: int, slow: Array, back: Array, bounds: Array) -> dict[str, Any]:
    """The worst entry of one layer's gradients."""
    difference = np.abs(slow - back)
    index = np.unravel_index(np.argmax(difference / np.maximum(bounds, TINY)), slow.shape)
    return {
        "at": entry_pointer((name, l, tuple(map(int, index)))),
        "slow": slow[index],
        "backprop": back[index],
        "difference": difference[index],
        "bound": min(bounds[index], np.finfo(np.float64).max),
    }
