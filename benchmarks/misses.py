"""No miss: does every planted mistake that moves a number beyond twice its bound count as wrong?

    python -m benchmarks.misses --count 400 --seed 1

On random networks of a course every slip of tests/mistaken.py is made, at a set of places drawn at
random, in the arithmetic of each precision. A slip *shows* if, computed in full, it moves a claimed
number by more than twice its bound, or if it moves one by as much in the claimant's own arithmetic;
then at least one number has to be called wrong. Besides: how much of their bounds the errors of
right float32 claims use on networks of a course, where no unit is at its kink.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np

from benchmarks.bounds import COURSE_TEMPERS, COURSE_WIDTH, as_network
from benchmarks.planting import is_finite, number_for, random_exercise
from core.forward import Workings
from core.rounding.precision import FLOATS, Precision, decimals, significant_digits
from core.rounding.reference import bounded_workings
from core.verdict.claims import Claimed, Claims
from core.verdict.judgement import as_bounded, fits, ratios
from tests import claimants
from tests.mistaken import (
    CANNOT,
    SLIPS,
    Array,
    Exercise,
    Key,
    Place,
    Wrong,
    can_stand,
    place_sets,
    worked,
)

TWICE = 2.0
CHUNK = 4  # networks at a time
SHARES = (0.5, 0.9, 0.99, 0.999)
KINKED = ("relu", "leaky_relu")
Cut = Callable[[Array], Array]


def in_digits(x: Array, digits: int) -> Array:
    """Each number as printed with so many significant digits."""
    rows = [float(f"{v:.{digits - 1}e}") for v in np.ravel(x).tolist()]
    return np.array(rows).reshape(np.shape(x))


def in_bfloat16(x: Array) -> Array:
    """Rounded to bfloat16 when stored."""
    return x.astype(ml_dtypes.bfloat16).astype(np.float32)


@dataclass(frozen=True)
class Habit:
    """How a claimant computes: the precision he states, numpy's type, how he stores and writes."""

    precision: Precision
    dtype: Any
    keep: Cut = lambda x: x
    write: Cut = lambda x: x


HABITS = {
    "float64": Habit(FLOATS["float64"], np.float64),
    "float32": Habit(FLOATS["float32"], np.float32),
    "float16": Habit(FLOATS["float16"], np.float16),
    "bfloat16": Habit(FLOATS["bfloat16"], np.float32, in_bfloat16),
    "2 decimals": Habit(decimals(2), np.float64, lambda x: np.round(x, 2)),
    "4 decimals": Habit(decimals(4), np.float64, lambda x: np.round(x, 4)),
    "4 decimals at the end": Habit(decimals(4), np.float64, write=lambda x: np.round(x, 4)),
    "3 digits at the end": Habit(
        significant_digits(3), np.float64, write=lambda x: in_digits(x, 3)
    ),
}


