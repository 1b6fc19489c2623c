"""The examples: the right ones pass, the planted mistakes are found and named."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import backcheck
from backcheck import Client

EXAMPLES = Path(__file__).parents[2] / "examples"


def needs(tool: str) -> pytest.MarkDecorator:
    """Skip, saying so, where a tool is not installed."""
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed here")


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Loads a module of the examples, with its folder on the path as when it is run."""
    known = set(sys.modules)

    def load(path: str) -> ModuleType:
        place = EXAMPLES / path
        monkeypatch.syspath_prepend(str(place.parent))
        spec = importlib.util.spec_from_file_location(f"example_{place.stem}", place)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    yield load
    for name in set(sys.modules) - known:
        if name in ("network", "engine"):
            del sys.modules[name]


def test_nielsen(example: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A network in the manner of Nielsen's book passes as it stands, columns and all."""
    example("nielsen/check.py")
    assert capsys.readouterr().out.startswith("CORRECT: all 43 claimed numbers")


def test_nielsen_trained_still_passes(example: Any, client: Client) -> None:
    """Its gradients stay right while it learns, and the cost goes down."""
    net = example("nielsen/network.py").Network([2, 3, 1], seed=3)
    x, y = np.array([[0.2], [0.7]]), np.array([[0.9]])
    costs = []
    for _ in range(5):
        given = {"weights": net.weights, "biases": net.biases, "input": x, "target": y}
        nabla_b, nabla_w = net.backprop(x, y)
        claims = {"bias_gradients": nabla_b, "weight_gradients": nabla_w}
        backcheck.assert_claims({**given, "activation": "sigmoid"}, claims, client=client)
        costs.append(client.gradients(given, activation="sigmoid", finite_difference=False).cost)
        net.weights = [w - nw for w, nw in zip(net.weights, nabla_w, strict=True)]
        net.biases = [b - nb for b, nb in zip(net.biases, nabla_b, strict=True)]
    assert costs == sorted(costs, reverse=True)


def test_micrograd(example: Any) -> None:
    """Scalar autograd, which knows no matrix, is right on every drawn network."""
    gradients = example("micrograd/check.py").gradients
    checked = backcheck.check(gradients, layer_sizes=[3, 4, 2], activation="tanh")
    assert checked.correct
    assert len(checked.verifications) == 3


@pytest.mark.parametrize("seed", range(1, 6))
def test_coursera_without_its_bugs(example: Any, client: Client, seed: int) -> None:
    """The exercise's network is right once its two mistakes are mended."""
    lesson = example("coursera/three_layers.py")
    net = lesson.network(seed, m=5)
    db, dW = lesson.gradients(net)
    backcheck.assert_gradients(net, bias_gradients=db, weight_gradients=dW, client=client)


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize(
    ("bug", "equation", "layer", "factor"),
    [("dW2 * 2", "BP4", 2, "2"), ("4 / m in db1", "BP3", 1, "4")],
)
def test_coursera_bugs_are_named(
    example: Any, client: Client, bug: str, equation: str, layer: int, factor: str, seed: int
) -> None:
    """Each planted bug is named by equation, layer and factor, from the gradients alone."""
    lesson = example("coursera/three_layers.py")
    net = lesson.network(seed, m=5)
    db, dW = lesson.gradients(net, bug)
    with pytest.raises(backcheck.Disagreement) as caught:
        backcheck.assert_gradients(net, bias_gradients=db, weight_gradients=dW, client=client)
    first = caught.value.verification.diagnosis[0]
    assert (first.equation, first.layers) == (equation, (layer,))
    assert first.mistake != "unrecognised"
    assert factor in first.explanation


def check_both(right: Any, planted: Any, mistake: str, **options: Any) -> backcheck.Checked:
    """The right function passes; the planted mistake is the first diagnosis of the other."""
    assert backcheck.check(right, **options).correct
    wrong = backcheck.check(planted, **options)
    assert wrong.verdict == "wrong"
    assert wrong.verification.diagnosis[0].mistake == mistake
    return wrong


@needs("cc")
def test_c_through_ctypes(example: Any, tmp_path: Path) -> None:
    """A C library in float passes at float32, and its planted σ′(a) is named."""
    lesson = example("c/check.py")
    folders = [tmp_path / "right", tmp_path / "planted"]
    for folder in folders:
        folder.mkdir()
    right = lesson.adapter(lesson.compiled(folders[0]))
    planted = lesson.adapter(lesson.compiled(folders[1], "-DPLANTED"))
    wrong = check_both(right, planted, "derivative-at-activation", layer_sizes=[3, 4, 2])
    assert wrong.verification.precision == "float32"


@needs("node")
def test_javascript_through_a_subprocess(example: Any) -> None:
    """A node program passes, and its forgotten slope is named."""
    gradients = example("javascript/check.py").gradients
    check_both(
        gradients,
        lambda net: gradients(net, "--planted"),
        "derivative-missing",
        layer_sizes=[3, 4, 2],
        activation="tanh",
    )


@needs("rustc")
def test_rust_through_a_subprocess(example: Any, tmp_path: Path) -> None:
    """A Rust program passes, and its second σ′ in BP4 is named."""
    lesson = example("rust/check.py")
    programs = []
    for name, options in (("right", []), ("planted", ["--cfg", "planted"])):
        (tmp_path / name).mkdir()
        programs.append(lesson.compiled(tmp_path / name, *options))
    check_both(
        lambda net: lesson.gradients(programs[0], net),
        lambda net: lesson.gradients(programs[1], net),
        "derivative-again-in-weight-gradient",
        layer_sizes=[3, 4, 2],
    )


@pytest.mark.parametrize("planted", [[], ["--planted"]])
@needs("node")
def test_examples_run_as_scripts(
    example: Any, planted: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """`python check.py --planted` prints the verdict that the table of the examples promises."""
    import runpy

    monkeypatch.setattr(sys, "argv", ["check.py", *planted])
    runpy.run_path(str(EXAMPLES / "javascript" / "check.py"), run_name="__main__")
    assert ("WRONG" if planted else "CORRECT") in capsys.readouterr().out


def test_the_pytest_example_passes(example: Any) -> None:
    """The suite of the example holds when its functions are called."""
    lesson = example("pytest/test_backprop.py")
    for sizes in ([2, 2], [2, 3, 2], [3, 4, 4, 2]):
        lesson.test_backprop_is_right_on_every_depth(sizes)
    lesson.test_gradients_of_my_network()


def test_every_example_is_in_the_table() -> None:
    """The README of the examples lists each folder, and no other."""
    listed = (EXAMPLES / "README.md").read_text()
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()} - {"__pycache__"}
    assert all(f"[`{name}/`]({name}/)" in listed for name in folders)
