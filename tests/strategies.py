"""Hypothesis strategies that yield requests as the contract writes them, ready for JSON.

Hypothesis draws what a network *is* (its sizes, activations, cost, regime of numbers) and a seed;
the numbers come from that seed. So a large network costs a dozen draws, not hundreds, and a failing
one shrinks to few neurons.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence

from hypothesis import settings
from hypothesis import strategies as st

from tests import references
from tests.references import Request, Scalar, number


def effort(times: float) -> settings:
    """So many times the examples of the profile: costly tests ask for fewer, central ones more."""
    return settings(deadline=None, max_examples=round(times * settings.default.max_examples))


ACTIVATIONS = (*references.ELEMENTWISE, "softmax")
COSTS = ("mean_squared_error", "binary_cross_entropy", "cross_entropy")

SHORT_DECIMALS = [k / 100 for k in range(-200, 201)]
HALVES = [0.0, 0.0, 0.0, 0.5, -0.5, 1.0, -1.0, 2.0]


def _sign(rng: random.Random) -> float:
    return rng.choice([-1.0, 1.0])


REGIMES: dict[str, Callable[[random.Random], float]] = {
    "zeros": lambda rng: rng.choice(HALVES),
    "short_decimals": lambda rng: rng.choice(SHORT_DECIMALS),
    "near_one": lambda rng: _sign(rng) * rng.uniform(0.5, 2.0),
    "wide": lambda rng: _sign(rng) * rng.uniform(1.0, 10.0) * 10.0 ** rng.randint(-3, 3),
    "saturating": lambda rng: _sign(rng) * rng.uniform(20.0, 400.0),
}

# Where a bias keeps the activation well inside (0, 1), while the weighted inputs move it by
# at most REACH: then both logarithms of both entropies exist.
REACH = 0.1
INSIDE_UNIT_INTERVAL = {
    "identity": (0.2, 0.8),
    "relu": (0.2, 0.8),
    "leaky_relu": (0.2, 0.8),
    "elu": (0.2, 0.8),
    "tanh": (0.3, 1.0),
    "softplus": (-2.0, 0.2),
    "silu": (0.4, 1.0),
    "gelu": (0.3, 0.9),
}

# Nearer to a kink than this, relative to the terms of z, float64 may see it from the other side.
KINK_MARGIN = 1e-9


@st.composite
def networks(
    draw: st.DrawFn,
    *,
    activations: Sequence[str] = ACTIVATIONS,
    costs: Sequence[str] = COSTS,
    regimes: Sequence[str] = tuple(REGIMES),
    max_layers: int = 5,
    max_width: int = 6,
    max_examples: int = 5,
) -> Request:
    """A random network with inputs and targets for which its cost is defined.

    1 to `max_layers` layers, 1 to `max_width` wide; one example as vectors, or a batch of 1 to
    `max_examples`. `softmax` stands on the last layer only. No weighted input of `relu` or
    `leaky_relu` lies so near its kink that float64 could err about the side, except exactly on it
    where float64 is exact.
    """
    sizes = draw(st.lists(st.integers(1, max_width), min_size=2, max_size=max_layers + 1))
    N = draw(st.none() | st.integers(1, max_examples))
    names = _draw_names(draw, activations, len(sizes) - 1)
    cost = draw(st.sampled_from(list(costs)))
    regime = draw(st.sampled_from(list(regimes)))
    input_regime = draw(st.sampled_from(list(regimes)))
    rng = random.Random(draw(st.integers(0, 2**32 - 1)))

    request: Request = {
        "weights": [
            [[REGIMES[regime](rng) for _ in range(sources)] for _ in range(targets)]
            for sources, targets in itertools.pairwise(sizes)
        ],
        "biases": [[REGIMES[regime](rng) for _ in range(size)] for size in sizes[1:]],
        "activation": names,
        "input": [[REGIMES[input_regime](rng) for _ in range(sizes[0])] for _ in range(N or 1)],
        "target": [_target(rng, cost, names[-1], sizes[-1]) for _ in range(N or 1)],
        "cost": cost,
    }
    _leave_kinks(request, exact={regime, input_regime} == {"zeros"})
    if cost != "mean_squared_error" and names[-1] in INSIDE_UNIT_INTERVAL:
        _keep_outputs_inside(request, rng)
    return _as_written(draw, request, N)


def _draw_names(draw: st.DrawFn, activations: Sequence[str], L: int) -> list[str]:
    hidden = [name for name in activations if name != "softmax"]
    last = draw(st.sampled_from(list(activations)))
    if last != "softmax" and draw(st.booleans()):
        return [last] * L
    return [*(draw(st.sampled_from(hidden)) for _ in range(L - 1)), last]


def _target(rng: random.Random, cost: str, name: str, width: int) -> list[float]:
    """One target for which the cost is defined: any for the squares, else within [0, 1]."""
    if cost == "mean_squared_error":
        regime = REGIMES[rng.choice(["zeros", "short_decimals", "near_one"])]
        return [regime(rng) for _ in range(width)]
    if cost == "binary_cross_entropy" and name == "softmax" and width == 1:
        return [1.0]
    if rng.random() < 0.5:
        hot = rng.randrange(width)
        return [float(j == hot) for j in range(width)]
    return [rng.choice([0.0, 1.0, round(rng.random(), 2), rng.random()]) for _ in range(width)]


def _activations_below(request: Request, l: int) -> list[list[float]]:
    """The activations of layer l − 1 (from 0: of the input), for each example, roughly."""
    weights, biases = references.each(
        [request["weights"][:l], request["biases"][:l]], lambda entry: Scalar(number(entry))
    )
    below = []
    for x in request["input"]:
        _, a = references.forward(weights, biases, request["activation"][:l], x)
        below.append([float(node.value) for node in a[-1]] if l else x)
    return below


def _keep_outputs_inside(request: Request, rng: random.Random) -> None:
    """Shrink the last weights and choose the last biases so that the outputs lie in (0, 1).

    A neuron whose targets are all 0 takes no part in cross_entropy and stays as it is.
    """
    low, high = INSIDE_UNIT_INTERVAL[request["activation"][-1]]
    below = _activations_below(request, len(request["weights"]) - 1)
    for j, row in enumerate(request["weights"][-1]):
        counts = any(y[j] for y in request["target"])
        if request["cost"] == "cross_entropy" and not counts:
            continue
        reach = max(sum(abs(w * a_k) for w, a_k in zip(row, a, strict=True)) for a in below)
        if reach > REACH:
            row[:] = [w * (REACH / reach) for w in row]
        request["biases"][-1][j] = rng.uniform(low, high)


def _leave_kinks(request: Request, exact: bool) -> None:
    """Move a bias of `relu` or `leaky_relu` by 1 for as long as a z of it lies too near 0."""
    for l, name in enumerate(request["activation"]):
        if name in ("relu", "leaky_relu"):
            below = _activations_below(request, l)
            biases = request["biases"][l]
            for j, row in enumerate(request["weights"][l]):
                while any(_is_doubtful(row, biases[j], a, exact) for a in below):
                    biases[j] += 1.0
        exact = exact and name in ("identity", "relu")


def _is_doubtful(row: list[float], bias: float, a: list[float], exact: bool) -> bool:
    """Whether float64 could see this z on the wrong side of 0."""
    terms = [bias, *(w * a_k for w, a_k in zip(row, a, strict=True))]
    z = math.fsum(terms)
    if exact and z == 0:
        return False
    return abs(z) <= KINK_MARGIN * sum(map(abs, terms)) and any(terms)


def _as_written(draw: st.DrawFn, request: Request, N: int | None) -> Request:
    """The shorter ways to write the same request, where there are any: each now and then."""
    written = dict(request)
    if N is None:
        written["input"], written["target"] = request["input"][0], request["target"][0]
    if len(set(request["activation"])) == 1 and draw(st.booleans()):
        written["activation"] = request["activation"][0]
    if request["cost"] == "mean_squared_error" and draw(st.booleans()):
        del written["cost"]
    return written


@st.composite
def dyadic_networks(draw: st.DrawFn) -> Request:
    """Small networks of `identity` and `relu` on which float64 makes no rounding error at all.

    Weights are quarters up to 2, inputs and targets halves up to 4, in 3 layers of 3 neurons at
    most: every product and every sum on the way, the squares included, is a multiple of 2⁻¹⁷ below
    2²⁴, in any order. N is 1, 2 or 4, so that 1/N is exact too.
    """
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=4))
    N = draw(st.sampled_from([None, 1, 2, 4]))
    quarters = st.integers(-8, 8).map(lambda k: k / 4)
    halves = st.integers(-8, 8).map(lambda k: k / 2)

    def vector(numbers: st.SearchStrategy[float], size: int) -> list[float]:
        return draw(st.lists(numbers, min_size=size, max_size=size))

    request: Request = {
        "weights": [
            [vector(quarters, sources) for _ in range(targets)]
            for sources, targets in itertools.pairwise(sizes)
        ],
        "biases": [vector(quarters, size) for size in sizes[1:]],
        "activation": [draw(st.sampled_from(["identity", "relu"])) for _ in sizes[1:]],
        "input": [vector(halves, sizes[0]) for _ in range(N or 1)],
        "target": [vector(halves, sizes[-1]) for _ in range(N or 1)],
        "cost": "mean_squared_error",
    }
    return _as_written(draw, request, N)
