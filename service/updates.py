"""POST /v1/updates: gradient descent, told line by line as it goes if the caller wants it so."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response, current_app, request, stream_with_context

from core.lessons.descent import Diverged, Parameters, cost_of, descend
from schemas.lessons.requests import LessonRequest
from schemas.lessons.updates import (
    ProgressSchema,
    UpdatesAnswerSchema,
    UpdatesSchema,
    plan_of,
    told_epochs,
    updates_answer,
)
from schemas.problems import Problem
from service.api import Blueprint
from service.errors import Refused, refused
from service.examples import openapi_examples
from service.gate import NDJSON
from service.lesson_limits import check_training
from service.workings import work_out

blueprint = Blueprint("updates", __name__, url_prefix="/v1", description="Gradient descent")

UNBUFFERED = {"X-Accel-Buffering": "no"}  # a proxy that gathers the lines would spoil them
ANSWER, PROGRESS = UpdatesAnswerSchema(), ProgressSchema()


@blueprint.route("/updates", methods=["POST"])
@blueprint.doc(responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}}})
@blueprint.arguments(UpdatesSchema(), examples=openapi_examples("/v1/updates"))
@blueprint.response(200, ANSWER)
def updates(asked: LessonRequest) -> Mapping[str, Any] | Response:
    """Gradient descent

    Mini-batches in a seeded order, epoch after epoch (section 14). With the header
    `Accept: application/x-ndjson` the costs come line by line while it runs, and the answer is the
    last line; closing the connection stops the run.
    """
    check_training(asked.exercise, plan_of(asked))
    before = float(work_out(asked.exercise).cost)
    run = train(asked, before)
    if request.accept_mimetypes.best_match(["application/json", NDJSON]) == NDJSON:
        return Response(stream_with_context(lines(run)), headers=UNBUFFERED, content_type=NDJSON)
    for told in run:
        answer = told
    return answer


def train(asked: LessonRequest, before: float) -> Iterator[Mapping[str, Any]]:
    """What `ProgressSchema` prints, now and then; the answer last. Raises Refused."""
    network, batch, plan = asked.exercise.network, asked.exercise.batch, plan_of(asked)
    told, costs = set(told_epochs(plan.epochs)), dict[int, float]()
    now = Parameters(0, network.weights, network.biases)
    try:
        for now in descend(network, batch, plan):
            if now.epoch in told:
                costs[now.epoch] = cost_of(network, now, batch)
                yield {"epoch": now.epoch, "epochs": plan.epochs, "cost": costs[now.epoch]}
    except Diverged as error:
        raise Refused([diverged(error)], "not-finite") from None
    yield updates_answer(plan, batch.size, before, costs, now)


def diverged(error: Diverged) -> Problem:
    """That the steps are too large, and since when it shows."""
    detail = (
        f"gradient descent diverges: {error.quantity} of layer {error.layer} overflows in epoch "
        f"{error.epoch}; take a smaller learning rate"
    )
    return Problem(("learning_rate",), detail)


def lines(run: Iterator[Mapping[str, Any]]) -> Iterator[str]:
    """Each as one line of JSON; a problem is the last one, since the status is out already."""
    try:
        for told in run:
            schema = PROGRESS if "epoch" in told else ANSWER
            yield current_app.json.dumps(schema.dump(told)) + "\n"
    except Refused as error:
        yield refused(error).get_data(as_text=True) + "\n"
