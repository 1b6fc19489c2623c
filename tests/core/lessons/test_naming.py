"""Pointers, symbols, LaTeX and sentences: one place, many names (section 2, Fig 2.1)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.lessons.addresses import Address, NoSuchPlace, check_place
from core.lessons.expressions import latex, text
from core.lessons.reading import Unreadable, read_address
from core.lessons.symbols import Symbols

INDEX = st.integers(0, 120)


@st.composite
def addresses(draw: st.DrawFn) -> Address:
    """Any place that one number or a whole layer can have."""
    quantity = draw(
        st.sampled_from(
            ["weights", "biases", "z", "a", "delta", "bias_gradients", "weight_gradients",
             "input", "target", "cost"]
        )
    )  # fmt: skip
    layer = 0 if quantity in ("input", "target", "cost") else draw(st.integers(1, 120))
    if quantity == "cost" or draw(st.booleans()):
        return Address(quantity, layer)
    source = draw(INDEX) if quantity in ("weights", "weight_gradients") else None
    by_example = quantity in ("z", "a", "delta", "input", "target")
    example = draw(st.none() | INDEX) if by_example else None
    return Address(quantity, layer, draw(INDEX), source, example)


def without_example(at: Address) -> Address:
    return Address(at.quantity, at.layer, at.neuron, at.source)


@given(addresses())
def test_every_name_leads_back(address: Address) -> None:
    """Pointer, sentence, symbol and LaTeX of any place are all read as that place."""
    symbol = Symbols().at(address)
    assert read_address(address.pointer) == address
    assert read_address(address.sentence) == address
    assert read_address(text(symbol)) == address
    assert read_address(latex(symbol)) == address
    assert read_address(f"${latex(symbol)}$") == address


def test_fig_2_1() -> None:
    """The figure's own connection: w(ℓ)_02 goes into neuron 0 of layer ℓ, from neuron 2 of ℓ−1."""
    selected = Address("weights", 5, 0, 2)
    assert selected.pointer == "/weights/4/0/2"
    assert text(Symbols().at(selected)) == "w(5)_02"
    assert latex(Symbols().at(selected)) == "w^{(5)}_{02}"
    assert selected.sentence == "the weight into neuron 0 of layer 5, from neuron 2 of layer 4"
    assert read_address("into neuron 0 of layer 5, from neuron 2 of layer 4") == selected


@pytest.mark.parametrize(
    ("written", "pointer"),
    [
        ("w^{(1)}_{02}", "/weights/0/0/2"),
        ("w⁽¹⁾₀₂", "/weights/0/0/2"),
        (r"w^{\left(1\right)}_{0,2}", "/weights/0/0/2"),
        ("w(12)_10,11", "/weights/11/10/11"),
        ("W(2)", "/weights/1"),
        ("b(2)_1", "/biases/1/1"),
        ("delta(2)_1", "/delta/1/1"),
        (r"\boldsymbol{\delta}^{(2)}", "/delta/1"),
        ("∂C/∂w(1)_02", "/weight_gradients/0/0/2"),
        (r"\frac{\partial C}{\partial b^{(2)}_1}", "/bias_gradients/1/1"),
        ("a(0)_3", "/input/3"),
        ("x_3", "/input/3"),
        ("y_0", "/target/0"),
        ("C", "/cost"),
        ("z(1)_2[4]", "/z/0/4/2"),
        ("/claims/delta/0/1", "/delta/0/1"),
        ("The bias of neuron 1 of layer 2.", "/biases/1/1"),
        ("the error δ of neuron 0 of layer 1, in example 3", "/delta/0/3/0"),
    ],
)
def test_many_spellings_are_read(written: str, pointer: str) -> None:
    """What people write in books, chats and code is read as what it means."""
    assert read_address(written).pointer == pointer


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "names no quantity"),
        ("w", "names no quantity"),
        ("q(1)_02", "names no quantity"),
        ("w(1)_0", "names no quantity"),
        ("b(1)_0,2", "names no quantity"),
        ("w(0)_02", "layers count from 1"),
        ("/weight/0/1/2", "has to begin with one of /weights"),
        ("/weights/0/x", "whole numbers"),
        ("/weights/0/-1/2", "whole numbers"),
        ("/weights/0/1/2/3", "is not complete or too long; a pointer is /weights/layer - 1"),
        ("/biases", "a pointer is /biases/layer - 1/neuron"),
        ("/weights/99999999999/0/0", "whole numbers"),
        ("into neuron 0 of layer 2, from neuron 2 of layer 5", "comes from layer 1, not layer 5"),
        ("w[1]", "names no quantity"),
    ],
)
def test_what_cannot_be_read_says_how_to_write(written: str, said: str) -> None:
    """A name that is none is refused, with what would be one."""
    with pytest.raises(Unreadable, match=said.replace("(", r"\(")):
        read_address(written)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (Address("weights", 3, 0, 0), "there is no layer 3; the network has layers 1 to 2"),
        (Address("weights", 1, 3, 0), "layer 1 has no neuron 3; its neurons are 0 to 2"),
        (Address("weights", 1, 0, 2), "there is no input 2; its inputs are 0 to 1"),
        (Address("weights", 2, 0, 3), "layer 1 has no neuron 3"),
        (Address("target", 0, 1), "layer 2 has no neuron 1; its only neuron is 0"),
        (Address("input", 0, 2), "there is no input 2"),
        (Address("z", 1, 0, example=4), "there is no example 4; its examples are 0 to 3"),
    ],
)
def test_places_that_are_not_there(address: Address, said: str) -> None:
    """In a 2–3–1 network with four examples, each is told what there is instead."""
    with pytest.raises(NoSuchPlace, match=said):
        check_place(address, [2, 3, 1], 4)


def test_every_place_of_a_network_is_there() -> None:
    """No weight, bias or activation that exists is refused."""
    sizes = [2, 3, 1]
    for l, (source, into) in enumerate(pairwise(sizes), start=1):
        for j in range(into):
            for k in range(source):
                check_place(Address("weights", l, j, k), sizes)
            for quantity in ("biases", "z", "a", "delta", "bias_gradients"):
                check_place(Address(quantity, l, j), sizes)
    check_place(Address("cost"), sizes)
