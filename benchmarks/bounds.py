"""Right numbers against their bounds: false alarms, and how much of its bound an actual error uses.

    python -m benchmarks.bounds --count 20000 --seed 1

Every network is computed by independent claimants (tests/claimants.py) in every format and in
decimal notations, with orders of sums, formulas and roundings drawn at random; all of them are
right. A claim outside its bound is a false alarm and is printed with what reproduces it. Numbers
that are not finite are not counted as claims; where a bound is infinite, the claim is undecided.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from core.activations import ACTIVATIONS
from core.backprop import backpropagate
from core.costs import COSTS
from core.forward import NotFinite, Workings
from core.network import Batch, Network
from core.rounding.precision import FLOATS, Precision, decimals, significant_digits
from core.rounding.reference import bounded_workings
from core.verdict.claims import Claimed, Claims
from core.verdict.judgement import as_bounded, fits, ratios
from core.verdict.notation import possible_precisions
from tests.claimants import Claimant, Exercise, Notation, claimant, claims_of, exercise

COURSE_WIDTH = 10  # the widest layer of a network in a course
COURSE_TEMPERS = ("course", "short")
EDGES = np.array([0, 1e-6, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.2, 0.5, 1.0])
CHUNK = 50  # networks at a time
SHOWN = 20  # false alarms printed in full


COUNTS = (
    "networks",
    "claims",
    "not_finite",
    "undecided",
    "networks_alarmed",
    "wrong",
    "auto_alarmed",
)


@dataclass
class Tally:
    """What the claims at one precision came to; `histogram` counts ratios between EDGES."""

    networks: int = 0
    claims: int = 0
    not_finite: int = 0
    undecided: int = 0
    networks_alarmed: int = 0
    wrong: int = 0
    auto_alarmed: int = 0
    worst: float = 0.0
    worst_in_course: float = 0.0
    histogram: np.ndarray = field(default_factory=lambda: np.zeros(len(EDGES)))
    by_quantity: dict[str, float] = field(default_factory=dict)
    alarms: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Both together."""
        self.worst = max(self.worst, other.worst)
        self.worst_in_course = max(self.worst_in_course, other.worst_in_course)
        self.histogram = self.histogram + other.histogram
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for quantity, ratio in other.by_quantity.items():
            self.by_quantity[quantity] = max(ratio, self.by_quantity.get(quantity, 0.0))
        self.alarms += other.alarms


def as_network(e: Exercise) -> tuple[Network, Batch]:
    """The exercise as the core wants it."""
    kinds = [ACTIVATIONS[name]() for name in e.activations]
    network = Network.of(e.weights, e.biases, kinds, COSTS[e.cost]())
    return network, Batch.of(e.inputs, e.targets)


def claimants(rng: np.random.Generator) -> Iterator[tuple[str, Precision, Claimant]]:
    """One in each format, one with decimals, one with significant digits."""
    for name, precision in FLOATS.items():
        yield name, precision, claimant(rng, name)
    base = str(rng.choice(["float32", "float64"]))
    d, s = int(rng.integers(0, 9)), int(rng.integers(1, 9))
    always = bool(rng.random() < 0.5)
    yield "decimals", decimals(d), claimant(rng, base, Notation(decimals=d, always=always))
    yield (
        "significant_digits",
        significant_digits(s),
        claimant(rng, base, Notation(digits=s, always=always)),
    )


def judged(index: int, seed: int, most_wide: int) -> dict[str, Tally]:
    """All claimants of one network."""
    rng = np.random.default_rng([seed, index])
    found: dict[str, Tally] = {}
    while not found:
        e = exercise(rng, most_wide=most_wide)
        network, batch = as_network(e)
        try:
            backpropagate(network, batch)
        except NotFinite:
            continue
        where, drawn = f"--seed {seed}, network {index}", list(claimants(rng))
        unstated = index % len(drawn)
        for i, (name, precision, c) in enumerate(drawn):
            found[name] = tally(e, network, batch, precision, c, where, i == unstated)
    return found


