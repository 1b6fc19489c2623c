"""Random exercises with a mistake planted in them, for `benchmarks.diagnosis`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.rounding.precision import FLOAT32, FLOAT64, Precision, decimals
from tests.mistaken import (
    CANNOT,
    SLIPS,
    Array,
    Exercise,
    Key,
    Place,
    Wrong,
    can_stand,
    equation_of,
    layers_of,
    place_sets,
    worked,
)

CLAIMED = {
    "all": ("cost", "z", "a", "delta", "bias_gradients", "weight_gradients"),
    "gradients": ("bias_gradients", "weight_gradients"),
}
DECIMALS = 4
SAME = 1e-11  # what the order of float64's roundings may change in numbers near 1
DRAWS_MAX = 300  # networks drawn until a slip can stand
HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu", "identity", "softplus", "elu", "silu", "gelu")
NUMBERS = {"rate": (0.5, 0.1, 0.05, 0.01), "strength": (0.5, 0.1, 0.05, 0.01)}
FACTORS = (0.5, 2.0, -1.0, 3.0, 10.0)


@dataclass(frozen=True)
class Planted:
    """What a diagnosis should say."""

    slug: str
    equation: str
    layers: tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """A claimant's numbers, and what is wrong with them. `origin` reproduces it: row, draw, set."""

    exercise: Exercise
    numbers: dict[Key, Array]
    precision: Precision
    planted: Planted
    origin: tuple[int, ...]
    transposed: bool = False


def random_exercise(generator: np.random.Generator) -> Exercise:
    """1–4 layers of 1–6 neurons, half of the time all as wide; 1–5 examples; any activations."""
    depth = int(generator.integers(1, 5))
    sizes = [int(n) for n in generator.integers(1, 7, size=depth + 1)]
    if generator.random() < 0.5:
        sizes = [int(generator.integers(2, 6))] * (depth + 1)
    cost = str(
        generator.choice(
            ["mean_squared_error", "mean_squared_error", "binary_cross_entropy", "cross_entropy"]
        )
    )
    names = [str(name) for name in generator.choice(HIDDEN, size=depth)]
    if generator.random() < 0.5:
        names = [names[0]] * depth
    names[-1] = output_activation(generator, cost, names[-1])
    examples = int(generator.integers(1, 6))
    return Exercise(
        [generator.normal(size=(n, m)) for m, n in pairwise(sizes)],
        [generator.normal(size=n) for n in sizes[1:]],
        names,
        cost,
        generator.normal(size=(examples, sizes[0])),
        targets(generator, cost, examples, sizes[-1]),
    )


def output_activation(generator: np.random.Generator, cost: str, name: str) -> str:
    """One for which the cost is defined; now and then softmax."""
    if cost == "binary_cross_entropy":
        return "sigmoid"
    if cost == "cross_entropy":
        return str(generator.choice(["softmax", "sigmoid"]))
    return "softmax" if generator.random() < 0.1 else name


def targets(generator: np.random.Generator, cost: str, examples: int, outputs: int) -> Array:
    """Any numbers for the squares, 0 or 1 for the entropies."""
    if cost == "mean_squared_error":
        return generator.normal(size=(examples, outputs))
    return generator.integers(0, 2, size=(examples, outputs)).astype(float)


def cases_of(row: int, seed: int, networks: int) -> Iterator[Case]:
    """One slip on so many networks, at every set of places."""
    wrong = SLIPS[row]
    for draw in range(networks):
        generator = np.random.default_rng([seed, row, draw])
        exercise, places = exercise_for(wrong, generator)
        number = number_for(wrong, exercise, generator)
        for at, where in enumerate(place_sets(wrong, places)):
            precision, numbers = written(exercise, wrong, where, number, draw)
            working = at_work(exercise, wrong, where, number)
            planted = Planted(wrong.slug, equation_of(working), layers_of(working))
            if all(np.isfinite(x).all() for x in numbers.values()):
                yield Case(exercise, numbers, precision, planted, (row, draw, at))


def at_work(
    exercise: Exercise, wrong: Wrong, where: frozenset[Place], number: float | None
) -> frozenset[Place]:
    """The places where the slip does anything: relu passes on what is positive, as no σ does."""
    slipped = worked(exercise, wrong, where, number)
    found = frozenset(
        place for place in where if moved(slipped, worked(exercise, wrong, where - {place}, number))
    )
    return found or where


def moved(some: dict[Key, Array], others: dict[Key, Array]) -> bool:
    """Whether any number differs by more than float64's roundings."""
    return any(
        not np.allclose(some[key], others[key], rtol=SAME, atol=SAME, equal_nan=True)
        for key in some
    )


def exercise_for(wrong: Wrong, generator: np.random.Generator) -> tuple[Exercise, list[Place]]:
    """A random exercise in which the slip can stand."""
    for _ in range(DRAWS_MAX):
        exercise = random_exercise(generator)
        places = can_stand(exercise, wrong)
        if places and is_finite(exercise, wrong, places):
            return exercise, places
    raise RuntimeError(f"no network on which {wrong.slug} can stand")


def is_finite(exercise: Exercise, wrong: Wrong, places: list[Place]) -> bool:
    """Whether everything is a number, with the slip everywhere and without it."""
    try:
        ways = [
            worked(exercise),
            worked(exercise, wrong, frozenset(places), 0.5 if wrong.needs else None),
        ]
    except CANNOT:
        return False
    return all(np.isfinite(x).all() for way in ways for x in way.values())


