"""atheris: bytes that look for new ways through the reader of JSON, the fields and the views.

    python -m benchmarks.stress.fuzz_bytes -runs=100000

Every input is parsed, and what is accepted is compared with Python's own reader; then it is posted.
"""

import json
import math
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["schemas", "service"]):
    from schemas.strict_json import NotJson, parse
    from service import create_app
    from service.examples import EXAMPLES
    from service.limits import Limits

# What takes long teaches a fuzzer nothing; so does a job.
LIMITS = Limits(
    body_bytes_max=20_000, examples_max=50, layers_max=50, check_operations_max=10**7,
    verification_products_max=10_000, diagnosis_products_max=100_000, operations_max=10**8,
)  # fmt: skip
PATHS = ("/v1/gradients", "/v1/verifications", "/v1/derivations", "/v1/jacobians", "/v1/updates")
SETTINGS = ("-max_len=4000", "-print_final_stats=1", "-report_slow_units=60")
ALLOWED = {200, 400, 413, 422}
CLIENT = create_app({"LIMITS": LIMITS}).test_client()
seen: Counter[int] = Counter()


def one(data: bytes) -> None:
    """The first byte picks the address, the rest is the body."""
    path, body = PATHS[data[0] % len(PATHS)] if data else PATHS[0], data[1:]
    compare_readers(body)
    answer = CLIENT.post(path, data=body, content_type="application/json")
    seen[answer.status_code] += 1
    assert answer.status_code in ALLOWED, (path, answer.status_code, body)
    assert b"Traceback" not in answer.data
    json.loads(answer.data, parse_constant=refuse)


def refuse(word: str) -> Any:
    """NaN and Infinity are in no answer."""
    raise AssertionError(word)


def compare_readers(body: bytes) -> None:
    """What our reader accepts, Python's accepts too, and reads the same numbers in it."""
    try:
        ours = parse(body)
    except NotJson:
        return
    theirs = json.loads(body)
    assert same(ours, theirs), body


def same(one: Any, other: Any) -> bool:
    """Equal, with signs of zeros and kinds of numbers."""
    if type(one) is not type(other):  # integers beyond 64 bits are floats to orjson
        numbers = {type(one), type(other)} == {int, float}
        return numbers and float(one) == float(other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(v, other[k]) for k, v in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    return bool(one == other)


def main() -> None:
    """Begin from the service's own examples."""
    with tempfile.TemporaryDirectory(prefix="backcheck-corpus-") as corpus:
        for index, example in enumerate(EXAMPLES):
            if example["endpoint"] in PATHS:
                first = bytes([PATHS.index(example["endpoint"])])
                body = json.dumps(example["request"], separators=(",", ":")).encode()
                (Path(corpus) / str(index)).write_bytes(first + body)
        words = Path(corpus) / "words"
        fields = {name for e in EXAMPLES for name in e["request"]}
        tokens = sorted(fields | {"1e308", "-0.0", "5e-324", "NaN", "null", "true", "[[", "]]"})
        words.write_text("".join(f'"{token}"\n' for token in tokens))
        arguments = [*sys.argv, f"-dict={words}", *SETTINGS, f"-artifact_prefix={corpus}/", corpus]
        atheris.Setup(arguments, one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
