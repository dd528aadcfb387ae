"""k-center greedy: again and again what is furthest from everything kept.

Sener and Savarese: Active learning for convolutional neural networks: a core-set approach, ICLR
2018, Algorithm 1; the selector of MoDS and DiverseEvol. The distance is the Euclidean one of unit
vectors, so the furthest is the one whose highest similarity to a kept one is lowest. It begins with
the best scored record where nothing is kept yet. Equally far ones are taken in rank order.

A record's highest similarity only rises while more is kept. So what was found for it earlier rules
it out as long as another is lower, and only the lowest are brought up to date.
"""

import numpy as np
from numpy.typing import NDArray

from deita_tui.neighbours.similarity import exact, renormalised
from deita_tui.selection.products import gather, margin
from deita_tui.selection.task import Task
from deita_tui.selection.walk import Walk

_TOGETHER = 512
_NEVER = np.float32(np.inf)


def choose(task: Task, candidates: NDArray[np.int32], already: NDArray[np.int32]) -> Walk:
    """Take the furthest until there is no more room."""
    done, room = Walk(), task.room
    kept, skipped = [], []
    distances = _Distances(task, candidates, already)
    while not room.full and distances.left:
        node = distances.furthest()
        one = candidates[node : node + 1]
        if not room.admits(int(one[0])):
            skipped.append(node)
            distances.drop(node)
            continue
        if not room.fitting(one):
            break
        room.take(one)
        kept.append(node)
        distances.keep(node)
    done.kept.append(candidates[kept])
    done.skipped.append(candidates[skipped])
    done.examined = len(kept) + len(skipped)
    return done


class _Distances:
    """The highest similarity of each candidate to the centers, as far as it is known."""

    def __init__(
        self, task: Task, candidates: NDArray[np.int32], already: NDArray[np.int32]
    ) -> None:
        pool = task.pool
        self._vectors = pool.vectors
        self._rows = pool.row[candidates].astype(np.int64)
        self._margin = margin(pool.vectors.shape[1])
        there = pool.row[already][pool.row[already] >= 0].astype(np.int64)
        self._stored = gather(pool.vectors, there)
        if pool.against is not None:
            self._stored = np.concatenate([np.asarray(pool.against), self._stored])
        self._centers = renormalised(self._stored)
        self._count = len(self._centers)
        # In float32 against the first ``known`` centers, and exactly against the first ``proven``.
        self._highest = np.full(len(candidates), -2, np.float32)
        self._known = np.zeros(len(candidates), np.int64)
        self._exact = np.full(len(candidates), -2.0)
        self._proven = np.zeros(len(candidates), np.int64)
        self.left = len(candidates)

    def furthest(self) -> int:
        """The candidate that is least similar to its most similar center."""
        while True:
            lowest = self._highest.min()
            close = np.flatnonzero(self._highest <= lowest + np.float32(2 * self._margin))
            stale = close[self._known[close] < self._count]
            if not len(stale):
                return self._of_equals(close)
            if len(stale) < _TOGETHER:  # what is next lowest will be asked for soon
                more = np.flatnonzero(self._highest <= lowest + np.float32(0.02))
                more = more[self._known[more] < self._count]
                stale = np.union1d(stale, more[:_TOGETHER])
            self._update(stale)

    def _update(self, nodes: NDArray[np.int64]) -> None:
        for start in range(0, len(nodes), _TOGETHER):
            part = nodes[start : start + _TOGETHER]
            first = int(self._known[part].min())
            rows = renormalised(gather(self._vectors, self._rows[part]))
            new = (rows @ self._centers[first : self._count].T).max(axis=1)
            self._highest[part] = np.maximum(self._highest[part], new)
            self._known[part] = self._count

    def _of_equals(self, nodes: NDArray[np.int64]) -> int:
        """The exactly lowest of nodes that the products cannot tell apart, the first of equals."""
        if len(nodes) == 1 or self._count == 0:
            return int(nodes[0])
        for node in nodes:
            first = self._proven[node]
            centers = self._stored[first : self._count]
            own = gather(self._vectors, self._rows[node : node + 1])
            similarity = exact(np.repeat(own, len(centers), axis=0), centers)
            self._exact[node] = max(self._exact[node], similarity.max(initial=-2))
            self._proven[node] = self._count
        return int(nodes[np.argmin(self._exact[nodes])])

    def keep(self, node: int) -> None:
        """Make a candidate a center."""
        if self._count == len(self._centers):
            more = max(1_024, self._count)
            width = self._vectors.shape[1]
            self._centers = np.concatenate([self._centers, np.empty((more, width), np.float32)])
            self._stored = np.concatenate([self._stored, np.empty((more, width), np.float16)])
        stored = gather(self._vectors, self._rows[node : node + 1])
        self._stored[self._count] = stored[0]
        self._centers[self._count] = renormalised(stored)[0]
        self._count += 1
        self.drop(node)

    def drop(self, node: int) -> None:
        """Look at a candidate no more."""
        self._highest[node] = _NEVER
        self._known[node] = 1 << 62
        self.left -= 1
