"""Jobs: what the service works on for longer than one request, and how to follow it.

A batch is sent with an Idempotency-Key of its own: sent twice, because a connection broke, it is
still one job. Results come in order, as far as they are there; a job that is interrupted on the
service's side goes on, and so does whoever follows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import requests

from backcheck.errors import BackcheckError, InvalidRequest, Problem, ServerTrouble, Unreachable
from backcheck.reading import Answer, read, read_answer
from backcheck.transport import exchange
from backcheck.wire import dumps, loads

NDJSON = "application/x-ndjson"
ACCEPTED = 202
FIRST_LOOK_SECONDS = 0.05  # doubled each time, so that short jobs are not waited for
LOOK_SECONDS_MAX = 2.0
PATIENCE_SECONDS = 120.0
"""How long a service that does not answer is asked again: it restarts in less."""

Progress = Callable[[float, float], None]
"""Called with the work done and the work in all, in the job's own unit."""


@dataclass(frozen=True)
class Count:
    """Items: how many, how many answered, how many of these with a problem."""

    total: int | None
    done: int
    failed: int


@dataclass(frozen=True)
class Work:
    """Progress in what takes the time; `total` is None until all of it is planned."""

    unit: str
    total: float | None
    done: float


@dataclass(frozen=True)
class Cluster:
    """Items that make the same mistake in the same layers."""

    mistake: str
    equation: str
    layers: tuple[int, ...]
    count: int
    items: tuple[Any, ...] = ()


@dataclass(frozen=True, eq=False)
class Report(Answer):
    """Which mistakes a class makes: counts, most often first."""

    items: int
    answered: int
    verdicts: Mapping[str, int]
    mistakes: tuple[Mapping[str, Any], ...] = ()
    equations: tuple[Mapping[str, Any], ...] = ()
    clusters: tuple[Cluster, ...] = ()


@dataclass(frozen=True, eq=False)
class JobState(Answer):
    """How far a job is."""

    id: str
    kind: str
    state: str
    items: Count
    work: Work
    created: str = ""
    finished: str | None = None
    expires: str | None = None
    waits_for: str | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state not in ("receiving", "running")


@dataclass(frozen=True)
class Line:
    """The answer to one item of a batch: a text of JSON, or the problems it had."""

    index: int
    id: Any
    status: int
    answer: Any = field(repr=False, default=None)
    problem: Any = field(repr=False, default=None)

    @property
    def error(self) -> BackcheckError | None:
        """What a single request would have raised; None where there is an answer."""
        if self.problem is None:
            return None
        said = self.problem
        detail = str(said.get("detail", ""))
        if self.status >= requests.codes.internal_server_error:
            return ServerTrouble(detail, self.status)
        problems = [Problem(one["pointer"], one["detail"]) for one in said.get("errors", [])]
        return InvalidRequest(str(said.get("title", "")), problems, self.status)


def read_line(text: bytes) -> Line:
    """A line of results."""
    said = loads(text)
    told = said.get("answer"), said.get("problem")
    return Line(said["index"], said["id"], said["status"], *told)


@dataclass(frozen=True)
class Jobs:
    """The jobs of one service: its address and a session with it."""

    session: requests.Session
    base_url: str
    timeout: float | None

    def send(
        self, data: bytes, later: bool = False, key: str | None = None
    ) -> Iterator[Line] | JobState:
        """A batch in lines: its results, or the job that it has become.

        The same key and the same lines are the same job, however often they are sent.
        """
        headers = {"Content-Type": NDJSON, "Accept": NDJSON, "Idempotency-Key": key or uuid4().hex}
        if later:
            headers["Prefer"] = "respond-async"
        response = self._ask("POST", "/v1/batches", data, headers)
        if response.status_code == ACCEPTED:
            return read_answer(JobState, response.content)
        return map(read_line, filter(None, response.content.split(b"\n")))

    def state(self, job: str) -> JobState:
        """How far a job is."""
        return read_answer(JobState, self._ask("GET", f"/v1/jobs/{job}").content)

    def all(self) -> tuple[JobState, ...]:
        """The caller's jobs, newest first."""
        found = loads(self._ask("GET", "/v1/jobs").content)["jobs"]
        return tuple(read(JobState, one, raw=dumps(one)) for one in found)

    def cancel(self, job: str) -> None:
        """End a job; where it has ended, forget it."""
        self._ask("DELETE", f"/v1/jobs/{job}")

    def report(self, job: str) -> Report:
        """Which mistakes its items make."""
        return read_answer(Report, self._ask("GET", f"/v1/jobs/{job}/report").content)

    def results(self, job: str, progress: Progress | None = None) -> Iterator[Line]:
        """Every result in order, each as soon as those before it are there.

        Raises ServerTrouble where the job was cancelled or is forgotten before it ended.
        """
        following, pause, state = 0, FIRST_LOOK_SECONDS, self.patiently(job)
        while True:
            tell(progress, state)
            if state.items.done > following or state.ended:
                before = following
                for line in self._lines(job, following):
                    following = line.index + 1
                    yield line
                if following == state.items.total:
                    return
                if following > before:
                    pause = FIRST_LOOK_SECONDS
            if state.ended and state.state != "done":
                raise ServerTrouble(f"job {job} was {state.state} after {following} results", 409)
            time.sleep(pause)
            pause = min(2 * pause, LOOK_SECONDS_MAX)
            state = self.patiently(job)

    def patiently(self, job: str) -> JobState:
        """Its state, asked again while the service does not answer: jobs survive its restart."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self.state(job)
            except (Unreachable, ServerTrouble) as error:
                gone = isinstance(error, ServerTrouble) and error.status < 500
                if gone or time.monotonic() > deadline:
                    raise
            time.sleep(LOOK_SECONDS_MAX / 4)

    def _lines(self, job: str, first: int) -> Iterator[Line]:
        """What there is from one item on; less of it where the connection breaks."""
        path = f"/v1/jobs/{job}/results?from={first}"
        try:
            with self._ask("GET", path, headers={"Accept": NDJSON}, stream=True) as response:
                yield from map(read_line, filter(None, response.iter_lines(chunk_size=65536)))
        except (Unreachable, requests.RequestException, ValueError):
            return

    def _ask(
        self,
        method: str,
        path: str,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        stream: bool = False,
    ) -> requests.Response:
        url = self.base_url + path
        return exchange(self.session, method, url, self.timeout, data, headers, stream=stream)


def tell(progress: Progress | None, state: JobState) -> None:
    """The progress, once it is known how much there is."""
    if progress is not None and state.work.total:
        progress(state.work.done, state.work.total)
