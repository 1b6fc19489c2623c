"""Assertions in tests, and functions checked on networks that are drawn for them."""

from __future__ import annotations

import unittest
from typing import Any

import numpy as np
import pytest

import backcheck
from backcheck import Client, Disagreement
from tests.client.answers import CHALLENGE, CORRECT, UNDECIDED, WRONG
from tests.client.conftest import scripted, textbook


def test_a_disagreement_is_an_assertion_error_with_evidence(network: dict[str, Any]) -> None:
    """Every test runner takes it for a failure, and it carries the whole verification."""
    client, _ = scripted([WRONG])
    with pytest.raises(AssertionError) as caught:
        backcheck.assert_gradients(network, client=client, **textbook(network))
    assert isinstance(caught.value, Disagreement)
    assert caught.value.verification.diagnosis[0].mistake == "weight-gradient-summed"
    assert str(caught.value) == str(caught.value.verification)


def test_undecided_does_not_pass(network: dict[str, Any]) -> None:
    """A test that could not fail is not let through as one that passed."""
    client, _ = scripted([UNDECIDED])
    with pytest.raises(Disagreement, match="UNDECIDED"):
        backcheck.assert_gradients(network, client=client, **textbook(network))


def test_correct_gradients_pass_and_return_the_evidence(network: dict[str, Any]) -> None:
    """What passes returns its verification, for coverage."""
    client, _ = scripted([CORRECT])
    found = backcheck.assert_gradients(network, client=client, **textbook(network))
    assert found.correct
    assert found.coverage is not None
    assert found.coverage.visible == 55


def test_all_of_it_may_be_demanded(client: Client, network: dict[str, Any]) -> None:
    """Partial claims pass, unless they have to be complete; complete ones pass either way."""
    claims = textbook(network)
    some: dict[str, Any] = {"bias_gradients": claims["bias_gradients"]}
    assert backcheck.assert_gradients(network, client=client, **some).correct
    for part in (some, {"weight_gradients": [None, claims["weight_gradients"][1]]}):
        with pytest.raises(Disagreement, match=r"INCOMPLETE[^$]*Only \d of 17 numbers"):
            backcheck.assert_gradients(network, client=client, complete=True, **part)
        with pytest.raises(Disagreement, match="INCOMPLETE"):
            backcheck.assert_claims(network, part, client=client, complete=True)
    assert backcheck.assert_gradients(network, client=client, complete=True, **claims).complete


def test_nothing_claimed_is_a_mistake_in_the_test(network: dict[str, Any]) -> None:
    """An assertion without claims is told from one that holds."""
    with pytest.raises(TypeError, match="nothing is claimed"):
        backcheck.assert_gradients(network)
    with pytest.raises(TypeError, match="nothing is claimed"):
        backcheck.assert_claims(network, {})


def test_only_what_is_claimed_is_sent(network: dict[str, Any]) -> None:
    """One of the two gradients may be left out; `reveal` and the precision go along."""
    client, service = scripted([CORRECT])
    weights = textbook(network)["weight_gradients"]
    options: dict[str, Any] = {"precision": "float64", "reveal": False}
    backcheck.assert_gradients(network, weight_gradients=weights, client=client, **options)
    asked = service.asked[0]
    assert set(asked["claims"]) == {"weight_gradients"}
    assert (asked["precision"], asked["reveal"]) == ("float64", False)


def test_unittest_reports_a_failure_and_no_error(network: dict[str, Any]) -> None:
    """unittest, too, counts a disagreement as a failed assertion."""
    client, _ = scripted([WRONG])

    class Case(unittest.TestCase):
        def runTest(self) -> None:
            backcheck.assert_gradients(network, client=client, **textbook(network))

    result = Case().run()
    assert result is not None
    assert len(result.failures) == 1
    assert not result.errors


def test_check_draws_one_network_after_the_other() -> None:
    """Seeds count up, options travel, and the function's answer is what is verified."""
    client, service = scripted([CHALLENGE, CORRECT, CHALLENGE, CORRECT])
    checked = backcheck.check(
        textbook,
        layer_sizes=(2, 2, 1),
        seed=7,
        challenges=2,
        precision={"decimals": 4},
        client=client,
    )
    assert checked.correct
    draws = service.asked[::2]
    assert [draw["seed"] for draw in draws] == [7, 8]
    assert draws[0]["layer_sizes"] == [2, 2, 1]
    assert draws[0]["precision"] == {"decimals": 4}
    assert "examples" not in draws[0]
    assert service.asked[1]["input"] == CHALLENGE["input"]
    assert len(service.asked[1]["claims"]["weight_gradients"]) == 2


