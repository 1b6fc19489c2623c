"""Gradient descent: each step by hand, seeded order, and a network that learns."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.backprop import backpropagate
from core.costs import COSTS
from core.lessons.descent import Diverged, Parameters, Plan, cost_of, descend, mini_batches
from core.lessons.shuffling import order, stream
from core.network import Batch, Network
from core.verdict.challenges import SplitMix64
from tests.core.worked import batch_of, network_of
from tests.references import Request
from tests.strategies import networks

GOLDEN = Path(__file__).parents[2] / "golden"
XOR = Batch.of([[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]])


def last(network: Network, batch: Batch, plan: Plan) -> Parameters:
    for now in descend(network, batch, plan):
        found = now
    return found


def small() -> Network:
    rng = np.random.default_rng(5)
    return Network.of(
        [rng.normal(size=(3, 2)).round(2), rng.normal(size=(1, 3)).round(2)],
        [rng.normal(size=3).round(2), rng.normal(size=1).round(2)],
        [ACTIVATIONS["tanh"](), ACTIVATIONS["sigmoid"]()],
        COSTS["binary_cross_entropy"](),
    )


def test_mazurs_updated_weights() -> None:
    """One step with η = 0.5 gives each weight that Mazur printed, to half a unit of his digits."""
    mazur = json.loads((GOLDEN / "mazur.json").read_text(encoding="utf-8"))
    network, batch = network_of(mazur["request"]), batch_of(mazur["request"])
    after = last(network, batch, Plan(mazur["learning_rate"], 1, 1))
    for line in mazur["updated"]:
        name, *steps = line["at"].strip("/").split("/")
        l, j, *k = map(int, steps)
        found = float(getattr(after, name)[l + 1][(j, *k)])
        half_a_unit = Decimal(5).scaleb(-line["decimals"] - 1)
        assert abs(Decimal(found) - Decimal(line["printed"])) <= half_a_unit


@settings(max_examples=60)
@given(networks(regimes=["short_decimals", "near_one"], max_layers=3), st.integers(1, 3))
def test_each_step_goes_against_the_gradient(request: Request, size: int) -> None:
    """After an epoch each parameter is what θ − η ∂C/∂θ gives, mini-batch after mini-batch."""
    network, batch = network_of(request), batch_of(request)
    plan = Plan(0.01, size, 1, seed=3)
    try:
        found = last(network, batch, plan)
    except Diverged:
        return
    for part in mini_batches(batch, plan, 0):
        w = backpropagate(network, part)
        network = Network.of(
            [w.W[l] - 0.01 * w.weight_gradients[l] for l in w.W.numbers],
            [w.b[l] - 0.01 * w.bias_gradients[l] for l in w.W.numbers],
            list(network.activations),
            network.cost,
        )
    for l in network.weights.numbers:
        assert np.array_equal(found.weights[l], network.weights[l])
        assert np.array_equal(found.biases[l], network.biases[l])


@settings(max_examples=60)
@given(st.integers(1, 40), st.integers(1, 50), st.integers(0, 2**63 - 1), st.integers(0, 5))
def test_an_epoch_sees_every_example_once(N: int, size: int, seed: int, epoch: int) -> None:
    """Mini-batches of the size asked for, the last one perhaps smaller, hold every example once."""
    batch = Batch.of(np.arange(N)[:, None], np.arange(N)[:, None])
    plan = Plan(0.1, size, 1, seed)
    parts = list(mini_batches(batch, plan, epoch))
    assert len(parts) == plan.updates(N)
    assert all(part.size == min(size, N) for part in parts[:-1])
    seen = np.concatenate([part.inputs[:, 0] for part in parts])
    assert sorted(seen) == list(range(N))
    assert all(np.array_equal(part.inputs, part.targets) for part in parts)


def test_the_stream_is_split_mix() -> None:
    """All numbers at once are those that the scalar generator gives one by one, for any seed."""
    for seed in (0, 7, 2**63 - 1):
        scalar = SplitMix64(seed)
        assert stream(seed, 0, 20).tolist() == [scalar.bits() for _ in range(20)]
        assert stream(seed, 5, 5).tolist() == stream(seed, 0, 10).tolist()[5:]


def test_the_order_depends_on_seed_and_epoch_only() -> None:
    """The same seed has the same order again; another seed or epoch has another."""
    assert order(50, 1, 2).tolist() == order(50, 1, 2).tolist()
    assert order(50, 1, 2).tolist() != order(50, 2, 2).tolist()
    assert order(50, 1, 2).tolist() != order(50, 1, 3).tolist()
    firsts = [int(order(4, seed, 0)[0]) for seed in range(4000)]
    # 1,000 of each expected; three in a thousand leave ±3σ = ±82 for a fair order.
    assert all(abs(firsts.count(i) - 1000) < 110 for i in range(4))


def test_runs_repeat_to_the_bit() -> None:
    """The same network, plan and seed arrive at the same numbers."""
    plan = Plan(0.3, 2, 20, seed=9)
    one, two = last(small(), XOR, plan), last(small(), XOR, plan)
    other = last(small(), XOR, Plan(0.3, 2, 20, seed=10))
    for l in (1, 2):
        assert np.array_equal(one.weights[l], two.weights[l])
    assert not np.array_equal(one.weights[1], other.weights[1])


def test_going_on_is_the_same_as_going_far() -> None:
    """Ten epochs, and ten more from there, are twenty at once for a plan without an order."""
    plan, far = Plan(0.3, 4, 10), Plan(0.3, 4, 20)
    half = last(small(), XOR, plan)
    network = small()
    again = Network(half.weights, half.biases, network.activations, network.cost)
    for l in (1, 2):
        assert np.array_equal(last(again, XOR, plan).weights[l], last(network, XOR, far).weights[l])


def test_xor_is_learned() -> None:
    """4,000 epochs of plain gradient descent take XOR's cost below 0.001."""
    network = small()
    assert cost_of(network, Parameters(0, network.weights, network.biases), XOR) > 0.5
    assert cost_of(network, last(network, XOR, Plan(2.0, 4, 4000)), XOR) < 0.001


@pytest.mark.parametrize("rate", [1e5, 1e300])
def test_divergence_is_told(rate: float) -> None:
    """Steps that are too large raise, with the epoch in which a number overflowed."""
    network = Network.of([[[2.0]]], [[0.0]], [ACTIVATIONS["identity"]()],
                         COSTS["mean_squared_error"]())  # fmt: skip
    with pytest.raises(Diverged) as caught:
        last(network, Batch.of([[3.0]], [[1.0]]), Plan(rate, 1, 100))
    assert 1 <= caught.value.epoch <= 100


def test_a_rate_of_zero_stays_where_it_is() -> None:
    """η = 0 changes nothing, to the bit."""
    network = small()
    found: Any = last(network, XOR, Plan(0.0, 1, 3))
    for l in (1, 2):
        assert np.array_equal(found.weights[l], network.weights[l])
