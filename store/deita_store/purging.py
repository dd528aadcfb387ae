"""Purging: records gone for good, out of every table, index, free page and log of the project.

It cannot be undone, and it must not run beside a worker: the caller holds the project's lock.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from deita_store import acts, changes
from deita_store.acts import Act
from deita_store.disks import require
from deita_store.errors import StoreError
from deita_store.sentences import told
from deita_store.store import CACHE, DATABASE, Store

_UNFINISHED = "purge.unfinished"

_DOOMED = (
    "create temp table if not exists doomed_versions (id integer primary key)",
    "create temp table if not exists doomed_texts (text blob primary key) without rowid",
    "create temp table if not exists doomed_vectors (id integer primary key)",
    "create temp table if not exists doomed_acts (id integer primary key)",
    "delete from temp.doomed_versions",
    "delete from temp.doomed_texts",
    "delete from temp.doomed_vectors",
    "delete from temp.doomed_acts",
    "insert into temp.doomed_versions"
    " select id from conversations where record_id in (select id from temp.chosen)",
    "insert or ignore into temp.doomed_acts"
    " select journal_id from changes where record_id in (select id from temp.chosen)",
    "insert or ignore into temp.doomed_acts select removed_by from occurrences"
    " where removed_by is not null and record_id in (select id from temp.chosen)",
    # A score or vector goes unless a turn of another conversation reads the same text.
    "insert or ignore into temp.doomed_texts select t.instruction from turns t"
    " where t.conversation_id in (select id from temp.doomed_versions)",
    "insert or ignore into temp.doomed_texts select t.pair from turns t"
    " where t.conversation_id in (select id from temp.doomed_versions)",
    "delete from temp.doomed_texts where text in (select t.instruction from turns t"
    " where t.instruction in (select text from temp.doomed_texts)"
    " and t.conversation_id not in (select id from temp.doomed_versions))",
    "delete from temp.doomed_texts where text in (select t.pair from turns t"
    " where t.pair in (select text from temp.doomed_texts)"
    " and t.conversation_id not in (select id from temp.doomed_versions))",
    "insert or ignore into temp.doomed_vectors select vector_id from record_vectors"
    " where conversation_id in (select id from temp.doomed_versions)",
    "delete from temp.doomed_vectors where id in (select vector_id from record_vectors"
    " where conversation_id not in (select id from temp.doomed_versions))",
)
_DELETE = (
    "delete from scores where scorer_id in (select id from scorers)"
    " and text in (select text from temp.doomed_texts)",
    *(
        f"delete from {table} where conversation_id in (select id from temp.doomed_versions)"
        for table in ("turns", "record_scores", "record_vectors")
    ),
    "delete from vectors where id in (select id from temp.doomed_vectors)",
    "update outcomes set blocked_by = null where blocked_by in (select id from temp.chosen)",
    *(
        f"delete from {table} where record_id in (select id from temp.chosen)"
        for table in ("outcomes", "marks", "tags", "changes", "occurrences")
    ),
    "delete from conversations where id in (select id from temp.doomed_versions)",
    "delete from records where id in (select id from temp.chosen)",
)
_AFTER = (
    # Acts of which nothing is left are stepped over by undo.
    "update journal set undone = 2 where target is null and id in (select id from temp.doomed_acts)"
    " and not exists (select 1 from changes c where c.journal_id = journal.id)"
    " and not exists (select 1 from occurrences o where o.removed_by = journal.id)",
    # SQLite gives the highest id again: nothing may think that it knows it already.
    "update derived set conversation_id ="
    " min(conversation_id, (select coalesce(max(id), 0) from conversations))",
    "update selections set last_record ="
    " min(last_record, (select coalesce(max(id), 0) from records))",
    "update selections set kept = (select count(*) from outcomes o"
    " where o.selection_id = selections.id and o.status = 'kept')",
    # A removal that is done again must not take what gets such an id later.
    "update journal set args = json_set(args, '$.upto', min(json_extract(args, '$.upto'),"
    " (select coalesce(max(id), 0) from occurrences)))"
    " where target is null and json_extract(args, '$.upto') is not null",
)


def purge(store: Store, ids: Iterable[int], actor: str) -> Act | None:
    """Delete records and all that was ever said or measured of them, beyond recovery.

    Every version of their text goes, with notes, marks, tags, scores and vectors (those that no
    other record shares), outcomes, and their part of the journal. Then the file is rewritten, its
    log emptied, and cache/ and the copies that migrations set aside are deleted. Names of sources
    and tags stay, and so do packed copies elsewhere.

    Returns:
        The journal's entry, which holds the uids; None when ``ids`` is empty. Then it only
        finishes a purge that was cut short, if there was one.

    Raises:
        StoreError: a record is not there; or the file could not be rewritten because another
            program reads it. Then the records are deleted, and ``finish_purge`` does the rest.
        NoSpaceError: rewriting needs more space; nothing was deleted.
    """
    _require_space(store)
    act = None
    with _hard_deletes(store), changes.staging(store) as db:
        changes.choose(db, ids, removed=True)
        uids = db.execute(
            "select uid from records where id in (select id from temp.chosen) order by id"
        ).fetchall()
        if count := len(uids):
            # First: an index that outlived the rows would answer for their ids, which come again.
            _delete_cache(store)
            for statement in (*_DOOMED, *_DELETE, *_AFTER):
                db.execute(statement)
            args = {"count": count, "uids": [uid for (uid,) in uids]}
            act = _log(db, actor, f"purge {count:,} record{'' if count == 1 else 's'}", args)
    if unfinished_purge(store):
        finish_purge(store)
    return act


def purge_refusals(store: Store, import_id: int, actor: str) -> Act | None:
    """Delete what was quoted of an import's refused rows; places and reasons stay.

    Returns:
        The journal's entry, or None when the import refused nothing.
    """
    _require_space(store)
    with _hard_deletes(store), store.transaction() as db:
        count = db.execute(
            "update refusals set excerpt = '', message = reason where import_id = ?", (import_id,)
        ).rowcount
        act = None
        if count:
            summary = f"purge the text of {count:,} refused rows of import {import_id}"
            act = _log(db, actor, summary, {"import": import_id, "refused": count})
    if unfinished_purge(store):
        finish_purge(store)
    return act


def unfinished_purge(store: Store) -> bool:
    """Was a purge cut short, so that deleted text may still be in the files?"""
    found = store.db.execute("select 1 from settings where key = ?", (_UNFINISHED,)).fetchone()
    return found is not None


def finish_purge(store: Store) -> None:
    """Rewrite the file without its free pages, empty its log, delete cache/ and old copies.

    However often it is cut short, it can be called again.

    Raises:
        StoreError: another program is reading or writing the project.
    """
    _require_space(store)
    with told(store.folder):
        store.db.execute("vacuum")
        (busy, *_) = store.db.execute("pragma wal_checkpoint(truncate)").fetchone()
    if busy:
        raise StoreError(
            f"The records are deleted, but another program is reading {store.folder}, "
            "so their text is still in its log.",
            "Close that program, and run the same purge again without any record.",
        )
    _delete_copies(store)
    with store.transaction() as db:
        db.execute("delete from settings where key = ?", (_UNFINISHED,))


def _log(db: sqlite3.Connection, actor: str, summary: str, args: dict[str, object]) -> Act:
    db.execute("insert or replace into settings values (?, 'true')", (_UNFINISHED,))
    return acts.get(db, acts.append(db, actor, "purge", summary, args))


@contextmanager
def _hard_deletes(store: Store) -> Iterator[None]:
    """Overwrite what is deleted; and follow no foreign keys, which have no index to follow."""
    db = store.db
    if db.in_transaction:
        raise StoreError("A purge cannot be part of something larger.")
    (usual,) = db.execute("pragma secure_delete").fetchone()
    db.execute("pragma secure_delete = on")
    db.execute("pragma foreign_keys = off")
    try:
        yield
    finally:
        db.execute("pragma foreign_keys = on")
        db.execute(f"pragma secure_delete = {('off', 'on', 'fast')[usual]}")


def _require_space(store: Store) -> None:
    (pages,) = store.db.execute("pragma page_count").fetchone()
    (page_size,) = store.db.execute("pragma page_size").fetchone()
    # The rewritten file lies in SQLite's temporary place and in the log before it replaces the old.
    require(store.folder, 2 * pages * page_size, "Purging")


def _delete_cache(store: Store) -> None:
    """Delete what is in cache/, and have it on disk before anything that is written later."""
    cache = store.folder / CACHE
    for path in cache.glob("*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)  # SQLite deletes a log when its last reader leaves
    if cache.is_dir():
        descriptor = os.open(cache, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _delete_copies(store: Store) -> None:
    _delete_cache(store)
    stem = DATABASE.removesuffix(".db")
    for pattern in (f"{stem}.v*.db*", f"{stem}.v*.partial*"):
        for path in store.folder.glob(pattern):
            path.unlink(missing_ok=True)
