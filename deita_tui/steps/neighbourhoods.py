"""Who lies near a turn, in which clusters, and which of them is the most complex."""

from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from deita_store import pool as tables
from deita_store import scores, vectors
from deita_store.scores import Scorer
from deita_store.store import Store
from deita_store.vectors import Embedder
from deita_tui import records
from deita_tui.neighbours.files import Neighbours
from deita_tui.records import Pairing
from deita_tui.scoring import clusters, ici
from deita_tui.steps import loading

Ints = NDArray[np.int64]


class Neighbourhoods:
    """The pool at one moment, as ICI sees it.

    A record stands for itself among the neighbours of others by its most complex turn. Of records
    with one vector the first does. All turns of a record have its neighbours.

    Args:
        store: the project.
        embedder: whose vectors these are.
        found: these, with their lists.
        complexity: the scorer that says what is complex.
        pairing: how messages make turns.
    """

    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        found: Neighbours,
        complexity: Scorer,
        pairing: Pairing,
    ) -> None:
        self._store, self._found, self._pairing = store, found, pairing
        with tables.snapshot(store):
            members = tables.members(store)
            turns = tables.turns(store, members.versions)
            given = tables.scores(store, complexity.id)
            at = tables.vectors(store, embedder.id, members.versions)
        self._versions = loading.wrapped(members.versions)
        self._owners = loading.wrapped(turns.owners)
        self._starts = np.searchsorted(self._owners, np.arange(len(self._versions) + 1))
        self._pairs = turns.pairs
        texts = turns.pairs if complexity.reads == "pair" else turns.instructions
        self._complexity = loading.given(texts, given)
        self._rows = found.rows_of(loading.wrapped(at))
        self._turn_of_row = self._standing_for()
        self._keys = np.frombuffer(self._pairs, ">u8").reshape(-1, 2)
        self._order = np.lexsort((self._keys[:, 1], self._keys[:, 0]))
        self._high = self._keys[self._order, 0].astype(np.uint64)
        self.config: dict[str, object] = {
            "embedder": vectors.identity(store, embedder.id),
            "complexity": scores.identity(store, complexity.id),
            "sha256": self._digest(),
        }
        """What decides the probes of every turn, for the identity."""

    def clusters(self, pair: bytes) -> list[list[tuple[int, float]]]:
        """Near turns and the similarities of their records, most complex first, cluster by cluster.

        Args:
            pair: the hash of a turn's texts; of records that share it the first counts.

        Raises:
            NoProbesError: there are none.
        """
        turn = self._place(pair)
        row = -1 if turn is None else int(self._rows[self._owners[turn]])
        if row < 0:
            raise ici.NoProbesError("it is not embedded, so it has no neighbours")
        near = self._found.neighbours[row]
        near = near[near >= 0]
        near = near[self._turn_of_row[near] >= 0]
        turns = self._turn_of_row[near]
        other = np.array([self.pair(each) != pair for each in turns.tolist()], bool)
        near, turns = near[other][: ici.NEIGHBOURS], turns[other][: ici.NEIGHBOURS]
        if not len(near):
            raise ici.NoProbesError("none of its neighbours has a complexity score")
        unit = clusters.unit(self._found.vectors[np.append(near, row)])
        labels, _ = clusters.kmeans(unit[:-1], ici.PROBES, ici.SEED)
        similar = np.clip(unit[:-1] @ unit[-1], -1, 1)
        # Equals in complexity stay in the order of similarity, as the published code has them.
        order = np.argsort(-self._complexity[turns], kind="stable")
        return [
            [(int(turns[at]), float(similar[at])) for at in order if labels[at] == cluster]
            for cluster in range(int(labels.max()) + 1)
        ]

    def pair(self, turn: int) -> bytes:
        """The hash of a turn's texts."""
        return self._pairs[16 * turn : 16 * turn + 16]

    def texts(self, turn: int) -> tuple[str, str]:
        """What it says.

        Raises:
            NoProbesError: it was taken away meanwhile.
        """
        owner = int(self._owners[turn])
        version = int(self._versions[owner])
        body = scores.bodies(self._store, [version]).get(version)
        if body is None:
            raise ici.NoProbesError("a neighbour was purged meanwhile")
        said = records.pairs(records.from_body(body).messages, self._pairing)
        found = said[turn - int(self._starts[owner])]
        return found.instruction, found.response

    def _standing_for(self) -> Ints:
        """For each row of the vectors the turn that stands for it; -1 where there is none."""
        scored = np.flatnonzero(np.isfinite(self._complexity))
        order = np.lexsort((scored, -self._complexity[scored], self._owners[scored]))
        owners, first = np.unique(self._owners[scored][order], return_index=True)
        found = np.full(len(self._found.vector_ids), -1, np.int64)
        rows = self._rows[owners]
        there = rows >= 0
        # From the last to the first, so that the first record of a row stays.
        found[rows[there][::-1]] = scored[order][first][there][::-1]
        return found

    def _place(self, pair: bytes) -> int | None:
        """The first turn with these texts."""
        high = np.uint64(int.from_bytes(pair[:8]))
        at = int(np.searchsorted(self._high, high))
        while at < len(self._high) and self._high[at] == high:
            if self.pair(int(self._order[at])) == pair:
                return int(self._order[at])
            at += 1
        return None

    def _digest(self) -> str:
        digest = sha256()
        there = self._turn_of_row >= 0
        for turn in self._turn_of_row[there].tolist():
            digest.update(self.pair(turn))
        digest.update(there.tobytes())
        digest.update(self._complexity[self._turn_of_row[there]].astype("<f8").tobytes())
        digest.update(np.ascontiguousarray(self._found.neighbours).astype("<i4").tobytes())
        digest.update(self._pairs)
        digest.update(self._rows[self._owners].astype("<i4").tobytes())
        return digest.hexdigest()
