"""The witness beside what users would pick instead: time, memory, growth, accuracy.

    python -m benchmarks.differences [speed] [growth] [memory] [accuracy] [--json FILE]

Without a name: speed. Contenders take turns in every round, so that a busy machine slows all of
them alike; the ratios of each round are what counts, and their medians are shown.
"""

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import differences_accuracy, differences_growth, differences_memory
from benchmarks.differences_limit import OURS, PARAMETERS, limits, product_flops
from benchmarks.differences_peers import BUSY, peers, steady
from benchmarks.networks import dense
from core.backprop import backpropagate
from core.differences.check import Options
from core.differences.witness import check

RESULTS = Path("benchmarks/results")

ROUNDS = 5
FEWEST_FLOPS = 10**7  # below it the machine's rate says nothing

PRODUCTS = "the products that ours needs"
EACH = "the products of moving each parameter"

NETWORKS: dict[str, tuple[tuple[int, ...], int, float, float | None]] = {
    "2–3–2, N=1": ((2, 3, 2), 1, 25, None),
    "784–30–10, N=1": ((784, 30, 10), 1, 3000, None),
    "784–30–10, N=10": ((784, 30, 10), 10, 350, None),
    "784–100–10, N=1": ((784, 100, 10), 1, 4000, None),
    "ten layers of 64, N=4": ((64,) * 10, 4, 40, 2),
    "256–256–256–10, N=32": ((256, 256, 256, 10), 32, 20, 3),
}
"""Layers, examples, and the goals: torch ÷ ours at least, ours ÷ limit at most."""


def speed() -> dict[str, Any]:
    """Every contender on every network."""
    contests = {name: Contest(*size) for name, size in NETWORKS.items()}
    for _ in range(ROUNDS):
        for contest in contests.values():
            contest.round()
    found = {name: contest.result() for name, contest in contests.items()}
    print_speed(found)
    return found


class Contest:
    """One network, and what every contender took on it in every round."""

    def __init__(
        self, sizes: tuple[int, ...], examples: int, goal: float, limit_goal: float | None
    ) -> None:
        self.sizes, self.examples, self.goal, self.limit_goal = sizes, examples, goal, limit_goal
        network, batch = dense(sizes, examples)
        workings = backpropagate(network, batch)
        self.parameters = network.parameters
        everything = Options(entries="all")
        self.contenders: dict[str, Callable[[], float]] = {
            "ours": lambda: steady(lambda: check(workings, everything)),
            **{peer.name: peer.seconds for peer in peers(network, batch)},
        }
        products = sum(product_flops(sizes, examples, OURS).values())
        self.limited = products >= FEWEST_FLOPS
        self.taken: dict[str, list[float]] = {name: [] for name in self.contenders}
        check(workings, everything)

    def round(self) -> None:
        """Everybody once."""
        for name, seconds in self.contenders.items():
            self.taken[name].append(seconds())
        if self.limited:
            found = limits(self.sizes, self.examples)
            self.taken.setdefault(PRODUCTS, []).append(found[OURS])
            self.taken.setdefault(EACH, []).append(found[PARAMETERS])

    def ratio(self, above: str, below: str) -> float | None:
        """The median over the rounds, None where one of them did not take part."""
        if above not in self.taken or below not in self.taken:
            return None
        pairs = zip(self.taken[above], self.taken[below], strict=True)
        return statistics.median(a / b for a, b in pairs)

    def result(self) -> dict[str, Any]:
        """Medians in milliseconds, and the ratios."""
        others = [name for name in self.contenders if name != "ours"]
        return {
            "parameters": self.parameters,
            "ms": {name: 1e3 * statistics.median(times) for name, times in self.taken.items()},
            "peer ÷ ours": {name: self.ratio(name, "ours") for name in others},
            f"ours ÷ {PRODUCTS}": self.ratio("ours", PRODUCTS),
            f"ours ÷ {EACH}": self.ratio("ours", EACH),
            "goal: torch ÷ ours": self.goal,
            "goal: ours ÷ limit": self.limit_goal,
        }


def print_speed(found: dict[str, Any]) -> None:
    """A table of milliseconds, and one of ratios with the goals."""
    names = list(next(iter(found.values()))["peer ÷ ours"])
    heads = "".join(f"{name:>22}" for name in names)
    say(f"\n{'milliseconds':<24}{'parameters':>11}{'ours':>10}{heads}")
    for network, row in found.items():
        times = "".join(f"{row['ms'][name]:>22,.2f}" for name in names)
        say(f"{network:<24}{row['parameters']:>11,}{row['ms']['ours']:>10.2f}{times}")
    say(f"\n{'÷ ours':<24}{'torch goal':>21}{heads}")
    for network, row in found.items():
        ratios = "".join(f"{row['peer ÷ ours'][name]:>22,.1f}" for name in names)
        say(f"{network:<24}{row['goal: torch ÷ ours']:>21,.0f}{ratios}")
    say(f"\n{'ours ÷ limit':<24}{'goal':>21}{PRODUCTS:>44}{EACH:>44}")
    for network, row in found.items():
        if row["goal: ours ÷ limit"] is not None:
            ratios = "".join(f"{row[f'ours ÷ {name}']:>44.2f}" for name in (PRODUCTS, EACH))
            say(f"{network:<24}{row['goal: ours ÷ limit']:>21}{ratios}")


def say(line: str) -> None:
    """A line of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


MODES: dict[str, Callable[[], dict[str, Any]]] = {
    "speed": speed,
    "growth": differences_growth.growth,
    "memory": differences_memory.memory,
    "accuracy": differences_accuracy.accuracy,
}


def machine() -> dict[str, Any]:
    """What it ran on."""
    clock = "processor" if BUSY else "wall"
    return {
        "clock": clock,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "cores": os.cpu_count(),
    }


def main() -> None:
    """Run what is asked for, print it, write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modes", nargs="*", metavar="MODE", help=", ".join(MODES))
    parser.add_argument("--json", type=Path, help=f"where to write the figures, if not {RESULTS}")
    asked = parser.parse_args()
    unknown = set(asked.modes) - MODES.keys()
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: there are {', '.join(MODES)}")
    modes = asked.modes or ["speed"]
    found = {"machine": machine()} | {mode: MODES[mode]() for mode in modes}
    path = asked.json or RESULTS / f"differences-{'-'.join(modes)}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
