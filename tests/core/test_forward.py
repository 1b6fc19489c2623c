"""The forward pass, equation by equation, and what it says when a number leaves float64."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from core.forward import NotFinite, Workings, activation, cost, finite, forward, weighted_input
from tests.core.worked import batch_of, network_of, one_layer, workings
from tests.references import Request
from tests.strategies import dyadic_networks, networks


def begun(request: Request) -> Workings:
    return Workings.begin(network_of(request), batch_of(request))


def test_a_weight_goes_into_neuron_j_from_neuron_k() -> None:
    """Section 6: z_j = Σ_k w_jk a_k + b_j, destination first; two examples, two rows of z."""
    w = begun(
        {
            "weights": [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]],
            "biases": [[0.5, -0.5]],
            "activation": "identity",
            "input": [[1.0, 0.0, -1.0], [0.0, 1.0, 2.0]],
            "target": [[0.0, 0.0], [0.0, 0.0]],
        }
    )
    assert weighted_input(w, 1).tolist() == [[1 - 3 + 0.5, 4 - 6 - 0.5], [2 + 6 + 0.5, 17 - 0.5]]


def test_an_activation_is_applied_entry_by_entry() -> None:
    """Section 6: a_j = σ(z_j), with the layer's own σ."""
    w = begun(one_layer("relu", [-1.0, 2.0], [0.0, 0.0]))
    w.z[1] = np.array([[-1.0, 2.0]])
    assert activation(w, 1).tolist() == [[0.0, 2.0]]


def test_the_cost_is_half_the_mean_square_over_the_examples() -> None:
    """Section 7: C = 1/2N Σ_i Σ_j (y_j − a_j)²: ½ (1 + 4 + 9 + 0) / 2 = 7/2, and no 1/n_L."""
    request = one_layer("identity", [0.0, 0.0], [0.0, 0.0])
    w = begun({**request, "input": [[0.0]] * 2, "target": [[1.0, -2.0], [3.0, 0.0]]})
    w.z[1] = w.a[1] = np.zeros((2, 2))
    assert cost(w, 1) == Fraction(7, 2)
    one_output = one_layer("identity", [0.0], [0.0])
    w = begun({**one_output, "input": [[0.0]] * 2, "target": [[1.0], [3.0]]})
    w.z[1] = w.a[1] = np.zeros((2, 1))
    assert cost(w, 1) == Fraction(5, 2)  # two examples, one output: no axis for the other


@given(networks(max_layers=3, max_width=3, max_examples=3))
def test_the_forward_pass_is_the_first_half_of_backpropagation(request: Request) -> None:
    """The same z, a and cost, bit for bit, with nothing of the second half in it."""
    half, whole = forward(network_of(request), batch_of(request)), workings(request)
    for l in half.W.numbers:
        assert half.z[l].tobytes() == whole.z[l].tobytes()
        assert half.a[l].tobytes() == whole.a[l].tobytes()
    assert half.cost == whole.cost
    assert half.delta == half.bias_gradients == half.weight_gradients == {}


@given(dyadic_networks())
def test_the_input_is_the_activation_of_layer_0(request: Request) -> None:
    """a(0) = x as it was sent, and layers are numbered 1…L."""
    w = forward(network_of(request), batch_of(request))
    assert w.a[0].tolist() == batch_of(request).inputs.tolist()
    assert list(w.z) == list(range(1, w.depth + 1))
    assert list(w.a) == list(range(w.depth + 1))


def test_a_batch_of_other_sizes_is_refused() -> None:
    """One target for two outputs would be broadcast; the forward pass does not begin."""
    request = one_layer("identity", [0.0, 0.0], [1.0])
    with pytest.raises(ValueError, match=r"\(1, 1\) entries; the layers need \(1, 2\)"):
        forward(network_of(request), batch_of(request))


def overflowing(weights: list[float], x: float, y: float = 0.0) -> Request:
    """A 1–1–…–1 chain of identities."""
    return {
        "weights": [[[w]] for w in weights],
        "biases": [[0.0] for _ in weights],
        "activation": "identity",
        "input": [x],
        "target": [y],
    }


@pytest.mark.parametrize(
    ("request_", "quantity", "layer"),
    [
        (overflowing([1e200], 1e200), "z", 1),
        (overflowing([1.0, 1e200, 1.0], 1e200), "z", 2),
        (overflowing([1.0, 1.0], 1e160), "cost", 2),
        (overflowing([1e-200, 1e200], 1e150), "delta", 1),
        (overflowing([1e-200, 1e100], 1e200), "weight_gradients", 1),
    ],
)
def test_the_first_number_that_overflows_is_named(
    request_: Request, quantity: str, layer: int
) -> None:
    """NotFinite says which quantity of which layer left float64, and numpy does not warn of it."""
    with pytest.raises(NotFinite, match=f"{quantity} of layer {layer} is not finite") as error:
        workings(request_)
    assert (error.value.quantity, error.value.layer) == (quantity, layer)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_single_entry_that_is_not_finite_is_seen(number: float) -> None:
    """One NaN or infinity among finite numbers is enough; finite numbers come back themselves."""
    values = np.array([[1.0, 2.0], [3.0, number]])
    with pytest.raises(NotFinite):
        finite("z", 1, values)
    assert finite("z", 1, values[:1]) is not None
