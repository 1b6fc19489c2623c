"""How well mistakes are recognised: every catalogued one, planted by somebody else's code.

    make bench-diagnosis ARGS="--seed 1 --networks 50 --write"

Every slip of `tests.mistaken`, which shares no line with the catalogue, is made on random networks
in every layer where it can stand: everywhere at once, in one equation, in one layer. The claims are
once all quantities, once the gradients only; in float64, float32 or four decimals by turns. A case
counts if any claimed number lies outside its bound. The answer is right if its first explanation,
or one that it says has the same numbers, is the planted one. `--write` puts the tables into
docs/diagnosis.md.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.planting import CLAIMED, Case, cases_of, planted_conventions
from core.activations import ACTIVATIONS
from core.costs import COSTS
from core.network import Batch, Network
from core.verdict.claims import Claimed, Claims
from core.verdict.diagnosis import Finding
from core.verdict.verify import Verdict, verify
from tests.mistaken import SLIPS

PAGE = Path(__file__).parents[1] / "docs" / "diagnosis.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
WANTED = {"all": (0.99, 0.97), "gradients": (0.95, 0.92)}
"""By claims: the least part whose place, and whose slug, the first explanation has to name."""
INSTEAD_MAX = 3  # wrong names shown for each mistake


@dataclass
class Tally:
    """How the cases of one slug went."""

    cases: int = 0
    place: int = 0
    slug: int = 0
    listed: int = 0
    seconds: float = 0.0
    instead: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Put two together."""
        self.cases += other.cases
        self.place += other.place
        self.slug += other.slug
        self.listed += other.listed
        self.seconds += other.seconds
        self.instead += other.instead


Tallies = dict[tuple[str, str], Tally]
"""By what is claimed, and slug."""


def verdict_on(case: Case, claimed: str) -> Verdict:
    """What backcheck says."""
    exercise = case.exercise
    network = Network.of(
        list(exercise.weights),
        list(exercise.biases),
        [ACTIVATIONS[name]() for name in exercise.activations],
        COSTS[exercise.cost](),
    )
    layers = {k: Claimed.all_of(v) for k, v in case.numbers.items() if k[0] in CLAIMED[claimed]}
    batch = Batch.of(exercise.inputs, exercise.targets)
    return verify(network, batch, Claims(layers, case.transposed), case.precision)


def readings(finding: Finding) -> list[Finding]:
    """The finding, and those with the same numbers."""
    return [finding, *finding.same_numbers]


def judged(case: Case, claimed: str, told: bool) -> Tally | None:
    """One case, or None where nothing that is claimed is wrong."""
    begun = time.perf_counter()
    verdict = verdict_on(case, claimed)
    seconds = time.perf_counter() - begun
    if verdict.diagnosis is None:
        return None
    found = verdict.diagnosis.findings
    first, wanted = readings(found[0]), case.planted
    place = any((f.equation, f.layers) == (wanted.equation, wanted.layers) for f in first)
    slug = any(f.mistake == wanted.slug for f in first)
    listed = any(f.mistake == wanted.slug for finding in found for f in readings(finding))
    instead = Counter() if slug else Counter([found[0].mistake])
    if told and not (place and slug):
        print(describe(case, claimed, verdict), file=sys.stderr)
    return Tally(1, place, slug, listed, seconds, instead)


def describe(case: Case, claimed: str, verdict: Verdict) -> str:
    """A case that went wrong, for whoever looks into it."""
    assert verdict.diagnosis is not None
    names = [f"{f.mistake} {f.equation} {f.layers}" for f in verdict.diagnosis.findings[:4]]
    exercise = case.exercise
    names_of = "/".join(exercise.activations)
    where = f"{exercise.sizes} {names_of} {exercise.cost} N={len(exercise.inputs)}"
    wanted = f"{case.planted.slug} {case.planted.equation} {case.planted.layers}"
    return f"{case.origin} {claimed} {case.precision.name} | {where} | {wanted} | {names}"


