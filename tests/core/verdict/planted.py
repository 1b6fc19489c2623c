"""Exercises of `tests.mistaken` as the core knows them, and claims made of their numbers."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from benchmarks.planting import CLAIMED, exercise_for, number_for
from core.activations import ACTIVATIONS
from core.costs import COSTS
from core.network import Batch, Network
from core.rounding.precision import FLOAT64, Precision
from core.verdict.claims import Claimed, Claims
from core.verdict.diagnosis import Finding
from core.verdict.verify import Verdict, verify
from tests.mistaken import SLIPS, Array, Exercise, Key, Place, Wrong, worked

GRADIENTS = CLAIMED["gradients"]
ALL = CLAIMED["all"]


def network_of(exercise: Exercise) -> tuple[Network, Batch]:
    network = Network.of(
        list(exercise.weights),
        list(exercise.biases),
        [ACTIVATIONS[name]() for name in exercise.activations],
        COSTS[exercise.cost](),
    )
    return network, Batch.of(exercise.inputs, exercise.targets)


def claims_of(numbers: dict[Key, Array], quantities: Iterable[str] = ALL) -> Claims:
    wanted = set(quantities)
    return Claims({k: Claimed.all_of(np.asarray(v)) for k, v in numbers.items() if k[0] in wanted})


def verdict_on(
    exercise: Exercise,
    numbers: dict[Key, Array],
    quantities: Iterable[str] = ALL,
    precision: Precision | None = FLOAT64,
) -> Verdict:
    return verify(*network_of(exercise), claims_of(numbers, quantities), precision)


def findings(
    exercise: Exercise,
    numbers: dict[Key, Array],
    quantities: Iterable[str] = ALL,
    precision: Precision | None = FLOAT64,
) -> tuple[Finding, ...]:
    diagnosis = verdict_on(exercise, numbers, quantities, precision).diagnosis
    return () if diagnosis is None else diagnosis.findings


def readings(found: Finding) -> list[Finding]:
    """The finding and those with the same numbers."""
    return [found, *found.same_numbers]


def planted(wrong: Wrong, seed: int) -> tuple[Exercise, list[Place], float | None]:
    """A random exercise in which the slip can stand, where, and its number."""
    generator = np.random.default_rng(seed)
    exercise, places = exercise_for(wrong, generator)
    return exercise, places, number_for(wrong, exercise, generator)


def exercise(
    sizes: list[int],
    activations: list[str],
    cost: str = "mean_squared_error",
    examples: int = 1,
    seed: int = 0,
) -> Exercise:
    """Random numbers in these sizes."""
    generator = np.random.default_rng(seed)
    return Exercise(
        [generator.normal(size=(n, m)) for m, n in pairwise(sizes)],
        [generator.normal(size=n) for n in sizes[1:]],
        activations,
        cost,
        generator.normal(size=(examples, sizes[0])),
        generator.integers(0, 2, size=(examples, sizes[-1])).astype(float),
    )


def slip(slug: str, variant: int = 0) -> Wrong:
    """A planted mistake by its slug."""
    return [wrong for wrong in SLIPS if wrong.slug == slug][variant]


def with_slip(exercise: Exercise, slug: str, *places: Place, variant: int = 0) -> dict[Key, Array]:
    """The student's numbers with this mistake at these places."""
    return worked(exercise, slip(slug, variant), frozenset(places))
