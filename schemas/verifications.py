"""POST /v1/verifications: a network and somebody's numbers, in; which are wrong and why, out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from marshmallow import Schema, fields, post_load, validates_schema

from core.rounding.activations import ULPS
from core.rounding.precision import Precision
from core.verdict.claims import Claims, Key
from core.verdict.coverage import Coverage
from core.verdict.diagnosis import Finding
from core.verdict.equations import Tested
from core.verdict.judgement import Census, WrongEntry
from core.verdict.verify import Verdict
from schemas.claims import ClaimsField, Layers, claims_of, fit_problems, shapes_of
from schemas.diagnoses import EQUATIONS, FindingSchema, Word, finding_answer
from schemas.fields import Flag, Integer, Number, refuse
from schemas.network import Exercise, NetworkSchema, exercise
from schemas.precision import PrecisionField, told
from schemas.problems import Problem, pointer
from schemas.shapes import Parts, layer_sizes

ULPS_MAX = 1e6  # an accelerator's fast approximations are off by thousands, not by millions


@dataclass(frozen=True)
class VerificationRequest:
    """An exercise, the claims about it, and how to look at them."""

    exercise: Exercise
    claims: Claims
    precision: Precision | None
    reveal: bool
    activation_ulps: float


class VerificationSchema(NetworkSchema):
    """The network and the claims; loads a `VerificationRequest`."""

    claims = ClaimsField(
        required=True,
        metadata={
            "description": "Any of cost, z, a, delta, bias_gradients, weight_gradients, shaped as "
            "the answer of /v1/gradients; null for a layer or entry that is not claimed."
        },
    )
    precision = PrecisionField(
        load_default=None,
        metadata={
            "description": "What the numbers were computed or printed in; `auto` reads it off.",
            "default": "auto",
        },
    )
    reveal = Flag(
        load_default=True,
        metadata={"description": "false: the answer holds no right value and no bound."},
    )
    activation_ulps = Number(
        1.0,
        ULPS_MAX,
        load_default=ULPS,
        metadata={"description": "How far library functions may be off, in last places."},
    )

    @validates_schema(skip_on_field_errors=False)
    def claims_fit(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Claims shaped as the network's own quantities."""
        read, weights, x = data.get("claims"), data.get("weights"), data.get("input")
        if not isinstance(read, dict) or weights is None or not isinstance(x, np.ndarray):
            return
        sizes = layer_sizes(Parts(weights, data.get("biases"), x, None))
        if any(size is None for size in sizes):
            return
        shapes = shapes_of(tuple(int(n or 0) for n in sizes), None if x.ndim == 1 else len(x))
        refuse(fit_problems(read, shapes, len(weights)))
        if not any(layer is not None and layer.mask.any() for ls in read.values() for layer in ls):
            refuse([Problem(("claims",), "claims nothing; one number at least is needed")])

    @post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> VerificationRequest:
        """What the view works with."""
        asked = exercise(data)
        read: Layers = data["claims"]
        shapes = shapes_of(asked.network.sizes, None if asked.single else asked.batch.size)
        return VerificationRequest(
            asked,
            claims_of(read, shapes, asked.single),
            data["precision"],
            data["reveal"],
            data["activation_ulps"],
        )


class WrongEntrySchema(Schema):
    """A claimed number that cannot be right."""

    at = fields.String(metadata={"description": "A JSON pointer into the request."})
    claimed = fields.Raw(metadata={"description": "As claimed; a word if it is not finite."})
    correct = Number(metadata={"description": "The right number (not if reveal is false)."})
    bound = Number(
        allow_none=True,
        metadata={"description": "How far a right claim may be from it; null if it may overflow."},
    )
    ratio = Number(
        allow_none=True,
        metadata={"description": "|claimed - correct| / bound; null if not finite."},
    )
    overflow = Flag(metadata={"description": "Whether this may have overflowed at this precision."})


WRONG_ENTRY = WrongEntrySchema()


class CensusSchema(Schema):
    """What the claims of one quantity come to."""

    verdict = Word("correct", "wrong", "undecided")
    checked = Integer()
    wrong = Integer()
    worst = fields.Nested(
        WrongEntrySchema,
        allow_none=True,
        metadata={"description": "null if none is wrong, or if reveal is false."},
    )
    wrong_entries = fields.List(
        fields.Nested(WrongEntrySchema),
        metadata={"description": "At most 100: the worst, or the first if reveal is false."},
    )


class EquationSchema(Schema):
    """An equation on the claimant's own numbers."""

    equation = Word(*EQUATIONS)
    layer = Integer()
    verdict = Word("holds", "fails", "untested")


class Slugs(fields.List[str]):
    """A list of names, printed as it is: there are some sixty in every answer."""

    def __init__(self) -> None:
        super().__init__(fields.String())

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> list[str]:
        return list(value)


class Censuses(fields.Dict):
    """What `View.census` makes by quantity, printed as it is."""

    def __init__(self) -> None:
        super().__init__(keys=fields.String(), values=fields.Nested(CensusSchema))

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return value