def run(row: int, seed: int, networks: int, told: bool) -> Tallies:
    """All cases of one slip (of the conventions, for the row after the last)."""
    tallies: Tallies = {}
    if row < len(SLIPS):
        cases: Iterator[Case] = cases_of(row, seed, networks)
    else:
        cases = planted_conventions(seed, networks)
    for case in cases:
        for claimed in CLAIMED:
            tally = judged(case, claimed, told)
            if tally is not None:
                tallies.setdefault((claimed, case.planted.slug), Tally()).add(tally)
    return tallies


def measure(seed: int, networks: int, processes: int, rows: list[int], told: bool) -> Tallies:
    """Every slip, on several processes."""
    total: Tallies = {}
    work = partial(run, seed=seed, networks=networks, told=told)
    with ProcessPoolExecutor(processes) as pool:
        for row, tallies in zip(rows, pool.map(work, rows), strict=True):
            for key, tally in tallies.items():
                total.setdefault(key, Tally()).add(tally)
            told_so_far = ", ".join(
                f"{claimed} {t.place}/{t.slug}/{t.cases}" for (claimed, _), t in tallies.items()
            )
            print(f"{row + 1} of {len(SLIPS) + 1}: {told_so_far}", file=sys.stderr, flush=True)
    return total


def report(tallies: Tallies, seed: int, networks: int) -> list[str]:
    """The tables, in Markdown."""
    cases = sum(t.cases for t in tallies.values())
    lines = [
        f'`make bench-diagnosis ARGS="--seed {seed} --networks {networks}"`: {cases} wrong claims.',
        "",
        "| claimed | cases | right equation and layers | right slug | listed | ms a case |",
        "|---|---|---|---|---|---|",
    ]
    for claimed in CLAIMED:
        t = total_of(tallies, claimed)
        lines.append(
            f"| {claimed} | {t.cases} | {shares(t)} | {1e3 * t.seconds / max(1, t.cases):.1f} |"
        )
    for claimed in CLAIMED:
        lines += ["", f"### Claimed: {claimed}", ""]
        lines += [
            "| planted | cases | place | slug | listed | named instead |",
            "|---|---|---|---|---|---|",
        ]
        lines += [row_of(slug, t) for (kind, slug), t in tallies.items() if kind == claimed]
    return lines


def total_of(tallies: Tallies, claimed: str) -> Tally:
    """All slugs together."""
    total = Tally()
    for (kind, _), tally in tallies.items():
        if kind == claimed:
            total.add(tally)
    return total


def shares(t: Tally) -> str:
    """Three columns."""
    return " | ".join(f"{100 * n / max(1, t.cases):.1f} %" for n in (t.place, t.slug, t.listed))


def row_of(slug: str, t: Tally) -> str:
    """One planted mistake."""
    instead = ", ".join(f"{name} {n}" for name, n in t.instead.most_common(INSTEAD_MAX))
    return f"| {slug} | {t.cases} | {shares(t)} | {instead} |"


def reached(tallies: Tallies) -> bool:
    """Whether the first explanations are as good as the project asks for."""
    good = True
    for claimed, (place, slug) in WANTED.items():
        t = total_of(tallies, claimed)
        good = good and t.place >= place * t.cases and t.slug >= slug * t.cases
    return good


def write(lines: list[str]) -> None:
    """Replace what stands between the page's markers."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    table = "\n".join(lines)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


def main() -> int:
    """Measure, print, and write if asked to; 1 where the goals are missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--networks", type=int, default=50, help="for each slip")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", help="slips whose slug contains this")
    parser.add_argument("--told", action="store_true", help="print each case that goes wrong")
    parser.add_argument("--write", action="store_true", help="put the tables into the docs")
    options = parser.parse_args()
    rows = [*range(len(SLIPS) + 1)]
    if options.only:
        rows = [row for row in rows[:-1] if options.only in SLIPS[row].slug]
    found = measure(options.seed, options.networks, options.processes, rows, options.told)
    lines = report(found, options.seed, options.networks)
    print("\n".join(lines))
    if options.write:
        write(lines)
    return 0 if reached(found) else 1


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(main())
