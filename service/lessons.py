"""The lesson endpoints: every figure of the chapter, on the caller's own numbers."""

from collections.abc import Mapping
from typing import Any

from core.lessons.curves import parameter_curves
from core.lessons.derivations import derive
from core.lessons.operations import operations as operations_of
from core.lessons.origins import origin
from core.lessons.routes import routes
from core.lessons.units import curves as activation_curves
from core.lessons.units import units as units_of
from core.lessons.vanishing import flow
from schemas.lessons.addresses import AddressesAnswerSchema, AddressesSchema, address_answer
from schemas.lessons.counts import (
    ComparisonsAnswerSchema,
    ComparisonsSchema,
    OperationsAnswerSchema,
    OperationsRequestSchema,
    comparisons_answer,
    operations_told,
)
from schemas.lessons.jacobians import (
    JacobiansAnswerSchema,
    JacobiansSchema,
    OperationJacobiansAnswerSchema,
    OperationJacobiansSchema,
    jacobians_answer,
    operations_answer,
)
from schemas.lessons.requests import LessonRequest
from schemas.lessons.sizes import (
    CurvesAnswerSchema,
    CurvesSchema,
    MagnitudesAnswerSchema,
    MagnitudesSchema,
    UnitsAnswerSchema,
    UnitsSchema,
    curves_answer,
    magnitudes_answer,
    units_answer,
)
from schemas.lessons.walks import (
    DerivationAnswerSchema,
    DerivationSchema,
    PathsAnswerSchema,
    PathsSchema,
    derivation_answer,
    paths_answer,
)
from schemas.lessons.workings import (
    OriginsAnswerSchema,
    OriginsSchema,
    OuterProductsAnswerSchema,
    OuterProductsSchema,
    StepsAnswerSchema,
    StepsSchema,
    origin_answer,
    outer_product_answer,
    steps_answer,
)
from service.admission import check_limits
from service.api import Blueprint
from service.examples import openapi_examples
from service.lesson_limits import (
    check_curves,
    check_jacobians,
    check_operation_jacobians,
    check_origin,
    check_paths,
    check_printed,
    check_slow_way,
    check_units,
)
from service.workings import told_overflow, work_out

blueprint = Blueprint(
    "lessons", __name__, url_prefix="/v1", description="The chapter, on your own numbers"
)


