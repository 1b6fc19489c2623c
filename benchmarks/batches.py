"""What batches and jobs bring, and what they cost.

    python -m benchmarks.batches bulk      10,000 verifications in a batch, against one request each
    python -m benchmarks.batches heavy     a heavy check in one process, on one worker, on two
    python -m benchmarks.batches million   a check of every one of 10^6 parameters, with its memory
    python -m benchmarks.batches overhead  what a task costs, and what that means for more workers

Everything runs on this machine, over loopback, as `make serve` starts it. Times on a machine that
is shared are no more than ratios; each is measured beside what it is compared with.
"""

import argparse
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import orjson

from backcheck import Client
from benchmarks.differences_peers import TorchCheck
from core.activations import ACTIVATIONS
from core.costs import COSTS
from core.differences.check import Options
from core.network import Batch, Network
from service.jobs.checking import Check, packed, unpacked
from service.jobs.connect import Connector
from service.jobs.tasks import handed_on, run_part
from tests.faults.service import Service, running
from tests.mistaken import SLIPS, Exercise, can_stand, place_sets, worked

ITEMS = 10_000
WRONG_SHARE = 0.2
SAMPLE = 400  # requests one by one: enough for a rate, and compared bit for bit
HEAVY = ((784, 700, 500, 200, 10), 1024)
ROUNDS = 2
MILLION = ((784, 700, 500, 200, 10), 32)
WORKERS = (4, 16, 64)
CHUNK_SECONDS = 0.5


def main() -> None:
    """Run the parts that are asked for."""
    parts = {"bulk": bulk, "heavy": heavy, "million": million, "overhead": overhead}
    parser = argparse.ArgumentParser(description="Batches and jobs")
    parser.add_argument("parts", nargs="*", default=list(parts), choices=[*parts, []])
    parser.add_argument("--items", type=int, default=ITEMS)
    asked = parser.parse_args()
    for part in asked.parts:
        print(f"\n## {part}", flush=True)
        parts[part](asked.items)


# Bulk verification


def bulk(items: int) -> None:
    """The same claims through a batch and one by one; a class's, none alike, and none shared."""
    with TemporaryDirectory() as folder, running(Path(folder)) as service:
        client = Client(service.url, timeout=600)
        client.check_fully(
            weights=[[[1.0]]], biases=[[0.0]], activation="tanh", input=[1.0], target=[0.0]
        )
        network = challenge(client)
        population = list(claims_of(network, items))
        compare(client, "a class on one challenge", network, population)
        compare(
            client,
            "the same, no two alike",
            network,
            [unlike(c, i) for i, c in enumerate(population)],
        )


def challenge(client: Client) -> dict[str, Any]:
    """The 2–3–2 network on which every mistake shows."""
    drawn = client.challenge([2, 3, 2], seed=7).answer
    names = ("weights", "biases", "activation", "input", "target", "cost")
    return {name: drawn[name] for name in names}


def claims_of(network: dict[str, Any], count: int) -> Iterator[dict[str, Any]]:
    """Claims of a class: a fifth with a slip out of the catalogue, at places drawn at random."""
    generator = np.random.default_rng(0)
    names = network["activation"]
    exercise = Exercise(
        [np.array(W) for W in network["weights"]],
        [np.array(b) for b in network["biases"]],
        [names] * 2 if isinstance(names, str) else names,
        network["cost"],
        np.array([network["input"]]),
        np.array([network["target"]]),
    )
    right = claims_from(worked(exercise))
    wrong = [
        claims_from(worked(exercise, slip, where, 0.1 if slip.needs else None))
        for slip in SLIPS
        for where in place_sets(slip, can_stand(exercise, slip))
    ]
    print(f"{len(wrong)} different mistakes at different places")
    for _ in range(count):
        yield wrong[generator.integers(len(wrong))] if generator.random() < WRONG_SHARE else right


def claims_from(numbers: dict[Any, Any]) -> dict[str, Any]:
    """Numbers by quantity and layer, as claims."""
    claims: dict[str, Any] = {"cost": float(numbers["cost", 2])}
    for name in ("z", "a", "delta"):
        claims[name] = [np.asarray(numbers[name, l])[0].tolist() for l in (1, 2)]
    for name in ("bias_gradients", "weight_gradients"):
        claims[name] = [np.asarray(numbers[name, l]).tolist() for l in (1, 2)]
    return claims


