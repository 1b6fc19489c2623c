"""The network of a request: what may be handed in, and what is wrong with it before it is sent.

Layers count from 1 in words (l = 1…L) and from 0 in pointers. W(l) is n_l × n_(l-1), a row for
each neuron. One example is a vector; a batch is a matrix with an example in each row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias, TypedDict

import numpy as np
from numpy.typing import ArrayLike

from backcheck.arrays import Array, NotNumbers, numbers
from backcheck.errors import InvalidRequest, Problem

NOT_SENT = "The request is not valid, and was not sent"
NO_LIST = "is no list with one array for each layer"


class NetworkFields(TypedDict, total=False):
    """The fields of a network, for calls with keywords."""

    weights: Sequence[ArrayLike]
    biases: Sequence[ArrayLike]
    activation: str | Sequence[str]
    input: ArrayLike
    target: ArrayLike
    cost: str
    relu_derivative_at_zero: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Network:
    """A network with its examples, as arrays.

    `weights[l-1]` is W(l), n_l × n_(l-1); `biases[l-1]` has n_l entries. `activation`: one name
    for all layers, or one for each. `input` and `target`: vectors, or matrices with an example in
    each row. It is a mapping too: `client.gradients(**network)`.
    """

    weights: Sequence[Array]
    biases: Sequence[Array]
    activation: str | Sequence[str]
    input: Array
    target: Array
    cost: str = "mean_squared_error"

    @classmethod
    def of(cls, given: NetworkLike) -> Network:
        """A network of its own, in fresh arrays; raises InvalidRequest."""
        body = network_body(given, {})
        missing = [name for name in ("weights", "biases", "input", "target") if name not in body]
        if missing:
            raise InvalidRequest(NOT_SENT, [Problem(f"/{name}", "is missing") for name in missing])
        return cls(
            weights=[W.copy() for W in body["weights"]],
            biases=[b.copy() for b in body["biases"]],
            activation=body.get("activation", "sigmoid"),
            input=body["input"].copy(),
            target=body["target"].copy(),
            cost=body.get("cost", cls.cost),
        )

    @property
    def layer_sizes(self) -> list[int]:
        """n_0, n_1 … n_L."""
        return [self.weights[0].shape[1], *(len(b) for b in self.biases)]

    @property
    def activations(self) -> list[str]:
        """The name of σ(l) for l = 1…L."""
        if isinstance(self.activation, str):
            return [self.activation] * len(self.weights)
        return list(self.activation)

    def keys(self) -> list[str]:
        """The names of the fields."""
        return [field.name for field in fields(self)]

    def __getitem__(self, name: str) -> Any:
        """A field by its name."""
        if name not in self.keys():
            raise KeyError(name)
        return getattr(self, name)


NetworkLike: TypeAlias = Network | Mapping[str, Any]


def network_body(network: NetworkLike | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they are sent: arrays of float64, everything else as it came.

    Raises InvalidRequest with every array that is none, and every shape that does not fit.
    """
    body: dict[str, Any] = {**(network or {}), **given}
    problems = [*read_layers(body), *read_examples(body)]
    problems = problems or [*depth_problems(body), *shape_problems(body), *finite_problems(body)]
    if problems:
        raise InvalidRequest(NOT_SENT, problems)
    return body


def read_layers(body: dict[str, Any]) -> Iterator[Problem]:
    """Make arrays of weights and biases, in place."""
    for name, read in (("weights", matrix), ("biases", vector)):
        if name in body and not is_listed(body[name]):
            yield Problem(f"/{name}", NO_LIST)
            body[name] = []
        elif name in body:
            body[name] = list(body[name])
            for index in range(len(body[name])):
                yield from replaced(body[name], index, read, f"/{name}/{index}", index + 1)


def is_listed(value: Any) -> bool:
    """Whether there can be one array for each layer in it."""
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))


def read_examples(body: dict[str, Any]) -> Iterator[Problem]:
    """Make arrays of input and target, in place; a column that can only be a vector becomes one."""
    for name in ("input", "target"):
        if name in body:
            yield from replaced(body, name, vector_or_matrix, f"/{name}", None)
    inputs, targets = body.get("input"), body.get("target")
    if isinstance(inputs, np.ndarray) and isinstance(targets, np.ndarray):
        sizes = layer_sizes(body)
        if is_column(inputs, sizes[0]) and targets.size == sizes[-1]:
            body["input"], body["target"] = inputs.ravel(), targets.ravel()
        elif is_column(targets, sizes[-1]) and inputs.ndim == 1:
            body["target"] = targets.ravel()


def is_column(array: Array, size: int | None) -> bool:
    """Whether it is one example as a column, and cannot be a batch of examples."""
    return size is not None and size > 1 and array.shape == (size, 1)


def replaced(
    place: Any, key: Any, read: Callable[[Any], Array], pointer: str, layer: int | None
) -> Iterator[Problem]:
    """Put an array where a value stands, or tell why there is none."""
    try:
        place[key] = read(place[key])
    except NotNumbers as error:
        where = "" if layer is None else f" (layer {layer})"
        yield Problem(f"{pointer}{error.place}", f"{error}{where}")


