"""POST /v1/batches: many requests of one kind, what they share sent once; and the state of jobs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, post_load, validate

from schemas.claims import claims_of, fit_problems, shapes_of
from schemas.fields import Field, Flag, Integer, Name, Number, OpenAPI, refuse
from schemas.network import Exercise
from schemas.problems import Problem
from schemas.strict import Strict
from schemas.verifications import VerificationRequest, VerificationSchema
from schemas.words import kind, one_of, unknown

KINDS = ("gradients", "verifications", "finite_differences")
CLAIM_FIELDS = ("claims", "precision", "reveal", "activation_ulps")
OWN_FIELDS = ("id", "network")
"""Of an item beside those of its request: a name for it, and the network that it refers to."""
ID_CHARACTERS_MAX = 200
FIRST_MAX = 2**31 - 1  # what every database takes for a number


class Objects(Field):
    """Named JSON objects, whose inside is looked at when an item refers to them."""

    needed = "an object of objects, by name,"
    openapi: ClassVar[OpenAPI] = {"type": "object", "additionalProperties": {"type": "object"}}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> dict[str, dict[str, Any]]:
        if type(value) is not dict:
            raise ValidationError(f"{kind(value)} stands where {self.needed} is needed")
        wrong = [name for name, inner in value.items() if type(inner) is not dict]
        refuse(
            Problem((name,), f"{kind(value[name])} stands where an object is needed")
            for name in wrong
        )
        return value


class Object(Field):
    """One JSON object."""

    needed = "an object"
    openapi: ClassVar[OpenAPI] = {"type": "object"}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise ValidationError(f"{kind(value)} stands where {self.needed} is needed")
        return value


class Items(Field):
    """The items, each of which is judged on its own."""

    needed = "a list of items"
    openapi: ClassVar[OpenAPI] = {"type": "array", "items": {"type": "object"}, "minItems": 1}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if type(value) is not list:
            raise ValidationError(f"{kind(value)} stands where {self.needed} is needed")
        if not value:
            raise ValidationError("is empty; one item at least is needed")
        return value


@dataclass(frozen=True)
class Header:
    """What the items of a batch have in common."""

    kind: str
    networks: Mapping[str, Mapping[str, Any]]
    common: Mapping[str, Any]


class HeaderSchema(Strict):
    """The first line of an NDJSON batch; loads a `Header`."""

    kind = Name("kind", KINDS, required=True, metadata={"description": "What is asked of each."})
    networks = Objects(
        load_default=dict,
        metadata={"description": "Fields under names that items refer to by `network`."},
    )
    common = Object(
        load_default=dict,
        metadata={"description": "Fields of every item that does not say otherwise."},
    )

    @post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> Any:
        """What the rest works with."""
        return Header(data["kind"], data["networks"], data["common"])


class BatchSchema(HeaderSchema):
    """A whole batch as one JSON object; loads the header and the list of items."""

    items = Items(
        required=True,
        metadata={"description": "Requests, each with an `id` and a `network` if you like."},
    )

    @post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> tuple[Header, list[Any]]:
        """The header and the items."""
        return Header(data["kind"], data["networks"], data["common"]), data["items"]


@dataclass(frozen=True)
class Item:
    """One item: its name, the shared fields that it refers to, and its own."""

    id: Any
    network: str | None
    own: dict[str, Any]


def read_item(value: Any, header: Header) -> Item:
    """An item of a batch. Raises ValidationError where it is none or refers to nothing."""
    if type(value) is not dict:
        needed = "an object with the fields of a request" + (
            f', or a "network" ({one_of(header.networks)}) and the rest' if header.networks else ""
        )
        raise ValidationError(f"{kind(value)} stands where {needed} is needed")
    name, named = value.get("id"), value.get("network")
    if name is not None and (type(name) not in (str, int) or len(str(name)) > ID_CHARACTERS_MAX):
        refuse([Problem(("id",), f"a string of at most {ID_CHARACTERS_MAX} characters is needed")])
    if named is not None and type(named) is not str:
        refuse([Problem(("network",), f"{kind(named)} stands where a name is needed")])
    if named is not None and named not in header.networks:
        refuse([Problem(("network",), unknown("network", named, header.networks, {}))])
    own = {field: value[field] for field in value if field not in OWN_FIELDS}
    return Item(name, named, own)


def whole_request(item: Item, header: Header) -> dict[str, Any]:
    """The request that the item stands for, as it would be sent alone."""
    return {**shared_fields(item.network, header), **item.own}


def shared_fields(network: str | None, header: Header) -> dict[str, Any]:
    """What an item need not say: the common fields, and over them those of its network."""
    return {**header.common, **(header.networks[network] if network is not None else {})}


class ClaimsSchema(VerificationSchema):
    """What is left of a verification where its network is shared."""

    def __init__(self) -> None:
        super().__init__(only=CLAIM_FIELDS)

    @post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> Any:
        """The fields."""
        return data


CLAIMS = ClaimsSchema()


def request_on(exercise: Exercise, fields: Mapping[str, Any]) -> VerificationRequest | None:
    """The claims in these fields about a network that has been read; None if they do not fit it."""
    try:
        data = CLAIMS.load(fields)
    except ValidationError:
        return None
    shapes = shapes_of(exercise.network.sizes, None if exercise.single else exercise.batch.size)
    read = data["claims"]
    if any(fit_problems(read, shapes, exercise.network.depth)):
        return None
    if not any(layer is not None and layer.mask.any() for ls in read.values() for layer in ls):
        return None
    claims = claims_of(read, shapes, exercise.single)
    return VerificationRequest(
        exercise, claims, data["precision"], data["reveal"], data["activation_ulps"]
    )


class ResultSchema(Schema):
    """The answer to one item."""

    index = Integer(metadata={"description": "The item's place in the batch, from 0."})
    id = fields.Raw(metadata={"description": "The item's own name, if it has one."})
    status = Integer(metadata={"description": "As if it had been sent alone: 200, 400, 422 …"})
    answer = fields.Raw(metadata={"description": "What the single request answers."})
    problem = fields.Raw(metadata={"description": "In its place, where the item has no answer."})


class ResultsSchema(Schema):
    """The answers to a batch, or a page of them."""

    results = fields.List(fields.Nested(ResultSchema))
    next = fields.String(allow_none=True, metadata={"description": "Where the next page is."})
    complete = Flag(metadata={"description": "Whether every item before `next` is answered."})


class CountSchema(Schema):
    """How many items there are, are answered, and were answered with a problem."""

    total = Integer(allow_none=True)
    done = Integer()
    failed = Integer()


class WorkSchema(Schema):
    """Work in its own unit: items, or floating-point operations of finite-difference checks."""

    unit = fields.String()
    total = Number(allow_none=True, metadata={"description": "null until all of it is planned."})
    done = Number()


class JobSchema(Schema):
    """The state of a job."""

    id = fields.String()
    kind = fields.String()
    state = fields.String(
        metadata={"description": "receiving, running, done, cancelled or failed."}
    )
    waits_for = fields.String(
        allow_none=True,
        metadata={"description": "In words, where it runs and nothing can be computed yet."},
    )
    items = fields.Nested(CountSchema)
    work = fields.Nested(WorkSchema)
    created = fields.String(metadata={"description": "RFC 3339, as the other times."})
    finished = fields.String(allow_none=True)
    expires = fields.String(allow_none=True, metadata={"description": "When it is forgotten."})
    links = fields.Dict(keys=fields.String(), values=fields.String())


class JobsSchema(Schema):
    """The caller's jobs, newest first."""

    jobs = fields.List(fields.Nested(JobSchema))


class PageSchema(Strict):
    """Which results: numbers in an address are text."""

    default_limit = 1000
    first = fields.Integer(
        data_key="from",
        load_default=0,
        validate=validate.Range(
            0, FIRST_MAX, error=f"a whole number from 0 to {FIRST_MAX} is needed"
        ),
    )
    limit = fields.Integer(
        load_default=None,
        validate=validate.Range(1, 10_000, error="a whole number from 1 to 10000 is needed"),
    )

    @post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Under the names of the address."""
        return {"from": data["first"], "limit": data["limit"]}
