"""Walking through the journal, and which tags there are."""

import pytest

from deita_store import history, journal, marks, tagged
from deita_store.history import Change, Way
from deita_store.store import Store

ME = "ada (cli)"


def test_every_row_is_numbered_the_newest_first(ten: Store) -> None:
    assert list(history.numbers(ten)) == []
    marks.keep(ten, [1], ME)
    marks.keep(ten, [2], ME)
    journal.undo(ten, ME)
    assert list(history.numbers(ten)) == [act.id for act in journal.entries(ten)]
    assert len(history.numbers(ten)) == 3


def test_what_an_act_changed_is_told_record_by_record(ten: Store) -> None:
    marks.note(ten, [3], "old", ME)
    marks.mark(ten, [3, 4], {"note": "new", "tag:x": True}, ME)
    act = journal.entries(ten, 1)[0].id
    assert history.changed(ten, act, 10) == [
        Change(3, "note", "old", "new"),
        Change(3, "tag:x", None, "1"),
        Change(4, "note", None, "new"),
        Change(4, "tag:x", None, "1"),
    ]
    assert len(history.changed(ten, act, 2)) == 2
    journal.undo(ten, ME)
    undo = journal.entries(ten, 1)[0].id
    assert history.changed(ten, undo, 10) == history.changed(ten, act, 10)


def test_the_way_to_an_act_counts_what_stands_between(ten: Store) -> None:
    for record in range(1, 6):
        marks.keep(ten, [record], ME)
    first, *_, last = sorted(history.numbers(ten))
    assert history.way_to(ten, first) == Way(undo=4, redo=0)
    assert history.way_to(ten, 0) == Way(undo=5, redo=0)
    taken_back = journal.undo_to(ten, first, ME)
    assert len(taken_back) == 4
    assert history.way_to(ten, first) == Way(undo=0, redo=0)
    assert history.way_to(ten, last) == Way(undo=0, redo=4)
    marks.flag(ten, [9], ME)  # what was undone is dropped
    assert history.way_to(ten, last) == Way(undo=1, redo=0)


@pytest.mark.parametrize("records", [[1], [1, 2, 3]])
def test_tags_are_named_counted_and_the_last_used_told(ten: Store, records: list[int]) -> None:
    assert (tagged.names(ten), tagged.latest(ten), tagged.counts(ten, records)) == ([], [], {})
    marks.tag(ten, [1, 2], "late", ME)
    marks.tag(ten, [2], "a b", ME)
    marks.untag(ten, [1, 2], "late", ME)
    marks.tag(ten, [1], "late", ME)
    marks.tag(ten, [3], "gone", ME)
    marks.untag(ten, [3], "gone", ME)
    assert tagged.names(ten) == ["a b", "late"]
    assert tagged.latest(ten) == ["gone", "late", "a b"]
    assert tagged.counts(ten, records) == ({"late": 1} if records == [1] else {"a b": 1, "late": 1})
