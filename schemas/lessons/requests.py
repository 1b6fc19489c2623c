"""What lessons ask for: a network, the place of a number in it, and one example of a batch."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from marshmallow import ValidationError, post_load, validates_schema

from core.lessons.addresses import WITH_SOURCE, Address, NoSuchPlace, check_place
from core.lessons.reading import Unreadable, read_address
from schemas.fields import Field, Integer, OpenAPI, refuse
from schemas.network import Exercise, NetworkSchema, exercise
from schemas.problems import Problem
from schemas.shapes import Parts, layer_sizes
from schemas.words import kind

PARAMETERS = ("weights", "biases")
NETWORK_FIELDS = NetworkSchema().load_fields.keys()


class Place(Field):
    """One number: a pointer, or a symbol, LaTeX or sentence that says the same; an `Address`."""

    needed = 'a pointer such as "/weights/0/1/2"'
    openapi: ClassVar[OpenAPI] = {"type": "string"}

    def __init__(self, quantities: Collection[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.quantities = quantities

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Address:
        if type(value) is not str:
            raise ValidationError(f"{kind(value)} stands where {self.needed} is needed")
        try:
            address = read_address(value)
        except Unreadable as error:
            raise ValidationError(str(error)) from None
        if address.quantity not in self.quantities:
            needed = " or ".join(f"/{quantity}" for quantity in self.quantities)
            raise ValidationError(f"is {address.sentence}; one of {needed} is needed")
        return address


@dataclass(frozen=True)
class LessonRequest:
    """An exercise, and what else was asked for."""

    exercise: Exercise
    options: Mapping[str, Any]


class LessonSchema(NetworkSchema):
    """The network, and places in it; loads a `LessonRequest`."""

    @validates_schema(skip_on_field_errors=False)
    def places_exist(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Every place is one of this network."""
        sizes, examples = sizes_of(data), examples_of(data)
        if sizes is None:
            return
        for name, at in addresses(data):
            try:
                check_place(at, sizes, examples)
            except NoSuchPlace as error:
                refuse([Problem((name,), str(error))])
            if only_entry(at, sizes).whole:
                detail = f"is {at.sentence}; one number of them is needed"
                refuse([Problem((name,), detail)])

    @post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> LessonRequest:
        """What the view works with."""
        asked = exercise(data)
        sizes = asked.network.sizes
        places = {name: only_entry(at, sizes) for name, at in addresses(data)}
        return LessonRequest(asked, {**options_of(self, data), **places})


class OneExampleSchema(LessonSchema):
    """A lesson that follows one example; loads a `LessonRequest` of that example alone."""

    example = Integer(
        0,
        metadata={"description": "Which example of a batch to follow, counted from 0."},
    )

    @validates_schema(skip_on_field_errors=False)
    def example_is_told(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Exactly one example is meant."""
        N = examples_of(data)
        if N is None:
            return
        meant = meant_examples(data)
        if len(meant) > 1:
            refuse([Problem(("example",), f"{sorted(meant)} are different examples; name one")])
        if not meant and N > 1:
            detail = f"is missing; this lesson follows one example, 0 to {N - 1} of the batch"
            refuse([Problem(("example",), detail)])
        if meant and max(meant) >= N:
            detail = f"there is no example {max(meant)}; the last one is {N - 1}"
            refuse([Problem(("example",), detail)])

    @post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> LessonRequest:
        """What the view works with."""
        whole = exercise(data)
        chosen = min(meant_examples(data), default=0)
        one = Exercise(
            whole.network, whole.batch.example(chosen), True, whole.relu_derivative_at_zero
        )
        sizes = one.network.sizes
        places = {name: alone(only_entry(at, sizes)) for name, at in addresses(data)}
        return LessonRequest(one, {**options_of(self, data), **places})


def addresses(data: Mapping[str, Any]) -> Sequence[tuple[str, Address]]:
    """The places that a request names."""
    return [(name, value) for name, value in data.items() if isinstance(value, Address)]


def meant_examples(data: Mapping[str, Any]) -> set[int]:
    """Which examples a request names, in its own field or in a pointer."""
    named = [data.get("example"), *(at.example for _, at in addresses(data))]
    return {example for example in named if example is not None}


def only_entry(at: Address, sizes: Sequence[int]) -> Address:
    """A layer's only number, where section 9 writes w(1) and not w(1)_00; others as they are."""
    if not at.whole:
        return at
    layer = {"input": 0, "target": len(sizes) - 1}.get(at.quantity, at.layer)
    by_source = at.quantity in WITH_SOURCE
    if sizes[layer] != 1 or (by_source and sizes[layer - 1] != 1):
        return at
    return Address(at.quantity, at.layer, 0, 0 if by_source else None, at.example)


def alone(at: Address) -> Address:
    """The same place where there is one example only."""
    return Address(at.quantity, at.layer, at.neuron, at.source)


def examples_of(data: Mapping[str, Any]) -> int | None:
    """N, 1 for a vector; None if the input could not be read."""
    x = data.get("input")
    if not isinstance(x, np.ndarray):
        return None
    return 1 if x.ndim == 1 else len(x)


def sizes_of(data: Mapping[str, Any]) -> Sequence[int] | None:
    """n_0 … n_L; None where the network could not be read."""
    weights, x = data.get("weights"), data.get("input")
    if weights is None or not isinstance(x, np.ndarray):
        return None
    sizes = layer_sizes(Parts(weights, data.get("biases"), x, None))
    known = [int(size) for size in sizes if size is not None]
    return known if len(known) == len(sizes) else None


def options_of(schema: NetworkSchema, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the lesson's own fields hold."""
    own = schema.load_fields.keys() - NETWORK_FIELDS
    return {name: data[name] for name in own if name in data}
