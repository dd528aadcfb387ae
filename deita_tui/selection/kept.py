"""The vectors that are kept so far, and which of them is the most similar to another."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.products import Floats, Pairs, Products, Side, similarities

_CHUNK = 4_096  # columns of a product: its result stays in the processor's cache
NOTHING = -2.0  # less than any similarity


@dataclass(frozen=True, slots=True)
class Closest:
    """For each of n rows the most similar other one, if that is above the threshold.

    Attributes:
        similarity: (n,) exact; NOTHING where none is above.
        record: (n,) which one it is; -1: none; -2 and below: row 0 and on of the other set.
        place: (n,) its place; of equally similar ones, that of the lowest place is meant.
    """

    similarity: NDArray[np.float64]
    record: NDArray[np.int64]
    place: NDArray[np.int64]

    @classmethod
    def none(cls, size: int) -> "Closest":
        """Nothing found yet."""
        return cls(np.full(size, NOTHING), np.full(size, -1, np.int64), np.zeros(size, np.int64))

    def take(self, rows: NDArray[np.int64]) -> "Closest":
        """Those of the rows."""
        return Closest(self.similarity[rows], self.record[rows], self.place[rows])

    def join(self, rows: NDArray[np.int64], other: "Closest") -> None:
        """Where ``other``, found for those rows, is more similar or equal and better placed."""
        nearer = other.similarity > self.similarity[rows]
        equal = (other.similarity == self.similarity[rows]) & (other.similarity > NOTHING)
        nearer |= equal & (other.place < self.place[rows])
        chosen = rows[nearer]
        self.similarity[chosen] = other.similarity[nearer]
        self.record[chosen] = other.record[nearer]
        self.place[chosen] = other.place[nearer]


class Kept:
    """The kept vectors, in chunks, with the record and the place of each.

    Args:
        products: how pairs are found.
        matrix: (m, d) float16, the stored vectors that ``add`` is given rows of.
        threshold: what is more similar than this is too similar.
    """

    def __init__(self, products: Products, matrix: NDArray[np.float16], threshold: float) -> None:
        self.products = products
        self.threshold = threshold
        self._matrix = matrix
        self._chunks: list[Side] = []
        self._record = np.empty(0, np.int64)
        self._place = np.empty(0, np.int64)

    def __len__(self) -> int:
        return len(self._record)

    def add(self, side: Side, record: NDArray[np.int64], place: NDArray[np.int64]) -> None:
        """Keep all rows of ``side``."""
        start = 0
        while start < len(record):
            filled = len(self) % _CHUNK
            if filled == 0:
                width = side.made.shape[1]
                rows, made = np.empty(_CHUNK, np.int64), np.empty((_CHUNK, width), np.float32)
                self._chunks.append(Side(self._matrix, rows, made))
            end = min(len(record), start + _CHUNK - filled)
            into = slice(filled, filled + end - start)
            self._chunks[-1].rows[into] = side.rows[start:end]
            self._chunks[-1].made[into] = side.made[start:end]
            self._record = np.concatenate([self._record, record[start:end]])
            self._place = np.concatenate([self._place, place[start:end]])
            start = end

    def closest(self, side: Side) -> Closest:
        """The most similar kept one of each row of ``side``."""
        floor = self.floor(len(side.rows))
        found: list[tuple[int, Side, Pairs]] = []
        for number, chunk in enumerate(self._chunks):
            first = number * _CHUNK
            size = min(_CHUNK, len(self) - first)
            chunk = Side(chunk.matrix, chunk.rows[:size], chunk.made[:size])
            found.append((first, chunk, self.products.above(side, chunk, floor, closest=True)))
        closest = Closest.none(len(side.rows))
        for first, chunk, pairs in found:
            pairs = pairs.at_least(floor)
            record, place = self._record[first + pairs.b], self._place[first + pairs.b]
            best(closest, pairs.a, similarities(side, chunk, pairs), record, place, self.threshold)
        return closest

    def floor(self, size: int) -> Floats:
        """The product at which a pair may be above the threshold."""
        return np.full(size, self.threshold - self.products.margin, np.float32)


def best(
    closest: Closest,
    rows: NDArray[np.int64],
    similarity: NDArray[np.float64],
    record: NDArray[np.int64],
    place: NDArray[np.int64],
    threshold: float,
) -> None:
    """Join into ``closest`` the best of the pairs of each row that are above the threshold."""
    above = np.flatnonzero(similarity > threshold)
    order = above[np.lexsort((place[above], -similarity[above], rows[above]))]
    first = order[np.flatnonzero(np.diff(rows[order], prepend=-1))]
    closest.join(rows[first], Closest(similarity[first], record[first], place[first]))
