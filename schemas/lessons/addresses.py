"""POST /v1/addresses: a pointer, a sentence, a symbol or LaTeX gives all the others (Fig 2.1)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validates_schema

from core.lessons.addresses import Address, NoSuchPlace, check_place
from core.lessons.reading import Unreadable, read_address
from core.lessons.symbols import Symbols
from schemas.fields import Field, Integer, OpenAPI
from schemas.lessons.counts import EXAMPLES_MAX, AnySizes
from schemas.lessons.expressions import SymbolSchema, named
from schemas.strict import Strict
from schemas.words import kind

CHARACTERS_MAX = 200  # the longest sentence has 90


class AddressText(Field):
    """Any way to name a quantity; loads an `Address`."""

    needed = 'a text such as "w(1)_02"'
    openapi: ClassVar[OpenAPI] = {"type": "string", "maxLength": CHARACTERS_MAX}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Address:
        if type(value) is not str:
            raise ValidationError(f"{kind(value)} stands where {self.needed} is needed")
        if len(value) > CHARACTERS_MAX:
            raise ValidationError(f"has {len(value)} characters; at most {CHARACTERS_MAX} are read")
        try:
            return read_address(value)
        except Unreadable as error:
            raise ValidationError(str(error)) from None


class AddressesSchema(Strict):
    """What to read, and what it has to fit."""

    text = AddressText(
        required=True,
        metadata={
            "description": "/weights/0/1/2, w(1)_12, w^{(1)}_{12}, or: into neuron 1 of layer 1, "
            "from neuron 2 of layer 0."
        },
    )
    layer_sizes = AnySizes(
        metadata={"description": "n_0 … n_L; if given, the place has to be there."},
    )
    examples = Integer(1, EXAMPLES_MAX, metadata={"description": "N, if it is a batch."})

    @validates_schema
    def is_there(self, data: dict[str, Any], **kwargs: Any) -> None:
        """The place is one of a network of these sizes."""
        if "layer_sizes" not in data:
            return
        try:
            check_place(data["text"], data["layer_sizes"], data.get("examples"))
        except NoSuchPlace as error:
            raise ValidationError(str(error), "text") from None


class AddressesAnswerSchema(SymbolSchema):
    """One place, named in every way."""

    at = fields.String(metadata={"description": "The JSON pointer."})
    quantity = fields.String()
    layer = Integer(metadata={"description": "From 1; 0 where there is none."})
    neuron = Integer(allow_none=True)
    source = Integer(allow_none=True, metadata={"description": "The neuron of the layer before."})
    example = Integer(allow_none=True)
    sentence = fields.String()


def address_answer(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """What `AddressesAnswerSchema` prints."""
    at, sizes = asked["text"], asked.get("layer_sizes")
    s = Symbols() if sizes is None else Symbols.of(sizes)
    return {**vars(at), "at": at.pointer, "sentence": at.sentence, **named(s.at(at))}
