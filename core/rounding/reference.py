"""The chapter's equations, run on numbers that carry a bound: what any right claim lies within."""

import numpy as np

from core.backprop import CHAPTER, Equations, run
from core.forward import Workings
from core.layers import Layers
from core.network import Batch, Network
from core.rounding.activations import ULPS, bounded_activation
from core.rounding.bounded import Bounded
from core.rounding.outputs import BoundedOutput
from core.rounding.precision import Precision


def bounded_start(
    network: Network, batch: Batch, precision: Precision, ulps: float = ULPS
) -> Workings:
    """Workings with nothing computed yet, whose given data carry the claimant's rounding."""
    precision = precision.averaging(batch.size)
    sigma = Layers(bounded_activation(s, ulps) for s in network.activations)
    return Workings(
        network,
        Layers(Bounded.given(W, precision) for W in network.weights),
        Layers(
            bias_in_sum(Bounded.given(b, precision), W.shape[1])
            for b, W in zip(network.biases, network.weights, strict=True)
        ),
        sigma,
        BoundedOutput(network.output, network.cost.name, sigma[network.depth], ulps),
        Bounded.given(batch.targets, precision),
        {0: Bounded.given(batch.inputs, precision)},
    )


def bias_in_sum(b: Bounded, terms: int) -> Bounded:
    """b, which may be the first term of the sum: each of the others adds a rounding to it."""
    return b.widened(terms * b.precision.u * b.size)


def stored(quantity: str, layer: int, x: Bounded) -> Bounded:
    """What a claimant keeps of a quantity: rounded to his notation."""
    del quantity, layer
    return x.written()


def bounded_workings(
    network: Network,
    batch: Batch,
    precision: Precision,
    ulps: float = ULPS,
    equations: Equations = CHAPTER,
) -> Workings:
    """All quantities of the sweep as `Bounded`, at the claimant's precision."""
    with np.errstate(all="ignore"):
        return run(bounded_start(network, batch, precision, ulps), equations, stored)
