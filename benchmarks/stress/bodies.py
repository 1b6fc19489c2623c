"""What is sent: a small network without and with its check, verifications, mistakes, heavy work."""

from functools import cache
from typing import Any

import orjson

from benchmarks.border import body_of
from service import create_app

SMALL: dict[str, Any] = {
    "weights": [
        [[0.1, -0.2], [0.3, 0.4], [-0.5, 0.6]],
        [[0.7, -0.8, 0.9], [-1.0, 1.1, -1.2]],
    ],
    "biases": [[0.01, 0.02, 0.03], [0.04, 0.05]],
    "activation": "sigmoid",
    "input": [1.0, 2.0],
    "target": [0.0, 1.0],
}
UNCHECKED = orjson.dumps({**SMALL, "finite_difference": False})
CHECKED = orjson.dumps(SMALL)
NOT_VALID = orjson.dumps({**SMALL, "target": [0.0]})
HEAVY = orjson.dumps(
    {**orjson.loads(body_of((100, 100, 100, 100), 10)), "finite_difference": {"entries": "all"}}
)
"""A second of one core."""


@cache
def expected(body: bytes, path: str = "/v1/gradients") -> bytes:
    """The answer of one thread in this process."""
    client = create_app({"METRICS": False}).test_client()
    return client.post(path, data=body, content_type="application/json").data


def verification() -> bytes:
    """Claims of which one is wrong."""
    answer = orjson.loads(expected(UNCHECKED))
    claims = {name: answer[name] for name in ("z", "a", "delta", "bias_gradients")}
    claims["delta"][0][0] *= 1.5
    return orjson.dumps({**SMALL, "claims": claims})
