"""The numbered steps that bring a project file to the format this program writes.

A step is a SQL file beside this one, ``NNN_name.sql``. All that a file has not seen run in one
transaction together with the record that they ran, so a project is at the old version or at the
new one and never between. A published step is never edited: a change is a new step.
"""

import sqlite3
from collections.abc import Callable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

APPLICATION_ID = 0x44454954  # 'DEIT', so that `file project.db` can tell
VERSION = 1
"""The format this program writes: the number of the last step, and the file's user_version."""
STEPS: Traversable = files(__name__)
"""Where the SQL files are."""


def migrate(connection: sqlite3.Connection) -> None:
    """Apply every step that the file has not seen. Changes nothing when it is up to date."""
    # sqlite-utils imports numpy and pandas where they are installed: only those who write pay.
    import sqlite_utils
    from sqlite_utils.migrations import Migrations

    steps = Migrations("deita_store")
    for path in _paths():
        steps(name=f"m{path.name.removesuffix('.sql')}")(_step(path))
    # Locked before anything is read: of two who create a project at once, one finds it made.
    connection.execute("begin immediate")
    try:
        steps.apply(sqlite_utils.Database(connection, execute_plugins=False))
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise


def _paths() -> list[Traversable]:
    found = [path for path in STEPS.iterdir() if path.name.endswith(".sql")]
    return sorted(found, key=lambda path: path.name)


def _step(path: Traversable) -> Callable[["Database"], None]:
    """The step that runs one SQL file inside the transaction that is open."""

    def run(db: "Database") -> None:
        for statement in _statements(path.read_text(encoding="utf-8")):
            db.conn.execute(statement)
        db.conn.execute(f"pragma application_id = {APPLICATION_ID}")
        db.conn.execute(f"pragma user_version = {int(path.name[:3])}")

    return run


def _statements(script: str) -> Iterator[str]:
    # Connection.executescript would commit the transaction first.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
