"""From an answer's JSON to typed, frozen results: the dataclasses' own annotations say how.

A key that a result does not know stays where it is, in `answer`. One that a result needs and does
not find means that the other side speaks another API.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from backcheck.arrays import Array, frozen
from backcheck.errors import ServerTrouble
from backcheck.wire import loads

Layers: TypeAlias = tuple[Array, ...]
"""One array for each layer: `layers[l-1]` belongs to layer l."""

Reader: TypeAlias = Callable[[Any], Any]
T = TypeVar("T")

OK = 200  # a foreign answer comes with success
ANOTHER_API = "this address may serve something else, or another version of the API"


class ForeignAnswer(ServerTrouble):
    """An answer that lacks what every version of the API has."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What every endpoint's answer has: the JSON text that it was read from."""

    raw: bytes = field(repr=False, kw_only=True, default=b"{}")

    @property
    def answer(self) -> Any:
        """The whole answer as plain dicts and lists, with all that this client does not name."""
        return loads(self.raw)


def read_answer(kind: type[T], raw: bytes, **extra: Any) -> T:
    """A result from the text of an answer; raises ForeignAnswer if it is none."""
    try:
        return read(kind, loads(raw), raw=raw, **extra)
    except (TypeError, ValueError, AttributeError) as error:
        raise ForeignAnswer(f"the answer cannot be read ({error}): {ANOTHER_API}", OK) from error


def read(kind: type[T], data: Mapping[str, Any], **extra: Any) -> T:
    """A result from the JSON object that tells it; raises ForeignAnswer if it lacks something."""
    found = dict(extra)
    for place, reader in readers(cast(Any, kind)).items():
        if place.name in data:
            found[place.name] = reader(data[place.name])
        elif place.name not in extra and place.default is place.default_factory is MISSING:
            raise ForeignAnswer(f"the answer has no `{place.name}`: {ANOTHER_API}", OK)
    return kind(**found)


@cache
def readers(kind: Any) -> dict[Field[Any], Reader]:
    """How each field of a dataclass is read."""
    hints = get_type_hints(kind)
    return {place: reader_of(hints[place.name]) for place in fields(kind)}


def reader_of(hint: Any) -> Reader:
    """How a value of this type is read from JSON."""
    origin, arguments = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        return lambda value: read(hint, value)  # type: ignore[arg-type]
    if origin is np.ndarray:
        return frozen
    if origin is tuple:
        inner = reader_of(arguments[0])
        return lambda values: tuple(inner(value) for value in values)
    if origin is Mapping:
        named = reader_of(arguments[1])
        return lambda values: {name: named(value) for name, value in values.items()}
    if origin in (Union, UnionType) and NoneType in arguments and len(arguments) == 2:
        present = reader_of(arguments[arguments[0] is NoneType])
        return lambda value: None if value is None else present(value)
    return as_it_is


def as_it_is(value: Any) -> Any:
    """What needs no reading."""
    return value
