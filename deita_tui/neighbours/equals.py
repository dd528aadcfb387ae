"""Rows that are equal to the last bit: one of them stands for all in an index.

An index loses its way among thousands of rows at distance zero, and their lists need no search.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

_BLOCK = 8192
_SEED = 0x5DEECE66D


@dataclass(frozen=True, slots=False)
class Equals:
    """Which rows are equal."""

    first: NDArray[np.int32]
    """(n,) the first row that is equal to each row; itself for most."""

    @cached_property
    def unique(self) -> NDArray[np.int32]:
        """The rows that come first of their kind, (u,) ascending."""
        rows: NDArray[np.int32] = np.arange(len(self.first), dtype=np.int32)
        found: NDArray[np.int32] = rows[self.first == rows]
        return found

    @cached_property
    def _members(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """All rows kind by kind, ascending within one; and where each first row's kind begins."""
        order = np.argsort(self.first, kind="stable").astype(np.int32)
        begins = np.zeros(len(self.first) + 1, np.int64)
        np.cumsum(np.bincount(self.first, minlength=len(self.first)), out=begins[1:])
        return order, begins

    def members(
        self, firsts: NDArray[np.int32], most: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The rows that each of ``firsts`` stands for, ``most`` at most.

        Returns:
            The rows, one kind behind another; and of each, which of ``firsts`` it belongs to.
        """
        order, begins = self._members
        count = np.minimum(begins[firsts + 1] - begins[firsts], most)
        which = np.repeat(np.arange(len(firsts)), count)
        within = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
        return order[begins[firsts][which] + within], which


def find(vectors: NDArray[np.float16]) -> Equals:
    """Which rows of (n, d) are equal, bit by bit; reads them block by block."""
    keys = np.empty(len(vectors), np.uint64)
    factors = np.random.default_rng(_SEED).integers(
        1, 1 << 63, vectors.shape[1], np.uint64, endpoint=True
    )
    for start in range(0, len(vectors), _BLOCK):
        bits = np.ascontiguousarray(vectors[start : start + _BLOCK]).view(np.uint16)
        # Sums of products wrap around, which is what spreads them.
        keys[start : start + _BLOCK] = bits.astype(np.uint64) @ (factors | np.uint64(1))
    _, at, inverse = np.unique(keys, return_index=True, return_inverse=True)
    first = at[inverse.ravel()].astype(np.int32)
    _part_false(vectors, first)
    return Equals(first)


def _part_false(vectors: NDArray[np.float16], first: NDArray[np.int32]) -> None:
    """Rows whose keys agree and whose bits do not stand for themselves."""
    doubtful = np.flatnonzero(first != np.arange(len(first), dtype=np.int32))
    for start in range(0, len(doubtful), _BLOCK):
        rows = doubtful[start : start + _BLOCK]
        mine, theirs = vectors[rows].view(np.uint16), vectors[first[rows]].view(np.uint16)
        wrong = rows[(mine != theirs).any(axis=1)]
        first[wrong] = wrong
