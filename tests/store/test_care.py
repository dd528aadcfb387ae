"""Taking rows out and bringing them back; and deleting them so that no byte is left."""

import secrets
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deita_store import (
    care,
    edits,
    journal,
    marks,
    purging,
    search,
    search_index,
    selections,
    sentences,
)
from deita_store.errors import NoSpaceError, StoreError
from deita_store.selections import Outcome
from deita_store.store import Store
from deita_tui.records import Message, Record, body

ME = "ada (cli)"
Rows = Callable[[Store], Any]


def records(store: Store) -> list[tuple[int, int, str]]:
    return store.db.execute(
        "select r.id, r.live, s.name from records r join sources s on s.id = r.source_id"
        " order by r.id"
    ).fetchall()


def everything(store: Store) -> dict[str, list[tuple[object, ...]]]:
    tables = ("records", "occurrences", "imports", "marks", "tags", "selections")
    return {table: store.db.execute(f"select * from {table}").fetchall() for table in tables}


# Removing -----------------------------------------------------------------------------------------


def test_a_removed_source_takes_along_only_what_no_other_has(store: Store, rows: Rows) -> None:
    rows(store).imported([("x", "a"), ("x", "b"), ("y", "b"), ("y", "c")])
    act = care.remove_source(store, "x", ME)
    assert act is not None
    assert (act.kind, act.summary, act.records) == ("remove", "remove source x", 2)
    assert records(store) == [(1, 0, "x"), (2, 1, "y"), (3, 1, "y")]
    assert care.remove_source(store, "x", ME) is None


def test_undo_brings_back_a_source_exactly(store: Store, rows: Rows) -> None:
    rows(store).imported([("x", "a"), ("x", "b"), ("y", "b"), ("y", "c")])
    marks.keep(store, [1, 2], ME)
    before = everything(store)
    care.remove_source(store, "x", ME)
    after = everything(store)
    journal.undo(store, ME)
    assert everything(store) == before
    journal.redo(store, ME)
    assert everything(store) == after


def test_an_import_is_out_when_all_its_rows_are(store: Store, rows: Rows) -> None:
    first = rows(store).imported([("x", "a"), ("y", "b")])
    rows(store).imported([("x", "c")])
    care.remove_source(store, "x", ME)
    removed = store.db.execute("select removed_by is not null from imports order by id").fetchall()
    assert removed == [(0,), (1,)]
    care.remove_import(store, first, ME)
    assert [live for _, live, _ in records(store)] == [0, 0, 0]
    assert care.remove_import(store, first, ME) is None


def test_an_unfinished_import_can_go_on_after_its_source_was_removed(
    store: Store, rows: Rows
) -> None:
    rows(store).imported([("x", "a")], state="running")
    care.remove_source(store, "x", ME)
    assert store.db.execute("select removed_by from imports").fetchone() == (None,)


def test_redo_leaves_alone_what_came_after(store: Store, rows: Rows) -> None:
    rows(store).imported([("x", "a")])
    care.remove_source(store, "x", ME)
    journal.undo(store, ME)
    rows(store).imported([("x", "b")])
    journal.redo(store, ME)
    assert records(store) == [(1, 0, "x"), (2, 1, "x")]


def test_a_file_imported_again_does_not_stop_the_undo_of_its_removal(
    store: Store, rows: Rows
) -> None:
    for _ in range(2):
        import_id = rows(store).imported([("x", "a")])
        store.db.execute("update imports set sha256 = 'same' where id = ?", (import_id,))
        if import_id == 1:
            care.remove_import(store, import_id, ME)
    journal.undo(store, ME)
    assert records(store) == [(1, 2, "x")]


