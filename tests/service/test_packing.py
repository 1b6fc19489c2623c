"""Files go out gzipped, to those who can unpack them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from service import create_app

STATIC = Path(__file__).parents[2] / "service" / "static"
PACKED = {"Accept-Encoding": "br, gzip"}
FILES = {"/": "index.html", "/static/page/words.js": "page/words.js", "/docs": "docs.html"}


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app().test_client()


@pytest.mark.parametrize("path", FILES)
def test_a_file_is_packed(client: FlaskClient, path: str) -> None:
    """Twice the same bytes, which unpack to the file; who cannot unpack gets it as it is."""
    whole = (STATIC / FILES[path]).read_bytes()
    first, second = (client.get(path, headers=PACKED) for _ in range(2))
    assert first.headers["Content-Encoding"] == "gzip"
    assert first.data == second.data
    assert gzip.decompress(first.data) == whole
    assert int(first.headers["Content-Length"]) == len(first.data) < len(whole)
    plain = client.get(path, buffered=True)
    assert plain.data == whole
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in first.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_a_file_that_is_known_is_not_sent_again(client: FlaskClient) -> None:
    """The version of the packed file is confirmed with 304, packed or not."""
    etag = client.get("/", headers=PACKED).headers["ETag"]
    for headers in (PACKED, {}):
        answer = client.get("/", headers={**headers, "If-None-Match": etag}, buffered=True)
        assert (answer.status_code, answer.data) == (304, b"")
        assert "Content-Encoding" not in answer.headers


def test_a_changed_file_is_packed_anew(tmp_path: Path) -> None:
    """What is kept belongs to one version of a file."""
    app = create_app()
    app.static_folder = str(tmp_path)
    for text in ("let a = 1;", "let a = 1; let b = 2;"):
        (tmp_path / "a.js").write_text(text)
        answer = app.test_client().get("/static/a.js", headers=PACKED)
        assert gzip.decompress(answer.data).decode() == text


def test_answers_and_errors_are_left_alone(client: FlaskClient) -> None:
    """What is no file goes out as it is, as a part of a file does; HEAD tells what GET would."""
    for path in ("/v1/costs", "/nowhere", "/static/nowhere.js"):
        assert "Content-Encoding" not in client.get(path, headers=PACKED).headers
    part = client.get("/static/icon.svg", headers={**PACKED, "Range": "bytes=0-9"}, buffered=True)
    assert (part.status_code, len(part.data)) == (206, 10)
    assert "Content-Encoding" not in part.headers
    told = client.head("/", headers=PACKED)
    assert told.data == b""
    assert (
        told.headers["Content-Length"] == client.get("/", headers=PACKED).headers["Content-Length"]
    )
