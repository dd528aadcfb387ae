"""Files that came in: what they were, how far they got, and what was refused."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from deita_store.errors import WrongArgumentError
from deita_store.store import Store, now

_COLUMNS = (
    "id, path, file_name, bytes, mtime_ns, sha256, mapping, state, rows_done, imported, "
    "duplicates, refused, started_at, finished_at, replaces, removed_by"
)


@dataclass(frozen=True, slots=True)
class Import:
    """One file's way into the project."""

    id: int
    path: str
    """Absolute; '-' where it came through standard input."""
    file_name: str
    bytes: int
    """Size and time of change recognise a file before it is hashed."""
    mtime_ns: int
    sha256: str | None
    """None until the whole file was hashed."""
    mapping: str
    state: Literal["running", "complete"]
    rows_done: int
    """Rows of the file that are dealt with; going on begins there."""
    imported: int
    duplicates: int
    refused: int
    started_at: str
    finished_at: str | None
    replaces: int | None
    removed_by: int | None


@dataclass(frozen=True, slots=True)
class Refused:
    """One row of a file that did not become a record."""

    import_id: int
    file_name: str
    row: int
    place: str
    reason: str
    message: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What identifies the content of an import before anything of it is read (D5)."""

    path: str
    file_name: str
    bytes: int
    mtime_ns: int
    mapping: str


def get(store: Store, import_id: int) -> Import:
    """One import as it stands.

    Raises:
        StoreError: there is none of that number.
    """
    for found in _read(store, "where id = ?", import_id):
        return found
    raise WrongArgumentError(f"{store.folder} has no import {import_id}.")


def all(store: Store) -> list[Import]:  # noqa: A001 - reads as imports.all
    """Every import, oldest first, those that were removed included."""
    return _read(store, "order by id")


def alike(store: Store, origin: Origin) -> list[Import]:
    """Imports in force that may be of the same content: same size, same mapping."""
    which = "where bytes = ? and mapping = ? and removed_by is null order by id"
    return _read(store, which, origin.bytes, origin.mapping)


def start(store: Store, origin: Origin, sha256: str | None) -> int:
    """Note that a file is coming in, and return the import's id."""
    with store.transaction() as db:
        cursor = db.execute(
            "insert into imports (path, file_name, bytes, mtime_ns, mapping, sha256, started_at) "
            "values (?, ?, ?, ?, ?, ?, ?)",
            (
                origin.path,
                origin.file_name,
                origin.bytes,
                origin.mtime_ns,
                origin.mapping,
                sha256,
                now(),
            ),
        )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def identify(store: Store, import_id: int, sha256: str) -> None:
    """Note the hash of an import's content, once it is known."""
    with store.transaction() as db:
        db.execute(
            "update imports set sha256 = ? where id = ? and sha256 is null", (sha256, import_id)
        )


def finish(store: Store, import_id: int) -> None:
    """Note that the whole file is in."""
    with store.transaction() as db:
        db.execute(
            "update imports set state = 'complete', finished_at = ? where id = ?",
            (now(), import_id),
        )


def reasons(store: Store, import_id: int) -> dict[str, int]:
    """How many rows of an import were refused, by reason, the most frequent first."""
    return dict(
        store.db.execute(
            "select reason, count(*) from refusals where import_id = ? "
            "group by reason order by 2 desc, 1",
            (import_id,),
        ).fetchall()
    )


def refused(store: Store, import_id: int | None = None) -> Iterator[Refused]:
    """The refused rows, of one import or of all in force, in the order of the files."""
    which = "i.removed_by is null" if import_id is None else "i.id = ?"
    last = (0, -1)
    while True:
        # Page by page: a reader that is left half way would hold the write-ahead log.
        rows = store.db.execute(
            "select i.id, i.file_name, f.row, f.place, f.reason, f.message, f.excerpt "
            f"from refusals f join imports i on i.id = f.import_id where {which} "
            "and (f.import_id, f.row) > (?, ?) order by f.import_id, f.row limit 1000",
            (*last,) if import_id is None else (import_id, *last),
        ).fetchall()
        yield from (Refused(*row) for row in rows)
        if not rows:
            return
        last = (rows[-1][0], rows[-1][2])


def same_file(known: Import, origin: Origin) -> bool:
    """Is it the very file on disk, untouched since? Then its content need not be hashed again."""
    return known.path == origin.path != "-" and known.mtime_ns == origin.mtime_ns


def untouched(known: Import) -> bool:
    """Does the file that an import came from still lie there as it was?"""
    try:
        status = os.stat(known.path)
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (known.bytes, known.mtime_ns)


def _read(store: Store, which: str, *values: object) -> list[Import]:
    rows = store.db.execute(f"select {_COLUMNS} from imports {which}", values).fetchall()
    return [Import(*row) for row in rows]
