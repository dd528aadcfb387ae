"""Which judged records are left out together, so that none is guessed from its own near twin."""

import numpy as np
from numpy.typing import NDArray

from deita_tui.lite.taste.grid import on_grid

FOLDS = 5
ALIKE = (0.9, 0.95, 0.98, 1.0)
"""Records this similar stay together; the next where that chains too many to each other."""
_LARGEST = 0.2
"""A group may hold so much of all that is judged."""
_BITS = 16
_BLOCK = 1024

Ints = NDArray[np.int64]


def groups(vectors: NDArray[np.float16] | None, count: int) -> tuple[Ints, float]:
    """The group of each judged record, (n,) from 0, and the similarity from which they are alike.

    Groups are what is connected by pairs that are alike. Without vectors each stands for itself.

    Args:
        vectors: (n, d), of about unit length, zeros for a record without; or None.
        count: n.
    """
    if vectors is None or not count:
        return np.arange(count), 1.0
    rows = on_grid(vectors.astype(np.float64), _BITS)
    pairs, values = _pairs(rows, ALIKE[0])
    for limit in ALIKE:
        # Equal rows of float16 differ from length 1, and on the grid from each other, a little.
        near = values >= (limit if limit < 1 else 0.998)
        found = _connected(pairs[near], count)
        if np.bincount(found).max() <= max(2, _LARGEST * count):
            break
    return found, limit


def folds(grouped: Ints, keeps: NDArray[np.bool_], among: int = FOLDS) -> Ints:
    """The fold of each record, (n,): whole groups, with like shares of keeps, and of like size.

    Groups go by size, the largest first, each where its kind is scarcest.
    """
    sizes = np.stack([np.bincount(grouped, ~keeps), np.bincount(grouped, keeps)], axis=1)
    whole = np.maximum(sizes.sum(axis=0), 1)
    filled = np.zeros((among, 2))
    placed = np.zeros(len(sizes), np.int64)
    shuffled = np.random.Generator(np.random.PCG64(5)).permutation(len(sizes))
    for group in shuffled[np.argsort(-sizes[shuffled].sum(axis=1), kind="stable")]:
        share = filled / whole
        mixed = ((share + sizes[group] / whole) ** 2 - share**2).sum(axis=1)
        placed[group] = int(np.argmin(mixed))
        filled[placed[group]] += sizes[group]
    return placed[grouped]


def _pairs(rows: NDArray[np.float64], limit: float) -> tuple[Ints, NDArray[np.float64]]:
    """The pairs at or above a similarity, (m, 2), and their similarities."""
    pairs, values = [np.zeros((0, 2), np.int64)], [np.zeros(0)]
    for start in range(0, len(rows), _BLOCK):
        product = rows[start : start + _BLOCK] @ rows[start:].T
        first, second = np.nonzero(product >= limit)
        later = second > first
        first, second = first[later], second[later]
        pairs.append(np.stack([first + start, second + start], axis=1))
        values.append(product[first, second])
    return np.concatenate(pairs), np.concatenate(values)


def _connected(pairs: Ints, count: int) -> Ints:
    """Connected components, numbered from 0 in the order of their first members."""
    label = np.arange(count)
    while True:
        lower = np.minimum(label[pairs[:, 0]], label[pairs[:, 1]])
        before = label.copy()
        np.minimum.at(label, pairs[:, 0], lower)
        np.minimum.at(label, pairs[:, 1], lower)
        label = label[label]
        if np.array_equal(label, before):
            break
    return np.unique(label, return_inverse=True)[1].astype(np.int64)
