"""What a person reads: in a failing test, in a notebook, in a picture."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from backcheck import Challenge, Client, Verification
from backcheck.html import SIDE_MAX, heat
from backcheck.plot import plot_curve, plot_gradients
from backcheck.reading import read
from backcheck.words import LINES_MAX
from tests.client.answers import CHALLENGE, CORRECT, HIDDEN, NOT_A_NUMBER, UNDECIDED, WRONG


def verification(answer: Any) -> Verification:
    return read(Verification, answer)


def test_a_wrong_verdict_says_what_a_person_needs() -> None:
    """Census, worst entry in words, first failing equation, mistake, explanation and remedy."""
    text = str(verification(WRONG))
    assert text.startswith("WRONG: 6 of 17 claimed numbers cannot be right at 4 decimals.")
    assert "weight_gradients  6 of 12 wrong" in text
    assert "bias_gradients    5 ok" in text
    place = "weight_gradients of layer 1, neuron 0, input 0"
    assert f"worst: {place}: claimed 0.25, right is 0.125 ± 1e-09" in text
    assert "First equation that fails: BP4 in layer 1 (∂C/∂W from δ and a)" in text
    assert "Diagnosis: weight-gradient-summed (BP4, layer 1)" in text
    assert "Remedy: Divide by N" in text


@pytest.mark.parametrize("answer", [CORRECT, UNDECIDED, WRONG, HIDDEN, NOT_A_NUMBER])
def test_never_more_than_25_lines(answer: dict[str, Any]) -> None:
    """Even with many long diagnoses the message fits below a traceback."""
    long = {**WRONG["diagnosis"][0], "explanation": "because " * 200}
    text = str(verification({**answer, "diagnosis": [long] * 20}))
    assert len(text.splitlines()) <= LINES_MAX == 25
    assert "Remedy:" in text


def test_a_correct_verdict_says_what_would_have_shown() -> None:
    """Right numbers come with how many mistakes they exclude."""
    text = str(verification(CORRECT))
    assert text.startswith("CORRECT: all 17 claimed numbers can be right at float32")
    assert "and 55 of the 56 known mistakes that can apply would show\n(not: scaled)." in text
    every = {"catalogued": 58, "visible": 36, "invisible": []}
    text = str(verification({**CORRECT, "coverage": every}))
    assert "and all 36 known mistakes that can apply would show." in text


def test_numbers_that_do_not_follow_from_each_other_are_told_in_words() -> None:
    """Where each number is within its bound and an equation fails, a person is told what to do."""
    fails = [{"equation": "BP3", "layer": 1, "verdict": "fails"}]
    answer = verification({**CORRECT, "equations": fails})
    for shown in (str(answer), unescape(answer._repr_html_()).replace("<br>", "\n")):
        assert (
            "Each number is within its bound, but BP3 in layer 1 does not follow from\n"
            "your own δ: look there."
        ) in shown
        assert "First equation that fails" not in shown


def test_a_partial_submission_says_so(client: Client, network: dict[str, Any]) -> None:
    """Whatever is printed says how many numbers there are, if not all were claimed."""
    right = client.gradients(network, finite_difference=False)
    part = {"bias_gradients": [None, right.bias_gradients[1]]}
    found = client.verify(network, claims=part)
    assert found.correct
    assert not found.complete
    assert (found.checked, found.claimable) == (2, 17)
    for shown in (str(found), found._repr_html_()):
        assert "Only 2 of 17 numbers were claimed." in shown
    (item,) = client.verify_many([{"claims": part}], network)
    assert item.answer is not None
    assert item.answer.claimable == 17
    full = {name: getattr(right, name) for name in ("z", "delta", "cost")}
    found = client.verify(network, claims=full)
    assert (found.checked, found.claimable) == (11, 11)
    assert "Only" not in str(found)


def test_a_slip_of_the_pen_is_told_with_its_place(client: Client, network: dict[str, Any]) -> None:
    """A mistyped entry: which, and what happened to it, in text and in HTML."""
    right = client.gradients(network, finite_difference=False)
    claims = {
        name: [np.round(layer, 6) for layer in getattr(right, name)]
        for name in ("delta", "bias_gradients", "weight_gradients")
    }
    claims["weight_gradients"][1][0, 1] *= -1
    found = client.verify(network, claims=claims)
    assert found.diagnosis[0].mistake == "entry-typo"
    for shown in (str(found), found._repr_html_()):
        assert "weight_gradients of layer 2, neuron 0, input 1: the sign is lost" in shown
    found = client.verify(network, claims=claims, reveal=False)
    assert "weight_gradients of layer 2, neuron 0, input 1" in str(found)
    assert "the sign is lost" not in str(found)


def test_undecided_says_what_to_do() -> None:
    """Numbers that can show nothing are told from right ones, with the way to better ones."""
    text = str(verification(UNDECIDED))
    assert text.startswith("UNDECIDED")
    assert "backcheck.check()" in text


def test_what_is_not_revealed_is_not_said() -> None:
    """Without right values in the answer there are none in the words."""
    text = str(verification(HIDDEN))
    assert "claimed 0.25" in text
    assert "right is" not in text


def test_mistakes_made_together_are_all_told(client: Client) -> None:
    """Two mistakes at once: in print and in a notebook each has its name, place and remedy."""
    net = {
        "weights": [[[0.4, -0.7], [0.9, 0.3], [-0.2, 0.8]], [[0.5, -0.6, 0.7]]],
        "biases": [[0.1, -0.2, 0.3], [0.2]],
        "activation": "tanh",
        "input": [[0.3, 0.8], [-0.5, 0.6], [0.9, -0.4]],
        "target": [[0.2], [0.7], [-0.3]],
    }
    right = client.gradients(net, finite_difference=False)
    claims = {
        "bias_gradients": [4 * right.bias_gradients[0], right.bias_gradients[1]],
        "weight_gradients": [right.weight_gradients[0], 2 * right.weight_gradients[1]],
    }
    found = client.verify(net, claims=claims, precision="float64")
    together = [found.diagnosis[0], *found.diagnosis[0].together_with]
    assert sorted((one.equation, one.layers) for one in together) == [("BP3", (1,)), ("BP4", (2,))]
    for one in together:
        for shown in (str(found), unescape(found._repr_html_())):
            assert f"{one.mistake} ({one.equation}, layer {one.layers[0]})" in shown
            assert one.remedy in " ".join(shown.split())
    assert "together with" in str(found)


def test_a_claim_of_nan_is_shown_as_it_was_sent() -> None:
    """A claimed NaN reads as NaN in words and in HTML."""
    answer = verification(NOT_A_NUMBER)
    assert "cost: claimed NaN, right is 0.5" in str(answer)
    assert "claimed NaN" in answer._repr_html_()


class Balanced(HTMLParser):
    """Fails on tags that do not close, and keeps which there were."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(html: str) -> Balanced:
    found = Balanced()
    found.feed(html)
    found.close()
    assert not found.open
    return found


