"""Small networks and claims about them for the tests of verdicts, from a second implementation."""

from collections.abc import Callable
from typing import Any

import numpy as np

from core.activations import ACTIVATIONS
from core.costs import COSTS
from core.network import Batch, Network
from core.verdict.claims import Claimed, Claims, Key
from tests import mistaken
from tests.mistaken import Exercise

COURSE = Exercise(
    [
        np.array([[0.15, -0.2], [0.25, 0.3], [-0.4, 0.35]]),
        np.array([[0.4, 0.45, -0.3], [0.5, -0.55, 0.2]]),
    ],
    [np.array([0.35, -0.1, 0.05]), np.array([0.6, -0.25])],
    ["sigmoid", "tanh"],
    "mean_squared_error",
    np.array([[0.05, 0.1], [-0.7, 0.4]]),
    np.array([[0.01, 0.99], [0.5, -0.5]]),
)  # fmt: skip


def network_of(e: Exercise) -> tuple[Network, Batch]:
    """The exercise as the core wants it."""
    kinds = [ACTIVATIONS[name]() for name in e.activations]
    network = Network.of(e.weights, e.biases, kinds, COSTS[e.cost]())
    return network, Batch.of(e.inputs, e.targets)


def numbers(e: Exercise, dtype: Any = np.float64, **options: Any) -> dict[Key, Any]:
    """What a student computes, by quantity and layer; `options` as for `mistaken.worked`."""
    return mistaken.worked(e, dtype=dtype, **options)


def claim(values: dict[Key, Any], *keep: str, change: Callable[[Any], Any] = lambda x: x) -> Claims:
    """Claims of these quantities (all, if none is named)."""
    return Claims(
        {
            key: Claimed.all_of(np.asarray(change(x), dtype=np.float64))
            for key, x in values.items()
            if not keep or key[0] in keep
        }
    )


def with_entry(claims: Claims, key: Key, at: tuple[int, ...], value: float | None) -> Claims:
    """The same with one entry changed, or not claimed (None)."""
    values, mask = claims[key].values.copy(), claims[key].mask.copy()
    if value is None:
        mask[at] = False
    else:
        values[at] = value
    return Claims({**claims.layers, key: Claimed(values, mask)}, claims.transposed)


def without(claims: Claims, *keys: Key) -> Claims:
    """The same without these layers."""
    return Claims({k: c for k, c in claims.layers.items() if k not in keys}, claims.transposed)
