"""Layer sizes n_0…n_L, where a request names a shape instead of a network."""

from typing import Any, ClassVar

from marshmallow import ValidationError

from schemas.fields import Field, OpenAPI
from schemas.words import kind, shown


class Sizes(Field):
    """n_0, n_1 … n_L; a subclass says how many and how large, and gives an example in `needed`."""

    layers_max: ClassVar[int]
    size_max: ClassVar[int]

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[int]:
        if type(value) is not list:
            raise ValidationError(f"{kind(value)} stands where {self.needed} is needed")
        if not 2 <= len(value) <= self.layers_max + 1:
            detail = f"{len(value)} sizes; 2 to {self.layers_max + 1} are needed: {self.needed}"
            raise ValidationError(detail)
        wrong = {
            i: [f"{shown(n)} is not a whole number between 1 and {self.size_max}"]
            for i, n in enumerate(value)
            if type(n) is not int or not 1 <= n <= self.size_max
        }
        if wrong:
            raise ValidationError(wrong)
        return value

    def documented(self) -> OpenAPI:
        """With its bounds."""
        return {
            "type": "array",
            "items": {"type": "integer", "minimum": 1, "maximum": self.size_max},
            "minItems": 2,
            "maxItems": self.layers_max + 1,
        }
