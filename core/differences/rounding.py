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
from core.differences.changes import Change
from core.differences.heads import Head, TermwiseHead
from core.layers import Layers
from core.network import Network

UNIT_ROUNDOFF = 2.0**-53
EVALUATION = 32
"""Roundings in σ, σ′, the identities and the cost at one entry, both sides together: library
functions are good to 4 units in the last place, and no formula chains more than eight steps."""

SECOND_ORDER = 2.0
"""Covers products of errors and the secants' own h: first-order bounds are exact to 1e-3."""

SECANT = 2.0**-16
STEEPEST = 1.2  # no activation's slope exceeds gelu's 1.13
OUTPUT_CHUNK = 1 << 16  # numbers in one array of output moves


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
    size = head.scale(SECANT)
    signed = output_secant(head, size)
    result = [unit_errors(EVALUATION) * size]
    bent = cornered[-1]
    for l in range(network.depth - 1, 0, -1):
        change, here, W = changes[l - 1], z[l - 1], network.weights[l + 1]
        slope = change(np.full_like(here, SECANT), SECANT) / SECANT
        bent = bent or cornered[l - 1]
        sums = np.abs(signed) @ np.abs(W)
        terms = change.steepness(here, SECANT) * sums
        result.append(unit_errors(sizes[l] + sizes[l + 1] + EVALUATION) * terms)
        signed = sums * np.abs(slope) if bent else (signed @ W) * slope
    return Layers(result[::-1])


def unit_errors(roundings: int) -> float:
    """γ of that many roundings, with room for second-order terms."""
    return SECOND_ORDER * roundings * UNIT_ROUNDOFF


def output_secant(head: Head, size: Array) -> Array:
    """The cost's secant along each output, N × n_L: one output moved at a time."""
    if isinstance(head, TermwiseHead):  # each term knows its own output only: one array for all
        return head.terms(np.full(size.shape, SECANT), SECANT) / SECANT
    outputs = size.shape[1]
    together = max(1, OUTPUT_CHUNK // (size.size if head.coupled else len(size)))
    secants = []
    for first in range(0, outputs, together):
        own = np.arange(first, min(first + together, outputs))
        moved = np.full((len(own), 1, len(size)), SECANT)
        secants.append(head.alone(moved, own, SECANT)[:, 0, :] / SECANT)
    return np.concatenate(secants).T


def forward_noise(network: Network, a: dict[int, Array]) -> Layers[Array]:
    """How far rounding alone may have moved each stored z, N × n_l for l = 1…L.

    A running error bound (Higham §3.3).
    """
    carried = np.zeros_like(a[0])
    noise = []
    for l in network.weights.numbers:
        W, b = np.abs(network.weights[l]), np.abs(network.biases[l])
        terms = np.abs(a[l - 1]) @ W.T + b
        moved = carried @ W.T + unit_errors(W.shape[1] + 2) * terms
        noise.append(moved)
        carried = STEEPEST * moved + unit_errors(EVALUATION) * np.abs(a[l])
    return Layers(noise)
