"""The fields of the border: vectors, matrices, layers of them, names, numbers.

Each reads all it can and tells every problem at once; `valid_data` carries what was sound, and a
sketch of what was not, so that shapes can still be compared. Each knows its own OpenAPI schema.
In answers they print float64 arrays as they are, -0.0 included.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from types import NoneType
from typing import Any, ClassVar, NamedTuple

import numpy as np
from marshmallow import Schema, ValidationError, fields

from core.arrays import Array, all_finite_in
from schemas import arrays
from schemas.problems import PROBLEMS_MAX, Problem, tree
from schemas.words import kind, one_of, shown, unknown

OpenAPI = dict[str, Any]

LAYERS_MAX = 10_000  # a longer list is a slip, and each of its items would be explained in vain

NUMBER: OpenAPI = {"type": "number"}
VECTOR: OpenAPI = {"type": "array", "items": NUMBER, "minItems": 1}
MATRIX: OpenAPI = {"type": "array", "items": VECTOR, "minItems": 1}
VECTOR_OR_MATRIX: OpenAPI = {"oneOf": [VECTOR, MATRIX]}


def per_layer(items: OpenAPI) -> OpenAPI:
    """A list with one item for each layer."""
    return {"type": "array", "items": items, "minItems": 1}


class NotPrintable(ArithmeticError):
    """An answer would hold NaN or infinity where the contract promises a number."""


class Field(fields.Field[Any]):
    """A field that documents itself, and says what it is for when it is missing or null."""

    openapi: ClassVar[OpenAPI] = {}
    schemas: ClassVar[tuple[Schema, ...]] = ()  # further forms, as objects
    needed: ClassVar[str] = "a value"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        needed = self.needed.replace("{", "{{").replace("}", "}}")  # marshmallow formats messages
        self.error_messages = {
            **self.error_messages,
            "required": f"is missing; {needed} is needed",
            "null": f"is null; {needed} is needed",
        }

    def documented(self) -> OpenAPI:
        """Its OpenAPI schema."""
        return self.openapi


def refuse(problems: Iterable[Problem], valid_data: Any = None) -> None:
    """Raise what there is of problems, if any."""
    first = list(islice(problems, PROBLEMS_MAX))
    if first:
        raise ValidationError(tree(first), valid_data=valid_data)


class PerLayer(Field):
    """A list with one array for each layer; subclasses say which kind of array."""

    item: ClassVar[str]
    one: Callable[[Any], arrays.Matrix | None]
    explain: arrays.Explain
    sketch: Callable[[Any], arrays.Matrix | None]

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[arrays.Matrix | None]:
        if type(value) is not list or not 0 < len(value) <= LAYERS_MAX:
            refuse(self._problems_of_the_list(value))
        read = [self.one(item) for item in value]
        if NoneType in map(type, read):  # `None in read` would compare the arrays
            refuse(self._problems_of_the_list(value))
            refuse(self._problems_of_items(value, read), self._sketched(value, read))
        return read

    def _problems_of_the_list(self, value: Any) -> Iterator[Problem]:
        if type(value) is not list:
            yield Problem((), f"{kind(value)} stands where a list of {self.item} is needed")
        elif not value:
            yield Problem((), f"is empty; one of the {self.item} for each layer is needed")
        elif len(value) > LAYERS_MAX:
            yield Problem((), f"has {len(value)} {self.item}; a network has at most {LAYERS_MAX}")
        elif self.one(value) is not None:
            hint = f"for a single layer send [{shown(value)}]"
            yield Problem((), f"is one of the {self.item}; a list of them is needed ({hint})")

    def _problems_of_items(self, value: list[Any], read: list[Any]) -> Iterator[Problem]:
        for index, (item, array) in enumerate(zip(value, read, strict=True)):
            if array is None:
                for problem in self.explain(item):
                    yield problem.below(index)

    def _sketched(self, value: list[Any], read: list[Any]) -> list[arrays.Matrix | None]:
        pairs = zip(value, read, strict=True)
        return [self.sketch(item) if array is None else array for item, array in pairs]

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return None if value is None else printables(value)


class Vectors(PerLayer):
    """b(l) for l = 1…L."""

    item = "vectors"
    needed = "a list of vectors, one for each layer,"
    one = staticmethod(arrays.vector)
    explain = staticmethod(arrays.explain_vector)
    sketch = staticmethod(arrays.sketch_vector)
    openapi = per_layer(VECTOR)


class Matrices(PerLayer):
    """W(l) for l = 1…L; a matrix whose rows differ in length is read as `Ragged`."""

    item = "matrices"
    needed = "a list of matrices, one for each layer,"
    one = staticmethod(arrays.matrix)
    explain = staticmethod(arrays.explain_matrix)
    sketch = staticmethod(arrays.sketch_matrix)
    openapi = per_layer(MATRIX)


class VectorsOrMatrices(PerLayer):
    """z, a or δ for l = 1…L: vectors for one example, N × n_l matrices for a batch."""

    item = "vectors or matrices"
    one = staticmethod(arrays.vector_or_matrix)
    explain = staticmethod(arrays.explain_vector_or_matrix)
    sketch = staticmethod(arrays.sketch_vector_or_matrix)
    openapi: ClassVar[OpenAPI] = {"oneOf": [per_layer(VECTOR), per_layer(MATRIX)]}


class Sketch(NamedTuple):
    """What an unreadable field was meant to be; a tuple, since marshmallow asks if it is true."""

    array: arrays.Matrix | None


class VectorOrMatrix(Field):
    """One example (a vector), or a batch of N (N × n)."""

    needed = "a vector, or a list of N vectors for a batch,"
    openapi = VECTOR_OR_MATRIX

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> arrays.Matrix | None:
        read = arrays.vector_or_matrix(value)
        if read is None:
            sketch = Sketch(arrays.sketch_vector_or_matrix(value))
            refuse(arrays.explain_vector_or_matrix(value), sketch)
        return read


def printables(arrays: Iterable[Array]) -> list[Array]:
    """Arrays as the printer takes them. Raises NotPrintable on NaN and infinity."""
    found = [*map(np.ascontiguousarray, arrays)]
    if not all_finite_in(found):
        raise NotPrintable("an array holds a number that is not finite")
    return found


def printable(array: Array) -> Array:
    """The array as the printer takes it: contiguous. Raises NotPrintable on NaN and infinity."""
    return printables([array])[0]


def printable_number(number: float) -> float:
    """The number as the printer takes it. Raises NotPrintable on NaN and infinity."""
    if not math.isfinite(number):
        raise NotPrintable("a number is not finite")
    return float(number)


class Number(Field):
    """A finite number, within a range if one is given."""

    needed = "a number"

    def __init__(
        self, minimum: float | None = None, maximum: float | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.minimum, self.maximum = minimum, maximum

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> float:
        refuse(arrays.explain_number(value))
        self._within(value)
        return float(value)

    def _within(self, value: float) -> None:
        low, high = self.minimum, self.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            raise ValidationError(f"{shown(value)} is not {self._range()}")

    def _range(self) -> str:
        if self.minimum is not None and self.maximum is not None:
            return f"between {self.minimum:g} and {self.maximum:g}"
        return f"at least {self.minimum:g}" if self.maximum is None else f"at most {self.maximum:g}"

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> float | None:
        return None if value is None else printable_number(value)

    def documented(self) -> OpenAPI:
        """With its range."""
        ends = {"minimum": self.minimum, "maximum": self.maximum}
        return {**NUMBER, **{end: value for end, value in ends.items() if value is not None}}


class Integer(Number):
    """A whole number; 2.0 is not one, so that a slip does not pass."""

    needed = "a whole number"

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        refuse(arrays.explain_number(value))
        if type(value) is not int:
            raise ValidationError(f"{shown(value)} is not a whole number")
        self._within(value)
        return value

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> int | None:
        return None if value is None else int(value)

    def documented(self) -> OpenAPI:
        """With its range."""
        return {**super().documented(), "type": "integer"}


class Name(Field):
    """A name out of a list; the nearest one is told for a name that is not there."""

    def __init__(
        self,
        what: str,
        known: Iterable[str],
        aliases: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        self.what, self.known, self.aliases = what, list(known), dict(aliases or {})
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if type(value) is not str or value not in self.known:
            refuse(self.problems(value))
        return value

    def problems(self, value: Any) -> Iterator[Problem]:
        """Why this is not one of the names."""
        if type(value) is not str:
            hint = f"one of {one_of(self.known)}"
            yield Problem((), f"{kind(value)} stands where a name is needed: {hint}")
        elif value not in self.known:
            yield Problem((), unknown(self.what, value, self.known, self.aliases))

    def documented(self) -> OpenAPI:
        """With the names."""
        return {"type": "string", "enum": self.known}


class NamePerLayer(Name):
    """One name for every layer, or a list of names with one for each."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if type(value) is not list:
            return super()._deserialize(value)
        if not value:
            raise ValidationError(f"is empty; one {self.what} for each layer is needed")
        known = [name if name in self.known else None for name in value]
        if None in known:
            refuse(arrays.each(value, self.problems), known)
        return known

    def documented(self) -> OpenAPI:
        """Either form."""
        one = super().documented()
        return {"oneOf": [one, per_layer(one)]}


class Flag(Field):
    """true or false, and nothing that resembles them."""

    needed = "true or false"
    openapi: ClassVar[OpenAPI] = {"type": "boolean"}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        if type(value) is not bool:
            raise ValidationError(f"{kind(value)} stands where true or false is needed")
        return value
