"""Claimed numbers at the border: null where nothing is claimed, "NaN" and "inf" as a result.

A claim is read without knowing the network; whether its shape fits is told afterwards, except that
weight gradients stored n_(l-1) × n_l are recognised and turned.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import numpy as np
from marshmallow import ValidationError

from core.arrays import Array
from core.verdict.claims import QUANTITIES, Claimed, Claims, Key
from schemas import arrays
from schemas.fields import MATRIX, NUMBER, VECTOR, Field, OpenAPI, refuse
from schemas.problems import Problem
from schemas.words import count, kind, one_of, shape, shown, unknown

NOT_FINITE = {
    "nan": np.nan,
    "inf": np.inf,
    "+inf": np.inf,
    "-inf": -np.inf,
    "infinity": np.inf,
    "+infinity": np.inf,
    "-infinity": -np.inf,
}
"""How people's languages print what is not a number; JSON has no word for it."""

NEEDED = 'a number, null (not claimed), "NaN", "inf" or "-inf"'


class Read(NamedTuple):
    """A claim of one layer as sent: values, and which of them are claimed."""

    values: Array
    mask: Any


Layers = dict[str, list[Read | None]]


def entry(value: Any) -> float | None:
    """A claimed number, None for null. Raises KeyError for anything else."""
    if value is None:
        return None
    if type(value) is str:
        return NOT_FINITE[value.strip().lower()]
    if next(arrays.explain_number(value), None) is not None:
        raise KeyError(value)
    return float(value)


def read_layer(value: Any) -> Read | list[Problem]:
    """A vector or matrix of claims, or everything that is wrong with it."""
    quick = arrays.vector_or_matrix(value)
    if isinstance(quick, np.ndarray):
        return Read(quick, np.ones(quick.shape, dtype=bool))
    if type(value) is not list or not value:
        return [Problem((), f"{kind(value)} stands where a list of claimed numbers is needed")]
    rows = value if all(type(row) is list for row in value) else [value]
    lengths = {len(row) for row in rows}
    if len(lengths) > 1:
        return [Problem((), f"has rows of different lengths: {one_of(sorted(map(str, lengths)))}")]
    problems = list(entry_problems(rows, nested=rows is value))
    if problems:
        return problems
    found = np.array([[entry(x) if x is not None else np.nan for x in row] for row in rows])
    mask = np.array([[x is not None for x in row] for row in rows])
    return Read(found, mask) if rows is value else Read(found[0], mask[0])


def entry_problems(rows: list[list[Any]], nested: bool) -> Iterator[Problem]:
    """Every entry that is no claim."""
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            try:
                entry(value)
            except KeyError:
                at = (i, j) if nested else (j,)
                yield Problem(at, f"{shown(value)} stands where {NEEDED} is needed")


def nullable(openapi: OpenAPI) -> OpenAPI:
    """The same, where every number and every layer may be null or a word for not a number."""
    if openapi == NUMBER:
        words = ["NaN", "inf", "-inf"]
        return {"oneOf": [{"type": ["number", "null"]}, {"type": "string", "enum": words}]}
    return {"type": ["array", "null"], "items": nullable(openapi["items"]), "minItems": 1}


class ClaimsField(Field):
    """Any of cost, z, a, delta and the gradients, shaped as in the answer of /v1/gradients."""

    needed = "an object with any of " + one_of(QUANTITIES)
    openapi: ClassVar[OpenAPI] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "cost": nullable(NUMBER),
            **{
                name: {"type": "array", "items": {"oneOf": [nullable(VECTOR), nullable(MATRIX)]}}
                for name in QUANTITIES
                if name != "cost"
            },
        },
    }

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Layers:
        if type(value) is not dict:
            raise ValidationError(f"{kind(value)} stands where {self.needed} is needed")
        read: Layers = {}
        refuse(self._problems(value, read), read)
        return read

    def _problems(self, value: dict[str, Any], read: Layers) -> Iterator[Problem]:
        for name, claimed in value.items():
            if name not in QUANTITIES:
                yield Problem((name,), unknown("claim", name, QUANTITIES, {}))
            elif name == "cost":
                yield from cost_problems(claimed, read)
            elif type(claimed) is not list:
                detail = (
                    f"{kind(claimed)} stands where a list with one claim for each layer is needed"
                )
                yield Problem((name,), detail)
            else:
                yield from layer_problems(name, claimed, read)


