"""What the lesson endpoints answer: the chain rule walked, and gradient descent.

Attributes are named as the JSON; layers count from 1 and neurons from 0 in `neurons`.
"""

from __future__ import annotations

from dataclasses import dataclass

from backcheck.arrays import Array
from backcheck.reading import Answer, Layers


@dataclass(frozen=True)
class Factor:
    """One factor of the chain rule; `shared`: it is part of a δ that other parameters use too."""

    symbol: str
    value: float
    latex: str = ""
    shared: bool = False


@dataclass(frozen=True)
class Path:
    """One way from the parameter's neuron to the output: (layer, neuron), and its product."""

    neurons: tuple[tuple[int, ...], ...]
    product: float
    factors: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Derivation(Answer):
    """The chain-rule walk to one parameter; the sum over all paths is its gradient."""

    at: str
    symbol: str
    gradient: float
    factors: tuple[Factor, ...] = ()
    paths: tuple[Path, ...] = ()
    path_count: str = "0"
    listed: int = 0
    sum: float | None = None

    def __repr__(self) -> str:
        """What it is, without its factors."""
        return f"<Derivation: {self.symbol} = {self.gradient:.6g}, {self.path_count} paths>"


@dataclass(frozen=True, eq=False)
class Update(Answer):
    """Where gradient descent leads; `costs` along the way."""

    weights: Layers
    biases: Layers
    cost_before: float
    cost_after: float
    costs: Array

    def __repr__(self) -> str:
        """How far the cost went down."""
        return f"<Update: cost {self.cost_before:.6g} → {self.cost_after:.6g}>"