def test_notebook_tables_are_sound_html(client: Client, network: dict[str, Any]) -> None:
    """Every result shows as closed tables without scripts, whatever the service's words hold."""
    shown = [client.gradients(network), verification(WRONG), read(Challenge, CHALLENGE)]
    for result in shown:
        assert "table" in parsed(result._repr_html_()).seen
    assert "script" not in parsed(shown[1]._repr_html_()).seen


def test_notebook_tables_hold_every_number(client: Client, network: dict[str, Any]) -> None:
    """A heat map has each number as text, so that its colour only adds to it."""
    result = client.gradients(network)
    html = result._repr_html_()
    for array in (*result.weight_gradients, *result.bias_gradients, *result.delta):
        assert all(f">{number:.4g}</td>" in html for number in array.ravel())


def test_wrong_rows_are_marked_not_by_colour_alone() -> None:
    """The failing equation and the wrong count carry a mark."""
    html = verification(WRONG)._repr_html_()
    assert "<td>✗ 6</td>" in html
    assert "<b>✗ fails</b>" in html


def test_heat_is_in_proportion() -> None:
    """The largest number is tinted most, 0 not at all, and signs have colours of their own."""
    html = heat(np.array([[0.0, 1.0], [-2.0, 2.0]]))
    tints = re.findall(r"rgba\((\d+),\d+,\d+,([\d.]+)\)", html)
    assert [float(opacity) for _, opacity in tints] == [0.0, 0.38, 0.75, 0.75]
    assert tints[2][0] != tints[3][0] == tints[1][0]


def test_large_matrices_are_cut() -> None:
    """A notebook is not flooded: rows and columns beyond a limit are hinted at."""
    html = heat(np.ones((100, 784)))
    assert html.count(">1</td>") == SIDE_MAX**2
    assert "…" in html
    assert "⋮" in html
    assert 'title="100 × 784"' in html


class Axes:
    """What a test sees of matplotlib's axes: what was drawn, in order."""

    def __init__(self) -> None:
        self.drawn: list[tuple[str, Any, Any]] = []
        self.labels: dict[str, str] = {}
        self.figure = self

    def semilogy(self, x: Any, y: Any, *_: Any, label: str) -> None:
        self.drawn.append((label, list(x), np.asarray(y)))

    def loglog(self, x: Any, y: Any, *_: Any) -> None:
        self.drawn.append(("curve", np.asarray(x), np.asarray(y)))

    def set(self, **labels: str) -> None:
        self.labels |= labels

    def set_xticks(self, ticks: Any) -> None:
        self.ticks = ticks

    def legend(self) -> None:
        """Nothing to see."""


def test_plot_shows_magnitudes_and_the_v(client: Client, network: dict[str, Any]) -> None:
    """Largest and median gradient of each layer on the left, the error by step on the right."""
    result = client.gradients(network)
    left, right = Axes(), Axes()
    assert result.plot([left, right]) is left
    largest, median = left.drawn
    assert largest[1] == [1, 2]
    for l in (0, 1):
        numbers = np.concatenate(
            [result.weight_gradients[l].ravel(), result.bias_gradients[l].ravel()]
        )
        assert largest[2][l] == np.abs(numbers).max()
        assert median[2][l] == np.median(np.abs(numbers))
    ((_, steps, errors),) = right.drawn
    assert len(steps) == len(errors) == len(result.step_curve().steps)
    assert right.labels["xlabel"] == "step h"


def test_plot_leaves_gaps_for_zeros(client: Client) -> None:
    """A layer whose gradient vanishes leaves a gap on the log axis instead of a warning."""
    dead = {"weights": [[[-1.0]], [[1.0]]], "biases": [[0.0], [0.0]], "input": [1.0]}
    left, right = Axes(), Axes()
    result = client.gradients(dead, activation=["relu", "identity"], target=[1.0])
    plot_gradients(result, [left, right])
    assert np.isnan(left.drawn[0][2][0])
    assert left.drawn[0][2][1] == 1.0


def test_plot_without_matplotlib_says_what_to_install(
    client: Client, network: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where matplotlib is missing the error is an instruction."""
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install 'backcheck\[plot\]'"):
        client.gradients(network).plot()
    with pytest.raises(ImportError, match=r"pip install 'backcheck\[plot\]'"):
        plot_curve(client.gradients(network).step_curve(), None)
