"""POST /v1/batches: many requests of one kind, answered at once if they are few, else a job."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from itertools import chain
from secrets import token_hex
from typing import Any, NamedTuple

import orjson
from flask import Response, current_app, request
from marshmallow import ValidationError
from werkzeug.exceptions import (
    Conflict,
    RequestEntityTooLarge,
    ServiceUnavailable,
    TooManyRequests,
    UnsupportedMediaType,
)

from schemas.batches import BatchSchema, Header, HeaderSchema, JobSchema, ResultsSchema
from schemas.problems import flatten
from schemas.strict_json import NotJson, parse
from service.access import require
from service.api import Blueprint
from service.errors import Refused
from service.jobs.answering import Answers
from service.jobs.checking import TooSlow
from service.jobs.extension import jobs
from service.jobs.owner import owner
from service.jobs.pages import NDJSON, job_answer, joined_json, kept, wants_ndjson
from service.jobs.reading import BLOCK_ITEMS, Counted, deadline, in_blocks, lines, pieces
from service.lane import depart
from service.limits import Limits, limits
from service.requests import JSON, read_body
from service.turns import give_back, heavy_turn, take_turn

blueprint = Blueprint(
    "batches", __name__, url_prefix="/v1", description="Many requests at once, and heavy checks"
)

BATCH, HEADER = BatchSchema(), HeaderSchema()
KEY_CHARACTERS_MAX = 200
RETRY_SECONDS = 30
ALONE = "finite_differences"  # each of whose items is a block, since each may be heavy

LINES = {
    "type": "string",
    "description": "A line with `kind`, `networks` and `common`; then a line for each item.",
}
DOCUMENTED = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": BatchSchema}, NDJSON: {"schema": LINES}},
    },
    "parameters": [
        {
            "in": "header",
            "name": "Prefer",
            "schema": {"type": "string"},
            "description": "`respond-async`: a job in any case.",
        },
        {
            "in": "header",
            "name": "Idempotency-Key",
            "schema": {"type": "string", "maxLength": KEY_CHARACTERS_MAX},
            "description": "The same key and the same batch are the same job.",
        },
    ],
}


class Arriving(NamedTuple):
    """A batch of which the header is here, and the items are to come."""

    header: Header
    items: Iterator[bytes]


@blueprint.route("/batches", methods=["POST"])
@blueprint.doc(**DOCUMENTED)
@blueprint.response(200, ResultsSchema())
@blueprint.alt_response(202, schema=JobSchema(), description="It is a job; Location has it.")
@blueprint.alt_response(409, "CONFLICT")
@blueprint.alt_response(413, "REQUEST_ENTITY_TOO_LARGE")
@blueprint.alt_response(415, "UNSUPPORTED_MEDIA_TYPE")
@blueprint.alt_response(422, "UNPROCESSABLE_ENTITY")
def batches() -> Response:
    """Many requests of one kind

    `kind` says which: gradients, verifications or finite_differences. What items share stands in
    `common`, or under a name in `networks` that they refer to. Each item's error is that item's
    answer. Send `application/x-ndjson` and neither side has to hold the whole.
    """
    with Places() as places:
        return answered_or_job(limits(), places)


class Places(ExitStack):
    """This request's places among the few that may hold so much; given back at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.held: set[str] = set()

    def take(self, name: str, said: str) -> None:
        """One of them, unless we have it. Raises 503 where there is none."""
        if name in self.held:
            return
        places = current_app.extensions[name]
        if not places.acquire(blocking=False):
            raise ServiceUnavailable(said, retry_after=RETRY_SECONDS)
        self.held.add(name)
        self.callback(places.release)


def answered_or_job(most: Limits, places: Places) -> Response:
    """The batch read, and 200 or 202."""
    job_name(owner())  # a key that cannot be one is told, whatever becomes of the batch
    arriving = read_batch(most, places)
    counted = Counted(most)
    passing = counted.passing(arriving.items)
    held = list(until_large(passing, counted, most))
    large = counted.items > most.answered_items_max or counted.size > most.answered_bytes_max
    if not held:
        raise Refused(flatten({"items": ["there are none; one line at least is needed"]}))
    if not large and not prefers_async():
        answered = at_once(arriving.header, held, most)
        if answered is not None:
            return answered
    return as_job(arriving.header, chain(held, passing), counted)


