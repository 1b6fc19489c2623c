"""What a Dask worker runs: functions of bytes that give bytes; running one twice is no harm.

Each worker keeps what it has read of a batch's header or of a check for its next task.
"""

from collections.abc import Callable
from threading import local
from typing import Any, NamedTuple, TypeVar

import orjson

from schemas.batches import Header, HeaderSchema, read_item, whole_request
from schemas.strict_json import parse
from service.jobs import summary_json
from service.jobs.answering import Answers, as_problem, printed_line
from service.jobs.checking import Check, check_of, packed, unpacked
from service.limits import Limits

HEADER = HeaderSchema()
KEPT_MAX = 2  # a large check is some hundred bytes for each parameter

T = TypeVar("T")

kept_here = local()


class Block(NamedTuple):
    """The lines that answer a block of items, and how many of them are problems."""

    output: bytes
    failed: int


class Planned(NamedTuple):
    """A check that is to be done in parts: itself, and what each part costs."""

    plan: bytes
    flops: list[int]


def handed_on(data: bytes) -> bytes:
    """The same: a task that others depend on, so that Dask brings their common data once."""
    return data


def header_of(data: bytes) -> Header:
    """The header in these bytes, which has been found valid."""
    header: Header = HEADER.load(parse(data))
    return header


def run_block(header: bytes, limits: Limits, first: int, data: bytes) -> Block:
    """Answers to the items in these lines, the first of which is number `first`."""
    answers = kept(("answers", limits), header, lambda: Answers(header_of(header), limits))
    lines = [answers.line(first + i, text) for i, text in enumerate(lines_of(data))]
    return Block(b"".join(line for line, _ in lines), sum(not ok for _, ok in lines))


def plan_check(header: bytes, limits: Limits, index: int, data: bytes) -> Block | Planned:
    """The parts of a check; or its answer, where it cannot be done or is a single part."""
    answers = kept(("answers", limits), header, lambda: Answers(header_of(header), limits))
    name: Any = None
    try:
        item = read_item(parse(data), answers.header)
        name = item.id
        with answers.within_limits():
            check = check_of(whole_request(item, answers.header))
            parts = [chunk.flops for chunk in check.chunks]
    except Exception as error:
        with answers.within_limits():
            return Block(printed_line(index, name, as_problem(error)), 1)
    if len(parts) == 1:
        return run_block(header, limits, index, data)
    return Planned(orjson.dumps(name) + b"\n" + packed(check), parts)


def run_part(plan: bytes, number: int) -> bytes:
    """What one part of a check finds."""
    check: Check = kept(("check",), plan, lambda: unpacked(named(plan)[1]))
    return summary_json.dumped(check.run(number))


def named(plan: bytes) -> tuple[Any, bytes]:
    """The item's own name, and the check."""
    name, _, check = plan.partition(b"\n")
    return orjson.loads(name), check


def lines_of(data: bytes) -> list[bytes]:
    """The items of a block. Only a line feed ends one: a carriage return may stand in JSON."""
    return data.removesuffix(b"\n").split(b"\n")


def kept(kind: tuple[Any, ...], data: bytes, make: Callable[[], T]) -> T:
    """What is made of these bytes, as long as this thread works on few things.

    Bytes remember their hash: the tasks of one plan share one object, which is read once.
    """
    memory: dict[Any, Any] = kept_here.__dict__.setdefault("memory", {})
    key = (*kind, data)
    if key not in memory:
        while len(memory) >= KEPT_MAX:
            del memory[next(iter(memory))]
        memory[key] = make()
    found: T = memory[key]
    return found
