"""What is wrong is seen: in backprop, in an identity, in both alike, in the way to the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from core import backprop
from core.activations import ACTIVATIONS
from core.backprop import CHAPTER, Equations, backpropagate
from core.differences.check import Comparison, Direction, Options
from core.differences.small import check as room
from core.differences.small import outputs
from core.differences.small.check import small_check
from core.differences.small.curves import CURVES, Curve, Moved
from core.differences.small.direction import Along
from core.differences.small.entries import Opinion, carried_by
from core.differences.small.example import Example, Unusual
from core.differences.small.legs import Slope, difference
from core.differences.witness import check
from core.forward import Workings
from tests.core.differences.held import with_activation, worked
from tests.core.differences.small.plain import NAMES, PAIRS, ordinary, request
from tests.core.differences.test_independence import BROKEN, DERIVATIVES, OFF, _forbidden, steeper
from tests.core.worked import batch_of, network_of, workings
from tests.references import Request

CHAPTERS = request([2, 3, 2], ["sigmoid", "sigmoid"], "mean_squared_error", 1, 4)
"""2–3–2, as in the chapter."""
DEEPER = request([2, 2, 2, 2], ["sigmoid"] * 3, "mean_squared_error", 2, 4)
"""Where W(2) is square, so that its transpose fits."""


def run_with(equations: Equations, wanted: Request) -> Workings:
    batch = batch_of(wanted)
    return worked(network_of(wanted), batch.inputs, batch.targets, equations)


@pytest.mark.parametrize("broken", BROKEN)
def test_each_equation_broken_alone_is_seen(broken: str) -> None:
    """One wrong equation among right ones: floats have no answer, and the check fails."""
    assert small_check(run_with(CHAPTER, DEEPER), Options()) is not None
    w = run_with(BROKEN[broken], DEEPER)
    assert small_check(w, Options()) is None
    assert not check(w).agrees


@pytest.mark.parametrize("name", NAMES)
def test_the_slope_of_each_activation_broken_is_seen(name: str) -> None:
    """σ′ too large by 1e-6."""
    wanted = ordinary(name, "mean_squared_error")
    assert small_check(workings(wanted), Options()) is not None
    wrong = with_activation(wanted, steeper(ACTIVATIONS[name]))
    w = backpropagate(wrong, batch_of(wanted))
    assert small_check(w, Options()) is None
    assert not check(w).agrees


@pytest.mark.parametrize(("name", "cost"), PAIRS)
def test_the_slope_of_each_cost_broken_is_seen(
    name: str, cost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """δ(L) off by 1e-6."""
    network = network_of(wanted := ordinary(name, cost))
    break_cost(network, monkeypatch)
    w = backpropagate(network, batch_of(wanted))
    assert small_check(w, Options()) is None
    assert not check(w).agrees


def break_cost(network: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    error = type(network.output).error
    monkeypatch.setattr(type(network.output), "error", lambda *args: error(*args) * OFF)


def entries_of(w: Workings) -> Iterator[tuple[str, int, tuple[int, ...]]]:
    for quantity in ("bias_gradients", "weight_gradients"):
        for l in w.W.numbers:
            for index in np.ndindex(getattr(w, quantity)[l].shape):
                yield quantity, l, index


@pytest.mark.parametrize("wanted", [CHAPTERS, DEEPER])
@pytest.mark.parametrize("order", [2, 4])
def test_each_entry_off_by_a_few_uncertainties_is_seen(wanted: Request, order: int) -> None:
    """Every entry of 2–3–2 in turn, up and down by twice its uncertainty; a fifth of it is not."""
    options = Options(order=2 if order == 2 else 4)
    right = small_check(workings(wanted), options)
    assert right is not None
    for at, times in product(entries_of(workings(wanted)), (2.0, -2.0, 0.2)):
        quantity, l, index = at
        w = workings(wanted)
        gradient = getattr(w, quantity)[l].copy()
        bounds = getattr(right, quantity.replace("gradients", "uncertainties"))
        gradient[index] = getattr(right, quantity)[l][index] + times * bounds[l][index]
        getattr(w, quantity)[l] = gradient
        found = check(w, options)
        if times == 0.2:
            assert small_check(w, options) is not None
            assert found.agrees
            assert found.worst is not None
            assert order == 2 or found.worst.at == at  # with order 2 others are off by half
        else:
            assert small_check(w, options) is None
            assert [entry.at for entry in found.disagreements] == [at]


@pytest.mark.parametrize("at", [*entries_of(workings(CHAPTERS))])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e300, 0.0])
def test_no_number_is_wrong_enough_to_pass(
    at: tuple[str, int, tuple[int, ...]], wrong: float
) -> None:
    """An entry that is no number, infinite, huge or missing gets no answer from floats."""
    quantity, l, index = at
    w = workings(CHAPTERS)
    gradient = getattr(w, quantity)[l].copy()
    gradient[index] = wrong
    getattr(w, quantity)[l] = gradient
    assert small_check(w, Options()) is None


# The other legs: what an identity gets wrong, complex arithmetic and plain evaluations see.


def flawed(curve: Curve) -> Curve:
    """The curve with all moves too large by 1e-6."""

    def about(z: float) -> Moved:
        moved = curve.about(z)
        return moved._replace(change=lambda s: moved.change(s) * OFF)

    return curve._replace(about=about)


@pytest.mark.parametrize("name", NAMES)
def test_a_flawed_identity_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Right backprop, wrong identity: no answer from floats; the arrays have one."""
    w = workings(ordinary(name, "mean_squared_error"))
    monkeypatch.setitem(CURVES, name, flawed(CURVES[name]))
    assert small_check(w, Options()) is None
    assert check(w).agrees