def matrix(value: Any) -> Array:
    """A matrix; raises NotNumbers."""
    array = numbers(value).array
    if array.ndim != 2:
        raise NotNumbers(f"{shaped(array)} stands where a matrix is needed")
    return array


def vector(value: Any) -> Array:
    """A vector; columns n × 1 and rows 1 × n, as much course code keeps biases, are ones too."""
    array = numbers(value).array
    if array.ndim == 2 and 1 in array.shape:
        array = array.ravel()
    if array.ndim != 1:
        raise NotNumbers(f"{shaped(array)} stands where a vector is needed")
    return array


def vector_or_matrix(value: Any) -> Array:
    """One example or a batch; raises NotNumbers."""
    array = numbers(value).array
    if array.ndim not in (1, 2):
        raise NotNumbers(f"{shaped(array)} stands where one example or a batch is needed")
    return array


def shaped(array: Array) -> str:
    """An array's shape in words.

    >>> shaped(np.zeros((2, 3))), shaped(np.zeros(4)), shaped(np.zeros(()))
    ('a 2 × 3 matrix', 'a vector of 4', 'a single number')
    """
    if array.ndim == 0:
        return "a single number"
    if array.ndim == 1:
        return f"a vector of {len(array)}"
    sides = " × ".join(map(str, array.shape))
    return f"a {sides} matrix" if array.ndim == 2 else f"a {sides} array"


def layer_sizes(body: Mapping[str, Any]) -> list[int | None]:
    """n_0 … n_L as the biases say it, which cannot be transposed, and the input for n_0."""
    biases, inputs = body.get("biases", []), body.get("input")
    sizes = [len(b) if isinstance(b, np.ndarray) else None for b in biases]
    weights = body.get("weights", [])
    if isinstance(inputs, np.ndarray) and inputs.ndim == 1:
        return [len(inputs), *sizes]
    if weights and isinstance(weights[0], np.ndarray):
        turned = sizes and weights[0].shape[0] != sizes[0] == weights[0].shape[1]
        return [weights[0].shape[0 if turned else 1], *sizes]
    return [None, *sizes]


def depth_problems(body: Mapping[str, Any]) -> Iterator[Problem]:
    """As many biases as weights, at least one of each."""
    if "weights" not in body or "biases" not in body:
        return
    weights, biases = len(body["weights"]), len(body["biases"])
    if weights != biases or not weights:
        yield Problem("/biases", f"{biases} bias vectors stand beside {weights} weight matrices")


def shape_problems(body: Mapping[str, Any]) -> Iterator[Problem]:
    """Every W(l) that is not n_l × n_(l-1), and examples that do not fit the outer layers."""
    sizes = layer_sizes(body)
    for l, W in enumerate(body.get("weights", [])[: len(sizes) - 1], start=1):
        if None not in sizes[l - 1 : l + 1] and W.shape != (sizes[l], sizes[l - 1]):
            yield Problem(f"/weights/{l - 1}", weight_detail(W, l, sizes))
    for name, size in (("input", sizes[0]), ("target", sizes[-1])):
        if name in body and size is not None and body[name].shape[-1] != size:
            yield Problem(f"/{name}", example_detail(body[name], name, size))
    if "input" in body and "target" in body:
        inputs, targets = body["input"], body["target"]
        if inputs.shape[:-1] != targets.shape[:-1]:
            yield Problem("/target", f"is {shaped(targets)}, and input is {shaped(inputs)}")


def weight_detail(W: Array, l: int, sizes: Sequence[int | None]) -> str:
    """Which shape W(l) has and which it needs."""
    needed = (sizes[l], sizes[l - 1])
    before = "inputs" if l == 1 else f"neurons in layer {l - 1}"
    turned = "; it seems transposed: send its .T" if W.shape[::-1] == needed else ""
    return (
        f"W({l}) is {W.shape[0]} × {W.shape[1]}; {needed[0]} biases in layer {l} and "
        f"{needed[1]} {before} need {needed[0]} × {needed[1]}{turned}"
    )


def example_detail(examples: Array, name: str, size: int) -> str:
    """How long each example has to be."""
    layer = "layer 1 takes" if name == "input" else "the last layer has"
    turned = examples.ndim == 2 and examples.shape[0] == size
    hint = f"; examples stand in rows: send {name}.T" if turned else ""
    return f"is {shaped(examples)}; {layer} {size} numbers for each example{hint}"


def finite_problems(body: Mapping[str, Any]) -> Iterator[Problem]:
    """NaN and infinity, which no network may hold."""
    for name in ("weights", "biases"):
        for index, array in enumerate(body.get(name, [])):
            yield from not_finite(array, f"/{name}/{index}", f" (layer {index + 1})")
    for name in ("input", "target"):
        if name in body:
            yield from not_finite(body[name], f"/{name}", "")


def not_finite(array: Array, pointer: str, where: str) -> Iterator[Problem]:
    """The first entry that is not finite."""
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        place = "".join(f"/{step}" for step in wrong[0])
        yield Problem(pointer + place, f"{array[tuple(wrong[0])]} is not a finite number{where}")
