"""The errors of SQLite and of the disk that a user can act on, as sentences."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deita_store.errors import DamagedError, NoSpaceError, ReadOnlyError, StoreError

BUSY_SECONDS = 30.0
"""How long a connection waits for another one's lock. Looked up here each time it is needed."""


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Raise what SQLite says about the project in ``folder`` as a sentence; bugs pass unchanged."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        sentence = _sentence(error, folder)
        if sentence is None:
            raise
        raise sentence from error


@contextmanager
def told_of_files(place: Path) -> Iterator[None]:
    """Raise what the system says about files at ``place`` as a sentence."""
    try:
        yield
    except OSError as error:
        where = error.filename or place
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpaceError(f"The disk of {place} is full.", "Free some space.") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise ReadOnlyError(
                f"{where} cannot be written to.", "Choose a folder of your own."
            ) from error
        raise StoreError(f"{where}: {error.strerror}.", "Choose another place.") from error


def _sentence(error: sqlite3.DatabaseError, folder: Path) -> StoreError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return NoSpaceError(
            f"The disk of {folder} is full.", "Free some space and run the same command again."
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return DamagedError(
            f"{folder / 'project.db'} is damaged ({error}).",
            "Restore it from a packed copy; its cache/ folder can always be deleted.",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(
            f"{folder} has been busy for {BUSY_SECONDS:g} s: another program is writing to it.",
            f"See what runs with: deita-tui jobs {folder}",
        )
    if code == sqlite3.SQLITE_READONLY:
        return ReadOnlyError(
            f"{folder} cannot be written to.", "Copy the project to a folder of your own."
        )
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return StoreError(
            f"The disk of {folder} fails ({error}).",
            "See that it is there, has space, and lets you read and write.",
        )
    return None
