"""How well a model foretells what it has not seen: AUC with its interval, and calibration."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from deita_tui.lite.taste.grid import Floats
from deita_tui.lite.taste.logistic import sigmoid

_Z = 1.959963984540054
_BINS = 5

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bin:
    """Records that were given a like chance, and what became of them."""

    count: int
    said: float
    """The mean chance of a keep that they were given."""
    kept: float
    """The share that was kept."""
    low: float
    high: float
    """Of that share, 95 % (Wilson)."""


def auc(values: Floats, keeps: Mask, folds: NDArray[np.int64]) -> float:
    """How often a keep stands above a reject of the same fold; equal values count as half.

    Within folds alone, since the models of two folds need not agree on what a value means.
    """
    wins, pairs = 0.0, 0
    for fold in np.unique(folds):
        yes, no = values[keeps & (folds == fold)], np.sort(values[~keeps & (folds == fold)])
        below = np.searchsorted(no, yes, "left")
        equal = np.searchsorted(no, yes, "right") - below
        wins += float(below.sum()) + float(equal.sum()) / 2
        pairs += len(yes) * len(no)
    return wins / pairs


def validated_interval(area: float, keeps: int, rejects: int) -> tuple[float, float]:
    """The 95 % interval of an AUC that cross-validation gave: as of half as many records.

    The models of the folds learned from much the same records, and each fold ranks few pairs, so
    such an AUC scatters more than one of records set aside: 1.4 times as much in simulations of 50
    to 300 records with and without a taste, which is as half as many would. There is no unbiased
    estimate of it (Bengio and Grandvalet, 2004).
    """
    return interval(area, keeps / 2, rejects / 2)


def interval(area: float, keeps: float, rejects: float) -> tuple[float, float]:
    """The 95 % interval of an AUC: Newcombe (2006), method 5; never of no width, at 1 neither.

    The values at which the area that was found is 1.96 standard errors away, with the variance of
    Hanley and McNeil (1982) for groups of like size.

    Args:
        area: the AUC.
        keeps: independent ones: near twins count once.
        rejects: the same.
    """
    mean = max(0.0, (keeps + rejects) / 2 - 1)

    def away(true: float) -> float:
        spread = 1 + mean * (1 - true) / (2 - true) + mean * true / (1 + true)
        return abs(area - true) - _Z * sqrt(true * (1 - true) * spread / (keeps * rejects))

    return _root(away, area, 0.0), _root(away, area, 1.0)


def share_interval(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927)."""
    if not count:
        return 0.0, 1.0
    share, square = hits / count, _Z**2 / count
    middle = (share + square / 2) / (1 + square)
    wide = _Z * sqrt(share * (1 - share) / count + square / (4 * count)) / (1 + square)
    return max(0.0, middle - wide), min(1.0, middle + wide)


def bins(chances: Floats, keeps: Mask) -> tuple[Bin, ...]:
    """Five bins of as many records each, by the chance that they were given, lowest first."""
    found = []
    for some in np.array_split(np.argsort(chances, kind="stable"), _BINS):
        if len(some):
            hits = int(keeps[some].sum())
            said = float(chances[some].mean())
            found.append(Bin(len(some), said, hits / len(some), *share_interval(hits, len(some))))
    return tuple(found)


def error(found: tuple[Bin, ...]) -> float:
    """The expected calibration error: how far chance and share are apart, over the bins."""
    return sum(e.count * abs(e.said - e.kept) for e in found) / sum(e.count for e in found)


def brier(chances: Floats, keeps: Mask) -> float:
    """The mean squared error of the chances."""
    return float(((chances - keeps) ** 2).mean())


def platt(values: Floats, keeps: Mask) -> tuple[float, float]:
    """Slope and offset that turn logits into chances (Platt, 1999); a slope below 0 becomes 0.

    Fitted to (keeps + 1) / (keeps + 2) and 1 / (rejects + 2), as he does, and not to 1 and 0.
    """
    yes, no = int(keeps.sum()), int((~keeps).sum())
    aims = np.where(keeps, (yes + 1) / (yes + 2), 1 / (no + 2))
    slope, offset = 1.0, 0.0
    for _ in range(100):
        chance = sigmoid(slope * values + offset)
        curve, rest = chance * (1 - chance) + 1e-12, chance - aims
        a, b, c = (curve * values**2).sum(), (curve * values).sum(), curve.sum()
        g, h = (rest * values).sum(), rest.sum()
        whole = a * c - b * b
        if whole <= 1e-9 * a * c or not np.isfinite(whole):
            slope = 0.0
            break
        steps = (c * g - b * h) / whole, (a * h - b * g) / whole
        scale = min(1.0, 2 / (abs(steps[0]) + abs(steps[1]) + 1e-300))
        slope, offset = float(slope - scale * steps[0]), float(offset - scale * steps[1])
        if abs(steps[0]) + abs(steps[1]) < 1e-9:
            break
    if slope <= 0 or not np.isfinite(slope + offset):
        share = float(aims.mean())
        return 0.0, float(np.log(share / (1 - share)))
    return slope, offset


def _root(away: Callable[[float], float], inside: float, outside: float) -> float:
    """Where ``away`` crosses 0 between a point where it is below and one where it is above."""
    if away(outside) < 0:
        return outside
    for _ in range(60):
        middle = (inside + outside) / 2
        if away(middle) <= 0:
            inside = middle
        else:
            outside = middle
    return (inside + outside) / 2
