"""Finding all similar pairs of two sets of vectors by matrix products, without missing one.

A product in float32 is a little off, by at most ``margin``. So a product is only used to find the
pairs that matter; whether such a pair is above a threshold, and which of two is the more similar,
``neighbours.similarity.exact`` decides. What comes out does not depend on blocks, threads or
machine.
"""

from dataclasses import dataclass
from threading import local
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from deita_tui.neighbours.similarity import BAND, exact, renormalised

Floats = NDArray[np.float32]
Places = NDArray[np.int64]


def margin(dimensions: int) -> float:
    """How far a float32 product of two renormalised rows may be from their exact similarity.

    Adding d products of unit rows in any order errs by at most d·u/(1 - d·u), u = 2**-24 (Higham,
    Accuracy and Stability of Numerical Algorithms, §3.1, with Cauchy and Schwarz); 16 u more cover
    the rounding of the rows themselves.
    """
    return max(BAND, 1.01 * (dimensions + 16) * 2.0**-24)


@dataclass(frozen=True, slots=True)
class Side:
    """Some rows of a matrix of stored vectors, with what products are made from.

    Attributes:
        matrix: (m, d) float16.
        rows: (n,) which of its rows.
        made: (n, w) float32: the renormalised rows, or what a Rotation makes of them.
    """

    matrix: NDArray[np.float16]
    rows: NDArray[np.int64]
    made: Floats

    def take(self, places: NDArray[np.int64]) -> "Side":
        """Those of its rows."""
        return Side(self.matrix, self.rows[places], self.made.take(places, axis=0))

    def stored(self, places: NDArray[np.int64]) -> NDArray[np.float16]:
        """The stored vectors of those rows."""
        return gather(self.matrix, self.rows[places])


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of a row of one side and a row of another, with their product in float32."""

    a: Places
    b: Places
    product: Floats

    def where(self, chosen: NDArray[np.bool_]) -> "Pairs":
        """Those of the pairs."""
        return Pairs(self.a[chosen], self.b[chosen], self.product[chosen])

    def at_least(self, floor: Floats) -> "Pairs":
        """Those at or above the floor of their row of ``a``."""
        return self.where(self.product >= floor[self.a])


class Products(Protocol):
    """A way of finding pairs."""

    margin: float

    def side(self, matrix: NDArray[np.float16], rows: NDArray[np.int64]) -> Side:
        """Make rows ready for ``above``."""
        ...

    def above(
        self, a: Side, b: Side, floor: Floats, *, closest: bool = False, before: bool = False
    ) -> Pairs:
        """The pairs whose product is at least the floor (n,) of their row of ``a``.

        With ``closest``, the floors are raised, in place: below a row's highest product, by twice
        the margin. What is left holds the most similar pair of each row. With ``before``, only
        pairs whose place in ``b`` is before that in ``a`` are meant.
        """
        ...


class _Space(local):
    """Memory that products are made in; each thread has its own."""

    def __init__(self) -> None:
        self.floats = np.empty(0, np.float32)


class Plain:
    """Products of whole rows: the quickest up to some 400 dimensions.

    Several threads may use one at once: while one looks at its products, another may make others.
    """

    def __init__(self, dimensions: int) -> None:
        self.margin = margin(dimensions)
        self._space = _Space()

    def side(self, matrix: NDArray[np.float16], rows: NDArray[np.int64]) -> Side:
        """The renormalised rows."""
        return Side(matrix, rows, renormalised(gather(matrix, rows)))

    def above(
        self, a: Side, b: Side, floor: Floats, *, closest: bool = False, before: bool = False
    ) -> Pairs:
        """See Products."""
        products = self.multiply(a.made, b.made)
        highest = products.max(axis=1, initial=-2)
        if closest:
            np.maximum(floor, highest - np.float32(2 * self.margin), out=floor)
        hot = np.flatnonzero(highest >= floor)
        if len(hot) * 4 < len(highest):
            products = products[hot]
        else:
            hot = np.arange(len(highest))
        pairs = picked(products, floor[hot], hot)
        return pairs.where(pairs.b < pairs.a) if before else pairs

    def multiply(self, a: Floats, b: Floats) -> Floats:
        """``a @ b.T`` into space that is used again: fresh pages cost as much as the product.

        What comes back holds until this thread multiplies again.
        """
        size = len(a) * len(b)
        if size > len(self._space.floats):
            self._space.floats = np.empty(size, np.float32)
        found = self._space.floats[:size].reshape(len(a), len(b))
        return np.matmul(a, b.T, out=found)


def picked(products: Floats, floor: Floats, rows: Places) -> Pairs:
    """The entries of ``products`` at or above the floor of their row, ``rows`` naming the rows."""
    flat = np.flatnonzero(products >= floor[:, None])
    first, second = np.divmod(flat, max(1, products.shape[1]))
    return Pairs(rows[first], second, products.reshape(-1)[flat])


def similarities(a: Side, b: Side, pairs: Pairs) -> NDArray[np.float64]:
    """The exact similarity of each pair, in pieces of bounded memory."""
    found = np.empty(len(pairs.a), np.float64)
    step = max(1, (1 << 22) // max(1, a.matrix.shape[1]))
    for start in range(0, len(found), step):
        piece = slice(start, start + step)
        found[piece] = exact(a.stored(pairs.a[piece]), b.stored(pairs.b[piece]))
    return found


def gather(matrix: NDArray[np.float16], rows: NDArray[np.int64]) -> NDArray[np.float16]:
    """Rows of a matrix that may be memory-mapped, as an array in memory."""
    return np.asarray(matrix).take(rows, axis=0)
