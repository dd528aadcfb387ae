"""Undo and redo in any order, and a state that is always what the journal adds up to."""

from collections.abc import Callable
from typing import Any

import pytest

from deita_store import journal, marks
from deita_store.errors import StoreError
from deita_store.store import Store

ME = "ada (cli)"


def decisions(store: Store) -> dict[int, str]:
    return dict(
        store.db.execute("select record_id, decision from marks where decision is not null")
    )


def test_undo_and_redo_name_what_they_did(ten: Store) -> None:
    marks.keep(ten, [1, 2, 3], ME)
    marks.reject(ten, [2], ME)
    undone = journal.undo(ten, "bob (tui)")
    assert undone is not None
    assert (undone.summary, undone.first, undone.undone) == ("reject record 2", 2, True)
    assert decisions(ten) == {1: "keep", 2: "keep", 3: "keep"}
    redone = journal.redo(ten, ME)
    assert redone is not None
    assert (redone.summary, redone.undone) == ("reject record 2", False)
    assert decisions(ten)[2] == "reject"
    told = [(entry.actor, entry.kind, entry.summary) for entry in journal.entries(ten)]
    assert told[:2] == [
        (ME, "redo", "redo: reject record 2"),
        ("bob (tui)", "undo", "undo: reject record 2"),
    ]


def test_an_undo_is_done_whatever_becomes_of_its_target(ten: Store) -> None:
    marks.keep(ten, [1], ME)
    journal.undo(ten, ME)
    told = [(entry.kind, entry.state) for entry in journal.entries(ten)]
    assert told == [("undo", "done"), ("keep", "undone")]
    marks.keep(ten, [2], ME)
    told = [(entry.kind, entry.state) for entry in journal.entries(ten)]
    assert told == [("keep", "done"), ("undo", "done"), ("keep", "void")]


def test_nothing_to_undo_or_redo_is_none(ten: Store) -> None:
    assert journal.undo(ten, ME) is None
    assert journal.redo(ten, ME) is None
    assert journal.entries(ten) == []


def test_undo_survives_a_restart(ten: Store) -> None:
    marks.keep(ten, [1], ME)
    marks.keep(ten, [2], ME)
    journal.undo(ten, ME)
    with Store.open(ten.folder) as again:
        redoable, undoable = journal.redoable(again), journal.undoable(again)
        assert redoable is not None
        assert undoable is not None
        assert (redoable.first, undoable.first) == (2, 1)
        journal.redo(again, ME)
        assert decisions(again) == {1: "keep", 2: "keep"}


def test_a_new_act_drops_what_could_be_redone_for_ever(ten: Store) -> None:
    marks.keep(ten, [1], ME)
    journal.undo(ten, ME)
    marks.keep(ten, [2], ME)
    assert journal.redo(ten, ME) is None
    journal.undo(ten, ME)
    redone = journal.redo(ten, ME)
    assert redone is not None
    assert redone.first == 2
    assert journal.redo(ten, ME) is None
    assert decisions(ten) == {2: "keep"}


def test_undo_to_takes_back_everything_after_an_act(ten: Store) -> None:
    first = marks.keep(ten, [1], ME)
    assert first is not None
    marks.keep(ten, [2], ME)
    marks.keep(ten, [3], ME)
    assert [act.first for act in journal.undo_to(ten, first.id, ME)] == [3, 2]
    assert decisions(ten) == {1: "keep"}
    journal.redo(ten, ME)
    assert decisions(ten) == {1: "keep", 2: "keep"}
    journal.undo_to(ten, 0, ME)
    assert decisions(ten) == {}
    with pytest.raises(StoreError, match="no entry 999"):
        journal.undo_to(ten, 999, ME)


def test_the_journal_pages_from_the_newest(ten: Store) -> None:
    for record in range(1, 8):
        marks.keep(ten, [record], ME)
    page = journal.entries(ten, limit=3)
    assert [act.first for act in page] == [7, 6, 5]
    page = journal.entries(ten, limit=3, before=page[-1].id)
    assert [act.first for act in page] == [4, 3, 2]


def test_a_failed_act_leaves_nothing(ten: Store) -> None:
    marks.keep(ten, [1], ME)
    journal.undo(ten, ME)
    with pytest.raises(StoreError):
        marks.keep(ten, [1, 99], ME)
    assert journal.redo(ten, ME) is not None
    assert decisions(ten) == {1: "keep"}


def test_a_hundred_thousand_records_are_one_step(
    store: Store, rows: Callable[[Store], Any]
) -> None:
    rows(store).imported([("x", "first")])
    store.db.execute(
        "insert into records (id, uid, conversation_id, source_id, turns, chars)"
        " with recursive n(i) as (select 2 union all select i + 1 from n where i < 100000)"
        " select i, 'uid' || i, i, 1, 1, 1 from n"
    )
    act = marks.keep(store, range(1, 100_001), ME)
    assert act is not None
    assert (act.summary, act.records) == ("keep 100,000 records", 100_000)
    assert len(decisions(store)) == 100_000
    journal.undo(store, ME)
    assert decisions(store) == {}
    assert len(journal.entries(store)) == 2
