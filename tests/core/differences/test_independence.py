"""The witness owes backprop nothing: break either, and the other objects.

Every wrong formula here is off by 1e-6 at most where nothing else is said: what a tolerance of
1e-5 lets pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core import activations, backprop, costs
from core.activations import ACTIVATIONS, Activation, Sigmoid, Softmax
from core.arrays import Array
from core.backprop import CHAPTER, Equations, backpropagate
from core.costs import COSTS
from core.differences import changes, entries, heads, softmax_heads
from core.differences.changes import CHANGES, Change, SigmoidChange
from core.differences.check import Check, Options
from core.differences.entries import Carried, Totals
from core.differences.slopes import Slopes
from core.differences.witness import check
from core.forward import Workings
from core.network import Batch
from tests.core.differences.held import random_request, with_activation, worked
from tests.core.worked import batch_of, network_of, workings
from tests.references import Request

OFF = 1.0 + 1e-6
ELEMENTWISE = sorted(CHANGES)


def run_with(equations: Equations, request: Request | None = None) -> Check:
    request = request or random_request(3, "sigmoid", "mean_squared_error")
    batch = batch_of(request)
    return check(worked(network_of(request), batch.inputs, batch.targets, equations))


def test_the_chapters_equations_agree() -> None:
    """What the tests below break is right to begin with."""
    assert run_with(CHAPTER).agrees


def _times(equation: backprop.Equation) -> backprop.Equation:
    return lambda w, l: equation(w, l) * OFF


BROKEN = {
    "BP1 off by 1e-6": replace(CHAPTER, bp1=_times(backprop.bp1)),
    "BP2 off by 1e-6": replace(CHAPTER, bp2=_times(backprop.bp2)),
    "BP3 off by 1e-6": replace(CHAPTER, bp3=_times(backprop.bp3)),
    "BP4 off by 1e-6": replace(CHAPTER, bp4=_times(backprop.bp4)),
    "BP1 without σ′": replace(CHAPTER, bp1=lambda w, l: w.a[l] - w.y),
    "BP2 with W untransposed": replace(
        CHAPTER,
        bp2=lambda w, l: (
            (w.delta[l + 1] @ (w.W[l + 1].T if l == 1 else w.W[l + 1]))
            * w.sigma[l].derivative(w.z[l])
        ),
    ),
    "BP2 without σ′": replace(CHAPTER, bp2=lambda w, l: w.delta[l + 1] @ w.W[l + 1]),
    "BP3 summed": replace(CHAPTER, bp3=lambda w, l: w.delta[l].sum(axis=0)),
    "BP4 with z for a": replace(
        CHAPTER, bp4=lambda w, l: w.delta[l].T @ (w.z[l - 1] if l > 1 else w.a[0]) / len(w.y)
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_each_equation_broken_alone_is_seen(broken: str) -> None:
    """One wrong equation among right ones: the check fails."""
    found = run_with(BROKEN[broken])
    assert not found.agrees
    assert found.disagreed > 0


def steeper(kind: type[Activation]) -> type[Activation]:
    """The activation with σ′ (for softmax, its Jacobian's product) too large by 1e-6."""

    class Steeper(kind):  # type: ignore[misc, valid-type]
        def derivative(self, z: Array) -> Array:
            slope: Array = super().derivative(z) * OFF
            return slope

        def pull_back(self, z: Any, a: Any, gradient: Any) -> Any:
            return super().pull_back(z, a, gradient) * (OFF if kind is Softmax else 1.0)

    return Steeper


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_slope_of_each_activation_broken_is_seen(name: str) -> None:
    """σ′ too large by 1e-6: the check fails, for all ten."""
    request = random_request(2, name, "mean_squared_error")
    batch = batch_of(request)
    right = with_activation(request, ACTIVATIONS[name])
    wrong = with_activation(request, steeper(ACTIVATIONS[name]))
    assert check(backpropagate(right, batch)).agrees
    assert not check(backpropagate(wrong, batch)).agrees


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("name", ["sigmoid", "softmax", "tanh", "identity"])
def test_the_slope_of_each_cost_broken_is_seen(
    name: str, cost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """δ(L) off by 1e-6, however output and cost are combined: the check fails."""
    request = random_request(2, name, cost)
    network = network_of(request)
    error = type(network.output).error

    def wrong(*args: Any) -> Any:
        return error(*args) * OFF

    monkeypatch.setattr(type(network.output), "error", wrong)
    assert not check(backpropagate(network, batch_of(request))).agrees


def _forbidden(*args: Any, **kwargs: Any) -> Any:
    raise AssertionError("the witness called a derivative")


DERIVATIVES = [
    *((kind, "derivative") for kind in (Activation, *ACTIVATIONS.values())),
    *((kind, "pull_back") for kind in (Activation, *ACTIVATIONS.values())),
    *((kind, "gradient") for kind in COSTS.values()),
    *((kind, "error") for kind in (costs.Composed, *costs.OUTPUTS.values())),
    *((backprop, name) for name in ("bp1", "bp2", "bp3", "bp4", "run", "backpropagate")),
]


@pytest.mark.parametrize("options", [Options(), Options(entries=20), Options(method="complex")])
def test_no_derivative_is_called(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every σ′, ∂C/∂a, δ and equation out of reach, the check works all the same.

    Of backprop it sees the gradients that it judges, and never a δ.
    """
    for name in ACTIVATIONS:
        if options.method == "complex" and CHANGES.get(name) in (
            changes.ReluChange,
            changes.LeakyReluChange,
            changes.EluChange,
        ):
            continue
        for cost in COSTS:
            w = workings(random_request(4, name, cost))
            w.delta.clear()
            with monkeypatch.context() as patch:
                for where, what in DERIVATIVES:
                    patch.setattr(where, what, _forbidden)
                assert check(w, options).agrees


# The other leg: what the identities get wrong, complex arithmetic and plain evaluations see.


def flawed(kind: type[Change]) -> type[Change]:
    """The change with all moves too large by 1e-6."""

    class Flawed(kind):  # type: ignore[misc, valid-type]
        def __call__(self, s: Array, largest: float) -> Array:
            change: Array = super().__call__(s, largest) * OFF
            return change

    return Flawed


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_flawed_identity_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Right backprop, wrong identity: the check does not agree."""
    request = random_request(5, name, "mean_squared_error")
    monkeypatch.setitem(changes.CHANGES, name, flawed(CHANGES[name]))
    assert not check(workings(request)).agrees


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_same_flaw_on_both_sides_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Backprop and identity wrong in the same way: the second opinion objects, and it alone."""
    request = random_request(5, name, "mean_squared_error")
    network = with_activation(request, steeper(ACTIVATIONS[name]))
    monkeypatch.setitem(changes.CHANGES, name, flawed(CHANGES[name]))
    found = check(backpropagate(network, batch_of(request)))
    assert found.second_opinion is not None
    assert found.second_opinion.worst is not None
    assert found.second_opinion.worst.ratio > 1
    assert not found.agrees
    confirmed(found)


def confirmed(found: Check) -> None:
    """The differences themselves saw nothing: each entry told is within their uncertainty."""
    for entry in found.disagreements:
        kind, l, index = entry.at
        value = getattr(found, kind)[l][index]
        bound = getattr(found, kind.replace("gradients", "uncertainties"))[l][index]
        assert abs(entry.backprop - value) <= bound


class RoundedSigmoid(Sigmoid):
    """σ′ from a rounded a, as in most textbooks' code."""

    def derivative(self, z: Array) -> Array:
        a = self(z)
        return a * (1.0 - a)


class RoundedChange(SigmoidChange):
    """A σ′ in disguise: A (1 − A), where values at z and −z belong."""

    @classmethod
    def about(cls, z: Array) -> RoundedChange:
        A = activations.SIGMOID(z)
        return cls((A * (1.0 - A), A - 0.5))


def test_the_sigmoid_of_a_rounded_a_on_both_sides_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Biases raised by 30: a (1 − a) keeps few digits, and shares its error with A (1 − A).

    The witness of PEERS.md fell for it and confirmed a gradient that was wrong by 2.6e-3. The
    direction, which sees the sum over all parameters, cannot tell; complex steps can.
    """
    request = random_request(6, "sigmoid", "mean_squared_error")
    for j in range(4):
        request["biases"][1][j] += 30.0
    network = with_activation(request, RoundedSigmoid)
    wrong = backpropagate(network, batch_of(request))
    alone = check(wrong)
    assert not alone.agrees  # the right identity sees it
    monkeypatch.setitem(changes.CHANGES, "sigmoid", RoundedChange)
    fooled = check(wrong)
    assert not fooled.agrees
    assert fooled.second_opinion is not None
    assert fooled.second_opinion.worst is not None
    confirmed(fooled)
    assert all(direction.ratio <= 1 for direction in fooled.directions)
    worst = fooled.second_opinion.worst
    assert abs(worst.backprop / worst.finite_difference - 1) > 1e-3


def test_a_saturated_neuron_among_many_gets_a_second_opinion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One of 200 neurons saturates: it is looked at twice, by choice and not by luck."""
    generator = np.random.default_rng(3)
    request: Request = {
        "weights": [generator.normal(size=(200, 3)) / 2, generator.normal(size=(2, 200)) / 10],
        "biases": [generator.normal(size=200), generator.normal(size=2)],
        "activation": "sigmoid",
        "input": [0.5, -0.5, 0.25],
        "target": [0.3, 0.6],
    }
    request["biases"][0][123] = 32.0
    request |= {key: [part.tolist() for part in request[key]] for key in ("weights", "biases")}
    wrong = backpropagate(with_activation(request, RoundedSigmoid), batch_of(request))
    monkeypatch.setitem(changes.CHANGES, "sigmoid", RoundedChange)
    for seed in range(5):
        found = check(wrong, Options(seed=seed))
        assert not found.agrees
        assert {entry.at[1:][1][0] for entry in found.disagreements} == {123}


@pytest.mark.parametrize(
    ("table", "name", "cost"),
    [
        *((heads.ELEMENTWISE, "tanh", cost) for cost in COSTS),
        *((heads.FROM_Z, "sigmoid", cost) for cost in COSTS if cost != "mean_squared_error"),
        *((softmax_heads.SOFTMAX_HEADS, "softmax", cost) for cost in COSTS),
    ],
)
def test_a_flawed_cost_on_both_sides_is_seen(
    table: dict[Any, Any], name: str, cost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """δ(L) and the change of the cost off by the same 1e-6: the second opinion objects."""
    request = random_request(7, name, cost)
    network = network_of(request)
    error, head_of = type(network.output).error, softmax_heads.head_of

    def flawed_head(*args: Any) -> heads.Head:
        head = head_of(*args)

        class Flawed(type(head)):  # type: ignore[misc]
            def __call__(self, s: Array, largest: float) -> Array:
                change: Array = super().__call__(s, largest) * OFF
                return change

            def alone(self, moves: Array, own: NDArray[np.intp], largest: float) -> Array:
                change: Array = super().alone(moves, own, largest)
                # The coupled head's `alone` goes through __call__, and is flawed already.
                return change if head.coupled else change * OFF

        object.__setattr__(head, "__class__", Flawed)
        return head

    monkeypatch.setattr(type(network.output), "error", lambda *args: error(*args) * OFF)
    monkeypatch.setattr("core.differences.base.head_of", flawed_head)
    found = check(backpropagate(network, batch_of(request)))
    assert not found.agrees
    confirmed(found)


def test_a_wrong_way_from_neurons_to_weights_on_both_sides_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Weights of a row taken in the wrong order by both: moving the weights themselves shows it."""
    right = Totals.of.__func__  # type: ignore[attr-defined]

    def reversed_columns(
        cls: type[Totals], slopes: Slopes, carried: Carried, examples: int
    ) -> Totals:
        totals = right(cls, slopes, carried, examples)
        order = [*reversed(range(carried.value.shape[1] - 1)), -1]  # of W; the bias stays the last
        return Totals(totals.right[:, order], totals.uncertainty[:, order])

    monkeypatch.setattr(entries.Totals, "of", classmethod(reversed_columns))
    found = run_with(replace(CHAPTER, bp4=lambda w, l: backprop.bp4(w, l)[:, ::-1]))
    assert found.disagreed == 0
    assert [direction.ratio > 1 for direction in found.directions] == [True]
    assert not found.agrees


def test_the_direction_sees_a_wrong_layer() -> None:
    """Beside a sample too: gradients of which the first layer is 0 fail along a direction."""
    request = random_request(8, "tanh", "mean_squared_error")
    batch = batch_of(request)

    def silent(equation: backprop.Equation) -> Callable[[Workings, int], Any]:
        return lambda w, l: equation(w, l) * (l > 1)

    equations = replace(CHAPTER, bp3=silent(backprop.bp3), bp4=silent(backprop.bp4))
    w = worked(network_of(request), batch.inputs, batch.targets, equations)
    found = check(w, Options(entries=1, seed=1))
    assert len(found.directions) == 8
    assert all(direction.ratio > 1 for direction in found.directions)
    assert not found.agrees


def test_single_wrong_entries_are_found_where_they_are() -> None:
    """One entry off by 1e-6, one swapped with its neighbour, one sign: found, and named."""
    request = random_request(9, "sigmoid", "cross_entropy")
    batch: Batch = batch_of(request)
    for l, j, k in ((1, 2, 1), (2, 0, 3), (3, 1, 0)):
        for spoil in ("off", "sign", "swap"):
            w = backpropagate(network_of(request), batch)
            gradient = w.weight_gradients[l].copy()
            other = (k + 1) % gradient.shape[1]
            if spoil == "swap":
                gradient[j, [k, other]] = gradient[j, [other, k]]
            else:
                gradient[j, k] *= OFF if spoil == "off" else -1.0
            w.weight_gradients[l] = gradient
            found = check(w)
            named = {entry.at for entry in found.disagreements}
            wrong = {(j, k), (j, other)} if spoil == "swap" else {(j, k)}
            assert named == {("weight_gradients", l, index) for index in wrong}
