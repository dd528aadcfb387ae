"""The k nearest of every record, with their true similarities: see ``merging`` for what a list is.

An index finds candidates; what is written down is computed from the stored rows. Rows that are
equal to the last bit are looked for once and stand together in the lists.
"""

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from deita_tui.backends.products import Product, on_cpu
from deita_tui.neighbours.equals import Equals
from deita_tui.neighbours.exact import nearest
from deita_tui.neighbours.hnsw import Index
from deita_tui.neighbours.merging import NOBODY, Rows, Similarities, arranged, merge
from deita_tui.neighbours.similarity import exact_lists, renormalised

Vectors = NDArray[np.float16]

_CHUNK = 4096
_WIDER = 4  # times as many candidates where a search went astray
_PAIRS = 1 << 22  # pairs that are turned round at a time


def by_index(
    index: Index, vectors: Vectors, equals: Equals, neighbours: Rows, held: Similarities
) -> Generator[int, None, None]:
    """Fill empty lists, (n, k), through an index that holds the first row of each kind.

    Rows that it loses even in a wide search are compared with all.

    Yields:
        How many of ``equals.unique`` have been looked for; the lists are ready at the end.
    """
    unique, k = equals.unique, held.shape[1]
    lost = []
    for start in range(0, len(unique), _CHUNK):
        rows = unique[start : start + _CHUNK]
        labels = _found(index, vectors, rows, k)
        neighbours[rows], held[rows] = _weighed(vectors, rows, labels, k)
        lost.append(rows[~(labels == rows[:, None]).any(axis=1)])
        yield min(start + _CHUNK, len(unique))
    for own, *found in nearest(vectors, k, np.concatenate(lost), unique) if lost else ():
        neighbours[own], held[own] = found
        yield len(unique)
    _turn_round(neighbours, held, unique)
    if len(unique) < len(vectors):
        _expand(equals, neighbours, held)


def by_products(
    vectors: Vectors,
    equals: Equals,
    neighbours: Rows,
    held: Similarities,
    multiply: Product = on_cpu,
) -> Generator[int, None, None]:
    """Fill empty lists, (n, k), by looking at every pair. Yields like ``by_index``."""
    # Thousands of equal rows would all be candidates of each other; so only the first of each
    # kind is looked at, among the first of each kind.
    unique, done = equals.unique, 0
    among = None if len(unique) == len(vectors) else unique
    for own, *found in nearest(vectors, held.shape[1], unique, among, multiply):
        neighbours[own], held[own] = found
        done += len(own)
        yield done
    if among is not None:
        _expand(equals, neighbours, held)


def _found(index: Index, vectors: Vectors, rows: NDArray[np.int32], k: int) -> NDArray[np.int32]:
    """What the index says is near, (b, k + 1), the row itself mostly among it.

    A search that did not even find its own row was led astray (into another cluster than its own)
    and is worth nothing: it is made again with more candidates.
    """
    queries = renormalised(vectors[rows])
    labels = index.query(queries, k + 1)
    astray = np.flatnonzero(~(labels == rows[:, None]).any(axis=1))
    if len(astray):
        labels[astray] = index.query(queries[astray], k + 1, index.graph.ef * _WIDER)
    return labels


def _weighed(
    vectors: Vectors, rows: NDArray[np.int32], labels: NDArray[np.int32], k: int
) -> tuple[Rows, Similarities]:
    """Lists of ``rows``, (b, k), out of what an index found, (b, m)."""
    values = exact_lists(vectors[rows], vectors, np.maximum(labels, 0)).astype(np.float32)
    gone = (labels == NOBODY) | (labels == rows[:, None])
    labels, values = arranged(np.where(gone, NOBODY, labels), np.where(gone, -np.inf, values), k)
    short = k - labels.shape[1]
    if short > 0:
        labels = np.pad(labels, ((0, 0), (0, short)), constant_values=NOBODY)
        values = np.pad(values, ((0, 0), (0, short)), constant_values=-np.inf)
    return labels, values


def _turn_round(neighbours: Rows, held: Similarities, rows: NDArray[np.int32]) -> None:
    """If i found j, then j has found i. What one search missed, the other one often did not."""
    k = held.shape[1]
    step = max(1, _PAIRS // max(1, k))
    for start in range(0, len(rows), step):
        sources = rows[start : start + step]
        targets = neighbours[sources]
        values = held[sources]
        # Symmetric to the last bit: only what beats the last entry, or ties with it, may enter.
        wanted = (targets != NOBODY) & (values >= held[targets, k - 1])
        which, column = np.nonzero(wanted)
        target, source = targets[which, column], sources[which]
        missing = ~_holds(neighbours, target, source)
        which, column = which[missing], column[missing]
        merge(neighbours, held, target[missing], source[missing], values[which, column])


def _holds(neighbours: Rows, lists: Rows, rows: Rows) -> NDArray[np.bool_]:
    found = np.empty(len(lists), bool)
    for start in range(0, len(lists), _CHUNK):
        part = slice(start, start + _CHUNK)
        found[part] = (neighbours[lists[part]] == rows[part, None]).any(axis=1)
    return found


def _expand(equals: Equals, neighbours: Rows, held: Similarities) -> None:
    """Lists of first rows among first rows become lists of all rows among all rows."""
    unique, k = equals.unique, held.shape[1]
    step = max(1, _CHUNK // 4)
    for start in range(0, len(unique), step):
        firsts = unique[start : start + step]
        rows, values = _with_equals(equals, firsts, neighbours[firsts], held[firsts])
        members, which = equals.members(firsts, len(equals.first))
        for some in range(0, len(members), _CHUNK):
            part = slice(some, some + _CHUNK)
            each = members[part]
            mine, its = rows[which[part]], values[which[part]]
            # Everybody's list but himself; who is not among the first k + 1 loses the last one.
            self_at = np.where(
                (mine == each[:, None]).any(axis=1), (mine == each[:, None]).argmax(axis=1), k
            )
            keep = np.arange(k) + (np.arange(k) >= self_at[:, None])
            neighbours[each] = np.take_along_axis(mine, keep, 1)
            held[each] = np.take_along_axis(its, keep, 1)


def _with_equals(
    equals: Equals, firsts: NDArray[np.int32], neighbours: Rows, held: Similarities
) -> tuple[Rows, Similarities]:
    """The k + 1 nearest of each of ``firsts`` among all rows, the row itself and its equals in."""
    k = held.shape[1]
    kinds = np.concatenate([firsts[:, None], neighbours], axis=1)
    near = np.concatenate([np.ones((len(firsts), 1), np.float32), held], axis=1)
    lists, column = np.nonzero(kinds != NOBODY)
    members, which = equals.members(kinds[lists, column], k + 1)
    rows = np.full((len(firsts), k + 1), NOBODY, np.int32)
    values = np.full((len(firsts), k + 1), -np.inf, np.float32)
    merge(rows, values, lists[which], members, near[lists, column][which])
    return rows, values
