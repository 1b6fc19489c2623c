"""Gradient descent: mini-batches, epochs, a learning rate (chapter sections 10 and 14).

W(l) ← W(l) − η ∂C/∂W(l) and b(l) ← b(l) − η ∂C/∂b(l), C being the mini-batch's own average.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.backprop import run
from core.forward import NotFinite, Workings, forward
from core.layers import Layers
from core.lessons.shuffling import order
from core.network import Batch, Network


@dataclass(frozen=True)
class Plan:
    """How to go down: η, examples in each mini-batch, rounds through all of them, a seed.

    `batch_size` may exceed N: then each mini-batch is all the examples, in the order as sent.
    """

    learning_rate: float
    batch_size: int
    epochs: int
    seed: int = 0

    def updates(self, examples: int) -> int:
        """How many steps that is for N examples.

        >>> Plan(0.5, 4, 10).updates(10)
        30
        """
        return self.epochs * -(-examples // self.batch_size)


@dataclass(frozen=True, eq=False)
class Parameters:
    """W(l) and b(l) after `epoch` rounds."""

    epoch: int
    weights: Layers[Array]
    biases: Layers[Array]


class Diverged(ArithmeticError):
    """A number overflowed on the way down: the steps are too large. `epoch` counts from 1."""

    def __init__(self, epoch: int, error: NotFinite) -> None:
        self.epoch, self.quantity, self.layer = epoch, error.quantity, error.layer
        super().__init__(f"{error} in epoch {epoch}")


def descend(network: Network, batch: Batch, plan: Plan) -> Iterator[Parameters]:
    """The parameters after every epoch, 1…epochs. Raises Diverged."""
    now = Parameters(0, network.weights, network.biases)
    for epoch in range(1, plan.epochs + 1):
        for part in mini_batches(batch, plan, epoch - 1):
            try:
                now = step(network, now, part, plan.learning_rate)
            except NotFinite as error:
                raise Diverged(epoch, error) from None
        now = Parameters(epoch, now.weights, now.biases)
        yield now


def mini_batches(batch: Batch, plan: Plan, epoch: int) -> Iterator[Batch]:
    """Every example once, in the epoch's own order."""
    if plan.batch_size >= batch.size:
        yield batch
        return
    taken = order(batch.size, plan.seed, epoch)
    for start in range(0, batch.size, plan.batch_size):
        rows = taken[start : start + plan.batch_size]
        yield Batch(batch.inputs[rows], batch.targets[rows])


def step(network: Network, now: Parameters, part: Batch, learning_rate: float) -> Parameters:
    """θ − η ∂C/∂θ for every parameter θ. Raises NotFinite."""
    w = run(begin(network, now, part))
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        pairs = [
            (now.weights[l] - learning_rate * w.weight_gradients[l],
             now.biases[l] - learning_rate * w.bias_gradients[l])
            for l in w.W.numbers
        ]  # fmt: skip
    for l, (W, b) in enumerate(pairs, start=1):
        if not (np.isfinite(W).all() and np.isfinite(b).all()):
            raise NotFinite("weights", l)
    return Parameters(now.epoch, Layers(W for W, _ in pairs), Layers(b for _, b in pairs))


def begin(network: Network, now: Parameters, part: Batch) -> Workings:
    """Workings of the network with other parameters."""
    return Workings(
        network,
        now.weights,
        now.biases,
        network.activations,
        network.output,
        part.targets,
        {0: part.inputs},
    )


def cost_of(network: Network, now: Parameters, batch: Batch) -> float:
    """C over all the examples. Raises Diverged where it overflows."""
    moved = Network(now.weights, now.biases, network.activations, network.cost)
    try:
        return float(forward(moved, batch).cost)
    except NotFinite as error:
        raise Diverged(now.epoch, error) from None