class Equations(fields.List[Any]):
    """What `equation_answer` makes, printed as it is."""

    def __init__(self) -> None:
        super().__init__(fields.Nested(EquationSchema))

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return value


class CoverageSchema(Schema):
    """Which catalogued mistakes these claims could have shown."""

    catalogued = Integer()
    visible = Integer()
    invisible = Slugs()
    not_applicable = Slugs()


class BudgetSchema(Schema):
    """How many explanations were tried, and whether there was no time for all."""

    tried = Integer()
    exhausted = Flag()


class VerificationAnswerSchema(Schema):
    """The verdict, number by number, equation by equation, and the mistake."""

    verdict = Word("correct", "wrong", "undecided")
    precision = PrecisionField(metadata={"description": "As asked for, or as read off the claims."})
    claims = Censuses()
    equations = Equations()
    diagnosis = fields.List(
        fields.Nested(FindingSchema), metadata={"description": "Best first; empty if correct."}
    )
    diagnosis_budget = fields.Nested(
        BudgetSchema, allow_none=True, metadata={"description": "null if nothing is wrong."}
    )
    coverage = fields.Nested(CoverageSchema)


def verification_answer(asked: VerificationRequest, verdict: Verdict) -> Mapping[str, Any]:
    """What `VerificationAnswerSchema` prints."""
    view = View(asked.exercise.single, verdict.claims.transposed, asked.reveal)
    diagnosis = verdict.diagnosis
    return {
        "verdict": verdict.verdict,
        "precision": told(verdict.precision),
        "claims": {c.quantity: view.census(c, verdict) for c in verdict.censuses},
        "equations": [equation_answer(one) for one in verdict.equations],
        "diagnosis": [] if diagnosis is None else view.findings(diagnosis.findings, verdict),
        "diagnosis_budget": diagnosis,
        "coverage": coverage_answer(verdict.coverage),
    }


def equation_answer(tested: Tested) -> Mapping[str, Any]:
    """What `EquationSchema` describes."""
    return {"equation": tested.equation, "layer": tested.layer, "verdict": tested.verdict}


def coverage_answer(coverage: Coverage) -> Mapping[str, Any]:
    """What `CoverageSchema` prints."""
    return {**vars(coverage), "catalogued": coverage.catalogued, "visible": len(coverage.visible)}


@dataclass(frozen=True)
class View:
    """How this caller sees a verdict: vectors or batches, layout, and whether right values show."""

    single: bool
    transposed: bool
    reveal: bool

    def census(self, census: Census, verdict: Verdict) -> Mapping[str, Any]:
        """What `CensusSchema` describes."""
        turned = self.transposed and census.quantity == "weight_gradients" and not census.wrong
        wrong = census.checked if turned else census.wrong
        undecided = verdict.verdict == "undecided" or not census.decided
        return {
            "verdict": "wrong" if wrong else "undecided" if undecided else "correct",
            "checked": census.checked,
            "wrong": wrong,
            "worst": self.entry(census.worst) if census.worst and self.reveal else None,
            "wrong_entries": [self.entry(entry) for entry in self.listed(census)],
        }

    def listed(self, census: Census) -> Sequence[WrongEntry]:
        """The worst; without reveal the first, since order and choice would tell of the ratios."""
        return census.entries if self.reveal else census.first

    def entry(self, entry: WrongEntry) -> Mapping[str, Any]:
        """As `WrongEntrySchema` prints it; without reveal, nothing about the right value."""
        claimed = entry.claimed
        finite = bool(np.isfinite(claimed))
        shown: dict[str, Any] = {
            "at": self.pointer(entry.key, entry.index),
            "claimed": claimed if finite else WORDS[str(claimed)],
        }
        if not self.reveal:
            return as_told(shown)
        bound, ratio = (x if np.isfinite(x) else None for x in (entry.bound, entry.ratio))
        right = {"correct": entry.correct, "bound": bound, "ratio": ratio}
        return as_told({**shown, **right, "overflow": entry.overflow})

    def pointer(self, key: Key, index: Sequence[int]) -> str:
        """Where the claim stands in the request."""
        quantity, layer = key
        if quantity == "cost":
            return pointer(("claims", "cost"))
        if self.single and quantity in ("z", "a", "delta"):
            index = index[1:]
        if self.transposed and quantity == "weight_gradients":
            index = index[::-1]
        return pointer(("claims", quantity, layer - 1, *index))

    def findings(self, findings: Sequence[Finding], verdict: Verdict) -> list[Mapping[str, Any]]:
        """Every finding in words, with the entry where the trouble shows most."""
        wrong = [entry for census in verdict.censuses for entry in census.entries]
        most = max(wrong, key=lambda e: e.ratio, default=None) if self.reveal else None
        at = None if most is None else self.pointer(most.key, most.index)
        return [finding_answer(found, at, self.reveal, self.pointer) for found in findings]


def as_told(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """A wrong entry in the form of its schema, which lets no number through that is not finite."""
    dumped: Mapping[str, Any] = WRONG_ENTRY.dump(entry)
    return dumped


WORDS = {"nan": "NaN", "inf": "inf", "-inf": "-inf"}
