"""How far two scorers agree about the same texts, and what differs where they do not."""

import msgspec
import numpy as np

from deita_tui.lite import distilling
from deita_tui.trust.predicting import Floats, Ints
from deita_tui.trust.resampling import weights


class Agreement(msgspec.Struct, frozen=True):
    """Two scorers on the same texts; intervals resample records."""

    texts: int
    spearman: float
    spearman_low: float
    spearman_high: float
    difference: float
    """The mean of the second minus the first."""
    difference_low: float
    difference_high: float
    noise: float
    """The standard deviation of the difference about its mean: what no shift explains."""
    largest: float
    """The largest difference, whichever way."""
    spread: float
    """The standard deviation of the first's scores, for comparison."""


def agreement(first: Floats, second: Floats, groups: Ints, seed: int = 0) -> Agreement:
    """Compare what two scorers gave.

    Args:
        first: (n,) finite.
        second: (n,) finite.
        groups: (n,) from 0; texts of a group are drawn together.
        seed: of the resampling.
    """
    ranked = distilling.errors(first, second, groups, seed)
    apart = second - first
    drawn = weights(groups, distilling.REPLICATES, seed)
    means = (drawn @ apart) / drawn.sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Agreement(
        texts=len(first),
        spearman=ranked.spearman,
        spearman_low=ranked.spearman_low,
        spearman_high=ranked.spearman_high,
        difference=float(apart.mean()),
        difference_low=float(low),
        difference_high=float(high),
        noise=float(apart.std()),
        largest=float(np.abs(apart).max()),
        spread=float(first.std()),
    )
