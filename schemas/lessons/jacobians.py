"""POST /v1/jacobians and POST /v1/operation-jacobians: rows are outputs, columns are inputs."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from marshmallow import Schema, ValidationError, fields, validates_schema

from core.forward import Workings
from core.lessons import jacobians
from core.lessons.jacobians import Jacobian
from core.lessons.operations import Operation
from core.lessons.orders import Orders, orders
from core.lessons.symbols import Symbols
from schemas.fields import MATRIX, VECTOR, Field, Flag, Integer, Number, OpenAPI, printable, refuse
from schemas.lessons.expressions import Formula, SymbolSchema, labels, named
from schemas.lessons.requests import OneExampleSchema, sizes_of
from schemas.problems import Problem


class JacobiansSchema(OneExampleSchema):
    """The network."""


class OperationJacobiansSchema(OneExampleSchema):
    """The network, and which neuron of which layer to look into."""

    layer = Integer(1, load_default=1, metadata={"description": "Counted from 1."})
    neuron = Integer(
        0, load_default=0, metadata={"description": "Whose products are added up, from 0."}
    )

    @validates_schema(skip_on_field_errors=False)
    def neuron_exists(self, data: dict[str, Any], **kwargs: Any) -> None:
        """The layer and the neuron are there."""
        sizes, l, j = sizes_of(data), data.get("layer"), data.get("neuron")
        if sizes is None or l is None:
            return
        refuse_layer(l, sizes)
        if j is not None and j >= sizes[l]:
            detail = f"layer {l} has no neuron {j}; its last one is {sizes[l] - 1}"
            refuse([Problem(("neuron",), detail)])


def refuse_layer(l: int, sizes: Sequence[int]) -> None:
    """Raise unless there is a layer l."""
    if not 1 <= l < len(sizes):
        detail = f"there is no layer {l}; layers are 1 to {len(sizes) - 1}"
        raise ValidationError(detail, "layer")


class Values(Field):
    """A matrix, or the diagonal alone."""

    openapi: ClassVar[OpenAPI] = {"oneOf": [VECTOR, MATRIX]}

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return printable(value)


class JacobianSchema(SymbolSchema):
    """∂ outputs / ∂ inputs."""

    formula = Formula()
    shape = fields.List(Integer(), metadata={"description": "Outputs, inputs."})
    diagonal = Flag(metadata={"description": "Whether all else is 0, whatever the numbers."})
    norm = Number(metadata={"description": "The most that it lengthens any vector (spectral)."})
    values = Values(metadata={"description": "The matrix, or the diagonal alone if `diagonal`."})
    outputs = fields.List(fields.String(), metadata={"description": "What the rows are."})
    inputs = fields.List(fields.String(), metadata={"description": "What the columns are."})


class LayerJacobiansSchema(Schema):
    """∂a(l)/∂z(l), ∂z(l)/∂a(l−1), and the running product ∂a(L)/∂a(l−1)."""

    layer = Integer()
    activation = fields.Nested(JacobianSchema)
    weighted_sum = fields.Nested(JacobianSchema)
    running = fields.Nested(JacobianSchema)


class OrderSchema(Schema):
    """One way to put the parentheses: g is ∂C/∂a(L), Jl is ∂a(l)/∂a(l−1)."""

    parentheses = fields.String()
    multiplications = Integer()


class OrdersSchema(Schema):
    """What each order of multiplying the chain costs, in multiplications."""

    backward = Integer(metadata={"description": "From the cost toward the input."})
    forward = Integer(metadata={"description": "From the input toward the cost."})
    cheapest = Integer(allow_none=True, metadata={"description": "Of all; null beyond 63 layers."})
    every = fields.List(
        fields.Nested(OrderSchema), metadata={"description": "Of a short chain, cheapest first."}
    )


class ChainSchema(Schema):
    """The shapes of ∂C/∂a(L) · ∂a(L)/∂a(L−1) ⋯ ∂a(1)/∂a(0)."""

    shapes = fields.List(fields.List(Integer()))
    sentence = fields.String()


class JacobiansAnswerSchema(Schema):
    """Every layer's Jacobians, and what multiplying them costs."""

    layers = fields.List(fields.Nested(LayerJacobiansSchema))
    cost = fields.Nested(
        JacobianSchema, allow_none=True, metadata={"description": "null where it is infinite."}
    )
    chain = fields.Nested(ChainSchema)
    orders = fields.Nested(OrdersSchema)


class OperationSchema(Schema):
    """One small operation, and its Jacobian by each operand."""

    name = fields.String()
    sentence = fields.String()
    expression = Formula()
    jacobians = fields.List(fields.Nested(JacobianSchema))


class OperationJacobiansAnswerSchema(Schema):
    """The operations of a layer in the order in which they are computed."""

    layer = Integer()
    neuron = Integer()
    operations = fields.List(fields.Nested(OperationSchema))


def jacobians_answer(w: Workings) -> Mapping[str, Any]:
    """What `JacobiansAnswerSchema` prints. Raises NotFinite where a product overflows."""
    s, sizes = Symbols.of(w.network.sizes), w.network.sizes
    running = jacobians.running(w, s)
    cost, costs = jacobians.cost(w, s), orders(sizes)
    return {
        "layers": [
            {
                "layer": l,
                "activation": jacobian_answer(jacobians.activation(w, l, s)),
                "weighted_sum": jacobian_answer(jacobians.weighted_sum(w, l, s)),
                "running": jacobian_answer(running[l - 1]),
            }
            for l in w.W.numbers
        ],
        "cost": None if cost is None else jacobian_answer(cost),
        "chain": {"shapes": costs.shapes, "sentence": chain_sentence(costs)},
        "orders": costs,
    }


def chain_sentence(found: Orders) -> str:
    """How the shapes cancel, as in Fig 2.4.

    >>> chain_sentence(orders([4, 3, 2]))
    '[1×2] · [2×3] · [3×4] = [1×4]: neighbours agree in the inner dimensions 2, 3, which cancel.'
    """
    shapes = found.shapes
    product = " · ".join(f"[{m}×{n}]" for m, n in shapes)
    if len(shapes) == 1:
        return f"{product}: one factor, nothing to multiply."
    inner = ", ".join(str(n) for _, n in shapes[:-1])
    whole = f"[{shapes[0][0]}×{shapes[-1][1]}]"
    return f"{product} = {whole}: neighbours agree in the inner dimensions {inner}, which cancel."


def jacobian_answer(found: Jacobian) -> Mapping[str, Any]:
    """What `JacobianSchema` prints."""
    rows, columns = found.shape
    return {
        **named(found.symbol),
        "formula": found.formula,
        "shape": [rows, columns],
        "diagonal": found.diagonal,
        "norm": found.norm,
        "values": np.asarray(found.values),
        "outputs": labels(found.output(i) for i in range(rows)),
        "inputs": labels(found.input(j) for j in range(columns)),
    }


def operations_answer(l: int, neuron: int, found: Sequence[Operation]) -> Mapping[str, Any]:
    """What `OperationJacobiansAnswerSchema` prints."""
    return {"layer": l, "neuron": neuron, "operations": [operation_answer(one) for one in found]}


def operation_answer(found: Operation) -> Mapping[str, Any]:
    """What `OperationSchema` prints."""
    return {
        "name": found.name,
        "sentence": found.sentence,
        "expression": found.expression,
        "jacobians": [jacobian_answer(one) for one in found.jacobians],
    }
