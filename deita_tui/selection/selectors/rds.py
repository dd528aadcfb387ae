"""RDS+: what resembles a set of target examples most, target by target.

Ivison et al.: Large-scale data selection for instruction tuning, arXiv 2503.01807, Algorithm 1: the
targets take turns, each takes the record most similar to it that it has not taken yet, and what two
targets took counts once. With tasks (``Pool.target_groups``) these take turns instead, and a record
is as similar to a task as to its most similar target. Equally similar ones go in rank order.
"""

import numpy as np
from numpy.typing import NDArray

from deita_tui.errors import UsageError
from deita_tui.neighbours.similarity import exact, renormalised
from deita_tui.selection.products import gather, margin
from deita_tui.selection.task import Task
from deita_tui.selection.walk import Walk

_BLOCK = 4_096
_QUERIES = 64  # that the pool is read for at once
_DEEPEST = 4_096  # of a list, before it is known to be needed


def choose(task: Task, candidates: NDArray[np.int32], already: NDArray[np.int32]) -> Walk:
    """Let the targets take turns until there is no more room."""
    done, room = Walk(), task.room
    taken = np.zeros(len(candidates), np.bool_)
    kept: list[int] = []
    skipped: list[int] = []
    left = _lists(task, candidates)
    while left and not room.full:
        for each in list(left):
            node = each.next()
            while node is not None and not taken[node] and not room.admits(int(candidates[node])):
                taken[node] = True
                skipped.append(node)
                node = each.next()
            if node is None:
                left.remove(each)
            elif not taken[node]:
                one = candidates[node : node + 1]
                if not room.fitting(one):
                    left = []
                    break
                taken[node] = True
                room.take(one)
                kept.append(node)
                if room.full:
                    break
    done.kept.append(candidates[kept])
    done.skipped.append(candidates[skipped])
    done.examined = len(kept) + len(skipped)
    return done


def _lists(task: Task, candidates: NDArray[np.int32]) -> "list[_List]":
    """One list for each target or task."""
    targets, groups = task.pool.targets, task.pool.target_groups
    if targets is None or not len(targets):
        raise UsageError("rds needs examples of what is wanted.", "Give a file of them: --targets.")
    if not len(candidates):
        return []
    targets = np.asarray(targets)
    groups = np.arange(len(targets)) if groups is None else np.asarray(groups)
    queries = [targets[groups == group] for group in np.unique(groups)]
    each = 4 * min(len(candidates), task.room.records) // len(queries)
    depth = min(len(candidates), 64 + min(each, _DEEPEST))
    rows = task.pool.row[candidates].astype(np.int64)
    lists = [_List(task.pool.vectors, rows, query, depth) for query in queries]
    for start in range(0, len(lists), _QUERIES):
        _fill(lists[start : start + _QUERIES])
    return lists


class _List:
    """The records by their similarity to one task, as deep as was asked for."""

    def __init__(
        self,
        vectors: NDArray[np.float16],
        rows: NDArray[np.int64],
        targets: NDArray[np.float16],
        depth: int,
    ) -> None:
        self.vectors = vectors
        self.rows = rows
        self.unit = renormalised(targets)
        self._targets = targets
        self._margin = np.float32(2 * margin(vectors.shape[1]))
        self._depth = depth
        self._order = np.empty(0, np.int64)
        self._at = 0

    def next(self) -> int | None:
        """The next most similar; None: there are no more."""
        if self._at == len(self._order):
            if self._at == len(self.rows):
                return None
            self._depth = min(len(self.rows), 4 * self._depth)
            _fill([self])
        self._at += 1
        return int(self._order[self._at - 1])

    def fill(self, highest: NDArray[np.float32]) -> None:
        """Take over the most similar ones, in exact order: no product decides what is listed."""
        cut = len(highest) - self._depth
        lowest = np.partition(highest, cut)[cut]
        nodes = np.flatnonzero(highest >= lowest - self._margin)
        similarity = np.concatenate(
            [self._exact(nodes[at : at + _BLOCK]) for at in range(0, len(nodes), _BLOCK)]
        )
        self._order = nodes[np.lexsort((nodes, -similarity))][: self._depth]

    def _exact(self, nodes: NDArray[np.int64]) -> NDArray[np.float64]:
        stored = gather(self.vectors, self.rows[nodes])
        products = renormalised(stored) @ self.unit.T
        close = products >= products.max(axis=1, keepdims=True) - self._margin
        node, target = np.nonzero(close)
        found = np.full(len(nodes), -2.0)
        np.maximum.at(found, node, exact(stored[node], self._targets[target]))
        return found


def _fill(lists: list[_List]) -> None:
    """Read the pool once for several lists."""
    vectors, rows = lists[0].vectors, lists[0].rows
    highest = np.empty((len(lists), len(rows)), np.float32)
    for start in range(0, len(rows), _BLOCK):
        unit = renormalised(gather(vectors, rows[start : start + _BLOCK]))
        for number, each in enumerate(lists):
            highest[number, start : start + _BLOCK] = (unit @ each.unit.T).max(axis=1)
    for number, each in enumerate(lists):
        each.fill(highest[number])
