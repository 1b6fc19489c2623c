"""POST /v1/batches and /v1/jobs, with a pretended Dask."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.access import digest_of
from service.jobs.owner import owner
from service.jobs.store import Store, tables
from service.jobs.store import jobs as jobs_table
from service.limits import Limits
from tests.jobs.conftest import PATIENCE_SECONDS, MakeApp, wait_for_end
from tests.jobs.pretended import Hangs

NDJSON = "application/x-ndjson"
ASYNC = {"Prefer": "respond-async"}
ROOT = Path(__file__).parents[2]


def batch_of(network: dict[str, Any], claims: dict[str, Any], count: int) -> dict[str, Any]:
    """So many verifications, the third of which is no request."""
    items: list[Any] = [
        {"id": f"s{i}", "network": "q", "claims": {**claims, "cost": i / 10}} for i in range(count)
    ]
    items[2] = {"network": "q"}
    return {"kind": "verifications", "networks": {"q": network}, "items": items}


def as_lines(batch: dict[str, Any]) -> bytes:
    header = {name: value for name, value in batch.items() if name != "items"}
    return b"\n".join(map(orjson.dumps, [header, *batch["items"]]))


@pytest.fixture
def batch(network: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    return batch_of(network, right, 6)


def test_a_small_batch_is_answered_at_once(client: FlaskClient, batch: dict[str, Any]) -> None:
    """In order, an item's error in its place, the others answered."""
    answer = client.post("/v1/batches", json=batch)
    assert answer.status_code == 200
    page = answer.get_json()
    assert (page["next"], page["complete"]) == (None, True)
    assert [one["index"] for one in page["results"]] == list(range(6))
    assert [one["status"] for one in page["results"]] == [200, 200, 422, 200, 200, 200]
    assert page["results"][4]["id"] == "s4"


def test_lines_in_and_out(client: FlaskClient, batch: dict[str, Any]) -> None:
    """NDJSON in brings NDJSON out, with the same results as JSON."""
    page = client.post("/v1/batches", json=batch).get_json()
    answer = client.post("/v1/batches", data=as_lines(batch), content_type=NDJSON)
    assert answer.mimetype == NDJSON
    assert [orjson.loads(line) for line in answer.data.splitlines()] == page["results"]
    for accepted, mimetype in ((NDJSON, NDJSON), ("application/json", "application/json")):
        answer = client.post("/v1/batches", json=batch, headers={"Accept": accepted})
        assert answer.mimetype == mimetype


def test_a_job_has_the_same_results(client: FlaskClient, batch: dict[str, Any]) -> None:
    """202 with Location; then progress, results in pages and in lines, the very same."""
    page = client.post("/v1/batches", json=batch).get_json()
    answer = client.post("/v1/batches", json=batch, headers=ASYNC)
    assert answer.status_code == 202
    assert answer.headers["Preference-Applied"] == "respond-async"
    state = wait_for_end(client, answer.headers["Location"])
    assert state["state"] == "done"
    assert state["items"] == {"total": 6, "done": 6, "failed": 1}
    assert state["work"] == {"unit": "items", "total": 6, "done": 6}
    assert client.get(state["links"]["results"]).get_json() == page
    lines = client.get(state["links"]["results"], headers={"Accept": NDJSON})
    assert [orjson.loads(line) for line in lines.data.splitlines()] == page["results"]


def test_pages(client: FlaskClient, batch: dict[str, Any]) -> None:
    """Pages follow `next` from the first result to the last, none twice."""
    answer = client.post("/v1/batches", json=batch, headers=ASYNC)
    state = wait_for_end(client, answer.headers["Location"])
    address, seen = state["links"]["results"] + "?from=1", []
    while address:
        page = client.get(f"{address}&limit=2").get_json()
        seen += [one["index"] for one in page["results"]]
        assert page["complete"] is (page["next"] is None)
        address = page["next"]
    assert seen == [1, 2, 3, 4, 5]
    for query in ("from=-1", "from=x", f"from={2**31}", "limit=0", "form=1"):
        assert client.get(f"{state['links']['results']}?{query}").status_code == 422


def test_a_large_batch_becomes_a_job(
    make_app: MakeApp, network: dict[str, Any], right: dict[str, Any]
) -> None:
    """More items than are answered at once, in either form, all of them answered."""
    client = make_app().test_client()
    batch = batch_of(network, right, 300)
    for sent in (
        {"json": batch},
        {"data": as_lines(batch), "content_type": NDJSON},
    ):
        answer = client.post("/v1/batches", **sent)
        assert answer.status_code == 202
        state = wait_for_end(client, answer.headers["Location"])
        assert state["items"] == {"total": 300, "done": 300, "failed": 1}
        page = client.get(state["links"]["results"]).get_json()
        assert [one["index"] for one in page["results"]] == list(range(300))


