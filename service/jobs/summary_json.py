"""Summary as text for the store, and back: small, readable by anyone, exact to the last bit."""

import json
from dataclasses import asdict
from typing import Any

from core.differences.check import At, Comparison, Direction, Kink, SecondOpinion
from core.differences.corners import Corner
from core.differences.summary import Summary


def dumped(found: Summary) -> bytes:
    """As JSON; the standard library's, which knows infinity: a ratio may be."""
    return json.dumps(asdict(found)).encode()


def loaded(text: bytes) -> Summary:
    """The summary in such a text."""
    said = json.loads(text)
    return Summary(
        said["checked"],
        said["disagreed"],
        None if said["worst"] is None else comparison(said["worst"]),
        tuple(map(comparison, said["disagreements"])),
        tuple(map(kink, said["kinks"])),
        None if said["second_opinion"] is None else opinion(said["second_opinion"]),
        tuple(Direction(**direction) for direction in said["directions"]),
    )


def opinion(said: dict[str, Any]) -> SecondOpinion:
    """What complex arithmetic said."""
    worst = None if said["worst"] is None else comparison(said["worst"])
    return SecondOpinion(**{**said, "worst": worst})


def comparison(said: dict[str, Any]) -> Comparison:
    """An entry beside backprop's."""
    return Comparison(**{**said, "at": at(said["at"])})


def kink(said: dict[str, Any]) -> Kink:
    """A parameter at a kink."""
    return Kink(at(said["at"]), said["left"], said["right"], Corner(*said["corner"]))


def at(said: list[Any]) -> At:
    """An address."""
    quantity, layer, index = said
    return quantity, layer, tuple(index)
