"""σ and σ′ to 50 digits on the grids of the tests, worked out once: no line of `core` is needed."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests import references

Array = NDArray[np.float64]

# Where e^|z| and its square overflow in no format (float16: |z| > 5.5), on both sides of 0.
GRID = np.concatenate([np.linspace(-5.4, 5.4, 217), [-1e-3, 1e-3, 1e-6, -1e-6]])
FAR = np.linspace(-40.0, 40.0, 161)
BOTH = np.concatenate([GRID[::6], FAR[::8]])
ERRORS = (1e-4, 0.02, 0.7)
PARTS = (-1.0, -0.4, 0.4, 1.0)  # where in its interval a number may lie


@cache
def at(name: str, z: float) -> tuple[float, float]:
    """σ(z) and σ′(z), rounded to float64 once."""
    value, slope = references.activation(name, z)
    return float(value), float(slope)


def exact(name: str, z: Array) -> tuple[Array, Array]:
    """σ and σ′ of every entry."""
    pairs = np.array([at(name, float(v)) for v in z])
    return pairs[:, 0], pairs[:, 1]


def warm() -> None:
    """Work all of it out now, for processes that part from this one."""
    for name in references.ELEMENTWISE:
        exact(name, GRID)
        for error in ERRORS:
            for part in PARTS:
                exact(name, BOTH + part * error)
