"""Many verifications: lazily in, lazily out, in order, each batch sent safely and once.

Items are gathered into batches of a few thousand, which the service answers at once or as a job.
While it works on one batch the next is made, and no more than two are held.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from backcheck.claims import Precision, Shapes, claims_body
from backcheck.errors import BackcheckError, InvalidRequest, Problem
from backcheck.jobs import Jobs, JobState, Line, Progress
from backcheck.network import NOT_SENT, NetworkLike, network_body
from backcheck.reading import Answer, read
from backcheck.results import Comparison, Kink
from backcheck.verification import Verification
from backcheck.wire import dumps

BATCH_ITEMS = 5_000  # some megabytes of JSON for small networks
BATCH_BYTES = 16 * 2**20
AHEAD = 2  # batches underway: one is computed while the other is made or read

SHARED = "shared"
OWN = ("id", "claims", "precision")

Count = Callable[[int], None]
"""Called with how many results there are so far."""


@dataclass(frozen=True)
class Verified:
    """What became of one item: `answer`, or the `error` that a single request would have raised.

    `index` counts the items from 0, `id` is the item's own name.
    """

    index: int
    id: Any
    answer: Verification | None = field(repr=False, default=None)
    error: BackcheckError | None = None

    @property
    def verdict(self) -> str:
        """correct, wrong or undecided; failed where there is no answer."""
        return "failed" if self.answer is None else self.answer.verdict


@dataclass
class Batch:
    """Items on their way: the lines to send, and those that are not even sent."""

    first: int
    lines: list[bytes] = field(default_factory=list)
    claimable: dict[int, int | None] = field(default_factory=dict)
    refused: dict[int, Verified] = field(default_factory=dict)
    size: int = 0

    @property
    def items(self) -> int:
        """How many."""
        return len(self.lines) + len(self.refused)


@dataclass(frozen=True)
class Shared:
    """What all items have in common: a network, if they share one, and how to look at them."""

    network: Mapping[str, Any] | None
    precision: Precision | None
    reveal: bool

    @cached_property
    def shapes(self) -> Shapes:
        """Those of claims about the shared network."""
        return Shapes(self.network or {})

    def header(self) -> bytes:
        """The first line of a batch."""
        networks = {} if self.network is None else {SHARED: self.network}
        common = {"reveal": self.reveal}
        return dumps({"kind": "verifications", "networks": networks, "common": common})

    def line(self, item: Mapping[str, Any]) -> tuple[bytes, int | None]:
        """An item's line, and how many numbers it could claim.

        Raises InvalidRequest without claims, or where shapes cannot be.
        """
        if "claims" not in item:
            raise InvalidRequest(NOT_SENT, [Problem("/claims", "is missing")])
        own = {name: value for name, value in item.items() if name not in OWN}
        if own or self.network is None:
            carried: Mapping[str, Any] = network_body({**(self.network or {}), **own}, {})
            shapes = Shapes(carried)
        else:
            carried, shapes = {"network": SHARED}, self.shapes
        claimed = claims_body(item["claims"], item.get("precision", self.precision), shapes)
        line = dumps({"id": item.get("id"), **carried, **claimed})
        return line, shapes.claimable(item["claims"])


def verify_many(
    jobs: Jobs,
    items: Iterable[Mapping[str, Any]],
    network: NetworkLike | None,
    precision: Precision | None,
    reveal: bool,
    done: Count | None = None,
) -> Iterator[Verified]:
    """The verdict on every item, in their order."""
    shared = Shared(None if network is None else network_body(network, {}), precision, reveal)
    batches = batched(iter(items), shared)
    underway: deque[tuple[Batch, Iterator[Line]]] = deque()
    for batch in islice(batches, AHEAD):
        underway.append((batch, sent(jobs, shared, batch)))
    count = 0
    while underway:
        batch, lines = underway.popleft()
        for verified in in_order(batch, lines):
            count += 1
            if done is not None:
                done(count)
            yield verified
        for further in islice(batches, 1):
            underway.append((further, sent(jobs, shared, further)))


def batched(items: Iterator[Mapping[str, Any]], shared: Shared) -> Iterator[Batch]:
    """The items in batches that are neither too many nor too large."""
    batch = Batch(0)
    for index, item in enumerate(items):
        try:
            line, batch.claimable[index] = shared.line(item)
        except InvalidRequest as error:
            batch.refused[index] = Verified(index, item.get("id"), error=error)
        else:
            batch.lines.append(line)
            batch.size += len(line)
        if batch.items >= BATCH_ITEMS or batch.size >= BATCH_BYTES:
            yield batch
            batch = Batch(index + 1)
    if batch.items:
        yield batch


def sent(jobs: Jobs, shared: Shared, batch: Batch) -> Iterator[Line]:
    """The results of a batch that is on its way from now on."""
    if not batch.lines:
        return iter(())
    found = jobs.send(b"\n".join([shared.header(), *batch.lines]))
    return jobs.results(found.id) if isinstance(found, JobState) else found


def in_order(batch: Batch, lines: Iterator[Line]) -> Iterator[Verified]:
    """What was sent and what was not, in the order of the items."""
    for index in range(batch.first, batch.first + batch.items):
        yield batch.refused.get(index) or verified(index, next(lines), batch.claimable[index])


def verified(index: int, line: Line, claimable: int | None) -> Verified:
    """A result as an answer; `claimable`: how many numbers the item could claim."""
    if line.answer is None:
        return Verified(index, line.id, error=line.error)
    raw = dumps(line.answer)
    answer = read(Verification, line.answer, raw=raw, claimable=claimable)
    return Verified(index, line.id, answer)


@dataclass(frozen=True, eq=False)
class FullCheck(Answer):
    """Finite differences for every parameter, without their arrays."""

    agrees: bool
    parameters: int
    checked: int
    disagreed: int
    operations: int
    worst: Comparison | None = None
    disagreements: tuple[Comparison, ...] = ()
    kinks: tuple[Kink, ...] = ()

    def __str__(self) -> str:
        """In one sentence."""
        agree = "agree" if self.agrees else f"disagree in {self.disagreed} entries"
        return f"finite differences {agree} ({self.checked} of {self.parameters} checked)"


def check_fully(jobs: Jobs, item: Mapping[str, Any], progress: Progress | None) -> FullCheck:
    """One check, which is a job whatever its size."""
    header = dumps({"kind": "finite_differences"})
    found = jobs.send(header + b"\n" + dumps(item), later=True)
    lines = jobs.results(found.id, progress) if isinstance(found, JobState) else found
    line = next(iter(lines))
    if line.error is not None:
        raise line.error
    return read(FullCheck, line.answer, raw=dumps(line.answer))
