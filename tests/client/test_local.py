"""The service without a server: the same application, the same answers, no socket."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from backcheck import Client, InvalidRequest, Unreachable, local, transport
from backcheck import client as client_module
from backcheck.asserting import default_client
from service import create_app

ROOT = Path(__file__).parents[2]


def test_no_socket_is_opened(monkeypatch: pytest.MonkeyPatch, network: dict[str, Any]) -> None:
    """A whole call passes with sockets forbidden."""

    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(socket, "create_connection", forbidden)
    assert Client.local().gradients(network).cost > 0


def test_errors_are_those_of_a_server(network: dict[str, Any]) -> None:
    """Statuses and problems come through as over HTTP."""
    with pytest.raises(InvalidRequest) as caught:
        Client.local().gradients(network, activation="sigmod")
    assert caught.value.status == 422
    assert caught.value.problems[0].pointer == "/activation"


def test_query_and_path_reach_the_application() -> None:
    """The path is unquoted, the query is not, as WSGI has it."""
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"costs": []}']

    client = Client.local(app)
    client._get("/v1/caf%C3%A9?x=%20y")
    assert seen["PATH_INFO"] == "/v1/café".encode().decode("latin-1")
    assert seen["QUERY_STRING"] == "x=%20y"
    assert seen["REQUEST_METHOD"] == "GET"


def test_the_applications_iterable_is_closed() -> None:
    """close() of what the application returns is called, as WSGI wants it."""
    closed = []

    class Chunks(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def app(environ: dict[str, Any], start_response: Any) -> Chunks:
        start_response("200 OK", [])
        return Chunks([b'{"co', b'sts": []}'])

    assert Client.local(app).costs() == ()
    assert closed == [True]


def test_the_checkout_of_this_file_is_known() -> None:
    """Run from its source, the client knows the service beside it."""
    assert ROOT in local.checkouts()


def test_without_the_application_both_ways_out_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the service cannot be imported, the error says to start it or to set its address."""
    monkeypatch.setattr(local, "checkouts", lambda: [])
    monkeypatch.setattr(sys, "path", [p for p in sys.path if Path(p or ".").resolve() != ROOT])
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "service")
    with pytest.raises(Unreachable) as caught:
        Client.local()
    assert "make serve" in str(caught.value)
    assert "BACKCHECK_URL" in str(caught.value)


def test_a_missing_dependency_of_the_service_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Code at hand without flask: the reason stands in the error, also of what is asked instead."""
    monkeypatch.delenv("BACKCHECK_URL", raising=False)
    monkeypatch.setattr(transport, "FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(client_module, "DEFAULT_URL", "http://127.0.0.1:1")
    for name in [name for name in sys.modules if name.partition(".")[0] == "service"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "flask", None)
    with pytest.raises(Unreachable) as caught:
        default_client().costs()
    said = str(caught.value)
    assert "Nothing answers at http://127.0.0.1:1" in said
    assert "import of flask halted" in said or "No module named 'flask'" in said
    assert "dependencies are needed too, which `make setup` puts into its .venv" in said


def test_another_package_named_service_is_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Somebody else's `service` on the path is named, and not imported."""
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "__init__.py").write_text("raise AssertionError('was run')")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "service")
    with pytest.raises(Unreachable, match="another package named service"):
        Client.local()


def test_the_working_directory_is_not_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A folder of submissions that looks like a checkout is not run when somebody grades in it."""
    for name in ("core", "schemas", "service"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    monkeypatch.chdir(tmp_path)
    assert local.is_checkout(tmp_path)
    assert tmp_path not in local.checkouts()


def test_any_wsgi_application_will_do(network: dict[str, Any]) -> None:
    """The application can be given, with settings of its own."""
    client = Client.local(create_app({"TESTING": True}))
    assert client.gradients(network).cost > 0
