"""How long the lessons take: the strongest of astronomically many paths, and training.

    python -m benchmarks.lessons

Medians in milliseconds; networks with normal weights and tanh, drawn anew for each seed.
"""

import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from core.activations import ACTIVATIONS
from core.costs import COSTS
from core.lessons.addresses import Address
from core.lessons.derivations import derive
from core.lessons.descent import Plan, descend
from core.lessons.routes import routes
from core.network import Batch, Network
from service import create_app

SEEDS = range(9)
LISTED = 10
DEPTHS = ((11, 100), (21, 10), (41, 100), (101, 100), (501, 10))
UPDATES = 2_000


def drawn(layers: int, width: int, seed: int, activation: str = "tanh") -> tuple[Network, Batch]:
    """A network of so many layers, all of one width, and an example."""
    generator = np.random.default_rng(seed)
    weights = [generator.normal(size=(width, width)) / np.sqrt(width) for _ in range(layers)]
    kinds = [ACTIVATIONS[activation]() for _ in weights]
    network = Network.of(weights, [np.zeros(width)] * layers, kinds, COSTS["mean_squared_error"]())
    return network, Batch.of(generator.normal(size=(1, width)), generator.normal(size=(1, width)))


def median(run: Callable[[int], Any]) -> float:
    """Milliseconds, over the seeds."""
    taken = []
    for seed in SEEDS:
        start = time.perf_counter()
        run(seed)
        taken.append(time.perf_counter() - start)
    return 1e3 * statistics.median(taken)


def show(line: str) -> None:
    """One line of the table."""
    sys.stdout.write(line + "\n")


def strongest_paths() -> None:
    """The ten strongest of all paths from a weight of layer 1 to the cost, and from an input."""
    show(f"{'layers':>7} {'width':>6} {'paths':>9} {'walk':>9} {'from x':>9}   ms")
    for layers, width in DEPTHS:
        networks = {seed: drawn(layers, width, seed) for seed in SEEDS}
        at, x, cost = Address("weights", 1, 0, 0), Address("input", 0, 0), Address("cost")
        walk = median(lambda seed: derive(*networks[seed], at, LISTED))  # noqa: B023
        route = median(lambda seed: routes(*networks[seed], x, cost, LISTED))  # noqa: B023
        paths = f"10^{(layers - 1) * np.log10(width):.0f}"
        show(f"{layers:>7} {width:>6} {paths:>9} {walk:>9.1f} {route:>9.1f}")


def identical_weights() -> None:
    """The worst case for a search: all paths are equally strong, and every bound is a tie."""
    kinds = [ACTIVATIONS["identity"]() for _ in range(21)]
    weights = [np.ones((10, 10))] * 21
    network = Network.of(weights, [np.zeros(10)] * 21, kinds, COSTS["mean_squared_error"]())
    batch = Batch.of(np.ones((1, 10)), np.zeros((1, 10)))
    start, end = Address("input", 0, 0), Address("cost")
    found = median(lambda seed: routes(network, batch, start, end, LISTED))
    show(f"10^21 paths, all of one size: {found:.1f} ms")


def training() -> None:
    """Microseconds for one update, and how long the endpoint takes for XOR."""
    for sizes, examples in (((2, 2, 1), 4), ((64, 30, 10), 32)):
        generator = np.random.default_rng(0)
        weights = [generator.normal(size=(n, m)) / np.sqrt(m) for m, n in pairwise(sizes)]
        kinds = [ACTIVATIONS["sigmoid"]() for _ in weights]
        network = Network.of(
            weights, [np.zeros(n) for n in sizes[1:]], kinds, COSTS["mean_squared_error"]()
        )
        batch = Batch.of(
            generator.normal(size=(examples, sizes[0])),
            generator.uniform(size=(examples, sizes[-1])),
        )
        start = time.perf_counter()
        for _ in descend(network, batch, Plan(0.1, examples, UPDATES)):
            pass
        taken = (time.perf_counter() - start) / UPDATES
        show(f"update of {'–'.join(map(str, sizes))} on {examples} examples: {1e6 * taken:.0f} µs")


def endpoints() -> None:
    """Each ready-made lesson over HTTP, in process."""
    client = create_app().test_client()
    for example in client.get("/v1/examples").json["examples"]:
        if example["endpoint"] in ("/v1/gradients", "/v1/verifications", "/v1/challenges"):
            continue
        taken = median(lambda seed: client.post(example["endpoint"], json=example["request"]))  # noqa: B023
        show(f"{example['endpoint']:>24} {example['name']:>14} {taken:>9.1f} ms")


def main() -> None:
    """Print the tables."""
    strongest_paths()
    identical_weights()
    training()
    endpoints()


if __name__ == "__main__":
    main()
