"""The plan in chunks finds what the whole plan finds, wherever it is cut and in whatever order."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.backprop import backpropagate
from core.costs import COSTS
from core.differences.check import Options
from core.differences.chunks import Checked, chunks
from core.differences.softmax_heads import extent_of
from core.differences.summary import Summary, joined
from core.differences.witness import check
from core.forward import Workings
from core.network import Batch, Network
from service.jobs import summary_json
from service.jobs.checking import Check, packed, unpacked

ALL = Options(entries="all", seed=5)
SIZES = (6, 40, 30, 5)


def workings(activation: str = "tanh", examples: int = 3, sizes: Any = SIZES) -> Workings:
    generator = np.random.default_rng(11)
    network = Network.of(
        [generator.normal(size=(n, m)) for m, n in pairwise(sizes)],
        [generator.normal(size=n) for n in sizes[1:]],
        [ACTIVATIONS[activation]() for _ in sizes[1:]],
        COSTS["mean_squared_error"](),
    )
    inputs = generator.normal(size=(examples, sizes[0]))
    return backpropagate(network, Batch.of(inputs, generator.normal(size=(examples, sizes[-1]))))


def in_chunks(w: Workings, options: Options, flops: float) -> list[Summary]:
    checked = Checked(w, options)
    return [checked.run(chunk) for chunk in chunks(checked.extent, flops)]


def same_as_whole(w: Workings, options: Options, flops: float) -> int:
    """Compare with the whole check; how many chunks there were."""
    parts, whole = in_chunks(w, options, flops), check(w, options)
    found = reduce(joined, parts)
    assert (found.checked, found.disagreed) == (whole.checked, whole.disagreed)
    assert found.agrees == whole.agrees
    assert found.disagreements == whole.disagreements
    assert found.kinks == whole.kinks
    assert found.second_opinion is None or whole.second_opinion is not None
    if found.second_opinion is not None and whole.second_opinion is not None:
        assert found.second_opinion.entries == whole.second_opinion.entries
    assert len(found.directions) == len(whole.directions)
    assert found.worst is not None
    assert whole.worst is not None
    # Where all agree the ratio is rounding over its bound, and BLAS may sum a chunk's rows in
    # another order: that moves it by a small part of the bound.
    assert found.worst.ratio == pytest.approx(whole.worst.ratio, abs=0.01)
    return len(parts)


@pytest.mark.parametrize("flops", [1.0, 3e7, 1e8, 1e13])
@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
def test_the_cut_changes_nothing(activation: str, flops: float) -> None:
    """From one task a chunk to one chunk for all."""
    same_as_whole(workings(activation, examples=200), ALL, flops)


def test_it_is_cut_at_all() -> None:
    """A smallest chunk is one task of the plan, and there are several."""
    assert same_as_whole(workings(examples=400), ALL, 1.0) > 5


@pytest.mark.parametrize(
    "options", [replace(ALL, method="complex"), replace(ALL, order=2, step=1e-3)]
)
def test_methods_and_steps(options: Options) -> None:
    """Whatever is asked of the check is asked of each chunk."""
    same_as_whole(workings(examples=100), options, 2e7)


def test_chunks_cover_every_source_once() -> None:
    """In order, without gaps, with the plan's own cost in all."""
    w = workings(examples=300)
    cut = chunks(extent_of(w.network, 300), 3e7)
    assert [c.first for c in cut] == [0, *(c.last for c in cut[:-1])]
    assert cut[-1].last == sum(SIZES[1:])
    assert sum(c.flops for c in cut) == check(w, ALL).operations


@pytest.mark.parametrize(
    ("kind", "layer", "index"),
    [
        ("weight_gradients", 1, (39, 5)),
        ("weight_gradients", 3, (0, 0)),
        ("bias_gradients", 2, (7,)),
    ],
)
def test_a_wrong_entry_is_found_in_its_place(kind: str, layer: int, index: tuple[int, ...]) -> None:
    """Its address is the network's, not the chunk's; no other entry disagrees."""
    w = workings(examples=200)
    wrong = getattr(w, kind)[layer].copy()
    wrong[index] *= 1.0 + 1e-6
    getattr(w, kind)[layer] = wrong
    parts = in_chunks(w, ALL, 2e7)
    found = reduce(joined, parts)
    assert len(parts) > 3
    assert [entry.at for entry in found.disagreements] == [(kind, layer, index)]
    assert found.disagreed == 1
    assert not found.agrees
    assert found.worst == found.disagreements[0]


def test_everything_wrong_is_listed_a_hundred_times() -> None:
    """The list is bounded and holds the worst; the count is not bounded."""
    w = workings(examples=100)
    for l in w.W.numbers:
        w.weight_gradients[l] = w.weight_gradients[l] * 1.01 + 1e-3
    found = reduce(joined, in_chunks(w, ALL, 2e7))
    whole = check(w, ALL)
    assert found.disagreed == whole.disagreed > 1000
    assert len(found.disagreements) == 100
    assert {e.at for e in found.disagreements} == {e.at for e in whole.disagreements}


def test_joining_does_not_depend_on_the_grouping() -> None:
    """Left to right or in two halves: the same summary."""
    w = workings("relu", examples=150)
    w.weight_gradients[2] = w.weight_gradients[2] * 1.1
    parts = in_chunks(w, ALL, 2e7)
    half = len(parts) // 2
    assert half > 1
    left, right = reduce(joined, parts[:half]), reduce(joined, parts[half:])
    assert joined(left, right) == reduce(joined, parts)


def test_summaries_as_text() -> None:
    """What the store keeps is the summary to the last bit, infinity included."""
    w = workings("relu", examples=150)
    w.z[1][0, 3] = 0.0
    w.bias_gradients[1] = w.bias_gradients[1] + 1.0
    found = reduce(joined, in_chunks(w, ALL, 3e7))
    assert found.disagreements
    assert summary_json.loaded(summary_json.dumped(found)) == found
    assert found.worst is not None
    endless = replace(found, worst=replace(found.worst, ratio=float("inf")))
    assert summary_json.loaded(summary_json.dumped(endless)) == endless


def test_a_check_as_bytes() -> None:
    """A worker gets the very network, and finds the very same."""
    w = workings("leaky_relu", examples=4)
    network = w.network
    options = replace(ALL, order=2, step=2.0**-12)
    sent = Check(network, Batch.of(w.a[0], w.y), options)
    got = unpacked(packed(sent))
    assert got.options == options
    for l in network.weights.numbers:
        assert got.network.weights[l].tobytes() == network.weights[l].tobytes()
        assert got.network.biases[l].tobytes() == network.biases[l].tobytes()
    assert got.batch.inputs.tobytes() == w.a[0].tobytes()
    assert got.chunks == sent.chunks
    assert got.run(0) == sent.run(0)


def test_the_complex_step_needs_analytic_activations() -> None:
    """As the whole check refuses them."""
    with pytest.raises(ValueError, match="relu"):
        Checked(workings("relu"), replace(ALL, method="complex"))
