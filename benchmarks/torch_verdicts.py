"""Right gradients from PyTorch, judged by backcheck, by torch's gradcheck and by numpy.allclose.

    make peers && python -m benchmarks.torch_verdicts

Twenty networks of 2 to 4 layers, up to 10 wide, in float32 and in float16, with every activation
and cost. Everything is taken from torch: z, a, cost, δ (by retain_grad) and both gradients. All of
it is right, so every "wrong" is a false alarm of whoever says so.
"""

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from core.activations import ACTIVATIONS
from core.costs import COSTS
from core.network import Batch, Network
from core.rounding.precision import FLOATS
from core.verdict.claims import Claimed, Claims, Key, quantity_of
from core.verdict.plain import plain_workings
from core.verdict.verify import Verdict, verify

NETWORKS = 20
OUTPUTS = (
    ("mean_squared_error", "identity"), ("mean_squared_error", "sigmoid"),
    ("binary_cross_entropy", "sigmoid"), ("cross_entropy", "softmax"),
    ("mean_squared_error", "tanh"),
)  # fmt: skip
HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "elu", "silu", "gelu")
SIGMA: dict[str, Callable[[Any], Any]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": functional.relu,
    "leaky_relu": lambda z: functional.leaky_relu(z, 0.01),
    "identity": lambda z: z,
    "softplus": functional.softplus,
    "elu": functional.elu,
    "silu": functional.silu,
    "gelu": functional.gelu,
    "softmax": lambda z: functional.softmax(z, dim=-1),
}
DTYPES = {"float32": torch.float32, "float16": torch.float16}


@dataclass(frozen=True)
class Case:
    """A network for both: numpy's numbers and the names."""

    weights: list[Any]
    biases: list[Any]
    names: list[str]
    cost: str
    inputs: Any
    targets: Any

    def ours(self) -> tuple[Network, Batch]:
        """As the core wants it."""
        kinds = [ACTIVATIONS[name]() for name in self.names]
        network = Network.of(self.weights, self.biases, kinds, COSTS[self.cost]())
        return network, Batch.of(self.inputs, self.targets)


def case(number: int) -> Case:
    """The network of this number: its sizes, activations and cost come from the number alone."""
    rng = np.random.default_rng(number)
    L = int(rng.integers(2, 5))
    sizes = [int(n) for n in rng.integers(2, 11, size=L + 1)]
    cost, last = OUTPUTS[number % len(OUTPUTS)]
    names = [HIDDEN[(number + l) % len(HIDDEN)] for l in range(L - 1)] + [last]
    N = int(rng.integers(1, 9))
    weights = [rng.normal(size=(n, m)) / np.sqrt(m) for m, n in pairwise(sizes)]
    biases = [0.3 * rng.normal(size=n) for n in sizes[1:]]
    targets = rng.uniform(size=(N, sizes[-1]))
    if cost == "cross_entropy":
        targets = np.eye(sizes[-1])[rng.integers(sizes[-1], size=N)]
    return Case(weights, biases, names, cost, rng.normal(size=(N, sizes[0])), targets)


def loss(c: Case, z: Any, a: Any, y: Any) -> Any:
    """C by torch's own functions."""
    if c.cost == "mean_squared_error":
        total = functional.mse_loss(a, y, reduction="sum") / 2
    elif c.cost == "binary_cross_entropy":
        total = functional.binary_cross_entropy_with_logits(z, y, reduction="sum")
    else:
        total = functional.cross_entropy(z, y, reduction="sum")
    return total / len(y)


def tensors(c: Case, dtype: Any) -> tuple[list[Any], list[Any], Any, Any]:
    """Parameters that want a gradient, and the data, in one precision."""
    W = [torch.tensor(w, dtype=dtype, requires_grad=True) for w in c.weights]
    b = [torch.tensor(v, dtype=dtype, requires_grad=True) for v in c.biases]
    return W, b, torch.tensor(c.inputs, dtype=dtype), torch.tensor(c.targets, dtype=dtype)


def claims(c: Case, dtype: Any) -> Claims:
    """Everything torch has computed."""
    W, b, a, y = tensors(c, dtype)
    z, found = a, {}
    kept: dict[Key, Any] = {}
    for l, name in enumerate(c.names, start=1):
        z = functional.linear(a, W[l - 1], b[l - 1])
        z.retain_grad()
        a = SIGMA[name](z)
        kept["z", l], kept["a", l] = z, a
    cost = loss(c, z, a, y)
    cost.backward()
    L = len(c.names)
    found = {key: x.detach() for key, x in kept.items()}
    found["cost", L] = cost.detach()
    for l in range(1, L + 1):
        found["delta", l] = kept["z", l].grad * len(y)
        found["bias_gradients", l], found["weight_gradients", l] = b[l - 1].grad, W[l - 1].grad
    return Claims({k: Claimed.all_of(x.to(torch.float64).numpy()) for k, x in found.items()})


def judged(c: Case, format: str, stated: bool = True) -> Verdict:
    """backcheck's verdict on torch's numbers, with the precision stated or read off them."""
    network, batch = c.ours()
    return verify(network, batch, claims(c, DTYPES[format]), FLOATS[format] if stated else None)


def close(c: Case, format: str) -> bool:
    """What numpy.allclose with its defaults says of torch's gradients beside the right ones."""
    right = plain_workings(*c.ours())
    gradients = claims(c, DTYPES[format]).layers.items()
    return all(
        bool(np.allclose(claim.values, quantity_of(right, key)))
        for key, claim in gradients
        if key[0] in ("bias_gradients", "weight_gradients")
    )


def passes_gradcheck(c: Case, **options: float) -> bool:
    """What torch.autograd.gradcheck says of the same module in float32."""
    W, b, x, y = tensors(c, torch.float32)

    def module(*parameters: Any) -> Any:
        a = z = x
        for l, name in enumerate(c.names):
            z = functional.linear(a, parameters[2 * l], parameters[2 * l + 1])
            a = SIGMA[name](z)
        return loss(c, z, a, y)

    parameters = [p for pair in zip(W, b, strict=True) for p in pair]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that float32 is not double precision
        return bool(torch.autograd.gradcheck(module, parameters, raise_exception=False, **options))


def main() -> int:
    """Prints the table; returns 1 if backcheck called anything wrong."""
    cases = [case(number) for number in range(NETWORKS)]
    rows: list[tuple[str, int]] = []
    for format in DTYPES:
        for stated in (True, False):
            verdicts = [judged(c, format, stated).verdict for c in cases]
            how = "precision stated" if stated else "precision read off"
            rows.append((f"backcheck, {format}, {how}", verdicts.count("wrong")))
    alarms = sum(count for _, count in rows)
    rows.append(("gradcheck, float32, defaults", sum(not passes_gradcheck(c) for c in cases)))
    wide = {"eps": 1e-2, "atol": 1e-3, "rtol": 1e-2}
    tuned = sum(not passes_gradcheck(c, **wide) for c in cases)
    rows.append(("gradcheck, float32, eps 1e-2, atol 1e-3, rtol 1e-2", tuned))
    for format in DTYPES:
        count = sum(not close(c, format) for c in cases)
        rows.append((f"numpy.allclose with the right gradients, {format}", count))
    print(f"| who judges PyTorch {torch.__version__}'s gradients | called wrong, of {NETWORKS} |")
    print("|---|---|")
    for who, count in rows:
        print(f"| {who} | {count} |")
    return int(alarms > 0)


if __name__ == "__main__":
    sys.exit(main())
