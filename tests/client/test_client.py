"""The client against the real application, in process: numbers, names, in and out."""

from __future__ import annotations

import inspect
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backcheck
from backcheck import Client, InvalidRequest
from tests.client.conftest import scripted, textbook

MAZUR = json.loads((Path(__file__).parents[1] / "golden" / "mazur.json").read_text())
# A handful of float64 roundings on numbers of order 1, added up in another order.
ROUNDING = 1e-14


def test_gradients_of_a_network_worked_by_hand(client: Client) -> None:
    """Mazur's printed cost comes out, and attributes are named as the JSON, in arrays."""
    result = client.gradients(**MAZUR["request"])
    assert result.cost == pytest.approx(0.298371109, abs=5e-10)  # half a unit of what he prints
    assert [W.shape for W in result.weight_gradients] == [(2, 2), (2, 2)]
    assert all(isinstance(array, np.ndarray) for array in (*result.z, *result.delta))


def test_gradients_equal_a_textbook_in_numpy(client: Client, network: dict[str, Any]) -> None:
    """A textbook's four lines of numpy and the service agree, so nothing is lost on the way."""
    result, expected = client.gradients(network), textbook(network)
    for name in ("bias_gradients", "weight_gradients"):
        for found, right in zip(getattr(result, name), expected[name], strict=True):
            np.testing.assert_allclose(found, right, rtol=0, atol=ROUNDING)
    assert result.finite_difference is not None
    assert result.finite_difference.agrees
    assert result.finite_difference.checked == result.finite_difference.parameters == 17


def test_vectors_for_one_example_and_matrices_for_a_batch(
    client: Client, network: dict[str, Any]
) -> None:
    """What was sent decides the shape of z, a and δ."""
    assert client.gradients(network).z[0].shape == (3,)
    batch = {"input": np.ones((4, 2)), "target": np.zeros((4, 2))}
    assert client.gradients(network, **batch).z[0].shape == (4, 3)


def test_a_network_may_come_in_every_way(client: Client, network: dict[str, Any]) -> None:
    """A mapping, keywords, a mapping with keywords over it, and a Network are all one."""
    given = backcheck.Network.of(network)
    ways = [
        client.gradients(network),
        client.gradients(**network),
        client.gradients({**network, "input": None}, input=network["input"]),
        client.gradients(given),
        client.gradients(**given),
    ]
    assert len({way.cost for way in ways}) == 1


def test_results_are_frozen(client: Client, network: dict[str, Any]) -> None:
    """Neither a result nor its arrays can be changed by accident."""
    result = client.gradients(network)
    with pytest.raises(AttributeError):
        result.cost = 0.0  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        result.z[0][0] = 1.0


def test_unchecked_entries_are_nan(client: Client, network: dict[str, Any]) -> None:
    """null, which stands for an entry that was not checked, becomes NaN."""
    check = client.gradients(network, finite_difference={"entries": 5, "seed": 1}).finite_difference
    assert check is not None
    numeric = np.concatenate([W.ravel() for W in (*check.weight_gradients, *check.bias_gradients)])
    assert check.checked == np.isfinite(numeric).sum() == 5


def test_no_check_if_not_asked_for(client: Client, network: dict[str, Any]) -> None:
    """Without finite differences there are none, in the result and in its one-line summary."""
    result = client.gradients(network, finite_difference=False)
    assert result.finite_difference is None
    assert "not checked" in repr(result)


def test_the_service_names_what_the_client_does_not_know(
    client: Client, network: dict[str, Any]
) -> None:
    """A keyword that the service does not know comes back with the one that was meant."""
    with pytest.raises(InvalidRequest, match="did you mean") as caught:
        client.gradients(network, activaton="sigmoid")  # type: ignore[call-arg]
    assert caught.value.status == 422


def test_unknown_keys_of_a_later_service_are_kept() -> None:
    """An answer with more in it is still read, and what is new stands in `answer`."""
    later = {"cost": 0.5, "z": [], "a": [], "delta": [], "mood": "good"}
    client, _ = scripted([{**later, "bias_gradients": [], "weight_gradients": []}])
    result = client.gradients(weights=[[[1.0]]], biases=[[0.0]], input=[1.0], target=[1.0])
    assert result.cost == 0.5
    assert result.answer["mood"] == "good"


