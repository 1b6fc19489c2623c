"""Whether the arrays of a network fit together, told in the chapter's words.

How many neurons a layer has is said up to three times: by the rows of W(l), by the length of b(l)
and by the columns of W(l+1). What most of them say counts, so that the odd one out is blamed.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple, TypeAlias

import numpy as np

from schemas.arrays import Matrix, Ragged, Vector
from schemas.problems import Problem
from schemas.words import count, entries, shape, shown

Found: TypeAlias = Sequence[Matrix | None]


class Parts(NamedTuple):
    """What could be read of a request: NaN for a number that could not, None for a whole array."""

    weights: Found | None
    biases: Sequence[Vector | None] | None
    inputs: Matrix | None
    targets: Matrix | None

    @property
    def depth(self) -> int | None:
        """L as the weights say it, or else the biases."""
        layers = self.weights if self.weights is not None else self.biases
        return None if layers is None else len(layers)


def shape_problems(parts: Parts) -> Iterator[Problem]:
    """Every shape that does not fit the others."""
    if parts.depth is None or all_fit(parts):
        return
    sizes = layer_sizes(parts)
    for l, W in enumerate(parts.weights or (), start=1):
        yield from weight_problems(W, l, sizes)
    yield from bias_problems(parts, sizes)
    yield from batch_problems(parts, sizes)


def all_fit(parts: Parts) -> bool:
    """Whether everything is there and fits, in one pass; nobody has to vote then."""
    x, y, biases = parts.inputs, parts.targets, parts.biases or ()
    if not isinstance(x, np.ndarray) or not isinstance(y, np.ndarray) or not parts.weights:
        return False
    size = x.shape[-1]
    for W, b in zip_longest(parts.weights, biases):
        if not isinstance(W, np.ndarray) or not isinstance(b, np.ndarray):
            return False
        if W.shape != (len(b), size):
            return False
        size = len(b)
    return (*x.shape[:-1], size) == y.shape


def layer_sizes(parts: Parts) -> list[int | None]:
    """n_0, n_1 … n_L by majority; None where nothing says it.

    Where all differ, the vector b(l) decides, which cannot be transposed. The input has no say
    against W(1), unless W(1) is transposed.
    """
    vectors = vector_sizes(parts)
    said = [[], *([] if size is None else [size] for size in vectors[1:])]
    for l, W in enumerate(parts.weights or (), start=1):
        if isinstance(W, np.ndarray):
            turned = W.shape == (vectors[l - 1], vectors[l])
            rows, columns = W.shape[::-1] if turned else W.shape
            said[l].append(rows)
            said[l - 1].append(columns)
        elif W is not None:
            said[l].append(rows_of(W))
    for l, examples in ((len(said) - 1, parts.targets), (0, parts.inputs)):
        if isinstance(examples, np.ndarray):
            said[l].append(examples.shape[-1])
    return [most_voted(votes) for votes in said]


def vector_sizes(parts: Parts) -> list[int | None]:
    """What the input and the biases alone say of n_0 … n_L."""
    sizes: list[int | None] = [None] * ((parts.depth or 0) + 1)
    if isinstance(parts.inputs, np.ndarray):
        sizes[0] = parts.inputs.shape[-1]
    for l, b in enumerate((parts.biases or ())[: len(sizes) - 1], start=1):
        if b is not None:
            sizes[l] = len(b)
    return sizes


def rows_of(array: Matrix) -> int:
    """n_l of a W(l), N of a batch."""
    return len(array.lengths) if isinstance(array, Ragged) else len(array)


def most_voted(said: Sequence[int]) -> int | None:
    """What most say; among equals, what is said first.

    >>> most_voted([2, 3, 3]), most_voted([2, 3]), most_voted([])
    (3, 2, None)
    """
    return Counter(said).most_common(1)[0][0] if said else None


def weight_problems(W: Matrix | None, l: int, sizes: Sequence[int | None]) -> Iterator[Problem]:
    """W(l) has to be n_l × n_(l-1)."""
    if isinstance(W, Ragged):
        yield from ragged_problems(W, l, sizes[l - 1])
    elif W is not None and W.shape[::-1] == (sizes[l], sizes[l - 1]) != W.shape:
        yield Problem(("weights", l - 1), transposed_detail(W, l))
    elif W is not None:
        yield from misfits(W, l, sizes[l], sizes[l - 1])


def transposed_detail(W: Vector, l: int) -> str:
    """That W(l) is sent as n_(l-1) × n_l."""
    return (
        f"is {shape(*W.shape)}; layer {l} needs {shape(*W.T.shape)} (a row for each neuron, "
        "a column for each of its inputs): row count and column count are swapped: "
        "send the transpose"
    )


def misfits(W: Vector, l: int, rows: int | None, columns: int | None) -> Iterator[Problem]:
    """Too many or too few rows, too long or too short ones."""
    if rows is not None and W.shape[0] != rows:
        detail = f"has {count(W.shape[0], 'row')}; {neurons(l, rows)}, so {rows} are needed"
        yield Problem(("weights", l - 1), detail)
    if columns is not None and W.shape[1] != columns:
        yield Problem(("weights", l - 1, 0), row_detail(0, W.shape[1], l, columns))


def row_detail(row: int, found: int, l: int, columns: int) -> str:
    """That a row of W(l) has too many or too few entries."""
    return f"row {row} has {entries(found)}; {neurons(l - 1, columns)}, so {columns} are needed"


def ragged_problems(W: Ragged, l: int, columns: int | None) -> Iterator[Problem]:
    """The rows that differ from what the layer before needs, or from most of the rows."""
    needed = most_voted(W.lengths) if columns is None else columns
    for row, found in enumerate(W.lengths):
        if found != needed:
            reason = (
                row_detail(row, found, l, columns)
                if columns is not None
                else f"row {row} has {entries(found)}; most rows of this matrix have {needed}"
            )
            yield Problem(("weights", l - 1, row), reason)


def neurons(l: int, size: int) -> str:
    """How many neurons layer l has; layer 0 is the input."""
    if l == 0:
        return f"the input has {entries(size)}"
    return f"layer {l} has {count(size, 'neuron')}"


def bias_problems(parts: Parts, sizes: Sequence[int | None]) -> Iterator[Problem]:
    """As many vectors as layers, and b(l) with n_l entries."""
    if parts.biases is None:
        return
    depth = len(sizes) - 1
    if len(parts.biases) != depth:
        found = count(len(parts.biases), "vector")
        yield Problem(
            ("biases",),
            f"has {found}; weights has {count(depth, 'layer')}, so {depth} are needed",
        )
    for l, b in enumerate(parts.biases[:depth], start=1):
        size = sizes[l]
        if b is not None and size is not None and len(b) != size:
            detail = f"has {entries(len(b))}; {neurons(l, size)}, so {size} are needed"
            yield Problem(("biases", l - 1), detail)


def batch_problems(parts: Parts, sizes: Sequence[int | None]) -> Iterator[Problem]:
    """Input and target: n_0 and n_L wide, both one example or both N."""
    x = Examples("input", "layer 1 takes", parts.inputs, sizes[0])
    y = Examples("target", "the last layer gives", parts.targets, sizes[-1])
    together = axis_problem(x, y)
    if together is not None:
        yield together
    for examples in (x, y):
        if together is None or together.path[0] != examples.name:
            yield from examples.problems()


@dataclass(frozen=True)
class Examples:
    """The input or the target, beside how many entries the layer at that end has."""

    name: str
    layer: str
    array: Matrix | None
    size: int | None

    @property
    def is_column(self) -> bool:
        """Whether this looks like one example written as a column."""
        array, size = self.array, self.size
        return isinstance(array, np.ndarray) and size not in (None, 1) and array.shape == (size, 1)

    @property
    def batch(self) -> int | None:
        """N; None for one vector."""
        if self.array is None or self.is_column:
            return None
        one = isinstance(self.array, np.ndarray) and self.array.ndim == 1
        return None if one else rows_of(self.array)

    def problems(self) -> Iterator[Problem]:
        """Each example has to have as many entries as the layer at this end."""
        array, size, needed = self.array, self.size, f"{self.layer} {self.size}"
        if array is None or size is None:
            return
        if isinstance(array, Ragged):
            for i, found in enumerate(array.lengths):
                if found != size:
                    detail = f"example {i} has {entries(found)}; {needed}"
                    yield Problem((self.name, i), detail)
        elif array.shape[-1] != size:
            yield Problem((self.name,), self._misfit(array, needed))

    def _misfit(self, array: Vector, needed: str) -> str:
        if self.is_column:
            return f"is a column; {needed}: for one example send {shown(array[:, 0].tolist())}"
        if array.ndim == 2 and len(array) == self.size:
            found = shape(*array.shape)
            return f"is {found}; {needed}, and each example is a row: send the transpose"
        has = "has" if array.ndim == 1 else "has examples of"
        return f"{has} {entries(array.shape[-1])}; {needed}"


def axis_problem(x: Examples, y: Examples) -> Problem | None:
    """One of the two is a vector and the other a batch, or the batches differ in size."""
    if x.array is None or y.array is None or x.batch == y.batch:
        return None
    if x.batch is None:
        return missing_axis(x, y)
    if y.batch is None:
        return missing_axis(y, x)
    return Problem(("target",), f"has {count(y.batch, 'example')}; input has {x.batch}")


def missing_axis(one: Examples, many: Examples) -> Problem:
    """That `one` is a vector while `many` is a batch, and how to send it."""
    values = np.asarray(one.array).ravel().tolist()
    if many.batch == 1:
        how = f": send [{shown(values)}]"
    elif one.size == 1 and len(values) == many.batch:
        how = f": send {shown([[value] for value in values])}"
    else:
        how = f", so {many.batch} vectors are needed: send a list of them"
    found = f"is one vector; {many.name} is a batch of {count(many.batch or 0, 'example')}"
    return Problem((one.name,), found + how)
