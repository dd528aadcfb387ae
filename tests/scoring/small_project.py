"""A project with given conversations, without a file or an import in between."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from deita_store.store import Store
from deita_tui import records
from deita_tui.records import Message, Record

Pair = tuple[str, str]


def record(pairs: Sequence[Pair]) -> Record:
    """The conversation in which each pair is asked and answered."""
    said = [
        message
        for asked, answered in pairs
        for message in (Message("user", asked), Message("assistant", answered))
    ]
    return Record(tuple(said))


def fill(store: Store, conversations: Iterable[Sequence[Pair]]) -> list[int]:
    """Store each conversation as a record of its own; return the records' ids."""
    ids = []
    with store.transaction() as db:
        db.execute("insert or ignore into sources (id, name) values (1, 'test')")
        (last,) = db.execute("select coalesce(max(id), 0) from records").fetchone()
        for number, pairs in enumerate(conversations, start=last + 1):
            said = record(pairs)
            body = records.body(said).decode()
            turns, chars = records.count_turns(said.messages), sum(len(a + b) for a, b in pairs)
            db.execute(
                "insert into records (id, uid, conversation_id, source_id, turns, chars) "
                "values (?, ?, 0, 1, ?, ?)",
                (number, f"{number:016x}", turns, chars),
            )
            version = db.execute(
                "insert into conversations (record_id, turns, chars, body) values (?, ?, ?, ?)",
                (number, turns, chars, body),
            ).lastrowid
            db.execute("update records set conversation_id = ? where id = ?", (version, number))
            ids.append(number)
    return ids


def project(folder: Path, conversations: Iterable[Sequence[Pair]]) -> Store:
    """A new project that holds ``conversations``."""
    store = Store.create(folder)
    fill(store, conversations)
    return store
