"""The numbered steps that bring a project file to the format this program writes.

Each step runs in one transaction together with the record that it ran, so a project is either at
the old version or at the new one. A published step is never edited: a change is a new step.
"""

import sqlite3
from collections.abc import Iterator
from importlib.resources import files

APPLICATION_ID = 0x44454954  # 'DEIT', so that `file project.db` can tell
VERSION = 1
"""The format this program writes: the number of the last step, and the file's user_version."""


def migrate(connection: sqlite3.Connection) -> None:
    """Apply every step that the file has not seen. Changes nothing when it is up to date."""
    # sqlite-utils imports numpy and pandas where they are installed: only those who write pay.
    import sqlite_utils
    from sqlite_utils.migrations import Migrations

    steps = Migrations("deita_store")

    @steps()
    def m001_initial(db: sqlite_utils.Database) -> None:
        _run(db.conn, 1)

    steps.apply(sqlite_utils.Database(connection, execute_plugins=False))


def _run(connection: sqlite3.Connection, number: int) -> None:
    """Run one numbered SQL file inside the transaction that is open."""
    (script,) = (
        path for path in files(__package__).iterdir() if path.name.startswith(f"{number:03}_")
    )
    for statement in _statements(script.read_text(encoding="utf-8")):
        connection.execute(statement)
    connection.execute(f"pragma application_id = {APPLICATION_ID}")
    connection.execute(f"pragma user_version = {number}")


def _statements(script: str) -> Iterator[str]:
    # Connection.executescript would commit the transaction first.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
