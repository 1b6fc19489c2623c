"""orjson in Flask's place for JSON: float64 that reads back bit for bit, arrays as they are."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import orjson
from flask import Response
from flask.json.provider import JSONProvider

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

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


class Printed(Response):
    """An answer whose body is there, and its length with it: nothing is left to be found out."""

    def get_wsgi_response(
        self, environ: "WSGIEnvironment"
    ) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        """Body, status and headers as they are; without the body to HEAD, as werkzeug does it."""
        if environ["REQUEST_METHOD"] == "HEAD":
            return super().get_wsgi_response(environ)
        return self.iter_encoded(), self.status, self.headers.to_wsgi_list()


def printed(value: Any, status: int = 200) -> Response:
    """The answer that holds this value."""
    return Printed(orjson.dumps(value, option=OPTIONS), status, content_type=JSON)
