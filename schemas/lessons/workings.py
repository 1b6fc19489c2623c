"""POST /v1/steps, /v1/origins and /v1/outer-products: the computation, taken apart."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from marshmallow import Schema, fields, validates_schema

from core.forward import Workings
from core.lessons import equations
from core.lessons.addresses import BY_EXAMPLE, Address
from core.lessons.cost import cost_terms
from core.lessons.expressions import Expression
from core.lessons.origins import Origin, Term
from core.lessons.reading import read_pointer
from core.lessons.steps import Operand, Step, bp4, steps
from core.lessons.symbols import Symbols
from core.lessons.values import value_at
from schemas.fields import MATRIX, VECTOR, Field, Integer, Number, OpenAPI, printable, refuse
from schemas.gradients import as_asked
from schemas.lessons.expressions import Formula, SymbolSchema, TermSchema, expressed, labels, named
from schemas.lessons.jacobians import refuse_layer
from schemas.lessons.requests import LessonSchema, Place, sizes_of
from schemas.network import Exercise
from schemas.problems import Problem

DIGITS, DIGITS_MAX = 4, 17
COMPUTED = ("z", "a", "delta", "bias_gradients", "weight_gradients", "cost")


class StepsSchema(LessonSchema):
    """The network."""


class OriginsSchema(LessonSchema):
    """The network, and a number of its workings."""

    at = Place(
        COMPUTED,
        required=True,
        metadata={
            "description": "A pointer into the answer of /v1/gradients: /z/0/1, /delta/1/0, /cost; "
            "of a batch with the example in it, /z/0/2/1."
        },
    )
    digits = Integer(
        1,
        DIGITS_MAX,
        load_default=DIGITS,
        metadata={"description": "Significant digits of the numbers in `numbers`."},
    )

    @validates_schema(skip_on_field_errors=False)
    def example_is_told(self, data: dict[str, Any], **kwargs: Any) -> None:
        """A pointer has the example in it if, and only if, there are several to choose from."""
        at, x = data.get("at"), data.get("input")
        if at is None or not isinstance(x, np.ndarray) or at.quantity not in BY_EXAMPLE:
            return
        if x.ndim == 2 and at.example is None:
            here = Address(at.quantity, at.layer, at.neuron, example=0)
            detail = f"names no example of the batch; {here.pointer} is {here.sentence}"
            refuse([Problem(("at",), detail)])
        if x.ndim == 1 and at.example is not None:
            here = Address(at.quantity, at.layer, at.neuron)
            refuse([Problem(("at",), f"names an example; input is one: send {here.pointer}")])


class OuterProductsSchema(LessonSchema):
    """The network, and whose weights to look at."""

    layer = Integer(1, load_default=1, metadata={"description": "Counted from 1."})

    @validates_schema(skip_on_field_errors=False)
    def layer_exists(self, data: dict[str, Any], **kwargs: Any) -> None:
        """The layer is there."""
        sizes, l = sizes_of(data), data.get("layer")
        if sizes is not None and l is not None:
            refuse_layer(l, sizes)


class Numbers(Field):
    """A number, a vector or a matrix."""

    openapi: ClassVar[OpenAPI] = {"oneOf": [{"type": "number"}, VECTOR, MATRIX]}

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        array = printable(np.asarray(value))
        return float(array[0]) if np.ndim(value) == 0 else array


class OperandSchema(SymbolSchema):
    """What a step takes or gives."""

    at = fields.String(
        allow_none=True,
        metadata={"description": "Where it stands in the request or in /v1/gradients' answer."},
    )
    value = Numbers()


class StepSchema(Schema):
    """One equation for one layer, worked out."""

    equation = fields.String(metadata={"description": "forward, cost, BP1, BP2, BP3 or BP4."})
    name = fields.String()
    layer = Integer()
    sentence = fields.String()
    formula = Formula(metadata={"description": "For all of the layer at once."})
    entry = Formula(metadata={"description": "For its entry j (and k)."})
    operands = fields.List(fields.Nested(OperandSchema))
    result = fields.Nested(OperandSchema)


class CostTermsSchema(Schema):
    """C = 1/N Σ_i constant · Σ_j terms_ij."""

    cost = Number()
    constant = Number(metadata={"description": "The ½ of mean squared error; 1 for the others."})
    examples = Integer(metadata={"description": "N."})
    terms = Numbers(metadata={"description": "By output, for each example."})
    by_example = Numbers(metadata={"description": "C₁ of each example."})


class StepsAnswerSchema(Schema):
    """The whole computation, in the order in which it is done."""

    network = Formula(metadata={"description": "The network as one nested function."})
    steps = fields.List(fields.Nested(StepSchema))
    cost_terms = fields.Nested(CostTermsSchema)


class IngredientSchema(SymbolSchema):
    """A number that another one is made of."""

    at = fields.String()
    sentence = fields.String()
    value = Number()


class OriginsAnswerSchema(SymbolSchema):
    """value = times · (the sum of the terms)."""

    at = fields.String()
    sentence = fields.String()
    value = Number()
    equation = Formula(metadata={"description": "In letters."})
    numbers = Formula(metadata={"description": "The same with the numbers in."})
    times = fields.Nested(TermSchema, allow_none=True)
    terms = fields.List(fields.Nested(TermSchema))
    ingredients = fields.List(fields.Nested(IngredientSchema))


class OuterProductsAnswerSchema(SymbolSchema):
    """∂C/∂W(l) = δ(l) a(l−1)ᵀ; for a batch the average of the examples' tables."""

    layer = Integer()
    at = fields.String()
    sentence = fields.String()
    formula = Formula()
    column = Numbers(metadata={"description": "δ(l), for each example."})
    row = Numbers(metadata={"description": "a(l-1), for each example."})
    table = Numbers(metadata={"description": "The gradient: row j, column k is δ_j a_k."})
    column_labels = fields.List(fields.String())
    row_labels = fields.List(fields.String())


