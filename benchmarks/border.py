"""How much the border costs: parse, validate and print, beside orjson alone on the same bodies.

    python -m benchmarks.border              # the table
    python -m benchmarks.border --profile    # which functions a request's time is spent in

Stages are timed one after another in every round and the rounds interleaved, so that a busy
machine slows all of them alike; medians are shown, in milliseconds.
"""

import cProfile
import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from core.backprop import backpropagate
from schemas.gradients import GradientsAnswerSchema, GradientsSchema, gradients_answer
from schemas.strict_json import parse
from service import create_app
from service.printing import OPTIONS

ROUNDS = 101
PROFILED = 30  # requests
SHOWN = 12  # functions
NETWORKS = (((784, 30, 10), 10), ((784, 100, 10), 1), ((784, 100, 10), 10), ((2, 3, 2), 1))
REQUEST, ANSWER = GradientsSchema(), GradientsAnswerSchema()


def body_of(sizes: tuple[int, ...], examples: int) -> bytes:
    """A request with every digit of random float64, as a framework would send it."""
    generator = np.random.default_rng(7)
    layers = list(pairwise(sizes))
    request = {
        "weights": [generator.normal(size=(into, source)) / source for source, into in layers],
        "biases": [generator.normal(size=into) for _, into in layers],
        "activation": "sigmoid",
        "input": generator.uniform(size=(examples, sizes[0])),
        "target": generator.uniform(size=(examples, sizes[-1])),
        "finite_difference": False,
    }
    return orjson.dumps(request, option=OPTIONS)


def stages(body: bytes) -> dict[str, Callable[[], Any]]:
    """Each stage on what the one before it made."""
    tree = parse(body)
    asked = REQUEST.load(tree)
    workings = backpropagate(asked.exercise.network, asked.exercise.batch)
    answer = gradients_answer(asked.exercise, workings, None)
    printed = orjson.dumps(ANSWER.dump(answer), option=OPTIONS)
    plain = orjson.loads(printed)
    client = create_app().test_client()
    return {
        "orjson": lambda: (orjson.loads(body), orjson.dumps(plain)),
        "parse": lambda: parse(body),
        "validate": lambda: REQUEST.load(tree),
        "backprop": lambda: backpropagate(asked.exercise.network, asked.exercise.batch),
        "print": lambda: orjson.dumps(ANSWER.dump(answer), option=OPTIONS),
        "request": lambda: client.post("/v1/gradients", data=body, content_type="application/json"),
    }


def medians(timed: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Milliseconds of each stage."""
    taken: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(ROUNDS):
        for name, run in timed.items():
            start = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - start)
    return {name: 1e3 * statistics.median(times) for name, times in taken.items()}


def profile(sizes: tuple[int, ...], examples: int) -> None:
    """Print the functions that requests spend their own time in, dearest first.

    `matrix` looks at the types of a row with set(map(type, row)): its time is C's.
    """
    body, client = body_of(sizes, examples), create_app().test_client()

    def post() -> None:
        client.post("/v1/gradients", data=body, content_type="application/json")

    post()
    with cProfile.Profile() as profiler:
        for _ in range(PROFILED):
            post()
    profiler.create_stats()
    spent = sorted(profiler.stats.items(), key=lambda item: -item[1][2])
    whole = sum(own for _, (_, _, own, *_) in spent)
    sys.stdout.write(f"{'–'.join(map(str, sizes))} N={examples}\n")
    for (file, _, name), (_, _, own, *_) in spent[:SHOWN]:
        place = "" if file == "~" else f" ({Path(file).name})"
        ms = 1e3 * own / PROFILED
        sys.stdout.write(f"{100 * own / whole:>6.1f} % {ms:>8.3f} ms  {name}{place}\n")


def main() -> None:
    """Print the table, or the profiles."""
    if "--profile" in sys.argv[1:]:
        for sizes, examples in NETWORKS[::2]:
            profile(sizes, examples)
        return
    columns = ("orjson", "parse", "validate", "print", "border", "backprop", "request")
    header = f"{'network':>16} {'KiB':>6} " + " ".join(f"{name:>9}" for name in columns)
    sys.stdout.write(f"{header} {'border / orjson':>16}\n")
    for sizes, examples in NETWORKS:
        body = body_of(sizes, examples)
        ms = medians(stages(body))
        ms["border"] = ms["parse"] + ms["validate"] + ms["print"]
        name = "–".join(map(str, sizes)) + f" N={examples}"
        row = " ".join(f"{ms[column]:>9.3f}" for column in columns)
        ratio = ms["border"] / ms["orjson"]
        sys.stdout.write(f"{name:>16} {len(body) / 1024:>6.0f} {row} {ratio:>16.2f}\n")


if __name__ == "__main__":
    main()
