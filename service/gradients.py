"""POST /v1/gradients: the main job."""

from collections.abc import Mapping
from typing import Any

from core.differences.witness import check
from schemas.gradients import (
    GradientsAnswerSchema,
    GradientsRequest,
    GradientsSchema,
    gradients_answer,
)
from service.admission import check_limits
from service.api import Blueprint
from service.examples import openapi_examples
from service.workings import work_out

blueprint = Blueprint(
    "gradients", __name__, url_prefix="/v1", description="Workings, gradients and their check"
)


@blueprint.route("/gradients", methods=["POST"])
@blueprint.arguments(GradientsSchema(), examples=openapi_examples("/v1/gradients"))
@blueprint.response(200, GradientsAnswerSchema())
def gradients(asked: GradientsRequest) -> Mapping[str, Any]:
    """Every z, a, δ and gradient, with a finite-difference check

    Runs the forward pass and backpropagation, and compares every weight and bias gradient with
    finite differences, which know nothing of backpropagation.
    """
    return worked_out(asked)


def worked_out(asked: GradientsRequest) -> Mapping[str, Any]:
    """The answer to one request, alone or in a batch."""
    exercise, options = asked.exercise, asked.options
    check_limits(exercise, options)
    workings = work_out(exercise)
    witness = None if options is None else check(workings, options)
    return gradients_answer(exercise, workings, witness)
