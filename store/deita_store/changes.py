"""What an act changes, record by record: staged first, then written to the journal and applied.

One path serves a single key press and 300,000 records, a first act, its undo and its redo: every
step is one statement over a set. A field is applied by the function that ``_FIELDS`` names.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

from deita_store.errors import StoreError, WrongArgumentError
from deita_store.store import Store

Side = Literal["before", "after"]
Mark = Literal["decision", "flag", "rating", "note"]
TAG = "tag:"
"""What the field of a tag begins with; its name follows."""

_TABLES = (
    "create temp table if not exists chosen (id integer primary key)",
    "create temp table if not exists staged (record_id integer, field text, before text,"
    " after text, primary key (record_id, field)) without rowid",
)
# A mark as text; null is "no mark", also for a flag that is down.
_CURRENT: dict[Mark, str] = {
    "decision": "m.decision",
    "flag": "cast(nullif(m.flag, 0) as text)",
    "rating": "cast(m.rating as text)",
    "note": "m.note",
}
# The same, back from text.
_STORED: dict[Mark, str] = {
    "decision": "{}",
    "flag": "coalesce(cast({} as integer), 0)",
    "rating": "cast({} as integer)",
    "note": "{}",
}


@contextmanager
def staging(store: Store) -> Iterator[sqlite3.Connection]:
    """A transaction with nothing chosen and nothing staged in it."""
    with store.transaction() as db:
        for table in _TABLES:
            db.execute(table)
        clear(db)
        yield db
        clear(db)


def clear(db: sqlite3.Connection) -> None:
    """Forget what is chosen and staged."""
    db.execute("delete from temp.chosen")
    db.execute("delete from temp.staged")


def choose(db: sqlite3.Connection, ids: Iterable[int], *, removed: bool = False) -> None:
    """Name the records that the next stagings are about.

    Args:
        db: the connection of ``staging``.
        ids: record ids; one that is given twice counts once.
        removed: accept records that were removed with their source, too.

    Raises:
        StoreError: one of them is not there.
    """
    db.executemany("insert or ignore into temp.chosen values (?)", ((id_,) for id_ in ids))
    missing = db.execute(
        "select c.id, r.id is not null from temp.chosen c left join records r on r.id = c.id"
        " where r.id is null or (r.live = 0 and not ?) limit 1",
        (removed,),
    ).fetchone()
    if missing:
        record, known = missing
        if known:
            raise StoreError(
                f"Record {record} was removed together with its source.",
                "Undo the removal to bring it back.",
            )
        raise WrongArgumentError(f"There is no record {record} in this project.")


def choose_only(db: sqlite3.Connection, ids: Iterable[int]) -> None:
    """The same, in place of those that were named before; what is staged for them stays."""
    db.execute("delete from temp.chosen")
    choose(db, ids)


def stage_mark(db: sqlite3.Connection, field: Mark, value: str | None) -> None:
    """Stage ``value`` for one mark of the chosen records, where it is another than now."""
    current = _CURRENT[field]
    db.execute(
        f"insert into temp.staged select c.id, ?, {current}, ? from temp.chosen c"
        f" left join marks m on m.record_id = c.id where {current} is not ?",
        (field, value, value),
    )


def stage_tag(db: sqlite3.Connection, name: str, present: bool) -> None:
    """Stage a tag for the chosen records that lack it, or its absence for those that have it."""
    before, after = (None, "1") if present else ("1", None)
    db.execute(
        "insert into temp.staged select c.id, ?, ?, ? from temp.chosen c"
        " left join tags t on t.tag = ? and t.record_id = c.id where (t.tag is null) = ?",
        (TAG + name, before, after, name, present),
    )


def stage(
    db: sqlite3.Connection, record_id: int, field: str, before: str | None, after: str | None
) -> None:
    """Stage one change of one record."""
    db.execute("insert into temp.staged values (?, ?, ?, ?)", (record_id, field, before, after))


def staged(db: sqlite3.Connection) -> tuple[int, int | None]:
    """How many records would change, and the first of them."""
    count, first = db.execute(
        "select count(distinct record_id), min(record_id) from temp.staged"
    ).fetchone()
    return count, first


def write(db: sqlite3.Connection, act_id: int) -> None:
    """Give what is staged to an act of the journal, and apply it."""
    db.execute(
        "insert into changes (journal_id, record_id, field, before, after)"
        " select ?, record_id, field, before, after from temp.staged",
        (act_id,),
    )
    apply(db, act_id, "after")


def apply(db: sqlite3.Connection, act_id: int, side: Side) -> None:
    """Bring the records of an act to the state after it, or back to the one before it."""
    fields = db.execute(
        "select distinct field from changes where journal_id = ?", (act_id,)
    ).fetchall()
    for (field,) in fields:
        _FIELDS[field.partition(":")[0]](db, act_id, field, side)


def _apply_mark(db: sqlite3.Connection, act_id: int, field: str, side: Side) -> None:
    mark: Mark = field  # type: ignore[assignment]  # the table below names only marks
    stored = _STORED[mark].format(side)
    db.execute(
        f"insert into marks (record_id, {mark}) select record_id, {stored} from changes"
        f" where journal_id = ? and field = ?"
        f" on conflict (record_id) do update set {mark} = excluded.{mark}",
        (act_id, mark),
    )
    db.execute(
        "delete from marks where decision is null and flag = 0 and rating is null"
        " and note is null and record_id in"
        " (select record_id from changes where journal_id = ? and field = ?)",
        (act_id, mark),
    )


def _apply_tag(db: sqlite3.Connection, act_id: int, field: str, side: Side) -> None:
    name = field.removeprefix(TAG)
    db.execute(
        "delete from tags where tag = ? and record_id in (select record_id from changes"
        f" where journal_id = ? and field = ? and {side} is null)",
        (name, act_id, field),
    )
    db.execute(
        "insert or ignore into tags (tag, record_id) select ?, record_id from changes"
        f" where journal_id = ? and field = ? and {side} is not null",
        (name, act_id, field),
    )


def _apply_version(db: sqlite3.Connection, act_id: int, field: str, side: Side) -> None:
    db.execute(
        "update records set conversation_id = v.id, turns = v.turns, chars = v.chars"
        f" from changes c join conversations v on v.id = cast(c.{side} as integer)"
        " where c.journal_id = ? and c.field = ? and records.id = c.record_id",
        (act_id, field),
    )


_FIELDS: dict[str, Callable[[sqlite3.Connection, int, str, Side], None]] = {
    "decision": _apply_mark,
    "flag": _apply_mark,
    "rating": _apply_mark,
    "note": _apply_mark,
    "tag": _apply_tag,
    "conversation": _apply_version,
}
