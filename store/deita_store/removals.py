"""Occurrences in and out of force: the effect of removing a source, an import, or replacing one.

An occurrence that was removed names the act in ``removed_by``; undoing the act clears it. A record
is live while one of its occurrences is in force.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

_TABLE = "create temp table if not exists touched (id integer primary key)"


def apply(db: sqlite3.Connection, act_id: int, args: Mapping[str, Any], forward: bool) -> None:
    """Bring about or take back a removal or a replacement.

    ``args`` holds ``source`` or ``import``; for a replacement ``by``, the import that is in force
    instead; and ``upto``, the newest occurrence when the user acted: a redo removes what the act
    removed, and nothing that was imported since (a purge lowers it: it frees the newest ids).
    """
    db.execute(_TABLE)
    db.execute("delete from temp.touched")
    if forward:
        _remove(db, act_id, args, "source" if "source" in args else "import")
        if "by" in args:
            _restore(db, act_id, args["by"])
    else:
        _restore(db, act_id, None)
        if "by" in args:
            _remove(db, act_id, args, "by")
    _recount(db)


def touched(db: sqlite3.Connection) -> int:
    """How many records the last ``apply`` was about."""
    (count,) = db.execute("select count(*) from temp.touched").fetchone()
    return int(count)


def records(db: sqlite3.Connection, act_id: int, most: int) -> list[tuple[int]]:
    """The records that a removal is about, undone or not, in the order of their ids."""
    found = db.execute(
        "select distinct record_id from occurrences where removed_by = ?"
        " order by record_id limit ?",
        (act_id, most),
    ).fetchall()
    return (
        found
        or db.execute(
            "select distinct o.record_id from journal j join occurrences o"
            " on (o.source_id = json_extract(j.args, '$.source')"
            " or o.import_id = json_extract(j.args, '$.import'))"
            " and o.id <= json_extract(j.args, '$.upto')"
            " where j.id = ? and j.kind in ('remove', 'replace') order by 1 limit ?",
            (act_id, most),
        ).fetchall()
    )


def _remove(db: sqlite3.Connection, act_id: int, args: Mapping[str, Any], what: str) -> None:
    column = "source_id" if what == "source" else "import_id"
    where = f"{column} = ? and id <= ? and removed_by is null"
    chosen = (args[what], args["upto"])
    db.execute(
        f"insert or ignore into temp.touched select record_id from occurrences where {where}",
        chosen,
    )
    if what == "source":
        imports = "state = 'complete' and id in (select distinct import_id from occurrences where"
        emptied = f"{imports} removed_by = {act_id}) and not exists (select 1 from occurrences o"
        emptied += " where o.import_id = imports.id and o.removed_by is null)"
    else:
        emptied = f"id = {int(args[what])}"
    db.execute(f"update occurrences set removed_by = ? where {where}", (act_id, *chosen))
    db.execute(
        f"update imports set removed_by = ? where removed_by is null and {emptied}", (act_id,)
    )


def _restore(db: sqlite3.Connection, act_id: int, import_id: int | None) -> None:
    where, values = "removed_by = ?", [act_id]
    imports = where
    if import_id is not None:
        where, imports, values = (
            f"{where} and import_id = ?",
            f"{where} and id = ?",
            [act_id, import_id],
        )
    db.execute(
        f"insert or ignore into temp.touched select record_id from occurrences where {where}",
        values,
    )
    db.execute(f"update occurrences set removed_by = null where {where}", values)
    db.execute(f"update imports set removed_by = null where {imports}", values)


def _recount(db: sqlite3.Connection) -> None:
    """Copy to the records how many occurrences are in force, and the source of the first (D4)."""
    mine = "from occurrences o where o.record_id = records.id and o.removed_by is null"
    db.execute(
        f"update records set live = (select count(*) {mine}), source_id ="
        f" coalesce((select o.source_id {mine} order by o.id limit 1), source_id)"
        " where id in (select id from temp.touched)"
    )