def tally(
    e: Exercise,
    network: Network,
    batch: Batch,
    precision: Precision,
    c: Claimant,
    where: str,
    unstated: bool,
) -> Tally:
    """One claimant's numbers against their bounds; `unstated`: also with the precision read off."""
    result = Tally()
    values = claims_of(c, e)
    claims = Claims({key: Claimed(v, np.isfinite(v)) for key, v in values.items()})
    result.not_finite = sum(int((~np.isfinite(v)).sum()) for v in values.values())
    reference = bounded_workings(network, batch, precision)
    for key in claims:
        claim, bounded = claims[key], as_bounded(reference, key)
        decided = claim.mask & np.isfinite(bounded.error)
        result.claims += int(claim.mask.sum())
        result.undecided += int((claim.mask & ~decided).sum())
        ratio = ratios(claim, bounded)[decided & (bounded.error > 0)]
        wrong = int((~fits(claim, bounded)).sum())
        worst = float(ratio.max(initial=0.0))
        result.worst = max(result.worst, worst)
        result.by_quantity[key[0]] = max(worst, result.by_quantity.get(key[0], 0.0))
        result.histogram += np.bincount(
            np.searchsorted(EDGES, ratio, side="left"), minlength=len(EDGES) + 1
        )[: len(EDGES)]
        if wrong:
            result.wrong += wrong
            names = ",".join(e.activations)
            result.alarms.append(
                f"{where}: {precision.name} {c.order} {c.notation} end={c.only_at_end}: "
                f"{key} ratio {worst:.4g} wrong {wrong} [{names}; {e.cost}; N={len(e.inputs)}]"
            )
    result.networks_alarmed = int(result.wrong > 0)
    if max(network.sizes) <= COURSE_WIDTH and e.temper in COURSE_TEMPERS:
        result.worst_in_course = result.worst
    result.networks = 1
    if unstated and alarmed_by_auto(network, batch, claims):
        result.auto_alarmed = 1
        read = [p.name for p in possible_precisions(claims.numbers())]
        result.alarms.append(
            f"{where}: {precision.name} read as {read} {c.notation} {network.sizes}"
        )
    return result


def alarmed_by_auto(network: Network, batch: Batch, claims: Claims) -> bool:
    """Whether no precision that could be read off these numbers lets all of them pass. Zeros alone
    do not say to how many decimals they are zeros, so they are left out (docs/bounds.md).
    """
    return bool(claims.numbers().any()) and not any(
        all_fit(claims, bounded_workings(network, batch, p))
        for p in possible_precisions(claims.numbers())
    )


def all_fit(claims: Claims, reference: Workings) -> bool:
    """Whether no claim is outside its bound."""
    return all(fits(claims[key], as_bounded(reference, key)).all() for key in claims)


def chunk(arguments: tuple[range, int, int]) -> dict[str, Tally]:
    """Networks of a range of indices."""
    indices, seed, most_wide = arguments
    total: dict[str, Tally] = {}
    for index in indices:
        for name, found in judged(index, seed, most_wide).items():
            total.setdefault(name, Tally()).add(found)
    return total


def run(
    count: int, seed: int, processes: int, most_wide: int = 64, minutes: float = np.inf
) -> dict[str, Tally]:
    """All of them, in so many processes, or as many as there is time for; what each network comes
    to depends on the seed and its number alone.
    """
    work = [(range(i, min(i + CHUNK, count)), seed, most_wide) for i in range(0, count, CHUNK)]
    total: dict[str, Tally] = {}
    end = time.monotonic() + 60.0 * minutes
    with ProcessPoolExecutor(processes) as pool:
        for done, part in enumerate(pool.map(chunk, work), 1):
            for name, found in part.items():
                total.setdefault(name, Tally()).add(found)
            if sys.stderr.isatty():
                print(f"\r{done * CHUNK} of {count}", end="", file=sys.stderr)
            if time.monotonic() > end:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    return total


def report(total: dict[str, Tally]) -> None:
    """Tables as in docs/bounds.md."""
    print(
        "| precision | networks | claims | not finite | undecided | false alarms | read by auto | "
        "largest error/bound | in a course |"
    )
    print("|---" * 9 + "|")
    for name, t in total.items():
        print(
            f"| {name} | {t.networks:,} | {t.claims:,} | {t.not_finite:,} | "
            f"{t.undecided / max(t.claims, 1):.2%} | {t.wrong} in {t.networks_alarmed} | "
            f"{t.auto_alarmed} | {t.worst:.3f} | {t.worst_in_course:.3f} |"
        )
    print("\nHow much of its bound an error uses, in parts of all decided claims:\n")
    bins = ["0", *(f"≤ {edge:g}" for edge in EDGES[1:])]
    print("| precision | " + " | ".join(bins) + " |")
    print("|---" * (len(bins) + 1) + "|")
    for name, t in total.items():
        parts = t.histogram / max(t.histogram.sum(), 1)
        print(f"| {name} | " + " | ".join(f"{p:.1%}" for p in parts) + " |")
    print("\nThe largest by quantity:\n")
    for name, t in total.items():
        print(f"{name}: " + ", ".join(f"{q} {r:.3f}" for q, r in t.by_quantity.items()))
    alarms = [alarm for t in total.values() for alarm in t.alarms]
    for alarm in alarms[:SHOWN]:
        print("FALSE ALARM", alarm)
    if len(alarms) > SHOWN:
        print(f"and {len(alarms) - SHOWN} more")


def main() -> int:
    """Returns 1 if there was a false alarm."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=20_000, help="networks")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--most-wide", type=int, default=64)
    parser.add_argument("--minutes", type=float, default=np.inf, help="stop earlier than that")
    given = parser.parse_args()
    total = run(given.count, given.seed, given.processes, given.most_wide, given.minutes)
    report(total)
    return int(any(t.wrong or t.auto_alarmed for t in total.values()))


if __name__ == "__main__":
    sys.exit(main())
