"""POST /v1/verifications: the contract's shapes, words and pointers."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from core.verdict.mistakes.table import SLUGS
from service import create_app
from service.limits import Limits
from tests.service.validation import valid

Request = dict[str, Any]
QUANTITIES = ("cost", "z", "a", "delta", "bias_gradients", "weight_gradients")
GRADIENTS = ("bias_gradients", "weight_gradients")


def claims_on(client: FlaskClient, network: Request, *quantities: str) -> dict[str, Any]:
    """The right answers of /v1/gradients, to be claimed."""
    answer = client.post("/v1/gradients", json={**network, "finite_difference": False}).json
    return {name: answer[name] for name in quantities or QUANTITIES}


def post(client: FlaskClient, network: Request, claims: Any, **options: Any) -> Any:
    answer = client.post("/v1/verifications", json={**network, "claims": claims, **options})
    assert answer.status_code == 200, answer.text
    assert valid("/v1/verifications", answer.json)
    return answer.json


def refused(client: FlaskClient, network: Request, claims: Any, **options: Any) -> dict[str, str]:
    """Pointers and details of a 422."""
    answer = client.post("/v1/verifications", json={**network, "claims": claims, **options})
    assert answer.status_code == 422, answer.text
    assert answer.content_type == "application/problem+json"
    return {error["pointer"]: error["detail"] for error in answer.json["errors"]}


def times(values: Any, factor: float) -> Any:
    return [times(v, factor) for v in values] if isinstance(values, list) else factor * values


def test_a_right_claim(client: FlaskClient, network: Request) -> None:
    """Correct, with a census of each quantity, every equation holding, and no diagnosis."""
    answer = post(client, network, claims_on(client, network), precision="float64")
    assert answer["verdict"] == "correct"
    assert answer["precision"] == "float64"
    assert {q: c["checked"] for q, c in answer["claims"].items()} == {
        "z": 5, "a": 5, "cost": 1, "delta": 5, "bias_gradients": 5, "weight_gradients": 12,
    }  # fmt: skip
    for census in answer["claims"].values():
        assert (census["verdict"], census["wrong"], census["worst"]) == ("correct", 0, None)
    told = [(e["equation"], e["layer"], e["verdict"]) for e in answer["equations"]]
    assert sorted(told) == sorted(
        [(name, l, "holds") for name in ("forward", "BP3", "BP4") for l in (1, 2)]
        + [("cost", 2, "holds"), ("BP1", 2, "holds"), ("BP2", 1, "holds")]
    )
    assert answer["diagnosis"] == []
    assert answer["diagnosis_budget"] is None
    coverage = answer["coverage"]
    assert coverage["catalogued"] == len(SLUGS)
    sorted_out = coverage["visible"] + len(coverage["invisible"]) + len(coverage["not_applicable"])
    assert sorted_out == len(SLUGS)


def test_a_wrong_claim(client: FlaskClient, network: Request) -> None:
    """The entry, its pointer into the request, right value, bound and ratio; BP2 alone fails."""
    claims = claims_on(client, network, "z", "delta")
    right = claims["delta"][0][1]
    claims["delta"][0][1] = right + 1.0
    answer = post(client, network, claims, precision={"decimals": 6})
    assert answer["verdict"] == "wrong"
    worst = answer["claims"]["delta"]["worst"]
    assert worst["at"] == "/claims/delta/0/1"
    assert worst["claimed"] == right + 1.0
    assert worst["correct"] == pytest.approx(right, abs=1e-12)  # our own float64, bound or not
    assert worst["ratio"] == pytest.approx(1.0 / worst["bound"], rel=1e-6)
    assert answer["claims"]["delta"]["wrong_entries"] == [worst]
    assert answer["claims"]["z"]["verdict"] == "correct"
    failing = [(e["equation"], e["layer"]) for e in answer["equations"] if e["verdict"] == "fails"]
    assert failing == [("BP2", 1)]


def test_pointers_of_a_batch(client: FlaskClient, network: Request) -> None:
    """Layer, example, neuron; for weights layer, row, column; the cost stands alone."""
    batch = {**network, "input": [[1.0, 2.0], [0.5, -1.0]], "target": [[0.0, 1.0], [1.0, 0.0]]}
    claims = claims_on(client, batch)
    claims["delta"][1][1][0] += 1.0
    claims["weight_gradients"][0][2][1] += 1.0
    claims["cost"] += 1.0
    answer = post(client, batch, claims, precision="float64")
    at = {q: [e["at"] for e in c["wrong_entries"]] for q, c in answer["claims"].items()}
    assert at["delta"] == ["/claims/delta/1/1/0"]
    assert at["weight_gradients"] == ["/claims/weight_gradients/0/2/1"]
    assert at["cost"] == ["/claims/cost"]
    for pointer in (p for ps in at.values() for p in ps):
        found: Any = {"claims": claims}
        for token in pointer.split("/")[1:]:
            found = found[int(token)] if isinstance(found, list) else found[token]
        assert isinstance(found, float)


def test_a_mistake_is_named(client: FlaskClient, network: Request) -> None:
    """Slug, equation, layers, a sentence, a remedy in the chapter's symbols, and where it shows."""
    claims = claims_on(client, network, *GRADIENTS)
    for name in GRADIENTS:
        claims[name] = times(claims[name], -1.0)
    answer = post(client, network, claims, precision="float64")
    found = answer["diagnosis"][0]
    assert (found["mistake"], found["equation"], found["layers"]) == (
        "output-sign-flipped", "BP1", [2],
    )  # fmt: skip
    assert "sign" in found["explanation"]
    assert "δ(L) = ∇ₐC ⊙ σ′(z(L))" in found["remedy"]
    assert found["at"] in {e["at"] for c in answer["claims"].values() for e in c["wrong_entries"]}
    assert {"scaled"} <= {other["mistake"] for other in found["same_numbers"]}
    assert answer["diagnosis_budget"]["exhausted"] is False


