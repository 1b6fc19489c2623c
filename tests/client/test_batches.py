"""Many verifications, full checks and jobs, through the real application in process."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backcheck import Client, InvalidRequest, ServerTrouble, batches, jobs
from backcheck.cli import commands
from service import create_app
from service.jobs.dispatcher import Dispatcher
from tests.client.conftest import Flaky, textbook
from tests.jobs.pretended import Pretended, faithful

Many = list[dict[str, Any]]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """A client of the application, whose jobs are done by a pretended Dask."""
    app = create_app({"STORE": f"sqlite:///{tmp_path}/store/jobs.sqlite"})
    here = app.extensions["jobs"]
    dispatcher = Dispatcher(
        here.store, Pretended(faithful), app.config["LIMITS"], here.kept_seconds
    )
    here.dispatcher = lambda: dispatcher
    yield Client.local(app)
    dispatcher.stop()
    here.stop()


def claims_of(network: dict[str, Any], count: int) -> Many:
    """So many claims, every third of them wrong."""
    right = textbook(network)
    wrong = {**right, "bias_gradients": [-b for b in right["bias_gradients"]]}
    return [{"id": f"s{i}", "claims": right if i % 3 else wrong} for i in range(count)]


def test_verify_many(client: Client, network: dict[str, Any]) -> None:
    """In order, with the same answers as one by one, whether answered at once or as a job."""
    items = claims_of(network, 300)
    found = list(client.verify_many(items, network))
    assert [one.index for one in found] == list(range(300))
    assert [one.id for one in found] == [f"s{i}" for i in range(300)]
    assert [one.verdict for one in found] == ["wrong", "correct", "correct"] * 100
    for i in (0, 1):
        alone = client.verify(network, claims=items[i]["claims"])
        assert found[i].answer is not None
        assert found[i].answer.answer == alone.answer
    assert [j.state for j in client.jobs()] == ["done"]


def test_items_that_bring_their_network(client: Client, network: dict[str, Any]) -> None:
    """Without a shared network, and with fields over the shared one."""
    items = claims_of(network, 4)
    whole = [{**network, **item} for item in items]
    hotter = {**network, "activation": "tanh"}
    over = [{**item, "activation": "sigmoid"} for item in items]
    for given, shared in ((whole, None), (over, hotter)):
        verdicts = [one.verdict for one in client.verify_many(given, shared)]
        assert verdicts == ["wrong", "correct", "correct", "wrong"]


def test_lazily_in_and_out(
    client: Client, network: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endless supply is taken two batches ahead, no further."""
    monkeypatch.setattr(batches, "BATCH_ITEMS", 10)
    taken = itertools.count()
    items = ({"id": next(taken), **claims_of(network, 2)[1]} for _ in itertools.count())
    endless = client.verify_many(({**one, "id": i} for i, one in enumerate(items)), network)
    first = list(itertools.islice(endless, 25))
    assert [one.id for one in first] == list(range(25))
    assert next(taken) <= 51


def test_an_items_error_is_its_own(client: Client, network: dict[str, Any]) -> None:
    """Shapes that are found wrong before sending, and what the service refuses, in their places."""
    items = claims_of(network, 4)
    items[1] = {"id": "shape", "claims": {"bias_gradients": [[1.0], [2.0]]}}
    items[2] = {"id": "name", "claims": {"bias_gradient": 3.0}}
    items.append({"id": "no claims"})
    counts: list[int] = []
    found = list(client.verify_many(items, network, done=counts.append))
    assert [one.verdict for one in found] == ["wrong", "failed", "failed", "wrong", "failed"]
    pointers = {1: "/claims/bias_gradients/0", 2: "/claims/bias_gradient", 4: "/claims"}
    for i, pointer in pointers.items():
        error = found[i].error
        assert isinstance(error, InvalidRequest)
        assert error.problems[0].pointer == pointer
    assert counts == [1, 2, 3, 4, 5]


