"""DEITA's score-first, diversity-aware selection (paper §2.5, Algorithm 1)."""

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.exact import Exact
from deita_tui.selection.instant import Instant
from deita_tui.selection.ordered import take
from deita_tui.selection.task import Task
from deita_tui.selection.walk import Walk
from deita_tui.selection.witnesses import witnesses


def choose(task: Task, candidates: NDArray[np.int32], already: NDArray[np.int32]) -> Walk:
    """Down the ranking; what is more similar than the threshold to a kept one is left out."""
    if task.params.threshold >= 1:  # nothing is more similar than that
        return take(candidates, task.room)
    pool, work, threshold = task.pool, task.work, task.params.threshold
    wanted = min(len(candidates), task.room.records)
    products, other = work.products(pool, threshold, wanted), work.other(pool)
    lists = work.lists(pool) if task.gear == "instant" else None
    walk: Exact | Instant
    if lists is not None:
        walk = Instant(
            products, lists, pool.vectors, pool.row, threshold, task.room, other, work.stretch
        )
    else:
        place = task.place()
        proven = witnesses(task.previous, pool, task.params, task.ranking)
        walk = Exact(
            products, pool.vectors, pool.row, place, threshold, task.room, other, proven, work.block
        )
    walk.pin(already)
    return walk.walk(candidates)
