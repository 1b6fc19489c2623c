"""Bytes to a JSON value, strictly: what readers of JSON disagree about is refused, with its place.

orjson refuses NaN, Infinity, numbers beyond float64, deep nesting, lone surrogates and anything
but UTF-8. A field that stands twice it lets pass (the last wins), so that is looked for here.
"""

import re
from typing import Any

import orjson

from schemas.words import shown

HINTS = (
    (r"[+-]?(NaN|nan|Inf|inf)", "NaN and Infinity are not JSON: send finite numbers"),
    (r"True|False|None", "Python's True, False and None are true, false and null in JSON"),
    (r"'", "JSON strings stand in double quotes"),
    (r"[+]", "numbers have no plus sign in JSON"),
    (r"[.]", "numbers need a digit before the point in JSON"),
    (r"//|/\*|#", "JSON has no comments"),
)
TOO_LARGE = "number is infinity when parsed as double"
ENCODINGS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"\xef\xbb\xbf", "a BOM"))
# Possessive (++), or a long text would be kept in memory once for every character of it.
STRINGS_AND_BRACES = re.compile(rb'"(?:[^"\\]++|\\.)*+"(\s*:)?|[{}]')


class NotJson(ValueError):
    """What is wrong with the text; `line` and `column` count from 1 where they are known."""

    def __init__(self, detail: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(detail)
        self.detail, self.line, self.column = detail, line, column


def parse(body: bytes) -> Any:
    """The JSON value in `body`. Raises NotJson."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise explained(body, error) from None
    if has_room_for_duplicates(body, value):
        refuse_duplicates(body)
    return value


def explained(body: bytes, error: orjson.JSONDecodeError) -> NotJson:
    """The parser's message, with a hint where the slip is a usual one."""
    if not body.strip():
        return NotJson("the body is empty; a JSON object is needed")
    for mark, name in ENCODINGS:
        if body.startswith(mark):
            return NotJson(f"the body starts as {name}; send plain UTF-8 without a byte order mark")
    if not error.doc:
        return NotJson("the body is not UTF-8")
    if error.msg.startswith(TOO_LARGE):
        said = "a number is too large: the largest float64 is about 1.8e308"
    else:
        said = error.msg.split(": line ")[0] + hint_at(error.doc[error.pos :])
    return NotJson(f"{said} (line {error.lineno}, column {error.colno})", error.lineno, error.colno)


def hint_at(text: str) -> str:
    """What was probably meant by the text at which the parser stopped."""
    return next((f"; {hint}" for slip, hint in HINTS if re.match(slip, text)), "")


def has_room_for_duplicates(body: bytes, value: Any) -> bool:
    """Whether there are more colons than fields: each field has one, and a text may have some.

    Only fields reached through objects are counted, so a True may mean nothing; a False is sure.
    """
    fields = 0
    objects = [value] if type(value) is dict else []
    while objects:
        members = objects.pop()
        fields += len(members)
        objects += [inner for inner in members.values() if type(inner) is dict]
    return body.count(b":") > fields


def refuse_duplicates(body: bytes) -> None:
    """Raise NotJson at the first field that stands twice in the same object."""
    open_objects: list[set[str]] = []
    for token in STRINGS_AND_BRACES.finditer(body):
        text = token.group()
        if text == b"{":
            open_objects.append(set())
        elif text == b"}":
            open_objects.pop()
        elif token.group(1) is not None:
            name = orjson.loads(text[: -len(token.group(1))])
            if name in open_objects[-1]:
                raise twice(body, token.start(), name)
            open_objects[-1].add(name)


def twice(body: bytes, position: int, name: str) -> NotJson:
    """That a field stands twice, and where."""
    before = body[:position]
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode()) + 1
    where = f"(line {line}, column {column})"
    return NotJson(f"the field {shown(name)} stands twice in one object {where}", line, column)
