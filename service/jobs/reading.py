"""NDJSON as it arrives: never more than a line in memory, and never more than a block of them."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from service.arriving import in_time
from service.limits import Limits

PIECE_BYTES = 64 * 1024
LONG_LINE_BYTES = 4 * 2**20
"""Every reader may hold as much; few may hold a longer line."""
BLOCK_ITEMS = 64
BLOCK_BYTES = 2**20
"""A block is one task: long beside what a task costs (3 ms), short for whoever waits or cancels."""


def pieces(req: Request, limits: Limits) -> Iterator[bytes]:
    """The body as it comes. Raises 413 if it is too long in all, 408 and 400 as `in_time`."""
    total = 0
    while True:
        with in_time(req, limits):
            piece = req.stream.read(PIECE_BYTES)
        if not piece:
            return
        total += len(piece)
        if total > limits.batch_bytes_max:
            raise RequestEntityTooLarge(f"a batch has at most {limits.batch_bytes_max} bytes")
        yield piece


def lines(
    arriving: Iterable[bytes], limits: Limits, long: Callable[[], None] = lambda: None
) -> Iterator[bytes]:
    """The lines of the body, empty ones left out. Raises 413 for a line that is too long.

    `long` is called as a line becomes a long one.

    >>> list(lines([b'{"a"', b': 1}', b'\\n\\n{}'], Limits()))
    [b'{"a": 1}', b'{}']
    """
    begun: list[bytes] = []
    size = 0
    for piece in arriving:
        *whole, rest = piece.split(b"\n")
        for end in whole:
            line = b"".join([*begun, end])
            begun, size = [], 0
            if line.strip():
                yield line
        begun.append(rest)
        if size <= LONG_LINE_BYTES < size + len(rest):
            long()
        size += len(rest)
        if size > limits.line_bytes_max:
            raise RequestEntityTooLarge(f"a line has at most {limits.line_bytes_max} bytes")
    last = b"".join(begun)
    if last.strip():
        yield last


@dataclass
class Counted:
    """Items as they pass: how many, how many bytes, and a digest that tells two batches apart."""

    limits: Limits
    items: int = 0
    size: int = 0
    hash: Any = field(default_factory=sha256)

    def passing(self, items: Iterable[bytes]) -> Iterator[bytes]:
        """The same items. Raises 413 if they are too many."""
        for item in items:
            self.items += 1
            self.size += len(item)
            if self.items > self.limits.batch_items_max:
                most = self.limits.batch_items_max
                raise RequestEntityTooLarge(f"a batch has at most {most} items")
            self.hash.update(item + b"\n")
            yield item

    @property
    def digest(self) -> str:
        """Of all that has passed."""
        return str(self.hash.hexdigest())


def in_blocks(items: Iterable[bytes], items_max: int = BLOCK_ITEMS) -> Iterator[list[bytes]]:
    """Items in runs that make one task each."""
    block: list[bytes] = []
    size = 0
    for item in items:
        if block and size + len(item) > BLOCK_BYTES:
            yield block
            block, size = [], 0
        block.append(item)
        size += len(item)
        if len(block) >= items_max or size >= BLOCK_BYTES:  # rather than keep it beside the next
            yield block
            block, size = [], 0
    if block:
        yield block


def deadline(seconds: float) -> Callable[[], bool]:
    """Whether so many seconds are over since now."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end
