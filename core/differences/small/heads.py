"""What an example's last activations make of its cost, plainly, in the complex plane, and moved."""

from abc import ABC, abstractmethod
from typing import TypeAlias

from core.differences.small.curves import Curve

Floats: TypeAlias = list[float]
Complexes: TypeAlias = list[complex]


class Head(ABC):
    """An example's cost about its stored z(L), a(L) and y.

    `secants` are the cost's along each output alone.
    """

    secants: Floats

    @abstractmethod
    def change(self, moves: Floats) -> float:
        """When every output's weighted input moves."""

    @abstractmethod
    def alone(self, j: int, s: float) -> float:
        """When that of output j moves."""

    @abstractmethod
    def scales(self, step: float) -> Floats:
        """How large the terms of ∂C₁/∂z are after moves of some step, for each output."""

    @abstractmethod
    def rounded(self, step: float) -> Floats:
        """What rounding of a may do to each cost term, for the same."""


class Output(ABC):
    """A cost after an activation, of one example."""

    @abstractmethod
    def head(self, curve: Curve, z: Floats, a: Floats, y: Floats) -> Head:
        """Prepared for moves."""

    @abstractmethod
    def values(self, z: Floats, a: Floats, y: Floats) -> Floats:
        """Each output's term."""

    @abstractmethod
    def analytic(self, z: Complexes, a: Complexes, y: Floats) -> complex:
        """Their sum."""