@pytest.mark.parametrize("name", NAMES)
def test_the_same_flaw_on_both_sides_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Backprop and identity wrong in the same way: the complex step objects, and it alone.

    With the differences in its place there is an answer, once the direction is silenced too.
    """
    wanted = ordinary(name, "mean_squared_error")
    w = backpropagate(with_activation(wanted, steeper(ACTIVATIONS[name])), batch_of(wanted))
    monkeypatch.setitem(CURVES, name, flawed(CURVES[name]))
    only_the_complex_step_objects(w, monkeypatch)


def only_the_complex_step_objects(w: Workings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "differences_along", lambda *_: Along(0.0, 0.0, 1e3))
    assert small_check(w, Options()) is None
    monkeypatch.setattr(
        room, "imaginary", lambda small, example, l, j: difference(small, example, l, j, 4)
    )
    assert small_check(w, Options()) is not None


@pytest.mark.parametrize(("name", "cost"), PAIRS)
def test_a_flawed_cost_on_both_sides_is_seen(
    name: str, cost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """δ(L) and the change of the cost off by the same 1e-6: the complex step objects."""
    network = network_of(wanted := ordinary(name, cost))
    output = outputs.output_of(name, cost)
    assert output is not None
    head_of = type(output).head

    def flawed_head(*args: Any) -> Any:
        head = head_of(*args)
        change, alone = head.change, head.alone
        vars(head).update(
            change=lambda moves: change(moves) * OFF, alone=lambda j, s: alone(j, s) * OFF
        )
        return head

    monkeypatch.setattr(type(output), "head", flawed_head)
    break_cost(network, monkeypatch)
    only_the_complex_step_objects(backpropagate(network, batch_of(wanted)), monkeypatch)


def test_a_wrong_way_from_neurons_to_weights_on_both_sides_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Weights of a row taken in the wrong order by both: the direction objects, and it alone."""
    right = carried_by
    assert small_check(workings(CHAPTERS), Options()) is not None

    def reversed_columns(examples: list[Example], l: int) -> Any:
        return [[*row[-2::-1], row[-1]] for row in right(examples, l)]

    monkeypatch.setattr(room, "carried_by", reversed_columns)
    w = run_with(replace(CHAPTER, bp4=lambda w, l: backprop.bp4(w, l)[:, ::-1]), CHAPTERS)
    assert small_check(w, Options()) is None
    monkeypatch.setattr(room, "differences_along", lambda *_: Along(0.0, 0.0, 1e3))
    assert small_check(w, Options()) is not None


