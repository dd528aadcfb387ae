"""Writing a batch of arriving records: each stored once, each of its rows remembered."""

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from itertools import compress, count, repeat

from deita_store.errors import StoreError
from deita_store.store import Store


@dataclass(slots=True)
class Batch:
    """Consecutive rows of a file, column by column, as ``executemany`` takes them fastest.

    The first ten lists are parallel, one entry a record; ``refusals`` has one entry a refused row.
    """

    rows: list[int] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    uids: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    chars: list[int] = field(default_factory=list)
    sources: list[str | None] = field(default_factory=list)
    """None: the import's own source."""
    external_ids: list[str | None] = field(default_factory=list)
    extras: list[str | None] = field(default_factory=list)
    layouts: list[str | None] = field(default_factory=list)
    refusals: list[tuple[int, str, str, str, str]] = field(default_factory=list)
    """Row, place, reason, message, excerpt."""
    rows_done: int = 0
    """Every row of the file below this one is dealt with once the batch is stored."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a batch came to."""

    imported: int
    """Occurrences that brought a record: one never seen, or one that had been removed."""
    duplicates: int
    refused: int


def add(store: Store, import_id: int, batch: Batch, source: str) -> Stored:
    """Store a batch and count it on its import, inside the caller's transaction.

    Args:
        store: the project.
        import_id: the import that the rows belong to.
        batch: the rows; they follow those already stored.
        source: the source of records that name none.

    Raises:
        StoreError: two different records have the same uid.
    """
    db = store.db
    sources = _source_ids(db, [source if name is None else name for name in batch.sources])
    ids, brought = _records(db, batch, sources)
    db.executemany(
        "insert into occurrences (import_id, row, part, record_id, source_id, external_id, "
        "extras, layout) values (?, ?, ?, ?, ?, ?, ?, ?)",
        zip(
            repeat(import_id),
            batch.rows,
            batch.parts,
            ids,
            sources,
            batch.external_ids,
            batch.extras,
            batch.layouts,
            strict=False,
        ),
    )
    db.executemany(
        "insert into refusals (import_id, row, place, reason, message, excerpt) "
        "values (?, ?, ?, ?, ?, ?)",
        [(import_id, *refusal) for refusal in batch.refusals],
    )
    stored = Stored(brought, len(ids) - brought, len(batch.refusals))
    db.execute(
        "update imports set rows_done = ?, imported = imported + ?, duplicates = duplicates + ?, "
        "refused = refused + ? where id = ?",
        (batch.rows_done, stored.imported, stored.duplicates, stored.refused, import_id),
    )
    return stored


def _records(db: sqlite3.Connection, batch: Batch, sources: list[int]) -> tuple[list[int], int]:
    """Store what is new; return the record of each row, and how many rows brought one."""
    uids = batch.uids
    copies = Counter(uids)
    first = dict(zip(reversed(uids), range(len(uids) - 1, -1, -1), strict=True))
    order = [first[uid] for uid in copies]
    if len(copies) < len(uids):
        _expect_same(batch, first, copies)
    next_record, next_version = _next_ids(db)
    ids = dict(zip(copies, range(next_record, next_record + len(order)), strict=True))
    inserted = db.executemany(
        "insert into records (id, uid, conversation_id, source_id, turns, chars, live) "
        "values (?, ?, ?, ?, ?, ?, ?) on conflict (uid) do nothing",
        zip(
            ids.values(),
            copies,
            count(next_version),
            map(sources.__getitem__, order),
            map(batch.turns.__getitem__, order),
            map(batch.chars.__getitem__, order),
            copies.values(),
            strict=False,
        ),
    ).rowcount
    returned = 0
    fresh = None
    if inserted < len(order):
        known = _known(db, ids, next_record)
        returned = _again(db, batch, known, first, copies, sources)
        ids.update((uid, record) for uid, (record, _, _) in known.items())
        fresh = [record >= next_record for record in ids.values()]
    versions = zip(
        count(next_version),
        ids.values(),
        map(batch.turns.__getitem__, order),
        map(batch.chars.__getitem__, order),
        map(batch.bodies.__getitem__, order),
        strict=False,
    )
    db.executemany(
        # The bodies are UTF-8 already: decoding them only for SQLite to encode them again is slow.
        "insert into conversations (id, record_id, turns, chars, body) "
        "values (?, ?, ?, ?, cast(? as text))",
        versions if fresh is None else compress(versions, fresh),
    )
    return [ids[uid] for uid in uids], inserted + returned


