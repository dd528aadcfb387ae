"""k-means, as ICI and NUGGETS need it: the same rows and seed, the same clusters.

Lloyd's algorithm from the seeding of Arthur and Vassilvitskii (k-means++, SODA 2007). Numbers are
drawn by SplitMix64, so no library's generator decides what a score is.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.int64]

_MASK = (1 << 64) - 1
_BLOCK = 8192


def kmeans(rows: Floats, count: int, seed: int, rounds: int = 15) -> tuple[Ints, Floats]:
    """Put rows into clusters.

    Args:
        rows: (n, d), n at least 1.
        count: of clusters; there are fewer where fewer rows differ.
        seed: of the first centres.
        rounds: at most so many times are the centres moved.

    Returns:
        (n,) the cluster of each row, from 0; and the k centres, (k, d), none without a row.
    """
    centres = _seeded(rows, count, seed)
    labels = _nearest(rows, centres)
    for _ in range(rounds):
        moved = centres.copy()
        for cluster in np.unique(labels):
            moved[cluster] = rows[labels == cluster].mean(axis=0)
        found = _nearest(rows, moved)
        centres, same = moved, np.array_equal(found, labels)
        labels = found
        if same:
            break
    used, packed = np.unique(labels, return_inverse=True)
    return packed.reshape(-1).astype(np.int64), centres[used]


def unit(rows: Floats) -> NDArray[np.float64]:
    """Rows of length 1; one of zeros stays as it is."""
    wide = np.asarray(rows, np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    found: NDArray[np.float64] = wide / np.where(lengths > 0, lengths, 1.0)
    return found


def _seeded(rows: Floats, count: int, seed: int) -> Floats:
    """Rows that lie far apart: each is drawn by the square of its distance to those before."""
    chosen = [int(_drawn(seed, 0) * len(rows))]
    far = _squares(rows, rows[chosen[0]])
    while len(chosen) < count:
        sums = np.cumsum(far)
        if not sums[-1] > 0:
            break  # all that is left equals what was chosen
        at = int(np.searchsorted(sums, _drawn(seed, len(chosen)) * sums[-1], side="right"))
        chosen.append(min(at, int(np.flatnonzero(far)[-1])))
        far = np.minimum(far, _squares(rows, rows[chosen[-1]]))
    return np.array(rows[chosen])


def _squares(rows: Floats, row: Floats) -> NDArray[np.float64]:
    """The square of the distance of each row to one; exactly 0 for its equals."""
    parts = [rows[start : start + _BLOCK] - row for start in range(0, len(rows), _BLOCK)]
    found = np.concatenate([np.einsum("ij,ij->i", each, each) for each in parts])
    return np.asarray(found, np.float64)


def _nearest(rows: Floats, centres: Floats) -> Ints:
    lengths = np.einsum("ij,ij->i", centres, centres)
    parts = [
        (2 * rows[start : start + _BLOCK] @ centres.T - lengths).argmax(axis=1)
        for start in range(0, len(rows), _BLOCK)
    ]
    return np.asarray(np.concatenate(parts), np.int64)


def _drawn(seed: int, place: int) -> float:
    """A number in [0, 1)."""
    bits = (seed + (place + 1) * 0x9E3779B97F4A7C15) & _MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _MASK
    return float((bits ^ (bits >> 31)) >> 11) / float(1 << 53)