def test_a_corrected_file_takes_the_place_of_the_old_one(store: Store, rows: Rows) -> None:
    old = rows(store).imported([("x", "a"), ("x", "b")])
    new = rows(store).imported([("x", "b"), ("x", "c")], "a2.jsonl")
    marks.keep(store, [2], ME)
    act = care.replace(store, old, new, ME)
    assert act.summary == "replace import 1 by import 2 (a2.jsonl)"
    assert [live for _, live, _ in records(store)] == [0, 1, 1]
    assert store.db.execute("select replaces from imports where id = ?", (new,)).fetchone() == (1,)
    journal.undo(store, ME)
    assert [live for _, live, _ in records(store)] == [1, 1, 0]
    journal.redo(store, ME)
    assert [live for _, live, _ in records(store)] == [0, 1, 1]
    assert store.db.execute("select decision from marks").fetchall() == [("keep",)]


def test_what_is_not_there_is_told(store: Store, rows: Rows) -> None:
    first = rows(store).imported([("x", "a")])
    half = rows(store).imported([("x", "b")], state="running")
    with pytest.raises(StoreError, match=r"no source 'q'.*There are: x"):
        care.remove_source(store, "q", ME)
    with pytest.raises(StoreError, match="no import 9"):
        care.remove_import(store, 9, ME)
    with pytest.raises(StoreError, match="cannot replace itself"):
        care.replace(store, first, first, ME)
    with pytest.raises(StoreError, match="not complete"):
        care.replace(store, first, half, ME)
    care.remove_import(store, first, ME)
    with pytest.raises(StoreError, match="was removed"):
        care.replace(store, first, half, ME)


def test_nothing_can_be_said_about_a_removed_record(store: Store, rows: Rows) -> None:
    rows(store).imported([("x", "a")])
    care.remove_source(store, "x", ME)
    with pytest.raises(StoreError, match="removed together with its source"):
        marks.keep(store, [1], ME)


# Purging ------------------------------------------------------------------------------------------


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def edited(text: str) -> str:
    return body(Record((Message("user", "q"), Message("assistant", text)))).decode()


def test_no_byte_of_a_purged_record_is_left(store: Store, rows: Rows) -> None:
    secret, note, edit, tag = (f"s3cret{secrets.token_hex(12)}" for _ in range(4))
    # Long enough to lie on pages of their own.
    rows(store).imported([("x", f"text {n} " + "filler " * 400) for n in range(50)])
    rows(store).imported([("x", f"{secret} " + "long " * 3000), ("y", "other")], "b.jsonl")
    marks.note(store, [51], f"{note} on it", ME)
    marks.tag(store, [51], tag[:40], ME)
    marks.untag(store, [51], tag[:40], ME)
    edits.edit(store, 51, edited(edit), 1, 1, ME)
    journal.undo(store, ME)
    (store.folder / "cache" / "search.db").write_text(f"index of {secret}")
    (store.folder / "cache" / "lists").mkdir()
    (store.folder / "cache" / "lists" / "a.bin").write_text(secret)
    shutil.copyfile(store.folder / "project.db-wal", store.folder / "project.v0.db")
    for word in (secret, note, edit):
        assert word.encode() in bytes_of(store.folder)
    care.purge(store, [51], ME)
    left = bytes_of(store.folder)
    for word in (secret, note, edit):
        assert word.encode() not in left
    assert list((store.folder / "cache").iterdir()) == []
    assert store.db.execute("pragma integrity_check").fetchone() == ("ok",)
    assert store.db.execute("pragma foreign_key_check").fetchall() == []
    assert len(records(store)) == 51


def test_free_pages_are_purged_too(store: Store, rows: Rows) -> None:
    secret = f"s3cret{secrets.token_hex(12)}"
    rows(store).imported([("x", "a"), ("x", f"{secret} " + "long " * 5000)])
    store.db.execute("pragma foreign_keys = off")
    store.db.execute("pragma secure_delete = off")  # which some builds of SQLite have on
    store.db.execute("delete from conversations where id = 2")
    store.db.execute("pragma wal_checkpoint(truncate)")
    assert secret.encode() in bytes_of(store.folder)
    care.purge(store, [2], ME)
    assert secret.encode() not in bytes_of(store.folder)


