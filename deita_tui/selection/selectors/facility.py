"""Facility location: what is kept should resemble everything, as closely as possible.

Each record of the pool counts with its similarity to the most similar kept one, and what adds most
to the sum is kept next (Superfiltering.D takes the best fifth by IFD, ``head``, and selects from it
like this: Li et al., arXiv 2402.00530). Only the similarities in the lists of neighbours count, the
others as 0, so the memory is that of the lists. Gains only shrink while more is kept, so an old
gain that is still the highest after it was brought up to date is the highest (Minoux 1978).
"""

import heapq

import numpy as np
from numpy.typing import NDArray

from deita_tui.errors import UsageError
from deita_tui.selection.task import Task
from deita_tui.selection.walk import Walk


def choose(task: Task, candidates: NDArray[np.int32], already: NDArray[np.int32]) -> Walk:
    """Take what gains most until there is no more room; of equal gains the better placed."""
    done, room, row = Walk(), task.room, task.pool.row
    facilities = _Facilities(task, candidates, already)
    gains = facilities.all_gains()[row[candidates]]
    heap = [(-gain, node) for node, gain in enumerate(gains.tolist())]
    heapq.heapify(heap)
    kept, skipped = [], []
    while heap and not room.full:
        _, node = heapq.heappop(heap)
        gain = facilities.gain(int(row[candidates[node]]))
        if heap and (-gain, node) > heap[0]:
            heapq.heappush(heap, (-gain, node))
            continue
        one = candidates[node : node + 1]
        if not room.admits(int(one[0])):
            skipped.append(node)
            continue
        if not room.fitting(one):
            break
        room.take(one)
        kept.append(node)
        facilities.keep(int(row[one[0]]))
    done.kept.append(candidates[kept])
    done.skipped.append(candidates[skipped])
    done.examined = len(kept) + len(skipped)
    return done


class _Facilities:
    """How well each row is represented, and by which others it could be."""

    def __init__(
        self, task: Task, candidates: NDArray[np.int32], already: NDArray[np.int32]
    ) -> None:
        pool = task.pool
        if pool.neighbours is None or pool.similarities is None:
            raise UsageError(
                "Facility location needs the lists of neighbours.", "deita-tui index makes them."
            )
        size = len(pool.vectors)
        there = already[pool.row[already] >= 0]
        self._weight = np.bincount(pool.row[candidates], minlength=size).astype(np.float64)
        self._weight += np.bincount(pool.row[there], minlength=size)
        self._represented = np.zeros(size)
        self._list_clients(np.asarray(pool.neighbours), np.asarray(pool.similarities))
        other = task.work.other(pool)
        if other is not None:
            for records in (candidates, there):
                closest = np.maximum(other(records).similarity, 0)
                self._represented[pool.row[records]] = closest
        for row in pool.row[there].tolist():
            self.keep(row)

    def _list_clients(
        self, neighbours: NDArray[np.int32], similarities: NDArray[np.float32]
    ) -> None:
        """For each row those that list it, ascending, and how similar they are."""
        wanted = np.flatnonzero(self._weight)
        facility = neighbours[wanted].reshape(-1)
        similarity = similarities[wanted].reshape(-1)
        useful = np.flatnonzero((facility >= 0) & (similarity > 0))
        order = useful[np.argsort(facility[useful], kind="stable")]
        self._client = np.repeat(wanted, neighbours.shape[1])[order]
        self._similarity = similarity[order].astype(np.float64)
        counts = np.bincount(facility[order], minlength=len(neighbours))
        self._start = np.concatenate([[0], np.cumsum(counts)])

    def all_gains(self) -> NDArray[np.float64]:
        """What each row would add, (m,). bincount adds in order: the same sums everywhere."""
        facility = np.repeat(np.arange(len(self._weight)), np.diff(self._start))
        better = np.maximum(self._similarity - self._represented[self._client], 0)
        gains = np.bincount(
            facility, weights=better * self._weight[self._client], minlength=len(self._weight)
        )
        return np.asarray(gains + self._own(np.arange(len(self._weight))))

    def gain(self, row: int) -> float:
        """What one row would add now."""
        piece = slice(self._start[row], self._start[row + 1])
        client = self._client[piece]
        better = np.maximum(self._similarity[piece] - self._represented[client], 0)
        terms = np.cumsum(better * self._weight[client])
        return float((terms[-1] if len(terms) else 0.0) + self._own(np.array([row]))[0])

    def keep(self, row: int) -> None:
        """Let a row represent itself and those that list it."""
        piece = slice(self._start[row], self._start[row + 1])
        client = self._client[piece]
        self._represented[client] = np.maximum(self._represented[client], self._similarity[piece])
        self._represented[row] = 1.0

    def _own(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray(np.maximum(1 - self._represented[rows], 0) * self._weight[rows])