def read_batch(most: Limits, places: Places) -> Arriving:
    """The header, and the items as they come. Raises what becomes 4xx."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType("send the body as it is, without a Content-Encoding")
    if request.mimetype == NDJSON:
        places.take("readers", "too many large bodies are arriving")
        depart()
        long = partial(places.take, "long_lines", "too many long lines are arriving")
        arriving = lines(pieces(request, most), most, long)
        first = next(arriving, None)
        if first is None:
            raise NotJson(
                'the body is empty; a first line such as {"kind": "verifications"} is needed'
            )
        if len(first) > most.body_bytes_max:
            said = f"the first line has at most {most.body_bytes_max} bytes; items may be longer"
            raise RequestEntityTooLarge(said)
        header = loaded(HEADER, parsed(first))
        give_back()  # the items may be long in coming
        return Arriving(header, arriving)
    if request.mimetype != JSON:
        raise UnsupportedMediaType(f'send "Content-Type: {NDJSON}" or "Content-Type: {JSON}"')
    header, items = loaded(BATCH, parsed(read_body(request, most)))
    return Arriving(header, map(orjson.dumps, items))


def parsed(text: bytes) -> Any:
    """JSON read in its turn, since it may take thirty times its size of memory."""
    take_turn(len(text), limits())
    return parse(text)


def loaded(schema: BatchSchema | HeaderSchema, value: Any) -> Any:
    """What the schema makes of it. Raises Refused."""
    try:
        return schema.load(value)
    except ValidationError as error:
        raise Refused(flatten(error.messages)) from None


def until_large(items: Iterable[bytes], counted: Counted, most: Limits) -> Iterator[bytes]:
    """Items up to the first that makes the batch a large one."""
    for item in items:
        yield item
        if counted.items > most.answered_items_max or counted.size > most.answered_bytes_max:
            return


def prefers_async() -> bool:
    """Whether the caller would rather have a job (RFC 7240)."""
    wishes = ",".join(request.headers.getlist("Prefer")).lower()
    return any(wish.split(";")[0].strip() == "respond-async" for wish in wishes.split(","))


def at_once(header: Header, items: list[bytes], most: Limits) -> Response | None:
    """The answers, or None if they take too long for that."""
    heavy_turn()
    over = deadline(most.answered_seconds_max)
    answers = Answers(header, most.of_jobs() if header.kind == ALONE else most, over)
    found = []
    try:
        for index, item in enumerate(items):
            found.append(answers.line(index, item)[0])
            if over() and index + 1 < len(items):
                return None
    except TooSlow:
        return None
    if wants_ndjson(request.mimetype):
        return Response(b"".join(found), content_type=NDJSON)
    return joined_json(found, None, complete=True)


def as_job(header: Header, items: Iterable[bytes], counted: Counted) -> Response:
    """202 with the job, new or known."""
    require("heavy")
    depart()
    give_back()
    here, store, whose = jobs(), jobs().store(), owner()
    name = job_name(whose)
    row = store.find(name)
    if row is not None and kept(row) and row.state != "receiving":
        known(row, header, items, counted)
    else:
        if row is None and store.unfinished(whose) >= limits().jobs_max:
            said = f"{limits().jobs_max} jobs are not finished yet; wait for one, or cancel it"
            raise TooManyRequests(said, retry_after=RETRY_SECONDS)
        receive(name, whose, header, items, counted)
    here.dispatcher().wake()
    return accepted(job_answer(store.find(name)))


def job_name(whose: str) -> str:
    """The job's id, which follows from the caller's own key if there is one."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return token_hex(16)
    if not 0 < len(key) <= KEY_CHARACTERS_MAX:
        said = {"Idempotency-Key": [f"a header of 1 to {KEY_CHARACTERS_MAX} characters is needed"]}
        raise Refused(flatten(said))
    return sha256(f"{whose}\0{key}".encode()).hexdigest()[:32]


def receive(
    name: str, whose: str, header: Header, items: Iterable[bytes], counted: Counted
) -> None:
    """The items to the store, block by block; all of them or none."""
    from service.jobs.store import Arrival, Superseded

    store, arrival = jobs().store(), Arrival(name, token_hex(8))
    text = orjson.dumps(vars(header))
    if not store.begin(arrival, whose, header.kind, text, time.time()):
        store.forget(name)  # it has expired, or its items stopped arriving some time ago
        store.begin(arrival, whose, header.kind, text, time.time())
    first = 0
    try:
        most = 1 if header.kind == ALONE else BLOCK_ITEMS
        for number, block in enumerate(in_blocks(items, most)):
            data = b"\n".join(block) + b"\n"
            store.add_block(arrival, number, first, len(block), data, time.time())
            first += len(block)
        store.arrived(arrival, first, fingerprint(header, counted), time.time())
    except Superseded:
        raise Conflict("another request with this Idempotency-Key is bringing the batch") from None
    except BaseException:
        store.abandon(arrival)
        raise


def known(row: Any, header: Header, items: Iterable[bytes], counted: Counted) -> None:
    """Read the batch to its end. Raises 409 if it is not the one that the key stands for."""
    for _ in items:
        pass
    if row.digest != fingerprint(header, counted):
        raise Conflict("this Idempotency-Key stands for another batch; choose a new one")


def fingerprint(header: Header, counted: Counted) -> str:
    """What tells two batches apart."""
    text = orjson.dumps(vars(header), option=orjson.OPT_SORT_KEYS)
    return sha256(text + counted.digest.encode()).hexdigest()


def accepted(answer: Mapping[str, Any]) -> Response:
    """202 with the job's state, and where it will be told."""
    response = Response(orjson.dumps(answer), HTTPStatus.ACCEPTED, content_type=JSON)
    response.headers["Location"] = answer["links"]["self"]
    response.headers["Retry-After"] = "1"
    if prefers_async():
        response.headers["Preference-Applied"] = "respond-async"
    return response
