"""No false alarm: right numbers of independent claimants, whole networks, every precision."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.backprop import backpropagate
from core.costs import COSTS
from core.forward import NotFinite
from core.network import Batch, Network
from core.rounding.precision import (
    FLOAT16,
    FLOAT32,
    FLOATS,
    Precision,
    decimals,
    significant_digits,
)
from core.rounding.reference import bounded_start, bounded_workings
from core.verdict.claims import Claimed, Claims
from core.verdict.judgement import as_bounded, fits
from tests.claimants import Exercise, Notation, claimant, claims_of, exercise

KINDS = (*FLOATS, "decimals", "digits")


def as_network(e: Exercise) -> tuple[Network, Batch]:
    kinds = [ACTIVATIONS[name]() for name in e.activations]
    network = Network.of(e.weights, e.biases, kinds, COSTS[e.cost]())
    return network, Batch.of(e.inputs, e.targets)


def claimed_at(
    kind: str, places: int, e: Exercise, rng: np.random.Generator
) -> tuple[Precision, dict]:  # type: ignore[type-arg]
    if kind in FLOATS:
        return FLOATS[kind], claims_of(claimant(rng, kind), e)
    always = bool(rng.random() < 0.5)
    notation = Notation(decimals=places, always=always)
    if kind == "digits":
        notation = Notation(digits=places + 1, always=always)
    base = str(rng.choice(["float32", "float64"]))
    precision = decimals(places) if kind == "decimals" else significant_digits(places + 1)
    return precision, claims_of(claimant(rng, base, notation), e)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, 2**32 - 1), st.sampled_from(KINDS), st.integers(0, 7), st.sampled_from([3, 12])
)
def test_no_right_claim_is_called_wrong(seed: int, kind: str, places: int, wide: int) -> None:
    """Any order of sums, any usual formula, rounded always or at the end: inside the bounds."""
    rng = np.random.default_rng(seed)
    e = exercise(rng, most_layers=4, most_wide=wide, most_examples=8)
    network, batch = as_network(e)
    try:
        backpropagate(network, batch)
    except NotFinite:
        return
    precision, values = claimed_at(kind, places, e, rng)
    claims = Claims({key: Claimed(v, np.isfinite(v)) for key, v in values.items()})
    reference = bounded_workings(network, batch, precision)
    for key in claims:
        assert fits(claims[key], as_bounded(reference, key)).all(), key


def test_bounds_are_tight_on_networks_of_a_course() -> None:
    """In float32 some error uses a fifth of its bound, also without kinks."""
    used = {"z": 0.0, "weight_gradients": 0.0}
    for seed in range(250):
        rng = np.random.default_rng(seed)
        e = exercise(rng, most_layers=2, most_wide=10, most_examples=4)
        if e.temper != "course" or set(e.activations) & {"relu", "leaky_relu"}:
            continue
        network, batch = as_network(e)
        values = claims_of(claimant(rng, "float32"), e)
        reference = bounded_workings(network, batch, FLOAT32)
        for (quantity, l), v in values.items():
            if quantity in used:
                bounded = as_bounded(reference, (quantity, l))
                ratio = np.abs(v - bounded.value) / bounded.error
                used[quantity] = max(used[quantity], float(ratio.max()))
    assert used["z"] >= 0.2
    assert used["weight_gradients"] >= 0.05


def one_layer(n: int, N: int = 1) -> tuple[Network, Batch]:
    weights, biases = np.full((1, n), 2.0**-11), np.array([3.0])
    network = Network.of(
        [weights], [biases], [ACTIVATIONS["identity"]()], COSTS["mean_squared_error"]()
    )
    return network, Batch.of(np.ones((N, n)), np.full((N, 1), 0.5))


def test_a_bias_may_be_the_first_term_of_the_sum() -> None:
    """3 + 2⁻¹¹ + 2⁻¹¹ + … stands still at 3 in float16, however many terms there are."""
    network, batch = one_layer(200)
    total = np.float16(3.0)
    for _ in range(200):
        total = np.float16(total + np.float16(2.0**-11))
    bounded = bounded_workings(network, batch, FLOAT16).z[1]
    assert float(total) != bounded.value[0, 0]
    assert abs(float(total) - bounded.value[0, 0]) <= bounded.error[0, 0]


@pytest.mark.parametrize("N", [1, 8])
def test_data_carry_the_claimants_rounding(N: int) -> None:
    """Inputs, targets, weights and biases start with a rounding; an underflow counts N times."""
    network, batch = one_layer(3, N)
    start = bounded_start(network, batch, FLOAT16)
    assert start.a[0].error == pytest.approx(2.0**-11 + N * 2.0**-25, rel=1e-3)
    assert start.y.error == pytest.approx(2.0**-12 + N * 2.0**-25, rel=1e-3)
    assert start.W[1].error == pytest.approx(2.0**-22 + N * 2.0**-25, rel=1e-3)
    assert start.b[1].error == pytest.approx(4 * 3 * 2.0**-11, rel=1e-2)


def test_every_stored_quantity_is_written() -> None:
    """With three decimals z, a, the cost, δ and both gradients have half a unit at the least."""
    network, batch = one_layer(3, 2)
    w = bounded_workings(network, batch, decimals(3))
    stored = [w.z[1], w.a[1], w.cost, w.delta[1], w.bias_gradients[1], w.weight_gradients[1]]
    assert all((np.asarray(x.error) >= 0.5e-3).all() for x in stored)
    assert w.a[1].error.max() >= 2 * 0.5e-3  # z was written before
