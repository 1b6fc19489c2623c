"""JSON, with orjson where it is installed and with the standard library where not.

Both print float64 so that it reads back bit for bit. Arrays have to be finite, float64 and
C-contiguous: `backcheck.arrays` sees to it.
"""

import json
from collections.abc import Callable
from typing import Any

import numpy as np

Encode = Callable[[Any], bytes]
Decode = Callable[[bytes], Any]


def standard_dumps(value: Any) -> bytes:
    """JSON text by the standard library."""
    text = json.dumps(value, default=plain, allow_nan=False, separators=(",", ":"))
    return text.encode()


def plain(value: Any) -> Any:
    """numpy's arrays and numbers as Python's own."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no place in a request")


def fast_codec() -> tuple[Encode, Decode] | None:
    """orjson's pair, or None where it is not installed."""
    try:
        import orjson
    except ImportError:
        return None

    def dumps(value: Any) -> bytes:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)

    return dumps, orjson.loads


dumps, loads = fast_codec() or (standard_dumps, json.loads)
