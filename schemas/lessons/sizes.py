"""POST /v1/units, /v1/magnitudes and /v1/curves: how large things are, and how steep."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from marshmallow import Schema, fields

from core.lessons.addresses import Address
from core.lessons.curves import ParameterCurves
from core.lessons.symbols import Symbols
from core.lessons.units import FLAT, Curve, LayerUnits
from core.lessons.vanishing import Flow, LayerNorm
from schemas.fields import VECTOR, Field, Integer, Number, OpenAPI
from schemas.gradients import UnitSchema, as_asked
from schemas.lessons.expressions import SymbolSchema, named
from schemas.lessons.requests import PARAMETERS, LessonSchema, Place
from schemas.lessons.workings import Numbers
from schemas.network import Exercise

POINTS_MIN, POINTS_MAX = 3, 1_001
UNITS_LISTED_MAX = 100  # dead and saturated ones; `states` has all


class UnitsSchema(LessonSchema):
    """The network, and how finely to plot."""

    points = Integer(
        POINTS_MIN, POINTS_MAX, load_default=121, metadata={"description": "Of each curve."}
    )
    saturation = Number(
        0.0,
        1.0,
        load_default=FLAT,
        metadata={
            "description": "Below this part of the steepest slope a unit counts as saturated."
        },
    )


class MagnitudesSchema(LessonSchema):
    """The network."""


class CurvesSchema(LessonSchema):
    """The network, and along which weight or bias to go."""

    at = Place(PARAMETERS, required=True, metadata={"description": "A weight or bias."})
    points = Integer(
        POINTS_MIN,
        POINTS_MAX,
        load_default=61,
        metadata={"description": "How many costs, and how many steps."},
    )
    span = Number(
        1e-12,
        1e12,
        load_default=2.0,
        metadata={"description": "How far to go to either side of the parameter."},
    )


class ActivationCurveSchema(Schema):
    """σ and σ′ to plot."""

    activation = fields.String()
    z = Numbers()
    a = Numbers()
    slope = Numbers()
    largest_slope = Number()


class LayerUnitsSchema(Schema):
    """Where a layer's units sit."""

    layer = Integer()
    activation = fields.String()
    z = Numbers()
    a = Numbers()
    slopes = Numbers(metadata={"description": "σ′(z); for softmax its Jacobian's diagonal."})
    states = fields.List(
        fields.String(), metadata={"description": "active, saturated or dead, for each unit."}
    )


class UnitsAnswerSchema(Schema):
    """The curves, the units on them, and which of them learn slowly or not at all."""

    saturation = Number()
    curves = fields.List(fields.Nested(ActivationCurveSchema))
    layers = fields.List(fields.Nested(LayerUnitsSchema))
    dead = fields.List(fields.Nested(UnitSchema), metadata={"description": "At most 100."})
    saturated = fields.List(fields.Nested(UnitSchema), metadata={"description": "At most 100."})
    sentence = fields.String()


class LayerNormSchema(Schema):
    """‖δ(l)‖ = ‖δ(l+1)‖ · weights_factor · slopes_factor."""

    layer = Integer()
    delta_norm = Number(metadata={"description": "‖δ(l)‖, root mean square over the examples."})
    weights_factor = Number(allow_none=True, metadata={"description": "What W(l+1)ᵀ does."})
    slopes_factor = Number(allow_none=True, metadata={"description": "What σ′(z(l)) does."})
    ratio = Number(allow_none=True, metadata={"description": "‖δ(l)‖ / ‖δ(l+1)‖."})


class MagnitudesAnswerSchema(Schema):
    """How the error grows or shrinks on its way back."""

    layers = fields.List(fields.Nested(LayerNormSchema))
    first_to_last = Number(allow_none=True, metadata={"description": "‖δ(1)‖ / ‖δ(L)‖."})
    trend = fields.String(metadata={"description": "vanishing, exploding or steady."})
    throttling_layer = Integer(
        allow_none=True, metadata={"description": "Where δ shrinks most; null if nowhere."}
    )
    because = fields.String(allow_none=True, metadata={"description": "slopes or weights."})
    sentence = fields.String()


class Costs(Field):
    """Numbers, null where there is none."""

    openapi: ClassVar[OpenAPI] = {**VECTOR, "items": {"type": ["number", "null"]}}

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return [float(v) if np.isfinite(v) else None for v in value]


class CostCurveSchema(Schema):
    """C along one parameter."""

    values = Numbers(metadata={"description": "Of the parameter."})
    costs = Costs(metadata={"description": "null where C overflows."})