def test_the_direction_sees_a_flaw_of_both_other_legs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backprop, identity and complex step off by the same 1e-3: plain evaluations object."""
    wanted = ordinary("tanh", "mean_squared_error")

    def much(kind: Any) -> Any:
        class Much(kind):  # type: ignore[misc]
            def derivative(self, z: Any) -> Any:
                return super().derivative(z) * 1.001

        return Much

    w = backpropagate(with_activation(wanted, much(ACTIVATIONS["tanh"])), batch_of(wanted))
    curve = CURVES["tanh"]

    def about(z: float) -> Moved:
        moved = curve.about(z)
        return moved._replace(change=lambda s: moved.change(s) * 1.001)

    def analytic(z: complex) -> complex:
        a = curve.analytic(z)
        return complex(a.real, a.imag * 1.001)

    monkeypatch.setitem(CURVES, "tanh", curve._replace(about=about, analytic=analytic))
    assert small_check(w, Options()) is None
    monkeypatch.setattr(room, "differences_along", lambda *_: Along(0.0, 0.0, 1e3))
    assert small_check(w, Options()) is not None


@pytest.mark.parametrize("leg", ["difference", "imaginary", "differences_along"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, 1.0])
def test_each_leg_has_a_veto(leg: str, wrong: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever any of the three says that is not backprop's: no answer."""
    right: Callable[..., Any] = getattr(room, leg)

    def other(*args: Any) -> Any:
        found = right(*args)
        if leg == "differences_along":
            return found._replace(half=found.half + wrong, full=found.full + wrong)
        return found._replace(value=found.value + wrong)

    w = workings(CHAPTERS)
    assert small_check(w, Options()) is not None
    monkeypatch.setattr(room, leg, other)
    assert small_check(w, Options()) is None


@pytest.mark.parametrize("leg", ["difference", "imaginary", "differences_along"])
def test_no_leg_may_be_uncertain_without_end(leg: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is within an infinite uncertainty: no answer either."""
    right: Callable[..., Any] = getattr(room, leg)
    field = "noise" if leg == "differences_along" else "uncertainty"
    for size in (np.inf, np.nan):
        monkeypatch.setattr(room, leg, lambda *args, size=size: right(*args)._replace(
            **{field: size}
        ))  # fmt: skip
        assert small_check(workings(CHAPTERS), Options()) is None


def test_no_derivative_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every σ′, ∂C/∂a, δ and equation out of reach, floats work all the same.

    Of backprop they see the gradients that they judge, and never a δ.
    """
    for name, cost in PAIRS:
        for wanted in (
            ordinary(name, cost),
            request([2, 3, 2], ["tanh", name], cost, 1, 4),
        ):
            w = workings(wanted)
            w.delta.clear()
            with monkeypatch.context() as patch:
                for where, what in DERIVATIVES:
                    patch.setattr(where, what, _forbidden)
                found = small_check(w, Options())
                assert found is not None
                assert found.agrees


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_uncertainty_is_the_border(sign: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """0.99 of it agrees and 1.01 does not, of an entry in either opinion as of the direction."""
    for ratio, refused in ((0.99, False), (1.01, True)):
        opinion = Opinion([[[sign * ratio]]])
        if refused:
            with pytest.raises(Unusual):
                opinion.add(1, [Slope(0.0, 1.0)], [[1.0]])
        else:
            opinion.add(1, [Slope(0.0, 1.0)], [[1.0]])
            assert opinion.worst() == Comparison(
                ("bias_gradients", 1, (0,)), sign * ratio, 0.0, 1.0, ratio
            )
        monkeypatch.setattr(room, "compared", lambda *_, r=ratio: Direction(0.0, r, 1.0, r))
        assert (small_check(workings(CHAPTERS), Options()) is None) == refused
