"""The turns of every version, behind an import: which texts the scorers will read."""

from collections.abc import Iterator
from typing import cast

import msgspec

from deita_store import jobs, settings
from deita_store.store import Store
from deita_tui import records
from deita_tui.records import Pairing
from deita_tui.steps.progress import Progress

_NAME = "turns"
_BATCH = 4096

TurnRow = tuple[int, int, bytes, bytes, str | None]


class DeriveArgs(msgspec.Struct, frozen=True):
    """Nothing to choose: the pairing rule is a setting of the project."""


def run(store: Store, args: DeriveArgs | None = None, job: int | None = None) -> Iterator[Progress]:
    """Fill ``turns`` for every version that has none yet, in the order of their ids."""
    pairing = cast("Pairing", settings.get(store, "pairing", "deita-tui"))
    above = watermark(store)
    done, total = 0, _count(store, above)
    with store.transaction():
        progress = _advance(store, job, done, total)
    yield progress
    while versions := store.db.execute(
        "select id, body from conversations where id > ? order by id limit ?", (above, _BATCH)
    ).fetchall():
        rows = [row for version, body in versions for row in _turns(version, body, pairing)]
        above, done = versions[-1][0], done + len(versions)
        with store.transaction():
            _write(store, rows, above)
            progress = _advance(store, job, done, max(done, total))
        yield progress


def watermark(store: Store) -> int:
    """The last version whose turns are there."""
    row = store.db.execute(
        "select conversation_id from derived where name = ?", (_NAME,)
    ).fetchone()
    return 0 if row is None else int(row[0])


def _count(store: Store, above: int) -> int:
    row = store.db.execute("select count(*) from conversations where id > ?", (above,)).fetchone()
    return int(row[0])


def _turns(version: int, body: str, pairing: Pairing) -> list[TurnRow]:
    messages = records.from_body(body).messages
    return [
        (
            version,
            number,
            records.instruction_key(turn.instruction),
            records.pair_key(turn),
            turn.problem,
        )
        for number, turn in enumerate(records.pairs(messages, pairing))
    ]


def _write(store: Store, rows: list[TurnRow], above: int) -> None:
    store.db.executemany(
        # A purge between reading and writing takes the version with it: nothing to derive then.
        "insert or replace into turns (conversation_id, turn, instruction, pair, problem) "
        "select ?, ?, ?, ?, ? where exists (select 1 from conversations where id = ?)",
        [(*row, row[0]) for row in rows],
    )
    store.db.execute(
        "insert into derived (name, conversation_id) values (?, ?) "
        "on conflict (name) do update set conversation_id = excluded.conversation_id",
        (_NAME, above),
    )


def _advance(store: Store, job: int | None, done: int, total: int) -> Progress:
    progress = Progress(done, total, "records", "finding turns")
    jobs.advance(store, job, done, total, progress.unit, progress.stage)
    return progress
