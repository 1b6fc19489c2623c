"""Whatever holds numbers becomes float64, bit for bit, and says how precise it was."""

from __future__ import annotations

import json
import math
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from backcheck import wire
from backcheck.arrays import NotNumbers, numbers, printable, was_rounded


class Tensor:
    """What the client sees of a PyTorch tensor: numpy() refuses gradients, GPUs and bfloat16."""

    def __init__(self, values: Any, dtype: str, *, ready: bool = False) -> None:
        self.values, self.dtype, self.ready = values, f"torch.{dtype}", ready

    def detach(self) -> Tensor:
        return Tensor(self.values, self.dtype.removeprefix("torch."), ready=self.ready)

    def cpu(self) -> Tensor:
        return Tensor(self.values, self.dtype.removeprefix("torch."), ready=True)

    def float(self) -> Tensor:
        return Tensor(self.values, "float32", ready=self.ready)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if not self.ready:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad")
        if self.dtype == "torch.bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return np.asarray(self.values, self.dtype.removeprefix("torch."))


class Jax:
    """What the client sees of a JAX array: `__array__` and a dtype."""

    def __init__(self, values: Any, dtype: Any) -> None:
        self.values, self.dtype = values, np.dtype(dtype)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self.values, self.dtype)


@pytest.mark.parametrize(
    ("value", "precision"),
    [
        ([[1, 2], [3, 4]], None),
        (((1.0, 2.0), (3.0, 4.0)), None),
        (np.array([[1, 2], [3, 4]]), None),
        (np.array([[1, 2], [3, 4]], np.float64), None),
        (np.array([[1, 3], [2, 4]], np.float64).T, None),
        (np.array([[1, 2], [3, 4]], np.float32), "float32"),
        (np.array([[1, 2], [3, 4]], np.float16), "float16"),
        (np.array([[1, 2], [3, 4]], ml_dtypes.bfloat16), "bfloat16"),
        ([np.array([1, 2], np.float32), np.array([3, 4], np.float32)], "float32"),
        ([[np.float32(1), np.float32(2)], [np.float32(3), np.float32(4)]], "float32"),
        (Tensor([[1, 2], [3, 4]], "float32"), "float32"),
        (Tensor([[1, 2], [3, 4]], "float16"), "float16"),
        (Tensor([[1, 2], [3, 4]], "bfloat16"), "bfloat16"),
        (Tensor([[1, 2], [3, 4]], "float64"), None),
        (Jax([[1, 2], [3, 4]], ml_dtypes.bfloat16), "bfloat16"),
        (Jax([[1, 2], [3, 4]], np.float32), "float32"),
    ],
)
def test_every_kind_of_array(value: Any, precision: str | None) -> None:
    """Lists, arrays, tensors and their like give the same numbers, and their own precision."""
    found = numbers(value)
    assert found.array.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert found.array.dtype == np.float64
    assert found.array.flags.c_contiguous
    assert found.precision == precision


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([[1, 2], [3]], "row 1 has 1 entries and row 0 has 2"),
        ([1 + 2j], "complex numbers stand"),
        ([True, False], "true and false stand"),
        (["0.5", "1"], "'0.5' stands"),
        ([1.0, {}], "{} stands"),
    ],
)
def test_what_holds_no_numbers(value: Any, said: str) -> None:
    """Everything else is refused in words, nothing is converted by guessing."""
    with pytest.raises(NotNumbers, match=said):
        numbers(value)


def test_float64_reads_back_bit_for_bit() -> None:
    """Numbers are printed so that they read back as the same 64 bits, by either JSON library."""
    bits = np.random.default_rng(1).integers(0, 2**64, 20_000, dtype=np.uint64)
    sent = bits.view(np.float64)
    sent = np.concatenate([sent[np.isfinite(sent)], [0.0, -0.0, 5e-324, 1.7976931348623157e308]])
    for dumps in (wire.dumps, wire.standard_dumps):
        for loads in (wire.loads, json.loads):
            received = np.array(loads(dumps({"a": sent}))["a"])
            assert (received.view(np.uint64) == sent.view(np.uint64)).all()


def test_not_finite_is_named() -> None:
    """NaN and infinity cross the border by name, never as null, which means not claimed."""
    sent = printable(np.array([[1.0, math.nan], [math.inf, -math.inf]]))
    assert json.loads(wire.dumps(sent)) == [[1.0, "NaN"], ["inf", "-inf"]]


def test_rounded_float32_is_told_from_plain() -> None:
    """float32 numbers rounded to 4 decimals are recognised, unrounded ones are not."""
    plain = np.random.default_rng(2).standard_normal(100).astype(np.float32)
    assert not was_rounded(plain.astype(np.float64))
    assert was_rounded(np.round(plain, 4).astype(np.float64))
