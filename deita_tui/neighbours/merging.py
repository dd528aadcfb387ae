"""Lists of the nearest, and how better neighbours get into them.

A list is a row of two arrays: row numbers (int32, -1 pads) and similarities (float32, -inf pads),
the most similar first, of equally similar ones the lower row number. So a set of pairs has one
list and no other, in whatever order the pairs are found.
"""

import numpy as np
from numpy.typing import NDArray

from deita_tui.neighbours.similarity import exact

NOBODY = -1
"""Where a list is longer than there are neighbours."""

Rows = NDArray[np.int32]
Similarities = NDArray[np.float32]

_PAIRS = 1 << 10  # pairs whose rows are gathered at a time


def empty(count: int, k: int) -> tuple[Rows, Similarities]:
    """Lists that hold nobody yet."""
    return np.full((count, k), NOBODY, np.int32), np.full((count, k), -np.inf, np.float32)


def similarities(
    a: NDArray[np.float16], i: NDArray[np.integer], b: NDArray[np.float16], j: NDArray[np.integer]
) -> Similarities:
    """The similarity of ``a[i]`` and ``b[j]``, pair by pair, rounded to float32."""
    found = np.empty(len(i), np.float32)
    for start in range(0, len(i), _PAIRS):
        part = slice(start, start + _PAIRS)
        found[part] = exact(a[i[part]], b[j[part]])
    return found


def arranged(rows: Rows, values: Similarities, k: int) -> tuple[Rows, Similarities]:
    """Lists of (b, m) rows and similarities in no order, put in order and cut to ``k``."""
    order = np.argsort(rows, axis=1, kind="stable")
    rows, values = np.take_along_axis(rows, order, 1), np.take_along_axis(values, order, 1)
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(rows, order, 1), np.take_along_axis(values, order, 1)


def merge(
    neighbours: Rows,
    held: Similarities,
    targets: NDArray[np.integer],
    rows: NDArray[np.integer],
    values: Similarities,
) -> int:
    """Let ``rows[p]``, similar by ``values[p]``, into the list ``targets[p]`` if it is near enough.

    The lists are changed in place. A row that a list holds already is not entered twice.

    Returns:
        How many lists were looked at.
    """
    k = neighbours.shape[1]
    if k:
        last, end = held[targets, -1], neighbours[targets, -1]
        near = (values > last) | ((values == last) & ((rows < end) | (end == NOBODY)))
        targets, rows, values = targets[near], rows[near], values[near]
    if not len(targets):
        return 0
    touched, place = np.unique(targets, return_inverse=True)
    list_of = np.concatenate([np.repeat(np.arange(len(touched)), k), place.ravel()])
    row = np.concatenate([neighbours[touched].ravel(), rows.astype(np.int32, copy=False)])
    value = np.concatenate([held[touched].ravel(), values])
    there = row != NOBODY
    list_of, row, value = list_of[there], row[there], value[there]
    order = np.lexsort((row, -value, list_of))
    list_of, row, value = list_of[order], row[order], value[order]
    # A pair that comes twice has the same similarity both times, so it stands next to itself.
    again = np.zeros(len(row), bool)
    again[1:] = (row[1:] == row[:-1]) & (list_of[1:] == list_of[:-1])
    list_of, row, value = list_of[~again], row[~again], value[~again]
    begins = np.searchsorted(list_of, np.arange(len(touched)))
    rank = np.arange(len(row)) - begins[list_of]
    best = rank < k
    new_rows, new_values = empty(len(touched), k)
    new_rows[list_of[best], rank[best]] = row[best]
    new_values[list_of[best], rank[best]] = value[best]
    neighbours[touched], held[touched] = new_rows, new_values
    return len(touched)
