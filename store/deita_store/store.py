"""Opening a project, and the one way to write to it."""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Self

from deita_store import migrations, sentences
from deita_store.disks import filesystem, is_network, require
from deita_store.errors import (
    NewerProjectError,
    NotAProjectError,
    ReadOnlyError,
    StoreError,
)
from deita_store.sentences import told, told_of_files

__all__ = [
    "CACHE",
    "DATABASE",
    "LOCK",
    "LOGS",
    "Store",
    "filesystem",
    "is_network",
    "is_project",
    "now",
]

DATABASE = "project.db"
CACHE = "cache"
LOGS = "logs"
LOCK = "worker.lock"

_LOOK_SECONDS = 0.0005
"""Between two looks at the write lock."""


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
        """Make a new project in ``folder``, which may exist but must hold no project.

        What a creation that was cut short has left is taken over, so it can simply be repeated.
        """
        folder = Path(folder)
        path = folder / DATABASE
        _make_folders(folder)
        with _alone(folder), _connected(path, "mode=rwc", folder) as db:
            if not _is_blank(db):
                _version(db, folder)
                raise StoreError(
                    f"{folder} is a project already.", "Open it, or choose another folder."
                )
            db.execute("pragma page_size = 16384")
            db.execute("pragma journal_mode = wal")
            migrations.migrate(db)
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
        with _connected(path, "mode=rw", folder) as db:
            version = _version(db, folder)
            if version < migrations.VERSION:
                _copy_aside(db, folder, version)
                migrations.migrate(db)
            _prepare(db)
        return cls(folder, db, read_only=False, note="")

    @classmethod
    def read(cls, folder: Path | str) -> Self:
        """Open a project for reading only; loads no more than the standard library.

        A project in a folder that cannot be written to opens as it stands, with a note.
        """
        folder = Path(folder)
        path = _existing(folder)
        mode, note = "mode=ro", ""
        if is_frozen(folder):
            mode, note = "mode=ro&immutable=1", _frozen_note(folder)
        with _connected(path, mode, folder) as db:
            version = _version(db, folder)
            if version < migrations.VERSION:
                raise StoreError(
                    f"{folder} has the older project format {version}; "
                    f"this program reads {migrations.VERSION}.",
                    "Any command that writes brings it up to date, after copying it aside.",
                )
            db.execute("pragma query_only = on")
        return cls(folder, db, read_only=True, note=note)

    @property
    def project_id(self) -> str:
        """32 hex digits that tell this project from every other one, copies excepted."""
        (value,) = self.db.execute("select value from settings where key = 'project'").fetchone()
        return str(json.loads(value))

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside happens, or nothing does. Nested uses are savepoints.

        The outermost takes the write lock at once, so that what is read inside is still true when
        it is written.
        """
        if self.read_only:
            raise ReadOnlyError(f"{self.folder} is open for reading only.")
        nested = self.db.in_transaction
        with told(self.folder):
            if nested:
                self.db.execute("savepoint nested")
            else:
                _begin(self.db)
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


def is_frozen(folder: Path) -> bool:
    """Can SQLite's shared memory neither be found in ``folder`` nor be made there?

    Then nobody writes to the project, and what still lies in its log cannot be read in place.
    """
    return not os.access(folder, os.W_OK) and not (folder / f"{DATABASE}-shm").exists()


def has_log(folder: Path) -> bool:
    """Do commits lie in the log that are not in the database file yet, or were not once?"""
    log = folder / f"{DATABASE}-wal"
    return log.exists() and log.stat().st_size > 0


def _existing(folder: Path) -> Path:
    if not is_project(folder):
        raise NotAProjectError(
            f"{folder} is no project: it has no {DATABASE}.",
            f"Make one with: deita-tui new {folder}",
        )
    return folder / DATABASE


def _make_folders(folder: Path) -> None:
    with told_of_files(folder):
        for part in (folder, folder / CACHE, folder / LOGS):
            part.mkdir(parents=True, exist_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Of several who create a project at once, one after the other; a dead one holds nobody up.

    SQLite itself does not wait for the change to its write-ahead log, but fails at once.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _connected(path: Path, mode: str, folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection that stays open unless what is done with it first fails."""
    with told(folder):
        db = sqlite3.connect(
            f"{path.absolute().as_uri()}?{mode}",
            uri=True,
            isolation_level=None,
            timeout=sentences.BUSY_SECONDS,
            check_same_thread=False,
        )
        try:
            yield db
        except BaseException:
            db.close()
            raise


def _begin(db: sqlite3.Connection) -> None:
    """Take the write lock, waiting for whoever has it.

    SQLite's own wait looks ten times a second, and so misses the instants in which a worker that
    writes batch after batch lets go: a decision or a pause could wait until the worker is done.
    """
    deadline = monotonic() + sentences.BUSY_SECONDS
    db.execute("pragma busy_timeout = 0")
    try:
        while True:
            try:
                db.execute("begin immediate")
                return
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or monotonic() > deadline:
                    raise
            sleep(_LOOK_SECONDS)
    finally:
        db.execute(f"pragma busy_timeout = {sentences.BUSY_SECONDS * 1000:.0f}")


def _prepare(db: sqlite3.Connection) -> None:
    # FULL: a batch that was reported as done survives a power cut, at 4 ms a commit.
    for pragma in ("foreign_keys = on", "synchronous = full", "recursive_triggers = on"):
        db.execute(f"pragma {pragma}")


def _is_blank(db: sqlite3.Connection) -> bool:
    """Is there nothing in the file yet: new, or left by a creation that was cut short?"""
    (application,) = db.execute("pragma application_id").fetchone()
    (objects,) = db.execute("select count(*) from sqlite_schema").fetchone()
    return bool(application == 0 and objects == 0)


def _version(db: sqlite3.Connection, folder: Path) -> int:
    (application,) = db.execute("pragma application_id").fetchone()
    (version,) = db.execute("pragma user_version").fetchone()
    if application != migrations.APPLICATION_ID:
        if _is_blank(db):
            raise NotAProjectError(
                f"{folder} is no project yet: its creation was cut short.",
                f"Finish it with: deita-tui new {folder}",
            )
        raise NotAProjectError(
            f"{folder / DATABASE} was not made by deita-tui.", "Choose another folder."
        )
    if version > migrations.VERSION:
        raise NewerProjectError(
            f"{folder} was written by a newer deita-tui "
            f"(format {version}; this one knows {migrations.VERSION}).",
            "Update deita-tui: pip install --upgrade deita-tui",
        )
    return int(version)


def _copy_aside(db: sqlite3.Connection, folder: Path, version: int) -> None:
    """Keep the old file before a migration touches it."""
    (pages,) = db.execute("pragma page_count").fetchone()
    (page_size,) = db.execute("pragma page_size").fetchone()
    # Once for the copy, once for a migration that rewrites every table through the log.
    needed = 2 * pages * page_size
    require(folder, needed, f"Bringing {folder} from format {version} to {migrations.VERSION}")
    aside = folder / f"project.v{version}.db"
    partial = aside.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    copy = sqlite3.connect(partial)
    try:
        db.backup(copy)
    finally:
        copy.close()
    os.replace(partial, aside)


def _frozen_note(folder: Path) -> str:
    note = f"{folder} is read-only: it is shown as it was when it was last closed."
    if has_log(folder):
        note += (
            " It was not closed properly, so its latest changes are missing here;"
            " copy the folder to a disk that can be written to, and open the copy."
        )
    return note
