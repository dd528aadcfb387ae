"""A stretch of the ranking while the instant gear decides it."""

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.graph import first_independent
from deita_tui.selection.kept import NOTHING, Closest

Nodes = NDArray[np.int32]
Values = NDArray[np.float64]


def raise_to(
    similarity: Values, blocker: Nodes, at: Nodes, values: NDArray[np.floating], by: Nodes
) -> None:
    """Put ``values`` into ``similarity[at]``, and ``by`` into ``blocker[at]``, where higher.

    Of equally high ones the first is taken.
    """
    higher = np.flatnonzero(values > similarity.take(at))[::-1]
    at, values, by = at.take(higher), values.take(higher).astype(np.float64), by.take(higher)
    np.maximum.at(similarity, at, values)
    highest = np.flatnonzero(values == similarity.take(at))
    blocker[at.take(highest)] = by.take(highest)  # the last assignment stays: the first of the list


class Edges:
    """Pairs of nodes that are too similar, the later one and the earlier one."""

    def __init__(self) -> None:
        self._parts: list[tuple[Nodes, Nodes, NDArray[np.floating]]] = []
        self.count = 0

    def add(self, later: Nodes, earlier: Nodes, similarity: NDArray[np.floating]) -> None:
        """Add pairs."""
        self._parts.append((later, earlier, similarity.astype(np.float32)))
        self.count += len(later)

    def all(self) -> tuple[Nodes, Nodes, NDArray[np.floating]]:
        """Later nodes, earlier nodes, similarities, in the order of adding."""
        if len(self._parts) > 1:
            later, earlier, similarity = zip(*self._parts, strict=True)
            self._parts = [
                (np.concatenate(later), np.concatenate(earlier), np.concatenate(similarity))
            ]
        return self._parts[0]


class Block:
    """Candidates, numbered in rank order; of those with the same row the first stands for all.

    Args:
        records: (c,) places in the pool.
        rows: (c,) their rows.
        place: (m,) -1 throughout; holds the node of each row until ``release``.

    Attributes:
        alive: (c,) what is not decided yet, and stands for its row.
        similarity, blocker: (c,) the most similar kept record that is known.
    """

    def __init__(self, records: NDArray[np.int32], rows: NDArray[np.int64], place: Nodes) -> None:
        self.records = records
        self.rows = rows
        self.edges = Edges()
        self._place = place
        nodes = np.arange(len(rows), dtype=np.int32)
        place[rows[::-1]] = nodes[::-1]  # the last assignment stays: the first node
        self.first = place.take(rows)
        self.alive = self.first == nodes
        self.similarity = np.full(len(rows), NOTHING)
        self.blocker = np.full(len(rows), -1, np.int32)

    def release(self) -> None:
        """Give ``place`` back as it was."""
        self._place[self.rows] = -1

    def inherit(self, holder: Nodes, similarity: Values, blocker: Nodes) -> None:
        """Take over what is known of the rows: who holds them, or what blocks them."""
        held = np.flatnonzero(holder.take(self.rows) >= 0).astype(np.int32)
        self.blocked_by(held, holder.take(self.rows[held]), np.ones(len(held)))
        known = np.flatnonzero(similarity.take(self.rows) > NOTHING).astype(np.int32)
        rows = self.rows[known]
        self.blocked_by(known, blocker.take(rows), similarity.take(rows))

    def blocked_by(self, nodes: Nodes, records: Nodes, similarity: NDArray[np.floating]) -> None:
        """These nodes are too similar to records that are kept."""
        raise_to(self.similarity, self.blocker, nodes, similarity, records)
        self.alive[nodes] = False

    def decided(self) -> tuple[int, int]:
        """Changes whenever something more is known."""
        return self.edges.count, int(np.count_nonzero(self.alive))

    def first_independent(self) -> NDArray[np.bool_]:
        """What the walk keeps, as far as the edges are known."""
        later, earlier, _ = self.edges.all()
        return first_independent(self.alive, later, earlier)

    def left_out(
        self, kept: NDArray[np.bool_], end: int
    ) -> tuple[NDArray[np.int32], Closest, NDArray[np.int64]]:
        """What is not kept before ``end``: records, what blocks them, and their nodes."""
        later, earlier, similarity = self.edges.all()
        blocks = np.flatnonzero(kept.take(earlier))
        by = self.records.take(earlier.take(blocks))
        raise_to(self.similarity, self.blocker, later.take(blocks), similarity.take(blocks), by)
        twins = np.flatnonzero(self.first < np.arange(len(self.rows)))
        first = self.first[twins]
        self.similarity[twins] = np.where(kept[first], 1.0, self.similarity[first])
        self.blocker[twins] = np.where(kept[first], self.records[first], self.blocker[first])
        out = np.flatnonzero(~kept[:end])
        closest = Closest(
            self.similarity[out], self.blocker[out].astype(np.int64), np.zeros(len(out), np.int64)
        )
        return self.records[out], closest, out
