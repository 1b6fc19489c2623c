"""Layers count from 1."""

from __future__ import annotations

import pytest

from core.layers import Layers


def test_layers_count_from_one() -> None:
    """The first layer is number 1 and the last is number L, as in the chapter."""
    layers = Layers(["first", "second", "third"])
    assert [layers[l] for l in layers.numbers] == list(layers) == ["first", "second", "third"]
    assert list(layers.numbers) == [1, 2, 3]
    assert len(layers) == 3


@pytest.mark.parametrize("number", [0, -1, 4])
def test_there_is_no_other_layer(number: int) -> None:
    """Layer 0 and layer −1 are errors that name them, and never the last layer by accident."""
    with pytest.raises(IndexError, match=rf"layer {number} of 3"):
        Layers("abc")[number]


def test_a_slice_is_refused() -> None:
    """A slice would count from 0, so it is refused."""
    with pytest.raises(TypeError, match="one at a time"):
        Layers("abc")[1:2]


def test_layers_are_values() -> None:
    """Equal things in equal order are equal layers with one hash, and a tuple is not one."""
    assert Layers("ab") == Layers(iter("ab"))
    assert hash(Layers("ab")) == hash(Layers("ab"))
    assert Layers("ab") != Layers("ba")
    assert Layers("ab") != ("a", "b")
    assert repr(Layers("ab")) == "Layers(['a', 'b'])"
