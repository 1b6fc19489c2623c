"""Jobs on disk: what was asked, block by block, and every answer as soon as there is one.

Every change is one transaction, and an answer is written only where there is none yet: whoever
dies, nothing is lost; whatever runs twice, nothing counts twice. Times are seconds since 1970.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    Connection,
    Double,
    Engine,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    and_,
    create_engine,
    event,
    func,
    insert,
    literal,
    make_url,
    or_,
    select,
    update,
)
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    TimeoutError,
)
from werkzeug.exceptions import ServiceUnavailable

BUSY_MILLISECONDS = 30_000  # SQLite has one writer at a time, and each writes for a millisecond
UNFINISHED = ("receiving", "running")
RETRY_SECONDS = 30
SILENT_SECONDS = 3600.0  # items that stop arriving

log = logging.getLogger(__name__)

tables = MetaData()
jobs = Table(
    "jobs",
    tables,
    Column("id", String(64), primary_key=True),
    Column("owner", String(200), nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("header", LargeBinary, nullable=False),
    Column("digest", String(64), nullable=False, default=""),
    Column("total", Integer, nullable=False, default=0),
    Column("done", Integer, nullable=False, default=0),
    Column("failed", Integer, nullable=False, default=0),
    Column("planned", Double, nullable=False, default=0.0),
    Column("worked", Double, nullable=False, default=0.0),
    Column("created", Double, nullable=False),
    Column("touched", Double, nullable=False),
    Column("finished", Double),
    Column("expires", Double),
    Column("holder", String(64)),
    Column("held_until", Double, nullable=False, default=0.0),
)
blocks = Table(
    "blocks",
    tables,
    Column("job", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("first", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("input", LargeBinary, nullable=False),
    Column("output", LargeBinary),
    Column("parts", Integer, nullable=False, default=0),
    Column("plan", LargeBinary),
)
parts = Table(
    "parts",
    tables,
    Column("job", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("block", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("work", Double, nullable=False, default=0.0),
    Column("output", LargeBinary),
)
notes = Table(
    "notes",
    tables,
    Column("job", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("said", String(400), nullable=False),
)
"""What jobs wait for, by whoever brings them on."""

TOLD = select(jobs, notes.c.said).outerjoin(notes, notes.c.job == jobs.c.id)
Found = Row[Any]


class Arrival(NamedTuple):
    """A job whose items are arriving, and who brings them."""

    job: str
    token: str


class Superseded(Exception):
    """Another request has begun to bring the same job."""


class Store:
    """The jobs behind one address: a SQLite file, or any database that SQLAlchemy reaches."""

    def __init__(self, address: str) -> None:
        self.engine = opened(address)
        try:
            tables.create_all(self.engine)
        except DBAPIError:  # another process made them meanwhile
            tables.create_all(self.engine)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction. Raises ServiceUnavailable where the database does not answer."""
        with reached(), self.engine.begin() as connection:
            yield connection

    def rows(self, query: Any) -> Sequence[Found]:
        """What a query finds. Raises ServiceUnavailable where the database does not answer."""
        with reached(), self.engine.connect() as connection:
            return connection.execute(query).all()

    # Jobs

    def begin(self, arrival: Arrival, owner: str, kind: str, header: bytes, now: float) -> bool:
        """A job whose items are to come; False where there is one of this name already."""
        row = {"id": arrival.job, "holder": arrival.token, "owner": owner, "kind": kind}
        times = {"created": now, "touched": now}
        try:
            with self.writing() as connection:
                new = insert(jobs).values(**row, **times, header=header, state="receiving")
                connection.execute(new)
        except IntegrityError:
            return False
        return True

    def add_block(
        self, arrival: Arrival, number: int, first: int, size: int, data: bytes, now: float
    ) -> None:
        """Items that have arrived. Raises Superseded where another arrival has taken the name."""
        row = {"job": arrival.job, "number": number, "first": first, "size": size, "input": data}
        with self.writing() as connection:
            still_ours(connection, arrival, {"touched": now})
            connection.execute(insert(blocks).values(row))

    def arrived(self, arrival: Arrival, items: int, digest: str, now: float) -> None:
        """Every item is here: the job may run. Raises Superseded."""
        values = {"total": items, "digest": digest, "touched": now}
        with self.writing() as connection:
            still_ours(connection, arrival, {**values, "state": "running", "holder": None})

    def abandon(self, arrival: Arrival) -> None:
        """Forget a job whose items stopped arriving, unless another arrival has taken its name."""
        ours = and_(jobs.c.id == arrival.job, jobs.c.holder == arrival.token)
        with self.writing() as connection:
            if connection.execute(update(jobs).where(ours).values(holder=None)).rowcount:
                remove(connection, arrival.job)

    def find(self, job: str, owner: str | None = None) -> Found | None:
        """A job, if there is one of this name and owner, and what it waits for."""
        query = TOLD.where(jobs.c.id == job)
        if owner is not None:
            query = query.where(jobs.c.owner == owner)
        return next(iter(self.rows(query)), None)

    def listed(self, owner: str, most: int) -> Sequence[Found]:
        """The owner's jobs, newest first."""
        query = TOLD.where(jobs.c.owner == owner)
        return self.rows(query.order_by(jobs.c.created.desc(), jobs.c.id).limit(most))

    def unfinished(self, owner: str | None = None) -> int:
        """How many jobs still wait or run, of an owner or of all."""
        query = select(func.count()).select_from(jobs).where(jobs.c.state.in_(UNFINISHED))
        if owner is not None:
            query = query.where(jobs.c.owner == owner)
        return int(self.rows(query)[0][0])

    def end(self, job: str, state: str, now: float, kept_seconds: float) -> bool:
        """Cancel or fail a job that has not ended; whether it had not."""
        values = {"state": state, "finished": now, "expires": now + kept_seconds, "holder": None}
        unended = and_(jobs.c.id == job, jobs.c.state.in_(UNFINISHED))
        with self.writing() as connection:
            return bool(connection.execute(update(jobs).where(unended).values(values)).rowcount)

    def forget(self, job: str) -> None:
        """Remove a job and all that belongs to it."""
        with self.writing() as connection:
            remove(connection, job)

    def sweep(self, now: float) -> None:
        """Forget jobs whose time is over, and those whose items stopped arriving."""
        silent = and_(jobs.c.state == "receiving", jobs.c.touched < now - SILENT_SECONDS)
        for row in self.rows(select(jobs.c.id).where(or_(jobs.c.expires < now, silent))):
            self.forget(row.id)

    # Leases: one process at a time brings a job's blocks to the workers

    def lease(self, holder: str, now: float, seconds: float) -> list[Found]:
        """The running jobs that this process brings on, those included that nobody else does."""
        free = or_(jobs.c.holder == holder, jobs.c.held_until < now)
        mine = and_(jobs.c.state == "running", free)
        with self.writing() as connection:
            connection.execute(
                update(jobs).where(mine).values(holder=holder, held_until=now + seconds)
            )
        held = and_(jobs.c.state == "running", jobs.c.holder == holder)
        columns = (jobs.c.id, jobs.c.kind)
        return list(self.rows(select(*columns).where(held).order_by(jobs.c.created, jobs.c.id)))

    def note(self, holder: str, said: str | None) -> None:
        """What this process's jobs wait for; None: they go on."""
        mine = and_(jobs.c.holder == holder, jobs.c.state == "running")
        with self.writing() as connection:
            held = select(jobs.c.id).where(mine)
            connection.execute(notes.delete().where(notes.c.job.in_(held)))
            if said is not None:
                new = select(jobs.c.id, literal(said)).where(mine)
                connection.execute(insert(notes).from_select(["job", "said"], new))

    def release(self, holder: str) -> None:
        """Let others bring them on."""
        with self.writing() as connection:
            connection.execute(
                update(jobs).where(jobs.c.holder == holder).values(holder=None, held_until=0.0)
            )

    # Blocks and parts

    def open_blocks(self, job: str) -> list[int]:
        """The numbers of blocks without an answer."""
        query = select(blocks.c.number).where(blocks.c.job == job, blocks.c.output.is_(None))
        return [row.number for row in self.rows(query.order_by(blocks.c.number))]

    def block(self, job: str, number: int) -> Found:
        """A block with its items."""
        wanted = and_(blocks.c.job == job, blocks.c.number == number)
        return self.rows(select(blocks).where(wanted))[0]

    def header(self, job: str) -> bytes:
        """What the items of a job have in common."""
        return bytes(self.rows(select(jobs.c.header).where(jobs.c.id == job))[0].header)

    def split(self, job: str, block: int, work: Sequence[float], plan: bytes | None) -> None:
        """Do a block in parts from now on, unless it is already."""
        whole = and_(blocks.c.job == job, blocks.c.number == block, blocks.c.parts == 0)
        rows = [
            {"job": job, "block": block, "number": i, "work": cost} for i, cost in enumerate(work)
        ]
        with self.writing() as connection:
            values = {"parts": len(work), "plan": plan}
            if connection.execute(update(blocks).where(whole).values(values)).rowcount:
                connection.execute(insert(parts), rows)
                planned = jobs.c.planned + float(sum(work))
                connection.execute(update(jobs).where(jobs.c.id == job).values(planned=planned))

    def open_parts(self, job: str, block: int) -> list[int]:
        """The numbers of a block's parts without a result."""
        wanted = and_(parts.c.job == job, parts.c.block == block, parts.c.output.is_(None))
        return [row.number for row in self.rows(select(parts.c.number).where(wanted))]

    def finish_part(self, job: str, block: int, number: int, output: bytes) -> bool:
        """Keep a part's result; False where there is one."""
        mine = and_(parts.c.job == job, parts.c.block == block, parts.c.number == number)
        with self.writing() as connection:
            open_part = update(parts).where(mine, parts.c.output.is_(None))
            if not connection.execute(open_part.values(output=output)).rowcount:
                return False
            work = select(parts.c.work).where(mine).scalar_subquery()
            connection.execute(
                update(jobs).where(jobs.c.id == job).values(worked=jobs.c.worked + work)
            )
        return True

    def part_outputs(self, job: str, block: int) -> list[bytes]:
        """The results of a block's parts, in order."""
        wanted = and_(parts.c.job == job, parts.c.block == block)
        found = self.rows(select(parts.c.output).where(wanted).order_by(parts.c.number))
        return [bytes(row.output) for row in found]

    def finish_block(
        self, job: str, number: int, output: bytes, failed: int, now: float, kept_seconds: float
    ) -> bool:
        """Keep a block's answers and end the job with its last; False where there are answers."""
        mine = and_(blocks.c.job == job, blocks.c.number == number, blocks.c.output.is_(None))
        with self.writing() as connection:
            values = {"output": output, "plan": None}
            if not connection.execute(update(blocks).where(mine).values(values)).rowcount:
                return False
            of_block = and_(blocks.c.job == job, blocks.c.number == number)
            size = select(blocks.c.size).where(of_block).scalar_subquery()
            counted = {"done": jobs.c.done + size, "failed": jobs.c.failed + failed}
            connection.execute(update(jobs).where(jobs.c.id == job).values(**counted, touched=now))
            ended = {"state": "done", "finished": now, "expires": now + kept_seconds}
            full = and_(jobs.c.id == job, jobs.c.state == "running", jobs.c.done >= jobs.c.total)
            connection.execute(update(jobs).where(full).values(**ended, holder=None))
        return True

    def answers(self, job: str, first: int) -> Iterator[tuple[int, bytes]]:
        """Blocks of answers (first item, lines) from the one that holds item `first` on.

        In order, one at a time, up to the first block that has no answers yet.
        """
        while True:
            holds = and_(blocks.c.first <= first, first < blocks.c.first + blocks.c.size)
            query = select(blocks.c.first, blocks.c.size, blocks.c.output)
            found = self.rows(query.where(blocks.c.job == job, holds))
            if not found or found[0].output is None:
                return
            yield found[0].first, bytes(found[0].output)
            first = found[0].first + found[0].size


