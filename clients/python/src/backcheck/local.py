"""The service without a server: the very same application, called in this process.

A requests transport adapter turns each request into a WSGI call (PEP 3333), so that sessions,
headers, statuses and errors are what they are over a socket, and there is no socket.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes, urlsplit
from urllib.request import url2pathname

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from backcheck.errors import WAYS_OUT, Unreachable
from backcheck.wire import loads

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

LOCAL_URL = "http://in-process.backcheck"
CHECKOUT_MARK = 'name = "backcheck-service"'  # in the checkout's pyproject.toml


def application() -> WsgiApp:
    """The service's application. Raises Unreachable, with the two ways out, if it is not here."""
    try:
        make_importable()
        from service import create_app
    except ImportError as error:
        raise Unreachable(f"{not_here(error)}.\n{WAYS_OUT}") from error
    app: WsgiApp = create_app()
    return app


def not_here(error: ImportError) -> str:
    """Why the service cannot run here; what it needs itself is in its checkout's .venv."""
    needs = ""
    if isinstance(error, ModuleNotFoundError) and error.name not in (None, "service"):
        needs = ": its dependencies are needed too, which `make setup` puts into its .venv"
    return f"The service cannot run in this process: {error}{needs}"


def make_importable() -> Path:
    """Put the service's folder on the path if it is not there; raises ImportError if none is known.

    Returns that folder.
    """
    found = find_spec("service")
    if found and found.origin:
        if is_checkout(Path(found.origin).parents[1]):
            return Path(found.origin).parents[1]
        raise ImportError(f"another package named service is on the path, {found.origin}")
    known = checkouts()
    if not known:
        raise ImportError("its code is neither on the path nor where this client came from")
    sys.path.append(str(known[0]))
    return known[0]


def checkouts() -> list[Path]:
    """Folders that hold the service, as far as this installation knows of them.

    The checkout that this file is in, and the one that this package was installed from. Never the
    working directory: in an autograder that is full of files from people who are being graded.
    """
    found = (Path(__file__).resolve().parents[4:5], installed_from())
    return [folder for folders in found for folder in folders if is_checkout(folder)]


def installed_from() -> list[Path]:
    """The checkout whose `clients/python` was handed to pip (PEP 610), if it was a folder."""
    try:
        text = distribution("backcheck").read_text("direct_url.json")
    except PackageNotFoundError:
        return []
    url = urlsplit(loads(text.encode())["url"]) if text else urlsplit("")
    return [Path(url2pathname(url.path)).parents[1]] if url.scheme == "file" else []


def is_checkout(folder: Path) -> bool:
    """Whether the service lives there: as a checkout, or as an image keeps it."""
    project = folder / "pyproject.toml"
    if project.is_file() and CHECKOUT_MARK not in project.read_text(encoding="utf-8"):
        return False
    return all((folder / name / "__init__.py").is_file() for name in ("core", "schemas", "service"))


class Pieces(io.RawIOBase):
    """A body that the application makes while it is read; the first piece is there at once."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        super().__init__()
        self.chunks, self.pieces, self.left = chunks, iter(chunks), b""
        try:
            self.next_piece()
        except BaseException:
            self.close()
            raise

    def next_piece(self) -> None:
        """Make the next piece that is not empty, if there is one."""
        while not self.left and (piece := next(self.pieces, None)) is not None:
            self.left = piece
        if not self.left:
            self.finish()

    def finish(self) -> None:
        """Tell the application that nothing more is wanted."""
        chunks, self.chunks = self.chunks, ()
        getattr(chunks, "close", lambda: None)()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.next_piece()
        taken = self.left[: len(buffer)]
        buffer[: len(taken)], self.left = taken, self.left[len(taken) :]
        return len(taken)

    def close(self) -> None:
        self.finish()
        super().close()


class WsgiAdapter(BaseAdapter):
    """Sends requests to a WSGI application in this process. Timeouts do not apply."""

    def __init__(self, app: WsgiApp) -> None:
        super().__init__()
        self.app = app

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Call the application once."""
        begun: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], *rest: Any) -> None:
            begun.update(status=status, headers=headers)

        body = Pieces(self.app(environment(request), start_response))
        response = answered(request, begun["status"], begun["headers"], body)
        if not stream:
            _ = response.content
        return response

    def close(self) -> None:
        """Nothing is open."""


def environment(request: requests.PreparedRequest) -> dict[str, Any]:
    """What WSGI says of a request."""
    url = urlsplit(str(request.url))
    body = request.body or b""
    data = body.encode() if isinstance(body, str) else body
    assert isinstance(data, bytes), "this client sends no streams"
    headers = {
        "HTTP_" + name.upper().replace("-", "_"): value
        for name, value in request.headers.items()
        if name.lower() not in ("content-type", "content-length")
    }
    return {
        **headers,
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(url.path).decode("latin-1"),
        "QUERY_STRING": url.query,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(data)),
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(data),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def answered(
    request: requests.PreparedRequest, status: str, headers: list[tuple[str, str]], body: Pieces
) -> requests.Response:
    """What the application said, as requests tells it."""
    response = requests.Response()
    code, _, reason = status.partition(" ")
    response.status_code, response.reason = int(code), unquote(reason)
    response.headers = CaseInsensitiveDict(headers)
    response.raw = body
    response.request, response.url = request, str(request.url)
    return response