def number_for(wrong: Wrong, exercise: Exercise, generator: np.random.Generator) -> float | None:
    """A rate or strength as people choose them, or a limit that holds some gradients."""
    if wrong.needs is None:
        return None
    if wrong.needs != "limit":
        return float(generator.choice(NUMBERS[wrong.needs]))
    right = worked(exercise)
    sizes = [np.abs(v).ravel() for k, v in right.items() if k[0] in CLAIMED["gradients"]]
    return float(f"{np.quantile(np.concatenate(sizes), generator.uniform(0.5, 0.9)):.1g}")


def written(
    exercise: Exercise,
    wrong: Wrong | None,
    where: frozenset[Place],
    number: float | None,
    draw: int,
) -> tuple[Precision, dict[Key, Array]]:
    """The numbers in one of three precisions; decimals are cut at every step or only at the end."""

    def cut(x: Array) -> Array:
        return np.round(x, DECIMALS)

    match draw % 3:
        case 0:
            return FLOAT64, worked(exercise, wrong, where, number)
        case 1:
            return FLOAT32, worked(exercise, wrong, where, number, np.float32)
    if draw % 2:
        return decimals(DECIMALS), worked(exercise, wrong, where, number, keep=cut)
    found = worked(exercise, wrong, where, number)
    return decimals(DECIMALS), {key: cut(value) for key, value in found.items()}


def planted_conventions(seed: int, networks: int) -> Iterator[Case]:
    """Right numbers, otherwise arranged, and slips of the pen."""
    for kind, (slug, arrange) in enumerate(ARRANGEMENTS):
        for draw in range(networks):
            generator = np.random.default_rng([seed, 1000 + kind, draw])
            case = arranged(slug, arrange, generator, (kind, draw))
            if case is not None:
                yield case


Arranged = tuple[dict[Key, Array], str, tuple[int, ...]] | None
Arrange = Callable[[dict[Key, Array], Exercise, np.random.Generator], Arranged]


def arranged(
    slug: str, arrange: Arrange, generator: np.random.Generator, origin: tuple[int, ...]
) -> Case | None:
    """One convention on a network that allows it, or None if none is found."""
    for _ in range(DRAWS_MAX):
        exercise = random_exercise(generator)
        precision, numbers = written(exercise, None, frozenset(), None, origin[1])
        found = arrange(numbers, exercise, generator)
        if found is None or not all(np.isfinite(x).all() for x in numbers.values()):
            continue
        changed, equation, layers = found
        sizes = exercise.sizes
        turned = slug == "transposed-layout" and any(n != m for m, n in pairwise(sizes))
        planted = Planted(slug, equation, layers)
        return Case(exercise, changed, precision, planted, origin, turned)
    return None


def scaled(
    numbers: dict[Key, Array], exercise: Exercise, generator: np.random.Generator
) -> Arranged:
    """Cost, errors and gradients times one constant."""
    factor = float(generator.choice(FACTORS))
    layers = tuple(range(1, len(exercise.weights) + 1))
    return (
        {k: v if k[0] in ("z", "a") else v * factor for k, v in numbers.items()},
        "convention",
        layers,
    )


def transposed(
    numbers: dict[Key, Array], exercise: Exercise, generator: np.random.Generator
) -> Arranged:
    """Weight gradients source first: the core is given them turned back where shapes told it so."""
    if len(set(exercise.sizes)) > 1 or exercise.sizes[0] < 2:
        return None
    layers = tuple(range(1, len(exercise.weights) + 1))
    return (
        {k: v.T if k[0] == "weight_gradients" else v for k, v in numbers.items()},
        "convention",
        layers,
    )


def layers_reversed(
    numbers: dict[Key, Array], exercise: Exercise, generator: np.random.Generator
) -> Arranged:
    """Gradients of the last layer first."""
    depth = len(exercise.weights)
    if depth < 2 or len(set(exercise.sizes)) > 1:
        return None
    layers = tuple(l for l in range(1, depth + 1) if l != depth + 1 - l)
    return (
        {k: v if k[0] == "cost" else numbers[k[0], depth + 1 - k[1]] for k, v in numbers.items()},
        "convention",
        layers,
    )


def examples_reversed(
    numbers: dict[Key, Array], exercise: Exercise, generator: np.random.Generator
) -> Arranged:
    """z, a and δ with the last example first."""
    if len(exercise.inputs) < 2:
        return None
    layers = tuple(range(1, len(exercise.weights) + 1))
    return (
        {k: v[::-1] if k[0] in ("z", "a", "delta") else v for k, v in numbers.items()},
        "convention",
        layers,
    )


def one_typo(
    numbers: dict[Key, Array], exercise: Exercise, generator: np.random.Generator
) -> Arranged:
    """One gradient whose sign, decimal point or digit slipped."""
    keys = [k for k in numbers if k[0] in CLAIMED["gradients"]]
    key = keys[int(generator.integers(len(keys)))]
    flat = numbers[key].ravel().copy()
    at = int(generator.integers(len(flat)))
    if sum(v.size for k, v in numbers.items() if k in keys) < 4 or abs(flat[at]) < 0.01:
        return None
    flat[at] *= float(generator.choice([-1.0, 10.0, 0.1]))
    equation = "BP3" if key[0] == "bias_gradients" else "BP4"
    return {**numbers, key: flat.reshape(numbers[key].shape)}, equation, (key[1],)


ARRANGEMENTS: tuple[tuple[str, Arrange], ...] = (
    ("scaled", scaled),
    ("transposed-layout", transposed),
    ("layers-reordered", layers_reversed),
    ("examples-reordered", examples_reversed),
    ("entry-typo", one_typo),
)
