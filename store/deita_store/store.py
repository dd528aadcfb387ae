"""Opening a project, and the one way to write to it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from deita_store.errors import (
    DamagedError,
    NewerProjectError,
    NoSpaceError,
    NotAProjectError,
    ReadOnlyError,
    StoreError,
)
from deita_store.migrations import APPLICATION_ID, VERSION, migrate

DATABASE = "project.db"
CACHE = "cache"
LOGS = "logs"
LOCK = "worker.lock"

_BUSY_SECONDS = 30.0


class Store:
    """One open project.

    ``db`` is a plain ``sqlite3.Connection`` in autocommit mode; writers wrap what belongs together
    in ``transaction()``. A store belongs to the thread that opened it.
    """

    def __init__(self, folder: Path, db: sqlite3.Connection, *, read_only: bool, note: str) -> None:
        self.folder = folder
        self.db = db
        self.read_only = read_only
        self.note = note
        """What a user should know about how it was opened; mostly empty."""

    @classmethod
    def create(cls, folder: Path | str) -> Self:
        """Make a new project in ``folder``, which may exist but must hold no project."""
        folder = Path(folder)
        path = folder / DATABASE
        if path.exists():
            raise StoreError(
                f"{folder} is a project already.", "Open it, or choose another folder."
            )
        with _told(folder):
            for part in (folder, folder / CACHE, folder / LOGS):
                part.mkdir(parents=True, exist_ok=True)
            db = _connect(f"{path.absolute().as_uri()}?mode=rwc")
            db.execute("pragma page_size = 8192")
            db.execute("pragma journal_mode = wal")
            migrate(db)
            _prepare(db)
        return cls(folder, db, read_only=False, note="")

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """Open a project for reading and writing; an older format is copied aside and migrated.

        Raises:
            NotAProjectError: there is no project in ``folder``.
            NewerProjectError: it was written by a newer version of the program.
            ReadOnlyError: it lies where nothing can be written.
        """
        folder = Path(folder)
        path = _existing(folder)
        if not os.access(path, os.W_OK) or not os.access(folder, os.W_OK):
            raise ReadOnlyError(
                f"{folder} cannot be written to.", "Copy the project to a folder of your own."
            )
        with _told(folder):
            db = _connect(f"{path.absolute().as_uri()}?mode=rw")
            version = _version(db, folder)
            if version < VERSION:
                _copy_aside(db, folder, version)
                migrate(db)
            _prepare(db)
        return cls(folder, db, read_only=False, note="")

    @classmethod
    def read(cls, folder: Path | str) -> Self:
        """Open a project for reading only; loads no more than the standard library.

        A project on a read-only disk opens as it stands, with a note.
        """
        folder = Path(folder)
        path = _existing(folder)
        note = ""
        mode = "mode=ro"
        if not os.access(folder, os.W_OK):
            mode = "mode=ro&immutable=1"
            note = f"{folder} is read-only: it is shown as it was when it was last closed."
        with _told(folder):
            db = _connect(f"{path.absolute().as_uri()}?{mode}")
            version = _version(db, folder)
            if version < VERSION:
                db.close()
                raise StoreError(
                    f"{folder} has the older project format {version}; this is {VERSION}.",
                    "Any command that writes brings it up to date, after copying it aside.",
                )
            db.execute("pragma query_only = on")
        return cls(folder, db, read_only=True, note=note)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside happens, or nothing does. Nested uses are savepoints.

        The outermost takes the write lock at once, so that what is read inside is still true when
        it is written.
        """
        if self.read_only:
            raise ReadOnlyError(f"{self.folder} is open for reading only.")
        nested = self.db.in_transaction
        with _told(self.folder):
            self.db.execute("savepoint nested" if nested else "begin immediate")
            try:
                yield self.db
                self.db.execute("release nested" if nested else "commit")
            except BaseException:
                # A full disk rolls back by itself; a second rollback would hide the first error.
                if self.db.in_transaction:
                    self.db.execute("rollback to nested" if nested else "rollback")
                    if nested:
                        self.db.execute("release nested")
                raise

    def close(self) -> None:
        """Close the connection; the project needs no other farewell."""
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def now() -> str:
    """The time as the store writes it: UTC, ISO 8601, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_project(folder: Path | str) -> bool:
    """Does ``folder`` hold a project? Opens nothing."""
    return (Path(folder) / DATABASE).is_file()


def _existing(folder: Path) -> Path:
    if not is_project(folder):
        raise NotAProjectError(
            f"{folder} is no project: it has no {DATABASE}.",
            f"Make one with: deita-tui new {folder}",
        )
    return folder / DATABASE


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(
        uri, uri=True, isolation_level=None, timeout=_BUSY_SECONDS, check_same_thread=False
    )


def _prepare(db: sqlite3.Connection) -> None:
    # FULL: a batch that was reported as done survives a power cut, at 4 ms a commit.
    for pragma in ("foreign_keys = on", "synchronous = full", "recursive_triggers = on"):
        db.execute(f"pragma {pragma}")


def _version(db: sqlite3.Connection, folder: Path) -> int:
    (application,) = db.execute("pragma application_id").fetchone()
    (version,) = db.execute("pragma user_version").fetchone()
    if application != APPLICATION_ID:
        raise NotAProjectError(
            f"{folder / DATABASE} was not made by deita-tui, or its creation was cut short.",
            "If it is nothing you need, remove it and make the project again.",
        )
    if version > VERSION:
        raise NewerProjectError(
            f"{folder} was written by a newer deita-tui (format {version}; this one knows {VERSION}).",
            "Update deita-tui: pip install --upgrade deita-tui",
        )
    return int(version)


def _copy_aside(db: sqlite3.Connection, folder: Path, version: int) -> None:
    """Keep the old file before a migration touches it."""
    import shutil

    needed = (folder / DATABASE).stat().st_size * 2
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NoSpaceError(
            f"{folder} has the older format {version}, and bringing it up to date needs "
            f"{needed / 1e9:.1f} GB free; there are {free / 1e9:.1f} GB.",
            "Free some space and open it again; nothing was changed.",
        )
    aside = folder / f"project.v{version}.db"
    with sqlite3.connect(aside) as copy:
        db.backup(copy)
    copy.close()


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Turn SQLite's and the system's errors that a user can act on into sentences."""
    try:
        yield
    except PermissionError as error:
        raise ReadOnlyError(
            f"{error.filename or folder} cannot be written to.", "Choose a folder of your own."
        ) from error
    except sqlite3.DatabaseError as error:
        told = _sentence(error, folder)
        if told is None:
            raise
        raise told from error


def _sentence(error: sqlite3.DatabaseError, folder: Path) -> StoreError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return NoSpaceError(
            f"The disk of {folder} is full.", "Free some space and run the same command again."
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return DamagedError(
            f"{folder / DATABASE} is damaged ({error}).",
            "Restore it from a packed copy; its cache/ folder can always be deleted.",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(
            f"{folder} has been busy for {_BUSY_SECONDS:.0f} s: another program is writing to it.",
            "See what runs with: deita-tui jobs " + str(folder),
        )
    if code == sqlite3.SQLITE_READONLY:
        return ReadOnlyError(f"{folder} cannot be written to.")
    return None
