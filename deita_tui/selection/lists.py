"""What the lists of neighbours say about a threshold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deita_tui.neighbours.similarity import exact
from deita_tui.selection.products import gather, margin


@dataclass(frozen=True, slots=True)
class Near:
    """Pairs of a row that was asked for and a listed neighbour above the threshold.

    Attributes:
        asked: (e,) which of the rows asked for, ascending; its neighbours by falling similarity.
        row: (e,) the neighbour's row.
        similarity: (e,)
    """

    asked: NDArray[np.int32]
    row: NDArray[np.int32]
    similarity: NDArray[np.float32]


class Lists:
    """The lists of one pool; what is asked of every row is kept in memory.

    Args:
        neighbours: (m, k) rows, -1 where there is none.
        similarities: (m, k) falling.
        vectors: (m, d) float16.
    """

    def __init__(
        self,
        neighbours: NDArray[np.int32],
        similarities: NDArray[np.float32],
        vectors: NDArray[np.float16],
    ) -> None:
        self._neighbours = np.asarray(neighbours)
        self._similarities = np.asarray(similarities)
        self._vectors = vectors
        self._margin = np.float32(margin(vectors.shape[1]))
        empty = np.full(len(vectors), -np.inf, np.float32)
        width = similarities.shape[1]
        self._first = np.ascontiguousarray(similarities[:, 0]) if width else empty
        self._last = np.ascontiguousarray(similarities[:, -1]) if width else -empty

    def cut_off(self, rows: NDArray[np.int64], threshold: float) -> NDArray[np.bool_]:
        """Which rows may have more neighbours above the threshold than their list has room for."""
        return self._last[rows] > threshold - self._margin

    def near(self, rows: NDArray[np.int64], threshold: float) -> Near:
        """The listed neighbours above the threshold of some rows."""
        low = np.float32(threshold) - self._margin
        some = np.flatnonzero(self._first.take(rows) > low).astype(np.int32)
        listed = rows.take(some)
        similarity = self._similarities.take(listed, axis=0)
        flat = np.flatnonzero(similarity > low)
        asked = some.take(flat // max(1, similarity.shape[1]))
        values = similarity.reshape(-1).take(flat)
        row = self._neighbours.take(listed, axis=0).reshape(-1).take(flat)
        doubtful = np.flatnonzero(values <= np.float32(threshold) + self._margin)
        below = doubtful[
            self._exact(rows[asked[doubtful]], row[doubtful].astype(np.int64)) <= threshold
        ]
        if not len(below):
            return Near(asked, row, values)
        return Near(*(np.delete(array, below) for array in (asked, row, values)))

    def _exact(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float64]:
        return exact(gather(self._vectors, a), gather(self._vectors, b))
