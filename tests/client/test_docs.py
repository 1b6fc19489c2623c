"""What is written about the client is true: code is run, tables are compared with the code."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import backcheck
from backcheck import Client, Disagreement
from backcheck.cli import commands
from service.settings import VERSION
from tests.client.conftest import textbook

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "client.md").read_text()
README = (ROOT / "clients" / "python" / "README.md").read_text()
PROJECT = tomllib.loads((ROOT / "clients" / "python" / "pyproject.toml").read_text())["project"]

MODULES = [
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(backcheck.__path__, "backcheck.")
    if not found.name.endswith("__main__")
]


def blocks(text: str, language: str = "python") -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_docstrings_compute_what_they_say(module: ModuleType) -> None:
    """Every example in a docstring gives the result that stands below it."""
    failed, _ = doctest.testmod(module)
    assert not failed


def test_version_is_that_of_the_api() -> None:
    """The client is versioned with the API that it speaks."""
    assert PROJECT["version"] == VERSION == backcheck.__version__


def test_dependencies_are_requests_and_numpy_only() -> None:
    """Whoever installs the client gets nothing else; extras are named in the page."""
    names = {re.split(r"[<>=]", dependency)[0] for dependency in PROJECT["dependencies"]}
    assert names == {"numpy", "requests"}
    assert all(f"[{extra}]" in PAGE + README for extra in PROJECT["optional-dependencies"])


def test_the_readmes_five_lines(network: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Five lines verify float32 gradients, right ones and some with a forgotten σ′."""
    five, assertion, checking = blocks(README)
    assert len([line for line in five.splitlines() if line.strip()]) == 5
    monkeypatch.setattr(backcheck, "Client", lambda url: Client.local())
    names = float32_example(network)
    printed: list[Any] = []
    exec(five, {**names, "print": printed.append})
    assert printed[0].verdict == "correct"
    assert printed[0].precision == "float32"
    exec(assertion, {**names, "net": net_of(names), "backcheck": backcheck})
    names |= forgetful(names)
    exec(five, {**names, "print": printed.append})
    promised = re.search(r"```\n(WRONG.*?)\n```", README, re.S)[1]
    assert re.fullmatch(re.escape(promised).replace("…", ".*"), str(printed[1])), printed[1]
    exec(checking, {"my_backprop": textbook, "backcheck": backcheck})


def float32_example(network: dict[str, Any]) -> dict[str, Any]:
    """W, b, x, y and the gradients, all in float32, as a framework would hold them."""
    single = {
        name: [np.float32(layer) for layer in value] if isinstance(value, list) else value
        for name, value in network.items()
    }
    claims = textbook(single, np.float32)
    return {
        "W": single["weights"],
        "b": single["biases"],
        "x": np.float32(single["input"]),
        "y": np.float32(single["target"]),
        "db": claims["bias_gradients"],
        "dW": claims["weight_gradients"],
    }


def forgetful(names: dict[str, Any]) -> dict[str, Any]:
    """The gradients with σ′ forgotten in layer 1."""
    error = names["W"][1].T @ names["db"][1]
    return {
        "db": [error, names["db"][1]],
        "dW": [np.outer(error, names["x"]), names["dW"][1]],
    }


def net_of(names: dict[str, Any]) -> dict[str, Any]:
    keys = {"weights": "W", "biases": "b", "input": "x", "target": "y"}
    return {"activation": "sigmoid", **{field: names[name] for field, name in keys.items()}}


def test_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The page's code runs from top to bottom, and prints what its comments promise."""
    first, assertions, function = blocks(PAGE)
    names: dict[str, Any] = {}
    exec(first, names)
    out = capsys.readouterr().out
    assert "0.2983711087600027" in out
    assert "finite differences agree (12 of 12 checked)" in out
    claims = textbook(names["net"])
    names |= {"db": claims["bias_gradients"], "dW": claims["weight_gradients"]}
    exec(assertions.replace("0.298", repr(names["result"].cost)), {**names, "delta": names["db"]})
    with pytest.raises(Disagreement):
        exec(assertions.replace("0.298", "0.3"), {**names, "delta": names["db"]})

    def backprop(W: Any, b: Any, x: Any, y: Any) -> Any:
        claims = textbook({"weights": W, "biases": b, "input": x, "target": y})
        return claims["bias_gradients"], claims["weight_gradients"]

    exec(function, {"backcheck": backcheck, "backprop": backprop})
    assert "CORRECT" in capsys.readouterr().out


def test_the_page_lists_every_method() -> None:
    """The table of methods has each public method of the client, and no other."""
    methods = {
        name
        for name, _ in inspect.getmembers(Client, inspect.isfunction)
        if not name.startswith("_") and name not in ("close", "local")
    }
    table = PAGE.split("## A method for each endpoint")[1].split("**Arrays**")[0]
    listed = set(re.findall(r"`(\w+)\(", table))
    assert listed == methods


def test_the_page_lists_every_command_and_status() -> None:
    """Each command of the command line stands in the page, as do all exit statuses."""
    for name in commands.backcheck.commands:
        assert f"backcheck {name}" in PAGE
    table = PAGE.split("| exit status | |")[1]
    for verdict, status in commands.EXITS.items():
        assert re.search(rf"\| {status} \| {'right' if verdict == 'correct' else verdict}", table)


def test_the_page_lists_every_error() -> None:
    """The table of errors has each class of the tree."""
    for kind in backcheck.BackcheckError.__subclasses__():
        if kind.__module__ == "backcheck.errors":
            assert f"| `{kind.__name__}` |" in PAGE
            assert kind.__name__ in (backcheck.errors.__doc__ or "")