def cost_problems(value: Any, read: Layers) -> Iterator[Problem]:
    """The cost is a single number."""
    try:
        number = entry(value)
    except KeyError:
        yield Problem(("cost",), f"{shown(value)} stands where {NEEDED} is needed")
    else:
        found = np.asarray(np.nan if number is None else number)
        read["cost"] = [Read(found, np.asarray(number is not None))]


def layer_problems(name: str, claimed: list[Any], read: Layers) -> Iterator[Problem]:
    """One claim for each layer, or null."""
    layers: list[Read | None] = []
    for index, value in enumerate(claimed):
        result = None if value is None else read_layer(value)
        if isinstance(result, list):
            yield from (problem.below(name, index) for problem in result)
            result = None
        layers.append(result)
    read[name] = layers


def fit_problems(
    read: Layers, shapes: Mapping[Key, tuple[int, ...]], depth: int
) -> Iterator[Problem]:
    """What does not fit the network: layers too many or too few, shapes that differ."""
    for name, layers in read.items():
        if name != "cost" and len(layers) != depth:
            detail = (
                f"has {count(len(layers), 'layer')}; the network has {depth}: null stands for none"
            )
            yield Problem(("claims", name), detail)
            continue
        for index, layer in enumerate(layers):
            if name == "cost" or layer is None:
                continue
            wanted = shapes[name, index + 1]
            if layer.values.shape != wanted and not is_turned(name, layer, wanted):
                found, need = sizes(layer.values.shape), sizes(wanted)
                detail = f"is {found}; {name} of layer {index + 1} is {need}"
                yield Problem(("claims", name, index), detail)


def sizes(dimensions: tuple[int, ...]) -> str:
    """A shape in words."""
    if len(dimensions) == 2:
        return shape(*dimensions)
    return count(dimensions[0], "number") if dimensions else "one number"


def is_turned(name: str, layer: Read, wanted: tuple[int, ...]) -> bool:
    """Whether this is a weight gradient stored source first."""
    return name == "weight_gradients" and layer.values.shape == wanted[::-1] != wanted


def claims_of(read: Layers, shapes: Mapping[Key, tuple[int, ...]], single: bool) -> Claims:
    """Claims for the core: examples in rows, turned weight gradients turned back."""
    layers: dict[Key, Claimed] = {}
    transposed = False
    for name, found in read.items():
        for index, layer in enumerate(found):
            if layer is None or not layer.mask.any():
                continue
            key = (name, len_of(shapes)) if name == "cost" else (name, index + 1)
            values, mask = layer
            if is_turned(name, layer, shapes[key]):
                values, mask, transposed = values.T, mask.T, True
            if single and name in ("z", "a", "delta"):
                values, mask = values[None], mask[None]
            layers[key] = Claimed(values, mask)
    return Claims(layers, transposed)


def len_of(shapes: Mapping[Key, tuple[int, ...]]) -> int:
    """L."""
    return max(layer for _, layer in shapes)


def shapes_of(network_sizes: tuple[int, ...], examples: int | None) -> dict[Key, tuple[int, ...]]:
    """What each claim has to be shaped as; `examples` is None for one example sent as a vector."""
    shapes: dict[Key, tuple[int, ...]] = {("cost", len(network_sizes) - 1): ()}
    for l, (source, into) in enumerate(pairwise(network_sizes), start=1):
        rows = (into,) if examples is None else (examples, into)
        shapes |= {(name, l): rows for name in ("z", "a", "delta")}
        shapes["bias_gradients", l] = (into,)
        shapes["weight_gradients", l] = (into, source)
    return shapes