def steps_answer(asked: Exercise, w: Workings) -> Mapping[str, Any]:
    """What `StepsAnswerSchema` prints."""
    parts = cost_terms(w)
    return {
        "network": equations.network(w.depth),
        "steps": [step_answer(step, asked) for step in steps(w)],
        "cost_terms": {
            **vars(parts),
            "terms": as_asked(parts.terms, asked),
            "by_example": as_asked(parts.by_example, asked),
        },
    }


def step_answer(step: Step, asked: Exercise) -> Mapping[str, Any]:
    """What `StepSchema` prints."""
    return {
        "equation": step.equation,
        "name": step.name,
        "layer": step.layer,
        "sentence": step.sentence,
        "formula": step.formulas.whole,
        "entry": step.formulas.entry,
        "operands": [operand_answer(operand, asked) for operand in step.operands],
        "result": operand_answer(step.result, asked),
    }


def operand_answer(operand: Operand, asked: Exercise) -> Mapping[str, Any]:
    """What `OperandSchema` prints."""
    value = as_asked(operand.value, asked) if operand.by_example else operand.value
    at = operand.at.pointer if operand.at else None
    return {**named(operand.symbol), "at": at, "value": value}


def origin_answer(w: Workings, found: Origin) -> Mapping[str, Any]:
    """What `OriginsAnswerSchema` prints."""
    s = Symbols.of(w.network.sizes, found.at.example)
    return {
        "at": found.at.pointer,
        **named(s.at(found.at)),
        "sentence": found.at.sentence,
        "value": found.value,
        "equation": found.letters,
        "numbers": found.numbers,
        "times": None if found.times is None else term_answer(found.times),
        "terms": [term_answer(term) for term in found.terms],
        "ingredients": [ingredient_answer(w, pointer, s) for pointer in found.ingredients],
    }


def term_answer(term: Term) -> Mapping[str, Any]:
    """What `TermSchema` prints."""
    return {**expressed(term.expression), "value": term.value}


def ingredient_answer(w: Workings, pointer: str, s: Symbols) -> Mapping[str, Any]:
    """What `IngredientSchema` prints."""
    at = read_pointer(pointer)
    letter: Expression = s.at(at)
    return {"at": pointer, **named(letter), "sentence": at.sentence, "value": value_at(w, at)}


def outer_product_answer(asked: Exercise, w: Workings, l: int) -> Mapping[str, Any]:
    """What `OuterProductsAnswerSchema` prints."""
    s = Symbols.of(w.network.sizes)
    step = bp4(w, l, s)
    into, source = w.W[l].shape
    return {
        "layer": l,
        "at": f"/weight_gradients/{l - 1}",
        **named(step.result.symbol),
        "sentence": step.sentence,
        "formula": step.formulas.whole,
        "column": as_asked(w.delta[l], asked),
        "row": as_asked(w.a[l - 1], asked),
        "table": w.weight_gradients[l],
        "column_labels": labels(s.delta(l, j) for j in range(into)),
        "row_labels": labels(s.a(l - 1, k) for k in range(source)),
    }
