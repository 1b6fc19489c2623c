"""Scalar reverse-mode differentiation in the manner of Karpathy's micrograd, written afresh.

Every number is a `Value` that remembers where it came from; `backward` walks the graph once, from
the cost to the leaves. There is no matrix, no δ and no transpose in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence


class Value:
    """A number, its gradient, and how to hand the gradient on."""

    def __init__(self, data: float, sources: tuple[Value, ...] = ()) -> None:
        self.data, self.grad = float(data), 0.0
        self.sources = sources
        self.hand_on: Callable[[], None] = lambda: None

    def __add__(self, other: Value) -> Value:
        """Sum: both get the gradient as it is."""
        out = Value(self.data + other.data, (self, other))

        def hand_on() -> None:
            self.grad += out.grad
            other.grad += out.grad

        out.hand_on = hand_on
        return out

    def __mul__(self, other: Value) -> Value:
        """Product: each gets the gradient times the other."""
        out = Value(self.data * other.data, (self, other))

        def hand_on() -> None:
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.hand_on = hand_on
        return out

    def tanh(self) -> Value:
        """The hyperbolic tangent, with slope 1 − tanh²."""
        t = math.tanh(self.data)
        out = Value(t, (self,))

        def hand_on() -> None:
            self.grad += (1 - t * t) * out.grad

        out.hand_on = hand_on
        return out

    def backward(self) -> None:
        """Fill in the gradient of this number by every number it came from."""
        self.grad = 1.0
        for value in reversed(in_order(self)):
            value.hand_on()


def in_order(end: Value) -> list[Value]:
    """Every number that `end` came from, sources before what they lead to."""
    order: list[Value] = []
    seen: set[Value] = set()

    def visit(value: Value) -> None:
        if value not in seen:
            seen.add(value)
            for source in value.sources:
                visit(source)
            order.append(value)

    visit(end)
    return order


def neuron(weights: Sequence[Value], bias: Value, inputs: Sequence[Value]) -> Value:
    """tanh(w · x + b)."""
    total = bias
    for weight, number in zip(weights, inputs, strict=True):
        total = total + weight * number
    return total.tanh()