def unlike(claims: dict[str, Any], place: int) -> dict[str, Any]:
    """The same but for roundings of the last digit, which nobody shares."""
    generator = np.random.default_rng([1, place])

    def jittered(value: Any) -> Any:
        if isinstance(value, list):
            return [jittered(one) for one in value]
        return float(value * (1.0 + int(generator.integers(-1, 2)) * 2.0**-52))

    return {name: jittered(value) for name, value in claims.items()}


def compare(client: Client, name: str, network: Any, population: list[dict[str, Any]]) -> None:
    """Both rates, and whether the answers are the same bit for bit."""
    items = [{"id": i, "claims": claims} for i, claims in enumerate(population)]
    began = time.perf_counter()
    found = list(client.verify_many(items, network, precision="float64"))
    batch = len(items) / (time.perf_counter() - began)
    chosen = np.random.default_rng(2).choice(len(items), min(SAMPLE, len(items)), replace=False)
    began = time.perf_counter()
    alone = [client.verify(network, claims=population[i], precision="float64") for i in chosen]
    single = len(alone) / (time.perf_counter() - began)
    same = sum(
        orjson.dumps(one.answer) == found[i].answer.raw  # type: ignore[union-attr]
        for i, one in zip(chosen, alone, strict=True)
    )
    verdicts = {
        v: sum(one.verdict == v for one in found)
        for v in ("correct", "wrong", "undecided", "failed")
    }
    print(
        f"{name}: {len(items)} in a batch {batch:.0f}/s, one request each {single:.0f}/s: "
        f"{batch / single:.1f} times; {same} of {len(alone)} the same bit for bit; {verdicts}",
        flush=True,
    )


# Heavy checks


def network_of(sizes: tuple[int, ...], examples: int) -> tuple[Network, Batch]:
    """A random network of tanh."""
    generator = np.random.default_rng(0)
    weights = [generator.normal(size=(n, m)) / np.sqrt(m) for m, n in pairwise(sizes)]
    biases = [generator.normal(size=n) for n in sizes[1:]]
    activations = [ACTIVATIONS["tanh"]() for _ in biases]
    network = Network.of(weights, biases, activations, COSTS["mean_squared_error"]())
    inputs = generator.normal(size=(examples, sizes[0]))
    return network, Batch.of(inputs, generator.uniform(size=(examples, sizes[-1])))


class Dask:
    """A scheduler of its own, a client of it, and what all of its processes have computed."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.service = Service(folder)
        self.client: Any = Connector(folder, workers=workers).client()
        self.client.wait_for_workers(workers, timeout=600)

    def seconds(self) -> float:
        """Of computing: the scheduler's, its workers', and ours."""
        others = [*self.service.scheduler(), *self.service.dask_workers()]
        return time.process_time() + sum(map(computed, others))

    def stop(self) -> None:
        """Leave nothing behind."""
        self.service.kill(*self.service.scheduler())
        self.client.close(timeout=1)


@contextmanager
def dask(workers: int) -> Iterator[Dask]:
    """Such a scheduler, for as long as it is needed."""
    with TemporaryDirectory() as folder:
        made = Dask(Path(folder), workers)
        try:
            yield made
        finally:
            made.stop()


def computed(pid: int) -> float:
    """Seconds that a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Taken(NamedTuple):
    """Seconds on the clock, and of computing."""

    clock: float
    computing: float


def timed(call: Callable[[], Any], seconds: Callable[[], float] = time.process_time) -> Taken:
    """What a call takes."""
    began, before = time.perf_counter(), seconds()
    call()
    return Taken(time.perf_counter() - began, seconds() - before)


