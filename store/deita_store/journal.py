"""The journal: everything the user did, and the way back.

One linear stack a project (D14). Undo takes back the newest act in force, redo brings back the
oldest one undone, a new act drops what could be redone. All of it lies in the project, so it
survives a restart. What an act did to records is applied by ``changes``; what it did beyond them,
by the function that ``_EFFECTS`` names for its kind.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deita_store import acts, changes, removals, selections
from deita_store.acts import LOGGED, Act, actor
from deita_store.errors import WrongArgumentError
from deita_store.store import Store

__all__ = [
    "Act",
    "Change",
    "actor",
    "changes_of",
    "depth",
    "entries",
    "record_ids",
    "redo",
    "redoable",
    "undo",
    "undo_to",
    "undoable",
]

Effect = Callable[[sqlite3.Connection, int, Mapping[str, Any], bool], None]
"""Brings about (True) or takes back (False) what an act with these arguments did."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an act changed of one record."""

    record: int
    field: str
    """``decision``, ``flag``, ``rating``, ``note``, ``conversation`` (a version), ``tag:NAME``."""
    before: str | None
    after: str | None


_EFFECTS: dict[str, Effect] = {
    "remove": removals.apply,
    "replace": removals.apply,
    "save": selections.apply_saving,
    "hide": selections.apply_hiding,
}
_LOGGED = ", ".join(f"'{kind}'" for kind in LOGGED)
_NEWEST_DONE = (
    f"{acts.SELECT} where j.target is null and j.undone = 0 and j.kind not in ({_LOGGED})"
)
_OLDEST_UNDONE = f"{acts.SELECT} where j.target is null and j.undone = 1"


def undo(store: Store, actor: str) -> Act | None:
    """Take back the newest act in force; returns what was undone, None when nothing is left."""
    with store.transaction() as db:
        act = undoable(store)
        return act and _turn(db, act, actor, forward=False)


def redo(store: Store, actor: str) -> Act | None:
    """Bring back what was undone last; returns what was redone, None when there is nothing."""
    with store.transaction() as db:
        act = redoable(store)
        return act and _turn(db, act, actor, forward=True)


def undo_to(store: Store, act_id: int, actor: str) -> list[Act]:
    """Take back every act in force after ``act_id`` (0: all of them), the newest first.

    Raises:
        StoreError: there is no such row in the journal.
    """
    with store.transaction() as db:
        known = db.execute("select 1 from journal where id = ?", (act_id,)).fetchone()
        if act_id and not known:
            raise WrongArgumentError(f"The journal has no entry {act_id}.")
        taken_back = []
        while (act := undoable(store)) and act.id > act_id:
            taken_back.append(_turn(db, act, actor, forward=False))
        return taken_back


def undoable(store: Store) -> Act | None:
    """What undo would take back."""
    return _one(store, f"{_NEWEST_DONE} order by j.id desc limit 1")


def redoable(store: Store) -> Act | None:
    """What redo would bring back."""
    return _one(store, f"{_OLDEST_UNDONE} order by j.id limit 1")


def entries(store: Store, limit: int = 100, before: int | None = None) -> list[Act]:
    """Rows of the journal, the newest first, undos and redos among them.

    Args:
        store: the project.
        limit: how many at most.
        before: only rows older than the one with this id, to page on.
    """
    where, values = ("where j.id < ?", [before]) if before is not None else ("", [])
    rows = store.db.execute(f"{acts.SELECT} {where} order by j.id desc limit ?", [*values, limit])
    return [acts.from_row(row) for row in rows.fetchall()]


def depth(store: Store, after: int = 0) -> int:
    """How many acts undo could take back; of these, the ones after an entry of the journal."""
    (count,) = store.db.execute(
        "select count(*) from journal where target is null and undone = 0 and id > ?"
        f" and kind not in ({_LOGGED})",
        (after,),
    ).fetchone()
    return int(count)


def record_ids(store: Store, act_id: int, limit: int | None = None) -> list[int]:
    """The records that an act was about (of an undo: its target), in order of id.

    Args:
        store: the project.
        act_id: the entry of the journal.
        limit: the first so many.
    """
    act, most = _own(store, act_id), -1 if limit is None else limit
    rows = store.db.execute(
        "select distinct record_id from changes where journal_id = ? order by record_id limit ?",
        (act, most),
    ).fetchall()
    return [record for (record,) in rows or removals.records(store.db, act, most)]


def changes_of(store: Store, act_id: int) -> list[Change]:
    """What an act changed (of an undo: what its target did), in order of id."""
    rows = store.db.execute(
        "select record_id, field, before, after from changes where journal_id = ?"
        " order by record_id, field",
        (_own(store, act_id),),
    )
    return [Change(*row) for row in rows.fetchall()]


def _own(store: Store, act_id: int) -> int:
    """The act itself; of an undo or redo, the one that it names."""
    row = store.db.execute(
        "select coalesce(target, id) from journal where id = ?", (act_id,)
    ).fetchone()
    return int(row[0]) if row else 0


def _turn(db: sqlite3.Connection, act: Act, actor: str, *, forward: bool) -> Act:
    changes.apply(db, act.id, "after" if forward else "before")
    if effect := _EFFECTS.get(act.kind):
        (args,) = db.execute("select args from journal where id = ?", (act.id,)).fetchone()
        effect(db, act.id, json.loads(args), forward)
    db.execute("update journal set undone = ? where id = ?", (int(not forward), act.id))
    kind = "redo" if forward else "undo"
    acts.append(db, actor, kind, f"{kind}: {act.summary}", {}, target=act.id)
    return acts.get(db, act.id)


def _one(store: Store, query: str) -> Act | None:
    row = store.db.execute(query).fetchone()
    return row and acts.from_row(row)
