"""An output layer as mistakes want it: ∂C/∂a apart, and whether σ′ stands in δ(L) at all."""

from typing import Any, Protocol, cast

from core.arrays import Numbers
from core.costs import Output
from core.forward import Workings


class OpenOutput(Output, Protocol):
    """What the outputs of plain and of bounded workings offer beyond `Output`.

    `shortened`: σ′ has cancelled out of δ(L), as cross-entropies do with their own activation;
    `has_slope`: δ(L) is ∂C/∂a ⊙ σ′, entry by entry.
    """

    activation: Any

    @property
    def shortened(self) -> bool: ...

    @property
    def has_slope(self) -> bool: ...

    def gradient(self, a: Numbers, y: Numbers) -> Numbers:
        """∂C₁/∂a."""

    def textbook(self) -> "OpenOutput":
        """The same from a alone, for an a that need not be σ(z)."""

    def after(self, activation: Any) -> "OpenOutput":
        """The same cost after another activation."""


def opened(w: Workings) -> OpenOutput:
    """The output of workings in which mistakes may stand."""
    return cast(OpenOutput, w.output)
