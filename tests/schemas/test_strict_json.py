"""Bytes to JSON, strictly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.strict_json import NotJson, has_room_for_duplicates, parse

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**53), 2**53),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values, st.booleans())
def test_json_reads_back(value: Any, ascii_only: bool) -> None:
    """All that another writer of JSON writes is read as it was, colons and braces in texts too."""
    assert parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


def written_twice(value: Any) -> str:
    """JSON in which every field of every object stands twice."""
    if isinstance(value, dict):
        members = [f"{json.dumps(k)} : {written_twice(v)}" for k, v in value.items()]
        return "{" + ", ".join(members * 2) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written_twice, value)) + "]"
    return json.dumps(value)


def holds_a_field(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(value)
    return isinstance(value, list) and any(map(holds_a_field, value))


@given(json_values)
def test_every_duplicate_is_found(value: Any) -> None:
    """A field that stands twice is refused wherever it is; without any, nothing is."""
    text = written_twice(value).encode()
    if holds_a_field(value):
        with pytest.raises(NotJson, match="stands twice"):
            parse(text)
    else:
        assert parse(text) == value


def test_duplicates_are_seen_through_escapes() -> None:
    r"""A field spelled with \u escapes is the same field, and its place is told."""
    with pytest.raises(NotJson, match='the field "a" stands twice') as refusal:
        parse(b'{"a": 1,\n "\\u0061": 2}')
    assert (refusal.value.line, refusal.value.column) == (2, 2)


def test_usual_bodies_are_not_searched_for_duplicates() -> None:
    """A body of nested objects and arrays of numbers shows by counting that it has none."""
    body = b'{"weights": [[[1, 2]]], "finite_difference": {"step": 1e-3}, "input": [1]}'
    assert not has_room_for_duplicates(body, json.loads(body))


@pytest.mark.parametrize(
    ("body", "fragment"),
    [
        (b"", "the body is empty"),
        (b" \n", "the body is empty"),
        (b'{"a": NaN}', "NaN and Infinity are not JSON"),
        (b'{"a": [1, Infinity]}', "NaN and Infinity are not JSON"),
        (b'{"a": -Infinity}', "NaN and Infinity are not JSON"),
        (b'{"a": 1e400}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too large"),
        (b'{"a": True}', "Python's True"),
        (b"{'a': 1}", "double quotes"),
        (b'{"a": 1,}', "trailing comma"),
        (b'{"a": 1', "line 1, column 8"),
        (b'{"a": 1} x', "line 1, column 10"),
        (b'{"a": 1,\n "b": x}', "line 2, column 7"),
        (b'{"a": 01}', "leading zero"),
        (b'{"a": .5}', "line 1, column 7"),
        (b"[" * 100_000, "depth"),
        (b'{"a":' * 5_000, "depth"),
        (b'\xef\xbb\xbf{"a": 1}', "byte order mark"),
        ('{"a": 1}'.encode("utf-16"), "UTF-16"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"a": 1, "a": 2}', 'the field "a" stands twice'),
        (b'[{"a": {"b": 1, "c": 2, "b": 3}}]', 'the field "b" stands twice'),
    ],
)
def test_bad_texts_are_refused(body: bytes, fragment: str) -> None:
    """What readers of JSON disagree about is refused, with words for the usual slips."""
    with pytest.raises(NotJson) as refusal:
        parse(body)
    assert fragment in refusal.value.detail


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """No bytes make the parser fail otherwise than by NotJson; what it reads, json reads alike."""
    try:
        value = parse(body)
    except NotJson:
        return
    assert json.loads(body) == value
