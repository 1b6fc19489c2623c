"""POST /v1/gradients: the network and how to check it, in; every number of the workings, out."""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
from marshmallow import ValidationError, fields, post_load, validates_schema

from core.arrays import Array, any_infinite
from core.differences.check import (
    At,
    Check,
    Comparison,
    Direction,
    Kink,
    Options,
    SecondOpinion,
)
from core.differences.complex_step import ANALYTIC
from core.forward import Workings
from core.operations import count_operations
from schemas.answers import Answer, Built
from schemas.fields import (
    MATRIX,
    NUMBER,
    VECTOR,
    Field,
    Flag,
    Integer,
    Matrices,
    Name,
    NotPrintable,
    Number,
    OpenAPI,
    Vectors,
    VectorsOrMatrices,
    per_layer,
    printable_number,
    printables,
    refuse,
)
from schemas.network import Exercise, NetworkSchema, exercise
from schemas.problems import Problem
from schemas.strict import Strict
from schemas.words import kind, shown

SEED_MAX = 2**63 - 1  # what every JSON reader holds in an integer
STEP_MIN = 1e-300  # below it the step underflows as soon as it is scaled


class Entries(Field):
    """ "all", "auto", or how many entries to sample."""

    needed = '"auto", "all" or a number of entries'
    openapi: ClassVar[OpenAPI] = {
        "oneOf": [
            {"type": "string", "enum": ["auto", "all"]},
            {"type": "integer", "minimum": 1},
        ]
    }

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if value in ("auto", "all") or (type(value) is int and value > 0):
            return value
        raise ValidationError(f"{shown(value)} stands where {self.needed} is needed")


class Order(Field):
    """2 or 4."""

    needed = "2 or 4"
    openapi: ClassVar[OpenAPI] = {"type": "integer", "enum": [2, 4]}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if type(value) is not int or value not in (2, 4):
            raise ValidationError(f"{shown(value)} is neither 2 nor 4")
        return value


class FiniteDifferenceSchema(Strict):
    """How the finite-difference witness works; loads core's `Options`."""

    entries = Entries(
        metadata={
            "description": "Which entries to check: all of them, a seeded sample of so many, or "
            "(`auto`) all within the budget and a sample beyond it."
        }
    )
    seed = Integer(0, SEED_MAX, metadata={"description": "Draws the sample and the directions."})
    step = Number(
        STEP_MIN,
        1.0,
        allow_none=True,
        metadata={"description": "By how much each weighted input is moved; chosen if not given."},
    )
    order = Order(
        metadata={"description": "4 extrapolates two steps (Richardson), 2 takes one difference."}
    )
    method = Name(
        "method",
        ("central", "complex"),
        metadata={"description": "`complex` where every activation is analytic."},
    )
    budget = Number(
        1.0, 1e12, metadata={"description": "Floating-point operations that `auto` may spend."}
    )

    @post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> Options:
        """Core's defaults stand for what is not given."""
        return Options(**data)


OPTIONS = FiniteDifferenceSchema()


class FiniteDifference(Field):
    """true, false, or an object of options; loads `Options`, or None for false."""

    needed = "true, false or an object"
    openapi: ClassVar[OpenAPI] = {"oneOf": [{"type": "boolean"}]}
    schemas = (OPTIONS,)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Options | None:
        if type(value) is bool:
            return Options() if value else None
        if type(value) is not dict:
            raise ValidationError(f"{kind(value)} stands where {self.needed} is needed")
        options: Options = OPTIONS.load(value)
        return options


class GradientsRequest(NamedTuple):
    """An exercise, and how its gradients are to be checked (None: not at all)."""

    exercise: Exercise
    options: Options | None


class GradientsSchema(NetworkSchema):
    """The network, and `finite_difference`; loads a `GradientsRequest`."""

    finite_difference = FiniteDifference(
        load_default=Options(),
        metadata={
            "description": "Whether to check every gradient against finite differences, and how.",
            "default": True,
        },
    )

    @validates_schema(skip_on_field_errors=False)
    def method_fits(self, data: dict[str, Any], **kwargs: Any) -> None:
        """The complex step goes through analytic activations only."""
        options, names = data.get("finite_difference"), data.get("activation")
        if not isinstance(options, Options) or options.method != "complex" or names is None:
            return
        for name in [names] if isinstance(names, str) else names:
            if name is not None and name not in ANALYTIC:
                detail = f"complex needs analytic activations, which {name} is not; use central"
                refuse([Problem(("finite_difference", "method"), detail)])

    @post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> GradientsRequest:
        """What the view works with."""
        return GradientsRequest(exercise(data), data["finite_difference"])


