"""What rounding can amount to, on the witness's side and on backprop's, from values alone.

Both sides multiply and add their way along the same paths between a weighted input and the cost,
one forwards and one backwards, with sums of n_l and n_(l+1) terms (γ_n ≈ n u each way, in any
order: Jeannerod & Rump 2013). A relative error made at neuron k of layer m reaches the answer of a
source in proportion to |∂z_k/∂z_source| · (|W(m+1)|ᵀ |δ(m+1)|)_k |σ slope|, of which the sweep
sees the first factor as its own column and the rest is prepared here. The sizes |δ| and slopes are
secants of the function; they only size an error and never enter a value.
"""

from collections.abc import Sequence

import numpy as np

from core.arrays import Array
from core.differences.changes import SECANT, Change
from core.differences.heads import Head
from core.layers import Layers
from core.network import Network

UNIT_ROUNDOFF = 2.0**-53
EVALUATION = 32
"""Roundings in σ, σ′, the identities and the cost at one entry, both sides together: library
functions are good to 4 units in the last place, and no formula chains more than eight steps."""

SECOND_ORDER = 2.0
"""Covers products of errors and the secants' own h: first-order bounds are exact to 1e-3."""

STEEPEST = 1.2  # no activation's slope exceeds gelu's 1.13


def roundings(
    network: Network,
    changes: Sequence[Change],
    head: Head,
    z: Sequence[Array],
    cornered: Sequence[bool],
) -> Layers[Array]:
    """For l = 1…L the rounding (N × n_l) that one unit of |s| at a weighted input brings.

    `z` holds all layers' weighted inputs, `changes` what stands above all but the last. From a
    `cornered` layer down nothing may cancel, since either branch may be the one that is taken.
    """
    sizes = network.sizes
    size, signed = head.scale(SECANT), head.secant()
    result = [unit_errors(EVALUATION) * size]
    bent = cornered[-1]
    for l in range(network.depth - 1, 0, -1):
        change, here, W = changes[l - 1], z[l - 1], network.weights[l + 1]
        slope = change.secant(here)
        bent = bent or cornered[l - 1]
        sums = np.abs(signed) @ np.abs(W)
        terms = change.steepness(here, slope) * sums
        result.append(unit_errors(sizes[l] + sizes[l + 1] + EVALUATION) * terms)
        signed = sums * np.abs(slope) if bent else (signed @ W) * slope
    return Layers(result[::-1])


def unit_errors(roundings: int) -> float:
    """γ of that many roundings, with room for second-order terms."""
    return SECOND_ORDER * roundings * UNIT_ROUNDOFF


def forward_noise(network: Network, a: dict[int, Array]) -> Layers[Array]:
    """How far rounding alone may have moved each stored z, N × n_l for l = 1…L.

    A running error bound (Higham §3.3).
    """
    carried, noise = None, []
    for l in network.weights.numbers:
        W = np.abs(network.weights[l])
        size = np.abs(a[l - 1]) @ W.T + np.abs(network.biases[l])
        moved = unit_errors(W.shape[1] + 2) * size
        if carried is not None:
            moved += carried @ W.T
        noise.append(moved)
        if l < network.depth:
            carried = STEEPEST * moved + unit_errors(EVALUATION) * np.abs(a[l])
    return Layers(noise)
