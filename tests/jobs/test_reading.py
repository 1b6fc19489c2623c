"""NDJSON in pieces of any size."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import RequestEntityTooLarge

from service.jobs.reading import BLOCK_BYTES, Counted, in_blocks, lines
from service.limits import Limits

LIMITS = Limits()


@given(st.lists(st.text(max_size=30)), st.lists(st.integers(1, 20), min_size=1))
def test_lines_do_not_depend_on_pieces(texts: list[str], cuts: list[int]) -> None:
    """However the network cuts the body, its lines are those of the whole."""
    body = "\n".join(json.dumps(text) for text in texts).encode() + b"\n\n"
    pieces, start, turn = [], 0, 0
    while start < len(body):
        size = cuts[turn % len(cuts)]
        pieces.append(body[start : start + size])
        start, turn = start + size, turn + 1
    assert [json.loads(line) for line in lines(pieces, LIMITS)] == texts


def test_a_line_that_is_too_long() -> None:
    """413 as soon as it is longer than the limit, before it has ended."""
    short = replace(LIMITS, line_bytes_max=10)
    assert list(lines([b"12345", b"67890\n1"], short)) == [b"1234567890", b"1"]
    with pytest.raises(RequestEntityTooLarge):
        list(lines([b"12345", b"678901"], short))


def test_too_many_items() -> None:
    """413 at the first item too many."""
    counted = Counted(replace(LIMITS, batch_items_max=3))
    assert len(list(counted.passing([b"{}"] * 3))) == 3
    with pytest.raises(RequestEntityTooLarge):
        list(counted.passing([b"{}"]))


def test_the_digest_tells_batches_apart() -> None:
    """Other items, another order or another cut between items is another digest."""

    def digest(*items: bytes) -> str:
        counted = Counted(LIMITS)
        list(counted.passing(items))
        return counted.digest

    same = digest(b"1", b"2")
    assert same == digest(b"1", b"2")
    assert len({same, digest(b"2", b"1"), digest(b"12"), digest(b"1", b"2", b"3")}) == 4


@given(st.lists(st.binary(max_size=40), max_size=200), st.integers(1, 70))
def test_blocks_hold_every_item_once(items: list[bytes], most: int) -> None:
    """In order, none empty, none with more items than allowed."""
    blocks = list(in_blocks(items, most))
    assert [item for block in blocks for item in block] == items
    assert all(0 < len(block) <= most for block in blocks)


def test_large_items_stand_alone() -> None:
    """A block ends before it becomes larger than a task should be."""
    sizes = [len(block) for block in in_blocks([b"x" * 700_000] * 3 + [b"y"] * 5)]
    assert sizes == [1, 1, 6]


def test_a_block_is_handed_on_before_the_next_item_arrives() -> None:
    """A full block does not stay in memory beside the item that is gathered next."""
    taken: list[int] = []

    def items() -> Iterator[bytes]:
        for index, size in enumerate([BLOCK_BYTES, 1, 1, 1]):
            taken.append(index)
            yield b"x" * size

    seen = [(len(block), len(taken)) for block in in_blocks(items(), 2)]
    assert seen == [(1, 1), (2, 3), (1, 4)]


def test_a_long_line_is_told_once_while_it_grows() -> None:
    """As it passes the bound, not at each piece and not at the pieces before."""
    told: list[int] = []
    pieces = [b"x" * 2**20] * 9
    assert len(list(lines([*pieces, b"\n", *pieces[:4]], LIMITS, lambda: told.append(1)))) == 2
    assert told == [1]
