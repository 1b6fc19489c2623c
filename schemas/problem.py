"""The shape of an error, for the OpenAPI document."""

from marshmallow import Schema, fields


class EntrySchema(Schema):
    """One problem of a request."""

    pointer = fields.String(
        required=True,
        metadata={
            "description": "Where: a JSON pointer into the request.",
            "examples": ["/weights/1/0"],
        },
    )
    detail = fields.String(required=True, metadata={"description": "What, and how to mend it."})


class ProblemSchema(Schema):
    """RFC 9457."""

    type = fields.String(required=True, metadata={"description": "A stable code, as an address."})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    errors = fields.List(
        fields.Nested(EntrySchema),
        required=True,
        metadata={"description": "Every problem that could be told, the first 50 of them."},
    )
    line = fields.Integer(metadata={"description": "Where a body stops being JSON."})
    column = fields.Integer(metadata={"description": "Where a body stops being JSON."})
