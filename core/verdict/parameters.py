"""The number inside a mistake (a learning rate, a strength, a limit), read off the claims.

Every such mistake is linear in its number where it first shows: claimed = right + number · effect.
Each claimed entry, known within its bound, leaves an interval for the number; all together one.
"""

from dataclasses import replace

import numpy as np

from core.arrays import Array
from core.forward import Workings
from core.rounding.bounded import Bounded
from core.verdict.candidates import Candidate, key_of
from core.verdict.claims import Claimed, Claims, Key
from core.verdict.judgement import as_bounded
from core.verdict.rerun import rerun

ROUND_DIGITS = 3  # people choose 0.01 or 0.005: such a number within the uncertainty is the number


def with_parameter(candidate: Candidate, base: Workings, claims: Claims) -> Candidate | None:
    """The candidate with its number found; None where the claims say nothing of it."""
    kind = candidate.variant.parameter
    if kind is None:
        return candidate
    found = limit(candidate, base, claims) if kind == "limit" else slope(candidate, base, claims)
    if found is None:
        return None
    number, uncertainty = snapped(*found)
    if not np.isfinite(number):
        return None
    precision = as_bounded(base, ("z", 1)).precision
    value = Bounded(np.float64(number), np.float64(uncertainty + precision.u * abs(number)), precision)
    return replace(candidate, parameter=value)


def limit(candidate: Candidate, base: Workings, claims: Claims) -> tuple[float, float] | None:
    """The largest claimed size, if at least two entries, or one beyond it, are held there."""
    sizes = [
        np.abs(claims[key].values[claims[key].mask & np.isfinite(claims[key].values)]).max(initial=0.0)
        for place in candidate.places
        if (key := key_of(place)) in claims.layers
    ]
    largest = float(max(sizes, default=0.0))
    precision = as_bounded(base, ("z", 1)).precision
    return largest, float(precision.written(np.asarray(largest)))


def slope(candidate: Candidate, base: Workings, claims: Claims) -> tuple[float, float] | None:
    """The number from the highest layer where it has an effect; 0 where it has none anywhere.

    Below that layer the number enters again, and its effect is no longer linear.
    """
    at_zero, at_one = (claimed_after(candidate, base, claims, x) for x in (0.0, 1.0))
    for layer in sorted({layer for _, layer in at_zero}, reverse=True):
        keys = [key for key in at_zero if key[1] == layer and key in at_one]
        parts = [evidence(claims[key], at_zero[key], at_one[key]) for key in keys]
        X, Y, E = (np.concatenate(part) for part in zip(*parts, strict=True))
        if (X != 0).any():
            return through_intervals(X[X != 0], Y[X != 0], E[X != 0])
    return (0.0, 0.0) if at_zero else None


def evidence(claim: Claimed, zero: Bounded, one: Bounded) -> tuple[Array, Array, Array]:
    """What a unit of the number does to each claimed entry, what it has to do, how sure that is."""
    use = claim.mask & np.isfinite(claim.values) & np.isfinite(zero.error) & np.isfinite(one.error)
    return (one.value - zero.value)[use], (claim.values - zero.value)[use], zero.error[use]


def through_intervals(X: Array, Y: Array, E: Array) -> tuple[float, float]:
    """The numbers t with |Y − t X| ≤ E everywhere (X ≠ 0): their middle, and half of what is between."""
    ends = np.array([(Y - E) / X, (Y + E) / X])
    low, high = ends.min(axis=0).max(), ends.max(axis=0).min()
    return float((low + high) / 2.0), float(max(high - low, 0.0) / 2.0)


def claimed_after(
    candidate: Candidate, base: Workings, claims: Claims, number: float
) -> dict[Key, Bounded]:
    """The claimed quantities that the mistake changes, with this number in it."""
    precision = as_bounded(base, ("z", 1)).precision
    trial = replace(candidate, parameter=Bounded.exactly(number, precision))
    return {key: value for key, value in rerun(base, trial) if key in claims.layers}


def snapped(number: float, uncertainty: float) -> tuple[float, float]:
    """A short number within the uncertainty, which then is exact; else as found."""
    if number == 0 or not np.isfinite(number):
        return number, uncertainty
    for digits in range(1, ROUND_DIGITS + 1):
        short = float(f"{number:.{digits - 1}e}")
        if abs(short - number) <= uncertainty:
            return short, 0.0
    return number, uncertainty
