"""Networks in short decimal numbers on which every mistake that applies can be seen.

The stream of random numbers is part of the contract: SplitMix64 (Steele, Lea & Flood 2014) on
integers, the same on every machine, for ever; `VERSION` changes if a draw ever does. A network is
drawn, every catalogued mistake is made on it, and it is drawn again until all of them show, in
every layer where they can stand. Saturated units and accidental equalities hide mistakes, so they
are drawn again by themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.activations import ACTIVATIONS
from core.arrays import Array
from core.costs import COSTS
from core.forward import NotFinite, Workings
from core.network import Batch, Network, layer_pairs
from core.rounding.precision import Precision
from core.rounding.reference import bounded_workings
from core.verdict.claims import QUANTITIES, Claimed, Claims, quantity_of
from core.verdict.coverage import Coverage, Exercise, coverage, shows
from core.verdict.plain import plain_workings
from core.verdict.shapes import changing, shape_of

VERSION = 1

ATTEMPTS = 400
"""Networks drawn before the sizes are given up; one takes a few milliseconds."""

SPREADS = (10, 15, 20, 30)
"""Largest weight, in tenths: attempts grow bolder, since small weights show little when deep."""

SMALLEST = 10
"""No number below a tenth, if so many decimals are asked for: what is tiny shows nothing."""

CLEAR_OF_KINKS = 0.05
"""Least |z| of a challenge: nobody should have to wonder on which side of 0 a unit is."""

UNSATURATED = {"sigmoid": (0.5, 0.48), "tanh": (0.0, 0.96), "softmax": (0.5, 0.49)}
"""The middle of an activation's range, and how far from it a challenge's units may be."""

MASK = (1 << 64) - 1


class Impossible(ValueError):
    """No network of these sizes shows every mistake; `invisible`: those of the best attempt."""

    def __init__(self, invisible: Sequence[str]) -> None:
        self.invisible = tuple(invisible)
        super().__init__(f"these mistakes stay invisible: {', '.join(invisible)}")


@dataclass(frozen=True)
class Challenge:
    """A network and batch with short numbers, what can be seen on it, and the attempt it took."""

    network: Network
    batch: Batch
    coverage: Coverage
    attempt: int


class SplitMix64:
    """A stream of integers, the same for the same seed everywhere."""

    def __init__(self, seed: int) -> None:
        self.state = seed & MASK

    def bits(self) -> int:
        """The next 64 bits."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def between(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return low + self.bits() % (high - low + 1)


def challenge(
    layer_sizes: Sequence[int],
    activations: Sequence[str],
    cost: str,
    examples: int,
    decimals: int,
    precision: Precision,
    seed: int,
) -> Challenge:
    """The challenge of this seed. Raises Impossible where no attempt shows every mistake."""
    stream = SplitMix64(seed)
    fewest: tuple[str, ...] | None = None
    for attempt in range(ATTEMPTS):
        spread = SPREADS[attempt * len(SPREADS) // ATTEMPTS]
        network, batch = draw(stream, layer_sizes, activations, cost, examples, decimals, spread)
        seen = inspect(network, batch, precision)
        if seen is None:
            continue
        covered, hidden = seen
        if not hidden:
            return Challenge(network, batch, covered, attempt)
        if fewest is None or len(hidden) < len(fewest):
            fewest = hidden
    raise Impossible(fewest or ("every one: units stay at a kink, or the cost is not defined",))


def draw(
    stream: SplitMix64,
    sizes: Sequence[int],
    activations: Sequence[str],
    cost: str,
    examples: int,
    decimals: int,
    spread: int,
) -> tuple[Network, Batch]:
    """Weights up to ± spread/10, inputs up to ± 1, targets between 0 and 1; none is 0."""
    unit = 10**decimals

    def numbers(count: int, largest: int, signed: bool) -> list[float]:
        least = max(1, unit // SMALLEST)
        drawn = [stream.between(least, max(least, largest)) for _ in range(count)]
        signs = [1 - 2 * stream.between(0, 1) if signed else 1 for _ in range(count)]
        return [sign * n / unit for sign, n in zip(signs, drawn, strict=True)]

    reach = spread * unit // 10
    weights, biases = [], []
    for source, into in layer_pairs(sizes):
        weights.append([numbers(source, reach, True) for _ in range(into)])
        biases.append(numbers(into, reach // 2, True))
    inputs = [numbers(sizes[0], unit, True) for _ in range(examples)]
    targets = [numbers(sizes[-1], unit - 1, False) for _ in range(examples)]
    if cost == "cross_entropy":
        targets = [one_hot(stream, sizes[-1]) for _ in range(examples)]
    kinds = [ACTIVATIONS[name]() for name in activations]
    return Network.of(weights, biases, kinds, COSTS[cost]()), Batch.of(inputs, targets)


def one_hot(stream: SplitMix64, outputs: int) -> list[float]:
    """1 at one output, 0 elsewhere."""
    wanted = stream.between(0, outputs - 1)
    return [1.0 if j == wanted else 0.0 for j in range(outputs)]


def inspect(
    network: Network, batch: Batch, precision: Precision
) -> tuple[Coverage, tuple[str, ...]] | None:
    """What shows if all is claimed, and the slugs hidden in some layer; None near kinks."""
    try:
        plain = plain_workings(network, batch)
    except NotFinite:
        return None
    if near_kink(plain) or saturated(plain):
        return None
    reference = bounded_workings(network, batch, precision)
    claims = all_claims(plain)
    covered = coverage(claims, reference, plain)
    if covered.invisible:
        return covered, covered.invisible
    return covered, hidden_somewhere(Exercise(claims, frozenset(claims), reference, plain))


def near_kink(plain: Workings) -> bool:
    """Whether a unit of a kinked activation is too near its kink to tell at sight."""
    return any(
        bool((np.abs(plain.z[l]) < CLEAR_OF_KINKS).any())
        for l in plain.W.numbers
        if plain.network.activations[l].kinks
    )


def saturated(plain: Workings) -> bool:
    """Whether a squashing unit is so near an end that its σ′ hides what it is multiplied with."""
    return any(
        bool((np.abs(plain.a[l] - middle) > reach).any())
        for l in plain.W.numbers
        if (squashed := UNSATURATED.get(plain.network.activations[l].name))
        for middle, reach in [squashed]
    )


def all_claims(plain: Workings) -> Claims:
    """Every quantity of every layer, claimed."""
    keys = [(q, l) for q in QUANTITIES if q != "cost" for l in plain.W.numbers]
    keys.append(("cost", plain.depth))
    return Claims({key: Claimed.all_of(as_array(quantity_of(plain, key))) for key in keys})


def as_array(value: object) -> Array:
    """A number or an array, as an array."""
    return np.asarray(value, dtype=np.float64)


def hidden_somewhere(exercise: Exercise) -> tuple[str, ...]:
    """Slugs that, made in one layer only, no variant shows there."""
    seen: dict[tuple[str, int], bool] = {}
    with np.errstate(all="ignore"):
        for one in changing(shape_of(exercise.plain)):
            for l in {l for _, l in one.places}:
                at, here = (one.mistake.slug, l), [p for p in one.places if p[1] == l]
                seen[at] = seen.get(at, False) or shows(one, here, exercise)
    return tuple(dict.fromkeys(slug for (slug, _), shown in seen.items() if not shown))
