"""The exact gear: the greedy walk down the ranking, in blocks, with nothing left to chance.

DEITA's repr filter looks at one record after the other and keeps it unless its similarity to a
record kept before is above the threshold (paper §2.5 and Algorithm 1; the published code compares
cosine similarity, and so do we). Here a block of candidates is compared with all kept ones by one
matrix product, and what is left of the block with itself; then the block is resolved in order.
Products only point out what to look at, so the outcome is that of the walk one by one.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.kept import Closest, Kept, best
from deita_tui.selection.products import Products, Side, similarities
from deita_tui.selection.room import Room
from deita_tui.selection.walk import Walk
from deita_tui.selection.witnesses import Witnesses


class Exact:
    """The walk over one pool, in one phase or several.

    Args:
        products: how similar pairs are found.
        vectors: (m, d) float16.
        row: (n,) the row of each record.
        place: (n,) what orders equally similar records: the lower is named.
        threshold: more similar is too similar; below 1.
        room: what may be kept.
        other: the most similar record of the other set, of places in the pool; None: no such set.
        witnesses: what an earlier walk proves.
        block: candidates that are looked at together; it decides nothing.
    """

    def __init__(
        self,
        products: Products,
        vectors: NDArray[np.float16],
        row: NDArray[np.int32],
        place: NDArray[np.int64],
        threshold: float,
        room: Room,
        other: Callable[[NDArray[np.int32]], Closest] | None = None,
        witnesses: Witnesses | None = None,
        block: int = 512,
    ) -> None:
        self._products = products
        self._vectors = vectors
        self._row = row
        self._place = place
        self._threshold = threshold
        self._room = room
        self._other = other
        self._block = block
        self._kept = Kept(products, vectors, threshold)
        self._witnesses = witnesses
        self._new = Kept(products, vectors, threshold)  # what the witnesses know nothing of
        self._is_kept = np.zeros(len(row), np.bool_)

    def pin(self, records: NDArray[np.int32]) -> None:
        """Keep records whatever they are similar to; those without a vector hold nobody off."""
        self._keep(records, self._side(records[self._row[records] >= 0]), pins=True)

    def walk(self, candidates: NDArray[np.int32]) -> Walk:
        """Look at candidates in order until there is no more room."""
        done = Walk()
        start = 0
        while start < len(candidates) and not self._room.full:
            part = candidates[start : start + self._block]
            if self._look_at(part, done) < len(part):
                break
            start += len(part)
        return done

    def _look_at(self, part: NDArray[np.int32], done: Walk) -> int:
        """Decide one block; returns how many of it were looked at before the room was full."""
        open_ = np.flatnonzero(self._room.open(part))
        records = part[open_]
        side = self._side(records)
        closest = self._closest(records, side)
        decided = self._resolve(records, side, closest.similarity > self._threshold)
        left_out = np.setdiff1d(np.arange(decided.end), decided.kept, assume_unique=True)
        left_out = np.setdiff1d(left_out, decided.skipped, assume_unique=True)
        self._join_block(records, side, closest, left_out, decided.kept)
        end = decided.end_of(open_, len(part))
        closed = np.setdiff1d(np.arange(end), open_, assume_unique=True)
        done.kept.append(records[decided.kept])
        done.similar.append(records[left_out])
        done.closest.append(closest.take(left_out))
        done.skipped += [part[closed], records[decided.skipped]]
        done.examined += end
        self._keep(records[decided.kept], side.take(decided.kept))
        return end

    def _closest(self, records: NDArray[np.int32], side: Side) -> Closest:
        """The most similar record of what was kept before the block, and of the other set."""
        if self._witnesses is None:
            closest = self._kept.closest(side)
        else:
            known, closest = self._witnesses.known(
                records.astype(np.int64), self._is_kept, self._place
            )
            for among, rows in ((self._new, known), (self._kept, ~known)):
                chosen = np.flatnonzero(rows)
                closest.join(chosen, among.closest(side.take(chosen)))
        if self._other is not None:
            other = self._other(records)
            above = np.flatnonzero(other.similarity > self._threshold)
            closest.join(above, other.take(above))
        return closest

    def _resolve(
        self, records: NDArray[np.int32], side: Side, blocked: NDArray[np.bool_]
    ) -> "_Decided":
        """Go through a block in order, knowing which are too similar to what was kept before it."""
        free = np.flatnonzero(~blocked)
        later, earlier = self._near(side.take(free))
        later, earlier = free[later], free[earlier]
        first = np.flatnonzero(np.diff(later, prepend=-1))
        near = dict(zip(later[first].tolist(), np.split(earlier, first[1:]), strict=False))
        keep = ~blocked
        if self._room.by_source:
            return self._one_by_one(records, keep, near)
        for number, before in near.items():
            if keep[before].any():
                keep[number] = False
        would = np.flatnonzero(keep)
        fitting = self._room.fitting(records[would])
        kept = would[:fitting]
        self._room.take(records[kept])
        nothing = np.empty(0, np.int64)
        if self._room.full:
            return _Decided(kept, nothing, int(kept[-1]) + 1 if len(kept) else 0, full=True)
        end = int(would[fitting]) if fitting < len(would) else len(records)
        return _Decided(kept, nothing, end)

    def _one_by_one(
        self,
        records: NDArray[np.int32],
        keep: NDArray[np.bool_],
        near: dict[int, NDArray[np.int64]],
    ) -> "_Decided":
        """The same where a record may be skipped for its source."""
        kept, skipped, end = [], [], len(records)
        for number in range(len(records)):
            one = records[number : number + 1]
            if not self._room.admits(int(one[0])):
                keep[number] = False
                skipped.append(number)
            elif keep[number] and number in near and keep[near[number]].any():
                keep[number] = False
            elif keep[number]:
                if not self._room.fitting(one):
                    end = number
                    break
                self._room.take(one)
                kept.append(number)
                if self._room.full:
                    end = number + 1
                    break
        found = np.array(kept, np.int64), np.array(skipped, np.int64)
        return _Decided(*found, end, full=self._room.full)

    def _near(self, side: Side) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs inside a block that are above the threshold: the later and the earlier, sorted."""
        floor = self._kept.floor(len(side.rows))
        pairs = self._products.above(side, side, floor, before=True)
        above = pairs.product > self._threshold + self._products.margin
        doubtful = np.flatnonzero(~above)
        decided = similarities(side, side, pairs.where(~above)) > self._threshold
        above[doubtful[decided]] = True
        pairs = pairs.where(above)
        return pairs.a, pairs.b

    def _join_block(
        self,
        records: NDArray[np.int32],
        side: Side,
        closest: Closest,
        rows: NDArray[np.int64],
        kept: NDArray[np.int64],
    ) -> None:
        """Compare what is left out with what the same block kept before it."""
        if not len(rows) or not len(kept):
            return
        out, new = side.take(rows), side.take(kept)
        floor = self._kept.floor(len(rows))
        known = closest.similarity[rows] - 2 * self._products.margin
        np.maximum(floor, known, out=floor, casting="same_kind")
        pairs = self._products.above(out, new, floor)
        pairs = pairs.where(kept[pairs.b] < rows[pairs.a])
        exact = similarities(out, new, pairs)
        record = records[kept[pairs.b]].astype(np.int64)
        best(closest, rows[pairs.a], exact, record, self._place[record], self._threshold)

    def _side(self, records: NDArray[np.int32]) -> Side:
        return self._products.side(self._vectors, self._row[records].astype(np.int64))

    def _keep(self, records: NDArray[np.int32], side: Side, *, pins: bool = False) -> None:
        there = records[self._row[records] >= 0].astype(np.int64)
        self._kept.add(side, there, self._place[there])
        self._is_kept[there] = True
        if self._witnesses is not None:
            new = np.flatnonzero(self._witnesses.new(there, pins=pins))
            self._new.add(side.take(new), there[new], self._place[there[new]])


@dataclass(frozen=True, slots=True)
class _Decided:
    """A block, by place in it: what is kept, what is skipped, and where the looking ended."""

    kept: NDArray[np.int64]
    skipped: NDArray[np.int64]
    end: int
    full: bool = False

    def end_of(self, open_: NDArray[np.int64], size: int) -> int:
        """The end in the block before closed sources were taken out of it."""
        if self.full:
            return int(open_[self.end - 1]) + 1 if self.end else 0
        return int(open_[self.end]) if self.end < len(open_) else size
