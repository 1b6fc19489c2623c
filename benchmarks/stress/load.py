"""Requests a second against a bare Flask echo under the same gunicorn, in turns in the same run."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.stress import bodies
from benchmarks.stress.server import ECHO, Server
from benchmarks.stress.wrk import Run, Wrk

CONNECTIONS = (8, 64, 256)
ROUNDS = 3
SECONDS = 8
HEAVY_CONNECTIONS = 4
GOALS = {"without a check": 0.6, "with its check": 0.35}

HEADS = (
    "connections", "2–3–2", "requests/s", "echo/s", "ratio", "ratio of CPU", "p50 ms", "p99 ms",
    "echo p99 ms", "503", "wrong or failed",
)  # fmt: skip
FIRST = """\
Medians of {rounds} rounds of {seconds:g} s each, taken in turns. The echo sends the body back,
under the same gunicorn, worker class and settings. `wrk` runs on the same cores and compares every
answer with the one of a single thread, byte for byte; *ratio of CPU* leaves it out: the echo's
processor time for a request over the service's. Goals: {goals}.
"""
MIXED_HEADS = (
    "connections", "p99 alone ms", "p99 beside ms", "times", "light/s alone", "light/s beside",
    "heavy answered", "heavy 503", "wrong or failed",
)  # fmt: skip
SECOND = """\
Light requests (2–3–2 with its check) beside {heavy} connections that send heavy ones
(100–100–100–100, 10 examples, every entry checked) one after the other. Goal: a p99 at most three
times as long.
"""


@dataclass(frozen=True)
class Measured:
    """A run, and what of the processors its server used for a request, in microseconds."""

    run: Run
    cpu: float


def measure(
    server: Server, body: bytes, answer: bytes, connections: int, seconds: float
) -> Measured:
    """One run."""
    before = server.cpu_seconds()
    run = Wrk(server.address, [(body, answer)], connections, seconds).result()
    return Measured(run, 1e6 * (server.cpu_seconds() - before) / run.requests)


def report(seconds: float = SECONDS, rounds: int = ROUNDS) -> str:
    """The section for docs/reliability.md."""
    with Server(ECHO) as echo, Server() as service:
        rows = [row for c in CONNECTIONS for row in at(echo, service, c, seconds, rounds)]
        mixed = list(beside_heavy(service, seconds, rounds))
    goals = ", ".join(f"{goal} {name}" for name, goal in GOALS.items())
    first = FIRST.format(rounds=rounds, seconds=seconds, goals=goals)
    second = SECOND.format(heavy=HEAVY_CONNECTIONS)
    return f"{first}\n{table(HEADS, rows)}\n{second}\n{table(MIXED_HEADS, mixed)}"


def at(
    echo: Server, service: Server, connections: int, seconds: float, rounds: int
) -> Iterator[list[str]]:
    """A row without and one with the check."""
    cases = {"without a check": bodies.UNCHECKED, "with its check": bodies.CHECKED}
    found: dict[str, list[tuple[Measured, Measured]]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, body in cases.items():
            base = measure(echo, body, body, connections, seconds)
            ours = measure(service, body, bodies.expected(body), connections, seconds)
            found[name].append((base, ours))
    for name, pairs in found.items():
        ours = [pair[1].run for pair in pairs]
        yield [
            str(connections),
            name,
            f"{statistics.median(r.per_second for r in ours):,.0f}",
            f"{statistics.median(b.run.per_second for b, _ in pairs):,.0f}",
            f"{statistics.median(o.run.per_second / b.run.per_second for b, o in pairs):.2f}",
            f"{statistics.median(b.cpu / o.cpu for b, o in pairs):.2f}",
            f"{statistics.median(r.p50 for r in ours):.1f}",
            f"{statistics.median(r.p99 for r in ours):.1f}",
            f"{statistics.median(b.run.p99 for b, _ in pairs):.1f}",
            str(sum(r.busy for r in ours)),
            str(sum(r.failed for r in ours)),
        ]


def beside_heavy(service: Server, seconds: float, rounds: int) -> Iterator[list[str]]:
    """Rows for light requests alone and beside heavy ones."""
    light = [(bodies.CHECKED, bodies.expected(bodies.CHECKED))]
    heavy = [(bodies.HEAVY, bodies.expected(bodies.HEAVY))]
    for connections in (8, 64):
        alone, beside, weights = [], [], []
        for _ in range(rounds):
            alone.append(Wrk(service.address, light, connections, seconds).result())
            weight = Wrk(service.address, heavy, HEAVY_CONNECTIONS, seconds + 4)
            time.sleep(2)
            beside.append(Wrk(service.address, light, connections, seconds).result())
            weights.append(weight.result())
        before, after = (statistics.median(r.p99 for r in runs) for runs in (alone, beside))
        yield [
            str(connections),
            f"{before:.1f}",
            f"{after:.1f}",
            f"{after / before:.1f}",
            f"{statistics.median(r.per_second for r in alone):,.0f}",
            f"{statistics.median(r.per_second for r in beside):,.0f}",
            str(sum(r.right for r in weights)),
            str(sum(r.busy for r in weights)),
            str(sum(r.failed for r in (*alone, *beside, *weights))),
        ]


def table(heads: tuple[str, ...], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [list(heads), ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
