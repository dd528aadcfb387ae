"""Neighbours the slow way, pair by pair, for tests to compare with."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from deita_tui.neighbours.similarity import exact

Vectors = NDArray[np.float16]


def table(vectors: Vectors) -> NDArray[np.float32]:
    """The similarity of every pair, (n, n), as lists hold it."""
    count = len(vectors)
    i, j = np.divmod(np.arange(count * count), max(1, count))
    return exact(vectors[i], vectors[j]).reshape(count, count).astype(np.float32)


def lists(vectors: Vectors, k: int) -> tuple[list[list[int]], list[list[float]]]:
    """The k nearest of every row by descending similarity, ties by row."""
    near = table(vectors)
    rows, values = [], []
    for row in range(len(vectors)):
        others = sorted((-near[row, other], other) for other in range(len(vectors)) if other != row)
        rows.append([other for _, other in others[:k]])
        values.append([float(-value) for value, _ in others[:k]])
    return rows, values


def unpadded(
    neighbours: NDArray[np.int32], held: NDArray[np.float32]
) -> tuple[list[list[int]], list[list[float]]]:
    """Lists without their pads, which must stand at the end."""
    rows, values = [], []
    for some, near in zip(neighbours, held, strict=True):
        count = int((some >= 0).sum())
        assert (some[count:] == -1).all()
        assert np.isneginf(near[count:]).all()
        rows.append(some[:count].tolist())
        values.append(near[:count].tolist())
    return rows, values


def fraction(numbers: Sequence[np.float16], others: Sequence[np.float16]) -> Fraction:
    """A dot product without any rounding."""
    return sum(
        (Fraction(float(a)) * Fraction(float(b)) for a, b in zip(numbers, others, strict=True)),
        Fraction(0),
    )


def unit(rows: NDArray[np.floating]) -> Vectors:
    """Rows as they are stored: of length 1, then rounded to float16."""
    wide = np.asarray(rows, np.float64)
    found: Vectors = (wide / np.linalg.norm(wide, axis=1, keepdims=True)).astype(np.float16)
    return found


@st.composite
def stored(draw: st.DrawFn, most: int = 40) -> Vectors:
    """Stored vectors with exact duplicates, near duplicates, clusters and ties."""
    dimensions = draw(st.sampled_from([1, 2, 3, 8]))
    whole = st.integers(-3, 3)
    kinds = draw(arrays.arrays(np.int64, (draw(st.integers(1, 8)), dimensions), elements=whole))
    kinds[(kinds == 0).all(axis=1), 0] = 1
    count = draw(st.integers(0, most))
    chosen = draw(arrays.arrays(np.int64, count, elements=st.integers(0, len(kinds) - 1)))
    noise = draw(arrays.arrays(np.int64, (count, dimensions), elements=st.integers(-1, 1)))
    scale = draw(st.sampled_from([0.0, 1e-4, 1e-2, 0.3]))
    return unit(kinds[chosen] + scale * noise) if count else np.empty((0, dimensions), np.float16)
