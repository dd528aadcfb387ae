"""What a check of skipped records says of the overlap, whatever the model believed.

The records that were skipped are a finite lot of M. Of them m, drawn at random after it was decided
which are skipped, are scored after all. Had all scores been there, j of the lot would be selected
and as many of the present selection, the last of it, would not: so the full selection ends at the
score of its (size - j)-th record, and those of the m that come into it with that score or a better
one are hypergeometric with M, j and m. The interval holds every j that does not make the number
seen improbable, as Clopper and Pearson's does (see ``selection.audit``). It rests on the draw
alone, and on no property of scores.

Where a check makes the work go on, another one follows; each of them gets a part of the permitted
error, so that all of them together hold as often as one would.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, lgamma

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
LOOKS = 4
"""Checks at most."""
_FIRST = 0.8
"""The share of the permitted error that the first check gets."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A share, and within which bounds it lies."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Check:
    """What was found among skipped records.

    Attributes:
        skipped: how many there were.
        drawn: how many of them were drawn and scored.
        kept: scores of the records in the selection that were scored before the check, best first.
        found: scores of the drawn ones that came into the selection, best first.
        moved: records scored before that came in with them: a missed record may have had a similar
            one kept that keeps others out.
        later: scores of others of the lot that were scored afterwards and came in, best first.
    """

    skipped: int
    drawn: int
    kept: Floats
    found: Floats
    moved: int = 0
    later: Floats | None = None

    def overlap(self, size: int, confidence: float) -> Interval:
        """The share of the full selection that the present one holds.

        Args:
            size: of the selection.
            confidence: how often the interval is to hold the truth, at least.
        """
        if self.skipped == self.drawn or not size:
            return Interval(1.0, 1.0, 1.0)
        tail, lot, drawn = (1 - confidence) / 2, self.skipped, self.drawn
        last = min(lot, size)
        most = _last(last, lambda j: at_most(lot, drawn, j, self._seen(size, j)) >= tail)
        fewer = _last(last, lambda j: at_least(lot, drawn, j, self._seen(size, j)) < tail)
        likely = _last(last, lambda j: j * drawn <= self._seen(size, j) * lot)
        least = min(fewer + 1, most) if at_least(lot, drawn, 0, self._seen(size, 0)) < tail else 0
        low, high, middle = (self._share(size, j) for j in (most, least, likely))
        return Interval(min(max(middle, low), high), low, high)

    def _share(self, size: int, missed: int) -> float:
        """The overlap, if so many of the lot belong in the selection."""
        limit = self._limit(size, missed)
        later = 0 if self.later is None else _count(self.later, limit)
        left = max(0, missed - _count(self.found, limit) - later)
        worth = 1 + (self.moved / len(self.found) if len(self.found) else 0.0)
        return max(0.0, 1 - left * worth / size)

    def _seen(self, size: int, missed: int) -> int:
        return _count(self.found, self._limit(size, missed))

    def _limit(self, size: int, missed: int) -> float:
        """Where the full selection ends, if so many of the lot belong in it."""
        place = size - missed - 1
        if place < 0:
            return float("inf")
        return float(self.kept[place]) if place < len(self.kept) else float("-inf")


def confidence(look: int) -> float:
    """How sure the interval of a check is to be, the first being number 0.

    The errors permitted to all looks add up to that of ``CONFIDENCE``.
    """
    permitted = 1 - CONFIDENCE
    if look == 0:
        return 1 - permitted * _FIRST
    return 1 - permitted * (1 - _FIRST) / (LOOKS - 1)


def at_most(lot: int, drawn: int, among: int, count: int) -> float:
    """How probable ``count`` or fewer are in a draw from a lot with so many ``among`` it."""
    return sum(_exactly(lot, drawn, among, each) for each in range(min(count, among, drawn) + 1))


def at_least(lot: int, drawn: int, among: int, count: int) -> float:
    """How probable ``count`` or more are."""
    return 1.0 if count <= 0 else max(0.0, 1 - at_most(lot, drawn, among, count - 1))


def _exactly(lot: int, drawn: int, among: int, count: int) -> float:
    if count < drawn - (lot - among):
        return 0.0
    ways = _ways(among, count) + _ways(lot - among, drawn - count) - _ways(lot, drawn)
    return exp(ways)


def _ways(of: int, count: int) -> float:
    return lgamma(of + 1) - lgamma(count + 1) - lgamma(of - count + 1)


def _count(falling: Floats, limit: float) -> int:
    """How many of scores, best first, reach ``limit``."""
    return int(np.searchsorted(-falling, -limit, side="right"))


def _last(most: int, holds: Callable[[int], bool]) -> int:
    """The largest number up to ``most`` for which it holds, which it does up to there; else 0."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low
