"""The command: what it prints, how it exits, where it asks."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backcheck
from backcheck import Client, transport, wire
from backcheck.cli import commands, serving
from backcheck.cli.commands import run
from tests.client.answers import CHALLENGE, CORRECT, HIDDEN, UNDECIDED, WRONG
from tests.client.conftest import scripted, textbook

ROOT = Path(__file__).parents[2]


@pytest.fixture
def files(tmp_path: Path, network: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with net.json and claims.json, which is the working directory."""
    (tmp_path / "net.json").write_bytes(wire.standard_dumps(network))
    (tmp_path / "claims.json").write_bytes(wire.standard_dumps(textbook(network)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets a scripted service answer the command; returns the service."""

    def start(*answers: Any) -> Any:
        client, service = scripted(answers)
        monkeypatch.setattr(commands, "default_client", lambda: client)
        return service

    return start


def test_gradients_shows_every_quantity(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cost, a table for each layer, and the check, with exit status 0."""
    assert run(["gradients", "net.json"]) == 0
    out = capsys.readouterr().out
    for part in ("C = ", "Layer 1", "Layer 2", "weight_gradients", "✓ finite differences agree"):
        assert part in out


def test_json_is_the_answer_as_it_came(
    files: Path, client: Client, network: dict[str, Any], capsysbinary: Any
) -> None:
    """--json prints the service's own bytes, for jq and for scripts."""
    assert run(["gradients", "net.json", "--json"]) == 0
    printed = json.loads(capsysbinary.readouterr().out)
    assert printed == client.gradients(network).answer


def test_a_disagreeing_check_exits_1(
    files: Path, answering: Any, client: Client, network: dict[str, Any]
) -> None:
    """Should finite differences ever disagree, the status says so."""
    answer = client.gradients(network).answer
    answer["finite_difference"]["agrees"] = False
    answering(answer)
    assert run(["gradients", "net.json"]) == 1


@pytest.mark.parametrize(("answer", "status"), [(CORRECT, 0), (WRONG, 1), (UNDECIDED, 2)])
def test_verdicts_are_exit_statuses(files: Path, answering: Any, answer: Any, status: int) -> None:
    """0 right, 1 wrong, 2 undecided."""
    answering(answer, answer)
    assert run(["verify", "net.json", "claims.json"]) == status
    assert run(["verify", "net.json", "claims.json", "--json"]) == status


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["verify", "net.json"],
        ["verify", "-", "-"],
        ["verify", "net.json", "claims.json", "--precision", "4-things"],
        ["gradients", "nowhere.json"],
        ["gradients", "claims.json"],
        ["challenge", "2", "-1"],
        ["nonsense"],
        ["gradients", "net.json", "--url", "http://127.0.0.1:1"],
        ["gradients", "net.json", "--url", "localhost:8000"],
    ],
)
def test_trouble_exits_3(
    files: Path,
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Usage, files and an unreachable service are told on standard error, with status 3."""
    monkeypatch.setattr(transport, "FIRST_PAUSE_SECONDS", 0.0)
    assert run(arguments) == 3
    captured = capsys.readouterr()
    assert captured.err
    assert "Traceback" not in captured.err


def test_wrong_numbers_are_marked_without_colour(
    files: Path, answering: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Plain text shows which numbers are wrong, where, and why."""
    answering(WRONG)
    run(["verify", "net.json", "claims.json"])
    out = capsys.readouterr().out
    assert "✗ WRONG: 6 of 17 claimed numbers" in out
    assert out.count("✗ weight_gradients of layer 1") == 6
    assert "First equation that fails: BP4 in layer 1" in out
    assert "weight-gradient-summed" in out
    assert "\x1b[" not in out  # no escapes where the output is no terminal


def test_what_is_not_revealed_is_not_printed(
    files: Path, answering: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """--no-reveal travels to the service, and its shorter answer is printed all the same."""
    service = answering(HIDDEN)
    assert run(["verify", "net.json", "claims.json", "--no-reveal"]) == 1
    assert service.asked[0]["reveal"] is False
    assert "right is" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("float32", "float32"),
        ("4-decimals", {"decimals": 4}),
        ("5-digits", {"significant_digits": 5}),
    ],
)
def test_precisions(files: Path, answering: Any, text: str, sent: Any) -> None:
    """Every precision of the contract can be said on the command line."""
    service = answering(CORRECT)
    run(["verify", "net.json", "claims.json", "--precision", text])
    assert service.asked[0]["precision"] == sent


