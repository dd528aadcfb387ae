"""Neighbours by looking at every pair: matrix products of blocks, in bounded memory."""

from collections.abc import Generator, Iterator

import numpy as np
from numpy.typing import NDArray

from deita_tui.backends.products import Product, on_cpu
from deita_tui.neighbours.merging import Rows, Similarities, empty, merge, similarities
from deita_tui.neighbours.similarity import BAND, exact, renormalised

Vectors = NDArray[np.float16]
Lists = tuple[Rows, Similarities]

_QUERIES = 2048
_BLOCK = 4096
_TILE = 2048
_NOISE = 2e-6
"""A float32 product of two rows of length 1 is nearer than this to their similarity."""
_HITS = 1 << 18  # candidates that are looked at closely at a time


def nearest(
    vectors: Vectors,
    k: int,
    queries: NDArray[np.integer] | None = None,
    among: NDArray[np.int32] | None = None,
    multiply: Product = on_cpu,
) -> Iterator[tuple[Rows, Rows, Similarities]]:
    """The ``k`` nearest of each row, itself left out, as lists (see ``merging``).

    Args:
        vectors: (n, d), as stored; may be memory-mapped.
        k: at most so many; pads where there are fewer.
        queries: the rows that are asked for; all of them without.
        among: the rows that may be neighbours, ascending; all of them without.
        multiply: what makes the products.

    Yields:
        Blocks of queries: their row numbers, (b,); their lists, (b, k) and (b, k).
    """
    asked = np.arange(len(vectors)) if queries is None else np.asarray(queries)
    for start in range(0, len(asked), _QUERIES):
        own = asked[start : start + _QUERIES].astype(np.int32)
        yield own, *_block(vectors, k, vectors[own], own, among, multiply=multiply)


def extend(
    vectors: Vectors,
    old: int,
    neighbours: Rows,
    held: Similarities,
    multiply: Product = on_cpu,
) -> Generator[int, None, None]:
    """Bring lists up to date with rows that were added at the end, by looking at every new pair.

    The lists of the new rows become the true ones, and a new row enters every old list that it
    belongs in. This costs the products of the new rows with all rows.

    Args:
        vectors: (n, d), the new rows last.
        old: how many rows there were.
        neighbours: (n, k), changed in place.
        held: (n, k), likewise.
        multiply: what makes the products.

    Yields:
        How many of the new rows are done.
    """
    others = neighbours[:old], held[:old]
    for start in range(old, len(vectors), _QUERIES):
        own = np.arange(start, min(start + _QUERIES, len(vectors)), dtype=np.int32)
        neighbours[own], held[own] = _block(
            vectors,
            held.shape[1],
            vectors[own],
            own,
            others=others if old else None,
            multiply=multiply,
        )
        yield int(own[-1]) + 1 - old


def nearest_to(vectors: Vectors, k: int, queries: Vectors) -> Lists:
    """The ``k`` rows nearest to each of ``queries``, (q, d) float16, as lists (see ``merging``)."""
    neighbours, held = empty(len(queries), k)
    for start in range(0, len(queries), _QUERIES):
        part = slice(start, start + _QUERIES)
        nobody = np.full(len(queries[part]), -1, np.int32)
        neighbours[part], held[part] = _block(vectors, k, queries[part], nobody)
    return neighbours, held


def pairs_above(
    vectors: Vectors, threshold: float
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], Similarities]]:
    """Every pair of rows that is more similar than ``threshold``, each once.

    Yields:
        ``i``, ``j`` with i < j, and their similarities: right to 1e-6, and exact where the
        threshold is near. A yield holds a tile of 2,048 x 2,048 pairs at most.
    """
    for i in range(0, len(vectors), _TILE):
        left = renormalised(vectors[i : i + _TILE])
        for j in range(i, len(vectors), _TILE):
            right = left if i == j else renormalised(vectors[j : j + _TILE])
            product = left @ right.T
            hits = np.flatnonzero(product > threshold - BAND)
            rows, columns = hits // len(right) + i, hits % len(right) + j
            once = rows < columns
            rows, columns = rows[once], columns[once]
            found = np.minimum(product.ravel()[hits[once]], np.float32(1))
            above = _above(vectors, rows, columns, found, threshold)
            if above.any():
                yield rows[above], columns[above], found[above]


def _above(
    vectors: Vectors,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    found: Similarities,
    threshold: float,
) -> NDArray[np.bool_]:
    """Which pairs are above the threshold; those in the band are decided, and set, exactly."""
    above = found > threshold
    near = np.flatnonzero(np.abs(found - threshold) <= BAND)
    for start in range(0, len(near), _HITS):
        part = near[start : start + _HITS]
        truth = exact(vectors[rows[part]], vectors[columns[part]])
        above[part], found[part] = truth > threshold, truth
    return above


def _block(
    vectors: Vectors,
    k: int,
    queries: Vectors,
    own: Rows,
    among: Rows | None = None,
    others: Lists | None = None,
    multiply: Product = on_cpu,
) -> Lists:
    """The lists of a block of queries, (b, d).

    Args:
        vectors: (n, d).
        k: at most so many.
        queries: (b, d).
        own: (b,) the row that a query is, which is not its own neighbour; -1 for none.
        among: the rows that are looked at, ascending; all without.
        others: the lists of the first rows, which the queries may enter in turn; not with
            ``among``.
        multiply: what makes the products.
    """
    lists = empty(len(queries), k)
    if k == 0:
        return lists
    left = renormalised(queries)
    looked_at = np.arange(len(vectors), dtype=np.int32) if among is None else among
    for start in range(0, len(looked_at), _BLOCK):
        block = looked_at[start : start + _BLOCK]
        right = renormalised(vectors[block if among is not None else slice(start, start + _BLOCK)])
        product = multiply(left, right)
        home = np.minimum(np.searchsorted(block, own), len(block) - 1)
        at_home = np.flatnonzero(block[home] == own)
        product[at_home, home[at_home]] = -np.inf
        for which, column in _hits(product, _floor(product, lists[1])[:, None]):
            found = block[column]
            merge(*lists, which, found, similarities(queries, which, vectors, found))
        if others is not None and start < len(others[0]):
            last = others[1][start : start + _BLOCK, -1] - np.float32(_NOISE)
            for which, column in _hits(product[:, : len(last)], last):
                rows = column + start
                values = similarities(queries, which, vectors, rows)
                merge(*others, rows, own[which], values)
    return lists


def _hits(
    product: NDArray[np.float32], floor: NDArray[np.float32]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Where a product reaches its floor: rows and columns, so many at a time."""
    hits = np.flatnonzero(product >= floor)
    for start in range(0, len(hits), _HITS):
        rows, columns = np.divmod(hits[start : start + _HITS], product.shape[1])
        there = product[rows, columns] > -np.inf
        yield rows[there], columns[there]


def _floor(product: NDArray[np.float32], held: Similarities) -> NDArray[np.float32]:
    """What a product must reach to be worth a closer look: (b, m) and (b, k) give (b,)."""
    k = held.shape[1]
    last = held[:, -1].copy()
    if np.isinf(last).any() and product.shape[1] > k:
        # Lists that are not full yet: what this block holds is the first hint.
        last = np.maximum(last, np.partition(product, -k, axis=1)[:, -k])
    last -= np.float32(_NOISE)
    return last
