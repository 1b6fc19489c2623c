"""What is wrong with a network is said before it is sent, with its layer and the way to mend it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backcheck import InvalidRequest, Network, Problem
from backcheck.network import network_body


def problems(network: Any, **changes: Any) -> tuple[Problem, ...]:
    with pytest.raises(InvalidRequest) as caught:
        network_body(network, changes)
    assert caught.value.status is None
    return caught.value.problems


def test_transposed_weights_are_recognised(network: dict[str, Any]) -> None:
    """A W(l) stored n_(l-1) × n_l is named by its layer, with the remedy."""
    first, second = network["weights"]
    (found,) = problems(network, weights=[first, second.T])
    assert found.pointer == "/weights/1"
    assert found.detail.startswith("W(2) is 3 × 2; 2 biases in layer 2 and 3 neurons in layer 1")
    assert found.detail.endswith("it seems transposed: send its .T")
    (found,) = problems(network, weights=[first.T, second])
    assert found.pointer == "/weights/0"
    assert "3 × 2; it seems transposed" in found.detail


@pytest.mark.parametrize(
    ("changes", "pointer", "said"),
    [
        ({"biases": [[0.1, 0.2, 0.3]]}, "/biases", "1 bias vectors stand beside 2 weight"),
        ({"biases": [[0.1, 0.2, 0.3], [[0.1, 0.2], [0.3, 0.4]]]}, "/biases/1", "(layer 2)"),
        ({"input": [0.1, 0.2, 0.3]}, "/weights/0", "3 inputs need 3 × 3"),
        ({"input": np.ones((2, 5)), "target": np.ones((5, 2))}, "/input", "send input.T"),
        ({"target": [1.0]}, "/target", "the last layer has 2 numbers for each example"),
        ({"input": np.ones((3, 2)), "target": np.ones((4, 2))}, "/target", "input is a 3 × 2"),
        ({"input": [0.6, np.nan]}, "/input/1", "nan is not a finite number"),
        ({"weights": [[[1, 2], [3, 4], [5]], np.ones((2, 3))]}, "/weights/0", "row 2 has 1"),
        ({"weights": [1.0, 2.0]}, "/weights/0", "a single number stands where a matrix"),
    ],
)
def test_what_does_not_fit(
    network: dict[str, Any], changes: dict[str, Any], pointer: str, said: str
) -> None:
    """Depth, shapes, batches, rows and values: each with its pointer and what would be right."""
    found = problems(network, **changes)
    assert any(one.pointer == pointer and said in one.detail for one in found), found


def test_all_problems_at_once(network: dict[str, Any]) -> None:
    """Two wrong layers are told together, not one after the other."""
    found = problems(network, weights=[network["weights"][0].T, network["weights"][1].T])
    assert [one.pointer for one in found] == ["/weights/0", "/weights/1"]


def test_columns_are_vectors(network: dict[str, Any]) -> None:
    """Columns n × 1, as Nielsen and Coursera keep biases and one example, are taken as vectors."""
    names = ("biases", "input", "target")
    columns = {name: network[name] for name in names}
    columns["biases"] = [b[:, None] for b in columns["biases"]]
    columns["input"], columns["target"] = columns["input"][:, None], columns["target"][:, None]
    body = network_body(network, columns)
    assert [b.shape for b in body["biases"]] == [(3,), (2,)]
    assert body["input"].shape == body["target"].shape == (2,)


def test_a_batch_of_single_numbers_stays_a_batch() -> None:
    """With one input neuron an N × 1 matrix is a batch of N, never a vector."""
    one = {"weights": [[[2.0]]], "biases": [[0.5]], "input": [[1.0], [2.0]], "target": [[0], [1]]}
    assert network_body(one, {})["input"].shape == (2, 1)


def test_nothing_of_the_caller_is_changed(network: dict[str, Any]) -> None:
    """Reading a network leaves the caller's mapping and arrays as they were."""
    before = {name: repr(value) for name, value in network.items()}
    network_body(network, {"biases": [network["biases"][0][:, None], network["biases"][1]]})
    assert {name: repr(value) for name, value in network.items()} == before


def test_network_is_a_mapping_of_fresh_arrays(network: dict[str, Any]) -> None:
    """A Network spreads into keywords, knows its sizes, and shares no memory with its source."""
    found = Network.of(network)
    assert found.layer_sizes == [2, 3, 2]
    assert found.activations == ["sigmoid", "sigmoid"]
    assert dict(**found)["cost"] == "mean_squared_error"
    found.weights[0][:] = 0
    assert network["weights"][0].any()


def test_network_needs_all_its_parts() -> None:
    """A Network without biases, input or target names what is missing."""
    with pytest.raises(InvalidRequest) as caught:
        Network.of({"weights": [[[1.0]]]})
    assert [one.pointer for one in caught.value.problems] == ["/biases", "/input", "/target"]
