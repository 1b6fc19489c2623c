"""Schemas that only print. marshmallow asks each object for each attribute in four ways; ours are
mappings all the way down, and printing a small answer took longer than computing it."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema


class Answer(Schema):
    """A schema of answers: prints mappings field by field, in the order of the schema."""

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        """What the fields print of a mapping; anything else takes marshmallow's way.

        A field that the mapping lacks is left out.
        """
        if many or not isinstance(obj, Mapping):
            return super().dump(obj, many=many)
        return {
            name: field._serialize(obj[name], name, obj)
            for name, field in self.dump_fields.items()
            if name in obj
        }


class Built(Schema):
    """Documents answers that are built as they are printed: dumping one changes nothing."""

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        """The answer as it is."""
        return obj
