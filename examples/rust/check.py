"""Check a Rust program through a subprocess: plain numbers in, plain numbers out."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import backcheck

SOURCE = Path(__file__).with_name("backprop.rs")


def compiled(folder: Path, *options: str) -> Path:
    """The program, built with the Rust compiler that is there."""
    program = folder / "backprop"
    command = ["rustc", "-O", "--check-cfg", "cfg(planted)", *options, "-o", str(program)]
    subprocess.run([*command, str(SOURCE)], check=True)
    return program


def gradients(program: Path, net: backcheck.Network) -> backcheck.Claims:
    """What the program prints for a network."""
    text = " ".join(map(repr, numbers(net)))
    done = subprocess.run([program], input=text, capture_output=True, text=True, check=True)
    printed = iter(map(float, done.stdout.split()))
    db, dW = [], []
    for W, b in zip(net.weights, net.biases, strict=True):
        db.append(np.fromiter(printed, float, b.size))
        dW.append(np.fromiter(printed, float, W.size).reshape(W.shape))
    return {"bias_gradients": db, "weight_gradients": dW}


def numbers(net: backcheck.Network) -> Iterator[float]:
    """A network as the program reads it."""
    yield len(net.weights)
    yield from net.layer_sizes
    for W, b in zip(net.weights, net.biases, strict=True):
        yield from W.ravel().tolist()
        yield from b.tolist()
    yield from net.input.tolist()
    yield from net.target.tolist()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        options = ["--cfg", "planted"] if "--planted" in sys.argv else []
        program = compiled(Path(folder), *options)
        print(backcheck.check(lambda net: gradients(program, net), layer_sizes=[3, 4, 2]))
