"""How much of a selection is found already, and what is to be scored for the rest of it.

The scores that are not there are drawn as they may turn out to be, the selection is made with them
as it would be made with all, and that several times over. What a drawn selection holds that is not
scored is missed. Similar records are left out in it as in the real one, and budgets, shares and
filters hold as well, because it is made by the same code.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deita_tui.trust.predicting import Floats, Ints, Prediction

Choose = Callable[[Floats], Ints]
"""The selection: (n,) scores, NaN where there is none, to the places that it holds."""

DRAWS = 16
_CAUTION = 2.0
"""A record counts as if it had been seen so often to be selected where its score allowed it."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be expected of the selection, as things stand.

    Attributes:
        size: how many records a selection has, about.
        limit: the score at which it ends, about.
        overlap: (draws,) the share of each drawn selection that the present one holds.
        order: (u,) the places without a score, the likeliest first.
        chance: (u,) how probable each of these is to be selected, about.
        curve: (u + 1,) the expected overlap after the first so many of ``order`` are scored.
    """

    size: int
    limit: float
    overlap: Floats
    order: Ints
    chance: Floats
    curve: Floats

    @property
    def expected(self) -> float:
        """The mean of what was drawn."""
        return float(self.overlap.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """Two standard deviations of what was drawn, to either side of its mean.

        It says how the unknown scores may fall, and believes the model. No more than that.
        """
        reach = 2 * float(self.overlap.std(ddof=1))
        return max(0.0, self.expected - reach), min(1.0, self.expected + reach)

    def needed(self, goal: float) -> int:
        """How many more are to be scored until ``goal`` is expected."""
        return int(np.argmax(self.curve >= goal)) if self.curve[-1] >= goal else len(self.order)


def forecast(
    values: Floats,
    known: NDArray[np.bool_],
    prediction: Prediction,
    choose: Choose,
    seed: int,
    draws: int = DRAWS,
) -> Forecast:
    """Draw what is not known, and look what would be selected.

    Args:
        values: (n,) the scores that are known; NaN for a record whose scoring failed.
        known: (n,) which records were scored.
        prediction: of the n scores.
        choose: the selection.
        seed: of the draws.
        draws: how often.
    """
    draw = np.random.default_rng(seed)
    unknown = np.flatnonzero(~known)
    present = _mask(choose(np.where(known, values, np.nan)), len(values))
    above, chosen = np.zeros(len(values)), np.zeros(len(values))
    missed: list[Ints] = []
    shares, sizes, limits = [], [], []
    for _ in range(draws):
        scores = np.where(known, values, prediction.drawn(draw))
        selected = choose(scores)
        limit = float(np.nanmin(scores[selected])) if len(selected) else np.inf
        inside = _mask(selected, len(values))
        above += scores >= limit
        chosen += inside
        missed.append(np.flatnonzero(inside & ~known))
        shares.append(float((inside & present).sum()) / max(1, len(selected)))
        sizes.append(len(selected))
        limits.append(limit)
    # What resembles a better record is left out whatever its score: that has been seen.
    survives = (chosen + _CAUTION) / (above + _CAUTION)
    finite = [each for each in limits if np.isfinite(each)]
    limit = float(np.mean(finite)) if finite else np.inf
    reach = prediction.exceeding(limit)
    chance = (reach * survives)[unknown]
    first = np.argsort(-chance, kind="stable")
    order = unknown[first]
    curve = _curve(order, missed, np.array(shares))
    return Forecast(
        round(float(np.mean(sizes))), limit, np.array(shares), order, chance[first], curve
    )


def _curve(order: Ints, missed: list[Ints], shares: Floats) -> Floats:
    """The overlap expected after the first 0, 1, … of ``order`` are scored."""
    place = np.zeros(int(order.max()) + 1 if len(order) else 0, np.int64)
    place[order] = np.arange(len(order))
    gained = np.zeros(len(order) + 1)
    for places, share in zip(missed, shares, strict=True):
        # What else is amiss, such as records that a missed one would have kept out, goes with it.
        worth = (1 - share) / len(places) if len(places) else 0.0
        np.add.at(gained, place[places] + 1, worth / len(shares))
    return np.asarray(shares.mean() + np.cumsum(gained), np.float64)


def _mask(places: Ints, size: int) -> NDArray[np.bool_]:
    found = np.zeros(size, np.bool_)
    found[places] = True
    return found
