"""How the time grows with width, depth and batch, beside the operations that the plan counts."""

import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.differences_peers import BUSY, timed
from benchmarks.networks import dense
from core.backprop import backpropagate
from core.differences.check import Options
from core.differences.plan import every_unit, plan_flops
from core.differences.softmax_heads import extent_of
from core.differences.witness import check

ROUNDS = 5
PLOT = Path("docs/differences-growth.svg")

SERIES: dict[str, list[tuple[int, int, int]]] = {
    "width × 2": [(width, 6, 4) for width in (16, 32, 64, 128, 256, 512)],
    "depth × 2": [(64, depth, 4) for depth in (2, 4, 8, 16, 32, 64)],
    "batch × 2": [(64, 6, examples) for examples in (1, 4, 16, 64, 256, 1024)],
}
"""Width, number of layers, examples."""


def growth() -> dict[str, Any]:
    """Every point of every series, in turns; the exponent is that of time against operations."""
    points = {name: [Point(*size) for size in sizes] for name, sizes in SERIES.items()}
    for _ in range(ROUNDS):
        for series in points.values():
            for point in series:
                point.measure()
    found = {name: summary(series) for name, series in points.items()}
    for name, row in found.items():
        sys.stdout.write(f"\n{name}: time grows with operations to the {row['exponent']:.2f}\n")
        for size, flops, ms in zip(row["sizes"], row["operations"], row["ms"], strict=True):
            sys.stdout.write(
                f"  {size!s:<16}{flops:>16,}{ms:>12.2f} ms{1e-6 * flops / ms:>9.2f} GFLOP/s\n"
            )
    plot(found)
    return found


class Point:
    """A network of equal layers, and what its checks took."""

    def __init__(self, width: int, depth: int, examples: int) -> None:
        self.size = (width, depth, examples)
        network, batch = dense((width,) * (depth + 1), examples)
        self.workings = backpropagate(network, batch)
        extent = extent_of(network, examples)
        self.operations = plan_flops(every_unit(extent.sizes), extent)
        self.seconds: list[float] = []

    def measure(self) -> None:
        """Once more."""
        options = Options(entries="all")
        self.seconds.append(timed(lambda: check(self.workings, options)))


def summary(series: list[Point]) -> dict[str, Any]:
    """The medians, and the slope of log time over the three largest, where work outweighs setup."""
    ms = [1e3 * statistics.median(point.seconds) for point in series]
    operations = [point.operations for point in series]
    slope, _ = np.polyfit(np.log(operations[-3:]), np.log(ms[-3:]), 1)
    return {
        "sizes": [point.size for point in series],
        "operations": operations,
        "ms": ms,
        "exponent": float(slope),
    }


def plot(found: dict[str, Any]) -> None:
    """Time against operations, with the line of proportion through the largest."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "backcheck"  # the same file for the same figures
    matplotlib.rcParams["svg.fonttype"] = "none"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5), layout="constrained")
    for (name, row), marker in zip(found.items(), "os^", strict=True):
        axes.loglog(row["operations"], row["ms"], marker=marker, label=name)
    most = max(found.values(), key=lambda row: max(row["operations"]))
    ends = np.array([1e6, max(most["operations"])])
    axes.loglog(ends, most["ms"][-1] * ends / ends[-1], "k:", label="proportional")
    axes.set_xlabel("floating-point operations that the plan counts")
    axes.set_ylabel(f"milliseconds of a full check{', processor time' if BUSY else ''}")
    axes.grid(True, alpha=0.3)
    axes.legend()
    figure.savefig(PLOT, metadata={"Date": None})
    pyplot.close(figure)