def nullable(openapi: OpenAPI) -> OpenAPI:
    """The same, with null where a number stands: that entry was not checked."""
    if openapi == NUMBER:
        return {"type": ["number", "null"]}
    items = openapi.get("items")
    return {**openapi, "items": nullable(items)} if items else openapi


class CheckedArrays(Field):
    """Arrays of the witness: null where an entry was not checked."""

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Array]:
        return [checked_array(array) for array in value]


def checked_array(array: Array) -> Array:
    """An array of the witness as the printer takes it. Raises NotPrintable on infinity."""
    contiguous = np.ascontiguousarray(array)
    if any_infinite(contiguous):
        raise NotPrintable("the finite-difference check holds infinity")
    return contiguous


class CheckedVectors(CheckedArrays):
    """One vector for each layer."""

    openapi = nullable(per_layer(VECTOR))


class CheckedMatrices(CheckedArrays):
    """One matrix for each layer."""

    openapi = nullable(per_layer(MATRIX))


class ComparisonSchema(Answer):
    """One entry of backprop beside the witness."""

    at = fields.String(metadata={"description": "A JSON pointer into this answer."})
    backprop = Number()
    finite_difference = Number()
    uncertainty = Number()
    ratio = Number(metadata={"description": "|backprop - finite_difference| / uncertainty."})


class DirectionSchema(ComparisonSchema):
    """The derivative along one random direction of all parameters."""

    class Meta:
        exclude = ("at",)


class SecondOpinionSchema(Answer):
    """What complex arithmetic, which shares nothing with the differences, says at a few neurons."""

    neurons = Integer(metadata={"description": "The most saturated, and a seeded sample."})
    entries = Integer(metadata={"description": "How many gradients it compared."})
    worst = fields.Nested(ComparisonSchema, allow_none=True)


class UnitSchema(Answer):
    """A neuron: layers count from 1, neurons from 0."""

    layer = Integer()
    neuron = Integer()


class KinkSchema(Answer):
    """A parameter that moves a weighted input across a kink; its derivative on either side."""

    at = fields.String(metadata={"description": "A JSON pointer into this answer."})
    left = Number()
    right = Number()
    unit = fields.Nested(UnitSchema, metadata={"description": "Whose weighted input is there."})
    example = Integer(metadata={"description": "In which example, counted from 0."})


class CheckSchema(Answer):
    """The finite-difference witness's answer."""

    agrees = Flag(
        metadata={"description": "Whether every checked entry lies within its uncertainty."}
    )
    parameters = Integer(metadata={"description": "How many weights and biases there are."})
    checked = Integer(metadata={"description": "How many of them were checked."})
    method = fields.String()
    order = Integer()
    step = Number(metadata={"description": "The move of weighted inputs that it started from."})
    seed = Integer()
    entries = Entries(metadata={"description": "As asked for: `auto`, `all` or a number."})
    budget = Number(metadata={"description": "Floating-point operations that `auto` may spend."})
    bias_gradients = CheckedVectors(metadata={"description": "Numeric; null where not checked."})
    weight_gradients = CheckedMatrices(metadata={"description": "Numeric; null where not checked."})
    bias_uncertainties = CheckedVectors(
        metadata={"description": "What truncation and rounding can amount to."}
    )
    weight_uncertainties = CheckedMatrices(
        metadata={"description": "What truncation and rounding can amount to."}
    )
    worst = fields.Nested(ComparisonSchema, allow_none=True)
    disagreements = fields.List(
        fields.Nested(ComparisonSchema),
        metadata={
            "description": "Worst first, at most 100; those that only the second opinion found "
            "carry its value."
        },
    )
    disagreed = Integer(metadata={"description": "How many entries disagree in all."})
    kinks = fields.List(fields.Nested(KinkSchema), metadata={"description": "At most 100."})
    second_opinion = fields.Nested(
        SecondOpinionSchema,
        allow_none=True,
        metadata={"description": "null with the method `complex`, which is that opinion itself."},
    )
    directions = fields.List(
        fields.Nested(DirectionSchema),
        metadata={
            "description": "Random directions over all entries, by plain evaluations: one beside a "
            "full check, eight beside a sample; none where every way crosses a kink."
        },
    )
    operations = Integer(
        metadata={
            "description": "What this check took: floating-point operations, an entry's way "
            "through an activation counted as the 200 that take its time."
        }
    )


class OperationsSchema(Answer):
    """How many arithmetic operations each way takes (chapter section 10)."""

    forward = Integer()
    backprop = Integer()
    naive = Integer(metadata={"description": "One chain-rule walk for each parameter."})
    finite_difference = Integer(
        metadata={
            "description": "The textbook loop, two forward passes for each parameter; what the "
            "check itself took is `finite_difference.operations`."
        }
    )