def test_numbers_found_are_told(client: FlaskClient, network: Request) -> None:
    """The factor stands in the answer and in the sentence."""
    claims = claims_on(client, network, *GRADIENTS)
    claims["weight_gradients"] = times(claims["weight_gradients"], 0.05)
    claims["bias_gradients"] = times(claims["bias_gradients"], 0.05)
    answer = post(client, network, claims, precision="float64")
    told = {f["mistake"]: f for f in answer["diagnosis"]}
    found = told.get("step-instead-of-gradient") or told["scaled"]
    assert found["number"] == 0.05
    assert "0.05" in found["explanation"]


@pytest.mark.parametrize("word", ["NaN", "nan", "inf", "-Infinity"])
def test_words_for_what_is_no_number(client: FlaskClient, network: Request, word: str) -> None:
    """A claimed NaN or infinity is a wrong number, echoed as a word; no ratio exists."""
    claims = claims_on(client, network)
    claims["weight_gradients"][1][0][2] = word
    answer = post(client, network, claims, precision="float64")
    worst = answer["claims"]["weight_gradients"]["worst"]
    assert answer["verdict"] == "wrong"
    assert worst["at"] == "/claims/weight_gradients/1/0/2"
    assert worst["claimed"] in ("NaN", "inf", "-inf")
    assert worst["ratio"] is None
    assert worst["overflow"] is False
    assert answer["diagnosis"][0]["entries"][0]["slip"] == "this is not a number"


def test_an_overflow_is_named(client: FlaskClient, network: Request) -> None:
    """In float16 a weighted input beyond 65504 may be inf: told as an overflow."""
    large = copy.deepcopy(network)
    large["activation"] = "identity"
    large["weights"][0][0] = [60000.0, 60000.0]
    answer = post(client, large, {"z": [["inf", None, None], None]}, precision="float16")
    worst = answer["claims"]["z"]["worst"]
    assert worst["overflow"] is True
    assert worst["bound"] is None
    assert answer["diagnosis"][0]["layers"] == [1]


def test_null_is_not_claimed(client: FlaskClient, network: Request) -> None:
    """A layer or an entry may be left out; the rest is judged."""
    right = claims_on(client, network)
    claims = {
        "delta": [None, right["delta"][1]],
        "weight_gradients": [[[None, None], [None, 0.5], [None, None]], None],
        "cost": None,
    }
    answer = post(client, network, claims, precision="float64")
    assert answer["claims"]["delta"]["checked"] == 2
    assert answer["claims"]["weight_gradients"]["checked"] == 1
    assert answer["claims"]["weight_gradients"]["wrong_entries"][0]["at"] == (
        "/claims/weight_gradients/0/1/1"
    )
    verdicts = {(e["equation"], e["layer"]): e["verdict"] for e in answer["equations"]}
    assert verdicts["BP1", 2] == "holds"
    assert verdicts["forward", 1] == "untested"