@dataclass
class Tally:
    """What the slips at one precision came to."""

    tried: int = 0
    shown: int = 0
    wrong: int = 0
    called_though_hidden: int = 0
    false_alarms: int = 0
    missed: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Both together."""
        for name in ("tried", "shown", "wrong", "called_though_hidden", "false_alarms"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.missed += other.missed


def numbers_of(e: Exercise, habit: Habit, **slip: Any) -> Claims:
    """What the claimant hands in."""
    with np.errstate(all="ignore"):
        values = worked(e, dtype=habit.dtype, keep=habit.keep, **slip)
        return claimed({key: habit.write(np.asarray(x)) for key, x in values.items()})


def claimed(values: Mapping[Key, Array]) -> Claims:
    """Every finite number of these, claimed; what overflows gives itself away."""
    arrays = {key: np.asarray(x, dtype=np.float64) for key, x in values.items()}
    return Claims({key: Claimed(x, np.isfinite(x)) for key, x in arrays.items()})


def slips_on(e: Exercise, rng: np.random.Generator) -> Iterator[tuple[Wrong, dict[str, Any]]]:
    """Every slip that can be made on this network, at places drawn at random."""
    for wrong in SLIPS:
        places = can_stand(e, wrong)
        if not places or not is_finite(e, wrong, places):
            continue
        sets = place_sets(wrong, places)
        where: frozenset[Place] = sets[int(rng.integers(len(sets)))]
        yield wrong, {"wrong": wrong, "where": where, "number": number_for(wrong, e, rng)}


def judged(index: int, seed: int) -> dict[str, Tally]:
    """All slips and habits on one network."""
    rng = np.random.default_rng([seed, index])
    e = random_exercise(rng)
    while not all(np.isfinite(x).all() for x in worked(e).values()):
        e = random_exercise(rng)
    network, batch = as_network(e)  # type: ignore[arg-type]
    references = {
        name: bounded_workings(network, batch, habit.precision) for name, habit in HABITS.items()
    }
    rights = {name: numbers_of(e, habit) for name, habit in HABITS.items()}
    found = {name: Tally() for name in HABITS}
    for name in HABITS:
        found[name].false_alarms = wrong_count(rights[name], references[name])
    for wrong, slip in slips_on(e, rng):
        try:
            exact = claimed(worked(e, **slip))
        except CANNOT:
            continue
        for name, habit in HABITS.items():
            claims = numbers_of(e, habit, **slip)
            shows = any(
                moves(moved, right, references[name], claims)
                for moved, right in ((exact, None), (claims, rights[name]))
            )
            called = wrong_count(claims, references[name]) > 0
            tally = found[name]
            tally.tried += 1
            tally.shown += shows
            tally.wrong += shows and called
            tally.called_though_hidden += called and not shows
            if shows and not called:
                where = sorted(slip["where"])
                tally.missed.append(f"--seed {seed}, network {index}: {wrong.slug} {where} {name}")
    return found


def moves(moved: Claims, right: Claims | None, reference: Workings, handed_in: Claims) -> bool:
    """Whether a number that is handed in is more than twice its bound off the right one: the
    reference's, or the claimant's own in `right`.
    """
    for key in handed_in:
        bounded, values = as_bounded(reference, key), moved[key].values
        base = bounded.value if right is None else right[key].values
        with np.errstate(invalid="ignore"):
            off = np.abs(values - base) > TWICE * bounded.error
        if (off & np.isfinite(values) & np.isfinite(base) & handed_in[key].mask).any():
            return True
    return False


def wrong_count(claims: Claims, reference: Workings) -> int:
    """How many claimed numbers are outside their bounds."""
    return sum(int((~fits(claims[key], as_bounded(reference, key))).sum()) for key in claims)


def used(index: int, seed: int) -> Array:
    """Error over bound of right float32 claims on one network of a course, no unit at its kink."""
    rng = np.random.default_rng([seed, index, 1])
    while True:
        e = claimants.exercise(rng, most_layers=4, most_wide=COURSE_WIDTH, most_examples=8)
        network, batch = as_network(e)
        reference = bounded_workings(network, batch, FLOATS["float32"])
        if e.temper in COURSE_TEMPERS and not at_kink(reference):
            break
    values = claimants.claims_of(claimants.claimant(rng, "float32"), e)
    parts = []
    for key, x in values.items():
        bounded = as_bounded(reference, key)
        decided = np.isfinite(x) & np.isfinite(bounded.error) & (bounded.error > 0)
        parts.append(ratios(Claimed(x, np.isfinite(x)), bounded)[decided])
    return np.concatenate(parts)


def at_kink(reference: Workings) -> bool:
    """Whether some rectifier's z may lie on either side of 0."""
    return any(
        bool((np.abs(z.value) <= z.error).any())
        for l in reference.W.numbers
        if reference.network.activations[l].name in KINKED
        for z in [as_bounded(reference, ("z", l))]
    )


def chunk(arguments: tuple[range, int]) -> tuple[dict[str, Tally], list[Array]]:
    """Networks of a range of indices."""
    indices, seed = arguments
    total = {name: Tally() for name in HABITS}
    for index in indices:
        for name, found in judged(index, seed).items():
            total[name].add(found)
    return total, [used(index, seed) for index in indices]


def run(
    count: int, seed: int, processes: int, minutes: float = np.inf
) -> tuple[int, dict[str, Tally], Array]:
    """How many networks there was time for, what their slips came to, and errors over bounds."""
    work = [(range(i, min(i + CHUNK, count)), seed) for i in range(0, count, CHUNK)]
    total, parts, networks = {name: Tally() for name in HABITS}, [], 0
    end = time.monotonic() + 60.0 * minutes
    with ProcessPoolExecutor(processes) as pool:
        for (indices, _), (found, errors) in zip(work, pool.map(chunk, work), strict=True):
            networks += len(indices)
            parts += errors
            for name, tally in found.items():
                total[name].add(tally)
            if time.monotonic() > end:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    return networks, total, np.concatenate(parts)


def report(networks: int, total: dict[str, Tally], errors: Array) -> None:
    """Tables as in docs/bounds.md."""
    print(f"{networks:,} networks\n")
    print(
        "| precision | mistakes made | beyond twice a bound | of these missed | called wrong ",
        end="",
    )
    print("though within | right claims called wrong |")
    print("|---" * 6 + "|")
    for name, t in total.items():
        print(
            f"| {name} | {t.tried:,} | {t.shown:,} | {len(t.missed)} | "
            f"{t.called_though_hidden:,} | {t.false_alarms} |"
        )
    shares = ", ".join(f"{np.quantile(errors, q):.3f} ({q:.1%})" for q in SHARES)
    print(f"\nError over bound of {len(errors):,} right float32 numbers, kinks apart: {shares},")
    print(f"at most {errors.max():.3f}")
    for missed in [m for t in total.values() for m in t.missed][:20]:
        print("MISSED", missed)


def main() -> int:
    """Returns 1 if a mistake was missed or a right claim called wrong."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--count", type=int, default=400, help="networks")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=np.inf, help="stop earlier than that")
    given = parser.parse_args()
    networks, total, errors = run(given.count, given.seed, given.processes, given.minutes)
    report(networks, total, errors)
    return int(any(t.missed or t.false_alarms for t in total.values()))


if __name__ == "__main__":
    sys.exit(main())
