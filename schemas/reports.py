"""GET /v1/jobs/…/report: which mistakes a class makes."""

from marshmallow import Schema, fields

from schemas.fields import Integer


class VerdictsSchema(Schema):
    """How the items were judged; `failed` could not be."""

    correct = Integer()
    wrong = Integer()
    undecided = Integer()
    failed = Integer()


class MistakeCountSchema(Schema):
    """A mistake, and how many items make it first of all."""

    mistake = fields.String()
    equation = fields.String()
    count = Integer()
    explanation = fields.String()
    remedy = fields.String()


class EquationCountSchema(Schema):
    """An equation, and in how many items it is the first that fails."""

    equation = fields.String()
    layer = Integer()
    count = Integer()


class ClusterSchema(Schema):
    """Items with the same mistake in the same layers."""

    mistake = fields.String()
    equation = fields.String()
    layers = fields.List(Integer())
    count = Integer()
    items = fields.List(fields.Raw(), metadata={"description": "Their names, the first hundred."})


class ReportSchema(Schema):
    """Counts over the answers that are there."""

    items = Integer(metadata={"description": "How many there are in the batch."})
    answered = Integer(metadata={"description": "How many of them this report is about."})
    verdicts = fields.Nested(VerdictsSchema)
    mistakes = fields.List(fields.Nested(MistakeCountSchema))
    equations = fields.List(
        fields.Nested(EquationCountSchema),
        metadata={"description": "Of wrong items, the first equation that fails."},
    )
    clusters = fields.List(fields.Nested(ClusterSchema))
    problems = fields.List(
        fields.Raw(), metadata={"description": "Items that failed, at most 100."}
    )
