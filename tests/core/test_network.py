"""Networks and batches say what is wrong with them, and stay as they were made."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from core.activations import Activation, Sigmoid, Softmax
from core.costs import CrossEntropy, MeanSquaredError, SoftmaxCrossEntropy
from core.network import Batch, Network, layer_pairs

W = [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[1.0, 2.0, 3.0]]]
b = [[1.0, 2.0, 3.0], [4.0]]


def network(weights: Any = W, biases: Any = b, sigma: list[Activation] | None = None) -> Network:
    return Network.of(weights, biases, sigma or [Sigmoid(), Sigmoid()], MeanSquaredError())


def test_a_network_knows_its_sizes() -> None:
    """2–3–1 has L = 2, sizes (2, 3, 1) and 3·2 + 3 + 1·3 + 1 = 13 parameters."""
    assert (network().depth, network().sizes, network().parameters) == (2, (2, 3, 1), 13)
    assert layer_pairs([2, 3, 1]) == [(2, 3), (3, 1)]


@pytest.mark.parametrize(
    ("weights", "biases", "message"),
    [
        (W, [b[0], [4.0, 5.0]], r"layer 2: weights \(1, 3\) and biases \(2,\) do not fit"),
        ([W[0], [[1.0, 2.0]]], b, r"layer 2: weights \(1, 2\) do not take layer 1's output"),
        ([[1.0, 2.0], W[1]], b, r"layer 1: weights \(2,\) and biases"),
        ([[[]], W[1]], [[1.0], b[1]], r"layer 1: weights \(1, 0\)"),
        (W, [[b[0]], b[1]], r"layer 1: .* biases \(1, 3\)"),
        ([W[0], [[1.0, math.nan, 3.0]]], b, "layer 2: .* finite"),
        (W, [b[0], [-math.inf]], "layer 2: .* finite"),
        (W[:1], b, "one entry for every layer"),
        ([], [], "one entry for every layer"),
    ],
)
def test_a_network_refuses_what_does_not_fit(weights: Any, biases: Any, message: str) -> None:
    """The message names the layer and the shapes found."""
    with pytest.raises(ValueError, match=message):
        network(weights, biases)


def test_softmax_stands_on_the_last_layer_only() -> None:
    """Its entries mix, so BP2 with ⊙ σ′ would be wrong for it; the message names layer 1."""
    assert network(sigma=[Sigmoid(), Softmax()]).depth == 2
    with pytest.raises(ValueError, match="layer 1: softmax is for the last layer only"):
        network(sigma=[Softmax(), Sigmoid()])


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([1.0, 2.0], [[1.0]], r"inputs \(2,\)"),
        ([[1.0, 2.0]], [1.0], r"targets \(1,\)"),
        ([[1.0, 2.0]], [[1.0], [2.0]], "same N > 0 rows"),
        (np.empty((0, 2)), np.empty((0, 1)), "same N > 0 rows"),
        ([[1.0, math.inf]], [[1.0]], "finite"),
        ([[1.0, 2.0]], [[math.nan]], "finite"),
    ],
)
def test_a_batch_refuses_what_is_none(x: Any, y: Any, message: str) -> None:
    """Inputs and targets are N × n matrices of finite numbers with the same N > 0."""
    with pytest.raises(ValueError, match=message):
        Batch.of(x, y)


@pytest.mark.parametrize(("n_0", "n_L"), [(3, 1), (1, 1), (2, 2)])
def test_a_batch_of_other_sizes_is_refused(n_0: int, n_L: int) -> None:
    """A target of 1 entry for 2 outputs would be broadcast silently; the message has both sizes."""
    batch = Batch.of(np.ones((4, n_0)), np.ones((4, n_L)))
    with pytest.raises(ValueError, match=rf"\({n_0}, {n_L}\) entries; the layers need \(2, 1\)"):
        network().check_batch(batch)


def test_an_example_is_a_batch_of_its_own() -> None:
    """Example 1 of a batch is its row 1, as a batch of size 1."""
    batch = Batch.of([[1.0, 2.0], [3.0, 4.0]], [[5.0], [6.0]])
    example = batch.example(1)
    assert (example.inputs.tolist(), example.targets.tolist()) == ([[3.0, 4.0]], [[6.0]])
    assert (batch.size, example.size) == (2, 1)


def test_nothing_can_be_changed_afterwards() -> None:
    """Fields are frozen and arrays are read-only."""
    batch = Batch.of([[1.0, 2.0]], [[1.0]])
    arrays = [*network().weights, *network().biases, batch.inputs, batch.targets]
    assert not any(array.flags.writeable for array in arrays)
    with pytest.raises(dataclasses.FrozenInstanceError):
        batch.inputs = batch.targets  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        network().weights = network().biases  # type: ignore[misc]


def test_a_trusted_network_is_the_checked_one() -> None:
    """`trusted` makes of the same arrays what `of` makes, and seals the very arrays it is given."""
    kinds: list[Activation] = [Sigmoid(), Softmax()]
    weights, biases = [np.array(w) for w in W], [np.array(v) for v in b]
    trusted = Network.trusted(weights, biases, kinds, CrossEntropy())
    checked = Network.of(weights, biases, kinds, CrossEntropy())
    assert vars(trusted).keys() == vars(checked).keys()
    assert repr(trusted) == repr(checked)
    for name in ("depth", "sizes", "parameters", "activations"):
        assert getattr(trusted, name) == getattr(checked, name)
    assert type(trusted.output) is type(checked.output) is SoftmaxCrossEntropy
    assert all(kept is given for kept, given in zip(trusted.weights, weights, strict=True))
    assert not any(array.flags.writeable for array in (*weights, *biases))


def test_a_trusted_batch_is_the_checked_one() -> None:
    """Of a vector's row, as the schemas make it, as of a matrix; sealed where they are."""
    x, y = np.array([1.0, 2.0])[None], np.array([3.0])[None]
    trusted, checked = Batch.trusted(x, y), Batch.of([[1.0, 2.0]], [[3.0]])
    assert vars(trusted).keys() == vars(checked).keys()
    assert trusted.inputs is x
    assert trusted.targets is y
    assert np.array_equal(trusted.inputs, checked.inputs)
    assert not any(array.flags.writeable for array in (x, y))
