"""Selectors without a notion of diversity: the baselines."""

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.ordered import take
from deita_tui.selection.task import Task
from deita_tui.selection.walk import Walk


def topk(task: Task, candidates: NDArray[np.int32], already: NDArray[np.int32]) -> Walk:
    """The highest scores."""
    return take(candidates, task.room)


def random(task: Task, candidates: NDArray[np.int32], already: NDArray[np.int32]) -> Walk:
    """A fair sample: each record draws a number that depends on seed and id alone.

    So a record's luck does not change when others come or go.
    """
    return take(candidates[np.argsort(drawn(task, candidates), kind="stable")], task.room)


def balanced(task: Task, candidates: NDArray[np.int32], already: NDArray[np.int32]) -> Walk:
    """As many from each source as it has: sources take turns, each in random order (RDS+ §4)."""
    shuffled = candidates[np.argsort(drawn(task, candidates), kind="stable")]
    source = task.pool.source[shuffled]
    grouped = np.argsort(source, kind="stable")
    counts = np.bincount(source, minlength=len(task.pool.sources))
    turn = np.empty(len(shuffled), np.int64)
    turn[grouped] = np.arange(len(shuffled)) - np.repeat(np.cumsum(counts) - counts, counts)
    return take(shuffled[np.lexsort((source, turn))], task.room)


def drawn(task: Task, records: NDArray[np.int32]) -> NDArray[np.uint64]:
    """A number of 64 bits for each record: splitmix64 of its id, begun at the seed.

    Written out because the numbers of a library's generator may change with its version.
    """
    start = mixed(np.array([task.params.seed & 0xFFFFFFFFFFFFFFFF], np.uint64))
    return mixed(task.pool.ids[records].astype(np.uint64) ^ start)


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014."""
    found = numbers + np.uint64(0x9E3779B97F4A7C15)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))
