"""The lesson methods: typed answers, training followed line by line, and the two examples."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from backcheck import Client, InvalidRequest, ServerTrouble
from backcheck.lessons import Progress
from tests.client.conftest import Scripted

EXAMPLES = Path(__file__).parents[2] / "examples"

NET: dict[str, Any] = {
    "weights": [[[0.15, 0.2], [0.25, 0.3]], [[0.4, 0.45], [0.5, 0.55]]],
    "biases": [[0.35, 0.35], [0.6, 0.6]],
    "activation": "sigmoid",
    "input": [0.05, 0.1],
    "target": [0.01, 0.99],
}
BATCH = {**NET, "input": [[0.05, 0.1], [1, 2]], "target": [[0.01, 0.99], [1, 0]]}


def test_walks_and_paths(client: Client) -> None:
    """The sum over all paths is the gradient, by either method."""
    gradient = client.gradients(NET).weight_gradients[0][1, 0]
    walk = client.derivation(NET, at="/weights/0/1/0")
    paths = client.paths(NET, start="/weights/0/1/0")
    assert walk.gradient == gradient
    assert walk.sum == paths.sum == pytest.approx(gradient, rel=1e-14)
    assert (walk.path_count, paths.listed) == ("2", 2)
    assert str(walk.equation).startswith("∂C/∂w(1)_10 = ")
    assert client.paths(NET, start="/z/0/0", end="/a/0/0", limit=1).path_count == "1"


def test_an_example_of_a_batch(client: Client) -> None:
    """Lessons that follow one example take it from a batch."""
    alone = {**NET, "input": [1, 2], "target": [1, 0]}
    assert client.derivation(BATCH, at="/biases/0/0", example=1).gradient == (
        client.derivation(alone, at="/biases/0/0").gradient
    )
    with pytest.raises(InvalidRequest, match="follows one example"):
        client.jacobians(BATCH)


def test_jacobians(client: Client) -> None:
    """Matrices that multiply to the running products; a diagonal is made whole on demand."""
    answer = client.jacobians(NET)
    running = np.eye(2)
    for layer in reversed(answer.layers):
        running = running @ layer.activation.matrix @ layer.weighted_sum.matrix
        assert layer.running.values == pytest.approx(running, rel=1e-14)
    assert answer.layers[0].activation.diagonal
    assert answer.cost is not None
    assert answer.cost.shape == (1, 2)
    assert answer.orders.cheapest == answer.orders.backward == 8
    names = [one.name for one in client.operation_jacobians(NET, layer=2).operations]
    assert names[-1] == "cost"


def test_steps_and_origins(client: Client) -> None:
    """The computation step by step, and where a number comes from."""
    steps = client.steps(BATCH)
    assert [step.equation for step in steps.steps][-2:] == ["BP3", "BP4"]
    assert steps.steps[0].result.value.shape == (2, 2)
    assert steps.cost_terms.terms.shape == (2, 2)
    origin = client.origin(NET, at="/delta/0/1", digits=3)
    assert origin.value == client.gradients(NET).delta[0][1]
    assert "≈" in str(origin.numbers)
    assert {one.at for one in origin.ingredients} >= {"/z/0/1", "/delta/1/0"}
    assert origin.equation._repr_latex_().startswith("$\\delta")


def test_tables_curves_and_units(client: Client) -> None:
    """The outer product, the units on their curve, the V, the throttle, and the slow way."""
    table = client.outer_product(NET, layer=2)
    assert np.array_equal(table.table, np.outer(table.column, table.row))
    units = client.units(NET, points=7)
    assert (len(units.curves[0].z), units.layers[0].states) == (7, ("active", "active"))
    assert client.magnitudes(NET).throttling_layer == 1
    assert client.comparison(NET).agrees
    curve = client.curve(NET, at="/biases/1/0", points=16)
    assert curve.best is not None
    assert curve.best.error < 1e-9
    assert client.operations([784, 30, 10]).naive_to_backprop > 50


def test_an_address_in_every_notation(client: Client) -> None:
    """Fig 2.1, both ways."""
    address = client.address("w(1)_02", layer_sizes=[3, 2])
    assert address.sentence.endswith("from neuron 2 of layer 0")
    assert client.address(address.sentence).symbol == "w(1)_02"


# Training


def test_progress_is_told_while_it_runs(client: Client) -> None:
    """Each epoch is told once, in order, and the answer is what it is without progress."""
    told: list[Progress] = []
    plan = {"learning_rate": 0.5, "epochs": 6, "batch_size": 1, "seed": 2}
    followed = client.update(BATCH, progress=told.append, **plan)
    plain = client.update(BATCH, **plan)
    assert [now.epoch for now in told] == [1, 2, 3, 4, 5, 6]
    assert [now.cost for now in told] == plain.costs.tolist()
    assert followed.cost_after == plain.cost_after
    for one, other in zip(followed.weights, plain.weights, strict=True):
        assert np.array_equal(one, other)


def test_a_run_comes_piece_by_piece() -> None:
    """The application is asked for the next line only when the one before has been told."""
    made: list[int] = []

    def application(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("Content-Type", "application/x-ndjson")])
        for epoch in range(1, 4):
            made.append(epoch)
            yield json.dumps({"epoch": epoch, "epochs": 3, "cost": 1.0}).encode() + b"\n"

    seen: list[tuple[int, int]] = []
    with pytest.raises(ServerTrouble, match="broke off"):
        Client.local(application).update(
            BATCH, learning_rate=1, progress=lambda now: seen.append((now.epoch, len(made)))
        )
    assert [ahead - epoch for epoch, ahead in seen] == [0, 0, 0]


def test_what_progress_raises_stops_the_run() -> None:
    """The error comes through, and the application is told that nobody listens any more."""
    stopped: list[bool] = []

    def application(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("Content-Type", "application/x-ndjson")])
        try:
            for epoch in range(1, 1000):
                yield json.dumps({"epoch": epoch, "epochs": 999, "cost": 1.0}).encode() + b"\n"
        finally:
            stopped.append(True)

    def enough(now: Progress) -> None:
        if now.epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Client.local(application).update(BATCH, learning_rate=1, progress=enough)
    assert stopped == [True]


def test_divergence_in_the_middle(client: Client) -> None:
    """A run that leaves float64 raises InvalidRequest at the learning rate, followed or not."""
    plan: dict[str, Any] = {"learning_rate": 1e5, "epochs": 50, "activation": "identity"}
    told: list[Progress] = []
    for follow in ({}, {"progress": told.append}):
        with pytest.raises(InvalidRequest) as caught:
            client.update(BATCH, **plan, **follow)
        assert caught.value.problems[0].pointer == "/learning_rate"
    assert told


def test_a_refused_run(client: Client) -> None:
    """What is refused before the run begins is told as by every other method."""
    with pytest.raises(InvalidRequest, match="epochs"):
        client.update(BATCH, learning_rate=1, epochs=10**6, progress=print)


def test_an_old_service_is_named() -> None:
    """A service that does not know lines answers in one piece; that is read as well."""
    answer = {
        "weights": NET["weights"], "biases": NET["biases"], "cost_before": 1.0,
        "cost_after": 0.5, "costs": [0.5],
    }  # fmt: skip
    app = Scripted(answer)
    found = Client.local(app).update(NET, learning_rate=1, progress=print)
    assert found.cost_after == 0.5
    assert app.environments[0]["HTTP_ACCEPT"] == "application/x-ndjson"


# The examples


def load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("trained", EXAMPLES / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_xor_is_learned(capsys: pytest.CaptureFixture[str]) -> None:
    """The example takes the cost below 0.001, tells its progress, and answers all four rightly."""
    load("xor/train.py").main()
    out = capsys.readouterr().out
    assert "epoch  1000 of 1000: cost 0.000" in out
    assert "[0, 1] → 0.99" in out
    assert "[1, 1] → 0.00" in out


def test_digits_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    """After 20 epochs already more than nine in ten digits by unseen writers are read."""
    pytest.importorskip("sklearn")
    assert load("digits/train.py").main(epochs=20) > 0.9
    assert "epoch  20 of 20" in capsys.readouterr().out


def test_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The code of docs/lessons.md prints what the page says it prints."""
    page = (EXAMPLES.parent / "docs" / "lessons.md").read_text(encoding="utf-8")
    part = page.split("## In Python")[1]
    code, printed = part.split("```python\n")[1].split("```\n\n```\n")
    exec(code, {})
    assert capsys.readouterr().out == printed.split("```")[0]