def _known(
    db: sqlite3.Connection, offered: dict[str, int], below: int
) -> dict[str, tuple[int, int, bytes]]:
    """Those uids that were there before: record id, occurrences in force, body as imported.

    An edited record's first version is the one that its first edit replaced.

    Args:
        db: the project.
        offered: the ids that the uids were offered; those taken are new.
        below: the first id that was offered.
    """
    taken = {id_ for (id_,) in db.execute("select id from records where id >= ?", (below,))}
    uids = [uid for uid, id_ in offered.items() if id_ not in taken]
    rows = db.execute(
        "select r.uid, r.id, r.live, cast(c.body as blob), c.revision from json_each(?) wanted "
        "join records r on r.uid = wanted.value "
        "join conversations c on c.id = coalesce((select cast(before as integer) from changes "
        "where record_id = r.id and field = 'conversation' order by journal_id limit 1), "
        "r.conversation_id)",
        (json.dumps(uids),),
    ).fetchall()
    return {
        uid: (record, live, body if revision == 0 else _imported_body(db, record))
        for uid, record, live, body, revision in rows
    }


def _imported_body(db: sqlite3.Connection, record: int) -> bytes:
    (body,) = db.execute(
        "select cast(body as blob) from conversations where record_id = ? and revision = 0",
        (record,),
    ).fetchone()
    return bytes(body)


def _again(
    db: sqlite3.Connection,
    batch: Batch,
    known: dict[str, tuple[int, int, bytes]],
    first: dict[str, int],
    copies: Counter[str],
    sources: list[int],
) -> int:
    """Count the new occurrences of known records; return how many had been removed."""
    for uid, (record, _, body) in known.items():
        if batch.bodies[first[uid]] != body:
            raise _collision(batch, first[uid], f"record {record}")
    db.executemany(
        "update records set source_id = case live when 0 then ? else source_id end, "
        "live = live + ? where id = ?",
        [(sources[first[uid]], copies[uid], record) for uid, (record, _, _) in known.items()],
    )
    return sum(live == 0 for _, live, _ in known.values())


def _expect_same(batch: Batch, first: dict[str, int], copies: Counter[str]) -> None:
    for at, uid in enumerate(batch.uids):
        if copies[uid] > 1 and batch.bodies[at] != batch.bodies[first[uid]]:
            raise _collision(batch, at, f"row {batch.rows[first[uid]] + 1} of the same file")


def _collision(batch: Batch, at: int, other: str) -> StoreError:
    return StoreError(
        f"Row {batch.rows[at] + 1} and {other} differ, and yet have the same uid {batch.uids[at]}.",
        "Change a character of that row, and import the file again.",
    )


def _source_ids(db: sqlite3.Connection, names: list[str]) -> list[int]:
    """The ids of these sources; one that is new gets its own."""
    ids: dict[str, int] = {}
    for name in dict.fromkeys(names):
        row = db.execute("select id from sources where name = ?", (name,)).fetchone()
        if row is None:
            cursor = db.execute("insert into sources (name) values (?)", (name,))
            row = (cursor.lastrowid,)
        ids[name] = row[0]
    return [ids[name] for name in names]


def _next_ids(db: sqlite3.Connection) -> tuple[int, int]:
    """The first free ids of a record and of a version.

    The id of a purged version is never given again while a derivation stands there: it would take
    the new version for done.
    """
    record, version = db.execute(
        "select (select ifnull(max(id), 0) + 1 from records), "
        "max((select ifnull(max(id), 0) from conversations), "
        "(select ifnull(max(conversation_id), 0) from derived)) + 1"
    ).fetchone()
    return int(record), int(version)
