"""Selections: one that works, and copies that stay as they were saved."""

import pytest

from deita_store import journal, selections
from deita_store.errors import StoreError
from deita_store.selections import Basis, Outcome
from deita_store.store import Store

ME = "ada (cli)"


def test_a_saved_selection_comes_back_as_it_was(ten: Store) -> None:
    outcomes = [
        Outcome(2, "kept", rank=1, position=1, score=9.0),
        Outcome(4, "too_similar", position=2, score=8.0, blocked_by=2, similarity=0.97),
    ]
    id_ = selections.save(
        ten, "mine", {"budget": 1}, {"decisions": 0}, outcomes, ME, rest="unscored"
    )
    selection = selections.get(ten, "mine")
    assert selection.id == id_
    assert (selection.params, selection.computed_from) == ({"budget": 1}, {"decisions": 0})
    assert (selection.kept, selection.last_record, selection.rest) == (1, 10, "unscored")
    assert selection.basis == Basis()
    status = dict(ten.db.execute("select record_id, status from record_outcomes"))
    assert (status[2], status[4], status[10]) == ("kept", "too_similar", "unscored")


def test_the_working_selection_is_replaced_and_is_no_act(ten: Store) -> None:
    selections.save(ten, None, {"budget": 1}, {}, [Outcome(1, "kept", rank=1)], ME)
    selections.save(ten, None, {"budget": 2}, {}, [Outcome(2, "kept", rank=1)], ME)
    assert selections.get(ten).params == {"budget": 2}
    assert ten.db.execute("select record_id from outcomes").fetchall() == [(2,)]
    assert selections.saved(ten) == []
    assert journal.entries(ten) == []


def test_undoing_a_save_hides_it_and_redo_shows_it(ten: Store) -> None:
    selections.save(ten, "mine", {}, {}, [Outcome(1, "kept", rank=1)], ME)
    undone = journal.undo(ten, ME)
    assert undone is not None
    assert undone.summary == "save selection mine"
    assert selections.saved(ten) == []
    assert ten.db.execute("select count(*) from dropped").fetchone() == (0,)
    journal.redo(ten, ME)
    assert [selection.name for selection in selections.saved(ten)] == ["mine"]


def test_a_name_is_free_again_once_its_selection_is_hidden(ten: Store) -> None:
    selections.save(ten, "mine", {"budget": 1}, {}, [], ME)
    with pytest.raises(StoreError, match="already"):
        selections.save(ten, "mine", {}, {}, [], ME)
    selections.hide(ten, "mine", ME)
    selections.save(ten, "mine", {"budget": 2}, {}, [], ME)
    journal.undo(ten, ME)
    journal.undo(ten, ME)
    assert selections.get(ten, "mine").params == {"budget": 1}


def test_a_selection_that_is_not_there_is_told(ten: Store) -> None:
    with pytest.raises(StoreError, match="no working selection"):
        selections.get(ten)
    selections.save(ten, "mine", {}, {}, [], ME)
    with pytest.raises(StoreError, match=r"no selection 'other'.*There are: mine"):
        selections.get(ten, "other")
    with pytest.raises(StoreError, match="no name"):
        selections.save(ten, "\x1b[0m", {}, {}, [], ME)
