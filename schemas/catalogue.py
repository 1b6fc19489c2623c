"""What the catalogue's answers look like."""

from marshmallow import Schema, fields


class ActivationSchema(Schema):
    """σ, σ′ and where σ′ jumps."""

    name = fields.String()
    formula = fields.String()
    derivative_formula = fields.String()
    elementwise = fields.Boolean(
        metadata={"description": "false for softmax: each output depends on every z."}
    )
    kinks = fields.List(fields.Float(), metadata={"description": "The z where σ′ jumps."})


class ActivationsSchema(Schema):
    """Every activation there is."""

    activations = fields.List(fields.Nested(ActivationSchema))


class CostSchema(Schema):
    """C, ∂C/∂a and which outputs it is defined for."""

    name = fields.String()
    formula = fields.String()
    gradient_formula = fields.String()
    domain = fields.String()


class CostsSchema(Schema):
    """Every cost there is."""

    costs = fields.List(fields.Nested(CostSchema))


class MistakeSchema(Schema):
    """A mistake that a diagnosis can name."""

    slug = fields.String(metadata={"description": "Fixed: graders may build on it."})
    where = fields.String(metadata={"description": "The equation that it replaces."})
    instead = fields.String(metadata={"description": "What is computed instead."})
    explanation = fields.String()
    remedy = fields.String()


class MistakesSchema(Schema):
    """The whole catalogue."""

    mistakes = fields.List(fields.Nested(MistakeSchema))


class LimitSchema(Schema):
    """A limit on what a request may ask for."""

    name = fields.String(metadata={"description": "BACKCHECK_ and this, in capitals, sets it."})
    value = fields.Integer()
    unit = fields.String()
    description = fields.String(metadata={"description": "What it bounds, and why there."})


class LimitsSchema(Schema):
    """Every limit there is."""

    limits = fields.List(fields.Nested(LimitSchema))


class ExampleSchema(Schema):
    """A request that can be sent as it is."""

    name = fields.String()
    title = fields.String()
    description = fields.String()
    endpoint = fields.String(metadata={"description": "Where to POST it."})
    request = fields.Dict()


class ExamplesSchema(Schema):
    """Every example there is."""

    examples = fields.List(fields.Nested(ExampleSchema))
