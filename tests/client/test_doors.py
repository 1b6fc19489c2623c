"""The doors to course tools: each example does in its tool's contract what its page says."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from types import ModuleType, SimpleNamespace
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import numpy as np
import pytest
import yaml

import backcheck
from backcheck import Client, Disagreement
from service import create_app
from tests.client.conftest import textbook

ROOT = Path(__file__).parents[2]
DOORS = ROOT / "examples" / "doors"
PAGES = ROOT / "docs" / "doors"

Backprop = Callable[..., Any]


def right(W: Any, b: Any, x: Any, y: Any, slope: Any = lambda a: a * (1 - a)) -> Any:
    """A student's function for sigmoid layers; `slope` of a layer from its activation."""
    a = [x]
    for W_l, b_l in zip(W, b, strict=True):
        a.append(1 / (1 + np.exp(-(W_l @ a[-1] + b_l))))
    delta = [(a[-1] - y) * a[-1] * (1 - a[-1])]
    for W_l, a_l in zip(reversed(W[1:]), reversed(a[1:-1]), strict=True):
        delta.insert(0, (W_l.T @ delta[0]) * slope(a_l))
    return delta, [np.outer(d, a_l) for d, a_l in zip(delta, a[:-1], strict=True)]


def wrong(W: Any, b: Any, x: Any, y: Any) -> Any:
    """The same with the slope of the hidden layers forgotten."""
    return right(W, b, x, y, slope=lambda a: 1.0)


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The application served on loopback."""

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Nothing on the terminal."""

    class Threading(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    server = make_server("127.0.0.1", 0, create_app(), Threading, Quiet)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def served(address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same address, in BACKCHECK_URL."""
    monkeypatch.setenv("BACKCHECK_URL", address)
    return address


def otter_cases(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The cases of the otter test, with otter's own decorator or one of its shape."""
    found: list[Any] = []

    def test_case(**metadata: Any) -> Any:
        def decorate(function: Any) -> Any:
            found.append(SimpleNamespace(function=function, **metadata))
            return function

        return decorate

    files = SimpleNamespace(test_case=test_case)
    monkeypatch.setitem(sys.modules, "otter", SimpleNamespace(test_files=files))
    monkeypatch.setitem(sys.modules, "otter.test_files", files)
    module = load(DOORS / "otter" / "tests" / "q1.py")
    assert module.OK_FORMAT is False
    assert module.points == sum(case.points for case in found)
    return found


def test_otter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Right work passes both cases; a forgotten slope passes the one-layer case only."""
    visible, hidden = otter_cases(monkeypatch)
    assert (visible.hidden, hidden.hidden) == (False, True)
    visible.function(right)
    hidden.function(right)
    visible.function(wrong)
    with pytest.raises(AssertionError, match="derivative-missing"):
        hidden.function(wrong)


def nbgrader_cell() -> str:
    return (DOORS / "nbgrader" / "hidden_cell.py").read_text()


def tanh_too(W: Any, b: Any, x: Any, y: Any) -> Any:
    """A student who hard-coded the sigmoid."""
    return right(W, b, x, y)


def test_nbgrader() -> None:
    """Hidden tests catch what the visible ones let through, and are cut out with their marks."""
    begin, end = nbgrader_cell().index("### BEGIN HIDDEN"), nbgrader_cell().index("### END HIDDEN")
    students = nbgrader_cell()[:begin] + nbgrader_cell()[end:]
    exec(students, {"backprop": right})
    with pytest.raises(Disagreement, match="derivative-missing"):
        exec(students, {"backprop": wrong})
    with pytest.raises(Disagreement):
        exec(nbgrader_cell(), {"backprop": tanh_too})


@pytest.fixture
def prairielearn(served: str) -> tuple[ModuleType, dict[str, Any]]:
    """The question's server.py, and the data of a fresh variant."""
    question = load(DOORS / "prairielearn" / "server.py")
    data: dict[str, Any] = {"variant_seed": 7, "params": {}, "submitted_answers": {}}
    data |= {"format_errors": {}, "feedback": {}, "score": None}
    question.generate(data)
    return question, json.loads(json.dumps(data))  # as PrairieLearn keeps it


def submit(data: dict[str, Any], matrix: Any) -> None:
    for entry in data["params"]["entries"]:
        number = matrix[entry["neuron"]][entry["input"]]
        data["submitted_answers"][entry["name"]] = f"{number:.4f}"


def test_prairielearn_right_work(prairielearn: tuple[ModuleType, dict[str, Any]]) -> None:
    """Right entries, rounded to four decimals, score 1."""
    question, data = prairielearn
    submit(data, textbook(data["params"]["network"])["weight_gradients"][0])
    question.parse(data)
    assert not data["format_errors"]
    question.grade(data)
    assert data["score"] == 1
    assert data["feedback"]["backcheck"] == "All entries are right."


def test_prairielearn_wrong_work(prairielearn: tuple[ModuleType, dict[str, Any]]) -> None:
    """Wrong entries cost their share, and the feedback names the mistake without a right value."""
    question, data = prairielearn
    network = {name: arrays(value) for name, value in data["params"]["network"].items()}
    claims = wrong(network["weights"], network["biases"], network["input"], network["target"])
    submit(data, claims[1][0])
    question.parse(data)
    question.grade(data)
    assert data["score"] == 0
    assert len(data["feedback"]["backcheck"]) > 40
    correct = textbook(network)["weight_gradients"][0].ravel()
    assert not any(f"{abs(number):.3f}" in data["feedback"]["backcheck"] for number in correct)


def arrays(value: Any) -> Any:
    if isinstance(value, list):
        return [np.array(one) for one in value] if isinstance(value[0], list) else np.array(value)
    return value


def test_prairielearn_refuses_text(prairielearn: tuple[ModuleType, dict[str, Any]]) -> None:
    """What is no number is a format error, which costs no attempt."""
    question, data = prairielearn
    data["submitted_answers"] = {"w_0_0": "a lot"}
    question.parse(data)
    assert "has to be a number" in data["format_errors"]["backcheck"]


def test_prairielearn_page_shows_what_server_py_sets() -> None:
    """Every parameter of question.html is set by generate, and info.json is sound."""
    page = (DOORS / "prairielearn" / "question.html").read_text()
    assert set(re.findall(r"params\.(\w+)", page)) == {"decimals", "shown", "entries"}
    info = json.loads((DOORS / "prairielearn" / "info.json").read_text())
    assert info["type"] == "v3"


NETWORK: dict[str, Any] = {
    "weights": [[[0.2, -0.4], [0.7, 0.3]], [[0.5, -0.6]]],
    "biases": [[0.1, -0.2], [0.3]],
    "activation": "sigmoid",
    "input": [0.6, 0.9],
    "target": [0.4],
}


def test_lambda_feedback_right_and_wrong(served: str) -> None:
    """Right numbers are correct; wrong ones come back with an explanation and no right value."""
    evaluate = load(DOORS / "lambda_feedback" / "evaluation.py").evaluation_function
    matrices = textbook(NETWORK)["weight_gradients"]
    lists = [matrix.tolist() for matrix in matrices]
    assert evaluate(lists, None, {"network": NETWORK}) == {
        "is_correct": True,
        "feedback": "All numbers are right.",
    }
    one = json.dumps(np.round(matrices[1], 4).tolist())
    assert evaluate(one, None, {"network": NETWORK, "layer": 2})["is_correct"]
    transposed = [(-matrix).tolist() for matrix in matrices]
    answer = evaluate(transposed, None, {"network": NETWORK, "precision": {"decimals": 4}})
    assert answer["is_correct"] is False
    assert len(answer["feedback"]) > 40
    assert json.dumps(answer)


def test_lambda_feedback_unreadable(served: str) -> None:
    """A response that is no numbers is wrong, and told why."""
    evaluate = load(DOORS / "lambda_feedback" / "evaluation.py").evaluation_function
    for response in ("[[0.1, 0.2", [["a", "b"], ["c", "d"]], [[[1.0]]]):
        answer = evaluate(response, None, {"network": NETWORK})
        assert answer["is_correct"] is False
        assert answer["feedback"].startswith("This could not be read")


def test_lambda_feedback_does_not_blame_the_student_for_a_lost_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where no service answers, evaluation raises instead of marking the work wrong."""
    monkeypatch.setenv("BACKCHECK_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(backcheck.transport, "FIRST_PAUSE_SECONDS", 0.0)
    evaluate = load(DOORS / "lambda_feedback" / "evaluation.py").evaluation_function
    with pytest.raises(backcheck.Unreachable):
        evaluate([[[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.6]]], None, {"network": NETWORK})


needs_curl = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("jq")), reason="curl or jq is not installed here"
)


def shell(script: str, *arguments: str, url: str, **options: Any) -> Any:
    return subprocess.run(
        [str(DOORS / "curl" / script), *arguments],
        env={"PATH": os.environ["PATH"], "BACKCHECK_URL": url},
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def request_file(folder: Path, claims: Any) -> str:
    path = folder / "request.json"
    path.write_bytes(backcheck.wire.standard_dumps({**NETWORK, "claims": claims}))
    return str(path)


@needs_curl
def test_curl_exit_statuses(address: str, tmp_path: Path) -> None:
    """verify.sh exits with 0 for right, 1 for wrong, 3 for trouble, and prints the explanation."""
    claims = textbook(NETWORK)
    done = shell("verify.sh", request_file(tmp_path, claims), url=address)
    assert (done.returncode, done.stdout) == (0, "correct\n")
    claims["weight_gradients"] = [-matrix for matrix in claims["weight_gradients"]]
    done = shell("verify.sh", request_file(tmp_path, claims), url=address)
    assert done.returncode == 1
    assert "weight-gradient-sign-flipped: " in done.stdout
    done = shell("verify.sh", request_file(tmp_path, {"costs": 1}), url=address)
    assert done.returncode == 3
    assert "costs" in done.stderr
    done = shell("verify.sh", request_file(tmp_path, claims), url="http://127.0.0.1:1")
    assert done.returncode == 3


@needs_curl
def test_curl_reads_standard_input(address: str) -> None:
    """A dash pipes the request through."""
    text = backcheck.wire.standard_dumps({**NETWORK, "claims": textbook(NETWORK)}).decode()
    assert shell("verify.sh", "-", url=address, input=text).returncode == 0


@needs_curl
def test_stack_variants(address: str, client: Client) -> None:
    """Each variant's Maxima block holds a network and its right gradients."""
    done = shell("stack.sh", "1", "2", url=address)
    assert done.returncode == 0, done.stderr
    blocks = done.stdout.split("/* seed ")[1:]
    assert len(blocks) == 2
    for seed, block in enumerate(blocks, start=1):
        assigned = dict(re.findall(r"^(\w+): (?:apply\(matrix, )?(\[.*\])\)?;$", block, re.M))
        values = {name: json.loads(value) for name, value in assigned.items()}
        result = client.gradients(
            weights=[values["W1"], values["W2"]],
            biases=[values["b1"], values["b2"]],
            activation="sigmoid",
            input=values["x"],
            target=values["y"],
        )
        assert block.startswith(f"{seed} */")
        assert values["dW1"] == result.weight_gradients[0].tolist()
        assert values["db2"] == result.bias_gradients[1].tolist()


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed here")
@pytest.mark.parametrize(("planted", "status"), [([], 0), (["--planted"], 1)])
def test_github_actions_step(served: str, planted: list[str], status: int, tmp_path: Path) -> None:
    """The workflow's own commands, run as they stand, end with the verdict's status."""
    workflow = yaml.safe_load((DOORS / "github_actions" / "backcheck.yml").read_text())
    job = workflow["jobs"]["gradients"]
    assert job["env"]["BACKCHECK_URL"].startswith("http://")
    script = job["steps"][-1]["run"].replace("--seed", "--activation tanh --seed")
    program = ROOT / "examples" / "javascript" / "backprop.mjs"
    run = " ".join(["node", str(program), *planted])
    write_program(tmp_path / "backprop", f'{run} < "$1"')
    write_program(tmp_path / "backcheck", f'"{sys.executable}" -m backcheck "$@"')
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=tmp_path,
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "PYTHONPATH": str(Path(backcheck.__file__).parents[1]),
            "BACKCHECK_URL": served,
            "GITHUB_RUN_NUMBER": "42",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert ("derivative-missing" in done.stdout) == bool(planted)


def write_program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\nexec {line}\n")
    path.chmod(0o755)


def test_every_door_has_its_page() -> None:
    """Each page points to its example, each code block of Python on it stands in the example."""
    pages = {
        "otter-grader.md": "otter/tests/q1.py",
        "nbgrader.md": "nbgrader/hidden_cell.py",
        "github-actions.md": "github_actions/backcheck.yml",
    }
    for page, example in pages.items():
        text, code = (PAGES / page).read_text(), (DOORS / example).read_text()
        assert f"examples/doors/{example}" in text
        (block,) = re.findall(r"```(?:python|yaml)\n(.*?)```", text, re.S)
        for line in filter(None, map(str.strip, block.splitlines())):
            assert squeezed(line) in squeezed(code), line


def squeezed(text: str) -> str:
    """Without white space and comments for linters."""
    return re.sub(r"\s+|# noqa.*", "", text)
