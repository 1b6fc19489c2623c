"""The order in which gradient descent takes the examples: seeded, the same on every machine.

Epoch e sorts the examples by the numbers e·N + 1 … (e + 1)·N of SplitMix64's stream (Steele, Lea
and Flood 2014), here for a whole epoch at once.
"""

import numpy as np
from numpy.typing import NDArray

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
MASK = 2**64 - 1


def order(examples: int, seed: int, epoch: int) -> NDArray[np.intp]:
    """Which example comes when in an epoch, epochs counted from 0.

    >>> order(5, 7, 0).tolist(), order(5, 7, 1).tolist() == order(5, 7, 0).tolist()
    ([1, 0, 4, 3, 2], False)
    """
    return np.argsort(stream(seed, epoch * examples, examples), kind="stable")


def stream(seed: int, start: int, count: int) -> NDArray[np.uint64]:
    """The numbers start + 1 … start + count of a seed's stream; integers wrap, as they should."""
    states = np.arange(count, dtype=np.uint64) + np.uint64((start + 1) & MASK)
    z = states * GOLDEN + np.uint64(seed & MASK)
    z = (z ^ (z >> np.uint64(30))) * FIRST
    z = (z ^ (z >> np.uint64(27))) * SECOND
    return z ^ (z >> np.uint64(31))
