"""Answers go out as werkzeug's own would, though less is looked up for them."""

from __future__ import annotations

import pytest
from flask import Flask, Response
from werkzeug.test import create_environ, run_wsgi_app

from service.printing import JSON, printed


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("status", [200, 202, 404])
def test_as_werkzeug_answers(method: str, status: int) -> None:
    """The same status, headers in the same order, and bytes; late headers and bodies included."""
    environ = create_environ("/", method=method)
    plain = Response(b'{"a":[1.5]}', status, content_type=JSON)
    ours = printed({"a": [1.5]}, status)
    for one in (plain, ours):
        one.headers["Location"] = "/v1/jobs/1"
    assert run_wsgi_app(ours, environ)[1:] == run_wsgi_app(plain, environ)[1:]
    for one in (plain, ours):
        one.set_data("δ")
    assert sent(ours, method) == sent(plain, method)


def sent(answer: Response, method: str) -> tuple[bytes, str, list[tuple[str, str]]]:
    """What a server gets of it."""
    app_iter, status, headers = run_wsgi_app(answer, create_environ("/", method=method))
    return b"".join(app_iter), status, list(headers)


def test_of_flask() -> None:
    """An answer goes through Flask as it is, not as a copy of another class."""
    app = Flask(__name__)
    with app.test_request_context():
        answer = printed([1])
        assert app.make_response(answer) is answer
