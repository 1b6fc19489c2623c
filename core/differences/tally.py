"""Comparing entry by entry: how many were checked, how many disagree, and which are the worst."""

from dataclasses import dataclass, field
from math import isnan

import numpy as np
from numpy.typing import NDArray

from core.arrays import Array
from core.differences.check import LISTED, Comparison
from core.differences.entries import Entries


@dataclass
class Tally:
    """Of one witness over all arrays of parameters; `wrong` holds LISTED of each array at most."""

    checked: int = 0
    disagreed: int = 0
    wrong: list[Comparison] = field(default_factory=list)
    _worst: tuple[Entries, int, float] | None = None

    @property
    def worst(self) -> Comparison | None:
        """The entry with the largest ratio."""
        if self._worst is None:
            return None
        part, flat, ratio = self._worst
        return part.comparison(flat, ratio)

    def count(self, part: Entries, beside: Entries | None = None) -> None:
        """Add one array. Entries that disagree `beside` already are not listed again."""
        ratio = part.ratios()
        flat = int(ratio.argmax())  # of a NaN, if there is one
        if isnan(ratio.flat[flat]):
            known = ~np.isnan(ratio)
            if not known.any():
                return
            self.checked += int(known.sum())
            flat = int(np.nanargmax(ratio))
        else:
            self.checked += ratio.size
        most = float(ratio.flat[flat])
        if self._worst is None or most > self._worst[2]:
            self._worst = part, flat, most
        if most > 1.0:
            wrong = ratio > 1.0
            if beside is not None:
                found = beside.ratios() > 1.0
                wrong &= ~(found if beside.units is not None else found[part.units])
            self._list(part, ratio, np.flatnonzero(wrong))

    def _list(self, part: Entries, ratio: Array, wrong: NDArray[np.intp]) -> None:
        self.disagreed += len(wrong)
        worst_first = wrong[np.argsort(-ratio.flat[wrong], kind="stable")][:LISTED]
        self.wrong += [part.comparison(int(flat), ratio.flat[flat]) for flat in worst_first]