@contextmanager
def reached() -> Iterator[None]:
    """A database that is gone, full or locked for long: 503, and a line in the log."""
    try:
        yield
    except (OperationalError, InterfaceError, TimeoutError) as error:
        log.warning("the store of jobs does not answer: %r", getattr(error, "orig", error))
        said = "the store of jobs does not answer"
        raise ServiceUnavailable(said, retry_after=RETRY_SECONDS) from error


def still_ours(connection: Connection, arrival: Arrival, values: dict[str, Any]) -> None:
    """Change a job that is arriving with us. Raises Superseded if it no longer is."""
    ours = and_(
        jobs.c.id == arrival.job, jobs.c.holder == arrival.token, jobs.c.state == "receiving"
    )
    if not connection.execute(update(jobs).where(ours).values(values)).rowcount:
        raise Superseded(arrival.job)


def remove(connection: Connection, job: str) -> None:
    """A job and all that belongs to it."""
    for table in (notes, parts, blocks):
        connection.execute(table.delete().where(table.c.job == job))
    connection.execute(jobs.delete().where(jobs.c.id == job))


def opened(address: str) -> Engine:
    """The database at an address; a SQLite file is made, with its folder, for its owner alone."""
    url = make_url(address)
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    if url.database:
        Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(url)
    event.listen(engine, "connect", prepare_sqlite)
    return engine


def prepare_sqlite(connection: Any, record: Any) -> None:
    """Readers beside a writer, and patience with other writers."""
    cursor = connection.cursor()
    for setting in (f"busy_timeout={BUSY_MILLISECONDS}", "journal_mode=WAL", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()