class DifferenceSchema(Schema):
    """(C(θ+h) − C(θ−h)) / 2h."""

    step = Number()
    estimate = Number()
    error = Number(metadata={"description": "|estimate - gradient|."})


class CurvesAnswerSchema(SymbolSchema):
    """The cost along a parameter, and the V of its differences."""

    at = fields.String()
    value = Number()
    gradient = Number()
    costs = fields.Nested(CostCurveSchema)
    steps = fields.List(fields.Nested(DifferenceSchema))
    best = fields.Nested(DifferenceSchema, allow_none=True)


def units_answer(
    asked: Exercise, curves: Sequence[Curve], layers: Sequence[LayerUnits], saturation: float
) -> Mapping[str, Any]:
    """What `UnitsAnswerSchema` prints."""
    dead, saturated = in_state(layers, "dead"), in_state(layers, "saturated")
    return {
        "saturation": saturation,
        "curves": [vars(curve) for curve in curves],
        "layers": [layer_answer(layer, asked) for layer in layers],
        "dead": dead[:UNITS_LISTED_MAX],
        "saturated": saturated[:UNITS_LISTED_MAX],
        "sentence": units_sentence(len(dead), len(saturated)),
    }


def layer_answer(layer: LayerUnits, asked: Exercise) -> Mapping[str, Any]:
    """What `LayerUnitsSchema` prints."""
    rows = {name: as_asked(getattr(layer, name), asked) for name in ("z", "a", "slopes")}
    return {**vars(layer), **rows}


def in_state(layers: Sequence[LayerUnits], state: str) -> list[Mapping[str, int]]:
    """Every unit that is in this state."""
    return [
        {"layer": layer.layer, "neuron": j}
        for layer in layers
        for j, found in enumerate(layer.states)
        if found == state
    ]


def units_sentence(dead: int, saturated: int) -> str:
    """What it means for learning.

    >>> units_sentence(1, 0)
    '1 unit is dead: its slope is 0, so nothing it has learns from these examples.'
    """
    said = []
    if dead:
        whose = "it has" if dead == 1 else "they have"
        slope = "its slope is" if dead == 1 else "their slopes are"
        said.append(
            f"{units(dead)} dead: {slope} 0, so nothing {whose} learns from these examples."
        )
    if saturated:
        learn = "it learns" if saturated == 1 else "they learn"
        said.append(f"{units(saturated)} saturated: where σ is flat, {learn} slowly.")
    return " ".join(said) or "Every unit sits where σ has a slope: all can learn."


def units(count: int) -> str:
    """So many units, and the verb."""
    return "1 unit is" if count == 1 else f"{count} units are"


def magnitudes_answer(found: Flow) -> Mapping[str, Any]:
    """What `MagnitudesAnswerSchema` prints."""
    throttle = found.throttle
    return {
        "layers": [vars(layer) for layer in found.layers],
        "first_to_last": found.first_to_last,
        "trend": found.trend,
        "throttling_layer": None if throttle is None else throttle.layer,
        "because": None if throttle is None else throttle.cause,
        "sentence": flow_sentence(found),
    }


def flow_sentence(found: Flow) -> str:
    """What happens to δ, in words."""
    if len(found.layers) == 1:
        return "There is one layer only: the error has nowhere to go back to."
    if found.first_to_last is None:
        return "The error at the output is 0: there is nothing to pass back."
    said = {
        "vanishing": "The error shrinks on its way back: the first layers learn slowly.",
        "exploding": "The error grows on its way back: the first layers jump.",
        "steady": "The error keeps its size on its way back, more or less.",
    }[found.trend]
    return said if found.throttle is None else f"{said} {throttle_sentence(found.throttle)}"


def throttle_sentence(layer: LayerNorm) -> str:
    """Which layer shrinks δ most, and by what."""
    by = {
        "slopes": f"the slopes σ′(z({layer.layer})) are small",
        "weights": f"the weights W({layer.layer + 1}) pass little of it back",
    }[layer.cause]
    return f"Layer {layer.layer} throttles it most, times {layer.ratio:.3g}: {by}."


def curves_answer(at: Address, found: ParameterCurves, sizes: tuple[int, ...]) -> Mapping[str, Any]:
    """What `CurvesAnswerSchema` prints."""
    return {
        "at": at.pointer,
        **named(Symbols.of(sizes).at(at)),
        "value": found.value,
        "gradient": found.gradient,
        "costs": {"values": found.values, "costs": found.costs},
        "steps": found.differences,
        "best": found.best,
    }
