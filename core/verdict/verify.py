"""POST /v1/verifications in one function: bounds, census, equations, diagnosis, coverage."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from core.forward import Workings
from core.network import Batch, Network
from core.rounding.activations import ULPS
from core.rounding.precision import Precision
from core.verdict.claims import QUANTITIES, Claimed, Claims, Key
from core.verdict.coverage import Coverage
from core.verdict.diagnosis import BUDGET, Diagnosis, diagnose
from core.verdict.equations import Tested, equations_on, own_numbers
from core.verdict.judgement import Census, Fitting, as_bounded, census, fits, fitting
from core.verdict.notation import possible_precisions
from core.verdict.prepared import Prepared

Outcome = Literal["correct", "wrong", "undecided"]


@dataclass(frozen=True)
class Verdict:
    """The whole answer. `claims` are those judged, turned weight gradients turned back; `diagnosis`
    is None for claims none of which is wrong.
    """

    verdict: Outcome
    claims: Claims
    precision: Precision
    censuses: tuple[Census, ...]
    equations: tuple[Tested, ...]
    diagnosis: Diagnosis | None
    coverage: Coverage


def verify(
    network: Network,
    batch: Batch,
    claims: Claims,
    precision: Precision | None = None,
    ulps: float = ULPS,
    budget: int = BUDGET,
) -> Verdict:
    """Which claims cannot be right at this precision (None: read off the claims), and why.

    Raises NotFinite where the network itself overflows in float64.
    """
    return verify_prepared(Prepared(network, batch), claims, precision, ulps, budget)


def verify_prepared(
    prepared: Prepared,
    claims: Claims,
    precision: Precision | None = None,
    ulps: float = ULPS,
    budget: int = BUDGET,
) -> Verdict:
    """The same; what does not depend on the claims is taken from `prepared`."""
    precision = precision or kindest_precision(prepared, claims, ulps)
    plain, reference = prepared.plain, prepared.reference(precision, ulps)
    claims = best_layout(claims, reference)
    within = fitting(claims, reference)
    censuses = tuple(
        census(q, claims, reference, within)
        for q in QUANTITIES
        if any(key[0] == q for key in claims)
    )
    right = frozenset(everything(within, reference))
    wrong = claims.transposed or any(c.wrong for c in censuses)
    covered = prepared.coverage(claims, precision, ulps)
    tested = equations_on(own_numbers(claims, reference, right))
    return Verdict(
        "wrong" if wrong else "correct" if covered.visible else "undecided",
        claims,
        precision,
        censuses,
        tuple(tested),
        diagnose(claims, reference, plain, budget) if wrong else None,
        covered,
    )


def kindest_precision(prepared: Prepared, claims: Claims, ulps: float) -> Precision:
    """The likeliest of the precisions read off the claims under which fewest are wrong."""
    fewest: tuple[int, Precision] | None = None
    for precision in possible_precisions(claims.numbers()):
        wrong = wrong_count(claims, prepared.reference(precision, ulps))
        if fewest is None or wrong < fewest[0]:
            fewest = wrong, precision
        if wrong == 0:
            break
    assert fewest is not None
    return fewest[1]


def wrong_count(claims: Claims, reference: Workings) -> int:
    """How many claimed numbers lie outside their bounds."""
    claims = best_layout(claims, reference)
    return sum(int(np.count_nonzero(~here)) for here in fitting(claims, reference).values())


def everything(within: Fitting, reference: Workings) -> list[Key]:
    """All keys of the workings but those whose claims are wrong."""
    keys = [(q, l) for q in QUANTITIES if q != "cost" for l in reference.W.numbers]
    keys.append(("cost", reference.depth))
    return [key for key in keys if key not in within or within[key].all()]


def best_layout(claims: Claims, reference: Workings) -> Claims:
    """Where other weight gradients came turned, square ones are too if they fit better so."""
    if not claims.transposed:
        return claims
    turned = {
        key: Claimed(c.values.T, c.mask.T)
        for key, c in claims.layers.items()
        if key[0] == "weight_gradients" and not np.ptp(c.values.shape)
    }
    better = {
        key: c
        for key, c in turned.items()
        if fits(c, as_bounded(reference, key)).sum()
        > fits(claims[key], as_bounded(reference, key)).sum()
    }
    return replace(claims, layers={**claims.layers, **better})
