"""Schemas of requests: unknown fields are refused, and what is sound goes straight through."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NoReturn

from marshmallow import Schema, ValidationError, fields, missing
from marshmallow.decorators import POST_LOAD, VALIDATES_SCHEMA

from schemas.problems import PROBLEMS_MAX
from schemas.words import nearest, one_of, unknown


class Strict(Schema):
    """A schema that refuses unknown fields, and says which known one was probably meant."""

    aliases: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *, only: Sequence[str] | None = None) -> None:
        super().__init__(only=only)
        self.error_messages = {**self.error_messages, "type": self.object_needed()}
        named = {field.attribute or name: field for name, field in self.load_fields.items()}
        self._readers = {
            field.data_key or name: (field.attribute or name, reader(field))
            for name, field in self.load_fields.items()
        }
        self._defaults = {
            name: field.load_default
            for name, field in named.items()
            if field.load_default is not missing
        }
        self._required = {name for name, field in named.items() if field.required}
        self._checks = hooks(self, VALIDATES_SCHEMA)
        self._builds = hooks(self, POST_LOAD)

    @property
    def written(self) -> Mapping[str, fields.Field[Any]]:
        """The fields under the names that they have in JSON."""
        return {field.data_key or name: field for name, field in self.load_fields.items()}

    def load(self, data: Any, **options: Any) -> Any:
        """Straight where all is sound; where anything is not, marshmallow's way finds the words."""
        sound = None if options or type(data) is not dict else self.straight(data)
        return super().load(data, **options) if sound is None else sound

    def straight(self, data: dict[str, Any]) -> Any:
        """What is made of an object in which all is sound; None where anything is odd."""
        loaded = {
            name: default() if callable(default) else default
            for name, default in self._defaults.items()
        }
        try:
            for key, value in data.items():
                if value is None or key not in self._readers:
                    return None
                name, read = self._readers[key]
                loaded[name] = read(value, key, data)
            if not self._required <= loaded.keys():
                return None
            for check in self._checks:
                check(loaded)
            for build in self._builds:
                loaded = build(loaded)
        except ValidationError:
            return None
        return loaded

    def object_needed(self) -> str:
        """What to say to a list, a number or null."""
        needed = [name for name, field in self.written.items() if field.required]
        return f"a JSON object is needed, with the fields {one_of(needed)}"

    def handle_error(self, error: ValidationError, data: Any, **kwargs: Any) -> NoReturn:
        """Replace marshmallow's words about unknown fields by the nearest known name.

        A field that is missing because it is misspelled is one mistake, told where it stands.
        """
        if isinstance(data, dict) and isinstance(error.messages, dict):
            known = self.written
            for name in sorted(data.keys() - known.keys())[:PROBLEMS_MAX]:
                said = unknown("field", name, known, self.aliases)
                error.messages[name] = [said]
                meant = nearest(name, known, self.aliases)
                if meant not in data:
                    error.messages.pop(meant, None)
        raise error


def reader(field: fields.Field[Any]) -> Callable[..., Any]:
    """What reads a value that is there: the field's own method where marshmallow adds nothing."""
    around = (*field.pre_load, *field.validators, *field.post_load)
    return field.deserialize if around else field._deserialize


def hooks(schema: Schema, tag: str) -> list[Callable[..., Any]]:
    """The schema's own methods that marshmallow calls at this stage of a load."""
    return [getattr(schema, name) for name, _, _ in schema._hooks[tag]]
