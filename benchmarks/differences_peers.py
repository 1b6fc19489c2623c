"""What users would pick instead of the witness, on the same network and batch.

Each peer checks sigmoid layers under the mean squared error. Those that take forward passes for
every parameter are timed on a part of the parameters and scaled up; what grows faster than their
number (copies of long vectors, Jacobians) is left out, in the peer's favour. Only those that are
installed take part: `make peers` brings torch and jax.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from core.arrays import Array
from core.network import Batch, Network

BUSY = os.environ.get("BENCH_CLOCK") == "cpu"
"""On a machine that others keep busy: processor time of all threads, in place of the wall's."""

clock = time.process_time if BUSY else time.perf_counter

STEADY_SECONDS = 0.2
LOOP_PART = 60  # parameters that the loops are timed on
STEP = 1e-6  # of the textbook loop


@dataclass(frozen=True)
class Peer:
    """A contender: `seconds` of a whole check, and whether it looks at every parameter."""

    name: str
    every_parameter: bool
    seconds: Callable[[], float]


def peers(network: Network, batch: Batch) -> Iterator[Peer]:
    """Those that can be imported."""
    yield Peer("textbook loop", True, lambda: loop_seconds(network, batch))
    yield Peer("scipy approx_fprime", True, lambda: scipy_seconds(network, batch))
    if find_spec("torch"):
        torch = TorchCheck(network, batch)
        yield Peer("torch gradcheck", True, torch.seconds)
    if find_spec("autograd"):
        yield Peer("autograd check_grads", False, autograd_check(network, batch))
    if find_spec("jax"):
        yield Peer("jax check_grads", False, jax_check(network, batch))


def timed(run: Callable[[], Any]) -> float:
    """Seconds of one call."""
    start = clock()
    run()
    return clock() - start


def steady(run: Callable[[], Any]) -> float:
    """The median of at least five calls, and of as many as a fifth of a second holds.

    Contenders of a few milliseconds get warm caches by it, as those that loop for minutes have.
    """
    taken: list[float] = []
    while len(taken) < 5 or sum(taken) < STEADY_SECONDS:
        taken.append(timed(run))
    return statistics.median(taken)


def parameters_of(network: Network) -> list[Array]:
    """W(1), b(1) … as arrays that may be written to."""
    pairs = zip(network.weights, network.biases, strict=True)
    return [part.copy() for pair in pairs for part in pair]


def cost_of(numpy: Any, parameters: Any, x: Any, y: Any) -> Any:
    """C by plain array code, for any library that speaks numpy."""
    a = x
    for W, b in zip(parameters[::2], parameters[1::2], strict=True):
        a = 1.0 / (1.0 + numpy.exp(-(a @ W.T + b)))
    return ((a - y) ** 2).sum() / (2 * len(y))


def loop_seconds(network: Network, batch: Batch) -> float:
    """(C(θ + h) − C(θ − h)) / 2h in a Python loop over the parameters."""
    parameters = parameters_of(network)
    x, y = batch.inputs, batch.targets
    part = min(LOOP_PART, network.parameters)
    places = np.linspace(0, network.parameters - 1, part).astype(int)
    starts = np.cumsum([0, *(array.size for array in parameters)])

    def run() -> None:
        for place in places:
            index = int(np.searchsorted(starts, place, side="right")) - 1
            flat = parameters[index].reshape(-1)
            at = place - starts[index]
            kept = flat[at]
            flat[at] = kept + STEP
            above = cost_of(np, parameters, x, y)
            flat[at] = kept - STEP
            below = cost_of(np, parameters, x, y)
            flat[at] = kept
            (above - below) / (2 * STEP)

    return timed(run) * network.parameters / part


def scipy_seconds(network: Network, batch: Batch) -> float:
    """Forward differences of a function of the flat vector, P + 1 evaluations."""
    from scipy.optimize import approx_fprime

    parameters = parameters_of(network)
    part = min(LOOP_PART, network.parameters)
    whole = np.concatenate([array.ravel() for array in parameters])

    def cost(first: Array) -> Any:
        vector = whole.copy()
        vector[:part] = first
        pieces, start = [], 0
        for array in parameters:
            pieces.append(vector[start : start + array.size].reshape(array.shape))
            start += array.size
        return cost_of(np, pieces, batch.inputs, batch.targets)

    seconds = timed(lambda: approx_fprime(whole[:part], cost))
    return seconds * (network.parameters + 1) / (part + 1)


class TorchCheck:
    """`torch.autograd.gradcheck`, slow mode: element by element, two passes for each parameter.

    Timed on the last layer's biases, and on those of the last two; the rest at the price of one
    parameter that the two times give. Small networks are timed in full.
    """

    FULL = 100  # parameters

    def __init__(self, network: Network, batch: Batch) -> None:
        import torch

        torch.set_num_threads(1)  # more cost more than they bring at these sizes
        self.torch, self.parameters = torch, network.parameters
        self.W = [torch.tensor(np.array(W)) for W in network.weights]
        self.b = [torch.tensor(np.array(b)) for b in network.biases]
        self.x = torch.tensor(np.array(batch.inputs))
        self.y = torch.tensor(np.array(batch.targets))

    def seconds(self) -> float:
        """Of a whole check."""
        if self.parameters <= self.FULL:
            return timed(lambda: self.check([*self.W, *self.b]))
        some = timed(lambda: self.check(self.b[-1:]))
        more = timed(lambda: self.check(self.b[-2:]))
        each = (more - some) / len(self.b[-2])
        return some + each * (self.parameters - len(self.b[-1]))

    def check(self, inputs: list[Any]) -> None:
        """gradcheck with these tensors, the last of W(1)…b(L), as the parameters."""
        torch = self.torch
        inputs = [tensor.clone().requires_grad_() for tensor in inputs]

        def cost(*given: Any) -> Any:
            kept = [*self.W, *self.b]
            whole = [*kept[: len(kept) - len(given)], *given]
            W, b = whole[: len(self.W)], whole[len(self.W) :]
            a = self.x
            for W_l, b_l in zip(W, b, strict=True):
                a = torch.sigmoid(torch.nn.functional.linear(a, W_l, b_l))
            return ((a - self.y) ** 2).sum() / (2 * len(self.y))

        torch.autograd.gradcheck(cost, inputs)


def autograd_check(network: Network, batch: Batch) -> Callable[[], float]:
    """One random direction of all parameters, in reverse mode."""
    import autograd.numpy as autograd_numpy
    from autograd.test_util import check_grads

    parameters = parameters_of(network)

    def cost(parameters: Any) -> Any:
        return cost_of(autograd_numpy, parameters, batch.inputs, batch.targets)

    return lambda: steady(lambda: check_grads(cost, modes=["rev"], order=1)(parameters))


def jax_check(network: Network, batch: Batch) -> Callable[[], float]:
    """The same of jax, in float64, compiled before."""
    import jax
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)
    parameters = [jax.numpy.asarray(part) for part in parameters_of(network)]
    x, y = jax.numpy.asarray(batch.inputs), jax.numpy.asarray(batch.targets)
    cost = jax.jit(lambda *parameters: cost_of(jax.numpy, parameters, x, y))

    def run() -> None:
        check_grads(cost, tuple(parameters), order=1, modes=["rev"], atol=1e-4, rtol=1e-4)

    return lambda: steady(run)
