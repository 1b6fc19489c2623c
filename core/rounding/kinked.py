"""Identity and the rectifiers: exact to evaluate, but near the kink either slope may be right."""

import numpy as np

from core.arrays import Array
from core.rounding.bounded import Bounded
from core.rounding.rules import BoundedActivation, finished


class BoundedIdentity(BoundedActivation):
    """Nothing happens, and nothing is rounded."""


class BoundedRelu(BoundedActivation):
    """max(0, z) is exact; σ′ is 0 or 1, or 0.01 or 1."""

    def derivative(self, z: Bounded) -> Bounded:
        """Either slope where z may lie on either side of 0: their middle, ± half the gap."""
        low, high = float(self.sigma.slope), 1.0  # type: ignore[attr-defined]
        unsure = np.abs(z.value) <= z.error
        value = np.where(unsure, (low + high) / 2.0, self.sigma.derivative(z.value))
        error = np.where(unsure, (high - low) / 2.0, 0.0)
        error = error + np.where(unsure | (value == low), z.precision.u * low, 0.0)
        return finished(z, value, error).written()


class BoundedLeakyRelu(BoundedRelu):
    """0.01 is rounded, and so is the product."""

    def evaluated(self, z: Bounded, value: Array, moved: Array) -> Array:
        size = np.abs(value) + moved
        return np.where(z.value - z.error > 0, 0.0, 2.0 * z.precision.u * size + z.precision.t)
