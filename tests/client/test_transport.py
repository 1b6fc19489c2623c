"""What is tried again and what is not, and which error stands for which failure."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from backcheck import Client, InvalidRequest, ServerTrouble, Unreachable, transport
from tests.client.conftest import Flaky, as_said, scripted

COSTS = as_said({"costs": [{"name": "mean_squared_error", "formula": "C"}]})
BUSY = (503, {"Retry-After": "0"}, b"{}")
PROBLEM = {
    "type": "/problems#not-valid",
    "title": "The request is not valid",
    "status": 422,
    "detail": "/weights/1/0: row 0 has 3 entries",
    "errors": [{"pointer": "/weights/1/0", "detail": "row 0 has 3 entries"}],
}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "FIRST_PAUSE_SECONDS", 0.0)


@pytest.mark.parametrize(
    "trouble", [None, BUSY, (429, {"Retry-After": "0"}, b""), (502, {}, b"<html>")]
)
def test_what_passes_is_tried_again(flaky: Callable[..., Flaky], trouble: Any) -> None:
    """A dropped connection, 429, 502 and 503 are tried again, and the caller sees nothing of it."""
    server = flaky(trouble, trouble, COSTS)
    with Client(server.url) as client:
        assert client.costs()[0].name == "mean_squared_error"
    assert server.calls == 3


def test_an_answer_that_breaks_off_is_asked_for_again(flaky: Callable[..., Flaky]) -> None:
    """A service killed between head and body is asked again, as often as `retries` says."""
    broken = (200, {"Content-Length": "999"}, COSTS[2][:9])
    server = flaky(broken, broken, COSTS)
    with Client(server.url, retries=2) as client:
        assert client.costs()[0].name == "mean_squared_error"
    assert server.calls == 3
    server = flaky(broken, broken, COSTS)
    with Client(server.url, retries=1) as client, pytest.raises(Unreachable):
        client.costs()
    assert server.calls == 2


def test_posts_are_tried_again_too(flaky: Callable[..., Flaky], network: dict[str, Any]) -> None:
    """A POST is a pure function of its body: the dropped one is sent again, whole."""
    refused = (422, {"Content-Type": "application/problem+json"}, json.dumps(PROBLEM).encode())
    server = flaky(None, refused)
    with Client(server.url) as client, pytest.raises(InvalidRequest):
        client.gradients(network)
    assert server.calls == 2


@pytest.mark.parametrize("status", [400, 401, 404, 422, 500, 504])
def test_what_does_not_pass_is_not_tried_again(flaky: Callable[..., Flaky], status: int) -> None:
    """An error that would only come again is raised at once."""
    server = flaky((status, {}, b"{}"))
    with Client(server.url) as client, pytest.raises((InvalidRequest, ServerTrouble)) as caught:
        client.costs()
    assert caught.value.status == status
    assert server.calls == 1


def test_retries_end(flaky: Callable[..., Flaky]) -> None:
    """A service that stays busy is given up after `retries`, saying how long it asked to wait."""
    server = flaky(*[BUSY] * 3)
    with Client(server.url, retries=2) as client, pytest.raises(ServerTrouble) as caught:
        client.costs()
    assert caught.value.status == 503
    assert caught.value.retry_after == 0
    assert server.calls == 3


def test_pauses_grow_are_capped_and_random(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses lie below 1, 2, 4… times the first one, never above the cap, and differ."""
    monkeypatch.setattr(transport, "FIRST_PAUSE_SECONDS", 1.0)
    policy = transport.Backoff(total=20)
    longest = []
    for _ in range(8):
        policy = policy.increment("POST", "/", error=ConnectionError())
        drawn = [policy.get_backoff_time() for _ in range(200)]
        assert len(set(drawn)) > 1
        longest.append(max(drawn))
    for attempt, seconds in enumerate(longest):
        bound = min(2.0**attempt, transport.PAUSE_SECONDS_MAX)
        # 200 uniform draws all stay below half the bound once in 2^200 times.
        assert bound / 2 < seconds <= bound