@blueprint.route("/addresses", methods=["POST"])
@blueprint.arguments(AddressesSchema(), examples=openapi_examples("/v1/addresses"))
@blueprint.response(200, AddressesAnswerSchema())
def addresses(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a pointer, a symbol or a sentence means

    Section 2, Fig 2.1: destination first, source second. Any one way to name a number gives all
    the others.
    """
    return address_answer(asked)


@blueprint.route("/steps", methods=["POST"])
@blueprint.arguments(StepsSchema(), examples=openapi_examples("/v1/steps"))
@blueprint.response(200, StepsAnswerSchema())
def steps(asked: LessonRequest) -> Mapping[str, Any]:
    """The computation, one equation at a time

    Forward from the inside out, the cost and its terms, then BP1–BP4 backward: operands, result
    and formula of every step (sections 6, 7, 11, 12 and 14).
    """
    check_printed(asked.exercise)
    return steps_answer(asked.exercise, work_out(asked.exercise))


@blueprint.route("/origins", methods=["POST"])
@blueprint.arguments(OriginsSchema(), examples=openapi_examples("/v1/origins"))
@blueprint.response(200, OriginsAnswerSchema())
def origins(asked: LessonRequest) -> Mapping[str, Any]:
    """Where one number comes from

    Its equation in letters and with the numbers in, term by term, and pointers to the numbers that
    it is made of.
    """
    at = asked.options["at"]
    check_origin(asked.exercise, at)
    w = work_out(asked.exercise)
    with told_overflow(asked.exercise):
        return origin_answer(w, origin(w, at, asked.options["digits"]))


@blueprint.route("/derivations", methods=["POST"])
@blueprint.arguments(DerivationSchema(), examples=openapi_examples("/v1/derivations"))
@blueprint.response(200, DerivationAnswerSchema())
def derivations(asked: LessonRequest) -> Mapping[str, Any]:
    """The chain-rule walk to one weight or bias

    Link by link, with the shared factors that are the δ of backpropagation, and over every path
    through the network (section 9, Fig 2.7).
    """
    network, at, limit = asked.exercise.network, asked.options["at"], asked.options["limit"]
    check_paths(asked.exercise, limit)
    with told_overflow(asked.exercise):
        return derivation_answer(derive(network, asked.exercise.batch, at, limit), network.sizes)


@blueprint.route("/paths", methods=["POST"])
@blueprint.arguments(PathsSchema(), examples=openapi_examples("/v1/paths"))
@blueprint.response(200, PathsAnswerSchema())
def paths(asked: LessonRequest) -> Mapping[str, Any]:
    """All paths from one number to a later one

    Multiply along a path, sum over paths (section 4, Fig 2.3): the strongest are listed, all are
    counted and summed.
    """
    network, options = asked.exercise.network, asked.options
    start, end, limit = options["start"], options["end"], options["limit"]
    check_paths(asked.exercise, limit)
    with told_overflow(asked.exercise):
        found = routes(network, asked.exercise.batch, start, end, limit)
    return paths_answer(start, end, found, network.sizes)


@blueprint.route("/jacobians", methods=["POST"])
@blueprint.arguments(JacobiansSchema(), examples=openapi_examples("/v1/jacobians"))
@blueprint.response(200, JacobiansAnswerSchema())
def jacobians(asked: LessonRequest) -> Mapping[str, Any]:
    """The chain of Jacobians

    Each layer's ∂a/∂z and ∂z/∂a, the running products ∂a(L)/∂a(l), their shapes and norms, and
    what each order of multiplying them costs (section 5, Fig 2.4).
    """
    check_jacobians(asked.exercise)
    w = work_out(asked.exercise)
    with told_overflow(asked.exercise):
        return jacobians_answer(w)


@blueprint.route("/operation-jacobians", methods=["POST"])
@blueprint.arguments(
    OperationJacobiansSchema(), examples=openapi_examples("/v1/operation-jacobians")
)
@blueprint.response(200, OperationJacobiansAnswerSchema())
def operation_jacobians(asked: LessonRequest) -> Mapping[str, Any]:
    """The small operations of a layer, and their Jacobians

    Product, sum, weighted sum, addition, activation, the product with σ′ on the way back, the cost
    (sections 3 and 8, Fig 2.2).
    """
    l, neuron = asked.options["layer"], asked.options["neuron"]
    check_operation_jacobians(asked.exercise, l)
    w = work_out(asked.exercise)
    with told_overflow(asked.exercise):
        return operations_answer(l, neuron, operations_of(w, l, neuron))


@blueprint.route("/outer-products", methods=["POST"])
@blueprint.arguments(OuterProductsSchema(), examples=openapi_examples("/v1/outer-products"))
@blueprint.response(200, OuterProductsAnswerSchema())
def outer_products(asked: LessonRequest) -> Mapping[str, Any]:
    """A weight gradient as an outer product

    Every entry is one δ times one activation (section 12, Fig 2.10).
    """
    check_printed(asked.exercise)
    return outer_product_answer(asked.exercise, work_out(asked.exercise), asked.options["layer"])


@blueprint.route("/units", methods=["POST"])
@blueprint.arguments(UnitsSchema(), examples=openapi_examples("/v1/units"))
@blueprint.response(200, UnitsAnswerSchema())
def units(asked: LessonRequest) -> Mapping[str, Any]:
    """σ and σ′, and where the units sit on them

    Curves to plot, every unit's z, a and slope, and which units are saturated or dead (section 8,
    Fig 2.6).
    """
    exercise, options = asked.exercise, asked.options
    check_units(exercise)
    w = work_out(exercise)
    layers = [units_of(w, l, options["saturation"]) for l in w.W.numbers]
    curves = activation_curves(w, options["points"])
    return units_answer(exercise, curves, layers, options["saturation"])


@blueprint.route("/magnitudes", methods=["POST"])
@blueprint.arguments(MagnitudesSchema(), examples=openapi_examples("/v1/magnitudes"))
@blueprint.response(200, MagnitudesAnswerSchema())
def magnitudes(asked: LessonRequest) -> Mapping[str, Any]:
    """How large the error is, layer by layer

    Vanishing and exploding gradients: the norm of δ, what the weights and the slopes do to it, and
    which layer throttles it (sections 9 and 12).
    """
    check_limits(asked.exercise)
    return magnitudes_answer(flow(work_out(asked.exercise)))


@blueprint.route("/operations", methods=["POST"])
@blueprint.arguments(OperationsRequestSchema(), examples=openapi_examples("/v1/operations"))
@blueprint.response(200, OperationsAnswerSchema())
def operations(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """How many operations each way takes

    Naive walks against backpropagation, counted exactly for these sizes, and as curves over width
    and depth (section 10, Fig 2.8).
    """
    return operations_told(asked)


@blueprint.route("/comparisons", methods=["POST"])
@blueprint.arguments(ComparisonsSchema(), examples=openapi_examples("/v1/comparisons"))
@blueprint.response(200, ComparisonsAnswerSchema())
def comparisons(asked: LessonRequest) -> Mapping[str, Any]:
    """The slow way beside backpropagation

    A fresh walk for every parameter, and the same gradients (section 13).
    """
    check_slow_way(asked.exercise)
    w = work_out(asked.exercise)
    with told_overflow(asked.exercise):
        return comparisons_answer(w)


@blueprint.route("/curves", methods=["POST"])
@blueprint.arguments(CurvesSchema(), examples=openapi_examples("/v1/curves"))
@blueprint.response(200, CurvesAnswerSchema())
def curves(asked: LessonRequest) -> Mapping[str, Any]:
    """The cost along one parameter, and the V of its differences

    The textbook's central difference at steps from 1 to 1e-15: its error falls until rounding
    takes over.
    """
    exercise, options = asked.exercise, asked.options
    check_curves(exercise, options["points"])
    with told_overflow(exercise):
        found = parameter_curves(
            exercise.network, exercise.batch, options["at"], options["points"], options["span"]
        )
    return curves_answer(options["at"], found, exercise.network.sizes)
