"""Reading the journal, for whoever walks through it: what stands in it, and what each act changed.

Acts are written by ``acts``, and undone in ``journal``.
"""

from array import array
from dataclasses import dataclass
from itertools import chain

from deita_store.acts import LOGGED
from deita_store.store import Store

_LOGGED = ", ".join(f"'{kind}'" for kind in LOGGED)


@dataclass(frozen=True, slots=True)
class Change:
    """What an act changed of one record."""

    record: int
    field: str
    """decision, flag, rating, note, conversation, or ``tag:NAME``."""
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Way:
    """How far it is to an act: the state behind it, whatever was done since."""

    undo: int
    """Acts in force that came after it."""
    redo: int
    """Acts undone, up to it and with it."""


def numbers(store: Store) -> "array[int]":
    """The ids of all rows of the journal, the newest first: 8 bytes each."""
    found = store.db.execute("select id from journal order by id desc")
    return array("q", chain.from_iterable(found))


def changed(store: Store, act_id: int, limit: int) -> list[Change]:
    """What an act (of an undo: the one that it names) changed, the first records first."""
    found = store.db.execute(
        "select c.record_id, c.field, c.before, c.after from changes c where c.journal_id ="
        " (select coalesce(target, id) from journal where id = ?)"
        " order by c.record_id, c.field limit ?",
        (act_id, limit),
    )
    return [Change(*row) for row in found.fetchall()]


def way_to(store: Store, act_id: int) -> Way:
    """How many acts would have to be undone, or brought back, so that this one is the last."""
    standing = f"target is null and kind not in ({_LOGGED})"
    undo, redo = store.db.execute(
        f"select (select count(*) from journal where {standing} and undone = 0 and id > :act),"
        " (select count(*) from journal where target is null and undone = 1 and id <= :act)",
        {"act": act_id},
    ).fetchone()
    return Way(int(undo), int(redo))
