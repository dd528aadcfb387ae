"""What selections of one pool have in common, so that the next one need not make it again.

None of it decides anything: with or without, the outcome is the same bytes.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.kept import NOTHING, Closest, Kept
from deita_tui.selection.lists import Lists
from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool
from deita_tui.selection.products import Plain, Products
from deita_tui.selection.ranking import Ranking, rank
from deita_tui.selection.rotation import Rotated, fitted

_RANKINGS = 8  # how many are remembered
_LONG, _VERY_LONG = 192, 1_024  # dimensions: rotating pays from here on; it takes long from here on
_MANY = 4_096  # vectors, or kept ones, from which on it pays


class Work:
    """Rankings, ways of making products, and what resembles the other set.

    Each is kept for the very arrays that it was made from, so one object may be handed to
    selections of different pools; it serves as long as they share arrays.

    Args:
        block: candidates that the exact gear looks at together.
        stretch: the same for the instant gear, at least and at most.
    """

    def __init__(self, block: int = 512, stretch: tuple[int, int] = (4_096, 1 << 18)) -> None:
        self.block = block
        self.stretch = stretch
        self._rankings: list[tuple[tuple[object, ...], Ranking]] = []
        self._rotation: _Rotation | None = None
        self._lists: tuple[tuple[object, ...], Lists] | None = None
        self._other: tuple[tuple[object, ...], _Other] | None = None

    def ranking(self, pool: Pool, params: Params) -> Ranking:
        """The ranking of a pool, see ``ranking.rank``."""
        key = (pool.scores, pool.turn_start, params.formula, params.turns, params.missing)
        for known, found in self._rankings:
            if known[0] is key[0] and known[1] is key[1] and known[2:] == key[2:]:
                return found
        found = rank(pool, params)
        self._rankings = [(key, found), *self._rankings[: _RANKINGS - 1]]
        return found

    def products(self, pool: Pool, threshold: float, wanted: int = 0) -> Products:
        """The way to find pairs above a threshold that suits the vectors of a pool.

        ``wanted`` is how many records are likely to be kept: to rotate very long vectors, or for
        a few records, pays from the second selection on.
        """
        if self._rotation is None or self._rotation.vectors is not pool.vectors:
            self._rotation = _Rotation(pool.vectors)
        return self._rotation.products(threshold, wanted)

    def lists(self, pool: Pool) -> Lists | None:
        """The lists of neighbours of a pool, if it has any."""
        if pool.neighbours is None or pool.similarities is None:
            return None
        key = (pool.neighbours, pool.similarities, pool.vectors)
        if self._lists is None or not _same(self._lists[0], key):
            self._lists = (key, Lists(pool.neighbours, pool.similarities, pool.vectors))
        return self._lists[1]

    def other(self, pool: Pool) -> Callable[[NDArray[np.int32]], Closest] | None:
        """Gives the most similar record of the other set, whatever the threshold."""
        if pool.against is None or not len(pool.against):
            return None
        key = (pool.vectors, pool.row, pool.against)
        if self._other is None or not _same(self._other[0], key):
            self._other = (key, _Other(pool, Plain(pool.vectors.shape[1])))
        return self._other[1].closest


def _same(known: tuple[object, ...], arrays: tuple[object, ...]) -> bool:
    return all(a is b for a, b in zip(known, arrays, strict=True))


class _Rotation:
    """Whole products as long as a rotation would not pay."""

    def __init__(self, vectors: NDArray[np.float16]) -> None:
        self.vectors = vectors
        self._plain = Plain(vectors.shape[1])
        self._rotated: Rotated | None = None
        self._asked, self._tried = 0, False

    def products(self, threshold: float, wanted: int) -> Products:
        self._asked += 1
        count, width = self.vectors.shape
        pays = self._asked > 1 or (wanted >= _MANY and width <= _VERY_LONG)
        if pays and not self._tried and width >= _LONG and count >= _MANY:
            self._tried, self._rotated = True, fitted(self.vectors)
        if self._rotated is not None and self._rotated.pays(threshold):
            return self._rotated
        return self._plain


class _Other:
    """The most similar record of the other set, of each row that was asked for so far."""

    def __init__(self, pool: Pool, products: Products) -> None:
        assert pool.against is not None
        self._pool = pool
        self._products = products
        size = len(pool.against)
        self._kept = Kept(products, pool.against, NOTHING)
        numbers = np.arange(size)
        # Below every record's place, and the first row before the second.
        self._kept.add(products.side(pool.against, numbers), -2 - numbers, numbers - size)
        self._known = Closest.none(len(pool.vectors))

    def closest(self, records: NDArray[np.int32]) -> Closest:
        rows = self._pool.row[records].astype(np.int64)
        new = np.unique(rows[self._known.record[rows] == -1])
        for start in range(0, len(new), 1024):
            part = new[start : start + 1024]
            side = self._products.side(self._pool.vectors, part)
            self._known.join(part, self._kept.closest(side))
        return self._known.take(rows)