@pytest.mark.parametrize(
    ("claims", "pointer", "part"),
    [
        ({"delta": [[0.1, 0.2], [0.1, 0.2]]}, "/claims/delta/0", "3"),
        ({"delta": [[0.1, 0.2, 0.3]]}, "/claims/delta", "null stands for none"),
        ({"weight_gradients": [None, [[1, 2], [3, 4]]]}, "/claims/weight_gradients/1", "2 × 3"),
        ({"bias_gradients": [[1, 2, "x"], None]}, "/claims/bias_gradients/0/2", "number"),
        ({"bias_gradients": [[1, 2, True], None]}, "/claims/bias_gradients/0/2", "number"),
        ({"gradients": [[1.0]]}, "/claims/gradients", "unknown claim"),
        ({"cost": [1.0]}, "/claims/cost", "number"),
        ({"z": None}, "/claims/z", "list"),
        ({}, "/claims", "claims nothing"),
        ({"z": [None, None]}, "/claims", "claims nothing"),
        ([], "/claims", "object"),
    ],
)
def test_claims_that_are_none(
    client: FlaskClient, network: Request, claims: Any, pointer: str, part: str
) -> None:
    """422 with a pointer to the very place, and what is needed there."""
    problems = refused(client, network, claims)
    assert pointer in problems
    assert part in problems[pointer]


def test_the_transposed_layout_is_recognised(client: FlaskClient, network: Request) -> None:
    """Weight gradients source first are no error of shape: right numbers in another layout."""
    claims = claims_on(client, network)
    claims["weight_gradients"] = [np.array(W).T.tolist() for W in claims["weight_gradients"]]
    answer = post(client, network, claims, precision="float64")
    assert answer["verdict"] == "wrong"
    assert answer["claims"]["weight_gradients"]["verdict"] == "wrong"
    assert answer["claims"]["bias_gradients"]["verdict"] == "correct"
    (found,) = answer["diagnosis"]
    assert (found["mistake"], found["equation"]) == ("transposed-layout", "convention")


def test_a_wrong_entry_in_the_transposed_layout(client: FlaskClient, network: Request) -> None:
    """Its pointer is the place in the request as it was sent."""
    claims = claims_on(client, network)
    claims["weight_gradients"] = [np.array(W).T.tolist() for W in claims["weight_gradients"]]
    claims["weight_gradients"][0][1][2] += 1.0
    answer = post(client, network, claims, precision="float64")
    worst = answer["claims"]["weight_gradients"]["worst"]
    assert worst["at"] == "/claims/weight_gradients/0/1/2"
    assert worst["claimed"] == claims["weight_gradients"][0][1][2]


@pytest.mark.parametrize(
    "precision",
    ["float64", "float32", "float16", "bfloat16", {"decimals": 4}, {"significant_digits": 5}],
)
def test_precisions(client: FlaskClient, network: Request, precision: Any) -> None:
    """Every form is taken, echoed, and the right float64 numbers are right at each."""
    answer = post(client, network, claims_on(client, network), precision=precision)
    assert answer["precision"] == precision
    assert answer["verdict"] == "correct"


def test_auto_reads_the_precision(client: FlaskClient, network: Request) -> None:
    """Four decimals are seen as four decimals; that is also the default."""
    claims = json.loads(
        json.dumps(claims_on(client, network)), parse_float=lambda x: round(float(x), 4)
    )
    for options in ({}, {"precision": "auto"}):
        answer = post(client, network, claims, **options)
        assert answer["precision"] == {"decimals": 4}
        assert answer["verdict"] == "correct"


@pytest.mark.parametrize(
    ("precision", "pointer"),
    [
        ("float128", "/precision"),
        ({"decimals": -1}, "/precision/decimals"),
        ({"significant_digits": 0}, "/precision/significant_digits"),
        ({"decimals": 4, "significant_digits": 2}, "/precision"),
        (4, "/precision"),
    ],
)
def test_precisions_that_are_none(
    client: FlaskClient, network: Request, precision: Any, pointer: str
) -> None:
    """422 at the word or the number that is wrong."""
    problems = refused(client, network, {"cost": 0.5}, precision=precision)
    assert pointer in problems


def test_undecided(client: FlaskClient, network: Request) -> None:
    """In whole numbers nothing could show: neither right nor wrong."""
    claims = {"delta": [[0.0, 0.0, 0.0], [0.0, 0.0]]}
    answer = post(client, network, claims, precision={"decimals": 0})
    assert answer["verdict"] == "undecided"
    assert answer["claims"]["delta"]["verdict"] == "undecided"
    assert answer["coverage"]["visible"] == 0
    assert answer["diagnosis"] == []


