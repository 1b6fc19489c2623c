"""GET /v1/activations, /v1/costs and /v1/examples: what there is."""

from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import NotFound

from core.activations import ACTIVATIONS
from core.costs import COSTS
from schemas.catalogue import ActivationsSchema, CostsSchema, ExamplesSchema, LimitsSchema
from schemas.words import unknown
from service.api import Blueprint
from service.examples import EXAMPLES
from service.limits import limits

blueprint = Blueprint("catalogue", __name__, url_prefix="/v1", description="What there is")


@blueprint.route("/activations")
@blueprint.response(200, ActivationsSchema())
def activations() -> Mapping[str, Any]:
    """The activations, with their formulas"""
    return {"activations": list(ACTIVATIONS.values())}


@blueprint.route("/costs")
@blueprint.response(200, CostsSchema())
def costs() -> Mapping[str, Any]:
    """The costs, with their formulas"""
    return {"costs": list(COSTS.values())}


@blueprint.route("/limits")
@blueprint.response(200, LimitsSchema())
def limits_here() -> Mapping[str, Any]:
    """The limits of this service

    A request beyond one of them is told 413 or 422, with both numbers. What is light is answered
    at once; what is heavier waits for a turn of its own.
    """
    return {"limits": limits().told()}


@blueprint.route("/examples")
@blueprint.response(200, ExamplesSchema())
def examples() -> Mapping[str, Any]:
    """Requests ready to be sent"""
    return {"examples": EXAMPLES}


@blueprint.route("/examples/<name>")
@blueprint.response(200, description="The request, ready to be posted")
def example(name: str) -> Mapping[str, Any]:
    """One of these requests alone

    Post it as it is:
    `curl -s HOST/v1/examples/mazur | curl --json @- HOST/v1/gradients`
    """
    for found in EXAMPLES:
        if found["name"] == name:
            request: Mapping[str, Any] = found["request"]
            return request
    raise NotFound(unknown("example", name, [found["name"] for found in EXAMPLES], {}))
