"""Slips of the pen: single entries off while everything else is right."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from core.forward import Workings
from core.verdict.claims import Claims, Key
from core.verdict.judgement import as_bounded, fits

MOST_TYPOS = 3
"""Wrong entries that may still be slips, if they are at most a tenth of what is claimed; or one."""
SHARE = 0.1

DECIMAL_SHIFTS = (1, -1, 2, -2, 3, -3)


@dataclass(frozen=True)
class Typo:
    """One entry, and what happened to it, in the words of `kind_of`."""

    key: Key
    index: tuple[int, ...]
    kind: str


def typos(claims: Claims, reference: Workings) -> list[Typo]:
    """The wrong entries, if they are few enough to be slips; else none."""
    wrong = [
        (key, tuple(int(i) for i in at))
        for key in claims
        for at in np.argwhere(~fits(claims[key], as_bounded(reference, key)))
    ]
    found = [Typo(key, at, kind_of(claims, reference, key, at)) for key, at in wrong]
    if claims.count == 1 and [typo.kind for typo in found] == ["sign"]:
        return found
    allowed = max(1, min(MOST_TYPOS, int(SHARE * claims.count)))
    return [] if len(wrong) > allowed or whole_quantity_wrong(claims, wrong) else found


def whole_quantity_wrong(claims: Claims, wrong: list[tuple[Key, tuple[int, ...]]]) -> bool:
    """Whether all claimed numbers of a layer's quantity are wrong: more than a slip."""
    counts = Counter(key for key, _ in wrong)
    return claims.count == len(wrong) or any(
        1 < int(claims[key].mask.sum()) == count for key, count in counts.items()
    )


def kind_of(claims: Claims, reference: Workings, key: Key, at: tuple[int, ...]) -> str:
    """Which slip turns the right number into the claimed one."""
    claimed = float(claims[key].values[at])
    bounded = as_bounded(reference, key)
    right, bound = float(bounded.value[at]), float(bounded.error[at])
    if not np.isfinite(claimed):
        return "not a number"

    def fit(x: float) -> bool:
        return abs(x - right) <= bound

    if fit(-claimed):
        return "sign"
    if any(fit(claimed * 10.0**shift) for shift in DECIMAL_SHIFTS):
        return "decimal point"
    if any(fit(x) for x in swaps(claimed)):
        return "swapped digits"
    if any(fit(x) for x in one_digit(claimed)):
        return "one digit"
    return "other"


def swaps(x: float) -> Iterator[float]:
    """The number with two neighbouring digits exchanged, at each place."""
    sign, digits, exponent = written(x)
    for i in range(len(digits) - 1):
        turned = (*digits[:i], digits[i + 1], digits[i], *digits[i + 2 :])
        yield float(Decimal((sign, turned, exponent)))


def one_digit(x: float) -> Iterator[float]:
    """The number with one digit replaced, at each place."""
    sign, digits, exponent = written(x)
    for i in range(len(digits)):
        for d in range(10):
            yield float(Decimal((sign, (*digits[:i], d, *digits[i + 1 :]), exponent)))


def written(x: float) -> tuple[int, tuple[int, ...], int]:
    """Sign, digits and exponent of a finite number's shortest notation."""
    sign, digits, exponent = Decimal(repr(x)).as_tuple()
    return sign, digits, int(exponent)
