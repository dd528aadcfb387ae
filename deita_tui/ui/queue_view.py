"""A queue as the list that a table shows: its order stays, what became of its records is live."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from deita_store import rows
from deita_store.context import Context
from deita_store.rows import RecordRow
from deita_store.store import Store
from deita_store.view import PAGE, View

if TYPE_CHECKING:
    from deita_tui.selection.result import Result

Notes = Mapping[int, str] | Callable[[int], str]


class QueueView(View):
    """The records of a queue in its order.

    Rows are read by page as in any view; their outcomes come from the newest result in memory, so
    that nothing needs to be stored before it is shown.

    Args:
        store: the project, of the thread that shows it.
        ids: the records.
        notes: why each is in the queue, in a few words.
    """

    def __init__(self, store: Store, ids: Sequence[int], notes: Notes | None = None) -> None:
        super().__init__(store, "id:0")
        self.ids = ids if isinstance(ids, array) else array("q", ids)
        self.result: Result | None = None
        self._notes = notes or {}

    def __getitem__(self, index: int) -> RecordRow:
        return self.live(super().__getitem__(index))

    def live(self, row: RecordRow) -> RecordRow:
        """A row with what the newest result says of it."""
        if self.result is None or not row.uid:
            return row
        return live(row, self.result)

    def why(self, id_: int) -> str:
        """Why a record is in the queue; empty where that says itself."""
        return self._notes(id_) if callable(self._notes) else self._notes.get(id_, "")

    def some(self, ids: Sequence[int]) -> list[RecordRow]:
        """Rows of any records, with what the newest result says of them."""
        return [self.live(row) for row in rows.read(self.store, ids, self.context)]

    def pending(self, id_: int) -> bool:
        """Is a record edited, and selected by what it said before?"""
        from deita_tui.selection.result import EDITED

        place = None if self.result is None else _place(self.result, id_)
        return (
            place is not None
            and self.result is not None
            and (int(self.result.reason[place]) == EDITED)
        )

    def read_again(self, ids: Sequence[int]) -> None:
        """Read some rows anew; the others stay as they were read."""
        for id_ in ids:
            place = self.index_of(id_)
            page = None if place is None else self._pages.get(place // PAGE)
            if page is not None and place is not None:
                (page[place % PAGE],) = rows.read(self.store, [id_], self.context)

    def renew(self) -> None:
        """Read everything anew: scorers or selections may have come."""
        self.context = Context(self.store)
        self.forget()


def live(row: RecordRow, result: "Result") -> RecordRow:
    """A row with its outcome as a result has it."""
    from deita_tui.selection.result import STATUSES

    ids, place = result.pool.ids, _place(result, row.id)
    if place is None:
        # It came after the arrays were read.
        return replace(row, outcome=None, rank=None, position=None, blocked_by=None)
    score, blocker = float(result.score[place]), int(result.blocker[place])
    return replace(
        row,
        outcome=STATUSES[result.status[place]],
        rank=int(result.rank[place]) or None,
        position=int(result.position[place]) or None,
        score=None if score != score else score,
        blocked_by=int(ids[blocker]) if blocker >= 0 else None,
        similarity=float(result.similarity[place]) if blocker >= 0 else None,
    )


def differ(before: "Result", after: "Result", ids: Sequence[int]) -> bool:
    """Did any of these records get another outcome?"""
    if before.pool.ids is not after.pool.ids:
        return True
    places = before.pool.ids.searchsorted(ids).clip(max=max(before.pool.size - 1, 0))
    return bool((before.status[places] != after.status[places]).any())


def _place(result: "Result", id_: int) -> int | None:
    """Where a record stands in the pool; None where it came after the arrays were read."""
    ids = result.pool.ids
    place = int(ids.searchsorted(id_))
    return place if place < len(ids) and ids[place] == id_ else None


def decided_otherwise(before: "Result", after: "Result") -> bool:
    """Do the decisions differ that two results stand on?"""
    one, other = before.pool, after.pool
    return one.pinned.tobytes() + one.rejected.tobytes() != (
        other.pinned.tobytes() + other.rejected.tobytes()
    )
