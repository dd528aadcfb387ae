"""The instant gear: the same walk, decided by the lists of neighbours.

A listed neighbour above the threshold that is kept is an exact reason to drop a record. A list that
ends at or below the threshold is complete, up to the recall of the index, so a record with such a
list is kept without any product. One whose list is cut off is compared with all that is kept before
it. What the preview can get wrong is what the index missed.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.block import Block
from deita_tui.selection.kept import NOTHING, Closest
from deita_tui.selection.lists import Lists
from deita_tui.selection.products import Products, similarities
from deita_tui.selection.room import Room
from deita_tui.selection.walk import Walk

_MANY_CUT = 0.05  # share of lists cut off from which on stretches are short: products decide
_COLUMNS = 16_384
_PATIENCE = 6


class Instant:
    """The walk over one pool.

    Args:
        products: how similar pairs are found where lists do not tell.
        lists: the lists of neighbours.
        vectors: (m, d) float16.
        row: (n,) the row of each record.
        threshold: more similar is too similar; below 1.
        room: what may be kept; it must not go by sources.
        other: the most similar record of the other set, of places in the pool; None: no such set.
        stretch: candidates that are looked at together, at least and at most.
    """

    def __init__(
        self,
        products: Products,
        lists: Lists,
        vectors: NDArray[np.float16],
        row: NDArray[np.int32],
        threshold: float,
        room: Room,
        other: Callable[[NDArray[np.int32]], Closest] | None = None,
        stretch: tuple[int, int] = (4_096, 1 << 18),
    ) -> None:
        self._products = products
        self._lists = lists
        self._vectors = vectors
        self._row = row
        self._threshold = threshold
        self._room = room
        self._other = other
        self._shortest, self._longest = stretch
        # Of each row: the record that holds it, or the kept one that is known to block it.
        self._holder = np.full(len(vectors), -1, np.int32)
        self._similarity = np.full(len(vectors), NOTHING)
        self._blocker = np.full(len(vectors), -1, np.int32)
        self._place = np.full(len(vectors), -1, np.int32)  # of a row in the block at hand
        self._kept: list[NDArray[np.int64]] = []  # rows

    def pin(self, records: NDArray[np.int32]) -> None:
        """Keep records whatever they are similar to; those without a vector hold nobody off."""
        there = records[self._row[records] >= 0]
        self._hold(there, self._row[there].astype(np.int64))

    def walk(self, candidates: NDArray[np.int32]) -> Walk:
        """Look at candidates in order until there is no more room."""
        done = Walk()
        start = 0
        while start < len(candidates) and not self._room.full:
            size = self._size(candidates[start:], done)
            part = candidates[start : start + size]
            start += len(part)
            if not self._look_at(part, done, last=start == len(candidates)):
                break
        return done

    def _size(self, rest: NDArray[np.int32], done: Walk) -> int:
        """How many to look at together: about as many as the room that is left needs."""
        kept = sum(len(part) for part in self._kept)
        rate = max(0.05, kept / max(1, done.examined)) if done.examined else 0.7
        size = int(min(self._longest, max(self._shortest, self._room.records / rate)))
        rows = self._row[rest[:size]].astype(np.int64)
        many = self._lists.cut_off(rows, self._threshold).mean() > _MANY_CUT
        return self._shortest if many else size

    def _look_at(self, part: NDArray[np.int32], done: Walk, *, last: bool) -> bool:
        """Decide one block; returns whether there is room left behind it."""
        block = Block(part, self._row[part].astype(np.int64), self._place)
        block.inherit(self._holder, self._similarity, self._blocker)
        if self._other is not None:
            other = self._other(part)
            above = np.flatnonzero(other.similarity > self._threshold).astype(np.int32)
            by = other.record[above].astype(np.int32)
            block.blocked_by(above, by, other.similarity[above])
        self._ask_lists(block)
        kept = self._decide(block, done)
        chosen, end = self._fit(part, kept)
        out, closest, nodes = block.left_out(kept, end)
        done.kept.append(part[chosen])
        done.similar.append(out)
        done.closest.append(closest)
        done.examined += end
        block.release()
        if end < len(part) or last:
            return False
        self._hold(part[chosen], block.rows[chosen])
        self._similarity[block.rows[nodes]] = closest.similarity
        self._blocker[block.rows[nodes]] = closest.record
        return True

    def _fit(
        self, part: NDArray[np.int32], kept: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], int]:
        """What of the kept there is room for, and where the looking ends."""
        would = np.flatnonzero(kept)
        fitting = self._room.fitting(part[would])
        self._room.take(part[would[:fitting]])
        if self._room.full:
            return would[:fitting], int(would[fitting - 1]) + 1 if fitting else 0
        return would[:fitting], int(would[fitting]) if fitting < len(would) else len(part)

    def _hold(self, records: NDArray[np.int32], rows: NDArray[np.int64]) -> None:
        self._holder[rows[::-1]] = records[::-1]  # the last assignment stays: the first record
        self._kept.append(rows)

    def _ask_lists(self, block: Block) -> None:
        """Find out who is blocked by what was kept before, and the edges inside the block.

        That a neighbour is behind is that neighbour's business: its own list has the pair, or is
        cut off.
        """
        nodes = np.flatnonzero(block.alive)
        near = self._lists.near(block.rows[nodes], self._threshold)
        asked = nodes.astype(np.int32).take(near.asked)
        if self._kept:
            holder = self._holder.take(near.row)
            held = np.flatnonzero(holder >= 0)
            block.blocked_by(asked.take(held), holder.take(held), near.similarity.take(held))
        earlier = self._place.take(near.row)
        inside = np.flatnonzero((earlier >= 0) & (earlier < asked))
        pairs = asked.take(inside), earlier.take(inside)
        block.edges.add(*pairs, near.similarity.take(inside))

    def _decide(self, block: Block, done: Walk) -> NDArray[np.bool_]:
        """Which of a block are kept: those whose list is cut off are compared until none is new."""
        cut = self._lists.cut_off(block.rows, self._threshold)
        asked = np.zeros(len(cut), np.bool_)  # compared with all of ``seen``
        seen = np.zeros(len(cut), np.bool_)
        kept = block.first_independent()
        for attempt in range(_PATIENCE + 1):
            suspects, against = kept & cut, kept
            if attempt == _PATIENCE:  # compare everything, so that this attempt is the last
                suspects, against = block.alive & cut, block.alive
            new, fresh = suspects & ~asked, against & ~seen
            before = block.decided()
            self._compare_before(block, np.flatnonzero(new))
            self._compare_inside(block, np.flatnonzero(new), np.flatnonzero(against | seen))
            self._compare_inside(block, np.flatnonzero(asked), np.flatnonzero(fresh))
            asked |= new
            seen |= against
            if block.decided() == before:
                break
            kept = block.first_independent()
        done.checked += int(np.count_nonzero(asked))
        return kept

    def _compare_before(self, block: Block, nodes: NDArray[np.int64]) -> None:
        """Compare nodes of a block with everything that was kept before it."""
        rows = np.concatenate([*self._kept, np.empty(0, np.int64)])
        for later, found, similarity in self._pairs(block.rows[nodes], rows):
            by = self._holder[rows[found]]
            block.blocked_by(nodes[later].astype(np.int32), by, similarity)

    def _compare_inside(
        self, block: Block, nodes: NDArray[np.int64], others: NDArray[np.int64]
    ) -> None:
        """Add the edges between nodes of a block and others before them."""
        for start in range(0, len(others), _COLUMNS):
            some = others[start : start + _COLUMNS]
            behind = nodes[np.searchsorted(nodes, some[0]) :]
            for later, found, similarity in self._pairs(block.rows[behind], block.rows[some]):
                first, second = some[found].astype(np.int32), behind[later].astype(np.int32)
                before = np.flatnonzero(first < second)
                block.edges.add(second[before], first[before], similarity[before])

    def _pairs(
        self, a: NDArray[np.int64], b: NDArray[np.int64]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]:
        """Pairs of rows above the threshold: places in ``a`` and ``b``, and how similar."""
        if not len(a) or not len(b):
            return
        side = self._products.side(self._vectors, a)
        floor = np.full(len(a), self._threshold - self._products.margin, np.float32)
        for start in range(0, len(b), _COLUMNS):
            others = self._products.side(self._vectors, b[start : start + _COLUMNS])
            pairs = self._products.above(side, others, floor)
            exact = pairs.product.astype(np.float64)
            doubtful = exact <= self._threshold + self._products.margin
            exact[doubtful] = similarities(side, others, pairs.where(doubtful))
            above = np.flatnonzero(exact > self._threshold)
            yield pairs.a[above], pairs.b[above] + start, np.minimum(exact[above], 1.0)
