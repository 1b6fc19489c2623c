"""How a problem is put in words: counts, shapes, values, and the name that was probably meant."""

import difflib
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

CHARACTERS_MAX = 40  # of a caller's text that are repeated to him
ENTRIES_MAX = 4  # of a caller's list that are repeated to him
DEPTH_MAX = 3  # of nested lists that are repeated to him: a list of matrices
CLOSE_ENOUGH = 0.6  # difflib's ratio from which a name counts as a misspelling of another


def count(number: int, thing: str, things: str | None = None) -> str:
    """A number with its noun.

    >>> count(1, "row"), count(3, "row"), count(2, "entry", "entries")
    ('1 row', '3 rows', '2 entries')
    """
    return f"{number} {thing}" if number == 1 else f"{number} {things or thing + 's'}"


def entries(number: int) -> str:
    """So many entries of a vector or a row."""
    return count(number, "entry", "entries")


def shape(rows: int, columns: int) -> str:
    """A matrix's shape, as the chapter writes it.

    >>> shape(2, 3)
    '2 × 3'
    """
    return f"{rows} × {columns}"


def shown(value: Any, depth: int = DEPTH_MAX) -> str:
    """A caller's value as JSON, shortened.

    >>> shown([1, 2.5]), shown(list(range(9))), shown("x" * 99)[-3:]
    ('[1, 2.5]', '[0, 1, 2, 3, …]', 'xx…')
    """
    if isinstance(value, list):
        inner = [shown(item, depth - 1) for item in value[:ENTRIES_MAX]] if depth else []
        return f"[{', '.join(inner + ['…'] * (len(value) > len(inner)))}]"
    if isinstance(value, float) and not math.isfinite(value):
        return "…"  # a number that could not be read
    text = json.dumps(value, ensure_ascii=False) if is_scalar(value) else kind(value)
    return text if len(text) <= CHARACTERS_MAX else text[:CHARACTERS_MAX] + "…"


def is_scalar(value: Any) -> bool:
    """Whether it is one JSON value without parts, short enough to print."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value.bit_length() < 64  # longer ones may be refused by Python's own printing
    return value is None or isinstance(value, (bool, float, str))


def kind(value: Any) -> str:
    """What a JSON value is, in words.

    >>> kind(True), kind(None), kind({}), kind([1]), kind(0.5), kind("a")
    ('true', 'null', 'an object', 'a list', 'a number', 'a string')
    """
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    names = {dict: "an object", list: "a list", str: "a string", int: "a number", float: "a number"}
    return names.get(type(value), "something else")


def one_of(names: Iterable[str]) -> str:
    """Names to choose from."""
    return ", ".join(names)


def nearest(word: str, known: Iterable[str], aliases: Mapping[str, str]) -> str | None:
    """The known name that was probably meant, if any.

    >>> nearest("Sigmoid", ["sigmoid", "silu"], {}), nearest("swish", ["silu"], {"swish": "silu"})
    ('sigmoid', 'silu')
    """
    plain = {bare(name): name for name in known} | {
        bare(alias): name for alias, name in aliases.items()
    }
    close = difflib.get_close_matches(bare(word[:CHARACTERS_MAX]), plain, 1, CLOSE_ENOUGH)
    return plain[close[0]] if close else None


def bare(name: str) -> str:
    """A name without capitals, spaces and underscores."""
    return re.sub(r"[\W_]", "", name.lower())


def unknown(what: str, word: str, known: Iterable[str], aliases: Mapping[str, str]) -> str:
    """That a name is not known, and which one is nearest, or all there are.

    >>> unknown("activation", "Sigmoid", ["sigmoid", "tanh"], {})
    'unknown activation "Sigmoid"; did you mean "sigmoid"?'
    """
    names = list(known)
    meant = nearest(word, names, aliases)
    hint = f'did you mean "{meant}"?' if meant else f"known are {one_of(names)}"
    return f"unknown {what} {shown(word)}; {hint}"
