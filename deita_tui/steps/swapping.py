"""Which record keeps another one out of a selection."""

from deita_store import rows, selections
from deita_store.selections import WORKING, Selection
from deita_store.store import Store
from deita_tui.errors import UsageError

_WHY = {
    "kept": "is kept already",
    "over_budget": "is not too similar to any record: it is over the budget",
    "rejected": "was rejected by you, so no record keeps it out",
    "filtered": "is filtered out, so no record keeps it out",
    "unscored": "has no score, so no record keeps it out",
}


def counterpart(store: Store, record: int, other: int | None, selection: str | None) -> int:
    """The record that goes where ``record`` is kept in its place.

    Args:
        store: the project.
        record: the one that is to be kept.
        other: the one to reject; None: the one that it is too similar to.
        selection: in which selection; None: the working one, or the one saved last.

    Raises:
        UsageError: it is the record itself, or the selection names none.
        StoreError: there is no such selection.
    """
    if other is not None:
        if other == record:
            raise UsageError(f"Record {record} cannot take its own place.", "Name another record.")
        return other
    chosen = in_force(store, selection)
    status, blocker = _outcome(store, chosen, record)
    if blocker is not None:
        return blocker
    why = _WHY.get(status or "", "came after the selection was made, or was removed")
    if status == "too_similar":
        why = "is too similar to a record that is not in this project"
    wish = "Keep it whatever comes" if status == "kept" else "Keep it"
    raise UsageError(
        f"Record {record} {why}: there is nothing to swap it with.",
        f"{wish} with: deita-tui decide {store.folder} {record} --keep",
    )


def in_force(store: Store, name: str | None) -> Selection:
    """The selection of that name; without one the working one, or the one saved last.

    Raises:
        StoreError: there is none.
    """
    if name is None and selections.is_there(store, None):
        name = WORKING
    return selections.find(store, name)


def _outcome(store: Store, selection: Selection, record: int) -> tuple[str | None, int | None]:
    row = store.db.execute(
        "select o.status, o.blocked_by, b.live > 0 from outcomes o"
        " left join records b on b.id = o.blocked_by"
        " where o.selection_id = ? and o.record_id = ?",
        (selection.id, record),
    ).fetchone()
    if row is None:
        known = rows.read(store, [record])[0].uid and record <= selection.last_record
        return (selection.rest if known else None), None
    status, blocker, live = row
    return str(status), int(blocker) if blocker is not None and live else None
