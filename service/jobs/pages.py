"""How jobs and their answers are printed: state, pages of JSON, lines of NDJSON."""

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from flask import Response, request

from schemas.batches import JobSchema
from service.requests import JSON

if TYPE_CHECKING:
    from service.jobs.store import Store

NDJSON = "application/x-ndjson"
JOB = JobSchema()
PAGE_BYTES_MAX = 16 * 2**20
CHECKS = "finite_differences"


def wants_ndjson(sent: str | None = None) -> bool:
    """Whether the answer is to come in lines: asked for, or sent so and nothing else asked for."""
    accepted = request.accept_mimetypes
    if not accepted or accepted.quality(NDJSON) == accepted.quality(JSON):
        return sent == NDJSON
    return accepted.quality(NDJSON) > accepted.quality(JSON)


def kept(row: Any) -> bool:
    """Whether a job's time is not over: it may not have been swept yet."""
    return row.expires is None or row.expires > time.time()


def job_answer(row: Any) -> Mapping[str, Any]:
    """What `JobSchema` prints, printed."""
    here = f"/v1/jobs/{row.id}"
    answer: Mapping[str, Any] = JOB.dump(
        {
            **{name: row._mapping[name] for name in ("id", "kind", "state")},
            "waits_for": row.said if row.state == "running" else None,
            "items": {
                "total": None if row.state == "receiving" else row.total,
                "done": row.done,
                "failed": row.failed,
            },
            "work": work(row),
            "created": moment(row.created),
            "finished": moment(row.finished),
            "expires": moment(row.expires),
            "links": {"self": here, "results": f"{here}/results", "report": f"{here}/report"},
        }
    )
    return answer


def work(row: Any) -> Mapping[str, Any]:
    """Progress in what takes the time."""
    if row.kind != CHECKS:
        total = None if row.state == "receiving" else row.total
        return {"unit": "items", "total": total, "done": row.done}
    unit = "floating-point operations"
    return {"unit": unit, "total": row.planned or None, "done": row.worked}


def moment(seconds: float | None) -> str | None:
    """A time in RFC 3339."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def joined_json(lines: Iterable[bytes], following: str | None, complete: bool) -> Response:
    """Lines of NDJSON as a page of JSON, each as it stands."""
    end = orjson.dumps({"next": following, "complete": complete})
    inner = b",".join(line.rstrip(b"\n") for line in lines)
    return Response(b'{"results":[' + inner + b"]," + end[1:], content_type=JSON)


def lines_from(store: "Store", job: str, first: int) -> Iterator[bytes]:
    """Answers in order from item `first` on, up to the first that is not there yet."""
    for start, text in store.answers(job, first):
        for index, line in enumerate(text.splitlines(keepends=True), start):
            if index >= first:
                yield line


def page_of(lines: Iterable[bytes], most: int) -> list[bytes]:
    """As many of the lines as one page holds, and one at least."""
    page: list[bytes] = []
    size = 0
    for line in lines:
        size += len(line)
        if page and (len(page) >= most or size > PAGE_BYTES_MAX):
            break
        page.append(line)
    return page
