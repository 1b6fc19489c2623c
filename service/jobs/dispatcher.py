"""Blocks to Dask, answers to the store: one thread in each process of the service that has jobs.

A job is brought on by the process that holds its lease; where that dies, another takes over when
the lease runs out. What is on its way is known here only: if this process, a worker or the
scheduler dies, the store says what is still to do, and it is sent again. Tasks are pure and answers
are written once, so a task that runs twice costs time and nothing else.
"""

import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from queue import Empty, Queue
from threading import Event, Lock, Thread
from typing import Any, NamedTuple

from service.jobs import work
from service.jobs.connect import Client, Connector, Future, NoScheduler, cause_of, closed
from service.jobs.store import Store
from service.limits import Limits

LEASE_SECONDS = 15.0  # how long a job stands still when the process that held it is killed
RENEW_SECONDS = 1.5
PAUSE_SECONDS = 0.25  # between two looks, where nothing comes back
PAUSE_SECONDS_MAX = 15.0  # after trouble that does not pass
IDLE_SECONDS = 120.0  # without a job: then Dask is let go
SWEEP_SECONDS = 60.0
AHEAD = 3  # tasks on their way for each of Dask's threads: one runs, one waits, one travels
ATTEMPTS = 2  # each of which may have cost two workers
SILENCE_SECONDS = 10.0  # of the scheduler, before it is taken for dead

UNTOLD = ""  # what is waited for has changed hands: tell it, whatever it is
IN_THE_LOG = "whoever runs this service finds more in its log"

log = logging.getLogger(__name__)


@dataclass
class Driven:
    """A job that this process brings on."""

    id: str
    kind: str
    todo: Iterator[work.Piece]
    underway: dict[work.Piece, Future] = field(default_factory=dict)
    again: list[work.Piece] = field(default_factory=list)
    attempts: dict[work.Piece, int] = field(default_factory=dict)

    def next(self) -> work.Piece | None:
        """What is to be sent next."""
        return self.again.pop() if self.again else next(self.todo, None)


class Ended(NamedTuple):
    """A task of this client that is over, one way or another."""

    client: Client
    job: str
    piece: work.Piece
    future: Future