class ConventionsSchema(Answer):
    """Choices that the mathematics leaves open."""

    relu_derivative_at_zero = Number()


class GradientsAnswerSchema(Built):
    """Every z, a and δ, both gradients, and what finite differences say to them."""

    cost = Number()
    z = VectorsOrMatrices()
    a = VectorsOrMatrices()
    delta = VectorsOrMatrices(metadata={"description": "∂C₁/∂z of each example, without 1/N."})
    bias_gradients = Vectors(metadata={"description": "∂C/∂b(l), averaged over the examples."})
    weight_gradients = Matrices(metadata={"description": "∂C/∂W(l), averaged over the examples."})
    finite_difference = fields.Nested(
        CheckSchema,
        allow_none=True,
        metadata={"description": "null if it was not asked for."},
    )
    operations = fields.Nested(OperationsSchema)
    conventions = fields.Nested(ConventionsSchema)


def gradients_answer(asked: Exercise, w: Workings, check: Check | None) -> Mapping[str, Any]:
    """What `GradientsAnswerSchema` documents."""
    layers = w.W.numbers
    return {
        "cost": printable_number(w.cost),
        "z": printables([as_asked(w.z[l], asked) for l in layers]),
        "a": printables([as_asked(w.a[l], asked) for l in layers]),
        "delta": printables([as_asked(w.delta[l], asked) for l in layers]),
        "bias_gradients": printables([w.bias_gradients[l] for l in layers]),
        "weight_gradients": printables([w.weight_gradients[l] for l in layers]),
        "finite_difference": None if check is None else check_answer(check),
        "operations": count_operations(asked.network.sizes, asked.batch.size),
        "conventions": {"relu_derivative_at_zero": asked.relu_derivative_at_zero},
    }


def as_asked(rows: Array, asked: Exercise) -> Array:
    """N × n_l for a batch; the one row for an example that came as a vector."""
    return rows[0] if asked.single else rows


def check_answer(check: Check) -> Mapping[str, Any]:
    """What `CheckSchema` documents."""
    options = check.options
    return {
        "agrees": check.agrees,
        "parameters": check.parameters,
        "checked": check.checked,
        "method": options.method,
        "order": options.order,
        "step": printable_number(check.step),
        "seed": options.seed,
        "entries": options.entries,
        "budget": options.budget,
        "bias_gradients": list(map(checked_array, check.bias_gradients)),
        "weight_gradients": list(map(checked_array, check.weight_gradients)),
        "bias_uncertainties": list(map(checked_array, check.bias_uncertainties)),
        "weight_uncertainties": list(map(checked_array, check.weight_uncertainties)),
        "worst": None if check.worst is None else comparison_answer(check.worst),
        "disagreements": list(map(comparison_answer, check.disagreements)),
        "disagreed": check.disagreed,
        "kinks": list(map(kink_answer, check.kinks)),
        "second_opinion": opinion_answer(check.second_opinion),
        "directions": list(map(compared, check.directions)),
        "operations": check.operations,
    }


def opinion_answer(opinion: SecondOpinion | None) -> Mapping[str, Any] | None:
    """What `SecondOpinionSchema` documents."""
    if opinion is None:
        return None
    worst = None if opinion.worst is None else comparison_answer(opinion.worst)
    return {"neurons": opinion.neurons, "entries": opinion.entries, "worst": worst}


def comparison_answer(entry: Comparison) -> Mapping[str, Any]:
    """What `ComparisonSchema` documents: with its place as a JSON pointer."""
    return {"at": entry_pointer(entry.at), **compared(entry)}


def compared(entry: Comparison | Direction) -> Mapping[str, Any]:
    """What `DirectionSchema` documents."""
    return {
        "backprop": printable_number(entry.backprop),
        "finite_difference": printable_number(entry.finite_difference),
        "uncertainty": printable_number(entry.uncertainty),
        "ratio": printable_number(entry.ratio),
    }


def kink_answer(kink: Kink) -> Mapping[str, Any]:
    """What `KinkSchema` documents: with the neuron and example that sit at the kink."""
    layer, neuron, example = kink.corner
    return {
        "at": entry_pointer(kink.at),
        "left": printable_number(kink.left),
        "right": printable_number(kink.right),
        "unit": {"layer": layer, "neuron": neuron},
        "example": example,
    }


def entry_pointer(at: At) -> str:
    """Layers count from 1 in words and from 0 in pointers.

    >>> entry_pointer(("weight_gradients", 1, (1, 0)))
    '/weight_gradients/0/1/0'
    """
    quantity, layer, index = at
    return "/".join(("", quantity, *map(str, (layer - 1, *index))))