def test_what_others_share_stays(store: Store, rows: Rows) -> None:
    made = rows(store)
    made.imported([("x", "a"), ("x", "b"), ("x", "c")])
    # The first two ask and answer the same; only the messages around the turn differ.
    made.derived({1: "same", 2: "same", 3: "c"})
    judge = made.scorer("judge", "quality", "pair")
    made.scorer("other", "complexity", "instruction")
    db = store.db
    db.execute("insert into embedders values (1, 'e', 'e', 2, '{}', '')")
    db.executemany(
        "insert into vectors values (?, 1, ?, x'00', null, 0)", [(1, b"same"), (2, b"c")]
    )
    db.executemany("insert into record_vectors values (1, ?, ?)", [(1, 1), (2, 1), (3, 2)])
    care.purge(store, [1], ME)
    judged = db.execute("select count(*) from scores where scorer_id = ?", (judge,)).fetchone()
    assert judged == (2,)
    assert db.execute("select id from vectors order by id").fetchall() == [(1,), (2,)]
    care.purge(store, [2], ME)
    assert db.execute("select count(*) from scores").fetchone() == (2,)
    assert db.execute("select id from vectors order by id").fetchall() == [(2,)]
    for table in ("turns", "record_vectors"):
        assert db.execute(f"select conversation_id from {table}").fetchall() == [(3,)]
    assert db.execute("pragma foreign_key_check").fetchall() == []


def test_outcomes_forget_a_purged_blocker(ten: Store) -> None:
    kept = Outcome(1, "kept", rank=1)
    near = Outcome(2, "too_similar", blocked_by=1, similarity=0.95)
    selections.save(ten, "s", {}, {}, [kept, near], ME)
    care.purge(ten, [1], ME)
    assert ten.db.execute("select record_id, blocked_by from outcomes").fetchall() == [(2, None)]
    assert selections.get(ten, "s").kept == 0


def test_the_journal_keeps_the_uid_and_nothing_to_undo(ten: Store) -> None:
    (uid,) = ten.db.execute("select uid from records where id = 3").fetchone()
    marks.keep(ten, [1], ME)
    marks.keep(ten, [3, 4], ME)
    marks.note(ten, [3], "n", ME)
    act = care.purge(ten, [3], ME)
    assert act is not None
    assert (act.summary, act.kind) == ("purge 1 record", "purge")
    (args,) = ten.db.execute("select args from journal where id = ?", (act.id,)).fetchone()
    assert args == f'{{"count": 1, "uids": ["{uid}"]}}'
    undone = journal.undo(ten, ME)
    assert undone is not None
    assert undone.first == 4
    undone = journal.undo(ten, ME)
    assert undone is not None
    assert undone.first == 1
    assert journal.undo(ten, ME) is None
    assert ten.db.execute("select count(*) from marks").fetchone() == (0,)


def test_a_removed_source_can_be_purged_and_its_removal_is_stepped_over(
    store: Store, rows: Rows
) -> None:
    rows(store).imported([("x", "a"), ("x", "b")])
    rows(store).imported([("y", "c")], "b.jsonl")
    care.remove_source(store, "x", ME)
    care.purge(store, [1, 2], ME)
    assert records(store) == [(3, 1, "y")]
    assert journal.undo(store, ME) is None
    assert store.db.execute("select removed_by from imports where id = 1").fetchone() != (None,)


def test_an_id_that_is_given_again_is_not_taken_for_done(store: Store, rows: Rows) -> None:
    made = rows(store)
    made.imported([("x", "a"), ("x", "b")])
    made.derived({1: "a", 2: "b"})
    selections.save(store, "s", {}, {}, [], ME)
    care.purge(store, [2], ME)
    made.imported([("x", "new")])
    assert records(store)[-1][0] == 2
    assert store.db.execute("select conversation_id from derived").fetchone() == (1,)
    assert store.db.execute("select record_id from record_outcomes").fetchall() == [(1,)]


