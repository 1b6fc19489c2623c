"""The store: nothing lost, nothing counted twice, one holder at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.jobs.store import Arrival, Store, Superseded

DAY = 86_400.0


SERVER = os.environ.get("TEST_DATABASE")
"""An empty database to use instead of files, such as postgresql+psycopg://…"""


@pytest.fixture
def address(tmp_path: Path) -> str:
    if SERVER is None:
        return f"sqlite:///{tmp_path}/inner/jobs.sqlite"
    from sqlalchemy import create_engine

    from service.jobs.store import tables

    engine = create_engine(SERVER)
    tables.drop_all(engine)
    engine.dispose()
    return SERVER


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    made = Store(address)
    yield made
    made.close()


def begun(store: Store, name: str = "job", blocks: int = 3, size: int = 2) -> str:
    """A running job of so many blocks."""
    arrival = Arrival(name, "token")
    assert store.begin(arrival, "me", "gradients", b"{}", 1.0)
    for number in range(blocks):
        store.add_block(arrival, number, number * size, size, b"a\nb\n", 2.0)
    store.arrived(arrival, blocks * size, "digest", 3.0)
    return name


def finish(store: Store, job: str, number: int, failed: int = 0) -> bool:
    return store.finish_block(job, number, f"{number}\n".encode(), failed, 5.0, DAY)


def test_a_job_ends_with_its_last_block(store: Store) -> None:
    """It runs until every block has answers, and then says when it will be forgotten."""
    job = begun(store)
    for number in (2, 0):
        assert finish(store, job, number)
    row = store.find(job)
    assert row is not None
    assert (row.state, row.done, row.expires) == ("running", 4, None)
    assert store.open_blocks(job) == [1]
    finish(store, job, 1, failed=1)
    row = store.find(job)
    assert row is not None
    assert (row.state, row.done, row.failed, row.expires) == ("done", 6, 1, 5.0 + DAY)


def test_answers_are_written_once(store: Store) -> None:
    """The second answer to a block is refused, and counts for nothing."""
    job = begun(store)
    assert finish(store, job, 0)
    assert not store.finish_block(job, 0, b"other", 2, 9.0, DAY)
    row = store.find(job)
    assert row is not None
    assert (row.done, row.failed) == (2, 0)
    assert store.block(job, 0).output == b"0\n"


def test_answers_that_arrive_twice_from_everywhere_count_once(address: str) -> None:
    """Four writers with connections of their own, each block from two of them: every item once."""
    store = Store(address)
    job = begun(store, blocks=40)
    others = [Store(address) for _ in range(4)]
    todo = [(others[(n + k) % 4], n) for n in range(40) for k in range(2)]
    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(lambda pair: finish(pair[0], job, pair[1]), todo))
    assert sum(written) == 40
    row = store.find(job)
    assert row is not None
    assert (row.done, row.state) == (80, "done")
    for one in (store, *others):
        one.close()


def test_answers_come_in_order_up_to_the_first_gap(store: Store) -> None:
    """A block that is not answered yet ends what can be read, from wherever one begins."""
    job = begun(store)
    finish(store, job, 0)
    finish(store, job, 2)
    assert list(store.answers(job, 0)) == [(0, b"0\n")]
    assert list(store.answers(job, 2)) == []
    assert list(store.answers(job, 5)) == [(4, b"2\n")]
    finish(store, job, 1)
    assert [first for first, _ in store.answers(job, 1)] == [0, 2, 4]


def test_one_holder_at_a_time(store: Store) -> None:
    """A job is held by whoever came first, until the lease runs out or is given back."""
    job = begun(store)
    assert [row.id for row in store.lease("one", 10.0, 5.0)] == [job]
    assert store.lease("two", 14.9, 5.0) == []
    assert [row.id for row in store.lease("one", 14.0, 5.0)] == [job]
    assert [row.id for row in store.lease("two", 19.1, 5.0)] == [job]
    assert store.lease("one", 20.0, 5.0) == []
    store.release("two")
    assert [row.id for row in store.lease("one", 20.0, 5.0)] == [job]


