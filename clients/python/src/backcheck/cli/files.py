"""Networks and claims from files: JSON, NumPy's .npz, or standard input as `-`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from backcheck.errors import BackcheckError
from backcheck.wire import loads

STDIN = "-"


class UnreadableFile(BackcheckError, ValueError):
    """A file that is not there, or not what it should be."""


def read_object(path: str) -> dict[str, Any]:
    """The fields in a file; raises UnreadableFile."""
    try:
        found = read_npz(path) if path.endswith(".npz") else loads(read_bytes(path))
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror or error}") from error
    except (ValueError, BadZipFile) as error:
        raise UnreadableFile(f"{path}: {error}") from error
    if not isinstance(found, dict):
        raise UnreadableFile(f"{path}: a JSON object is needed, with fields such as weights")
    return found


def read_bytes(path: str) -> bytes:
    """A file, or standard input."""
    return sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()


def read_npz(path: str) -> dict[str, Any]:
    """Arrays by name. `weight_gradients_0`, `weight_gradients_1` … are the layers of one list.

    Layers count from 0 here, as they do in pointers. No pickled objects are loaded.
    """
    with np.load(path, allow_pickle=False) as archive:
        return gathered({name: archive[name] for name in archive.files})


def gathered(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Numbered arrays as lists, words as words; a layer that is left out is None.

    >>> gathered({"z_0": 1, "z_2": 3, "cost": 2})
    {'cost': 2, 'z': [1, None, 3]}
    """
    found: dict[str, Any] = {}
    for name, array in sorted(arrays.items(), key=lambda item: numbered(item[0])):
        stem, index = numbered(name)
        if index < 0:
            found[name] = array.tolist() if is_text(array) else array
        else:
            layers = found.setdefault(stem, [])
            layers += [None] * (index - len(layers)) + [array]
    return found


def numbered(name: str) -> tuple[str, int]:
    """A name without its number, and the number (-1: none)."""
    stem, _, number = name.rpartition("_")
    return (stem, int(number)) if stem and number.isdecimal() else (name, -1)


def is_text(array: Any) -> bool:
    """Whether an array holds words, such as the names of activations."""
    return isinstance(array, np.ndarray) and array.dtype.kind == "U"
