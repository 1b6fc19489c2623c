"""How expressions and named things are printed: plain text, LaTeX and MathML from one tree."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from marshmallow import Schema, fields

from core.lessons.expressions import Expression, latex, mathml, text
from schemas.fields import Field, OpenAPI

MATHML: OpenAPI = {
    "type": "array",
    "items": {},
    "minItems": 1,
    "description": "Nested lists: a tag, maybe an object of attributes, then children and texts.",
    "examples": [["msub", ["mi", "x"], ["mn", "0"]]],
}
STRING: OpenAPI = {"type": "string"}


class MathML(Field):
    """MathML as nested lists."""

    openapi = MATHML

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return value


class Formula(Field):
    """An expression as text, LaTeX and MathML."""

    openapi: ClassVar[OpenAPI] = {
        "type": "object",
        "required": ["text", "latex", "mathml"],
        "properties": {"text": STRING, "latex": STRING, "mathml": MATHML},
        "additionalProperties": False,
    }

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return None if value is None else expressed(value)


class SymbolSchema(Schema):
    """Something that has a letter."""

    symbol = fields.String(metadata={"description": "The letter as plain text: w(1)_02."})
    latex = fields.String()
    mathml = MathML()


class TermSchema(Schema):
    """A part of an equation, and what it amounts to."""

    text = fields.String()
    latex = fields.String()
    mathml = MathML()
    value = fields.Float()


def expressed(expression: Expression) -> Mapping[str, Any]:
    """What `Formula` prints."""
    return {"text": text(expression), "latex": latex(expression), "mathml": mathml(expression)}


def named(expression: Expression) -> Mapping[str, Any]:
    """What `SymbolSchema` prints."""
    return {"symbol": text(expression), "latex": latex(expression), "mathml": mathml(expression)}


def labels(expressions: Iterable[Expression]) -> list[str]:
    """Names of rows or columns."""
    return [text(expression) for expression in expressions]
