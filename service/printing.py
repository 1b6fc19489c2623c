"""orjson in Flask's place for JSON: float64 that reads back bit for bit, arrays as they are."""

from typing import Any

import orjson
from flask import Response
from flask.json.provider import JSONProvider

OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_SERIALIZE_DATACLASS
JSON = "application/json"


class OrjsonProvider(JSONProvider):
    """Prints numpy arrays as they stand. NaN would become null: the schemas let none through."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """A value as JSON text."""
        return orjson.dumps(obj, option=OPTIONS).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """JSON text as a value."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """An answer that holds one value."""
        return printed(self._prepare_response_obj(args, kwargs))


def printed(value: Any, status: int = 200) -> Response:
    """The answer that holds this value."""
    return Response(orjson.dumps(value, option=OPTIONS), status, content_type=JSON)