def test_a_spent_budget_is_said(network: Request) -> None:
    """A service that may try few explanations says that it stopped."""
    small = create_app({"LIMITS": Limits(diagnosis_products_max=1)}).test_client()
    claims = claims_on(small, network, *GRADIENTS)
    claims["weight_gradients"][0][0][0] += 1.0
    claims["bias_gradients"][0][1] -= 2.0
    claims["bias_gradients"][1][0] += 3.0
    claims["weight_gradients"][1][0][0] += 4.0
    answer = post(small, network, claims, precision="float64")
    assert answer["diagnosis_budget"] == {"tried": 20, "exhausted": True}
    assert answer["diagnosis"][0]["mistake"] == "unrecognised"


def test_large_verifications_are_refused(network: Request) -> None:
    """Beyond the limit the answer is 422, before anything is computed."""
    small = create_app({"LIMITS": Limits(verification_products_max=5)}).test_client()
    problems = refused(small, network, {"cost": 0.5})
    assert "verification takes at most 5" in problems["/input"]


def test_the_same_request_has_the_same_answer(network: Request) -> None:
    """With and without what is remembered of earlier ones, byte for byte."""
    fresh, used = create_app().test_client(), create_app().test_client()
    claims = claims_on(fresh, network)
    claims["delta"][0][0] += 1.0
    body = {**network, "claims": claims}
    first = fresh.post("/v1/verifications", json=body).data
    for precision in ("float32", {"decimals": 3}):
        post(used, network, claims, precision=precision)
    assert used.post("/v1/verifications", json=body).data == first


def test_reveal_false_tells_no_number(client: FlaskClient, network: Request) -> None:
    """No right value, bound, ratio or factor anywhere; the entries stand in their own order."""
    claims = claims_on(client, network)
    claims["weight_gradients"] = times(claims["weight_gradients"], 1.37)
    claims["delta"][0] = times(claims["delta"][0], -2.0)
    open_, closed = (
        post(client, network, claims, precision="float64", reveal=reveal)
        for reveal in (True, False)
    )
    mine = set(numbers_in(claims)) | set(numbers_in(network))
    counted = {float(n) for n in range(100)}
    assert set(numbers_in(closed)) <= mine | counted
    assert not set(numbers_in(open_)) <= mine | counted
    for census in closed["claims"].values():
        assert census["worst"] is None
        at = [entry["at"] for entry in census["wrong_entries"]]
        assert at == sorted(at)
        assert all(set(entry) == {"at", "claimed"} for entry in census["wrong_entries"])
    told = json.dumps(closed["diagnosis"], ensure_ascii=False)
    assert "1.37" not in told
    assert all(found["at"] is None for found in closed["diagnosis"])


def numbers_in(tree: Any) -> list[float]:
    """Every number of an answer, those inside its sentences too."""
    if isinstance(tree, dict):
        return [x for value in tree.values() for x in numbers_in(value)]
    if isinstance(tree, list):
        return [x for value in tree for x in numbers_in(value)]
    if isinstance(tree, (int, float)) and not isinstance(tree, bool):
        return [float(tree)]
    return []


def test_reveal_false_hides_what_happened_to_a_typo(client: FlaskClient, network: Request) -> None:
    """A lost sign or a moved point would tell the right number."""
    claims = claims_on(client, network)
    claims["delta"][0][1] *= -1.0
    shown = post(client, network, claims, precision="float64")["diagnosis"][0]
    hidden = post(client, network, claims, precision="float64", reveal=False)["diagnosis"][0]
    assert shown["entries"] == [{"at": "/claims/delta/0/1", "slip": "the sign is lost"}]
    assert hidden["entries"] == [{"at": "/claims/delta/0/1"}]


def test_reveal_false_lists_the_first_of_many(client: FlaskClient) -> None:
    """Of more than a hundred wrong entries the choice tells nothing about how wrong they are."""
    generator = np.random.default_rng(3)
    large = {
        "weights": [generator.normal(size=(12, 12)).tolist()],
        "biases": [generator.normal(size=12).tolist()],
        "activation": "tanh",
        "input": generator.normal(size=12).tolist(),
        "target": generator.normal(size=12).tolist(),
    }
    claims = claims_on(client, large, "weight_gradients")
    wrong = np.array(claims["weight_gradients"][0]) + generator.normal(size=(12, 12))
    answer = post(client, large, {"weight_gradients": [wrong.tolist()]}, reveal=False)
    entries = answer["claims"]["weight_gradients"]["wrong_entries"]
    order = [f"/claims/weight_gradients/0/{j}/{k}" for j in range(12) for k in range(12)]
    assert [entry["at"] for entry in entries] == order[:100]


