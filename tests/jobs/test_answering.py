"""An item's answer is what the request alone would have brought, bit for bit."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from core.verdict import prepared
from schemas.batches import Header
from service.examples import EXAMPLES
from service.jobs.answering import Answers
from service.limits import Limits

KINDS = {"/v1/gradients": "gradients", "/v1/verifications": "verifications"}
LIMITS = Limits()


def answers(kind: str, networks: Any = None, common: Any = None) -> Answers:
    return Answers(Header(kind, networks or {}, common or {}), LIMITS)


def part_of(line: bytes) -> tuple[int, bytes]:
    """The status of a line, and the text of its answer or problem as it stands there."""
    said = orjson.loads(line)
    member = b'"answer":' if "answer" in said else b'"problem":'
    return said["status"], line.split(member, 1)[1].removesuffix(b"}\n")


def bad_requests(network: dict[str, Any]) -> list[Any]:
    """What goes wrong in reading, in the limits and in the mathematics."""
    claims = {"cost": 1.0}
    return [
        {**network, "claims": claims, "weights": [[[1.0]]]},
        {**network, "claims": {"costs": 1.0}},
        {**network, "claims": {"delta": [[1.0]]}},
        {**network, "claims": {"cost": None}},
        {**network, "claims": claims, "precison": "float32"},
        {**network, "claims": claims, "weights": [[[1e308] * 2] * 3, network["weights"][1]]},
        {"claims": claims},
        {},
    ]


BATCHED = [example for example in EXAMPLES if example["endpoint"] in KINDS]


@pytest.mark.parametrize("example", BATCHED, ids=lambda example: example["name"])
def test_examples(client: FlaskClient, example: dict[str, Any]) -> None:
    """Every ready-made request is answered in a batch as it is alone."""
    kind = KINDS[example["endpoint"]]
    alone = client.post(example["endpoint"], json=example["request"])
    line, fine = answers(kind).line(0, orjson.dumps(example["request"]))
    assert fine
    assert part_of(line) == (200, alone.data)


def test_bad_requests(client: FlaskClient, network: dict[str, Any]) -> None:
    """A problem in a batch is the problem document of the single request."""
    for request in bad_requests(network):
        alone = client.post("/v1/verifications", json=request)
        line, fine = answers("verifications").line(0, orjson.dumps(request))
        assert not fine
        assert alone.status_code == 422
        assert part_of(line) == (422, alone.data)


def test_text_that_is_no_json(client: FlaskClient) -> None:
    """So is a line that cannot be parsed, with its column."""
    alone = client.post("/v1/gradients", data=b'{"a": NaN}', content_type="application/json")
    line, fine = answers("gradients").line(0, b'{"a": NaN}')
    assert not fine
    assert part_of(line) == (400, alone.data)


def test_shared_networks_change_no_answer(
    client: FlaskClient, network: dict[str, Any], right: dict[str, Any]
) -> None:
    """Claims about a shared network are judged as if each had brought the network itself."""
    wrong = {**right, "delta": [[1.0, 2.0, 3.0], right["delta"][1]]}
    some = [
        {"claims": right},
        {"claims": wrong, "precision": {"decimals": 4}},
        {"claims": wrong, "reveal": False},
        {"claims": {"weight_gradients": [None, right["weight_gradients"][1]]}},
        {"claims": {"bias_gradients": [[0.1, None, 0.2], None]}, "precision": "float32"},
        {"claims": right, "activation_ulps": 100.0},
        {"claims": {"cost": [1.0]}},
        {"claims": {}},
        {"claims": {"z": [[1.0]]}},
        {"precision": "float32"},
        {"claims": right, "activation": "tanh"},
    ]
    batch = answers("verifications", {"q": network})
    for _ in range(2):  # the second time from what is remembered
        for i, own in enumerate(some):
            alone = client.post("/v1/verifications", json={**network, **own})
            item = orjson.dumps({"id": f"s{i}", "network": "q", **own})
            assert part_of(batch.line(i, item)[0]) == (alone.status_code, alone.data)


def test_common_fields(client: FlaskClient, network: dict[str, Any], right: dict[str, Any]) -> None:
    """A network over the common fields, and an item over both."""
    common = {**network, "precision": {"decimals": 3}, "reveal": False}
    other = {"input": [0.5, -0.5]}
    batch = answers("verifications", {"q": other}, common)
    for network_name, own in ((None, {}), ("q", {}), ("q", {"reveal": True})):
        item = {"network": network_name, "claims": right, **own}
        alone = client.post(
            "/v1/verifications",
            json={**common, **(other if network_name else {}), "claims": right, **own},
        )
        line, _ = batch.line(0, orjson.dumps({k: v for k, v in item.items() if v is not None}))
        assert part_of(line) == (200, alone.data)


def test_a_shared_network_that_is_not_valid(
    client: FlaskClient, network: dict[str, Any], right: dict[str, Any]
) -> None:
    """Each item that refers to it is told what is wrong with it."""
    broken = {**network, "biases": [[0.0]]}
    alone = client.post("/v1/verifications", json={**broken, "claims": right})
    batch = answers("verifications", {"q": broken})
    line, _ = batch.line(0, orjson.dumps({"network": "q", "claims": right}))
    assert part_of(line) == (422, alone.data)


def test_what_is_shared_is_computed_once(
    monkeypatch: pytest.MonkeyPatch, network: dict[str, Any], right: dict[str, Any]
) -> None:
    """One network, one precision, one pattern of claims: one reference and one coverage."""
    made: list[str] = []

    for name in ("bounded_workings", "coverage"):
        inner = getattr(prepared, name)

        def count(*args: Any, inner: Any = inner, name: str = name) -> Any:
            made.append(name)
            return inner(*args)

        monkeypatch.setattr(prepared, name, count)
    batch = answers("verifications", {"q": network})
    for i in range(5):
        claims = {**right, "cost": right["cost"] * (1.0 + i * 2.0**-52)}
        batch.line(i, orjson.dumps({"network": "q", "claims": claims, "precision": "float64"}))
    assert sorted(made) == ["bounded_workings", "coverage"]


def test_the_same_item_is_answered_from_memory(
    monkeypatch: pytest.MonkeyPatch, network: dict[str, Any], right: dict[str, Any]
) -> None:
    """Who says the very same gets the very same, under another name and place."""
    batch = answers("verifications", {"q": network})
    first, _ = batch.line(0, orjson.dumps({"id": "a", "network": "q", "claims": right}))
    monkeypatch.setattr(Answers, "answered", None)
    again, _ = batch.line(7, orjson.dumps({"id": "b", "network": "q", "claims": right}))
    assert part_of(first) == part_of(again)
    assert (orjson.loads(again)["index"], orjson.loads(again)["id"]) == (7, "b")


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (3, "a number stands where"),
        ({"network": "p"}, 'unknown network "p"'),
        ({"network": 3}, "a name is needed"),
        ({"id": [1]}, "characters"),
        ({"id": "x" * 300}, "characters"),
    ],
)
def test_items_that_are_none(item: Any, said: str) -> None:
    """What an item has to be, told in its own answer."""
    line, fine = answers("verifications", {"q": {}}).line(4, orjson.dumps(item))
    told = orjson.loads(line)
    assert not fine
    assert (told["index"], told["status"]) == (4, 422)
    assert said in told["problem"]["detail"]


def test_a_bug_is_one_items_error(monkeypatch: pytest.MonkeyPatch, network: Any) -> None:
    """An exception that nobody thought of is told as 500 in its place, and the next goes on."""
    batch = answers("gradients")
    monkeypatch.setattr("service.jobs.answering.worked_out", lambda asked: 1 / 0)
    line, fine = batch.line(0, orjson.dumps(network))
    assert not fine
    assert part_of(line)[0] == 500
    monkeypatch.undo()
    assert batch.line(1, orjson.dumps(network))[1]