def test_check_fully(client: Client, network: dict[str, Any]) -> None:
    """Every parameter of any network, with progress; what is not valid is raised."""
    seen: list[tuple[float, float]] = []
    found = client.check_fully(network, progress=lambda done, total: seen.append((done, total)))
    assert found.agrees
    assert (found.checked, found.parameters) == (17, 17)
    assert "17 of 17" in str(found)
    with pytest.raises(InvalidRequest, match="order"):
        client.check_fully(network, options={"order": 3})


def test_a_report(client: Client, network: dict[str, Any]) -> None:
    """Counts and clusters of a class, as the service tells them."""
    list(client.verify_many(claims_of(network, 300), network))
    report = client.report(client.jobs()[0].id)
    assert report.verdicts == {"correct": 200, "wrong": 100, "undecided": 0, "failed": 0}
    assert report.clusters[0].count == 100
    assert report.clusters[0].items[:2] == ("s0", "s3")


def test_a_broken_connection_makes_no_second_job(
    network: dict[str, Any], flaky: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that is sent again because its connection broke carries the same key."""
    monkeypatch.setattr("backcheck.transport.FIRST_PAUSE_SECONDS", 0.001)
    keys: list[str] = []
    line = b'{"index":0,"id":null,"status":422,"problem":{"title":"t","errors":[]}}\n'
    server: Flaky = flaky(None, (503, {}, b"{}"), (200, {"Content-Type": "x"}, line))
    inner = server.server.RequestHandlerClass.do_POST

    def noted(handler: Any) -> None:
        keys.append(handler.headers["Idempotency-Key"])
        inner(handler)

    monkeypatch.setattr(server.server.RequestHandlerClass, "do_POST", noted)
    with Client(server.url) as client:
        found = list(client.verify_many(claims_of(network, 1), network))
    assert [one.verdict for one in found] == ["failed"]
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_cancelled_jobs(client: Client, network: dict[str, Any]) -> None:
    """Whoever follows a cancelled job is told so, and it can be forgotten."""
    data = b'{"kind":"gradients"}\n{}'
    found = client._jobs.send(data, later=True)
    assert isinstance(found, jobs.JobState)
    assert [line.status for line in client.job_results(found.id)] == [422]
    client.cancel(found.id)
    with pytest.raises(ServerTrouble, match="404"):
        client.job(found.id)


def test_the_batch_command(
    client: Client,
    network: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whole requests in files need no network apart, and one unreadable file spoils no other."""
    monkeypatch.setattr(commands, "default_client", lambda: client)
    plain = {n: v.tolist() if hasattr(v, "tolist") else v for n, v in network.items()}
    plain |= {n: [a.tolist() for a in network[n]] for n in ("weights", "biases")}
    paths = []
    for item in claims_of(network, 3):
        claims = {name: [a.tolist() for a in value] for name, value in item["claims"].items()}
        path = tmp_path / f"{item['id']}.json"
        path.write_text(json.dumps({**plain, "claims": claims}))
        paths.append(str(path))
    assert commands.run(["verify", *paths]) == 1
    assert capsys.readouterr().out.count("✓") == 2
    (tmp_path / "broken.json").write_text("{")
    assert commands.run(["verify", *paths, str(tmp_path / "broken.json")]) == 3
    assert "broken.json" in capsys.readouterr().err


def test_the_jobs_command(
    client: Client,
    network: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lists jobs, tells one, follows it, reports on it, and forgets it."""
    monkeypatch.setattr(commands, "default_client", lambda: client)
    list(client.verify_many(claims_of(network, 260), network))
    (job,) = client.jobs()
    assert commands.run(["jobs"]) == 0
    shown = capsys.readouterr().out
    assert "260 of 260" in shown
    assert job.id in shown  # whole, on a screen of 80 columns
    assert commands.run(["jobs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == job.id
    assert commands.run(["jobs", job.id, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "done"
    assert commands.run(["jobs", job.id, "--follow"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 260
    assert commands.run(["jobs", job.id, "--report"]) == 0
    assert "87 wrong" in capsys.readouterr().out
    assert commands.run(["jobs", job.id, "--cancel"]) == 0
    assert client.jobs() == ()
