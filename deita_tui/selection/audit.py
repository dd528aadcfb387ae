"""How often somebody agrees with a selection: an estimate from a random sample, with its interval.

The records that may be judged are a finite lot of N. A sample of n is drawn without replacement,
and a of them find agreement; so a is hypergeometric, and the interval is made of every number of
agreeing records among the N that would not make a sample like this one improbable: Clopper and
Pearson's construction (Biometrika 26, 1934), for draws without replacement. It covers the truth at
least as often as it says, whatever the truth is, and has no width where all N are judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, lgamma

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.selectors.plain import mixed

CONFIDENCE = 0.95

_ROUNDING = 1e-9
"""Logarithms of factorials are right to about this; what equals the tail is held in."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share of a finite lot, estimated."""

    share: float
    """Of the sample; NaN where nothing is judged."""
    low: float
    high: float

    @property
    def error(self) -> float:
        """How far the interval reaches from the share, on the side where it reaches further."""
        return max(self.share - self.low, self.high - self.share)


@lru_cache(maxsize=256)
def estimate(lot: int, judged: int, agreed: int, confidence: float = CONFIDENCE) -> Estimate:
    """The share of a lot that somebody would agree with.

    Args:
        lot: how many there are in all.
        judged: how many of them, drawn at random, were judged.
        agreed: with how many of these somebody agrees.
        confidence: how often the interval is to hold the truth, at least.
    """
    if not 0 <= agreed <= judged <= lot:
        raise ValueError(f"{agreed} of {judged} of {lot} cannot be.")
    if not judged:
        return Estimate(float("nan"), 0.0, 1.0)
    tail = (1 - confidence) / 2
    low = _least(lot, judged, agreed, tail)
    # Agreement and disagreement mirror each other.
    high = lot - _least(lot, judged, judged - agreed, tail)
    return Estimate(agreed / judged, low / lot, high / lot)


def _least(lot: int, judged: int, agreed: int, tail: float) -> int:
    """The smallest number of agreeing records that gives so many in a sample often enough."""
    first, last = agreed, lot - (judged - agreed)
    while first < last:
        middle = (first + last) // 2
        if _at_least(lot, judged, agreed, middle) >= tail * (1 - _ROUNDING):
            last = middle
        else:
            first = middle + 1
    return first


def _at_least(lot: int, judged: int, agreed: int, agreeing: int) -> float:
    """How probable ``agreed`` or more are in a sample, where ``agreeing`` of the lot agree."""
    most = min(judged, agreeing)
    return sum(exp(_log(lot, judged, agreeing, count)) for count in range(agreed, most + 1))


def _log(lot: int, judged: int, agreeing: int, count: int) -> float:
    """The logarithm of the probability of exactly ``count``."""
    if count < judged - (lot - agreeing):
        return float("-inf")
    return _choose(agreeing, count) + _choose(lot - agreeing, judged - count) - _choose(lot, judged)


def _choose(among: int, count: int) -> float:
    return lgamma(among + 1) - lgamma(count + 1) - lgamma(among - count + 1)


def reached(judged: Sequence[bool]) -> int:
    """How far down a sample somebody has come who may have skipped some of it.

    What lies beyond was judged, if at all, for another reason than the draw, and would make the
    estimate one of something else. So a sample counts as far as no more than five in a row are not
    judged, and half of it is: skips do no harm, and stray decisions further down add nothing.

    Args:
        judged: of each record of the sample, in the order of the draw, whether it is judged.
    """
    found = count = last = 0
    for at, each in enumerate(judged, start=1):
        if each and at - last <= _SKIPPED + 1:
            count, last = count + 1, at
            found = at if 2 * count >= at else found
        elif at - last > _SKIPPED:
            break
    return found


_SKIPPED = 5
"""So many records in a row may be skipped."""


def drawn(ids: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Ids in an order that is random, and the same for the same seed on every machine.

    Each id draws a number of its own, so that the order of the others stays when some are gone.
    """
    start = mixed(np.array([seed], np.uint64))
    return ids[np.argsort(mixed(ids.astype(np.uint64) ^ start), kind="stable")]
