"""Two hundred thousand requests of every kind, and the memory of the workers on the way."""

import time

from benchmarks.stress import bodies
from benchmarks.stress.load import table
from benchmarks.stress.server import Server
from benchmarks.stress.wrk import Run, Wrk

REQUESTS = 200_000
CONNECTIONS = 16
WARM_UP = 0.1
PIECES = 20
SECONDS = 5
GOAL = 0.05


def report(requests: int = REQUESTS) -> str:
    """The section for docs/reliability.md. Workers are not replaced meanwhile."""
    began = time.monotonic()
    runs: list[Run] = []
    memory: list[tuple[int, float]] = []
    with Server(arguments=["--max-requests", "0"]) as server:
        while (done := sum(run.requests for run in runs)) < requests:
            runs.append(Wrk(server.address, pairs(), CONNECTIONS, SECONDS).result())
            memory.append((done + runs[-1].requests, sum(server.memory().values())))
        workers = len(server.workers())
    warm = [mib for done, mib in memory if done >= WARM_UP * requests]
    change = warm[-1] / warm[0] - 1
    shown = memory[:: max(1, len(memory) // PIECES)]
    return (
        f"{memory[-1][0]:,} requests in {(time.monotonic() - began) / 60:.0f} minutes over "
        f"{CONNECTIONS} connections: networks without and with their check, and requests that are "
        f"refused. {sum(r.right for r in runs):,} answers right byte for byte, "
        f"{sum(r.busy for r in runs)} were 503, {sum(r.failed for r in runs)} wrong or failed.\n\n"
        f"Memory of the {workers} workers together (PSS): {warm[0]:.0f} MiB after {WARM_UP:.0%} of "
        f"them, {warm[-1]:.0f} MiB at the end, {change:+.1%}; highest {max(warm):.0f} MiB. Goal: "
        f"within {GOAL:.0%}.\n\n"
        + table(("requests", "MiB"), [[f"{done:,}", f"{mib:.1f}"] for done, mib in shown])
    )


def pairs() -> list[tuple[bytes, bytes]]:
    """Eight without, three with the check, one that is refused."""
    sent = [bodies.UNCHECKED] * 8 + [bodies.CHECKED] * 3 + [bodies.NOT_VALID]
    return [(body, bodies.expected(body)) for body in sent]