def test_a_key_stands_for_one_job(client: FlaskClient, batch: dict[str, Any]) -> None:
    """The same Idempotency-Key and batch is the same job; another batch under it is 409."""
    keyed = {**ASYNC, "Idempotency-Key": "homework-3"}
    first = client.post("/v1/batches", json=batch, headers=keyed)
    wait_for_end(client, first.headers["Location"])
    again = client.post("/v1/batches", json=batch, headers=keyed)
    assert again.headers["Location"] == first.headers["Location"]
    lines = client.post("/v1/batches", data=as_lines(batch), content_type=NDJSON, headers=keyed)
    assert lines.headers["Location"] == first.headers["Location"]
    other = client.post("/v1/batches", json={**batch, "items": batch["items"][:4]}, headers=keyed)
    assert other.status_code == 409
    assert len(client.get("/v1/jobs").get_json()["jobs"]) == 1


def test_an_upload_that_broke_off_is_begun_anew(
    client: FlaskClient, app: Flask, batch: dict[str, Any]
) -> None:
    """Where a web worker died while the items arrived, the caller's second attempt has the job."""
    from service.jobs.store import Arrival

    keyed = {**ASYNC, "Idempotency-Key": "k"}
    with app.test_request_context(headers=keyed):
        from service.jobs.batches import job_name

        name = job_name("")
    store = app.extensions["jobs"].store()
    store.begin(Arrival(name, "dead"), "", "verifications", b"{}", 1.0)
    store.add_block(Arrival(name, "dead"), 0, 0, 1, b"{}\n", 1.0)
    answer = client.post("/v1/batches", json=batch, headers=keyed)
    assert answer.headers["Location"] == f"/v1/jobs/{name}"
    assert wait_for_end(client, answer.headers["Location"])["items"]["total"] == 6


def test_cancel(make_app: MakeApp, batch: dict[str, Any]) -> None:
    """DELETE ends a job that hangs, and tells Dask; a second DELETE forgets it."""

    def script(*_: Any) -> Any:
        raise Hangs

    app = make_app(script)
    client = app.test_client()
    answer = client.post("/v1/batches", json=batch, headers=ASYNC)
    address = answer.headers["Location"]
    pretended = app.extensions["pretended"]
    while not (pretended.clients and pretended.clients[-1].sent):
        pass
    assert client.delete(address).get_json()["state"] == "cancelled"
    while not pretended.clients[-1].cancelled:
        pass
    assert client.get(address).get_json()["state"] == "cancelled"
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


def test_keys_see_their_own_jobs_only(make_app: MakeApp, batch: dict[str, Any]) -> None:
    """Another key finds, lists, reads and cancels nothing; the same Idempotency-Key is its own."""
    keys = {name: f"bck_{name}" for name in ("ann", "bob")}
    lines = ";".join(f"{n} read,heavy {digest_of(k).hex()}" for n, k in keys.items())
    client = make_app(KEYS=lines).test_client()
    ann, bob = ({"Authorization": f"Bearer {key}"} for key in keys.values())
    keyed = {**ASYNC, "Idempotency-Key": "k"}
    hers = client.post("/v1/batches", json=batch, headers={**keyed, **ann}).headers["Location"]
    his = client.post("/v1/batches", json=batch, headers={**keyed, **bob}).headers["Location"]
    assert hers != his
    for path in ("", "/results", "/report", "/report.csv", "/report.html"):
        assert client.get(hers + path, headers=bob).status_code == 404
    assert client.delete(hers, headers=bob).status_code == 404
    listed = client.get("/v1/jobs", headers=bob).get_json()["jobs"]
    assert [job["links"]["self"] for job in listed] == [his]
    assert client.get(hers, headers=ann).status_code == 200


def test_owner_without_keys(app: Flask) -> None:
    """Where the service asks for no keys, jobs are everybody's."""
    with app.test_request_context():
        assert owner() == ""


def test_too_many_jobs(make_app: MakeApp, batch: dict[str, Any]) -> None:
    """429 with Retry-After while as many jobs as allowed are unfinished."""
    from service.limits import Limits

    def script(*_: Any) -> Any:
        raise Hangs

    client = make_app(script, LIMITS=Limits(jobs_max=2)).test_client()
    for status in (202, 202, 429):
        answer = client.post("/v1/batches", json=batch, headers=ASYNC)
        assert answer.status_code == status
    assert int(answer.headers["Retry-After"]) > 0


def test_a_known_key_is_found_at_the_limit(make_app: MakeApp, batch: dict[str, Any]) -> None:
    """A request sent again, because its answer was lost, is no job more; a new one is refused."""

    def script(*_: Any) -> Any:
        raise Hangs

    client = make_app(script, LIMITS=Limits(jobs_max=1)).test_client()
    keyed = {**ASYNC, "Idempotency-Key": "k"}
    first = client.post("/v1/batches", json=batch, headers=keyed)
    again = client.post("/v1/batches", json=batch, headers=keyed)
    assert (again.status_code, again.headers["Location"]) == (202, first.headers["Location"])
    other = client.post("/v1/batches", json=batch, headers={**ASYNC, "Idempotency-Key": "l"})
    assert other.status_code == 429


