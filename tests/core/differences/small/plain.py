"""Small networks of every kind that floats serve, and two checks held beside each other."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
from hypothesis import strategies as st

from core.arrays import Array
from core.differences.check import Check
from core.differences.small.curves import CURVES
from core.forward import Workings
from core.layers import Layers
from tests.core.worked import workings
from tests.references import Request

NAMES = sorted(CURVES.keys() - {"softmax"})
COSTS = ["mean_squared_error", "binary_cross_entropy", "cross_entropy"]
PAIRS = [
    *((name, "mean_squared_error") for name in NAMES),
    *(("sigmoid", cost) for cost in COSTS[1:]),
    ("softmax", "cross_entropy"),
]
"""Last activation and cost."""

REGIMES: dict[str, Callable[[random.Random], float]] = {
    "ordinary": lambda rng: rng.uniform(-1.5, 1.5),
    "integers": lambda rng: float(rng.randint(-2, 2)),
    "zeros": lambda rng: rng.choice([0.0, -0.0, 0.0, 1.0, -0.5]),
    "tiny": lambda rng: rng.choice([1e-300, -1e-300, 1e-6, -1e-6]),
    "large": lambda rng: rng.uniform(-1.0, 1.0) * 1e6,
    "wide": lambda rng: rng.choice([-1.0, 1.0]) * 10.0 ** rng.uniform(-6, 6),
    "saturated": lambda rng: rng.choice([-1.0, 1.0]) * rng.uniform(5.0, 40.0),
}
TARGETS: dict[str, Callable[[random.Random], float]] = {
    "zeros and ones": lambda rng: rng.choice([0.0, -0.0, 1.0]),
    "between": lambda rng: rng.random(),
    "tiny": lambda rng: rng.choice([1e-300, 1e-6]),
}
"""Those of entropies."""


def request(
    sizes: list[int],
    names: list[str],
    cost: str,
    examples: int,
    seed: int,
    numbers: Callable[[str], Callable[[random.Random], float]] = lambda _: REGIMES["ordinary"],
) -> Request:
    """A network whose numbers come from a seed; `numbers` says how those of each part are drawn."""
    rng = random.Random(seed)
    weigh, bias, put, aim = map(numbers, ("weights", "biases", "input", "target"))
    return {
        "weights": [
            [[weigh(rng) for _ in range(m)] for _ in range(n)] for m, n in itertools.pairwise(sizes)
        ],
        "biases": [[bias(rng) for _ in range(n)] for n in sizes[1:]],
        "activation": names,
        "input": [[put(rng) for _ in range(sizes[0])] for _ in range(examples)],
        "target": [[aim(rng) for _ in range(sizes[-1])] for _ in range(examples)],
        "cost": cost,
    }


def ordinary(name: str, cost: str, examples: int = 2) -> Request:
    """2–2–2–1 with all numbers near 1: another activation in the first layer, this one above.

    The first of its kind that has no dead neuron, and none near a corner. Above softmax there is
    nothing, and it has two outputs, since one alone would always be 1.
    """
    sizes, names = [2, 2, 2, 1], [name] * 3
    if name == "softmax":
        sizes, names = [2, 2, 2, 2], ["silu", "tanh", name]
    else:
        names[0] = NAMES[(NAMES.index(name) + 2) % len(NAMES)]
    for seed in itertools.count():
        found = request(sizes, names, cost, examples, seed)
        if cost != "mean_squared_error":
            found["target"] = [[abs(y) / 1.5 for y in row] for row in found["target"]]
        w = workings(found)
        nearest = min(np.abs(z).min() for z in w.z.values())
        if nearest > 0.05 and all(np.abs(gradient).min() > 1e-3 for gradient in gradients(w)):
            return found
    raise AssertionError


def gradients(w: Workings) -> list[Array]:
    """Backprop's, all of them."""
    return [*w.weight_gradients.values(), *w.bias_gradients.values()]


@st.composite
def small_networks(draw: st.DrawFn) -> Request:
    """1–3 layers of 8 neurons in all, 1–4 examples, all activations and costs that are served."""
    regimes = sorted(REGIMES)
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=4).filter(lambda n: sum(n) < 9))
    last, cost = draw(st.sampled_from(PAIRS))
    names = [*(draw(st.sampled_from(NAMES)) for _ in sizes[2:]), last]
    examples = draw(st.integers(1, min(4, 12 // sum(sizes[1:]))))
    kinds = {
        part: REGIMES[draw(st.sampled_from(regimes))] for part in ("weights", "biases", "input")
    }
    if cost == "mean_squared_error":
        kinds["target"] = REGIMES[draw(st.sampled_from(regimes))]
    else:
        kinds["target"] = TARGETS[draw(st.sampled_from(sorted(TARGETS)))]
    seed = draw(st.integers(0, 2**32 - 1))
    return request(sizes, names, cost, examples, seed, kinds.__getitem__)


def same(some: Any, other: Any) -> bool:
    """Whether two checks are the same to the last bit, NaN where NaN."""
    if isinstance(some, Check):
        return all(
            same(getattr(some, field.name), getattr(other, field.name)) for field in fields(Check)
        )
    if isinstance(some, Layers):
        return len(some) == len(other) and all(map(same, some, other))
    if isinstance(some, np.ndarray):
        return bool(np.array_equal(some, other, equal_nan=True))
    return bool(some == other)
