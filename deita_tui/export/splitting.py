"""Train and validation without near-duplicates on both sides.

Records that resemble each other are a group, and a group stays together: by their questions,
compared without case, spacing and punctuation, and by their vectors where there are any. Groups
come to the validation side in an order that only the seed and the records' uids decide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from deita_tui.records import Message

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float16]
    Rows = NDArray[np.int64]

SIMILAR = 0.9
"""At this similarity and above two records are near-duplicates."""
_BLOCK = 128
_NOT_WORDS = re.compile(r"[\W_]+")


def shuffle_key(seed: int, uid: str) -> bytes:
    """Where a record stands in the order of a seed, whatever other records there are."""
    return blake2b(f"{seed}:{uid}".encode(), digest_size=16).digest()


def question_key(messages: Sequence[Message]) -> bytes:
    """16 bytes that name what the user says, but for case, spacing and punctuation."""
    asked = "\n".join(each.content for each in messages if each.role == "user")
    words = _NOT_WORDS.sub(" ", asked.casefold()).strip()
    # texts in scripts or signs that the expression takes away are told apart by themselves
    return blake2b((words or asked).encode(), digest_size=16).digest()


def size(share: float, records: int) -> int:
    """How many records ``--validation`` asks for: below 1 a share, else a number."""
    wanted = round(records * share) if share < 1 else int(share)
    return min(max(wanted, 1), max(records - 1, 0))


def validation(
    uids: Sequence[str],
    keys: Sequence[bytes],
    wanted: int,
    seed: int,
    vectors: Vectors | None = None,
    rows: Rows | None = None,
    similar: float = SIMILAR,
) -> list[int]:
    """Which records go to the validation side: places in ``uids``, never more than ``wanted``.

    A group that is larger than what is still wanted stays on the train side.

    Args:
        uids: the records.
        keys: see ``question_key``.
        wanted: how many.
        seed: decides, with the uids, which groups come first.
        vectors: (m, d) float16 rows of length 1.
        rows: (n,) the row of each record, -1 for none.
        similar: the similarity from which two rows are near-duplicates.
    """
    order = sorted(range(len(uids)), key=lambda at: shuffle_key(seed, uids[at]))
    near = _Near(keys, vectors, rows, similar)
    chosen: list[int] = []
    settled = bytearray(len(uids))
    for first, at in enumerate(order):
        if len(chosen) >= wanted:
            break
        if settled[at]:
            continue
        if not near.knows(at):
            near.prepare([each for each in order[first : first + _BLOCK] if not settled[each]])
        group = _group(at, near, settled, wanted - len(chosen))
        chosen += group or ()
    return sorted(chosen)


def _group(at: int, near: _Near, settled: bytearray, room: int) -> list[int] | None:
    """The group of a record, settled either way; None if it belongs to the train side."""
    group, waiting, fits = {at}, [at], True
    settled[at] = 1
    while waiting and fits:
        for other in near.of(waiting.pop()):
            # One that is settled stays where it is: a whole group on the validation side has no
            # neighbours outside, so this one is on the train side and keeps the group there.
            if settled[other] and other not in group:
                fits = False
            elif not settled[other]:
                settled[other] = 1
                group.add(other)
                waiting.append(other)
        fits = fits and len(group) <= room
    return list(group) if fits else None


class _Near:
    """The near-duplicates of records, found block by block and remembered until asked for."""

    def __init__(
        self, keys: Sequence[bytes], vectors: Vectors | None, rows: Rows | None, similar: float
    ) -> None:
        self._keys = keys
        self._same: dict[bytes, list[int]] = {}
        for at, key in enumerate(keys):
            self._same.setdefault(key, []).append(at)
        self._found: dict[int, list[int]] = {}
        self._vectors = self._products = None
        if vectors is not None and rows is not None and len(vectors):
            from deita_tui.neighbours.similarity import renormalised

            self._similar = similar
            self._vectors = vectors
            self._rows = rows
            self._products = renormalised(vectors)
            self._records: dict[int, list[int]] = {}
            for at, row in enumerate(rows.tolist()):
                self._records.setdefault(row, []).append(at)

    def of(self, at: int) -> list[int]:
        """The near-duplicates of one record."""
        if not self.knows(at):
            self.prepare([at])
        return [*self._same[self._keys[at]], *self._found.get(at, ())]

    def knows(self, at: int) -> bool:
        """Is there nothing left to compute for this record?"""
        return self._vectors is None or at in self._found

    def prepare(self, places: Sequence[int]) -> None:
        """Find those of many records by one product."""
        new = [at for at in places if not self.knows(at)]
        if new:
            for at, alike in zip(new, self._alike(new), strict=True):
                self._found[at] = [other for row in alike for other in self._records[row]]

    def _alike(self, places: Sequence[int]) -> list[list[int]]:
        """For each record the rows that are as similar to its own as near-duplicates are."""
        import numpy as np

        from deita_tui.neighbours.similarity import BAND, exact

        assert self._vectors is not None
        assert self._products is not None
        own = self._rows[list(places)]
        found: list[list[int]] = [[] for _ in places]
        there = np.flatnonzero(own >= 0)
        products = self._products[own[there]] @ self._products.T
        hits, others = np.nonzero(products >= self._similar - BAND)
        close = products[hits, others] < self._similar + BAND
        true = np.ones(len(hits), bool)
        mine = own[there][hits[close]]
        true[close] = exact(self._vectors[mine], self._vectors[others[close]]) >= self._similar
        for hit, row in zip(there[hits[true]].tolist(), others[true].tolist(), strict=True):
            found[hit].append(row)
        return found
