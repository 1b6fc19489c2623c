"""How a scheduler is found: what is refused at the start, and what jobs are told meanwhile."""

from __future__ import annotations

import fcntl
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service import create_app
from service.jobs.connect import LOCK, Connector, NoScheduler
from service.jobs.store import Store
from tests.jobs.conftest import PATIENCE_SECONDS, MakeApp, wait_for_end
from tests.jobs.pretended import Client
from tests.jobs.test_dispatcher import ASYNC, gradients_of


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SCHEDULER": "127.0.0.1:8786"}, "BACKCHECK_SCHEDULER has to be tcp://"),
        ({"SCHEDULER": "tls://h:1"}, "BACKCHECK_SCHEDULER_CA has to be a file"),
        ({"SCHEDULER": "tls://h:1", "SCHEDULER_CA": __file__}, "BACKCHECK_SCHEDULER_CERT"),
        (
            {
                "SCHEDULER": "tls://h:1",
                "SCHEDULER_CA": __file__,
                "SCHEDULER_CERT": __file__,
                "SCHEDULER_KEY": "/not/there",
            },
            "/not/there",
        ),
    ],
)
def test_settings_that_reach_no_scheduler(given: dict[str, str], named: str) -> None:
    """The service does not start with them, and says which one it is."""
    with pytest.raises(ValueError, match=named):
        create_app(given)


def test_a_scheduler_on_its_way_is_not_started_again(tmp_path: Path) -> None:
    """The lock on a file tells, and is left as it was found."""
    connector = Connector(tmp_path)
    assert not connector.starting()
    (tmp_path / LOCK).touch()
    assert not connector.starting()
    with (tmp_path / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert connector.starting()
    assert not connector.starting()


def test_a_scheduler_writes_in_our_folder_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only container has no other place: what asks for a temporary file gets one there."""
    given: dict[str, Any] = {}
    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "Popen", lambda command, **options: given.update(options))
        Connector(tmp_path).start()
    ask = "import tempfile; print(tempfile.gettempdir())"
    told = subprocess.check_output([sys.executable, "-c", ask], env=given["env"], text=True)
    assert told.strip() == str(tmp_path)


def followed(app: Any, address: str, said: str | None) -> None:
    """Wait until the job says that it waits for this."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (state := app.test_client().get(address).get_json())["waits_for"] != said:
        assert time.monotonic() < deadline, state
        assert state["state"] == "running"
        time.sleep(0.02)


def test_jobs_tell_what_they_wait_for(
    make_app: MakeApp, network: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That no scheduler answers and why, that it has no workers; then that they go on."""
    monkeypatch.setattr("service.jobs.dispatcher.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("service.jobs.dispatcher.SILENCE_SECONDS", 0.1)
    steps = {"answers": False, "workers": False}

    class Waiting(Client):
        def submit(self, *args: Any, **options: Any) -> Any:
            future = super().submit(*args, **options)
            if not steps["workers"]:
                future.status = "pending"
            return future

        def ncores(self) -> dict[str, int]:
            return {"somewhere": 1} if steps["workers"] else {}

    app = make_app()
    pretended = app.extensions["pretended"]

    def client(meanwhile: Callable[[], None]) -> Client:
        if not steps["answers"]:
            raise NoScheduler("at tls://10.0.0.1:8786") from ssl.SSLError("bad certificate")
        return Waiting(pretended.script)

    object.__setattr__(pretended, "client", client)
    sent = gradients_of(network, 3)
    address = app.test_client().post("/v1/batches", json=sent, headers=ASYNC).headers["Location"]
    told = "no scheduler answers (SSLError); whoever runs this service finds more in its log"
    followed(app, address, told)
    steps["answers"] = True
    followed(app, address, "the scheduler has no workers yet")
    steps["workers"] = True
    app.extensions["dispatcher"].stop()  # what waited went with its client
    app.extensions["dispatcher"].wake()
    state = wait_for_end(app.test_client(), address)
    assert (state["items"]["done"], state["waits_for"]) == (3, None)


def test_a_scheduler_that_starts_slowly_costs_no_lease(
    make_app: MakeApp, network: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody takes the job over meanwhile, and it tells what it waits for."""
    monkeypatch.setattr("service.jobs.dispatcher.LEASE_SECONDS", 0.5)
    monkeypatch.setattr("service.jobs.dispatcher.RENEW_SECONDS", 0.05)
    app = make_app()
    pretended, store = app.extensions["pretended"], app.extensions["jobs"].store()
    taken: list[Any] = []

    def client(meanwhile: Callable[[], None]) -> Client:
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            meanwhile()
            taken.extend(store.lease("other", time.time(), 0.5))
            time.sleep(0.02)
        return Client(pretended.script)

    object.__setattr__(pretended, "client", client)
    sent = gradients_of(network, 3)
    address = app.test_client().post("/v1/batches", json=sent, headers=ASYNC).headers["Location"]
    followed(app, address, "workers are being started")
    assert wait_for_end(app.test_client(), address)["items"]["done"] == 3
    assert taken == []


def test_waiting_for_a_scheduler_ends_with_the_process(
    make_app: MakeApp, network: dict[str, Any]
) -> None:
    """A worker of the service that is to end does not wait for a scheduler to start."""
    app = make_app()

    def client(meanwhile: Callable[[], None]) -> Client:
        while True:
            meanwhile()
            time.sleep(0.01)

    object.__setattr__(app.extensions["pretended"], "client", client)
    app.test_client().post("/v1/batches", json=gradients_of(network, 3), headers=ASYNC)
    dispatcher = app.extensions["dispatcher"]
    thread = dispatcher._thread
    dispatcher.stop()
    assert not thread.is_alive()
    store: Store = app.extensions["jobs"].store()
    assert len(store.lease("another", time.time(), 5.0)) == 1
