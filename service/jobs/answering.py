"""One item of a batch, answered as if it had been sent alone, bit for bit.

Items that refer to a shared network use what is known of it already, and an item that says the very
same as one before gets the very same answer: both are functions of nothing but the text.
"""

import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
from flask import Flask, Response, g
from marshmallow import ValidationError

from core.forward import NotFinite
from core.verdict.prepared import Prepared
from schemas.batches import (
    CLAIM_FIELDS,
    Header,
    Item,
    read_item,
    request_on,
    shared_fields,
    whole_request,
)
from schemas.fields import NotPrintable
from schemas.gradients import GradientsAnswerSchema, GradientsSchema
from schemas.network import Exercise, NetworkSchema
from schemas.problems import flatten
from schemas.strict_json import NotJson, parse
from schemas.verifications import VerificationAnswerSchema, VerificationSchema
from service.errors import Refused, not_finite, not_json, not_printable, problem, refused
from service.gradients import worked_out
from service.jobs.checking import TooSlow, checked_at_once
from service.limits import Limits
from service.printing import OPTIONS
from service.verifications import verified

NETWORK = NetworkSchema()
GRADIENTS, GRADIENTS_ANSWER = GradientsSchema(), GradientsAnswerSchema()
VERIFICATION, VERIFICATION_ANSWER = VerificationSchema(), VerificationAnswerSchema()

REMEMBERED_MAX = 4096  # answers of a few kilobytes each
REMEMBERED_BYTES_MAX = 16 * 1024

log = logging.getLogger(__name__)


class Answered(NamedTuple):
    """A status and the text of an answer or a problem, as a single request would have brought."""

    status: int
    body: bytes


class Answers:
    """The answers to the items of one batch, with what they share; not for several threads."""

    def __init__(
        self, header: Header, limits: Limits, over: Callable[[], bool] = lambda: False
    ) -> None:
        self.header, self.over = header, over
        self._app = Flask("jobs")  # the limits and the errors look for one
        self._app.config["LIMITS"] = limits
        self._shared: dict[str | None, tuple[Exercise, Prepared] | None] = {}
        self._remembered: dict[bytes, Answered] = {}

    @contextmanager
    def within_limits(self) -> Iterator[None]:
        """Where the service's own checks find the limits of this batch, and need no turn."""
        with self._app.app_context():
            g.turn = "heavy"
            yield

    def line(self, index: int, text: bytes) -> tuple[bytes, bool]:
        """The line of NDJSON that answers an item, and whether it is an answer."""
        name: Any = None
        with self.within_limits():
            try:
                item = read_item(parse(text), self.header)
                name, answered = item.id, self.remembered(item)
            except TooSlow:
                raise
            except Exception as error:
                answered = as_problem(error)
        return printed_line(index, name, answered), answered.status == HTTPStatus.OK

    def remembered(self, item: Item) -> Answered:
        """The answer, which is looked up where another item said the same."""
        said = orjson.dumps([item.network, item.own])
        key = blake2b(said, digest_size=16).digest()
        if key not in self._remembered:
            answered = self.answered(item)
            mine = answered.status == HTTPStatus.INTERNAL_SERVER_ERROR  # no function of the item
            if mine or len(answered.body) > REMEMBERED_BYTES_MAX:
                return answered
            if len(self._remembered) >= REMEMBERED_MAX:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[key] = answered
        return self._remembered[key]

    def answered(self, item: Item) -> Answered:
        """The answer, worked out."""
        try:
            answer = ANSWERS[self.header.kind](self, item)
            return Answered(HTTPStatus.OK, orjson.dumps(answer, option=OPTIONS))
        except TooSlow:
            raise
        except Exception as error:
            return as_problem(error)

    def gradients(self, item: Item) -> Any:
        """As POST /v1/gradients."""
        return GRADIENTS_ANSWER.dump(worked_out(GRADIENTS.load(whole_request(item, self.header))))

    def verification(self, item: Item) -> Any:
        """As POST /v1/verifications."""
        shared = self.shared(item)
        asked = None
        if shared is not None:
            fields = {**shared_fields(item.network, self.header), **item.own}
            claimed = {name: fields[name] for name in CLAIM_FIELDS if name in fields}
            asked = request_on(shared[0], claimed)
        if asked is None:
            asked = VERIFICATION.load(whole_request(item, self.header))
            prepared = Prepared(asked.exercise.network, asked.exercise.batch)
        else:
            assert shared is not None
            prepared = shared[1]
        return VERIFICATION_ANSWER.dump(verified(asked, prepared))

    def shared(self, item: Item) -> tuple[Exercise, Prepared] | None:
        """The network that the item leaves to the header, read once; None if it has its own."""
        if not item.own.keys() <= set(CLAIM_FIELDS):
            return None
        if item.network not in self._shared:
            self._shared[item.network] = self.prepared(item.network)
        return self._shared[item.network]

    def prepared(self, network: str | None) -> tuple[Exercise, Prepared] | None:
        """A shared network as it is read; None where it is not valid, as each item will be told."""
        fields = shared_fields(network, self.header)
        try:
            exercise = NETWORK.load({n: v for n, v in fields.items() if n not in CLAIM_FIELDS})
        except ValidationError:
            return None
        return exercise, Prepared(exercise.network, exercise.batch)

    def finite_differences(self, item: Item) -> Any:
        """The check alone, without its arrays."""
        return checked_at_once(whole_request(item, self.header), self.over)


ANSWERS: Mapping[str, Callable[[Answers, Item], Any]] = {
    "gradients": Answers.gradients,
    "verifications": Answers.verification,
    "finite_differences": Answers.finite_differences,
}


def as_problem(error: Exception) -> Answered:
    """What a single request with this error is told."""
    return of_response(told(error))


def told(error: Exception) -> Response:
    """The problem document of an error."""
    if isinstance(error, ValidationError):
        return refused(Refused(flatten(error.messages)))
    if isinstance(error, Refused):
        return refused(error)
    if isinstance(error, NotJson):
        return not_json(error)
    if isinstance(error, NotFinite):
        return not_finite(error)
    if isinstance(error, NotPrintable):
        return not_printable(error)
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("unexpected %s in an item\n%s", type(error).__name__, frames)
    return problem(500, "internal", "This is our mistake, not yours; it has been logged.")


def of_response(response: Response) -> Answered:
    """The status and the text."""
    return Answered(response.status_code, response.get_data())


def printed_line(index: int, name: Any, answered: Answered) -> bytes:
    """A line of NDJSON; the answer stands in it as it would have come alone."""
    member = b"answer" if answered.status == HTTPStatus.OK else b"problem"
    start = orjson.dumps({"index": index, "id": name, "status": int(answered.status)})
    return start[:-1] + b',"' + member + b'":' + answered.body + b"}\n"


def stopped_line(index: int, name: Any) -> bytes:
    """The line for an item whose worker was gone each time before it answered."""
    detail = (
        "the worker that took this item stopped each time, most likely for want of memory; "
        "send it alone, or a smaller network"
    )
    return printed_line(index, name, of_response(problem(500, "internal", detail)))
