"""Claims: the numbers that somebody computed, and how many digits they are good for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from math import prod
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from backcheck.arrays import (
    NotNumbers,
    Numbers,
    coarsest,
    numbers,
    printable,
    shortest,
    was_rounded,
)
from backcheck.errors import InvalidRequest, Problem
from backcheck.network import NO_LIST, NOT_SENT, is_listed, layer_sizes, shaped

Precision: TypeAlias = str | Mapping[str, int]
"""A type's name, {"decimals": 4} or {"significant_digits": 5}."""

Claims: TypeAlias = Mapping[str, Any]
"""Any of cost, z, a, delta, bias_gradients and weight_gradients, shaped as the answers."""

VECTORS = ("bias_gradients",)
MATRICES = ("weight_gradients",)
PER_EXAMPLE = ("z", "a", "delta")
PER_LAYER = (*PER_EXAMPLE, *VECTORS, *MATRICES)
QUANTITIES = ("cost", *PER_LAYER)


class Claimed(NamedTuple):
    """One layer's claim: its numbers, and which entries are not claimed (None: all are)."""

    numbers: Numbers
    missing: NDArray[np.bool_] | None

    def reshaped(self, shape: tuple[int, ...]) -> Claimed:
        """The same numbers in another shape."""
        array, precision = self.numbers
        missing = None if self.missing is None else self.missing.reshape(shape)
        return Claimed(Numbers(array.reshape(shape), precision), missing)

    def told(self) -> Any:
        """As a request can hold it: null for an entry that is not claimed."""
        array = self.numbers.array
        if self.missing is None or not self.missing.any():
            return printable(array)
        entries = np.array(printable(array), dtype=object)
        entries[self.missing] = None
        return entries.tolist()


def claims_body(claims: Claims, precision: Precision | None, shapes: Shapes) -> dict[str, Any]:
    """`claims` and `precision` as they are sent; raises InvalidRequest naming the layer.

    Without a precision, float32, float16 and bfloat16 numbers say it by themselves; the service
    reads it off all others, and off float32 numbers that were rounded to a few digits.
    """
    problems: list[Problem] = []
    read = {name: read_claim(name, value, problems) for name, value in claims.items()}
    if not problems:
        read = {name: fitted(name, value, shapes, problems) for name, value in read.items()}
    if problems:
        raise InvalidRequest(NOT_SENT, problems)
    found = [one for value in read.values() for one in claimed(value)]
    if precision is None:
        precision = coarsest(one.numbers.precision for one in found)
        if precision == "float32" and all(was_rounded(one.numbers.array) for one in found):
            read = {name: rounded(value) for name, value in read.items()}
            precision = None
    body: dict[str, Any] = {"claims": {name: told(value) for name, value in read.items()}}
    return body if precision is None else {**body, "precision": precision}


def read_claim(name: str, value: Any, problems: list[Problem]) -> Any:
    """A claim with `Claimed` in place of arrays; what is wrong with it is added to `problems`."""
    if name not in QUANTITIES:
        problems.append(Problem(f"/claims/{name}", unknown(name)))
    if name not in QUANTITIES or value is None:
        return value
    if name == "cost":
        return read_one(value, f"/claims/{name}", "", problems)
    if not is_listed(value):
        problems.append(Problem(f"/claims/{name}", NO_LIST))
        return value
    return [
        None
        if layer is None
        else read_one(layer, f"/claims/{name}/{index}", f" (layer {index + 1})", problems)
        for index, layer in enumerate(value)
    ]


def unknown(name: str) -> str:
    """That no claim has this name, the nearest one that there is, and all.

    >>> unknown("bias_grads")[:56]
    'unknown claim "bias_grads"; did you mean bias_gradients?'
    """
    near = get_close_matches(name, QUANTITIES, 1)
    meant = f"did you mean {near[0]}? " if near else ""
    return f'unknown claim "{name}"; {meant}known are {", ".join(QUANTITIES)}'


def read_one(value: Any, pointer: str, where: str, problems: list[Problem]) -> Claimed | None:
    """One array; what is wrong with it is added to `problems`."""
    try:
        if isinstance(value, np.ma.MaskedArray):
            return Claimed(numbers(value.filled(0)), np.ma.getmaskarray(value))
        if holds_none(value):
            entries = np.array(value, dtype=object)
            missing = np.array([entry is None for entry in entries.flat]).reshape(entries.shape)
            entries[missing] = 0.0
            return Claimed(numbers(entries.tolist()), missing)
        return Claimed(numbers(value), None)
    except NotNumbers as error:
        problems.append(Problem(f"{pointer}{error.place}", f"{error}{where}"))
    except ValueError as error:
        problems.append(Problem(pointer, f"{error}{where}"))
    return None


