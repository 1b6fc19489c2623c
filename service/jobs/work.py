"""What is sent for a piece of a job, and what is made of what comes back."""

from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from core.differences.summary import joined
from service.jobs import summary_json, tasks
from service.jobs.answering import Answered, printed_line, stopped_line
from service.jobs.checking import check_answer, unpacked
from service.jobs.tasks import Block, Planned, handed_on
from service.limits import Limits
from service.printing import OPTIONS

if TYPE_CHECKING:
    from service.jobs.store import Found, Store

__all__ = ["Block", "Call", "Piece", "Planned", "Tasks", "handed_on"]

CHECKS = "finite_differences"
OK = 200


class Piece(NamedTuple):
    """A block of a job, or a part of one: an item by itself, or some chunks of a check's plan."""

    job: str
    kind: str
    block: int
    part: int | None = None


class Call(NamedTuple):
    """A task: its function, the data it has in common with others, and the rest."""

    function: Callable[..., Any]
    shared: bytes
    arguments: tuple[Any, ...]


class Tasks:
    """How pieces become tasks; tests put others in their place."""

    run_block: Callable[..., Block] = staticmethod(tasks.run_block)
    plan_check: Callable[..., Block | Planned] = staticmethod(tasks.plan_check)
    run_part: Callable[..., bytes] = staticmethod(tasks.run_part)

    def call(self, store: "Store", limits: Limits, piece: Piece) -> Call:
        """The task of a piece."""
        block = store.block(piece.job, piece.block)
        if block.plan is not None:
            return Call(self.run_part, bytes(block.plan), (piece.part,))
        header, data = store.header(piece.job), bytes(block.input)
        if piece.part is not None:
            line = tasks.lines_of(data)[piece.part]
            return Call(self.run_block, header, (limits, block.first + piece.part, line))
        if piece.kind == CHECKS:
            return Call(self.plan_check, header, (limits.of_jobs(), block.first, data))
        return Call(self.run_block, header, (limits, block.first, data))

    def kept(self, result: Any) -> bytes:
        """A part's result as the store keeps it."""
        if isinstance(result, Block):
            return orjson.dumps(result.failed) + b" " + result.output
        found: bytes = result
        return found

    def joined(self, store: "Store", piece: Piece) -> Block:
        """A block's answers out of the results of its parts."""
        block = store.block(piece.job, piece.block)
        outputs = store.part_outputs(piece.job, piece.block)
        if block.plan is None:
            pairs = [output.split(b" ", 1) for output in outputs]
            return Block(b"".join(text for _, text in pairs), sum(int(n) for n, _ in pairs))
        return checked(block, outputs)

    def stopped(self, block: "Found", piece: Piece) -> Block:
        """In place of an item's answer, where no worker survived it."""
        place = 0 if piece.part is None or block.plan is not None else piece.part
        text = tasks.lines_of(bytes(block.input))[place]
        return Block(stopped_line(block.first + place, name_in(text)), 1)


def name_in(text: bytes) -> Any:
    """The `id` that an item has, if it can be read."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    name = value.get("id") if isinstance(value, dict) else None
    return name if isinstance(name, (str, int)) else None


def checked(block: "Found", outputs: list[bytes]) -> Block:
    """The answer of a check out of the summaries of its parts."""
    name, plan = tasks.named(bytes(block.plan))
    check = unpacked(plan)
    found = reduce(joined, map(summary_json.loaded, outputs))
    answer = check_answer(check.options, check.network.parameters, check.flops, found)
    text = orjson.dumps(answer, option=OPTIONS)
    return Block(printed_line(block.first, name, Answered(OK, text)), 0)
