"""Resampling whole groups with replacement, as weights (Efron's bootstrap, clustered)."""

import numpy as np

from deita_tui.trust.predicting import Floats, Ints


def weights(groups: Ints, count: int, seed: int) -> Floats:
    """How often each item is drawn, ``count`` times over.

    Args:
        groups: (n,) the group of each item, from 0 without gaps.
        count: of drawings.
        seed: of the draw.

    Returns:
        (count, n)
    """
    draw = np.random.default_rng(seed)
    size = int(groups.max()) + 1
    times = draw.multinomial(size, np.full(size, 1 / size), size=count)
    return np.asarray(times[:, groups], np.float64)


def numbered(keys: "list[object]") -> Ints:
    """The group of each item by its key: from 0, in the order in which keys first appear."""
    known: dict[object, int] = {}
    return np.array([known.setdefault(key, len(known)) for key in keys], np.int64)
