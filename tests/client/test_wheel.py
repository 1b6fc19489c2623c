"""The distribution, as strangers get it: built, installed alone, used against a served instance.

These need a package index, for numpy, requests and setuptools: `make test-slow` runs them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from service.examples import EXAMPLES
from tests.client.test_docs import README, blocks
from tests.service.conftest import address

__all__ = ["address"]

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
SERVED = "http://127.0.0.1:8000"
SECONDS = 300

FLOAT32 = """
import numpy as np

random = np.random.default_rng(7)
sizes = 3, 4, 2
W = [random.normal(size=(n, m)).astype(np.float32) for m, n in zip(sizes, sizes[1:])]
b = [random.normal(size=n).astype(np.float32) for n in sizes[1:]]
x, y = random.normal(size=3).astype(np.float32), np.float32([0, 1])
one, a = np.float32(1), [x]
for l in range(2):
    a.append(one / (one + np.exp(-(W[l] @ a[l] + b[l]))))
db = [None, (a[2] - y) * a[2] * (one - a[2])]
db[0] = W[1].T @ db[1] * a[1] * (one - a[1])
dW = [np.outer(d, source) for d, source in zip(db, a)]
assert dW[0].dtype == np.float32
"""

TYPED = """
import numpy as np
from backcheck import Client, Gradients

def slope(url: str) -> float:
    with Client(url) as client:
        result: Gradients = client.gradients(
            weights=[np.ones((1, 1))], biases=[[0.0]], activation="tanh", input=[1.0], target=[0.0]
        )
        return float(result.weight_gradients[0][0, 0])
"""


def run(
    *command: str | Path, code: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """What a command prints, away from the checkout; fails with it on another exit status."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("BACKCHECK", "PYTHONPATH"))}
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        cwd="/",
        env={**clean, **environment},
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(UV, "build", "--quiet", "--out-dir", folder, ROOT / "clients" / "python")
    return folder


def environment(folder: Path, *wanted: str) -> Path:
    """The interpreter of a new environment with these and what they need."""
    run(UV, "venv", "--quiet", "--python", sys.executable, folder)
    python = folder / "bin" / "python"
    run(UV, "pip", "install", "--quiet", "--python", python, *wanted)
    return python


@pytest.fixture(scope="module")
def plain(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and its two dependencies."""
    (wheel,) = built.glob("*.whl")
    return environment(tmp_path_factory.mktemp("plain"), str(wheel))


def test_five_lines_verify_float32(plain: Path, address: str) -> None:
    """In a fresh environment the README's five lines judge float32 gradients, right and wrong."""
    five = blocks(README)[0].replace(SERVED, address)
    right = run(plain, "-c", FLOAT32 + five).stdout
    assert right.startswith("CORRECT: all 26 claimed numbers can be right at float32")
    wrong = run(plain, "-c", FLOAT32 + "dW[0] = dW[0] * np.float32(1.001)\n" + five).stdout
    assert wrong.startswith("WRONG: 12 of 26 claimed numbers cannot be right at float32")


def test_only_two_dependencies(plain: Path) -> None:
    """What comes along is requests, numpy and what requests needs."""
    listed = json.loads(run(UV, "pip", "list", "--python", plain, "--format", "json").stdout)
    names = {package["name"] for package in listed}
    assert names == {
        *("backcheck", "numpy", "requests"),
        *("certifi", "charset-normalizer", "idna", "urllib3"),
    }


def test_without_a_service_the_ways_out_are_told(plain: Path) -> None:
    """In process there is no service here: the error says to start one or to set the address."""
    said = run(plain, "-c", "import backcheck; backcheck.Client.local()", code=1).stderr
    assert "Unreachable" in said
    assert "BACKCHECK_URL" in said


def test_without_its_extra_the_command_says_how_to_get_it(plain: Path) -> None:
    """`backcheck` is there after a plain install, and names the extra that it needs."""
    assert "pip install 'backcheck[cli]'" in run(plain.with_name("backcheck"), code=3).stderr


def test_types_reach_the_user(plain: Path, tmp_path: Path) -> None:
    """mypy --strict reads the installed package's types: it passes right code, and only that."""
    mypy: list[str | Path] = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--python-executable",
        plain,
    ]
    mypy += ["--config-file", os.devnull, "--cache-dir", tmp_path / "cache"]
    right, wrong = tmp_path / "right.py", tmp_path / "wrong.py"
    right.write_text(TYPED)
    wrong.write_text(TYPED.replace("activation=", "activations="))
    run(*mypy, right)
    assert "activations" in run(*mypy, wrong, code=1).stdout


def test_the_sdist_has_the_command_line(built: Path, tmp_path: Path, address: str) -> None:
    """From the sdist with its extra, `backcheck` asks a served instance: 0 is right, 1 wrong."""
    (sdist,) = built.glob("*.tar.gz")
    command = environment(tmp_path / "venv", f"backcheck[cli] @ file://{sdist}")
    command = command.with_name("backcheck")
    net, claims = tmp_path / "net.json", tmp_path / "claims.json"
    mazur = next(e["request"] for e in EXAMPLES if e["name"] == "mazur")
    net.write_text(json.dumps(mazur))
    printed = run(command, "gradients", net, "--json", BACKCHECK_URL=address).stdout
    right = json.loads(printed)["weight_gradients"]
    for factor, code in ((1, 0), (2, 1)):
        wrong = [(factor * np.array(layer)).tolist() for layer in right]
        claims.write_text(json.dumps({"weight_gradients": wrong}))
        run(command, "verify", net, claims, code=code, BACKCHECK_URL=address)
    run(command, "verify", net, claims, code=3, BACKCHECK_URL="http://127.0.0.1:9")