def test_a_block_in_parts(store: Store) -> None:
    """Parts are planned once, each result is kept once, and work is counted as planned."""
    job = begun(store)
    store.split(job, 1, [1.0, 2.0, 4.0], b"plan")
    store.split(job, 1, [9.0], b"another")
    assert store.open_parts(job, 1) == [0, 1, 2]
    assert store.finish_part(job, 1, 2, b"c")
    assert not store.finish_part(job, 1, 2, b"other")
    row = store.find(job)
    assert row is not None
    assert (row.planned, row.worked) == (7.0, 4.0)
    assert store.open_parts(job, 1) == [0, 1]
    for number, text in ((0, b"a"), (1, b"b")):
        store.finish_part(job, 1, number, text)
    assert store.part_outputs(job, 1) == [b"a", b"b", b"c"]
    assert store.block(job, 1).plan == b"plan"


def test_a_second_arrival_takes_over(store: Store) -> None:
    """Items of an arrival that was begun anew are refused from then on."""
    old, new = Arrival("job", "old"), Arrival("job", "new")
    assert store.begin(old, "me", "gradients", b"{}", 1.0)
    store.add_block(old, 0, 0, 1, b"a\n", 1.0)
    assert not store.begin(new, "me", "gradients", b"{}", 2.0)
    store.forget("job")
    assert store.begin(new, "me", "gradients", b"{}", 2.0)
    with pytest.raises(Superseded):
        store.add_block(old, 1, 1, 1, b"b\n", 3.0)
    with pytest.raises(Superseded):
        store.arrived(old, 2, "digest", 3.0)
    store.add_block(new, 0, 0, 1, b"a\n", 3.0)
    store.arrived(new, 1, "digest", 3.0)


def test_what_has_ended_does_not_end_again(store: Store) -> None:
    """A cancelled job stays cancelled, whatever comes back afterwards."""
    job = begun(store, blocks=1)
    assert store.end(job, "cancelled", 4.0, DAY)
    assert not store.end(job, "failed", 5.0, DAY)
    finish(store, job, 0)
    row = store.find(job)
    assert row is not None
    assert (row.state, row.done) == ("cancelled", 2)
    assert store.lease("one", 6.0, 5.0) == []


def test_jobs_are_forgotten_whole(store: Store) -> None:
    """Ended jobs expire, as do those whose items stopped arriving; nothing of them stays."""
    ended, kept = begun(store, "ended", blocks=1), begun(store, "kept", blocks=1)
    store.split(ended, 0, [1.0], b"plan")
    finish(store, ended, 0)
    store.begin(Arrival("silent", "token"), "me", "gradients", b"{}", 100.0)
    store.sweep(120.0)
    assert [row.id for row in store.listed("me", 10)] == ["silent", ended, kept]
    store.sweep(5.0 + DAY + 1.0)
    assert store.find(ended) is None
    assert store.open_parts(ended, 0) == []
    assert [row.id for row in store.listed("me", 10)] == [kept]


def test_what_a_job_waits_for(store: Store) -> None:
    """Whoever holds a job says so in words, the last of which stands; another's are left alone."""
    job, other = begun(store, "job"), begun(store, "other")
    store.lease("one", 10.0, 5.0)
    for said in ("workers", "a scheduler", None, "workers"):
        store.note("one", said)
        store.note("two", "nothing of mine")
        for found in (store.find(job), *store.listed("me", 10)):
            assert found is not None
            assert found.said == said
    store.forget(job)
    assert [row.said for row in store.listed("me", 10)] == ["workers"]
    assert store.find(other) is not None


def test_jobs_have_owners(store: Store) -> None:
    """A job is found and counted under its owner's name only."""
    job = begun(store)
    assert store.find(job, "me") is not None
    assert store.find(job, "you") is None
    assert (store.unfinished("me"), store.unfinished("you"), store.unfinished()) == (1, 0, 1)
    assert store.listed("you", 10) == []


@pytest.mark.skipif(SERVER is not None, reason="a server has no folder")
def test_the_folder_is_the_owners_alone(store: Store, tmp_path: Path) -> None:
    """What people send is not for other users of the machine."""
    assert (tmp_path / "inner").stat().st_mode & 0o077 == 0


def test_an_arrival_that_ends_late_takes_nothing_with_it(store: Store) -> None:
    """Who was superseded forgets nothing of its successor; who was not leaves nothing behind."""
    late, other = Arrival("job", "late"), Arrival("other", "token")
    store.begin(late, "me", "gradients", b"{}", 1.0)
    store.forget("job")
    begun(store)
    store.abandon(late)
    assert store.find("job") is not None
    assert store.open_blocks("job") == [0, 1, 2]
    store.begin(other, "me", "gradients", b"{}", 1.0)
    store.add_block(other, 0, 0, 2, b"a\nb\n", 2.0)
    store.abandon(other)
    assert store.find("other") is None
    assert store.open_blocks("other") == []
