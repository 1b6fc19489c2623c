"""`precision`: a float format, so many decimals or digits, or "auto"."""

import re
from typing import Any, ClassVar

from marshmallow import ValidationError

from core.rounding.precision import FLOATS, MOST_DIGITS, Precision, decimals, significant_digits
from schemas.fields import Field, OpenAPI
from schemas.words import one_of, shown, unknown

AUTO = "auto"
NAMES = [*FLOATS, AUTO]
DIGITS = {"decimals": decimals, "significant_digits": significant_digits}


class PrecisionField(Field):
    """Loads core's `Precision`, or None for "auto"."""

    needed = f'one of {one_of(NAMES)}, or an object such as {{"decimals": 4}}'
    openapi: ClassVar[OpenAPI] = {
        "oneOf": [
            {"type": "string", "enum": NAMES},
            *(
                {
                    "type": "object",
                    "properties": {
                        name: {"type": "integer", "minimum": low, "maximum": MOST_DIGITS}
                    },
                    "required": [name],
                    "additionalProperties": False,
                }
                for name, low in (("decimals", 0), ("significant_digits", 1))
            ),
        ]
    }

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Precision | None:
        if type(value) is str:
            if value not in NAMES:
                raise ValidationError(unknown("precision", value, NAMES, {}) + meant(value))
            return FLOATS.get(value)
        if type(value) is not dict or len(value) != 1 or next(iter(value)) not in DIGITS:
            raise ValidationError(f"{shown(value)} stands where {self.needed} is needed")
        ((name, number),) = value.items()
        least = 1 if name == "significant_digits" else 0
        if type(number) is not int or not least <= number <= MOST_DIGITS:
            raise ValidationError(
                {name: [f"{shown(number)} is not a whole number between {least} and {MOST_DIGITS}"]}
            )
        return DIGITS[name](number)


def meant(value: str) -> str:
    """How to send a number of decimals or digits that came in words.

    >>> meant("4 decimals"), meant("5-digits"), meant("float8")
    ('; send {"decimals": 4}', '; send {"significant_digits": 5}', '')
    """
    number, name = re.search(r"\d+", value), re.search("dec|dig", value.lower())
    if not number or not name:
        return ""
    field = "decimals" if name.group() == "dec" else "significant_digits"
    return f'; send {{"{field}": {int(number.group())}}}'


def told(precision: Precision) -> Any:
    """A precision as it stands in requests and answers."""
    if precision.decimals is not None:
        return {"decimals": precision.decimals}
    if precision.significant_digits is not None:
        return {"significant_digits": precision.significant_digits}
    return precision.name
