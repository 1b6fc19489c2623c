"""How claims are sent: shapes, precision, numbers that are missing or not finite."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from backcheck import Client, InvalidRequest
from tests.client.conftest import scripted, textbook

ANSWER: dict[str, Any] = {
    "verdict": "correct",
    "precision": "float32",
    "claims": {},
    "equations": [],
    "diagnosis": [],
    "coverage": {"catalogued": 58, "visible": 55, "invisible": ["scaled"]},
}


def sent(network: Any, claims: Any, **options: Any) -> dict[str, Any]:
    """The body of the request that these claims become."""
    client, service = scripted([ANSWER])
    client.verify(network, claims=claims, **options)
    return service.asked[0]


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_precision_is_taken_from_the_type(network: dict[str, Any], dtype: type[Any]) -> None:
    """Claims in float32 or float16 say so by themselves, and are sent exactly."""
    claims = textbook(network, dtype)
    body = sent(network, claims)
    assert body["precision"] == dtype.__name__
    assert body["claims"]["weight_gradients"][0] == claims["weight_gradients"][0].tolist()


def test_the_coarsest_type_counts(network: dict[str, Any]) -> None:
    """Where types are mixed, all the numbers together are good for the coarsest of them."""
    claims = textbook(network, np.float32)
    claims["bias_gradients"] = textbook(network, np.float16)["bias_gradients"]
    assert sent(network, claims)["precision"] == "float16"


def test_float64_leaves_the_precision_to_the_service(network: dict[str, Any]) -> None:
    """Python's numbers say nothing of how they were printed: the service reads it off them."""
    assert "precision" not in sent(network, textbook(network))


def test_a_given_precision_wins(network: dict[str, Any]) -> None:
    """What the caller says stands above what the type says."""
    body = sent(network, textbook(network, np.float32), precision={"decimals": 3})
    assert body["precision"] == {"decimals": 3}


def test_rounded_float32_goes_as_its_decimals(network: dict[str, Any]) -> None:
    """float32 numbers that were rounded to 4 decimals are not held to all of float32's digits."""
    claims = [np.round(dW, 4) for dW in textbook(network, np.float32)["weight_gradients"]]
    body = sent(network, {"weight_gradients": claims})
    assert "precision" not in body
    for layer in body["claims"]["weight_gradients"]:
        assert layer == [[round(number, 4) for number in row] for row in layer]


def test_missing_layers_and_entries(network: dict[str, Any]) -> None:
    """None stands for what is not claimed, in layers, in entries and under a mask."""
    masked = np.ma.masked_array([0.5, 0.25], mask=[True, False])
    claims = {
        "weight_gradients": [None, [[1.0, None, 3.0], [4.0, 5.0, 6.0]]],
        "bias_gradients": [None, masked],
        "cost": 0.5,
    }
    body = sent(network, claims)
    assert body["claims"] == {
        "weight_gradients": [None, [[1.0, None, 3.0], [4.0, 5.0, 6.0]]],
        "bias_gradients": [None, [None, 0.25]],
        "cost": 0.5,
    }


def test_not_finite_claims_are_sent_by_name(network: dict[str, Any]) -> None:
    """A claim of NaN or infinity is a claim, and a wrong one."""
    body = sent(network, {"cost": math.nan, "bias_gradients": [None, [math.inf, -math.inf]]})
    assert body["claims"] == {"cost": "NaN", "bias_gradients": [None, ["inf", "-inf"]]}


def test_columns_and_transposed_weight_gradients_may_be_sent(network: dict[str, Any]) -> None:
    """Bias gradients n × 1 become vectors; a transposed ∂C/∂W goes as it is, to be recognised."""
    claims = textbook(network)
    body = sent(
        network,
        {
            "bias_gradients": [db[:, None] for db in claims["bias_gradients"]],
            "weight_gradients": [dW.T for dW in claims["weight_gradients"]],
            "delta": [db[:, None] for db in claims["bias_gradients"]],
        },
    )
    expected = [db.tolist() for db in claims["bias_gradients"]]
    assert body["claims"]["bias_gradients"] == body["claims"]["delta"] == expected
    assert np.shape(body["claims"]["weight_gradients"][0]) == (2, 3)


@pytest.mark.parametrize(
    ("claims", "pointer", "said"),
    [
        ({"weight_gradients": [np.ones((3, 3)), None]}, "/claims/weight_gradients/0", "layer 1"),
        ({"bias_gradients": [[1.0, 2.0, 3.0]]}, "/claims/bias_gradients", "the network has 2"),
        ({"delta": [None, np.ones((4, 2))]}, "/claims/delta/1", "2 numbers are needed in layer 2"),
        ({"z": [[1.0, "x", 2.0], None]}, "/claims/z/0/1", "'x' stands where a real number is"),
        ({"z": [[1.0, "x", None], None]}, "/claims/z/0/1", "needed (layer 1)"),
        ({"bias_grads": [np.ones(3)]}, "/claims/bias_grads", "did you mean bias_gradients?"),
        ({"nonsense": 1}, "/claims/nonsense", "known are cost, z, a, delta, bias_gradients, we"),
    ],
)
def test_claims_that_do_not_fit(
    network: dict[str, Any], claims: dict[str, Any], pointer: str, said: str
) -> None:
    """A claim of the wrong shape is refused before it is sent, naming the layer."""
    with pytest.raises(InvalidRequest) as caught:
        sent(network, claims)
    (found,) = caught.value.problems
    assert found.pointer == pointer
    assert said in found.detail


def test_batches_transposed_get_the_remedy(network: dict[str, Any]) -> None:
    """z with examples in columns, as Coursera keeps them, is told to be transposed."""
    batch = {**network, "input": np.ones((4, 2)), "target": np.ones((4, 2))}
    with pytest.raises(InvalidRequest, match=r"a 4 × 3 matrix is needed in layer 1; send its \.T"):
        sent(batch, {"z": [np.ones((3, 4)), None]})


@pytest.mark.parametrize("words", ["4 decimals", "4-decimals", "decimals=4"])
def test_decimals_in_words_get_the_remedy(
    client: Client, network: dict[str, Any], words: str
) -> None:
    """A precision as people say it is told how to be sent."""
    with pytest.raises(InvalidRequest, match=r'send \{"decimals": 4\}'):
        client.verify(network, claims={"cost": 0.5}, precision=words)
