"""Findings in words: what happened, where it shows most, how to mend it."""

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import Schema, fields

from core.verdict.claims import Key
from core.verdict.diagnosis import WORDS, Finding
from core.verdict.mistakes.table import EQUATION_OF
from core.verdict.typos import Typo
from schemas.fields import Integer, Number

EQUATIONS = tuple(dict.fromkeys(EQUATION_OF.values()))


class Word(fields.String):
    """One of a few words."""

    def __init__(self, *words: str, **kwargs: Any) -> None:
        super().__init__(metadata={"enum": list(words)}, **kwargs)


class ReadingSchema(Schema):
    """A mistake and its place. `layers` counts from 1: where the formula itself is wrong."""

    mistake = fields.String(metadata={"description": "A slug of /v1/mistakes, or unrecognised."})
    equation = Word(*EQUATIONS, "convention")
    layers = fields.List(Integer())


class ToldSchema(ReadingSchema):
    """The same in words."""

    explanation = fields.String()
    remedy = fields.String()


class SlipSchema(Schema):
    """A mistyped entry."""

    at = fields.String(metadata={"description": "A JSON pointer into the request."})
    slip = fields.String(metadata={"description": "What happened to it; not if reveal is false."})


class FindingSchema(ToldSchema):
    """An explanation that reproduces every claimed number, or where the numbers leave the path."""

    at = fields.String(
        allow_none=True, metadata={"description": "The entry where it shows most, if revealed."}
    )
    number = Number(metadata={"description": "The rate, strength, limit or factor found."})
    entries = fields.List(fields.Nested(SlipSchema), metadata={"description": "Of an entry-typo."})
    same_numbers = fields.List(
        fields.Nested(ReadingSchema),
        metadata={"description": "Other mistakes that give the same numbers here."},
    )
    together_with = fields.List(
        fields.Nested(ToldSchema),
        metadata={"description": "Further mistakes that it takes beside this one."},
    )


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
    "step-instead-of-gradient": "The number is {}.",
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
    explanation, remedy = found.told or usual_words(found.mistake)
    if found.number is not None and reveal and found.mistake in NUMBER_WORDS:
        explanation += " " + NUMBER_WORDS[found.mistake].format(f"{found.number:.6g}")
    if found.mistake == "other-activation" and found.activation:
        explanation += f" The numbers are those of {found.activation}."
    if found.mistake == "unrecognised" and found.layers:
        explanation += f" They first leave the right path in {found.equation}, {layers(found)}."
    return {"explanation": explanation, "remedy": remedy}


def usual_words(mistake: str) -> tuple[str, str]:
    """Explanation and remedy of the catalogue."""
    words = WORDS.get(mistake)
    return (words.explanation, words.remedy) if words else UNRECOGNISED


def layers(found: Finding) -> str:
    """Layer 2, or layers 1 and 2."""
    *others, last = map(str, found.layers)
    return f"layers {', '.join(others)} and {last}" if others else f"layer {last}"


def slip(typo: Typo, reveal: bool, pointer: Pointer) -> dict[str, str]:
    """One mistyped entry; what happened to it would tell the right one, so only with reveal."""
    said = {"at": pointer(typo.key, typo.index)}
    return {**said, "slip": SLIPS[typo.kind]} if reveal else said
