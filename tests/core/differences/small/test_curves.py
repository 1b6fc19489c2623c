"""Each σ of floats, its three faces one by one, against 50 digits and against the arrays."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest

from core.differences.changes import CHANGES, SECANT
from core.differences.complex_step import COARSER, IMAGINARY
from core.differences.small.curves import CURVES
from tests import references
from tests.core.differences.small.plain import NAMES
from tests.core.differences.test_changes import ULPS, U, moved
from tests.references import number

Z = [1e-300, 1e-12, 1e-3, 0.3, 0.7, 1.0, 2.5, 7.0, 20.0, 36.0, 45.0, 300.0, 700.0]
MOVES = [2.0**-k for k in (3, 8, 12, 13, 16, 20, 30, 60, 200)]
FEW = 4
"""Ulps: two library functions, a sum and a quotient."""


def around(name: str) -> list[float]:
    """Numbers on both sides; 0 itself where nothing bends there."""
    return [*Z, *(-z for z in Z), *([] if CURVES[name].corner else [0.0, -0.0])]


def test_which_activations_are_served() -> None:
    """All but gelu; corners and straight pieces are where they are."""
    assert CURVES.keys() == CHANGES.keys() - {"gelu"} | {"softmax"}
    assert {name for name, curve in CURVES.items() if curve.corner} == {"relu", "leaky_relu", "elu"}
    straight = {"relu", "leaky_relu", "identity"}
    assert {name for name, curve in CURVES.items() if curve.straight} == straight


@pytest.mark.parametrize("name", NAMES)
def test_values(name: str) -> None:
    """σ(z) to a few units in the last place."""
    for z in around(name):
        truth, _ = references.activation(name, z)
        # Below 1e-290 σ itself, or the product that makes it, is among the denormals.
        assert abs(number(CURVES[name].value(z)) - truth) <= FEW * U * abs(truth) + 1e-300, z


@pytest.mark.parametrize("name", NAMES)
def test_no_digit_cancels(name: str) -> None:
    """σ(z + s) − σ(z) is good to some ulps of its own terms from |s| = 1/8 to 2⁻²⁰⁰."""
    for z in around(name):
        about = CURVES[name].about(z)
        for s in (*MOVES, *(-s for s in MOVES)):
            if CURVES[name].corner and abs(s) > abs(z):
                continue  # moves across a corner are never asked for
            # (1 + 2|s|…): the slope itself may change by as much on the way.
            bend = exp(2 * abs(s) * (1 + min(abs(z), 40.0)))
            allowed = ULPS * U * about.steepness * abs(s) * bend
            assert abs(number(about.change(s)) - moved(name, z, s)) <= allowed + 1e-300, (z, s)


@pytest.mark.parametrize("name", NAMES)
def test_what_sizes_errors_is_what_the_arrays_say(name: str) -> None:
    """The secant and the steepness to a dozen ulps: they are the same few operations."""
    for z in around(name):
        if CURVES[name].corner and abs(z) < SECANT:
            continue
        about, change = CURVES[name].about(z), CHANGES[name].about(np.array([[z]]))
        secant = change.secant(np.array([[z]]))
        steepness = change.steepness(np.array([[z]]), secant)
        assert about.secant == pytest.approx(secant[0, 0], rel=1e-14, abs=1e-300)
        assert about.steepness == pytest.approx(steepness[0, 0], rel=1e-14, abs=1e-300)
        assert about.secant == about.change(SECANT) / SECANT


@pytest.mark.parametrize("name", NAMES)
def test_the_imaginary_part_is_the_derivative(name: str) -> None:
    """Im σ(z + ih) over h is σ′(z), to what complex arithmetic is allowed beside real one.

    The rate at which z itself moves goes with it, as large or small as the layers below make it.
    """
    for z in around(name):
        _, truth = references.activation(name, z)
        steepness = CURVES[name].about(z).steepness
        for rate in (1.0, -3e4, 1e-9):
            found = CURVES[name].analytic(complex(z, IMAGINARY * rate)).imag / IMAGINARY
            error = abs(number(found) - number(rate) * truth)
            # The second opinion calls slopes below 1e-200 lost.
            assert error <= COARSER * U * steepness * abs(rate) + 1e-205, (z, rate)


@pytest.mark.parametrize("name", NAMES)
def test_the_real_part_is_the_value(name: str) -> None:
    """σ(z + ih) is σ(z) in its real part, as near as 1 and z are large (elu: e^z − 1 there)."""
    for z in around(name):
        truth, _ = references.activation(name, z)
        found = CURVES[name].analytic(complex(z, IMAGINARY)).real
        assert abs(number(found) - truth) <= FEW * U * (1.0 + abs(z))


@pytest.mark.parametrize("z", [-1.0, 0.0, 2.0])
def test_softmax_is_no_curve(z: float) -> None:
    """Of one z nothing is known, so that whoever asks gets no number, and no agreement with it."""
    curve = CURVES["softmax"]
    told = [curve.value(z), *curve.about(z)[1:], curve.about(z).change(1e-6)]
    imaginary = curve.analytic(complex(z, IMAGINARY))
    assert np.isnan([*told, imaginary.real, imaginary.imag]).all()