def holds_none(value: Any) -> bool:
    """Whether a list, or a list of lists, has a None in it."""
    if not isinstance(value, (list, tuple)):
        return False
    return any(entry is None or holds_none(entry) for entry in value)


def fitted(name: str, value: Any, shapes: Shapes, problems: list[Problem]) -> Any:
    """A claim with every layer in the shape that the network gives it."""
    if name not in PER_LAYER or not isinstance(value, list) or shapes.depth is None:
        return value
    if len(value) != shapes.depth:
        detail = f"has {len(value)} layers; the network has {shapes.depth} (None: not claimed)"
        problems.append(Problem(f"/claims/{name}", detail))
        return value
    return [
        one and fitted_layer(name, l, one, shapes, problems) for l, one in enumerate(value, start=1)
    ]


def fitted_layer(
    name: str, l: int, one: Claimed, shapes: Shapes, problems: list[Problem]
) -> Claimed:
    """One layer's claim in its shape; columns n × 1 are taken for vectors."""
    allowed = shapes.allowed(name, l)
    array = one.numbers.array
    if not allowed or array.shape in allowed:
        return one
    if array.ndim == 2 and 1 in array.shape and (array.size,) in allowed:
        return one.reshaped((array.size,))
    needed = " × ".join(map(str, allowed[0]))
    needed = f"{needed} numbers are" if len(allowed[0]) == 1 else f"a {needed} matrix is"
    hint = "; send its .T" if array.shape[::-1] == allowed[0] != array.shape else ""
    detail = f"is {shaped(array)}; {needed} needed in layer {l}{hint}"
    problems.append(Problem(f"/claims/{name}/{l - 1}", detail))
    return one


class Shapes:
    """The shapes that claims about a network may have: looked at once, asked for every claim."""

    def __init__(self, network: Mapping[str, Any]) -> None:
        self.depth = len(network["biases"]) if "biases" in network else None
        self.sizes = layer_sizes(network)
        self.examples = network["input"].shape[:-1] if "input" in network else None
        self.known: dict[tuple[str, int], list[tuple[int, ...]]] = {}

    def allowed(self, name: str, l: int) -> list[tuple[int, ...]]:
        """The shapes that a claim for layer l may have, the right one first; none if unknown."""
        if (name, l) not in self.known:
            self.known[name, l] = self.worked_out(name, l)
        return self.known[name, l]

    def worked_out(self, name: str, l: int) -> list[tuple[int, ...]]:
        """A weight gradient may come transposed: the service recognises the layout, and says so."""
        size, before = self.sizes[l], self.sizes[l - 1]
        if size is None or before is None or self.examples is None:
            return []
        if name in MATRICES:
            return [(size, before), (before, size)]
        return [(size,) if name in VECTORS else (*self.examples, size)]

    def claimable(self, names: Iterable[str]) -> int | None:
        """How many numbers the named quantities have; None if the network does not tell.

        Whoever claims one kind of gradient has the other too: either stands for both.
        """
        named = set(names)
        if named & {*VECTORS, *MATRICES}:
            named |= {*VECTORS, *MATRICES}
        layers = range(1, (self.depth or 0) + 1)
        allowed = [self.allowed(name, l) for name in named - {"cost"} for l in layers]
        if not layers or not all(allowed):
            return None
        return sum(prod(shapes[0]) for shapes in allowed) + ("cost" in named)


def claimed(value: Any) -> Iterator[Claimed]:
    """The arrays of one claim."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, Claimed):
            yield one


def rounded(value: Any) -> Any:
    """The same claim in the decimal numbers that it was rounded to."""
    if isinstance(value, list):
        return [rounded(one) for one in value]
    if not isinstance(value, Claimed):
        return value
    return value._replace(numbers=Numbers(shortest(value.numbers.array), None))


def told(value: Any) -> Any:
    """A claim as a request can hold it."""
    if isinstance(value, list):
        return [None if one is None else one.told() for one in value]
    return value.told() if isinstance(value, Claimed) else value
