"""What POST /v1/gradients answers: the whole working of a network, and its check.

Attributes are named as the JSON. Layers are tuples: `weight_gradients[0]` belongs to layer 1.
Vectors for one example, N × n_l matrices for a batch; all arrays are float64 and read-only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from backcheck.arrays import Array
from backcheck.curve import StepCurve, step_curve
from backcheck.html import gradients_html
from backcheck.plot import plot_gradients
from backcheck.reading import Answer, Layers

Again = Callable[[Mapping[str, Any]], "Gradients"]
"""The same request with some fields changed."""


@dataclass(frozen=True)
class Comparison:
    """One entry of backprop beside the finite difference; `at` points into the answer."""

    at: str
    backprop: float
    finite_difference: float
    uncertainty: float
    ratio: float


@dataclass(frozen=True)
class Kink:
    """A parameter at which the cost has a corner: its derivative from the left and the right."""

    at: str
    left: float
    right: float


@dataclass(frozen=True)
class Operations:
    """How many arithmetic operations each way to the gradients takes."""

    forward: int
    backprop: int
    naive: int
    finite_difference: int


@dataclass(frozen=True, eq=False)
class FiniteDifference:
    """What finite differences say to the gradients; entries that were not checked are NaN.

    `agrees`: every checked entry lies within its uncertainty (at a kink: between the one-sided
    derivatives). `worst` is the entry with the largest ratio of difference to uncertainty.
    """

    agrees: bool
    parameters: int
    checked: int
    bias_gradients: Layers
    weight_gradients: Layers
    bias_uncertainties: Layers
    weight_uncertainties: Layers
    worst: Comparison | None = None
    disagreements: tuple[Comparison, ...] = ()
    kinks: tuple[Kink, ...] = ()

    def __repr__(self) -> str:
        """The outcome in one sentence."""
        outcome = "agree" if self.agrees else "DISAGREE"
        return f"finite differences {outcome} ({self.checked} of {self.parameters} checked)"


@dataclass(frozen=True, eq=False)
class Gradients(Answer):
    """Every z, a and δ, both gradients, the cost, and the finite-difference check."""

    cost: float
    z: Layers
    a: Layers
    delta: Layers
    bias_gradients: Layers
    weight_gradients: Layers
    finite_difference: FiniteDifference | None = None
    operations: Operations | None = None
    conventions: Mapping[str, Any] = field(default_factory=dict)
    request: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    again: Again | None = field(default=None, kw_only=True)

    def __repr__(self) -> str:
        """What it is, without its numbers."""
        parameters = sum(layer.size for layer in (*self.bias_gradients, *self.weight_gradients))
        check = "not checked" if self.finite_difference is None else str(self.finite_difference)
        return (
            f"<Gradients: cost {self.cost:.6g}, {len(self.z)} layers, {parameters} parameters; "
            f"{check}>"
        )

    def _repr_html_(self) -> str:
        return gradients_html(self)

    def step_curve(self, at: str | None = None) -> StepCurve:
        """How the error of a finite difference depends on its step; asks the service again.

        `at`: a parameter, as `/weights/0/1/2`; the one with the largest gradient if not given.
        """
        return step_curve(self, at)

    def plot(self, axes: Any = None) -> Any:
        """Gradient magnitudes by layer and the V curve of finite differences; needs matplotlib.

        `axes`: two matplotlib axes to draw on; a new figure if not given. Returns the figure.
        """
        return plot_gradients(self, axes)

    def magnitudes(self) -> list[tuple[Array, Array]]:
        """|∂C/∂b(l)| and |∂C/∂W(l)| of each layer, flat."""
        pairs = zip(self.bias_gradients, self.weight_gradients, strict=True)
        return [(abs(b).ravel(), abs(W).ravel()) for b, W in pairs]