def test_npz_keeps_its_precision(files: Path, answering: Any, network: dict[str, Any]) -> None:
    """Arrays of an .npz are gathered by their numbers, and their type says the precision."""
    claims = textbook(network, np.float32)
    arrays = {
        f"{name}_{l}": array for name, layers in claims.items() for l, array in enumerate(layers)
    }
    del arrays["weight_gradients_0"]
    np.savez(files / "claims.npz", **arrays)
    service = answering(CORRECT)
    assert run(["verify", "net.json", "claims.npz"]) == 0
    asked = service.asked[0]
    assert asked["precision"] == "float32"
    assert asked["claims"]["weight_gradients"][0] is None
    assert asked["claims"]["weight_gradients"][1] == claims["weight_gradients"][1].tolist()


def test_npz_holds_a_network_too(files: Path, network: dict[str, Any]) -> None:
    """A whole network in an .npz is read, with its activations as text."""
    arrays = {f"weights_{l}": W for l, W in enumerate(network["weights"])}
    arrays |= {f"biases_{l}": b for l, b in enumerate(network["biases"])}
    texts = {"activation": np.array(["sigmoid", "tanh"]), "cost": np.array("mean_squared_error")}
    np.savez(files / "net.npz", **arrays, **texts, input=[0.6, -0.9], target=[0.2, 0.8])
    assert run(["gradients", "net.npz"]) == 0