def test_a_large_report_waits_for_its_turn(
    make_app: MakeApp, batch: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counting through a large job is heavy work; through a small one it is not."""
    app = make_app(LIMITS=Limits(heavy_wait_seconds_max=0))
    client, turn = app.test_client(), app.extensions["turns"].heavy
    address = client.post("/v1/batches", json=batch, headers=ASYNC).headers["Location"]
    wait_for_end(client, address)
    assert turn.acquire(blocking=False)
    for most, status in ((6, 200), (5, 503)):
        monkeypatch.setattr("service.jobs.endpoints.LIGHT_ITEMS", most)
        for path in ("/report", "/report.html"):
            assert client.get(address + path).status_code == status
    turn.release()
    for path in ("/report", "/report.html", "/report.csv", "/results"):
        assert client.get(address + path).status_code == 200
    assert turn.acquire(blocking=False)


@pytest.mark.parametrize(
    ("body", "content_type", "status", "said"),
    [
        (b"", NDJSON, 400, "empty"),
        (b'{"kind": "gradients"}', NDJSON, 422, "none"),
        (b'{"kind": "gradient"}\n{}', NDJSON, 422, "gradients"),
        (b'{"kind": "gradients", "itmes": []}\n{}', NDJSON, 422, "itmes"),
        (b'{"kind": "gradients", "networks": {"a": 3}}\n{}', NDJSON, 422, "/networks/a"),
        (b'{"kind": ', NDJSON, 400, "line 1"),
        (b'{"kind": "gradients", "items": []}', "application/json", 422, "empty"),
        (b'{"kind": "gradients"}', "application/json", 422, "missing"),
        (b"[]", "application/json", 422, "object"),
        (b"kind: gradients", "text/plain", 415, NDJSON),
    ],
)
def test_batches_that_are_none(
    client: FlaskClient, body: bytes, content_type: str, status: int, said: str
) -> None:
    """What is wrong with the batch itself is told as with any request."""
    answer = client.post("/v1/batches", data=body, content_type=content_type)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert said in answer.get_json()["detail"]


def test_too_many_bodies_at_once(client: FlaskClient, app: Flask, batch: dict[str, Any]) -> None:
    """503 where every thread that may wait for a long body does; each gives its place back."""
    readers = app.extensions["readers"]
    held = [readers.acquire(blocking=False) for _ in range(100)].count(True)
    assert held > 0
    post = {"data": as_lines(batch), "content_type": NDJSON}
    assert client.post("/v1/batches", **post).status_code == 503
    readers.release()
    for _ in range(3):
        assert client.post("/v1/batches", **post).status_code == 200


def test_few_hold_long_lines(
    client: FlaskClient, app: Flask, batch: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 where others hold as many as there is memory for; short lines pass; places come back."""
    post = {"data": as_lines(batch), "content_type": NDJSON}
    places = app.extensions["long_lines"]
    held = [places.acquire(blocking=False) for _ in range(100)].count(True)
    assert held > 0
    assert client.post("/v1/batches", **post).status_code == 200
    monkeypatch.setattr("service.jobs.reading.LONG_LINE_BYTES", 20)
    monkeypatch.setattr("service.jobs.reading.PIECE_BYTES", 16)
    answer = client.post("/v1/batches", **post)
    assert (answer.status_code, "long lines" in answer.get_json()["detail"]) == (503, True)
    places.release()
    for _ in range(3):
        assert client.post("/v1/batches", **post).status_code == 200


def test_the_first_line_is_no_longer_than_a_body(make_app: MakeApp, batch: dict[str, Any]) -> None:
    """A web worker parses it, as it does the body of a single request."""
    client = make_app(LIMITS=Limits(body_bytes_max=100)).test_client()
    answer = client.post("/v1/batches", data=as_lines(batch), content_type=NDJSON)
    assert answer.status_code == 413
    assert "first line" in answer.get_json()["detail"]


def test_finite_differences(client: FlaskClient, network: dict[str, Any]) -> None:
    """The check of the single request without its arrays, at once and as a job."""
    alone = client.post("/v1/gradients", json=network).get_json()["finite_difference"]
    arrays = {name for name in alone if name.endswith(("_gradients", "_uncertainties"))}
    expected = {name: value for name, value in alone.items() if name not in arrays}
    expected["entries"] = "all"
    sent = {"kind": "finite_differences", "items": [network, {"finite_difference": False}]}
    page = client.post("/v1/batches", json=sent).get_json()
    assert page["results"][0]["answer"] == expected
    assert page["results"][1]["status"] == 422
    answer = client.post("/v1/batches", json=sent, headers=ASYNC)
    state = wait_for_end(client, answer.headers["Location"])
    assert client.get(state["links"]["results"]).get_json() == page
    assert client.get(state["links"]["report"]).status_code == 409


def test_a_job_that_expired_is_not_found(
    client: FlaskClient, app: Flask, batch: dict[str, Any]
) -> None:
    """404 and not listed, as a name that never was, swept or not; its key stands for a new job."""
    keyed = {**ASYNC, "Idempotency-Key": "k"}
    address = client.post("/v1/batches", json=batch, headers=keyed).headers["Location"]
    wait_for_end(client, address)
    expire(app)
    for path in ("", "/results", "/report"):
        assert client.get(address + path).status_code == 404
    assert client.get("/v1/jobs").get_json() == {"jobs": []}
    assert client.post("/v1/batches", json=batch, headers=keyed).headers["Location"] == address
    assert wait_for_end(client, address)["items"]["done"] == 6


def expire(app: Flask) -> None:
    """Let the time of every job be over."""
    engine = app.extensions["jobs"].store().engine
    with engine.begin() as connection:
        connection.execute(jobs_table.update().values(expires=1.0))


def test_expired_jobs_are_swept_without_a_job_to_do(
    client: FlaskClient, app: Flask, batch: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What people sent is removed in its time, though nobody sends anything any more."""
    monkeypatch.setattr("service.jobs.extension.SWEEP_SECONDS", 0.05)
    address = client.post("/v1/batches", json=batch, headers=ASYNC).headers["Location"]
    wait_for_end(client, address)
    app.extensions["dispatcher"].stop()
    jobs = app.extensions["jobs"]
    jobs.resume()
    expire(app)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while jobs.store().find(address.rsplit("/", 1)[1]) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_nothing_of_dask_before_the_first_job() -> None:
    """Neither the import nor a small batch nor the list of jobs brings in Dask or SQLAlchemy."""
    code = """
import sys
from service import create_app
app = create_app({"STORE": "sqlite:////nowhere/at/all.sqlite"})
client = app.test_client()
app.extensions["jobs"].resume()
assert client.post("/v1/batches", json={"kind": "gradients", "items": [3]}).status_code == 200
assert client.get("/v1/jobs").get_json() == {"jobs": []}
assert client.get("/v1/jobs/x").status_code == 404
print([name for name in ("dask", "distributed", "sqlalchemy") if name in sys.modules])
"""
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"


def test_a_store_that_cannot_be_opened(make_app: MakeApp, batch: dict[str, Any]) -> None:
    """503, and what is answered at once is answered all the same."""
    client = make_app(STORE="sqlite:////proc/nowhere/jobs.sqlite").test_client()
    assert client.post("/v1/batches", json=batch).status_code == 200
    assert client.post("/v1/batches", json=batch, headers=ASYNC).status_code == 503


def test_a_store_that_is_gone(client: FlaskClient, app: Flask, batch: dict[str, Any]) -> None:
    """503 with Retry-After, not our mistake."""
    address = client.post("/v1/batches", json=batch, headers=ASYNC).headers["Location"]
    wait_for_end(client, address)
    tables.drop_all(app.extensions["jobs"].store().engine)
    for answer in (
        client.get(address),
        client.get(f"{address}/results"),
        client.post("/v1/batches", json=batch, headers=ASYNC),
    ):
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("name", ["%00", "%ff", "0" * 31, "A" * 32, "0" * 5000])
def test_no_name_of_a_job(
    make_app: MakeApp, batch: dict[str, Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """404 without a question to the database, which may not even take such a text."""
    client = make_app().test_client()
    assert client.post("/v1/batches", json=batch, headers=ASYNC).status_code == 202
    monkeypatch.setattr(Store, "find", None)
    assert client.get(f"/v1/jobs/{name}").status_code == 404


def test_a_batch_is_read_in_its_turn(make_app: MakeApp, batch: dict[str, Any]) -> None:
    """JSON takes much memory while it is read, so a worker reads few bodies at once."""
    app = make_app(LIMITS=Limits(light_wait_seconds_max=0))
    client, turn = app.test_client(), app.extensions["turns"].light
    lines = {"data": as_lines(batch), "content_type": NDJSON}
    assert turn.acquire(blocking=False)
    assert client.post("/v1/batches", json=batch).status_code == 503
    assert client.post("/v1/batches", **lines).status_code == 503
    turn.release()
    assert client.post("/v1/batches", json=batch).status_code == 200
    assert client.post("/v1/batches", **lines).status_code == 200
    assert client.post("/v1/batches", **lines, headers=ASYNC).status_code == 202
    assert turn.acquire(blocking=False)
