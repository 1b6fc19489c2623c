"""Workings on plain float64 arrays in which mistakes can stand: fast, for coverage."""

import numpy as np

from core.activations import Activation
from core.arrays import Array
from core.backprop import run
from core.costs import Cost, Output, output_of
from core.forward import Workings
from core.network import Batch, Network
from core.rounding.outputs import SHORTENED


class PlainOutput:
    """An output as mistakes want it: ∂C/∂a apart, and whether σ′ stands in δ(L) at all."""

    def __init__(self, output: Output, cost: Cost, activation: Activation) -> None:
        self.output, self.cost, self.activation = output, cost, activation
        self.shortened = (cost.name, activation.name) in SHORTENED
        self.has_slope = activation.elementwise and not self.shortened

    def terms(self, z: Array, a: Array, y: Array) -> Array:
        """From a alone, which need not be σ(z)."""
        return np.asarray(self.cost.terms(a, y))

    def error(self, z: Array, a: Array, y: Array) -> Array:
        """From a alone where σ′ has cancelled, else ∂C/∂a pulled back through σ.

        Softmax's Jacobian as the textbook has it: a mistaken a need not sum to 1.
        """
        if not self.activation.elementwise and not self.shortened:
            gradient = self.gradient(a, y)
            return np.asarray(a * (gradient - (gradient * a).sum(axis=-1, keepdims=True)))
        if not self.shortened:
            return np.asarray(self.activation.pull_back(z, a, self.gradient(a, y)))
        if self.cost.name == "binary_cross_entropy":
            return a - y
        if self.activation.name == "sigmoid":
            return y * (a - 1.0)
        return np.asarray(a * y.sum(axis=-1, keepdims=True) - y)

    def gradient(self, a: Array, y: Array) -> Array:
        """∂C₁/∂a."""
        return np.asarray(self.cost.gradient(a, y))

    def textbook(self) -> "PlainOutput":
        """Itself: everything here is from a alone."""
        return self

    def after(self, activation: Activation) -> "PlainOutput":
        """The same cost after another activation."""
        return PlainOutput(output_of(self.cost, activation), self.cost, activation)


def plain_workings(network: Network, batch: Batch) -> Workings:
    """The complete right workings. Raises NotFinite."""
    w = run(Workings.begin(network, batch))
    w.output = PlainOutput(w.output, network.cost, network.activations[network.depth])
    return w