PLACES, REACH = 4, 64.0


def test_what_many_replies_without_reveal_tell(network: Request) -> None:
    """Right or wrong is one bit, and in whole numbers 0 is right: the best attack known.

    What is called right reaches equally far up and down from the right number. Bisection finds both
    ends, for every entry at once, and the middle is the right number: some forty submissions for
    four decimals of all gradients. docs/diagnosis.md says so, and what a grader does about it.
    """
    client = create_app({"LIMITS": Limits(diagnosis_products_max=1)}).test_client()
    right = claims_on(client, network, *GRADIENTS)
    count = sum(np.size(layer) for name in GRADIENTS for layer in right[name])
    ends, submissions = [], 0
    for sign in (1.0, -1.0):
        inside, outside = np.zeros(count), np.full(count, sign * REACH)
        while np.abs(outside - inside).max() > 10.0**-PLACES:
            tried = (inside + outside) / 2.0
            accepted = called_right(client, network, shaped(tried, right))
            inside, outside = np.where(accepted, tried, inside), np.where(accepted, outside, tried)
            submissions += 1
        ends.append(inside)
    found, wanted = (ends[0] + ends[1]) / 2.0, flat(right)
    assert np.abs(found - wanted).max() <= 10.0**-PLACES  # each end was found to one unit
    assert submissions == 2 * np.ceil(np.log2(REACH / 10.0**-PLACES)) == 40


def flat(claims: dict[str, Any]) -> Any:
    return np.concatenate([np.ravel(layer) for name in GRADIENTS for layer in claims[name]])


def shaped(numbers: Any, like: dict[str, Any]) -> dict[str, Any]:
    """The numbers as claims, filled in the order of `flat`."""
    left = iter(numbers.tolist())
    return {
        name: [
            np.array([next(left) for _ in np.ravel(W)]).reshape(np.shape(W)).tolist()
            for W in like[name]
        ]
        for name in GRADIENTS
    }


def called_right(client: FlaskClient, network: Request, claims: dict[str, Any]) -> Any:
    """For each entry, in the order of `flat`, whether it is called right."""
    answer = post(client, network, claims, precision={"decimals": 0}, reveal=False)
    wrong = {e["at"] for census in answer["claims"].values() for e in census["wrong_entries"]}
    return np.array(
        [
            "/".join(["/claims", name, str(l), *map(str, at)]) not in wrong
            for name in GRADIENTS
            for l, layer in enumerate(claims[name])
            for at in np.ndindex(*np.shape(layer))
        ]
    )


def test_claims_at_both_ends_of_float64(client: FlaskClient) -> None:
    """No mistake is named with a number in it that is not finite: here λ once was −∞."""
    request = {
        "weights": [
            [
                [-1.4, 2.8, 0.1, -0.1, 0.4],
                [0.4, -1.7, 4.4, 0.8, -0.6],
                [-1.6, -0.8, 3.1, 0.5, -2.1],
                [-0.5, -3.4, 0.1, -2.6, 5.1],
                [2.7, -3.5, 2.0, -2.0, -0.1],
            ],
            [[-0.4, -0.3, 1.6, 1.4, -0.6], [0.4, 0.7, 1.4, 1.7, -1.7]],
        ],
        "biases": [[1.0, 2.5, -0.7, -4.2, 0.0], [-1.5, -5.0]],
        "activation": ["gelu", "tanh"],
        "input": [
            [-0.6, 0.6, -1.2, 1.6, 0.0],
            [0.0, 0.6, 0.9, -1.1, -1.4],
            [-0.6, 0.5, 2.0, -0.4, 1.2],
        ],
        "target": [[-1.3, -0.2], [0.9, 0.0], [0.6, 1.4]],
        "claims": {
            "weight_gradients": [
                None,
                [[None, 1e308, None, None, None], [None, None, None, None, 5e-324]],
            ]
        },
        "precision": "float32",
    }
    answer = client.post("/v1/verifications", json=request)
    assert answer.status_code == 200, answer.text
    assert answer.json["verdict"] == "wrong"
