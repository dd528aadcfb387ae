"""Care of a project: take a source or an import out, replace a file, purge a record for good.

Removing and replacing are acts that undo brings back; the records stay until they are purged.
"""

import sqlite3

from deita_store import acts, removals
from deita_store.acts import Act
from deita_store.errors import StoreError, WrongArgumentError
from deita_store.purging import finish_purge, purge, purge_refusals, unfinished_purge
from deita_store.store import Store

__all__ = [
    "finish_purge",
    "purge",
    "purge_refusals",
    "remove_import",
    "remove_source",
    "replace",
    "unfinished_purge",
]


def remove_source(store: Store, name: str, actor: str) -> Act | None:
    """Take every row of a source out of force; None when none was in force.

    A record stays while another source has it, and then belongs to the first of those (D4).

    Raises:
        StoreError: there is no such source.
    """
    with store.transaction() as db:
        row = db.execute("select id from sources where name = ?", (name,)).fetchone()
        if row is None:
            raise WrongArgumentError(
                f"There is no source {name!r} in this project.", _known_sources(db)
            )
        in_force = db.execute(
            "select 1 from occurrences where source_id = ? and removed_by is null limit 1", row
        ).fetchone()
        if not in_force:
            return None
        return _act(db, actor, "remove", f"remove source {name}", {"source": row[0]})


def remove_import(store: Store, import_id: int, actor: str) -> Act | None:
    """Take every row of an import out of force; None when it was removed before.

    Raises:
        StoreError: there is no such import.
    """
    with store.transaction() as db:
        name, removed_by = _import(db, import_id)
        if removed_by is not None:
            return None
        summary = f"remove import {import_id} ({name})"
        return _act(db, actor, "remove", summary, {"import": import_id})


def replace(store: Store, old: int, new: int, actor: str) -> Act:
    """Put an import in the place of another: what only the old one brought goes out of force.

    Decisions stay with the records that both have. Undo puts the old one back, and takes the new
    one out.

    Args:
        store: the project.
        old: the import that is replaced.
        new: the import of the corrected file; complete, and in force.
        actor: see ``acts.actor``.

    Raises:
        StoreError: either of them is not there or not in force, or they are the same.
    """
    with store.transaction() as db:
        for import_id in (old, new):
            name, removed_by = _import(db, import_id)
            if removed_by is not None:
                raise StoreError(f"Import {import_id} ({name}) was removed.", "Undo that first.")
        if old == new:
            raise WrongArgumentError(f"Import {old} cannot replace itself.")
        state, name = db.execute(
            "select state, file_name from imports where id = ?", (new,)
        ).fetchone()
        if state != "complete":
            raise StoreError(f"Import {new} ({name}) is not complete.", "Import the file again.")
        db.execute("update imports set replaces = ? where id = ?", (old, new))
        summary = f"replace import {old} by import {new} ({name})"
        return _act(db, actor, "replace", summary, {"import": old, "by": new})


def _act(
    db: sqlite3.Connection, actor: str, kind: str, summary: str, args: dict[str, object]
) -> Act:
    (upto,) = db.execute("select coalesce(max(id), 0) from occurrences").fetchone()
    args["upto"] = upto
    act_id = acts.append(db, actor, kind, summary, args)
    removals.apply(db, act_id, args, True)
    db.execute(
        "update journal set args = json_set(args, '$.count', ?) where id = ?",
        (removals.touched(db), act_id),
    )
    return acts.get(db, act_id)


def _import(db: sqlite3.Connection, import_id: int) -> tuple[str, int | None]:
    row = db.execute(
        "select file_name, removed_by from imports where id = ?", (import_id,)
    ).fetchone()
    if row is None:
        raise WrongArgumentError(f"There is no import {import_id} in this project.")
    return row[0], row[1]


def _known_sources(db: sqlite3.Connection) -> str:
    names = [name for (name,) in db.execute("select name from sources order by name limit 11")]
    more = ", …" if len(names) > 10 else ""
    return f"There are: {', '.join(names[:10])}{more}" if names else "There is none yet."
