"""The records that resemble one most, whatever a selection made of them."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_tui.neighbours.similarity import exact, renormalised
from deita_tui.selection.case import Case
from deita_tui.selection.pool import Pool
from deita_tui.selection.result import STATUSES

_STRIDE = 16_384


class Neighbour(msgspec.Struct, frozen=True):
    """A record that resembles the one in question."""

    id: int
    similarity: float
    status: str
    rank: int | None


def nearest(case: Case, place: int, count: int) -> list[Neighbour]:
    """The records that resemble the one at ``place`` most, whatever became of them."""
    pool, result = case.pool, case.result
    row = int(pool.row[place])
    if row < 0:
        return []
    rows, alike = _near_rows(pool, row, count + 1)
    at = np.flatnonzero(np.isin(pool.row, rows))
    at = at[at != place]
    order = np.argsort(rows, kind="stable")
    similar = alike[order[np.searchsorted(rows[order], pool.row[at])]]
    best = np.lexsort((at, -similar))[:count]
    return [
        Neighbour(
            int(pool.ids[at[each]]),
            float(similar[each]),
            STATUSES[result.status[at[each]]],
            int(result.rank[at[each]]) or None,
        )
        for each in best
    ]


def kept_above(case: Case, place: int) -> list[int]:
    """Places of kept records more similar to one than the threshold allows, nearest first."""
    pool, kept = case.pool, case.result.kept
    kept = kept[pool.row[kept] >= 0]
    if pool.row[place] < 0 or not len(kept):
        return []
    own = np.repeat(pool.vectors[pool.row[place]][None], len(kept), axis=0)
    alike = exact(own, np.asarray(pool.vectors[pool.row[kept]]))
    above = np.flatnonzero(alike > case.params.threshold)
    return [int(each) for each in kept[above[np.argsort(-alike[above], kind="stable")]]]


def _near_rows(pool: Pool, row: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The rows that resemble ``row`` most, itself first: from the lists, or by a product."""
    if pool.neighbours is not None and pool.similarities is not None:
        rows = pool.neighbours[row].astype(np.int64)
        rows = rows[rows >= 0][:count]
    else:
        own = renormalised(np.asarray(pool.vectors[row : row + 1]))[0]
        alike = np.concatenate(
            [
                renormalised(np.asarray(pool.vectors[start : start + _STRIDE])) @ own
                for start in range(0, len(pool.vectors), _STRIDE)
            ]
        )
        alike[row] = -np.inf
        top = min(count, len(alike) - 1)
        rows = (
            np.argpartition(-alike, top)[:top].astype(np.int64)
            if top > 0
            else np.zeros(0, np.int64)
        )
    rows = np.concatenate([np.array([row], np.int64), rows])
    own = np.repeat(np.asarray(pool.vectors[row])[None], len(rows), axis=0)
    return rows, exact(own, np.asarray(pool.vectors[rows]))
