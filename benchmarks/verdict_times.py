"""What a verdict costs: right claims beside POST /v1/gradients, wrong ones with their diagnosis.

    python -m benchmarks.verdict_times

Requests go to the application in process. Shown is the processor time of the quickest round, in
milliseconds, so that what else a busy machine does is left out. *Fresh* is a network that this
worker has not seen, *known* one of its last 64. Mistakes are those of `tests.mistaken`, and numbers
that are nobody's mistake, for which everything is tried.
"""

import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import orjson
from flask.testing import FlaskClient

from service import create_app
from service.verifications import REMEMBERED
from tests.mistaken import SLIPS, Exercise, Key, Place, worked

ROUNDS = 40
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


def poster(client: FlaskClient, path: str, body: dict[str, Any]) -> Callable[[], Any]:
    """Posts the same bytes each time."""
    data = orjson.dumps(body)
    return lambda: client.post(path, data=data, content_type="application/json")


def main() -> int:
    """Print the tables; 1 where a goal is missed."""
    client, good = create_app().test_client(), True
    for sizes, examples in NETWORKS:
        exercise = exercise_of(sizes, examples)
        network, right = request_of(exercise), worked(exercise)
        body = {**network, "finite_difference": False}
        gradients = least(poster(client, "/v1/gradients", body), list)
        claim = {**network, "claims": claims_of(right, QUANTITIES), "precision": "float64"}
        post = poster(client, "/v1/verifications", claim)
        known, fresh = least(post, list), least(post, REMEMBERED.forget)
        print(f"\n{sizes}, {examples} examples: /v1/gradients {gradients:.2f} ms")
        for name, ms in (("known", known), ("fresh", fresh)):
            print(f"  right, {name:<6} {ms:8.2f} ms  {ms / gradients:5.1f} ×")
        good = good and (sizes != NETWORKS[0][0] or known <= RATIO * gradients)
        for slug, numbers in wrong_claims(exercise).items():
            for quantities in (QUANTITIES, GRADIENTS):
                claim = {
                    **network,
                    "claims": claims_of(numbers, quantities),
                    "precision": "float64",
                }
                ms = least(poster(client, "/v1/verifications", claim), REMEMBERED.forget)
                kind = "all" if quantities is QUANTITIES else "gradients"
                print(f"  {slug:<26} {kind:<9} {ms:8.2f} ms")
                good = good and ms <= LIMITS_MS.get(sizes, np.inf)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
