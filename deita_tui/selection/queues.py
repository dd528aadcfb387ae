"""What queues compute of arrays: ranks that differ, values that stand out, orders to read in."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
One = TypeVar("One")


def standing(values: Floats) -> Floats:
    """The share of values below each one, and of half of those that equal it: 0 to 1.

    So what has 0.98 is among the highest 2 %, and what has 0.02 among the lowest.

    Args:
        values: (n,) without NaN.
    """
    if not len(values):
        return np.zeros(0)
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle = last - counts / 2
    return np.asarray(middle[place] / len(values), np.float64)


def far_above(values: Floats, reach: float = 1.5) -> NDArray[np.int64]:
    """The places of values far above the rest, the highest first, equal ones in their own order.

    Far is beyond the third quartile by ``reach`` times the distance of the quartiles: the fence of
    Tukey's Exploratory Data Analysis (1977). Of numbers that are spread normally 0.35 % are.

    Args:
        values: (n,) without NaN.
        reach: how far.
    """
    if not len(values):
        return np.zeros(0, np.int64)
    first, third = np.quantile(values, [0.25, 0.75])
    out = np.flatnonzero(values > third + reach * (third - first))
    return out[np.argsort(-values[out], kind="stable")]


def in_turn(lists: Sequence[Sequence[One]]) -> Iterator[One]:
    """The first of each list, then the second of each, and so on to the end of the longest."""
    for row in zip_longest(*lists, fillvalue=None):
        yield from (each for each in row if each is not None)