def heavy(_: int) -> None:
    """The same chunks one after another here, on one worker, and on two; three rounds."""
    check = Check(*network_of(*HEAVY), Options(entries="all"))
    plan, numbers = b"null\n" + packed(check), range(len(check.chunks))
    print(f"{check.network.parameters} parameters, {len(numbers)} chunks, {check.flops:.3g} flop")

    def in_process() -> None:
        fresh = unpacked(packed(check))
        for number in numbers:
            fresh.run(number)

    def on(client: Any) -> None:
        shared = client.submit(handed_on, plan, pure=False)
        client.gather([client.submit(run_part, shared, n, pure=False) for n in numbers])

    with dask(1) as one, dask(2) as two:
        rounds = [
            (
                timed(in_process),
                timed(lambda: on(one.client), one.seconds),
                timed(lambda: on(two.client), two.seconds),
            )
            for _ in range(ROUNDS + 1)
        ][1:]  # the first loads the code everywhere
    for alone, single, double in rounds:
        print(
            f"in process {alone.clock:.2f} s, one worker {single.clock:.2f} s, two "
            f"{double.clock:.2f} s: {single.clock / double.clock:.2f} times; computing "
            f"{alone.computing:.2f} s, {single.computing:.2f} s, {double.computing:.2f} s"
        )
    clock = [min(taken.clock for taken in column) for column in zip(*rounds, strict=True)]
    work = [min(taken.computing for taken in column) for column in zip(*rounds, strict=True)]
    print(
        f"best of each: {clock[1] / clock[0] - 1:+.1%} on the clock, "
        f"{work[1] / work[0] - 1:+.1%} in computing; {clock[1] / clock[2]:.2f} times on two"
    )


def million(_: int) -> None:
    """Through the service, with progress, and the largest memory of any process."""
    network, batch = network_of(*MILLION)
    fields = {
        "weights": [W.round(4) for W in network.weights],
        "biases": [b.round(4) for b in network.biases],
        "activation": "tanh",
        "input": batch.inputs.round(3),
        "target": batch.targets.round(3),
    }
    seen: list[float] = []
    with TemporaryDirectory() as folder, running(Path(folder)) as service:
        client = Client(service.url, timeout=600)
        largest: dict[str, int] = {}

        def progress(done: float, total: float) -> None:
            seen.append(done / total)
            for name in ("web_workers", "scheduler", "dask_workers"):
                found = max(map(resident, getattr(service, name)()), default=0)
                largest[name] = max(found, largest.get(name, 0))

        began = time.perf_counter()
        found = client.check_fully(fields, progress=progress)
        seconds = time.perf_counter() - began
    shares = ", ".join(f"{share:.0%}" for share in seen[:: max(1, len(seen) // 8)])
    print(f"{found}; {seconds:.1f} s, {1e6 * seconds / found.checked:.2f} µs for each parameter")
    memory = {name: size // 2**20 for name, size in largest.items()}
    print(f"progress {shares}; largest memory in MiB {memory}")
    print(f"this client {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")
    beside_torch(network, batch, seconds)


def beside_torch(network: Network, batch: Batch, seconds: float) -> None:
    """The same check by torch's gradcheck, from the time that some parameters take it."""
    if not find_spec("torch"):
        print("torch is not here (make peers)")
        return
    theirs = TorchCheck(network, batch).seconds()
    each = 1e6 * theirs / network.parameters
    print(
        f"torch gradcheck: {each:.0f} µs for each parameter, {theirs / 3600:.1f} hours for all: "
        f"{theirs / seconds:.0f} times as long on one core"
    )


def resident(pid: int) -> int:
    """The largest memory that a process has had, in bytes; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return 1024 * next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def overhead(_: int) -> None:
    """What a task costs the scheduler and the network, apart from its work."""
    each = Taken(0.0, 0.0)
    with dask(2) as two:

        def empty(count: int) -> None:
            tasks = [two.client.submit(handed_on, b"x" * 4000, pure=False) for _ in range(count)]
            two.client.gather(tasks)

        empty(50)
        for count in (200, 1000):
            taken = [timed(partial(empty, count), two.seconds) for _ in range(3)]
            each = Taken(
                *(statistics.median(column) / count for column in zip(*taken, strict=True))
            )
            print(
                f"{count} empty tasks: {1e3 * each.clock:.2f} ms each, "
                f"{1e3 * each.computing:.2f} ms of computing"
            )
    for workers in WORKERS:
        speed = workers / max(
            1.0 + each.clock / CHUNK_SECONDS, workers * each.clock / CHUNK_SECONDS
        )
        print(f"{workers} workers, chunks of {CHUNK_SECONDS} s: {speed:.1f} times one")


if __name__ == "__main__":
    main()