def test_catalogues(client: Client) -> None:
    """What there is comes as typed entries with no gap in them; every example can be sent."""
    everything = (client.activations(), client.costs(), client.limits(), client.mistakes())
    for entry in (one for kind in everything for one in kind):
        told = asdict(entry)
        assert all(told[name] not in ("", None) for name in told), told
    assert {"sigmoid", "softmax"} <= {one.name for one in client.activations()}
    assert {one.name for one in client.costs()} >= {"mean_squared_error", "cross_entropy"}
    for example in client.examples():
        if example.endpoint == "/v1/gradients":
            assert client.gradients(example.request).cost >= 0


def test_textbook_differences_make_a_v(client: Client, network: dict[str, Any]) -> None:
    """The error of (C(θ+h) − C(θ−h)) / 2h falls with h², then rises as rounding takes over."""
    curve = client.gradients(network).step_curve()
    assert curve.at.startswith("/weights/1/")
    best = int(np.argmin(curve.errors))
    assert curve.errors[0] / curve.errors[1] == pytest.approx(100, rel=0.05)  # h² over a tenfold h
    assert 1e-7 < curve.steps[best] < 1e-3
    assert curve.errors[-1] > 1e3 * curve.errors[best]


def test_step_curve_of_a_named_parameter(client: Client, network: dict[str, Any]) -> None:
    """Any parameter can be asked for, and a slip in its name is explained."""
    result = client.gradients(network)
    assert result.step_curve("/biases/0/1").gradient == result.bias_gradients[0][1]
    with pytest.raises(ValueError, match="write /weights/0/1/2"):
        result.step_curve("weights[0][1]")


def test_public_names_are_those_that_are_documented() -> None:
    """`__all__` is sorted as ruff sorts it, complete, and everything in it has a docstring."""
    public = {
        name
        for name, value in vars(backcheck).items()
        if not name.startswith("_") and not inspect.ismodule(value) and name != "VERSION"
    }
    assert public == set(backcheck.__all__) - {"__version__"}
    classes = [getattr(backcheck, name) for name in public - {"Claims", "Precision"}]
    assert all(inspect.getdoc(one) for one in classes)


def test_one_method_for_each_endpoint(client: Client) -> None:
    """Every /v1 endpoint of the application has its method, named in the table below."""
    methods = {
        "/v1/gradients": "gradients",
        "/v1/verifications": "verify",
        "/v1/challenges": "challenge",
        "/v1/addresses": "address",
        "/v1/comparisons": "comparison",
        "/v1/curves": "curve",
        "/v1/derivations": "derivation",
        "/v1/jacobians": "jacobians",
        "/v1/magnitudes": "magnitudes",
        "/v1/operation-jacobians": "operation_jacobians",
        "/v1/operations": "operations",
        "/v1/origins": "origin",
        "/v1/outer-products": "outer_product",
        "/v1/paths": "paths",
        "/v1/steps": "steps",
        "/v1/units": "units",
        "/v1/updates": "update",
        "/v1/activations": "activations",
        "/v1/costs": "costs",
        "/v1/limits": "limits",
        "/v1/mistakes": "mistakes",
        "/v1/examples": "examples",
        "/v1/batches": "verify_many",
        "/v1/jobs": "jobs",
    }
    paths = json.loads(client._get("/openapi.json"))["paths"]
    endpoints = [path for path in paths if path.startswith("/v1/") and "{" not in path]
    assert len(endpoints) >= 4
    for path in endpoints:
        assert callable(getattr(client, methods[path]))


def test_completion_offers_the_public_names_alone() -> None:
    """dir() of the package is what it is for: every public name, each there, no module."""
    assert dir(backcheck) == sorted(backcheck.__all__)
    assert not [name for name in dir(backcheck) if inspect.ismodule(getattr(backcheck, name))]


@pytest.mark.parametrize("name", ["weights", "biases"])
def test_a_network_that_holds_no_layers_says_so(
    client: Client, network: dict[str, Any], name: str
) -> None:
    """A number, None or a text where a list of layers is needed is a problem with its place."""
    for value in (3.0, None, "text", {"0": [1.0]}):
        with pytest.raises(InvalidRequest, match=f"/{name}: is no list") as caught:
            client.gradients({**network, name: value})
        assert caught.value.status is None


def test_claims_that_hold_no_layers_say_so(client: Client, network: dict[str, Any]) -> None:
    """The same for claims."""
    for value in (3.0, "text"):
        with pytest.raises(InvalidRequest, match="/claims/delta: is no list"):
            client.verify(network, claims={"delta": value})


def test_a_job_that_is_not_there_is_no_missing_endpoint(client: Client) -> None:
    """What the service says of a forgotten job is passed on, without doubt about its address."""
    with pytest.raises(backcheck.ServerTrouble, match="no job of this name") as caught:
        client.job("forgotten")
    assert "endpoint" not in str(caught.value)