def test_pickles_are_not_loaded(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An .npz with pickled objects, which could run anything, is refused."""
    np.savez(files / "claims.npz", cost=np.array([{}], dtype=object))
    assert run(["verify", "net.json", "claims.npz"]) == 3
    assert "allow_pickle=False" in capsys.readouterr().err


def test_standard_input(files: Path, answering: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program's output can be piped in."""
    piped = io.TextIOWrapper(io.BytesIO((files / "claims.json").read_bytes()))
    monkeypatch.setattr(sys, "stdin", piped)
    service = answering(CORRECT)
    assert run(["verify", "net.json", "-"]) == 0
    assert set(service.asked[0]["claims"]) == {"bias_gradients", "weight_gradients"}


def test_a_whole_request_as_claims(files: Path, answering: Any) -> None:
    """A file with a `claims` object in it, as a request has it, is understood."""
    (files / "request.json").write_text(json.dumps({"claims": {"cost": 0.25}}))
    service = answering(CORRECT)
    assert run(["verify", "net.json", "request.json"]) == 0
    assert service.asked[0]["claims"] == {"cost": 0.25}


def lines_of(*answers: Any) -> Any:
    """What the service says to a batch."""
    lines = [
        {"index": i, "id": name, "status": 200, "answer": answer}
        for i, (name, answer) in enumerate(answers)
    ]
    return 200, {"Content-Type": "application/x-ndjson"}, "\n".join(map(json.dumps, lines)).encode()


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ([CORRECT, CORRECT, CORRECT], 0),
        ([CORRECT, UNDECIDED, CORRECT], 2),
        ([UNDECIDED, WRONG, CORRECT], 1),
    ],
)
def test_a_batch_exits_with_its_gravest(
    files: Path, answering: Any, answers: Any, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Several files of claims make a table, and wrong outweighs undecided."""
    for name in "abc":
        (files / f"{name}.json").write_bytes((files / "claims.json").read_bytes())
    answering(lines_of(*zip(("a.json", "b.json", "c.json"), answers, strict=True)))
    assert run(["verify", "net.json", "a.json", "b.json", "c.json"]) == status
    out = capsys.readouterr().out
    assert all(f"{name}.json" in out for name in "abc")


def test_a_batch_goes_on_past_an_unreadable_file(
    files: Path, answering: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """One student's broken file does not keep the others from being judged; the status is 3."""
    (files / "broken.json").write_text("{")
    (files / "ragged.json").write_text('{"bias_gradients": [[1, [2]], null]}')
    answering(lines_of(("claims.json", WRONG), ("claims.json", CORRECT)))
    names = ["claims.json", "broken.json", "ragged.json", "claims.json"]
    assert run(["verify", "net.json", *names]) == 3
    captured = capsys.readouterr()
    assert "✗ broken.json" in captured.err
    assert captured.err.count("broken.json") == 1
    assert "ragged.json" in captured.err
    assert captured.out.count("claims.json") == 2


def test_a_batch_as_json_is_a_line_each(files: Path, answering: Any, capsysbinary: Any) -> None:
    """--json on a batch is one JSON document for each file."""
    answering(lines_of(("claims.json", CORRECT), ("claims.json", WRONG)))
    run(["verify", "net.json", "claims.json", "claims.json", "--json"])
    lines = capsysbinary.readouterr().out.splitlines()
    assert [json.loads(line)["verdict"] for line in lines] == ["correct", "wrong"]


def test_challenge_prints_a_network(answering: Any, capsysbinary: Any) -> None:
    """What it prints can be handed straight to the other commands."""
    service = answering(CHALLENGE)
    arguments = ["2", "2", "1", "--seed", "7", "--precision", "4-decimals", "--decimals", "2"]
    assert run(["challenge", *arguments, "--activation", "tanh,sigmoid"]) == 0
    printed = json.loads(capsysbinary.readouterr().out)
    assert printed["weights"] == CHALLENGE["weights"]
    assert "coverage" not in printed
    assert service.asked[0] == {
        "layer_sizes": [2, 2, 1],
        "activation": ["tanh", "sigmoid"],
        "seed": 7,
        "precision": {"decimals": 4},
        "decimals": 2,
    }


def test_mistakes_lists_the_catalogue(answering: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Slug, equation and words of each."""
    answering({"mistakes": [{"slug": "scaled", "where": "convention", "instead": "All times c"}]})
    assert run(["mistakes"]) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("scaled", "convention", "All times c"))


def test_serve_runs_gunicorn_beside_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same command as `make serve`, in the folder of the service."""
    started: dict[str, Any] = {}

    def start(command: list[str], **options: Any) -> Any:
        started.update(options, command=command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(serving.subprocess, "run", start)
    assert run(["serve", "--port", "8123"]) == 0
    assert started["cwd"] == ROOT
    assert "127.0.0.1:8123" in started["command"]
    assert started["command"][-1] == "service:create_app()"


def test_help_has_examples_and_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    """Help shows commands as they are typed, exit statuses and shell completion."""
    run(["--help"])
    out = capsys.readouterr().out
    assert "0 right, 1 wrong, 2 undecided, 3 usage" in out
    assert "_BACKCHECK_COMPLETE=bash_source" in out
    for command in ("gradients", "verify", "challenge", "explain"):
        run([command, "--help"])
        assert f"backcheck {command} " in capsys.readouterr().out


def test_completion_script() -> None:
    """The line that help gives for completion prints a script for the shell."""
    done = subprocess.run(
        [sys.executable, "-c", "from backcheck.cli import main; main()"],
        env={
            "PYTHONPATH": str(Path(backcheck.__file__).parents[1]),
            "_BACKCHECK_COMPLETE": "zsh_source",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert "#compdef backcheck" in done.stdout


def test_without_its_extra_the_command_says_how_to_get_it() -> None:
    """Where click or rich is missing, the command prints the pip line and exits 3."""
    blocked = "import sys; sys.modules['click'] = None; from backcheck.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", blocked],
        env={"PYTHONPATH": str(Path(backcheck.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "pip install 'backcheck[cli]'" in done.stderr
