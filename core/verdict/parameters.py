"""The number inside a mistake (a learning rate, a strength, a limit), read off the claims.

Every such mistake is linear in its number where it first shows: claimed = right + number · effect.
Each claimed entry, known within its bound, leaves an interval for the number; all together one.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from core.arrays import Array
from core.rounding.bounded import Bounded
from core.rounding.precision import Precision
from core.verdict.candidates import Candidate, key_of
from core.verdict.carried import Carried
from core.verdict.claims import Claimed, Claims, Key
from core.verdict.judgement import as_bounded
from core.verdict.rerun import rerun

ROUND_DIGITS = 3  # people choose 0.01 or 0.005: such a number within the uncertainty is the number
FAVOURITES = (1, 5, 2)  # first digits of the numbers that people choose most: 0.1, 0.01; 0.5; 0.02

SEPARATE = frozenset({"bp3", "bp4"})
"""Gradients: nothing is computed from them, so each layer tells of the number by itself."""

Interval = tuple[float, float]
"""A number's middle and half-width."""


def with_parameter(candidate: Candidate, own: Carried) -> Candidate | None:
    """The candidate with its number found; None where the claims say nothing of it."""
    kind = candidate.variant.parameter
    if kind is None:
        return candidate
    found = limit(candidate, own) if kind == "limit" else slope(candidate, own)
    number = None if found is None else as_number(found, precision_of(own))
    return None if number is None else replace(candidate, parameter=number)


def precision_of(own: Carried) -> Precision:
    """The claimant's precision, which every number of the workings carries."""
    return as_bounded(own.w, ("z", 1)).precision


def as_number(found: Interval, precision: Precision) -> Bounded | None:
    """The number as the claimant has it: a short one if any fits, rounded on reading.

    None where it is not finite: claims near the ends of float64 would need such a number.
    """
    if not np.isfinite(found).all():
        return None
    number, uncertainty = snapped(*found)
    error = uncertainty + precision.u * abs(number)
    return Bounded(np.asarray(number), np.asarray(error), precision)


def limit(candidate: Candidate, own: Carried) -> Interval:
    """The largest claimed size: what exceeds the limit is held there."""
    largest = max((largest_size(own.claims, key_of(p)) for p in candidate.places), default=0.0)
    return largest, float(precision_of(own).written(np.asarray(largest)))


def largest_size(claims: Claims, key: Key) -> float:
    """Of the finite claims of a key; 0 where there are none."""
    claim = claims.get(key)
    if claim is None:
        return 0.0
    return float(np.abs(claim.values[claim.mask & np.isfinite(claim.values)]).max(initial=0.0))


Both = tuple[Key, Bounded, Bounded]


def slope(candidate: Candidate, own: Carried) -> Interval | None:
    """The number from all gradients that it is in, each made apart; 0 if it has no effect.

    In an error δ the number enters again below: it comes from the first layer of the way back
    where it has an effect, since further down the effect is no longer linear.
    """
    seen, separate = False, candidate.variant.equations.keys() <= SEPARATE
    both = with_zero_and_one(candidate, own)
    for _, keys in groupby(both, lambda one: separate or one[0][1]):
        found = through_evidence([evidence(own.claims[key], zero, one) for key, zero, one in keys])
        if found is not None:
            return found
        seen = True
    return (0.0, 0.0) if seen else None


def with_zero_and_one(candidate: Candidate, own: Carried) -> Iterator[Both]:
    """What the mistake makes of each claimed quantity with 0 and with 1 for its number."""
    precision = precision_of(own)
    zero, one = (
        rerun(own.w, replace(candidate, parameter=number), own.claimed, own.held)
        for number in zero_and_one(precision)
    )
    for (key, at_zero), (_, at_one) in zip(zero, one, strict=False):
        if key in own.claims.layers:
            yield key, at_zero, at_one


def zero_and_one(precision: Precision) -> tuple[Bounded, Bounded]:
    """Numbers to try: 0, and 1 as uncertain as a number that the claimant has read."""
    return Bounded.exactly(0.0, precision), Bounded.given(np.asarray(1.0), precision)


Part = tuple[Array, Array, Array, Array]


def evidence(claim: Claimed, zero: Bounded, one: Bounded) -> Part:
    """What a unit of the number does to each claim, what it has to do, how sure both are.

    What was written down is the claim, once: neither 0 nor 1 times the number.
    """
    use = claim.mask & np.isfinite(claim.values) & np.isfinite(zero.error) & np.isfinite(one.error)
    effect, needed = (one.value - zero.value)[use], (claim.values - zero.value)[use]
    apart, precision = before_writing(zero)[use], zero.precision
    if precision.has_notation:
        apart = apart + precision.written(np.abs(claim.values[use]))
    return effect, needed, before_writing(one)[use], apart


def before_writing(x: Bounded) -> Array:
    """The error of a stored number without what its notation added, if it did."""
    if not x.precision.has_notation:
        return x.error
    added = x.precision.written(x.size)
    return np.where(x.error > added, x.error - added, x.error)


def through_evidence(parts: Sequence[Part]) -> Interval | None:
    """The number that all the evidence leaves; None where the number has no effect."""
    X, Y, E_one, E_zero = (np.concatenate(part) for part in zip(*parts, strict=True))
    if not (X != 0).any():
        return None
    X, Y, E_one, E_zero = (x[X != 0] for x in (X, Y, E_one, E_zero))
    clearest = np.abs(X).argmax()
    about = abs(Y[clearest] / X[clearest])
    return through_intervals(X, Y, E_zero + about * E_one)


def through_intervals(X: Array, Y: Array, E: Array) -> Interval:
    """The numbers t with |Y − t X| ≤ E everywhere (X ≠ 0): their middle and half-width."""
    ends = np.array([(Y - E) / X, (Y + E) / X])
    low, high = ends.min(axis=0).max(), ends.max(axis=0).min()
    return float((low + high) / 2.0), float(max(high - low, 0.0) / 2.0)


def snapped(number: float, uncertainty: float) -> Interval:
    """The roundest number within the uncertainty, which then is exact; else as found."""
    short = next(short_numbers(number, uncertainty), None)
    return (number, uncertainty) if short is None else (short, 0.0)


def digits_of(number: float) -> int:
    """How many digits the number has, as far as a short one may have."""
    lengths = range(1, ROUND_DIGITS + 1)
    fitting = (n for n in lengths if number == float(f"{number:.{n - 1}e}"))
    return next(fitting, ROUND_DIGITS + 1)


def short_numbers(number: float, uncertainty: float) -> Iterator[float]:
    """Numbers of few digits within the uncertainty, the likeliest choice of people first."""
    if number == 0 or not np.isfinite(number):
        return
    choices = [*favourites(number, uncertainty)]
    choices += [float(f"{number:.{digits}e}") for digits in range(ROUND_DIGITS)]
    yield from (short for short in dict.fromkeys(choices) if abs(short - number) <= uncertainty)


def favourites(number: float, uncertainty: float) -> Iterator[float]:
    """1, 5 and 2 times the powers of ten about here, those nearest to the number first."""
    least, most = abs(number) - uncertainty, abs(number) + uncertainty
    if least <= 0 or not np.isfinite(most):
        return  # 0 is within: any power of ten would be
    powers = range(math.floor(math.log10(least)), math.floor(math.log10(most)) + 1)
    for first in FAVOURITES:
        found = [math.copysign(float(f"{first}e{power}"), number) for power in powers]
        yield from sorted(found, key=lambda short: abs(short - number))
