"""A Lambda Feedback evaluation function: {response, answer, params} → {is_correct, feedback}.

`response`: the student's numbers, one matrix or vector for each layer, or for `params["layer"]`
alone (counted from 1). `answer` is not needed: nobody has to work it out beforehand.
`params`: `network` (weights, biases, activation, input, target), `claim` (weight_gradients if not
given), `precision` (read off the numbers if not given).
"""

import json
from typing import Any

import backcheck


def evaluation_function(response: Any, answer: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Whether the numbers are right, and in words why not."""
    try:
        found = verified(response, params)
    except ValueError as error:
        return {"is_correct": False, "feedback": f"This could not be read: {error}"}
    if found.verdict == "undecided":
        return {"is_correct": False, "feedback": str(found)}
    named = [f"{one.explanation} {one.remedy}" for one in found.diagnosis[:1]]
    return {"is_correct": found.correct, "feedback": " ".join(named) or "All numbers are right."}


def verified(response: Any, params: dict[str, Any]) -> backcheck.Verification:
    """What the service says; raises ValueError if the response holds no such numbers."""
    numbers = json.loads(response) if isinstance(response, str) else response
    network, name = params["network"], params.get("claim", "weight_gradients")
    if "layer" in params and name != "cost":
        layers: list[Any] = [None] * len(network["weights"])
        layers[params["layer"] - 1] = numbers
        numbers = layers
    with backcheck.Client(timeout=20) as client:
        return client.verify(
            network, claims={name: numbers}, precision=params.get("precision"), reveal=False
        )
