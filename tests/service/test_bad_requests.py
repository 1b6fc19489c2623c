"""A table of mistakes: each is told at its place, with its repair, and never as a 5xx."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

Request = dict[str, Any]
Mistake = Callable[[Request], Any]


def put(path: str, value: Any) -> Mistake:
    """The mistake of having `value` at a JSON pointer."""

    def make(request: Request) -> None:
        *steps, last = [int(s) if s.isdigit() else s for s in path.split("/")[1:]]
        node: Any = request
        for step in steps:
            node = node[step]
        node[last] = value

    return make


def drop(name: str) -> Mistake:
    return lambda request: request.pop(name)


def together(*mistakes: Mistake) -> Mistake:
    def make(request: Request) -> None:
        for mistake in mistakes:
            mistake(request)

    return make


W1_TRANSPOSED = [[0.1, 0.3, -0.5], [-0.2, 0.4, 0.6]]
W2_TRANSPOSED = [[0.7, -1.0], [-0.8, 1.1], [0.9, -1.2]]
CHAIN = {"weights": [[[1.0]], [[2.0]]], "biases": [[0.0], [0.0]], "input": [1.0], "target": [1.0]}

TABLE: list[tuple[str, Mistake, str, str]] = [
    # fields
    ("missing weights", drop("weights"), "/weights", "is missing; a list of matrices"),
    ("missing biases", drop("biases"), "/biases", "is missing; a list of vectors"),
    ("missing activation", drop("activation"), "/activation", "is missing"),
    ("missing input", drop("input"), "/input", "is missing; a vector"),
    ("missing target", drop("target"), "/target", "is missing; a vector"),
    ("null weights", put("/weights", None), "/weights", "is null; a list of matrices"),
    ("unknown field", put("/activations", "tanh"), "/activations", 'did you mean "activation"?'),
    ("unknown x", put("/x", [1]), "/x", 'did you mean "input"?'),
    ("unknown y", put("/y", [1]), "/y", 'did you mean "target"?'),
    ("unknown labels", put("/labels", [1]), "/labels", 'did you mean "target"?'),
    ("unknown loss", put("/loss", "mse"), "/loss", 'did you mean "cost"?'),
    ("unknown W", put("/W", []), "/W", 'did you mean "weights"?'),
    ("unknown bias", put("/bias", []), "/bias", 'did you mean "biases"?'),
    ("far-off field", put("/qqq", 1), "/qqq", "known are weights, biases"),
    ("field with / and ~", lambda r: r.update({"a/b~c": 1}), "/a~1b~0c", "unknown field"),
    ("field called _schema", put("/_schema", 1), "", 'unknown field "_schema"'),
    # numbers
    ("string", put("/weights/1/0/2", "0.9"), "/weights/1/0/2", "without quotation marks"),
    ("word", put("/biases/0/1", "two"), "/biases/0/1", '"two" is a string: send a number'),
    ("nan as a string", put("/input/0", "nan"), "/input/0", "is a string: send a number"),
    ("true", put("/weights/0/1/0", True), "/weights/0/1/0", "true stands where a number"),
    ("null", put("/biases/1/0", None), "/biases/1/0", "null stands where a number"),
    ("object", put("/target/0", {}), "/target/0", "an object stands where a number"),
    ("too deep", put("/weights/0/0/0", [0.1]), "/weights/0/0/0", "a list stands where a number"),
    # kinds of lists
    ("weights a number", put("/weights", 1), "/weights", "a number stands where a list of matr"),
    ("weights an object", put("/weights", {}), "/weights", "an object stands where a list"),
    ("weights empty", put("/weights", []), "/weights", "is empty; one of the matrices"),
    (
        "weights one matrix",
        put("/weights", [[1, 2], [3, 4]]),
        "/weights",
        "for a single layer send [[[1, 2], [3, 4]]]",
    ),
    ("a million layers", put("/weights", [[]] * 1_000_000), "/weights", "has 1000000 matrices"),
    ("biases one vector", put("/biases", [1, 2]), "/biases", "for a single layer send [[1, 2]]"),
    ("biases empty", put("/biases", []), "/biases", "is empty"),
    ("matrix a number", put("/weights/0", 5), "/weights/0", "a number stands where a matrix"),
    ("matrix empty", put("/weights/0", []), "/weights/0", "is empty; a matrix needs"),
    ("matrix a vector", put("/weights/0", [1, 2]), "/weights/0", "a matrix of one row is [[1, 2]]"),
    ("row empty", put("/weights/0/1", []), "/weights/0/1", "this row is empty"),
    ("row a number", put("/weights/0/1", 3), "/weights/0/1", "a number stands where a row"),
    ("bias empty", put("/biases/0", []), "/biases/0", "is empty"),
    ("bias a number", put("/biases/1", 7), "/biases/1", "send [7]"),
    ("bias a column", put("/biases/1", [[1], [2]]), "/biases/1", "is a column"),
    ("bias a column: repair", put("/biases/1", [[1], [2]]), "/biases/1", "send [1, 2]"),
    ("bias a row", put("/biases/1", [[1, 2]]), "/biases/1", "one pair of brackets too many"),
    ("input a number", put("/input", 3), "/input", "send [3]"),
    ("input empty", put("/input", []), "/input", "is empty"),
    ("input a text", put("/input", "1,2"), "/input", "a string stands where a list"),
    ("input mixed", put("/input", [1, [2]]), "/input/0", "a number stands where a row"),
    ("input too deep", put("/input", [[[1, 2]]]), "/input/0/0", "a list stands where a number"),
    # shapes
    ("W1 transposed", put("/weights/0", W1_TRANSPOSED), "/weights/0", "send the transpose"),
    (
        "W1 transposed: needed",
        put("/weights/0", W1_TRANSPOSED),
        "/weights/0",
        "layer 1 needs 3 × 2",
    ),
    ("W2 transposed", put("/weights/1", W2_TRANSPOSED), "/weights/1", "send the transpose"),
    (
        "all W transposed",
        together(put("/weights/0", W1_TRANSPOSED), put("/weights/1", W2_TRANSPOSED)),
        "/weights/0",
        "swapped",
    ),
    (
        "row too long in a matrix",
        put("/weights/1/0", [1, 2, 3, 4]),
        "/weights/1/0",
        "row 0 has 4 entries; layer 1 has 3 neurons, so 3 are needed",
    ),
    (
        "every row too short",
        put("/weights/1", [[1, 2], [3, 4]]),
        "/weights/1/0",
        "row 0 has 2 entries; layer 1 has 3 neurons, so 3 are needed",
    ),
    ("row too short", put("/weights/0/2", [1]), "/weights/0/2", "the input has 2 entries, so 2"),
    (
        "a row too few",
        put("/weights/0", [[1, 2], [3, 4]]),
        "/weights/0",
        "has 2 rows; layer 1 has 3 neurons, so 3 are needed",
    ),
    ("bias too short", put("/biases/0", [1, 2]), "/biases/0", "has 2 entries; layer 1 has 3 neu"),
    ("bias too long", put("/biases/1", [1, 2, 3]), "/biases/1", "layer 2 has 2 neurons, so 2"),
    (
        "a bias too few",
        put("/biases", [[1, 2, 3]]),
        "/biases",
        "has 1 vector; weights has 2 layers",
    ),
    ("input too long", put("/input", [1, 2, 3]), "/input", "has 3 entries; layer 1 takes 2"),
    (
        "target too long",
        put("/target", [1, 2, 3]),
        "/target",
        "has 3 entries; the last layer gives 2",
    ),
    ("input a column", put("/input", [[1], [2]]), "/input", "for one example send [1.0, 2.0]"),
    ("target a column", put("/target", [[1], [2]]), "/target", "for one example send [1.0, 2.0]"),
    # batches
    ("target no batch", put("/input", [[1, 2], [3, 4], [5, 6]]), "/target", "3 vectors are needed"),
    ("batch of 1", put("/input", [[1, 2]]), "/target", "send [[0.0, 1.0]]"),
    ("input no batch", put("/target", [[0, 1]]), "/input", "send [[1.0, 2.0]]"),
    (
        "batches differ",
        together(put("/input", [[1, 2], [3, 4]]), put("/target", [[0, 1]] * 3)),
        "/target",
        "has 3 examples; input has 2",
    ),
    (
        "flat targets",
        together(
            lambda r: r.update(copy.deepcopy(CHAIN)),
            put("/input", [[1], [2], [3]]),
            put("/target", [0, 1, 0]),
        ),
        "/target",
        "send [[0.0], [1.0], [0.0]]",
    ),
    (
        "batch transposed",
        together(put("/input", [[1, 2, 3], [4, 5, 6]]), put("/target", [[0, 1]] * 2)),
        "/input",
        "each example is a row: send the transpose",
    ),
    (
        "ragged batch",
        together(put("/input", [[1, 2], [3, 4, 5]]), put("/target", [[0, 1]] * 2)),
        "/input/1",
        "example 1 has 3 entries; layer 1 takes 2",
    ),
    # names
    ("capital", put("/activation", "Sigmoid"), "/activation", 'did you mean "sigmoid"?'),
    ("typo", put("/activation", "sigmiod"), "/activation", 'did you mean "sigmoid"?'),
    ("LeakyReLU", put("/activation", "LeakyReLU"), "/activation", 'did you mean "leaky_relu"?'),
    ("linear", put("/activation", "linear"), "/activation", 'did you mean "identity"?'),
    ("nonsense", put("/activation", "foo"), "/activation", "known are sigmoid, tanh"),
    ("a number for a name", put("/activation", 3), "/activation", "a number stands where a name"),
    ("no names", put("/activation", []), "/activation", "is empty"),
    ("one name of two", put("/activation", ["tanh", "than"]), "/activation/1", 'mean "tanh"?'),
    ("too few names", put("/activation", ["tanh"]), "/activation", "has 1 name; the network has 2"),
    ("softmax all over", put("/activation", "softmax"), "/activation", "last layer only"),
    ("softmax first", put("/activation", ["softmax", "tanh"]), "/activation/0", "last layer only"),
    ("mse", put("/cost", "mse"), "/cost", 'did you mean "mean_squared_error"?'),
    ("a list of costs", put("/cost", ["cross_entropy"]), "/cost", "a list stands where a name"),
    ("null cost", put("/cost", None), "/cost", "is null"),
    # options
    ("kink beyond 1", put("/relu_derivative_at_zero", 2), "/relu_derivative_at_zero", "0 and 1"),
    (
        "kink a flag",
        put("/relu_derivative_at_zero", True),
        "/relu_derivative_at_zero",
        "true stands",
    ),
    ("check a word", put("/finite_difference", "yes"), "/finite_difference", "true, false or an"),
    ("check null", put("/finite_difference", None), "/finite_difference", "is null"),
    (
        "check with a typo",
        put("/finite_difference", {"setp": 1}),
        "/finite_difference/setp",
        'did you mean "step"?',
    ),
    (
        "one option right, one wrong",
        put("/finite_difference", {"seed": 1, "order": "4"}),
        "/finite_difference/order",
        '"4" is neither 2 nor 4',
    ),
    (
        "negative step",
        put("/finite_difference", {"step": -1}),
        "/finite_difference/step",
        "-1 is not between",
    ),
    (
        "order 3",
        put("/finite_difference", {"order": 3}),
        "/finite_difference/order",
        "neither 2 nor",
    ),
    (
        "seed 1.5",
        put("/finite_difference", {"seed": 1.5}),
        "/finite_difference/seed",
        "whole number",
    ),
    (
        "entries none",
        put("/finite_difference", {"entries": 0}),
        "/finite_difference/entries",
        '"auto", "all" or a number',
    ),
    (
        "too dear",
        put("/finite_difference", {"budget": 9e11}),
        "/finite_difference/budget",
        "at most 200000000000",
    ),
    (
        "complex through relu",
        together(put("/activation", "relu"), put("/finite_difference", {"method": "complex"})),
        "/finite_difference/method",
        "which relu is not",
    ),
    # the mathematics
    (
        "overflowing z",
        together(
            put("/weights/1/0/0", 1e308), put("/activation", "identity"), put("/input/0", 1e9)
        ),
        "/weights/1",
        "the weighted inputs z of layer 2 overflow",
    ),
    (
        "overflowing cost",
        together(put("/target/0", 1e300)),
        "/target",
        "the cost overflows",
    ),
    (
        "logarithm of a negative output",
        together(
            put("/activation", "identity"), put("/cost", "cross_entropy"), put("/target", [1, 1])
        ),
        "/target",
        "outputs above 0",
    ),
]


@pytest.mark.parametrize(
    ("mistake", "pointer", "fragment"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_mistake_is_told_at_its_place(
    client: FlaskClient, network: Request, mistake: Mistake, pointer: str, fragment: str
) -> None:
    """Each mistake brings a 422 whose error at its pointer says what to do."""
    mistake(network)
    answer = client.post("/v1/gradients", json=network)
    assert answer.status_code == 422, answer.text
    assert answer.content_type == "application/problem+json"
    said = [error["detail"] for error in answer.json["errors"] if error["pointer"] == pointer]
    assert any(fragment in detail for detail in said), answer.json["errors"]


@pytest.mark.parametrize(
    "row", [r for r in TABLE if r[0] != "all W transposed"], ids=lambda r: r[0]
)
def test_one_mistake_brings_one_error(
    client: FlaskClient, network: Request, row: tuple[str, Mistake, str, str]
) -> None:
    """A single mistake is not reported twice, nor blamed on what is right."""
    row[1](network)
    errors = client.post("/v1/gradients", json=network).json["errors"]
    assert {error["pointer"] for error in errors} == {row[2]}


def test_the_base_of_the_table_is_right(client: FlaskClient, network: Request) -> None:
    """Without a mistake the same request succeeds, so each row fails for its own reason."""
    assert client.post("/v1/gradients", json=network).status_code == 200


def renamed(old: str, new: str) -> Mistake:
    """The mistake of calling a field by another name."""

    def mistake(request: Request) -> None:
        request[new] = request.pop(old)

    return mistake


SIX_MISTAKES: list[tuple[Mistake, str, str]] = [
    (put("/weights/1", W2_TRANSPOSED), "/weights/1", "send the transpose"),
    (put("/biases/1", [[0.04], [0.05]]), "/biases/1", "send [0.04, 0.05]"),
    (put("/activation", "Sigmoid"), "/activation", 'did you mean "sigmoid"?'),
    (put("/losss", "mse"), "/losss", 'did you mean "cost"?'),
    (put("/input/1", "2.0"), "/input/1", "send it without quotation marks"),
    (put("/target", [0.0, 1.0, 0.0]), "/target", "the last layer gives 2"),
]
SIX_OTHERS: list[tuple[Mistake, str, str]] = [
    (put("/weights/0/1", [0.3]), "/weights/0/1", "2 are needed"),
    (put("/biases/0", [0.01, 0.02]), "/biases/0", "3 are needed"),
    (renamed("activation", "activations"), "/activations", 'did you mean "activation"?'),
    (put("/cost", "mse"), "/cost", 'did you mean "mean_squared_error"?'),
    (put("/input", [[1.0, 2.0]]), "/target", "send [[0.0, 1.0]]"),
    (put("/finite_difference", {"methood": 1}), "/finite_difference/methood", '"method"?'),
]


@pytest.mark.parametrize("mistakes", [SIX_MISTAKES, SIX_OTHERS], ids=["names", "shapes"])
def test_six_mistakes_bring_six_errors(
    client: FlaskClient, network: Request, mistakes: list[tuple[Mistake, str, str]]
) -> None:
    """One request with six mistakes is answered by six pointers, each with its repair."""
    for mistake, _, _ in mistakes:
        mistake(network)
    errors = {
        e["pointer"]: e["detail"] for e in client.post("/v1/gradients", json=network).json["errors"]
    }
    assert errors.keys() == {pointer for _, pointer, _ in mistakes}
    for _, pointer, repair in mistakes:
        assert repair in errors[pointer]


def test_every_transposed_matrix_is_recognised(client: FlaskClient, network: Request) -> None:
    """Weights stored n_in × n_out throughout are recognised layer by layer."""
    network["weights"] = [W1_TRANSPOSED, W2_TRANSPOSED]
    errors = client.post("/v1/gradients", json=network).json["errors"]
    assert [error["pointer"] for error in errors] == ["/weights/0", "/weights/1"]
    assert all("send the transpose" in error["detail"] for error in errors)


def test_at_most_fifty_errors(client: FlaskClient, network: Request) -> None:
    """A hundred and twenty mistakes bring the first fifty errors, in the order of the request."""
    network |= {"input": [["x", "x"]] * 60, "target": [[0, 1]] * 60}
    errors = client.post("/v1/gradients", json=network).json["errors"]
    first = [f"/input/{example}/{entry}" for example in range(25) for entry in range(2)]
    assert [error["pointer"] for error in errors] == first


@pytest.mark.parametrize("body", [[], [1], None, 3, "text", True])
def test_other_than_an_object(client: FlaskClient, body: Any) -> None:
    """A body that is JSON but no object is told so at the pointer of the whole request."""
    text = json.dumps(body)
    answer = client.post("/v1/gradients", data=text, content_type="application/json")
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert error["pointer"] == ""
    assert "a JSON object is needed" in error["detail"]