def test_retry_after_is_honoured_up_to_the_cap() -> None:
    """The service's own Retry-After counts, but an hour of it does not stop a job for an hour."""

    class Response:
        def __init__(self, seconds: str) -> None:
            self.headers = {"Retry-After": seconds}

    policy = transport.Backoff()
    assert policy.get_retry_after(Response("3")) == 3
    assert policy.get_retry_after(Response("3600")) == transport.PAUSE_SECONDS_MAX


def test_a_slow_answer_is_not_asked_for_again() -> None:
    """After a timeout nothing is sent again: a slow service needs no more work."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with Client(url, timeout=0.05) as client, pytest.raises(Unreachable, match=r"within 0\.05 s"):
        client.costs()
    listener.setblocking(False)
    listener.accept()[0].close()
    with pytest.raises(BlockingIOError):
        listener.accept()
    listener.close()


def test_nobody_there_names_both_ways_out() -> None:
    """Where nothing listens, the error says the address, the reason, and both ways out."""
    with pytest.raises(Unreachable) as caught:
        Client("http://127.0.0.1:1", retries=0).costs()
    message = str(caught.value)
    assert "http://127.0.0.1:1/v1/costs" in message
    assert "refused" in message
    assert "make serve" in message
    assert "BACKCHECK_URL" in message
    assert isinstance(caught.value, ConnectionError)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__  # urllib3's seventy lines tell nothing more


def test_problems_come_with_their_pointers(network: dict[str, Any]) -> None:
    """A 422 becomes InvalidRequest, a ValueError, with every problem by pointer."""
    client, _ = scripted([(422, {}, json.dumps(PROBLEM).encode())])
    with pytest.raises(ValueError, match="row 0 has 3 entries") as caught:
        client.gradients(network)
    assert isinstance(caught.value, InvalidRequest)
    assert caught.value.problems == (("/weights/1/0", "row 0 has 3 entries"),)
    assert caught.value.status == 422


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((404, {}, b"<html>nginx</html>"), "is it backcheck"),
        ((307, {"Location": "https://elsewhere/"}, b""), "https://elsewhere/"),
        ((200, {}, b"<html>a portal that wants a login</html>"), "cannot be read"),
        ({"something": "else"}, "the answer has no `verdict`"),
        ([1, 2], "the answer has no `verdict`"),
    ],
)
def test_something_else_at_that_address(network: dict[str, Any], answer: Any, said: str) -> None:
    """What is no backcheck service is told as that, never as a broken answer deep inside."""
    client, _ = scripted([answer])
    with pytest.raises(ServerTrouble, match=said):
        client.verify(network, claims={"cost": 0.5})


def test_address_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """BACKCHECK_URL is where the client goes if nobody says otherwise."""
    monkeypatch.setenv("BACKCHECK_URL", "http://example.invalid/backcheck/")
    assert Client().base_url == "http://example.invalid/backcheck"
    assert Client("http://other.invalid").base_url == "http://other.invalid"


def test_address_without_a_scheme() -> None:
    """localhost:8000 is the usual slip, and the error says what was meant."""
    with pytest.raises(ValueError, match="did you mean 'http://localhost:8000'"):
        Client("localhost:8000")


def test_connections_are_kept(flaky: Callable[..., Flaky]) -> None:
    """Calls one after the other share one connection."""
    server = flaky(COSTS, COSTS, COSTS)
    opened = []
    accept = server.server.get_request

    def counted() -> Any:
        opened.append(1)
        return accept()

    server.server.get_request = counted  # type: ignore[method-assign]
    with Client(server.url) as client:
        for _ in range(3):
            client.costs()
    assert len(opened) == 1


def test_headers_say_who_asks() -> None:
    """Every request names the client and its version, and carries the caller's headers."""
    client, service = scripted([{"costs": []}])
    client._session.headers["X-Key"] = "k"
    client.costs()
    environ = service.environments[0]
    assert environ["HTTP_USER_AGENT"].startswith("backcheck-python/")
    assert environ["HTTP_ACCEPT"] == "application/json"
    assert environ["HTTP_X_KEY"] == "k"
