"""The full-text index: a file of its own in cache/, so that building it locks nobody out.

It is derived from the conversations and disposable. A row is written once for each version of a
record, in the order of their ids, and never changed: what is no longer in force is left out by
whoever reads. The file says which project it was built from and how far; one that says something
else, or cannot be read, is built anew.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from deita_store import sentences
from deita_store.errors import ReadOnlyError, StoreError
from deita_store.search_text import contents
from deita_store.sentences import told
from deita_store.store import CACHE, Store

FORMAT = 1
FILE = "search.db"
BATCH = 20_000
"""Documents a transaction: a batch is one segment of the index, and what a kill can cost."""

_CHUNK = 1_000
"""Documents a query: a reading statement that stays open would hold the project's log."""

TABLE = (
    "create virtual table texts using fts5(text, content='', columnsize=0,"
    " tokenize='unicode61 remove_diacritics 2')"
)
# Measured on 142,685 real conversations: a hash that holds a whole batch, and no merging between
# batches, save a quarter of the time; SQLite still merges 16 segments into one when they are there.
_TUNING = (("hashsize", 64 << 20), ("automerge", 0))


def update(store: Store, batch: int = BATCH) -> Iterator[int]:
    """Bring the index up to the newest conversation; yields how many were added so far.

    After each value a batch is on disk; stopping at any moment loses no more than the next one. The
    project is only read.

    Raises:
        ReadOnlyError: the project's cache folder cannot be written to.
        NoSpaceError: the disk is full.
    """
    if store.read_only and store.note:
        raise ReadOnlyError(f"{store.folder} cannot be written to, so nothing can be indexed.")
    with told(store.folder), closing(_writable(store)) as index:
        done = 0
        while added := _add(store, index, batch):
            done += added
            yield done


def discard(store: Store) -> None:
    """Delete an index that turned out to be damaged; it is built anew when it is updated next."""
    if not (store.read_only and store.note):
        _delete(_path(store))


def behind(store: Store) -> int:
    """How many records the index has not reached."""
    with reading(store) as index:
        through = reached(index)
    (newest,) = store.db.execute("select max(id) from conversations").fetchone()
    if newest is None or newest <= through:
        return 0
    (count,) = store.db.execute(
        "select count(*) from records where conversation_id > ? and live > 0", (through,)
    ).fetchone()
    return int(count)


@contextmanager
def reading(store: Store) -> Iterator[sqlite3.Connection | None]:
    """The index of this project, for reading; None where there is none that can be used."""
    path = _path(store)
    if not path.exists():
        yield None
        return
    # A journal cannot be shared in a folder that nobody can write to.
    mode = "mode=ro&immutable=1" if store.read_only and store.note else "mode=rw"
    index = _connect(path, mode)
    try:
        yield index if _belongs(index, store) else None
    finally:
        index.close()


def reached(index: sqlite3.Connection | None) -> int:
    """Every conversation up to this id is in the index."""
    if index is None:
        return 0
    (through,) = index.execute("select through from stamp").fetchone()
    return int(through)


def in_memory() -> sqlite3.Connection:
    """An empty index that is gone when it is closed."""
    index = sqlite3.connect(":memory:", isolation_level=None)
    index.execute(TABLE)
    return index


def _path(store: Store) -> Path:
    return store.folder / CACHE / FILE


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?{mode}"
    return sqlite3.connect(
        uri, uri=True, isolation_level=None, timeout=sentences.BUSY_SECONDS, check_same_thread=False
    )


def _belongs(index: sqlite3.Connection, store: Store) -> bool:
    """Is it whole, of this format, and built from this project as it is?"""
    try:
        rows = index.execute("select project, format, through from stamp").fetchall()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in _UNUSABLE:
            return False
        raise
    if len(rows) != 1:
        return False
    (newest,) = store.db.execute("select coalesce(max(id), 0) from conversations").fetchone()
    project, format_, through = rows[0]
    # Beyond the newest conversation: the project was put back to an older state.
    return bool(project == store.project_id and format_ == FORMAT and through <= newest)


_UNUSABLE = (
    sqlite3.SQLITE_ERROR,  # no such table: not ours, or cut short before it began
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CANTOPEN,
)


def _writable(store: Store) -> sqlite3.Connection:
    path = _path(store)
    path.parent.mkdir(exist_ok=True)
    index = _connect(path, "mode=rwc")
    try:
        if not _belongs(index, store):
            index.close()
            _delete(path)
            index = _connect(path, "mode=rwc")
            _begin(index, store)
        # Whatever a power cut takes from here is built again; NORMAL keeps the file whole.
        index.execute("pragma synchronous = normal")
        index.execute("pragma cache_size = -32768")
    except BaseException:
        index.close()
        raise
    return index


def _delete(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _begin(index: sqlite3.Connection, store: Store) -> None:
    index.execute("pragma page_size = 8192")
    index.execute("pragma journal_mode = wal")
    index.execute("begin immediate")
    index.execute(TABLE)
    for name, value in _TUNING:
        index.execute("insert into texts (texts, rank) values (?, ?)", (name, value))
    index.execute("create table stamp (project text, format integer, through integer) strict")
    index.execute("insert into stamp values (?, ?, 0)", (store.project_id, FORMAT))
    index.execute("commit")


def _add(store: Store, index: sqlite3.Connection, batch: int) -> int:
    """Index the next ``batch`` conversations in one transaction; how many there were."""
    index.execute("begin immediate")
    try:
        through, added = reached(index), 0
        while added < batch:
            found = _Chunk(store, through, min(_CHUNK, batch - added))
            index.executemany("insert into texts (rowid, text) values (?, ?)", found)
            if not found.count:
                break
            through, added = found.last, added + found.count
        index.execute("update stamp set through = ?", (through,))
        index.execute("commit")
    except BaseException as error:
        if index.in_transaction:
            index.execute("rollback")
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CORRUPT:
            discard(store)
            raise StoreError(
                f"The search index of {store.folder} was damaged, and is deleted.",
                "Index it again: nothing else is lost.",
            ) from error
        raise
    return added


class _Chunk:
    """The next few conversations as (id, text), one at a time, since one may be 50 MB."""

    def __init__(self, store: Store, through: int, limit: int) -> None:
        self._rows = store.db.execute(
            "select id, body from conversations where id > ? order by id limit ?", (through, limit)
        )
        self.last = through
        self.count = 0

    def __iter__(self) -> Iterator[tuple[int, str]]:
        for id_, body in self._rows:
            self.last = id_
            self.count += 1
            yield id_, contents(body)
