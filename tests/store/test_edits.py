"""An edit is a new version; the old one stays, and undo goes back to it."""

from pathlib import Path

import pytest

from deita_store import edits, journal, marks
from deita_store.errors import StoreError
from deita_store.store import Store

ME = "ada (tui)"
NEW = '{"messages":[{"role":"user","content":"b"}]}'
NEWER = '{"messages":[{"role":"user","content":"c"}]}'


def says(store: Store, record_id: int) -> tuple[str, int, int]:
    row: tuple[str, int, int] = store.db.execute(
        "select c.body, r.turns, r.chars from records r"
        " join conversations c on c.id = r.conversation_id where r.id = ?",
        (record_id,),
    ).fetchone()
    return row


def test_an_edit_points_the_record_to_a_new_version(ten: Store) -> None:
    before = says(ten, 3)
    uid = ten.db.execute("select uid from records where id = 3").fetchone()
    act = edits.edit(ten, 3, NEW, 0, 1, ME)
    assert act is not None
    assert (act.kind, act.summary, act.first) == ("edit", "edit record 3", 3)
    assert says(ten, 3) == (NEW, 0, 1)
    assert ten.db.execute("select uid from records where id = 3").fetchone() == uid
    bodies = ten.db.execute("select body from conversations where record_id = 3 order by revision")
    assert [body for (body,) in bodies] == [before[0], NEW]


def test_undo_points_back_and_redo_forward(ten: Store) -> None:
    first = says(ten, 3)
    edits.edit(ten, 3, NEW, 0, 1, ME)
    edits.edit(ten, 3, NEWER, 0, 2, ME)
    journal.undo(ten, ME)
    assert says(ten, 3) == (NEW, 0, 1)
    journal.undo(ten, ME)
    assert says(ten, 3) == first
    journal.redo(ten, ME)
    journal.redo(ten, ME)
    assert says(ten, 3) == (NEWER, 0, 2)


def test_an_edit_after_an_undo_overwrites_nothing(ten: Store) -> None:
    edits.edit(ten, 3, NEW, 0, 1, ME)
    journal.undo(ten, ME)
    edits.edit(ten, 3, NEWER, 0, 2, ME)
    assert [revision for revision, _ in edits.versions(ten, 3)] == [0, 1, 2]
    stored = ten.db.execute("select count(*) from conversations where record_id = 3").fetchone()
    assert stored == (3,)


def test_versions_begin_with_the_imported_one(ten: Store) -> None:
    imported = ten.db.execute("select conversation_id from records where id = 3").fetchone()[0]
    assert edits.versions(ten, 3) == [(0, imported)]
    edits.edit(ten, 3, NEW, 0, 1, ME)
    edits.edit(ten, 3, NEWER, 0, 2, ME)
    assert edits.versions(ten, 3)[0] == (0, imported)
    with pytest.raises(StoreError, match="no record 99"):
        edits.versions(ten, 99)


def test_saying_the_same_again_is_no_edit(ten: Store) -> None:
    body, turns, chars = says(ten, 3)
    assert edits.edit(ten, 3, body, turns, chars, ME) is None
    assert journal.entries(ten) == []


def test_an_edit_never_quotes_in_the_journal(ten: Store) -> None:
    edits.edit(ten, 3, '{"messages":[{"role":"user","content":"hush"}]}', 0, 4, ME)
    assert "hush" not in str(ten.db.execute("select summary, args from journal").fetchall())


def test_what_cannot_be_stored_is_refused_before_anything_is_written(ten: Store) -> None:
    with pytest.raises(StoreError, match="NUL"):
        edits.edit(ten, 3, "a\0b", 0, 1, ME)
    assert ten.db.execute("select count(*) from conversations").fetchone() == (10,)


def test_an_edit_and_its_undo_survive_a_restart(tmp_path: Path, ten: Store) -> None:
    first = says(ten, 3)
    edits.edit(ten, 3, NEW, 0, 1, ME)
    marks.keep(ten, [3], ME)
    with Store.open(ten.folder) as again:
        assert says(again, 3) == (NEW, 0, 1)
        journal.undo(again, ME)
        undone = journal.undo(again, ME)
        assert undone is not None
        assert undone.summary == "edit record 3"
        assert says(again, 3) == first
