"""Layers are counted from 1, as in the chapter, so that code and page carry the same index."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, SupportsIndex, TypeVar, overload

T = TypeVar("T")


class Layers(Sequence[T], Generic[T]):
    """One thing per layer, numbered 1…L.

    >>> W = Layers(["first", "second"])
    >>> W[1], W[2], len(W), list(W.numbers)
    ('first', 'second', 2, [1, 2])
    """

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[T]) -> None:
        self._items = tuple(items)

    @property
    def numbers(self) -> range:
        """The layer numbers 1…L."""
        return range(1, len(self._items) + 1)

    @overload
    def __getitem__(self, number: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, number: slice) -> Any: ...
    def __getitem__(self, number: SupportsIndex | slice) -> Any:
        """The thing of layer `number`; raises IndexError outside 1…L."""
        if type(number) is int and 0 < number <= len(self._items):
            return self._items[number - 1]
        if isinstance(number, slice):
            raise TypeError("layers are taken one at a time")
        index = number.__index__()
        if not 1 <= index <= len(self._items):
            raise IndexError(f"layer {index} of {len(self._items)}")
        return self._items[index - 1]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layers) and self._items == other._items

    def __hash__(self) -> int:
        return hash(self._items)

    def __repr__(self) -> str:
        return f"Layers({list(self._items)!r})"
