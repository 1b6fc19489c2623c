"""The most memory that a check takes beside the workings it checks, its answer included."""

import sys
import tracemalloc
from typing import Any

from benchmarks.networks import dense
from core.activations import ACTIVATIONS
from core.backprop import backpropagate
from core.costs import COSTS
from core.differences.check import Options
from core.differences.witness import check
from core.network import Batch, Network

MIB = 2**20
GOAL_MIB = 256

CASES: dict[str, tuple[tuple[int, ...], int, Options, str]] = {
    "784–1000–10, N=1, all": ((784, 1000, 10), 1, Options(entries="all"), "sigmoid"),
    "784–1000–10, N=100, all": ((784, 1000, 10), 100, Options(entries="all"), "sigmoid"),
    "2000–2000–2000, N=1, sample": ((2000, 2000, 2000), 1, Options(entries=1000), "sigmoid"),
    "2000–2000–2000, N=1, budget": ((2000, 2000, 2000), 1, Options(), "sigmoid"),
    "1000–1000–1000, N=1, all": ((1000, 1000, 1000), 1, Options(entries="all"), "relu"),
    "ten of 64, N=2000, budget": ((64,) * 11, 2000, Options(), "gelu"),
    "1–200–1, N=19,000, all": ((1, 200, 1), 19_000, Options(entries="all"), "tanh"),
    "20–20–5000 softmax, N=8, budget": ((20, 20, 5000), 8, Options(), "softmax"),
}


def memory() -> dict[str, Any]:
    """Peak MiB of each case."""
    sys.stdout.write(f"\n{'peak beside the workings':<36}{'MiB':>8}{'checked':>12}\n")
    found = {}
    for name, (sizes, examples, options, activation) in CASES.items():
        network, batch = network_of(sizes, examples, activation)
        workings = backpropagate(network, batch)
        check(workings, Options(entries=1))  # what a first call allocates for good
        tracemalloc.start()
        result = check(workings, options)
        peak = tracemalloc.get_traced_memory()[1] / MIB
        tracemalloc.stop()
        found[name] = {"peak MiB": peak, "checked": result.checked, "of": result.parameters}
        sys.stdout.write(f"{name:<36}{peak:>8.0f}{result.checked:>12,}\n")
    within = all(row["peak MiB"] <= GOAL_MIB for row in found.values())
    sys.stdout.write(f"all within {GOAL_MIB} MiB: {within}\n")
    return found


def network_of(sizes: tuple[int, ...], examples: int, name: str) -> tuple[Network, Batch]:
    """With that activation; softmax above tanh, under the cost that couples all its outputs."""
    if name != "softmax":
        return dense(sizes, examples, name)
    network, batch = dense(sizes, examples, "tanh")
    kinds = [ACTIVATIONS["tanh"]()] * (network.depth - 1) + [ACTIVATIONS["softmax"]()]
    cost = COSTS["binary_cross_entropy"]()
    shares = batch.targets / batch.targets.sum(axis=1, keepdims=True)
    return Network.of([*network.weights], [*network.biases], kinds, cost), Batch.of(
        batch.inputs, shares
    )
