"""Pictures, where matplotlib is installed (`pip install 'backcheck[plot]'`)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from backcheck.arrays import Array

if TYPE_CHECKING:
    from backcheck.curve import StepCurve
    from backcheck.results import Gradients

SIZE_INCHES = (10, 4)


def new_axes(count: int) -> Any:
    """Axes side by side on a new figure. Raises ImportError that says what to install."""
    try:
        pyplot = import_module("matplotlib.pyplot")
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install 'backcheck[plot]'") from error
    _, axes = pyplot.subplots(1, count, figsize=SIZE_INCHES, layout="constrained")
    return axes


def plot_gradients(result: Gradients, axes: Any) -> Any:
    """Gradient magnitudes by layer on the left, the V curve of the steepest weight on the right."""
    left, right = new_axes(2) if axes is None else axes
    magnitudes = [np.concatenate(pair) for pair in result.magnitudes()]
    layers = range(1, len(magnitudes) + 1)
    left.semilogy(layers, positive([m.max() for m in magnitudes]), "o-", label="largest")
    left.semilogy(layers, positive([np.median(m) for m in magnitudes]), "s--", label="median")
    left.set(xlabel="layer l", ylabel="|∂C/∂w|, |∂C/∂b|", title="Gradients by layer")
    left.set_xticks(list(layers))
    left.legend()
    plot_curve(result.step_curve(), right)
    return left.figure


def plot_curve(curve: StepCurve, axes: Any) -> Any:
    """The error of a textbook finite difference against its step, both on log axes."""
    axes = new_axes(1) if axes is None else axes
    axes.loglog(curve.steps, positive(curve.errors), "o-")
    axes.set(
        xlabel="step h",
        ylabel="|finite difference − backprop|",
        title=f"{curve.at}: truncation and rounding",
    )
    return axes.figure


def positive(values: ArrayLike) -> Array:
    """The values, with gaps where a log axis has no place for them."""
    array = np.asarray(values, dtype=np.float64)
    return np.where(array > 0, array, np.nan)