class Dispatcher:
    """Made in every process, without doing anything until it is woken."""

    def __init__(
        self,
        store: Callable[[], Store],
        connector: Connector,
        limits: Limits,
        kept_seconds: float,
        tasks: work.Tasks | None = None,
    ) -> None:
        self.connector, self.kept_seconds = connector, kept_seconds
        self._store, self._limits, self._tasks = store, limits, tasks or work.Tasks()
        self._lock, self._stop, self._awake = Lock(), Event(), Event()
        self._thread: Thread | None = None

    def wake(self) -> None:
        """There is, or may be, something to do."""
        with self._lock:
            self._awake.set()
            if self._thread is None or not self._thread.is_alive():
                self._stop.clear()
                self._thread = Thread(target=self._run, name="jobs", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Let others take over, and wait until this one has let go."""
        self._stop.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join(timeout=30.0)

    def _run(self) -> None:
        Round(self, self._store(), self._limits, self._tasks).serve()

    def over(self) -> bool:
        """Whether the thread may end: it has been told to, or nobody has woken it meanwhile."""
        with self._lock:
            if self._awake.is_set() and not self._stop.is_set():
                return False
            self._thread = None if not self._stop.is_set() else self._thread
            return True

    @property
    def stopping(self) -> Event:
        """Set when others are to take over."""
        return self._stop

    def woken(self) -> bool:
        """Whether somebody has called since the last look."""
        called = self._awake.is_set()
        self._awake.clear()
        return called


class Round:
    """The dispatcher's thread, from when it is woken until it has been idle for long enough."""

    def __init__(
        self, dispatcher: Dispatcher, store: Store, limits: Limits, tasks: work.Tasks
    ) -> None:
        self.dispatcher = dispatcher
        self.connector, self.kept_seconds = dispatcher.connector, dispatcher.kept_seconds
        self.store, self.limits, self.tasks = store, limits, tasks
        self.name = f"{os.getpid()}-{secrets.token_hex(8)}"
        self.client: Client | None = None
        self.room = 0
        self.driven: dict[str, Driven] = {}
        self.ended: Queue[Ended] = Queue()
        self.common: dict[bytes, Future] = {}
        self.renewed = self.swept = 0.0
        self.heard = 0.0
        self.troubles = 0
        self.waits_for: str | None = None
        self.told: str | None = None

    def serve(self) -> None:
        """Until told to stop, or nothing has been to do for a while."""
        busy = time.monotonic()
        try:
            while not self.dispatcher.stopping.is_set():
                woken = self.dispatcher.woken()
                self.try_step(woken)
                if self.driven or woken:
                    busy = time.monotonic()
                elif time.monotonic() - busy > IDLE_SECONDS and self.dispatcher.over():
                    return
        finally:
            self.disconnect()
            self.release()

    def release(self) -> None:
        """Let others bring our jobs on; if even that fails, the leases run out."""
        try:
            self.store.release(self.name)
        except Exception:
            log.exception("jobs stand still until their leases run out")

    def try_step(self, woken: bool) -> None:
        """One step; what goes wrong in it is forgotten, and done again from what the store says."""
        try:
            self.step(woken)
            self.troubles = 0
        except NoScheduler as error:
            log.warning("jobs wait: %s", error)
            cause = type(cause_of(error)).__name__
            self.waits_for = f"no scheduler answers ({cause}); {IN_THE_LOG}"
            self.pause()
        except Exception as error:
            log.exception("jobs begin again from the store")
            self.waits_for = f"it was interrupted ({type(error).__name__}); {IN_THE_LOG}"
            self.pause()

    def pause(self) -> None:
        """Begin again a little later, and later still if that does not help."""
        self.disconnect()
        self.troubles += 1
        self.dispatcher.stopping.wait(min(PAUSE_SECONDS * 2**self.troubles, PAUSE_SECONDS_MAX))

    def step(self, woken: bool) -> None:
        """One look at everything: leases, what to send, what has come back."""
        now = time.monotonic()
        if woken or now - self.renewed > RENEW_SECONDS:
            self.renew()
        self.tell()
        if now - self.swept > SWEEP_SECONDS:
            self.store.sweep(time.time())
            self.swept = now
        if self.driven:
            self.fill()
        self.collect()
        if self.driven:
            self.listen()

    # What to bring on

    def renew(self) -> None:
        """Hold what we hold, take what nobody holds, drop what has ended."""
        self.renewed = time.monotonic()
        held = {row.id: row for row in self.store.lease(self.name, time.time(), LEASE_SECONDS)}
        for job in self.driven.keys() - held.keys():
            self.drop(self.driven.pop(job))
        for job in held.keys() - self.driven.keys():
            kind = held[job].kind
            self.driven[job] = Driven(job, kind, self.open_pieces(job, kind))
            self.told = UNTOLD

    def tell(self) -> None:
        """Whoever asks for our jobs is told what they wait for."""
        if self.told != self.waits_for:
            self.store.note(self.name, self.waits_for)
            self.told = self.waits_for

    def open_pieces(self, job: str, kind: str) -> Iterator[work.Piece]:
        """What a job still needs, block by block, so that only what is sent is in memory."""
        for number in self.store.open_blocks(job):
            yield from self.pieces_of(job, kind, number)

    def pieces_of(self, job: str, kind: str, number: int) -> Iterator[work.Piece]:
        """A block as a whole, or its parts that have no result."""
        block = self.store.block(job, number)
        if block.output is not None:
            return
        if not block.parts:
            yield work.Piece(job, kind, number)
            return
        left = self.store.open_parts(job, number)
        for part in left:
            yield work.Piece(job, kind, number, part)
        if not left:  # whoever finished the last part did not live to join them
            self.join(work.Piece(job, kind, number))

    def drop(self, job: Driven) -> None:
        """Tell Dask to leave what has not begun; what runs ends with its piece."""
        if self.client is not None and job.underway:
            futures = list(job.underway.values())
            cancel = partial(self.client.cancel, futures, force=True, asynchronous=True)
            self.client.loop.add_callback(cancel)  # a scheduler that is gone keeps nobody waiting

    # To Dask

    def fill(self) -> None:
        """Send pieces, from each job in turn, as long as there is room for them."""
        client = self.connected()
        waiting = list(self.driven.values())
        while waiting and sum(len(job.underway) for job in self.driven.values()) < self.room:
            job = waiting.pop(0)
            piece = job.next()
            if piece is not None:
                job.underway[piece] = self.send(client, piece, job.attempts.get(piece, 0))
                waiting.append(job)

    def connected(self) -> Client:
        """The client, a new one where the last has been lost. Raises NoScheduler."""
        if self.client is None:
            if not self.troubles:
                self.waits_for = self.connector.opening
            self.tell()
            self.client = self.connector.client(self.meanwhile)
            self.heard = time.monotonic()
            self.listen(at_once=True)
        return self.client

    def meanwhile(self) -> None:
        """While a scheduler starts: keep our leases. Raises NoScheduler if we are to stop."""
        if self.dispatcher.stopping.is_set():
            raise NoScheduler("this process ends")
        if time.monotonic() - self.renewed > RENEW_SECONDS:
            self.renew()
            self.tell()

    def disconnect(self) -> None:
        """Forget everything that is on its way: the store knows what is still to do."""
        client, self.client = self.client, None
        self.common.clear()
        for job in self.driven.values():
            job.underway, job.again = {}, []
            job.todo = self.open_pieces(job.id, job.kind)  # the last may have ended in an error
        if client is not None:
            closed(client)

    def send(self, client: Client, piece: work.Piece, attempt: int) -> Future:
        """A piece on its way; when it is over it comes to `ended`."""
        call = self.tasks.call(self.store, self.limits, piece)
        shared = self.shared(client, call.shared)
        future = client.submit(
            call.function,
            shared,
            *call.arguments,
            key=f"{piece.job}-{piece.block}-{piece.part}-{attempt}-{self.name[-6:]}",
            pure=False,
        )
        future.add_done_callback(lambda over: self.ended.put(Ended(client, piece.job, piece, over)))
        return future

    def shared(self, client: Client, data: bytes) -> Future:
        """What many pieces have in common, as a task of its own that Dask keeps and remakes."""
        digest = blake2b(data, digest_size=16).digest()
        if digest not in self.common:
            while len(self.common) >= 4:
                del self.common[next(iter(self.common))]
            key = f"shared-{digest.hex()}-{self.name[-6:]}"
            self.common[digest] = client.submit(work.handed_on, data, key=key, pure=False)
        return self.common[digest]

    def listen(self, at_once: bool = False) -> None:
        """Ask how many threads there are; a scheduler that does not answer is given up."""
        client = self.client
        if client is None or not (at_once or time.monotonic() - self.heard > SILENCE_SECONDS / 4):
            return
        if client.status != "running":
            raise NoScheduler("the scheduler is gone")
        threads = client.sync(client.scheduler.ncores, callback_timeout=SILENCE_SECONDS)
        self.heard = time.monotonic()
        self.room = max(2, AHEAD * sum(threads.values()))
        self.waits_for = None if threads else "the scheduler has no workers yet"

    # Back from Dask

    def collect(self) -> None:
        """Everything that has come back since, or one pause if nothing has."""
        end = time.monotonic() + RENEW_SECONDS
        try:
            ended = self.ended.get(timeout=PAUSE_SECONDS)
            while True:
                self.over(ended)
                if time.monotonic() > end:
                    return
                ended = self.ended.get_nowait()
        except Empty:
            return

    def over(self, ended: Ended) -> None:
        """One piece: its result to the store, or once more on its way."""
        job = self.driven.get(ended.job)
        if ended.client is not self.client or job is None:
            return
        if job.underway.get(ended.piece) is not ended.future:
            return
        del job.underway[ended.piece]
        try:
            self.sorted_out(job, ended)
        except Exception:
            job.again.append(ended.piece)
            raise

    def sorted_out(self, job: Driven, ended: Ended) -> None:
        """A piece's result, trouble or loss."""
        if ended.future.status == "finished":
            self.finished(job, ended.piece, ended.future.result(timeout=SILENCE_SECONDS))
        elif ended.future.status == "error":
            self.troubled(job, ended.piece, ended.future)
        else:  # lost with a scheduler, or with our connection to it
            job.again.append(ended.piece)
            self.common.clear()
            self.listen(at_once=True)

    def finished(self, job: Driven, piece: work.Piece, result: Any) -> None:
        """What a task has brought."""
        if isinstance(result, work.Planned):
            self.store.split(piece.job, piece.block, result.flops, result.plan)
            job.again += reversed(list(self.pieces_of(piece.job, piece.kind, piece.block)))
        elif piece.part is None:
            self.keep(piece, result)
        else:
            self.store.finish_part(piece.job, piece.block, piece.part, self.tasks.kept(result))
            if not self.store.open_parts(piece.job, piece.block):
                self.join(piece)

    def join(self, piece: work.Piece) -> None:
        """The answers of a block of which every part is done."""
        if self.store.block(piece.job, piece.block).output is None:
            self.keep(piece, self.tasks.joined(self.store, piece))

    def keep(self, piece: work.Piece, block: work.Block) -> None:
        """A block's answers to the store."""
        self.store.finish_block(
            piece.job, piece.block, block.output, block.failed, time.time(), self.kept_seconds
        )

    def troubled(self, job: Driven, piece: work.Piece, future: Future) -> None:
        """A task that raised, or took its worker with it: again, item by item, or given up."""
        attempts = job.attempts[piece] = job.attempts.get(piece, 0) + 1
        log.warning("a piece of job %s failed: %r", piece.job, future.exception(timeout=1.0))
        block = self.store.block(piece.job, piece.block)
        if piece.part is None and block.size > 1:
            self.store.split(piece.job, piece.block, [0.0] * block.size, None)
            job.again += reversed(list(self.pieces_of(piece.job, piece.kind, piece.block)))
        elif attempts < ATTEMPTS:
            job.again.append(piece)
        else:
            self.give_up(job, piece)

    def give_up(self, job: Driven, piece: work.Piece) -> None:
        """An item that no worker survives is that item's answer, and the others go on."""
        block = self.store.block(piece.job, piece.block)
        line = self.tasks.stopped(block, piece)
        if block.plan is None and piece.part is not None:
            self.finished(job, piece, line)
        else:  # one part of a check: the check has no answer
            self.keep(piece, line)
            job.again = [p for p in job.again if p.block != piece.block]
