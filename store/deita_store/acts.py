"""One act of the user: a row of the journal, and how it is written.

What acts change is in ``changes``; undoing them is in ``journal``. The modules that let the user
act (``marks``, ``edits``, ``care``, ``selections``) write through here.
"""

import getpass
import json
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from deita_store import changes
from deita_store.store import now

State = Literal["done", "undone", "void"]
_STATES: tuple[State, ...] = ("done", "undone", "void")

LOGGED = ("purge", "export")
"""Kinds that are told in the journal, but cannot be undone."""

SELECT = """
select j.id, j.at, j.actor, j.kind, j.summary,
       coalesce(json_extract(a.args, '$.count'), 0),
       (select min(record_id) from changes c where c.journal_id = a.id),
       j.undone, j.target
from journal j join journal a on a.id = coalesce(j.target, j.id)
"""


@dataclass(frozen=True, slots=True)
class Act:
    """A row of the journal."""

    id: int
    at: str
    actor: str
    """Who, and by which door: 'ada (cli)'."""
    kind: str
    summary: str
    """What was done, in a few words that never quote a record."""
    records: int
    """How many records it was about."""
    first: int | None
    """The first record that it changed: where a screen goes back to."""
    state: State
    """'void' cannot come back: a later act dropped its redo, or its records were purged.

    An undo or redo is itself always 'done'; the act that it names in ``target`` tells the rest.
    """
    target: int | None
    """The act that this one undid or redid."""

    @property
    def undone(self) -> bool:
        """Is it not in force?"""
        return self.state != "done"


def actor(door: str) -> str:
    """Who is acting, and by which door: 'ada (cli)'. Never fails."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        name = ""
    # The environment can say anything.
    name = "".join(character for character in name if character.isprintable())[:64].strip()
    return f"{name or f'user {os.getuid()}'} ({door})"


def append(
    db: sqlite3.Connection,
    actor: str,
    kind: str,
    summary: str,
    args: Mapping[str, object],
    target: int | None = None,
) -> int:
    """Write a row of the journal; a new act drops what could be redone (D14)."""
    if target is None and kind not in LOGGED:
        db.execute("update journal set undone = 2 where target is null and undone = 1")
    row = db.execute(
        "insert into journal (at, actor, kind, summary, args, target) values (?, ?, ?, ?, ?, ?)"
        " returning id",
        (now(), actor, kind, summary, json.dumps(args, ensure_ascii=False), target),
    ).fetchone()
    return int(row[0])


def act(
    db: sqlite3.Connection,
    actor: str,
    kind: str,
    summary: str,
    args: Mapping[str, object] | None = None,
) -> Act | None:
    """Make one act of everything that is staged; None, and no trace, where nothing is.

    Args:
        db: the connection of ``changes.staging``.
        actor: see ``actor``.
        kind: a word; the front ends filter by it.
        summary: ``{}`` stands for the records: 'keep {}' becomes 'keep record 12'.
        args: what else is worth knowing about it; never text of a record.
    """
    count, first = changes.staged(db)
    if not count:
        return None
    records = f"record {first}" if count == 1 else f"{count:,} records"
    told = {**(args or {}), "count": count}
    act_id = append(db, actor, kind, summary.replace("{}", records), told)
    changes.write(db, act_id)
    return get(db, act_id)


def get(db: sqlite3.Connection, act_id: int) -> Act:
    """The act with this id, which must be there."""
    return from_row(db.execute(f"{SELECT} where j.id = ?", (act_id,)).fetchone())


def from_row(row: tuple[int, str, str, str, str, int, int | None, int, int | None]) -> Act:
    """An act from a row of ``SELECT``."""
    *head, state, target = row
    return Act(*head, _STATES[state], target)  # type: ignore[call-arg, arg-type]
