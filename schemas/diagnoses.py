"""Findings in words: what happened, where it shows most, how to mend it."""

from collections.abc import Callable, Mapping
from typing import Any

from core.verdict.claims import Key
from core.verdict.diagnosis import WORDS, Finding
from core.verdict.typos import Typo

Pointer = Callable[[Key, tuple[int, ...]], str]

UNRECOGNISED = (
    "No catalogued mistake gives these numbers.",
    "Work through this equation once more, entry by entry, from the numbers before it.",
)

NUMBER_WORDS = {
    "scaled": "The factor is {}.",
    "regularised": "Here λ = {}.",
    "clipped": "Here c = {}.",
    "weights-already-updated": "Here η = {}.",
    "step-instead-of-gradient": "Here η = {}.",
}

SLIPS = {
    "sign": "the sign is lost",
    "decimal point": "the decimal point has moved",
    "swapped digits": "two digits are swapped",
    "one digit": "one digit differs",
    "not a number": "this is not a number",
    "other": "this entry is off",
}


def finding_answer(
    found: Finding, at: str | None, reveal: bool, pointer: Pointer
) -> Mapping[str, Any]:
    """A finding as answered; without reveal no number from which a right one follows."""
    said: dict[str, Any] = {**named(found), **explained(found, reveal), "at": at}
    if found.entries:
        said["entries"] = [slip(typo, reveal, pointer) for typo in found.entries]
        said["at"] = said["entries"][0]["at"]
    if found.number is not None and reveal:
        said["number"] = found.number
    said["same_numbers"] = [named(other) for other in found.same_numbers]
    said["together_with"] = [
        {**named(other), **explained(other, reveal)} for other in found.together_with
    ]
    return said


def named(found: Finding) -> dict[str, Any]:
    """The slug and its place."""
    return {"mistake": found.mistake, "equation": found.equation, "layers": list(found.layers)}


def explained(found: Finding, reveal: bool) -> dict[str, str]:
    """What happened, and how to mend it."""
    words = WORDS.get(found.mistake)
    explanation, remedy = (words.explanation, words.remedy) if words else UNRECOGNISED
    if found.number is not None and reveal and found.mistake in NUMBER_WORDS:
        explanation += " " + NUMBER_WORDS[found.mistake].format(f"{found.number:.6g}")
    if found.mistake == "other-activation" and found.variant:
        explanation += f" The numbers are those of {found.variant}."
    if found.mistake == "unrecognised" and found.layers:
        layers = ", ".join(map(str, found.layers))
        explanation += f" They first leave the right path in {found.equation}, layer {layers}."
    return {"explanation": explanation, "remedy": remedy}


def slip(typo: Typo, reveal: bool, pointer: Pointer) -> dict[str, str]:
    """One mistyped entry; what happened to it would tell the right one, so only with reveal."""
    said = {"at": pointer(typo.key, typo.index)}
    return {**said, "slip": SLIPS[typo.kind]} if reveal else said
