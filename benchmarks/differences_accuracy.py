"""Thousands of random networks: nothing right called wrong, nothing wrong called right."""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.networks import REGIMES, random_network
from core.backprop import backpropagate
from core.differences.check import At, Check
from core.differences.witness import check
from core.forward import NotFinite, Workings

NETWORKS = 7000  # drawn; a seventh of them overflow, or have no cost
HELD = 300  # of those, compared with 50 digits
SMALL = 1e-6  # the relative error of a planted entry
GOAL = 1e-9  # uncertainty over the largest gradient, sigmoid and tanh, weights near 1


def accuracy() -> dict[str, Any]:
    """False disagreements, planted errors that were missed, and how sharp the uncertainties are."""
    found = {
        "right gradients": right_gradients(),
        "planted entries": planted_entries(),
        "sharpness": sharpness(),
        "50 digits": fifty_digits(),
    }
    for name, row in found.items():
        sys.stdout.write(f"\n{name}\n")
        for key, value in row.items():
            sys.stdout.write(
                f"  {key:<48}{value if isinstance(value, int) else f'{value:.3g}':>12}\n"
            )
    return found


def workings(seeds: range, regime: str | None = None) -> Iterator[Workings]:
    """Those that float64 holds."""
    for seed in seeds:
        try:
            yield backpropagate(*random_network(seed, regime))
        except NotFinite:
            continue


def right_gradients() -> dict[str, Any]:
    """Right backprop, all regimes of numbers, all activations and costs."""
    told: Counter[str] = Counter()
    largest = 0.0
    for w in workings(range(NETWORKS)):
        found = check(w)
        told["networks"] += 1
        told["entries"] += found.checked
        told["false disagreements"] += not found.agrees
        told["networks with entries left unchecked"] += found.checked < found.parameters
        told["networks with kinks"] += bool(found.kinks)
        if found.worst is not None and not found.kinks:
            largest = max(largest, found.worst.ratio)
    return {"false disagreements": 0, **told, "largest ratio without kinks": largest}


def planted_entries() -> dict[str, Any]:
    """One wrong entry in right gradients: off by 1e-6 of itself, swapped with a neighbour, sign."""
    told: Counter[str] = Counter()
    for number, w in enumerate(workings(range(NETWORKS), "near 1")):
        generator = np.random.default_rng(number)
        right = check(w)
        for spoil in ("off by 1e-6", "swapped", "sign"):
            planted = plant(w, spoil, generator)
            if planted is None:
                continue
            wrong, entries = planted
            seen = {entry.at for entry in check(wrong).disagreements}
            for at in entries:
                visible = change(w, wrong, at) > 1.001 * uncertainty(right, at)
                told[f"{spoil}: planted"] += 1
                told[f"{spoil}: below its uncertainty"] += not visible
                told[f"{spoil}: found"] += visible and at in seen
                told[f"{spoil}: missed"] += visible and at not in seen
            told["right entries called wrong"] += len(seen - set(entries))
    return {"right entries called wrong": 0, **told}


def plant(
    w: Workings, spoil: str, generator: np.random.Generator
) -> tuple[Workings, list[At]] | None:
    """A copy with the mistake, and where it is; None where the entry is 0 or has no neighbour."""
    l = int(generator.integers(1, w.depth + 1))
    gradient = w.weight_gradients[l].copy()
    j, k = (int(generator.integers(n)) for n in gradient.shape)
    other = (k + 1) % gradient.shape[1]
    if gradient[j, k] == 0 or (spoil == "swapped" and gradient[j, k] == gradient[j, other]):
        return None
    places = [k, other] if spoil == "swapped" else [k]
    if spoil == "swapped":
        gradient[j, [k, other]] = gradient[j, [other, k]]
    else:
        gradient[j, k] *= -1.0 if spoil == "sign" else 1.0 + SMALL
    wrong = w.copy()
    wrong.weight_gradients[l] = gradient
    return wrong, [("weight_gradients", l, (j, place)) for place in places]


def change(w: Workings, wrong: Workings, at: At) -> float:
    """By how much the entry was changed."""
    _, l, index = at
    return abs(float(wrong.weight_gradients[l][index] - w.weight_gradients[l][index]))


def uncertainty(found: Check, at: At) -> float:
    """The witness's own, of that entry."""
    _, l, index = at
    return float(found.weight_uncertainties[l][index])


def sharpness() -> dict[str, Any]:
    """The largest uncertainty over the largest gradient: sigmoid or tanh, weights near 1."""
    ratios = []
    for w in workings(range(NETWORKS), "near 1"):
        names = {sigma.name for sigma in w.sigma}
        if names <= {"sigmoid", "tanh"} and w.network.cost.name == "mean_squared_error":
            ratios.append(relative(check(w), w))
    return {
        "networks": len(ratios),
        "median": float(np.median(ratios)),
        "largest": float(np.max(ratios)),
        "goal": GOAL,
    }


def relative(found: Check, w: Workings) -> float:
    """Largest uncertainty over largest gradient."""
    bounds = [*found.bias_uncertainties, *found.weight_uncertainties]
    gradients = [*w.bias_gradients.values(), *w.weight_gradients.values()]
    return max(float(u.max()) for u in bounds) / max(float(np.abs(g).max()) for g in gradients)


def fifty_digits() -> dict[str, Any]:
    """The witness's error over its uncertainty, by the tests' oracle, every regime alike."""
    from tests.core.differences.held import excesses, held_gradients

    largest, count = 0.0, 0
    for number, regime in enumerate(REGIMES):
        first = NETWORKS + number * HELD
        for w in workings(range(first, first + HELD // len(REGIMES)), regime):
            found = check(w)
            if not found.kinks:  # where the value is the middle, and backprop's an end
                largest = max(largest, *excesses(found, held_gradients(w)))
                count += 1
    return {"networks": count, "largest error over its uncertainty": largest}
