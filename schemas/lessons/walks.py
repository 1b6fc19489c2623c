"""POST /v1/derivations and POST /v1/paths: the chain rule, walked."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validates_schema

from core.lessons.addresses import Address
from core.lessons.derivations import Derivation, Factor
from core.lessons.paths import Paths
from core.lessons.symbols import COST, Symbols, partial
from schemas.fields import Flag, Integer, Number, refuse
from schemas.lessons.expressions import Formula, SymbolSchema, named
from schemas.lessons.requests import PARAMETERS, OneExampleSchema, Place
from schemas.problems import Problem

LIMIT, LIMIT_MAX = 10, 1_000
FROM = ("input", "weights", "biases", "z", "a")
TO = ("z", "a", "cost")


def limit_field() -> Integer:
    """How many paths to list."""
    return Integer(
        1,
        LIMIT_MAX,
        load_default=LIMIT,
        metadata={"description": "How many paths to list at most: the strongest."},
    )


class DerivationSchema(OneExampleSchema):
    """The network, and which weight or bias to walk to."""

    at = Place(
        PARAMETERS,
        required=True,
        metadata={"description": "A weight or bias, such as /weights/0/1/2 or /biases/0/1."},
    )
    limit = limit_field()


class PathsSchema(OneExampleSchema):
    """The network, and from where to where to go."""

    start = Place(
        FROM,
        required=True,
        data_key="from",
        metadata={"description": "An input, a weight, a bias, a z or an a."},
    )
    end = Place(
        TO,
        load_default=Address("cost"),
        data_key="to",
        metadata={"description": "A later z, a later a, or the cost.", "default": "/cost"},
    )
    limit = limit_field()

    @validates_schema(skip_on_field_errors=True)
    def goes_forward(self, data: dict[str, Any], **kwargs: Any) -> None:
        """The end comes after the start."""
        start, end = data["start"], data["end"]
        if end.quantity != "cost" and rank(end) <= rank(start):
            detail = f"{end.sentence} is computed before {start.sentence}, or is the same"
            refuse([Problem(("to",), f"{detail}: swap the two, or go further")])


def rank(at: Address) -> tuple[int, int]:
    """When a quantity is computed; a weight counts as what comes just before its z."""
    layer = at.layer
    return layer, {"input": 1, "weights": -1, "biases": -1, "z": 0, "a": 1}[at.quantity]


class LessonPathSchema(Schema):
    """One way through the network."""

    neurons = fields.List(
        fields.List(Integer()),
        metadata={"description": "[layer, neuron], layers from 1, neurons from 0; 0 is the input."},
    )
    factors = fields.List(Number())
    product = Number()


class PathsAnswerSchema(SymbolSchema):
    """The strongest paths, and the sum over all."""

    start = fields.String(data_key="from", metadata={"description": "A JSON pointer."})
    end = fields.String(data_key="to", metadata={"description": "A JSON pointer."})
    sentence = fields.String()
    paths = fields.List(fields.Nested(LessonPathSchema), metadata={"description": "Best first."})
    path_count = fields.String(metadata={"description": "Exact, as decimal digits."})
    active_count = fields.String(metadata={"description": "Those without a factor 0."})
    listed = Integer()
    sum = Number(metadata={"description": "Over all paths, also those that are not listed."})


class FactorSchema(SymbolSchema):
    """One link of the walk."""

    formula = Formula()
    value = Number()
    shared = Flag(metadata={"description": "Whether it is part of a δ that other walks use too."})
    part_of = fields.String(
        allow_none=True, metadata={"description": "The first δ on the way back that it is part of."}
    )
    sentence = fields.String()


class DerivationAnswerSchema(SymbolSchema):
    """The walk, link by link and path by path."""

    at = fields.String(metadata={"description": "A JSON pointer into the request."})
    sentence = fields.String()
    gradient = Number(metadata={"description": "As backpropagation computes it."})
    equation = Formula()
    factors = fields.List(
        fields.Nested(FactorSchema), metadata={"description": "Their product is the gradient."}
    )
    paths = fields.List(fields.Nested(LessonPathSchema), metadata={"description": "Best first."})
    path_count = fields.String(metadata={"description": "Exact, as decimal digits."})
    active_count = fields.String(metadata={"description": "Those without a factor 0."})
    listed = Integer()
    sum = Number(metadata={"description": "Over all paths, also those that are not listed."})


def derivation_answer(found: Derivation, sizes: tuple[int, ...]) -> Mapping[str, Any]:
    """What `DerivationAnswerSchema` prints."""
    letter = Symbols.of(sizes).at(found.at)
    return {
        "at": found.at.pointer,
        **named(partial(COST, letter)),
        "sentence": f"how the cost reacts to {found.at.sentence}",
        "gradient": found.gradient,
        "equation": found.equation,
        "factors": [factor_answer(factor) for factor in found.factors],
        **paths_told(found.paths),
    }


def factor_answer(factor: Factor) -> Mapping[str, Any]:
    """What `FactorSchema` prints."""
    return {
        **named(factor.derivative),
        "formula": factor.formula,
        "value": factor.value,
        "shared": factor.shared,
        "part_of": factor.part_of.pointer if factor.part_of else None,
        "sentence": factor.sentence,
    }


def paths_told(found: Paths) -> Mapping[str, Any]:
    """The paths, their number and their sum; counts as text, since no JSON number holds them."""
    return {
        "paths": [vars(path) for path in found.listed],
        "path_count": str(found.count),
        "active_count": str(found.active),
        "listed": len(found.listed),
        "sum": found.sum,
    }


def paths_answer(
    start: Address, end: Address, found: Paths, sizes: tuple[int, ...]
) -> Mapping[str, Any]:
    """What `PathsAnswerSchema` prints."""
    s = Symbols.of(sizes)
    return {
        "start": start.pointer,
        "end": end.pointer,
        **named(partial(s.at(end), s.at(start))),
        "sentence": f"how {end.sentence} reacts to {start.sentence}",
        **paths_told(found),
    }