def test_check_draws_for_what_functions_return() -> None:
    """Without a precision, mistakes have to show in float32; the claims then say their own."""
    client, service = scripted([CHALLENGE, CORRECT])
    backcheck.check(textbook, layer_sizes=[2, 2, 1], challenges=1, client=client)
    assert service.asked[0]["precision"] == "float32"
    assert "precision" not in service.asked[1]


def test_check_stops_at_the_first_wrong_network() -> None:
    """One wrong network is enough, and it is the one that is shown."""
    client, service = scripted([CHALLENGE, CORRECT, CHALLENGE, WRONG, CHALLENGE])
    checked = backcheck.check(textbook, layer_sizes=[2, 2, 1], client=client)
    assert len(service.asked) == 4
    assert checked.verdict == "wrong"
    assert "weight-gradient-summed" in str(checked)
    assert "Network 2" in str(checked)
    with pytest.raises(Disagreement):
        checked.assert_correct()


def test_undecided_everywhere_is_undecided() -> None:
    """Only numbers that could show a mistake count as right."""
    client, _ = scripted([CHALLENGE, UNDECIDED] * 3)
    checked = backcheck.check(textbook, layer_sizes=[2, 2, 1], client=client)
    assert checked.verdict == "undecided"
    with pytest.raises(Disagreement):
        checked.assert_correct()


def test_a_pair_is_bias_then_weight_gradients() -> None:
    """(nabla_b, nabla_w), as Nielsen's backprop returns it, needs no names."""
    client, service = scripted([CHALLENGE, CORRECT])

    def mine(net: backcheck.Network) -> tuple[Any, Any]:
        claims = textbook(net)
        return claims["bias_gradients"], claims["weight_gradients"]

    backcheck.check(mine, layer_sizes=[2, 2, 1], challenges=1, client=client)
    assert np.shape(service.asked[1]["claims"]["bias_gradients"][0]) == (2,)


def test_a_function_may_write_into_its_arrays() -> None:
    """A function that updates W in place is judged by its gradients, not stopped by the client."""
    client, service = scripted([CHALLENGE, CORRECT])

    def updating(net: backcheck.Network) -> Any:
        claims = textbook(net)
        net.weights[0][:] = 0
        return claims

    backcheck.check(updating, layer_sizes=[2, 2, 1], challenges=1, client=client)
    assert service.asked[1]["weights"] == CHALLENGE["weights"]


def test_what_the_function_raises_goes_through_with_a_note() -> None:
    """The user's own error stays the user's own, and says on which network it came."""
    client, _ = scripted([CHALLENGE])

    def broken(net: backcheck.Network) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        backcheck.check(broken, layer_sizes=[2, 2, 1], seed=5, client=client)
    assert caught.value.__notes__ == ["backcheck ran your function on [2, 2, 1], seed 5"]


@pytest.mark.parametrize("answer", [None, 3.0, [1, 2, 3]])
def test_a_function_that_returns_something_else_is_told(answer: Any) -> None:
    """What a function has to return is said, and what it did return."""
    client, _ = scripted([CHALLENGE])
    with pytest.raises(TypeError, match=f"it returned {type(answer).__name__}"):
        backcheck.check(lambda net: answer, layer_sizes=[2, 2, 1], client=client)


def test_assertions_need_no_server(network: dict[str, Any]) -> None:
    """Without BACKCHECK_URL the application at hand answers, in this process."""
    assert backcheck.asserting.default_client().base_url.endswith("in-process.backcheck")


def test_assertions_go_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """With BACKCHECK_URL they go there, even where the application is at hand."""
    monkeypatch.setenv("BACKCHECK_URL", "http://grader.invalid")
    assert backcheck.asserting.default_client().base_url == "http://grader.invalid"


def test_one_pool_for_all_assertions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite of a thousand assertions shares one client."""
    monkeypatch.setenv("BACKCHECK_URL", "http://grader.invalid")
    default = backcheck.asserting.default_client
    assert default() is default()
    assert isinstance(default(), Client)
