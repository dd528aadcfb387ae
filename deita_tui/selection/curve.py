"""How much is kept, and how redundant it is, over a range of thresholds."""

from collections.abc import Iterable

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_tui.neighbours.similarity import renormalised
from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool
from deita_tui.selection.products import gather
from deita_tui.selection.result import TOO_SIMILAR, Result
from deita_tui.selection.select import select
from deita_tui.selection.task import Gear
from deita_tui.selection.work import Work

_SAMPLE = 2_000  # kept records that redundancy is measured on
_BLOCK = 4_096


class Point(msgspec.Struct, frozen=True):
    """One threshold."""

    threshold: float
    kept: int
    too_similar: int
    examined: int
    """How far down the ranking the budget reaches."""
    redundancy: float | None
    """The mean similarity of a kept record to the most similar other kept one; of at most 2,000
    of them, evenly spread over the ranking. None where there are no two."""


def curve(
    pool: Pool,
    params: Params,
    thresholds: Iterable[float],
    allowed: NDArray[np.bool_] | None = None,
    gear: Gear = "exact",
    work: Work | None = None,
) -> list[Point]:
    """Select once for each threshold; all else is as in ``params``."""
    work = work or Work()
    points = []
    result: Result | None = None
    for threshold in thresholds:
        asked = msgspec.structs.replace(params, threshold=threshold)
        result = select(pool, asked, allowed, gear, result if gear == "exact" else None, work)
        similar = int(np.count_nonzero(result.status == TOO_SIMILAR))
        points.append(
            Point(threshold, len(result.kept), similar, result.examined, redundancy(pool, result))
        )
    return points


def redundancy(pool: Pool, result: Result) -> float | None:
    """See ``Point.redundancy``."""
    rows = pool.row[result.kept].astype(np.int64)
    rows = rows[rows >= 0]
    if len(rows) < 2:
        return None
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(_SAMPLE, len(rows))).astype(np.int64))
    own = renormalised(gather(pool.vectors, rows[chosen]))
    highest = np.full(len(chosen), -1, np.float32)
    for start in range(0, len(rows), _BLOCK):
        others = renormalised(gather(pool.vectors, rows[start : start + _BLOCK]))
        products = own @ others.T
        inside = np.flatnonzero((chosen >= start) & (chosen < start + _BLOCK))
        products[inside, chosen[inside] - start] = -1  # itself
        np.maximum(highest, products.max(axis=1), out=highest)
    return round(float(np.minimum(highest, 1).astype(np.float64).mean()), 4)
