"""How much work a request is, in floating-point operations, estimated before any of it is done.

Estimates, not counts: a small array costs Python and numpy more than arithmetic, so each layer
brings a sum of its own, in the operations that a core does meanwhile (some 10⁹ a second).
"""

from collections.abc import Sequence
from itertools import pairwise

from core.differences.check import Options
from core.differences.plan import every_flops, source_flops
from core.differences.softmax_heads import extent_of
from core.network import Batch, Network
from core.verdict.challenges import ATTEMPTS
from core.verdict.mistakes.table import CATALOGUE
from schemas.network import Exercise

PRODUCT_OPERATIONS = 6
"""A product and a sum for each weight and example: forward, back (BP2), and in BP4."""
ACTIVATION_OPERATIONS = 50
"""σ, σ′ and the printing of z, a and δ, for each neuron and example."""
LAYER_OPERATIONS = 30_000
"""Python and numpy on a layer, forward and back: thirty microseconds."""
CHECKED_LAYER_OPERATIONS = 300_000
"""The same in a finite-difference check, which looks at corners and rounding too."""
EXPLAINED_LAYER_OPERATIONS = 50_000
"""The same for each mistake of the catalogue that a verification makes on purpose."""


def workings_operations(network: Network, batch: Batch) -> int:
    """Forward and back."""
    neurons = sum(network.sizes)
    numbers = PRODUCT_OPERATIONS * network.parameters + ACTIVATION_OPERATIONS * neurons
    return batch.size * numbers + LAYER_OPERATIONS * network.depth


def gradient_operations(network: Network, batch: Batch, options: Options | None) -> int:
    """Forward, back, and the check if there is one."""
    workings = workings_operations(network, batch)
    if options is None:
        return workings
    checked = check_operations(network, batch, options)
    return workings + checked + CHECKED_LAYER_OPERATIONS * network.depth


def check_operations(network: Network, batch: Batch, options: Options) -> int:
    """What checking all entries takes, or a sample that falls into the dearest neurons."""
    extent = extent_of(network, batch.size)
    if options.entries == "all":
        return every_flops(extent)
    costs = source_flops(extent)
    if options.entries == "auto":
        return min(every_flops(extent), max(int(options.budget), *costs))
    return sum(
        min(n, options.entries) * cost for n, cost in zip(network.sizes[1:], costs, strict=True)
    )


def verification_operations(exercise: Exercise) -> int:
    """What coverage takes: the diagnosis stops at a budget of its own."""
    return catalogue_operations(exercise.network.sizes, exercise.batch.size)


def challenge_operations(sizes: Sequence[int], examples: int) -> int:
    """The same for every network that may be drawn."""
    return ATTEMPTS * catalogue_operations(sizes, examples)


def catalogue_operations(sizes: Sequence[int], examples: int) -> int:
    """Every mistake of the catalogue once at every layer."""
    layers = list(pairwise(sizes))
    products = examples * sum(source * into for source, into in layers)
    each = PRODUCT_OPERATIONS * products + EXPLAINED_LAYER_OPERATIONS
    return len(CATALOGUE) * len(layers) * each