@pytest.mark.parametrize("undone_first", [True, False])
def test_a_removal_done_again_spares_what_came_after_a_purge(
    store: Store, rows: Rows, undone_first: bool
) -> None:
    rows(store).imported([("x", "a"), ("x", "b"), ("x", "c")])
    care.remove_source(store, "x", ME)
    if undone_first:
        journal.undo(store, ME)
    care.purge(store, [3], ME)
    rows(store).imported([("x", "new")], "b.jsonl")
    assert store.db.execute("select max(id) from occurrences").fetchone() == (3,)
    if not undone_first:
        journal.undo(store, ME)
    journal.redo(store, ME)
    assert records(store) == [(1, 0, "x"), (2, 0, "x"), (3, 1, "x")]


def test_an_index_does_not_outlive_the_records_of_a_purge_that_is_cut_short(
    store: Store, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: Store) -> None:
        raise KeyboardInterrupt

    rows(store).imported([("x", "alpha"), ("x", "bravo"), ("x", "secretword")])
    list(search_index.update(store))
    with monkeypatch.context() as patch:
        patch.setattr(purging, "finish_purge", killed)
        with pytest.raises(KeyboardInterrupt):
            care.purge(store, [3], ME)
    rows(store).imported([("x", "delta"), ("x", "echo")], "b.jsonl")

    def found() -> list[list[int]]:
        words = ("alpha", "secretword", "delta", "echo")
        return [search.find(store, search.Query(word)) for word in words]

    assert found() == [[1], [], [3], [4]]
    list(search_index.update(store))
    assert found() == [[1], [], [3], [4]]
    assert care.purge(store, [], ME) is None
    purging.finish_purge(store)
    assert not care.unfinished_purge(store)
    assert found() == [[1], [], [3], [4]]


def test_a_purge_that_is_refused_leaves_the_index(ten: Store) -> None:
    list(search_index.update(ten))
    with pytest.raises(StoreError, match="no record 77"):
        care.purge(ten, [77], ME)
    assert (ten.folder / "cache" / "search.db").exists()


def test_a_reader_in_the_way_is_told_and_the_purge_can_be_finished(
    ten: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentences, "BUSY_SECONDS", 0.05)
    reader = sqlite3.connect(ten.folder / "project.db", isolation_level=None)
    reader.execute("begin")
    reader.execute("select count(*) from records").fetchone()
    with pytest.raises(StoreError, match="another program"):
        care.purge(ten, [1], ME)
    assert care.unfinished_purge(ten)
    assert len(records(ten)) == 9
    reader.close()
    assert care.purge(ten, [], ME) is None
    assert not care.unfinished_purge(ten)
    assert b"text 1?" not in bytes_of(ten.folder)


def test_a_purge_without_room_deletes_nothing(ten: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil.disk_usage(ten.folder)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(NoSpaceError, match="Purging needs"):
        care.purge(ten, [1], ME)
    assert len(records(ten)) == 10


def test_a_record_that_is_not_there_cannot_be_purged(ten: Store) -> None:
    with pytest.raises(StoreError, match="no record 77"):
        care.purge(ten, [1, 77], ME)
    assert len(records(ten)) == 10
    assert ten.db.execute("pragma foreign_keys").fetchone() == (1,)


def test_what_was_quoted_of_refused_rows_can_be_purged(store: Store, rows: Rows) -> None:
    secret = f"s3cret{secrets.token_hex(12)}"
    import_id = rows(store).imported([("x", "a")])
    store.db.execute(
        "insert into refusals (import_id, row, place, reason, message, excerpt)"
        " values (?, 7, 'line 8', 'not-json', ?, ?)",
        (import_id, f"{secret} is no JSON", secret),
    )
    act = care.purge_refusals(store, import_id, ME)
    assert act is not None
    assert secret.encode() not in bytes_of(store.folder)
    assert store.db.execute("select place, reason from refusals").fetchall() == [
        ("line 8", "not-json")
    ]
    assert care.purge_refusals(store, 99, ME) is None
