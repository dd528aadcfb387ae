"""Projects to test the store with, written row by row as an import writes them."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from deita_store.store import Store, now
from deita_tui.records import Message, Record, body, instruction_key, pair_key, pairs, uid


def record(text: str) -> Record:
    """A conversation of one turn that says ``text``."""
    return Record((Message("user", f"About {text}?"), Message("assistant", text)))


class Rows:
    """Writes imports, turns and scores into a project."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def imported(
        self, rows: Sequence[tuple[str, str]], file_name: str = "a.jsonl", state: str = "complete"
    ) -> int:
        """One import of (source, text) rows; equal texts share a record. Returns its id."""
        with self.store.transaction() as db:
            (import_id,) = db.execute(
                "insert into imports (path, file_name, mapping, state, rows_done, started_at)"
                " values (?, ?, '{}', ?, ?, ?) returning id",
                (file_name, file_name, state, len(rows), now()),
            ).fetchone()
            for row, (source, text) in enumerate(rows):
                self._row(import_id, row, source, text)
        return int(import_id)

    def _row(self, import_id: int, row: int, source: str, text: str) -> None:
        db = self.store.db
        encoded = body(record(text))
        db.execute("insert or ignore into sources (name) values (?)", (source,))
        (source_id,) = db.execute("select id from sources where name = ?", (source,)).fetchone()
        known = db.execute(
            "update records set source_id = iif(live = 0, ?, source_id), live = live + 1"
            " where uid = ? returning id",
            (source_id, uid(encoded)),
        ).fetchone()
        record_id = known[0] if known else self._record(encoded, source_id)
        db.execute(
            "insert into occurrences (import_id, row, record_id, source_id) values (?, ?, ?, ?)",
            (import_id, row, record_id, source_id),
        )

    def _record(self, encoded: bytes, source_id: int) -> int:
        db, text = self.store.db, encoded.decode()
        (next_record,) = db.execute("select coalesce(max(id), 0) + 1 from records").fetchone()
        (next_version,) = db.execute(
            "select coalesce(max(id), 0) + 1 from conversations"
        ).fetchone()
        db.execute(
            "insert into records (id, uid, conversation_id, source_id, turns, chars)"
            " values (?, ?, ?, ?, 1, ?)",
            (next_record, uid(encoded), next_version, source_id, len(text)),
        )
        db.execute(
            "insert into conversations (id, record_id, turns, chars, body) values (?, ?, 1, ?, ?)",
            (next_version, next_record, len(text), text),
        )
        return int(next_record)

    def derived(self, texts: dict[int, str]) -> None:
        """The turns of conversations, by conversation id."""
        with self.store.transaction() as db:
            for version, text in texts.items():
                (turn,) = pairs(record(text).messages)
                keys = instruction_key(turn.instruction), pair_key(turn)
                db.execute("insert into turns values (?, 0, ?, ?, null)", (version, *keys))
            db.execute(
                "insert or replace into derived"
                " values ('turns', (select max(id) from conversations))"
            )

    def scorer(self, name: str, measures: str, reads: str) -> int:
        """A scorer that gave every text of every turn a 3.5."""
        with self.store.transaction() as db:
            (scorer_id,) = db.execute(
                "insert into scorers (identity, name, measures, reads, config, created_at)"
                " values (?, ?, ?, ?, '{}', ?) returning id",
                (name, name, measures, reads, now()),
            ).fetchone()
            db.execute(
                f"insert into scores (scorer_id, text, value) select distinct ?, {reads}, 3.5"
                " from turns",
                (scorer_id,),
            )
            db.execute(
                "insert into record_scores select ?, conversation_id, 1, 0, 3.5 from turns",
                (scorer_id,),
            )
        return int(scorer_id)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new, empty project."""
    with Store.create(tmp_path / "project") as made:
        yield made


@pytest.fixture
def rows() -> Callable[[Store], Rows]:
    """How a test writes rows into a project."""
    return Rows


@pytest.fixture
def ten(store: Store) -> Store:
    """A project of ten records, 1 to 5 from the source 'x', 6 to 10 from 'y'."""
    Rows(store).imported([("x" if n <= 5 else "y", f"text {n}") for n in range(1, 11)])
    return store
