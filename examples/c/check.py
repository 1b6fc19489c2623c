"""Check a C library through ctypes: compile it, hand it arrays, let backcheck draw the networks."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import backcheck

SOURCE = Path(__file__).with_name("backprop.c")
FLOATS = np.ctypeslib.ndpointer(np.float32, flags="C_CONTIGUOUS")
INTS = np.ctypeslib.ndpointer(np.int32, flags="C_CONTIGUOUS")


def compiled(folder: Path, *options: str) -> Callable[..., None]:
    """The function of the library, built with the C compiler that is there."""
    library = folder / "libbackprop.so"
    command = ["cc", "-O2", "-shared", "-fPIC", *options, "-o", str(library), str(SOURCE), "-lm"]
    subprocess.run(command, check=True)
    function = ctypes.CDLL(str(library)).backprop
    function.argtypes = [ctypes.c_int, INTS, *[FLOATS] * 7]
    function.restype = None
    return function


def adapter(backprop: Callable[..., None]) -> Callable[[backcheck.Network], Any]:
    """The C function as one that takes a network and returns both gradients, in float32."""

    def gradients(net: backcheck.Network) -> tuple[list[Any], list[Any]]:
        sizes = np.array(net.layer_sizes, np.int32)
        weights, biases = flat(net.weights), flat(net.biases)
        db, dW = np.empty_like(biases), np.empty_like(weights)
        room = np.empty(3 * sizes.sum(), np.float32)
        examples = flat([net.input]), flat([net.target])
        backprop(len(sizes) - 1, sizes, weights, biases, *examples, room, db, dW)
        return like(db, net.biases), like(dW, net.weights)

    return gradients


def flat(arrays: Any) -> Any:
    """Arrays one after the other, in float32."""
    return np.concatenate([array.ravel() for array in arrays]).astype(np.float32)


def like(numbers: Any, arrays: Any) -> list[Any]:
    """Numbers one after the other, cut into arrays of the same shapes."""
    ends = np.cumsum([array.size for array in arrays])[:-1]
    return [
        part.reshape(array.shape)
        for part, array in zip(np.split(numbers, ends), arrays, strict=True)
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        options = ["-DPLANTED"] if "--planted" in sys.argv else []
        gradients = adapter(compiled(Path(folder), *options))
        print(backcheck.check(gradients, layer_sizes=[3, 4, 2]))
