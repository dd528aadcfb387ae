"""The pairs on either side of a threshold: what one reads to find out where it should be."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.pool import Pool
from deita_tui.selection.products import Plain, similarities
from deita_tui.selection.result import TOO_SIMILAR, Result

_BLOCK = 1_024
_MOST = 20_000  # kept records that are compared with each other; beyond, the first so many


class Pair(msgspec.Struct, frozen=True):
    """Two records by their place in the pool: one, and a kept one before it."""

    record: int
    other: int
    similarity: float


class Borderline(msgspec.Struct, frozen=True):
    """The nearest first on either side."""

    above: tuple[Pair, ...]
    """Left out, though only just."""
    below: tuple[Pair, ...]
    """Both kept, though only just."""


def borderline(pool: Pool, result: Result, threshold: float, count: int = 10) -> Borderline:
    """The pairs of a selection that are nearest to a threshold.

    Above it are records that are left out, with what blocks them. Below it are kept records with
    the most similar kept one before them; of more than 20,000 kept ones, the best 20,000.
    """
    out = np.flatnonzero((result.status == TOO_SIMILAR) & (result.blocker >= 0))
    out = out[result.similarity[out] > threshold]
    out = out[np.lexsort((result.position[out], result.similarity[out]))][:count]
    above = tuple(
        Pair(int(place), int(result.blocker[place]), float(result.similarity[place]))
        for place in out
    )
    return Borderline(above, _below(pool, result.kept[:_MOST], threshold, count))


def _below(pool: Pool, kept: NDArray[np.int32], threshold: float, count: int) -> tuple[Pair, ...]:
    there = kept[pool.row[kept] >= 0]
    width, found = 0.01, (np.empty(0, np.int64),) * 2
    similarity = np.empty(0)
    while len(similarity) < count and width < 4:
        width *= 4
        found, similarity = _between(pool, there, threshold - width, threshold, count)
    order = np.lexsort((*found[::-1], -similarity))[:count]
    return tuple(
        Pair(int(there[found[0][each]]), int(there[found[1][each]]), float(similarity[each]))
        for each in order
    )


def _between(
    pool: Pool, kept: NDArray[np.int32], low: float, high: float, count: int
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]:
    """The most similar pairs from ``low`` to ``high``, at least ``count`` if there are so many."""
    products = Plain(pool.vectors.shape[1])
    side = products.side(pool.vectors, pool.row[kept].astype(np.int64))
    later, earlier = np.empty(0, np.int64), np.empty(0, np.int64)
    similarity = np.empty(0)
    floor = low
    for start in range(0, len(kept), _BLOCK):
        part = side.take(np.arange(start, min(len(kept), start + _BLOCK)))
        before = side.take(np.arange(start + len(part.rows)))
        pairs = products.above(
            part, before, np.full(len(part.rows), floor - products.margin, np.float32)
        )
        pairs = pairs.where((pairs.b < pairs.a + start) & (pairs.product <= high + products.margin))
        exact = similarities(part, before, pairs)
        meant = np.flatnonzero((exact <= high) & (exact >= low))
        later = np.concatenate([later, pairs.a[meant] + start])
        earlier = np.concatenate([earlier, pairs.b[meant]])
        similarity = np.concatenate([similarity, exact[meant]])
        if len(similarity) > count:
            floor = float(np.partition(similarity, len(similarity) - count)[-count])
            best = np.flatnonzero(similarity >= floor)
            later, earlier, similarity = later[best], earlier[best], similarity[best]
    return (later, earlier), similarity
