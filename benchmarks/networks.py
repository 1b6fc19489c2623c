"""The networks that benchmarks and tests measure on: of given sizes, and random in all regimes."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from core.activations import ACTIVATIONS
from core.arrays import Array
from core.costs import COSTS
from core.network import Batch, Network

Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]

HIDDEN = sorted(ACTIVATIONS.keys() - {"softmax"})
HALVES = (0.0, 0.0, 0.0, 0.5, -0.5, 1.0, -1.0, 2.0)

REGIMES: dict[str, Draw] = {
    "near 1": lambda g, shape: g.normal(size=shape),
    "from 1e-3 to 1e3": lambda g, shape: g.normal(size=shape) * 10.0 ** g.integers(-3, 4, shape),
    "saturating": lambda g, shape: 30.0 * g.normal(size=shape),
    "1e6": lambda g, shape: 1e6 * g.normal(size=shape),
    "1e-6": lambda g, shape: 1e-6 * g.normal(size=shape),
    "halves and zeros": lambda g, shape: g.choice(HALVES, size=shape),
    "1e-6, 1 and 1e6": lambda g, shape: g.normal(size=shape) * g.choice([1e-6, 1.0, 1e6], shape),
}


def dense(sizes: tuple[int, ...], examples: int, name: str = "sigmoid") -> tuple[Network, Batch]:
    """A network of these sizes with weights of the usual scale, and random examples."""
    generator = np.random.default_rng(7)
    network = Network.of(
        [generator.normal(size=(n, m)) / np.sqrt(m) for m, n in pairwise(sizes)],
        [0.1 * generator.normal(size=n) for n in sizes[1:]],
        [ACTIVATIONS[name]()] * (len(sizes) - 1),
        COSTS["mean_squared_error"](),
    )
    inputs = generator.uniform(-1.0, 1.0, size=(examples, sizes[0]))
    return network, Batch.of(inputs, generator.uniform(size=(examples, sizes[-1])))


def random_network(seed: int, regime: str | None = None) -> tuple[Network, Batch]:
    """1 to 5 layers, 1 to 7 wide, 1 to 5 examples; any activations, cost and convention."""
    generator = np.random.default_rng(seed)
    depth, examples = int(generator.integers(1, 6)), int(generator.integers(1, 6))
    sizes = [int(n) for n in generator.integers(1, 8, depth + 1)]
    draw = REGIMES[regime or str(generator.choice(list(REGIMES)))]
    cost = str(generator.choice(list(COSTS)))
    at_kink = float(generator.choice([0.0, 0.5, 1.0]))
    network = Network.of(
        [draw(generator, (n, m)) for m, n in pairwise(sizes)],
        [draw(generator, (n,)) for n in sizes[1:]],
        [ACTIVATIONS[name](at_kink) for name in names(generator, depth, cost)],
        COSTS[cost](),
    )
    inputs = draw(generator, (examples, sizes[0]))
    return network, Batch.of(inputs, targets(generator, (examples, sizes[-1]), cost))


def names(generator: np.random.Generator, depth: int, cost: str) -> list[str]:
    """One activation in all layers, or one of its own for each; often an output for the cost."""
    drawn = [str(generator.choice(HIDDEN)) for _ in range(depth)]
    if generator.random() < 0.3:
        drawn = [drawn[0]] * depth
    if cost != "mean_squared_error" and generator.random() < 0.6:
        drawn[-1] = str(generator.choice(["sigmoid", "softmax"]))
    elif generator.random() < 0.1:
        drawn[-1] = "softmax"
    return drawn


def targets(generator: np.random.Generator, shape: tuple[int, int], cost: str) -> Array:
    """Shares, or one 1 in each row; for the squares of any size."""
    examples, outputs = shape
    if generator.random() < 0.5:
        chosen: Array = generator.uniform(size=shape)
    else:
        chosen = np.eye(outputs)[generator.integers(0, outputs, examples)]
    return chosen * generator.choice([1.0, 1e6, 1e-6]) if cost == "mean_squared_error" else chosen
