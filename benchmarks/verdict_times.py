"""What a verdict costs: right claims beside POST /v1/gradients, wrong ones with their diagnosis.

    python -m benchmarks.verdict_times

Whole answers, from the bytes of the request to the bytes of the answer, as a server hands them to
the application: no client's time is in them. Shown is processor time in milliseconds, so that what
else a busy machine does is left out as far as can be. Right claims and /v1/gradients take turns:
medians and quickest rounds; of wrong ones the quickest round. *Fresh* is a network that this worker
has not seen, *known* one of its last 64. Mistakes are those of `tests.mistaken`, and numbers that
are nobody's mistake, for which everything is tried.
"""

import io
import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import orjson
from flask import Flask
from werkzeug.test import EnvironBuilder

from service import create_app
from service.verifications import REMEMBERED
from tests.mistaken import SLIPS, Exercise, Key, Place, worked

ROUNDS = 40  # of wrong claims
TURNS = 400  # of right claims and gradients
SECONDS_ENOUGH = 1.0
GRADIENTS = ("bias_gradients", "weight_gradients")
QUANTITIES = ("cost", "z", "a", "delta", *GRADIENTS)
NETWORKS = (((2, 3, 2), 1), ((10, 10, 10, 10), 8), ((784, 30, 10), 1))
LIMITS_MS = {(10, 10, 10, 10): 150.0, (784, 30, 10): 3000.0}
RATIO = 5.0
PLANTED = ("bias-forgotten", "derivative-at-activation", "back-sign-flipped", "regularised")


def exercise_of(sizes: tuple[int, ...], examples: int) -> Exercise:
    """Sigmoids with random numbers."""
    generator = np.random.default_rng(7)
    return Exercise(
        [generator.normal(size=(n, m)) / np.sqrt(m) for m, n in pairwise(sizes)],
        [generator.normal(size=n) for n in sizes[1:]],
        ["sigmoid"] * (len(sizes) - 1),
        "mean_squared_error",
        generator.uniform(size=(examples, sizes[0])),
        generator.uniform(size=(examples, sizes[-1])),
    )


def request_of(exercise: Exercise) -> dict[str, Any]:
    """The network as the contract writes it."""
    return {
        "weights": [W.tolist() for W in exercise.weights],
        "biases": [b.tolist() for b in exercise.biases],
        "activation": list(exercise.activations),
        "input": exercise.inputs.tolist(),
        "target": exercise.targets.tolist(),
    }


def claims_of(numbers: dict[Key, Any], quantities: tuple[str, ...]) -> dict[str, Any]:
    """The student's numbers as claims."""
    depth = max(l for _, l in numbers)
    layers = range(1, depth + 1)
    return {
        name: numbers[name, depth].tolist()
        if name == "cost"
        else [numbers[name, l].tolist() for l in layers]
        for name in quantities
    }


def wrong_claims(exercise: Exercise) -> dict[str, dict[Key, Any]]:
    """Mistakes in layer 1, and numbers that are nobody's."""
    right, generator = worked(exercise), np.random.default_rng(8)
    found = {slug: with_slip(exercise, slug) for slug in PLANTED}
    found["nobody's"] = {
        k: v * (1.0 + 0.1 * generator.normal(size=v.shape)) if k[0] in GRADIENTS else v
        for k, v in right.items()
    }
    return found


def with_slip(exercise: Exercise, slug: str) -> dict[Key, Any]:
    """The first way of making this mistake, in layer 1."""
    wrong = next(w for w in SLIPS if w.slug == slug)
    places: frozenset[Place] = frozenset((step, 1) for step in wrong.steps if step != "BP1")
    return worked(exercise, wrong, places, 0.1 if wrong.needs else None)


def least(run: Callable[[], Any], before: Callable[[], Any]) -> float:
    """Milliseconds of the quickest of all rounds; fewer of them where one takes long."""
    times: list[float] = []
    while len(times) < ROUNDS and sum(times) < SECONDS_ENOUGH:
        before()
        begun = time.process_time()
        run()
        times.append(time.process_time() - begun)
    return 1e3 * min(times)


Run = Callable[[], Any]


def in_turns(runs: dict[str, tuple[Run, Run]]) -> dict[str, list[float]]:
    """Milliseconds of every round of each run; before it goes what makes ready and is not timed."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(TURNS):
        for name, (before, run) in runs.items():
            before()
            begun = time.process_time()
            run()
            times[name].append(1e3 * (time.process_time() - begun))
        if sum(map(sum, times.values())) > 1e3 * len(runs) * SECONDS_ENOUGH:
            break
    return times


def poster(app: Flask, path: str, body: dict[str, Any]) -> Run:
    """Answers the same bytes each time, as a server would ask for it."""
    data = orjson.dumps(body)
    builder = EnvironBuilder(path=path, method="POST", data=data, content_type="application/json")
    environ = builder.get_environ()

    def answer() -> bytes:
        answered = app({**environ, "wsgi.input": io.BytesIO(data)}, begin)
        try:
            return b"".join(answered)
        finally:
            answered.close()  # type: ignore[attr-defined]

    return answer


def begin(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
    """A server's part: sends the head of the answer, which has to be a good one."""
    if not status.startswith("200"):
        raise RuntimeError(status)
    return lambda chunk: None


def right_claims(app: Flask, exercise: Exercise) -> float:
    """Print gradients beside right claims; the larger of the two ratios of medians."""
    network = request_of(exercise)
    claim = {**network, "claims": claims_of(worked(exercise), QUANTITIES), "precision": "float64"}
    post = poster(app, "/v1/verifications", claim)
    gradients = poster(app, "/v1/gradients", {**network, "finite_difference": False})
    post()
    times = in_turns(
        {"gradients": (list, gradients), "known": (list, post), "fresh": (REMEMBERED.forget, post)}
    )
    medians = {name: statistics.median(of) for name, of in times.items()}
    for name, of in times.items():
        ratio, quickest = medians[name] / medians["gradients"], min(of) / min(times["gradients"])
        sys.stdout.write(
            f"  {name:<10} median {medians[name]:8.2f} ms {ratio:5.1f} ×"
            f"   quickest {min(of):8.2f} ms {quickest:5.1f} ×\n"
        )
    return max(medians["known"], medians["fresh"]) / medians["gradients"]


def main() -> int:
    """Print the tables; 1 where a goal is missed."""
    app, good = create_app(), True
    for sizes, examples in NETWORKS:
        exercise = exercise_of(sizes, examples)
        network = request_of(exercise)
        print(f"\n{sizes}, {examples} examples")
        ratio = right_claims(app, exercise)
        good = good and (sizes != NETWORKS[0][0] or ratio <= RATIO)
        for slug, numbers in wrong_claims(exercise).items():
            for quantities in (QUANTITIES, GRADIENTS):
                claim = {
                    **network,
                    "claims": claims_of(numbers, quantities),
                    "precision": "float64",
                }
                ms = least(poster(app, "/v1/verifications", claim), REMEMBERED.forget)
                kind = "all" if quantities is QUANTITIES else "gradients"
                print(f"  {slug:<26} {kind:<9} {ms:8.2f} ms")
                good = good and ms <= LIMITS_MS.get(sizes, np.inf)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
