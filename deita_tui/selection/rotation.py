"""Products of long vectors, mostly from their first principal directions.

The vectors of a 7B model have 4,096 dimensions, and most of what they are lies in few. So they are
turned into their principal directions once. Of the product of two rows the first p directions are
computed; the rest is at most the product of the lengths of the two rests (Cauchy and Schwarz),
which stands as one more dimension. A pair whose bound is below the floor is done with; the others
are multiplied in full. Any basis gives the same pairs, a good one gives fewer to look at.
"""

from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deita_tui.neighbours.similarity import renormalised, widened
from deita_tui.selection.products import Floats, Pairs, Plain, Side, gather, picked

_SAMPLE, _TRIAL = 1_536, 512  # rows that the directions are found from, and tried on
_DIRECTIONS = (64, 128, 256, 512)
_TYPICAL = 0.9  # the threshold that the number of directions is chosen for
_LONE = 75  # how many times as long a product takes that is made for one pair alone
_UNDECIDED = 40  # what an undecided pair adds: some need no product, as a closer one is known
_WORTH = 0.75
_BLOCK = 1_024
_FINE = 512  # directions of the second bound, for vectors of eight times as many
_Rows = tuple[NDArray[Any], NDArray[np.int64]]  # a matrix, and which of its rows


class Rotated:
    """Bounds from the first directions, products where they do not decide.

    Args:
        basis: (d, f) float64, orthonormal columns.
        trial: some stored vectors that the basis was not made from, to see what it is good for.
        first: how many of the columns make the first bound, p; the pairs that it leaves are
            bounded by all f before they are multiplied in full.
    """

    def __init__(
        self, basis: NDArray[np.float64], trial: NDArray[np.float16], first: int | None = None
    ) -> None:
        self._basis = basis
        self._first = first or basis.shape[1]
        self._more = basis.shape[1] if basis.shape[1] > self._first else 0
        self._plain = Plain(len(basis))
        self.margin = self._plain.margin
        self._made: list[_Made] = []
        self._making = Lock()
        head, _, _ = self._heads(trial)
        self._bounds = np.sort((head @ head.T)[np.tri(len(head), k=-1, dtype=np.bool_)])

    def cost(self, threshold: float) -> float:
        """What a product is likely to take, in parts of what it takes without a rotation."""
        undecided = len(self._bounds) - np.searchsorted(self._bounds, threshold)
        share = float(undecided) / max(1, len(self._bounds))
        return float(self._first / len(self._basis) + _UNDECIDED * share)

    def pays(self, threshold: float) -> bool:
        """Whether it is likely to save more than it costs."""
        return self.cost(threshold) < _WORTH

    def side(self, matrix: NDArray[np.float16], rows: NDArray[np.int64]) -> Side:
        """The first directions of the rows, and the length of the rest; each made once."""
        made = self._made_of(matrix)
        new = np.unique(rows[made.length[rows] == 0])
        for start in range(0, len(new), _BLOCK):
            part = new[start : start + _BLOCK]
            found = self._heads(gather(matrix, part))
            # The length comes last: where there is one, another thread takes the row as made.
            made.head[part], made.fine[part], made.length[part] = found
        return Side(matrix, rows, made.head.take(rows, axis=0))

    def _made_of(self, matrix: NDArray[np.float16]) -> "_Made":
        with self._making:  # two threads that each made their own would miss rows of the other
            for made in self._made:
                if made.matrix is matrix:
                    return made
            # Memory of zeros costs nothing before it is written to.
            size = len(matrix)
            head, fine = (np.zeros((size, n + 1), np.float32) for n in (self._first, self._more))
            self._made.append(_Made(matrix, head, fine, np.zeros(size, np.float32)))
            return self._made[-1]

    def _heads(self, stored: NDArray[np.float16]) -> tuple[Floats, Floats, Floats]:
        """In float64, so that what is cut off is known to the last digit of a float32."""
        rows = widened(stored).astype(np.float64)
        length = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        length[length == 0] = 1
        turned = (rows @ self._basis) / length[:, None]
        heads = []
        for count in (self._first, self._more):
            head = turned[:, :count]
            rest = np.sqrt(np.maximum(1 - np.einsum("ij,ij->i", head, head), 0) + 1e-12)
            heads.append(np.concatenate([head, rest[:, None]], axis=1).astype(np.float32))
        return heads[0], heads[1], length.astype(np.float32)

    def above(
        self, a: Side, b: Side, floor: Floats, *, closest: bool = False, before: bool = False
    ) -> Pairs:
        """See Products.

        A bound is off by less than the margin, because it adds fewer products: so a pair that is
        above a threshold has a bound above the floor below it.
        """
        bounds = self._plain.multiply(a.made, b.made)
        hot = np.flatnonzero(bounds.max(axis=1, initial=-2) >= floor)
        bounds = bounds[hot]
        if closest and len(hot):
            # The most promising pair of each row first: it mostly rules out the others.
            best = Pairs(hot, bounds.argmax(axis=1), np.empty(0, np.float32))
            product = self._multiplied(a, b, best) - np.float32(2 * self.margin)
            floor[hot] = np.maximum(floor[hot], product)
        pairs = picked(bounds, floor[hot], hot)
        if before:
            pairs = pairs.where(pairs.b < pairs.a)
        if self._more:
            fine_a = self._made_of(a.matrix).fine, a.rows
            fine_b = self._made_of(b.matrix).fine, b.rows
            pairs = pairs.where(self._of_rows(fine_a, fine_b, pairs) >= floor[pairs.a])
        pairs = Pairs(pairs.a, pairs.b, self._multiplied(a, b, pairs))
        if closest:
            np.maximum.at(floor, pairs.a, pairs.product - np.float32(2 * self.margin))
        return pairs.at_least(floor)

    def _multiplied(self, a: Side, b: Side, pairs: Pairs) -> Floats:
        """The whole product of each pair."""
        found = self._of_rows((a.matrix, a.rows), (b.matrix, b.rows), pairs)
        found /= self._made_of(a.matrix).length[a.rows[pairs.a]]
        found /= self._made_of(b.matrix).length[b.rows[pairs.b]]
        return found

    def _of_rows(self, a: _Rows, b: _Rows, pairs: Pairs) -> Floats:
        """Products of rows as they are: of all rows involved, or pair by pair."""
        first, at_first = np.unique(pairs.a, return_inverse=True)
        second, at_second = np.unique(pairs.b, return_inverse=True)
        of_a, of_b = _wide(*a, first), _wide(*b, second)
        if len(first) * len(second) <= _LONE * len(pairs.a):
            return np.asarray(self._plain.multiply(of_a, of_b)[at_first, at_second])
        found = np.empty(len(pairs.a), np.float32)
        step = max(1, (1 << 21) // of_a.shape[1])
        for start in range(0, len(found), step):
            piece = slice(start, start + step)
            some = of_a.take(at_first[piece], axis=0), of_b.take(at_second[piece], axis=0)
            np.einsum("ij,ij->i", *some, out=found[piece])
        return found


def _wide(
    matrix: NDArray[np.floating], rows: NDArray[np.int64], which: NDArray[np.int64]
) -> Floats:
    """Some of the rows of a matrix as float32."""
    found = np.asarray(matrix).take(rows[which], axis=0)
    return widened(found) if found.dtype == np.float16 else found


@dataclass(frozen=True, slots=True)
class _Made:
    """What is known of a matrix (m, d): its rows' directions, and lengths (m,), 0 if not yet made.

    Attributes: ``head`` (m, p + 1) and ``fine`` (m, f + 1) end with the length of the rest.
    """

    matrix: NDArray[np.float16]
    head: Floats
    fine: Floats
    length: Floats


def fitted(vectors: NDArray[np.float16]) -> Rotated | None:
    """The rotation that promises the least work for these vectors; None: none pays."""
    chosen = np.random.default_rng(0).permutation(len(vectors))[: _SAMPLE + _TRIAL]
    directions = _principal(renormalised(gather(vectors, chosen[_TRIAL:])), max(_DIRECTIONS))
    trial = gather(vectors, chosen[:_TRIAL])
    fine = _FINE if len(directions) >= 8 * _FINE else 0
    tried = [
        Rotated(np.ascontiguousarray(directions[:, : max(number, fine)]), trial, number)
        for number in _DIRECTIONS
        if number <= min(directions.shape[1], len(directions) // 2)
    ]
    tried = [rotated for rotated in tried if rotated.pays(_TYPICAL)]
    return min(tried, key=lambda rotated: rotated.cost(_TYPICAL), default=None)


def _principal(rows: Floats, most: int) -> NDArray[np.float64]:
    """Orthonormal directions (d, p) in which the rows extend most, p up to ``most``."""
    if rows.shape[1] <= len(rows):
        _, vectors = np.linalg.eigh((rows.T @ rows).astype(np.float64))
        found = vectors[:, ::-1][:, :most]
    else:
        _, vectors = np.linalg.eigh((rows @ rows.T).astype(np.float64))
        found = rows.T.astype(np.float64) @ vectors[:, ::-1][:, :most]
    return np.linalg.qr(found)[0]
