"""The journal as an export carries it: every act up to its moment, and what each one changed.

Exports themselves are left out: two exports of one selection say the same of it.
"""

from collections.abc import Iterator
from typing import Any

from deita_store import exports
from deita_store.store import Store

Row = dict[str, Any]


def acts(store: Store, last: int) -> Iterator[Row]:
    """One row an act, the oldest first, with the state that it was in after the act ``last``."""
    rows = list(exports.acts(store, last))
    states = _states(rows)
    for id_, at, actor, kind, summary, records, target in rows:
        yield {
            "entry": id_,
            "at": at,
            "actor": actor,
            "kind": kind,
            "summary": summary,
            "records": records,
            "target": target,
            "state": states.get(id_, "done"),
        }


def changes(store: Store, last: int) -> Iterator[Row]:
    """One row a change of a record: the act, the record's uid, what of it, before and after.

    A text is told by its revision: 0 as it was imported, and one more for each edit.
    """
    for entry, uid, field, before, after in exports.changes(store, last):
        yield {
            "entry": entry,
            "record": uid,
            "field": "revision" if field == "conversation" else field,
            "before": before,
            "after": after,
        }


def _states(rows: list[exports.ActRow]) -> dict[int, str]:
    """What undo, redo and new acts had made of each act: ``undone`` or ``void``; else ``done``."""
    states: dict[int, str] = {}
    open_ = set[int]()
    for _, _, _, kind, _, _, target in rows:
        if target is None:
            if kind != "purge":
                states |= dict.fromkeys(open_, "void")
                open_.clear()
        elif kind == "undo":
            states[target] = "undone"
            open_.add(target)
        else:
            states.pop(target, None)
            open_.discard(target)
    return states
