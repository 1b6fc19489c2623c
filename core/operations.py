"""How many arithmetic operations each way takes (chapter section 10), counted, not estimated.

One operation is one addition, subtraction, multiplication or division of two numbers, or one
evaluation of σ, σ′, a cost term or ∂C/∂a at one entry. Every layer counts as elementwise, as in
the chapter; with one example there is nothing to average. `tests/core/test_operations.py` runs
the same four ways on numbers that count themselves.

A naive walk passes some L n quantities, n of which are sums of n products, so on uniform layers
`naive` grows with L² n⁴: the square of the number of parameters, as section 13 says of the slow
way. The L² n³ of section 10 counts the quantities passed, not the operations in each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.network import layer_pairs

KEPT = 64  # sizes whose counts are remembered: everybody in a class sends the same


@dataclass(frozen=True)
class Operations:
    """Counts for a batch of N examples.

    `forward` is one forward pass with its cost. `backprop` is the four equations after it, and
    `naive` one fresh chain-rule walk after it for each parameter, sharing nothing with the other
    walks. `finite_difference` is the textbook loop: two forward passes for each parameter.
    """

    forward: int
    backprop: int
    naive: int
    finite_difference: int


@lru_cache(maxsize=KEPT)
def count_operations(sizes: tuple[int, ...], examples: int) -> Operations:
    """The counts for layers of these sizes n_0…n_L and N examples; the last few are remembered.

    >>> count_operations((1, 1), 1)
    Operations(forward=4, backprop=4, naive=7, finite_difference=24)
    """
    return Operations(
        forward=forward_operations(sizes, examples),
        backprop=backprop_operations(sizes, examples),
        naive=naive_operations(sizes, examples),
        finite_difference=difference_operations(sizes, examples),
    )


def forward_operations(sizes: Sequence[int], examples: int) -> int:
    """Each neuron n_(l-1) products, as many sums with the bias, one σ; then the cost.

    The cost is N n_L terms, their sum, and its division by N.
    """
    layers = sum(into * (2 * source + 1) for source, into in layer_pairs(sizes))
    cost = 2 * examples * sizes[-1] - 1
    return examples * layers + cost + (examples > 1)


def backprop_operations(sizes: Sequence[int], examples: int) -> int:
    """BP1 and BP2 for every example, BP4's products, and the averages of BP3 and BP4."""
    deltas = sum(delta_operations(sizes, l) for l in range(1, len(sizes)))
    products = sum(source * into for source, into in layer_pairs(sizes))
    return examples * (deltas + products) + averaging(sizes, examples)


def naive_operations(sizes: Sequence[int], examples: int) -> int:
    """For each parameter: every error of the layers above it, its own neuron's, BP4's product."""
    walks = above = 0
    for l in range(len(sizes) - 1, 0, -1):
        source, into, layer = sizes[l - 1], sizes[l], delta_operations(sizes, l)
        walks += into * ((source + 1) * (above + layer // into) + source)
        above += layer
    return examples * walks + averaging(sizes, examples)


def difference_operations(sizes: Sequence[int], examples: int) -> int:
    """(C(θ + h) − C(θ − h)) / 2h for each parameter θ; the number 2h is there already."""
    moves, difference, quotient = 2, 1, 1
    passes = 2 * forward_operations(sizes, examples)
    return parameter_count(sizes) * (moves + passes + difference + quotient)


def delta_operations(sizes: Sequence[int], l: int) -> int:
    """δ(l) of one example: ∂C/∂a or the sum over the next layer, σ′, and their product."""
    last = l == len(sizes) - 1
    incoming = 1 if last else 2 * sizes[l + 1] - 1
    return sizes[l] * (incoming + 2)


def averaging(sizes: Sequence[int], examples: int) -> int:
    """N − 1 sums and one division for each parameter; nothing for a single example."""
    return parameter_count(sizes) * examples if examples > 1 else 0


def parameter_count(sizes: Sequence[int]) -> int:
    """How many weights and biases there are."""
    return sum(into * (source + 1) for source, into in layer_pairs(sizes))
