"""One pooled session: what is sent, what is tried again, and what an answer's status means.

Every POST is a pure function of its body, so trying again is safe. It is done where it can help:
the connection failed or broke off, or the service said 429 (too many), 502 or 503 (busy). Not
after a timeout, which would only add to the work of a service that is slow already.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ReadTimeoutError
from urllib3.util.retry import Retry

from backcheck.errors import WAYS_OUT, InvalidRequest, Problem, ServerTrouble, Unreachable
from backcheck.wire import dumps, loads

AGAIN = (429, 502, 503)
POSSIBLY_TWICE = frozenset({"GET", "POST"})
FIRST_PAUSE_SECONDS = 0.25  # doubled each time
PAUSE_SECONDS_MAX = 10.0  # also of what Retry-After asks: a person or a CI job is waiting
POOLED_CONNECTIONS = 32  # threads that may share a client without opening connections anew
LINES = {"Accept": "application/x-ndjson"}
SUCCESS = (200, 202, 204)
REFUSED = (400, 401, 403, 406, 413, 415, 422)

try:
    VERSION = version("backcheck")
except PackageNotFoundError:  # run from its source
    VERSION = "1.0.0"


class Backoff(Retry):
    """urllib3's retries with full jitter, with a cap on Retry-After, and none after a timeout."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: TracebackType | None = None,
    ) -> Backoff:
        """What is left of the retries; raises the error if it is none that a retry can help."""
        if isinstance(error, ReadTimeoutError):
            raise error
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def get_backoff_time(self) -> float:
        """Seconds to wait: at random below an exponential, so that a class spreads out."""
        failures = max(len(self.history), 1)
        longest = min(FIRST_PAUSE_SECONDS * 2 ** (failures - 1), PAUSE_SECONDS_MAX)
        return random.uniform(0, longest)

    def get_retry_after(self, response: Any) -> float | None:
        """What the service asks to wait, up to the cap."""
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, PAUSE_SECONDS_MAX)


class Whole(HTTPAdapter):
    """Asks again where an answer breaks off in its middle: urllib3 does so up to its head only."""

    def send(self, request: requests.PreparedRequest, *args: Any, **sent: Any) -> requests.Response:
        """The answer, read to its end unless it is to be streamed."""
        again = self.max_retries.total if request.method in POSSIBLY_TWICE else 0
        for left in range(int(again or 0), -1, -1):
            response = super().send(request, *args, **sent)
            try:
                if not sent.get("stream"):
                    response.content  # noqa: B018  # it is kept
                break
            except requests.exceptions.ChunkedEncodingError:
                if not left:
                    raise
        return response


def pooled(retries: int) -> HTTPAdapter:
    """A pool of connections that tries again up to `retries` times."""
    policy = Backoff(
        total=retries,
        status_forcelist=AGAIN,
        allowed_methods=POSSIBLY_TWICE,
        raise_on_status=False,
        redirect=False,
    )
    return Whole(pool_maxsize=POOLED_CONNECTIONS, max_retries=policy)


class Session(requests.Session):
    """A session, and what is said where nothing answers it."""

    otherwise = ""


def new_session(headers: Mapping[str, str], otherwise: str = "") -> Session:
    """A session that says who it is and what it understands."""
    session = Session()
    session.otherwise = otherwise
    session.headers.update(
        {"Accept": "application/json", "User-Agent": f"backcheck-python/{VERSION}", **headers}
    )
    return session


def send(
    session: requests.Session, method: str, url: str, body: Any, timeout: float | None
) -> bytes:
    """The text of an answer. Raises Unreachable, InvalidRequest or ServerTrouble."""
    return ask(session, method, url, body, timeout).content


def send_lines(
    session: requests.Session, url: str, body: Any, timeout: float | None
) -> Iterator[bytes]:
    """The lines of an answer as they come, while the service works (NDJSON).

    Closing the generator closes the connection. Raises what `send` does.
    """
    with ask(session, "POST", url, body, timeout, LINES) as response:
        try:
            yield from filter(None, response.iter_lines())
        except requests.RequestException as error:
            raise Unreachable(f"{url} broke off in the middle ({cause(error)})") from None


def ask(
    session: requests.Session,
    method: str,
    url: str,
    body: Any,
    timeout: float | None,
    accept: Mapping[str, str] | None = None,
) -> requests.Response:
    """A successful answer, not read yet if it `accept`s something else than JSON."""
    data = None if body is None else dumps(body)
    headers = {} if body is None else {"Content-Type": "application/json", **(accept or {})}
    return exchange(session, method, url, timeout, data, headers, stream=accept is not None)


def exchange(
    session: requests.Session,
    method: str,
    url: str,
    timeout: float | None,
    data: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    stream: bool = False,
) -> requests.Response:
    """A successful answer to these very bytes. Raises what `send` does."""
    try:
        response = session.request(
            method,
            url,
            data=data,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
            stream=stream,
        )
    except requests.Timeout:
        raise Unreachable(f"{url} did not answer within {timeout:g} s (timeout=…)") from None
    except requests.ConnectionError as error:
        why = getattr(session, "otherwise", "")
        said = [f"Nothing answers at {url} ({cause(error)}).", *([why] if why else [])]
        raise Unreachable("\n".join([*said, WAYS_OUT])) from None
    except requests.RequestException as error:
        raise Unreachable(f"{url} cannot be asked: {error}") from None
    if response.status_code not in SUCCESS:
        raise failure(response)
    return response


def cause(error: BaseException) -> str:
    """The innermost reason of a connection that failed, without urllib3's wrapping."""
    inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
    if isinstance(inner, BaseException):
        return cause(inner)
    text = str(error)
    return text.rsplit(": ", 1)[-1].strip("'\"()> ") or type(error).__name__


def failure(response: requests.Response) -> InvalidRequest | ServerTrouble:
    """The error that an answer's status stands for."""
    status, problem = response.status_code, told(response)
    detail = str(problem.get("detail") or response.reason or "no reason given")
    if status in REFUSED:
        return refusal({**problem, "detail": detail}, status)
    if status in (404, 405) and "type" not in problem:
        detail = f"no such endpoint there ({detail}); is it backcheck, and as new as this client?"
    elif response.is_redirect:
        detail = f"it sends elsewhere, to {response.headers['Location']}: use that address"
    return ServerTrouble(f"{response.url}: {status}, {detail}", status, asked_to_wait(response))


def refusal(problem: Mapping[str, Any], status: int) -> InvalidRequest:
    """The error that a problem document stands for."""
    problems = [
        Problem(str(entry.get("pointer", "")), str(entry.get("detail", "")))
        for entry in problem.get("errors") or []
    ]
    title = str(problem.get("title") or "The service refused the request")
    return InvalidRequest(title, problems or [Problem("", str(problem.get("detail")))], status)


def told(response: requests.Response) -> dict[str, Any]:
    """The problem document (RFC 9457) of an answer, or nothing if it is none."""
    try:
        problem = loads(response.content)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def asked_to_wait(response: requests.Response) -> float | None:
    """Retry-After in seconds; None if it is missing or a date."""
    try:
        return float(response.headers["Retry-After"])
    except (KeyError, ValueError):
        return None
