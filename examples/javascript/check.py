"""Check a JavaScript program through a subprocess: JSON in, JSON out."""

import json
import subprocess
import sys
from pathlib import Path

import backcheck

PROGRAM = Path(__file__).with_name("backprop.mjs")


def gradients(net: backcheck.Network, *options: str) -> backcheck.Claims:
    """What node prints for a network."""
    command = ["node", str(PROGRAM), *options]
    text = json.dumps(dict(net), default=lambda a: a.tolist())
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    claims: backcheck.Claims = json.loads(done.stdout)
    return claims


if __name__ == "__main__":
    options = sys.argv[1:]
    found = backcheck.check(
        lambda net: gradients(net, *options), layer_sizes=[3, 4, 2], activation="tanh"
    )
    print(found)
