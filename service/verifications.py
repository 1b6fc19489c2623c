"""POST /v1/verifications, /v1/challenges and GET /v1/mistakes: is my backprop right?"""

from collections.abc import Mapping
from typing import Any

from core.verdict.challenges import Impossible, challenge
from core.verdict.mistakes.table import CATALOGUE, CONVENTIONS
from core.verdict.prepared import Prepared
from core.verdict.verify import verify_prepared
from schemas.catalogue import MistakesSchema
from schemas.challenges import ChallengeAnswerSchema, ChallengeSchema, challenge_answer
from schemas.problems import Problem
from schemas.verifications import (
    VerificationAnswerSchema,
    VerificationRequest,
    VerificationSchema,
    verification_answer,
)
from service.admission import admit, check_verification_limits, diagnosis_budget
from service.api import Blueprint
from service.errors import Refused
from service.examples import openapi_examples
from service.remembered import Remembered
from service.work import challenge_operations
from service.workings import told_overflow

REMEMBERED = Remembered()

blueprint = Blueprint(
    "verifications", __name__, url_prefix="/v1", description="Is my backpropagation right?"
)


@blueprint.route("/verifications", methods=["POST"])
@blueprint.arguments(VerificationSchema(), examples=openapi_examples("/v1/verifications"))
@blueprint.response(200, VerificationAnswerSchema())
def verifications(asked: VerificationRequest) -> Mapping[str, Any]:
    """Which of my numbers cannot be right, and why

    Bounds each number by rounding analysis at the precision that you worked in; takes every
    equation on your own numbers; names the mistake, its equation and its layers. A wrong claim is
    a good answer: 200.
    """
    return verified(asked, REMEMBERED.prepared(asked.exercise.network, asked.exercise.batch))


def verified(asked: VerificationRequest, prepared: Prepared) -> Mapping[str, Any]:
    """The answer to one request; `prepared`, which may have served others, has done no work yet
    that the limits would refuse."""
    exercise = asked.exercise
    check_verification_limits(exercise)
    with told_overflow(exercise):
        verdict = verify_prepared(
            prepared,
            asked.claims,
            asked.precision,
            asked.activation_ulps,
            diagnosis_budget(exercise),
        )
    return verification_answer(asked, verdict)


@blueprint.route("/challenges", methods=["POST"])
@blueprint.arguments(ChallengeSchema(), examples=openapi_examples("/v1/challenges"))
@blueprint.response(200, ChallengeAnswerSchema())
def challenges(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """A network that shows every mistake

    In short numbers, the same for the same seed on every machine. Sizes on which some mistake must
    stay invisible are refused, with its name.
    """
    admit(challenge_operations(asked["layer_sizes"], asked["examples"]), ("layer_sizes",))
    try:
        return challenge_answer(asked, challenge(**asked))
    except Impossible as impossible:
        detail = (
            f"no network of these sizes shows every mistake: {impossible}; take more neurons or "
            "examples, another activation, or a finer precision"
        )
        raise Refused([Problem(("layer_sizes",), detail)]) from None


@blueprint.route("/mistakes")
@blueprint.response(200, MistakesSchema())
def mistakes() -> Mapping[str, Any]:
    """The catalogue of mistakes"""
    return {"mistakes": [*CATALOGUE, *CONVENTIONS]}
