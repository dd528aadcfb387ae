"""What the user says about records is there, is told, and is told only when it is new."""

import pytest

from deita_store import acts, journal, marks
from deita_store.errors import StoreError
from deita_store.store import Store

ME = "ada (cli)"
Row = tuple[object, ...]


def marks_of(store: Store) -> list[Row]:
    return store.db.execute(
        "select record_id, decision, flag, rating, note from marks order by record_id"
    ).fetchall()


def tags_of(store: Store) -> list[Row]:
    return store.db.execute("select record_id, tag from tags order by record_id, tag").fetchall()


def test_each_mark_is_stored_beside_the_others(ten: Store) -> None:
    marks.keep(ten, [1], ME)
    marks.rate(ten, [1], 5, ME)
    marks.flag(ten, [1, 2], ME)
    marks.note(ten, [2], "look again", ME)
    marks.tag(ten, [2], "todo", ME)
    marks.tag(ten, [2], "needs sources", ME)
    marks.reject(ten, [3], ME)
    assert marks_of(ten) == [
        (1, "keep", 1, 5, None),
        (2, None, 1, None, "look again"),
        (3, "reject", 0, None, None),
    ]
    assert tags_of(ten) == [(2, "needs sources"), (2, "todo")]


def test_taking_everything_back_leaves_no_trace_but_the_journal(ten: Store) -> None:
    marks.keep(ten, [1], ME)
    marks.rate(ten, [1], 5, ME)
    marks.flag(ten, [1], ME)
    marks.note(ten, [1], "x", ME)
    marks.tag(ten, [1], "todo", ME)
    marks.clear(ten, [1], ME)
    marks.rate(ten, [1], None, ME)
    marks.unflag(ten, [1], ME)
    marks.note(ten, [1], "  ", ME)
    marks.untag(ten, [1], "todo", ME)
    assert marks_of(ten) == []
    assert tags_of(ten) == []
    assert len(journal.entries(ten)) == 10


def test_an_act_says_who_did_what_to_how_many(ten: Store) -> None:
    one = marks.keep(ten, [7], ME)
    assert one is not None
    assert (one.actor, one.kind, one.summary) == (ME, "keep", "keep record 7")
    assert (one.records, one.first, one.state) == (1, 7, "done")
    many = marks.tag(ten, [9, 3, 3], "todo", ME)
    assert many is not None
    assert (many.summary, many.records, many.first) == ("tag 2 records todo", 2, 3)
    assert journal.record_ids(ten, many.id) == [3, 9]


def test_only_what_changes_is_written(ten: Store) -> None:
    marks.keep(ten, [1, 2], ME)
    act = marks.keep(ten, [1, 2, 3], ME)
    assert act is not None
    assert (act.summary, act.records) == ("keep record 3", 1)
    assert marks.keep(ten, [1, 2, 3], ME) is None
    assert marks.untag(ten, [1], "never there", ME) is None
    assert marks.keep(ten, [], ME) is None
    assert len(journal.entries(ten)) == 2


def test_several_marks_are_one_step_of_undo(ten: Store) -> None:
    fields: dict[str, str | bool] = {
        "decision": "reject",
        "note": "too long",
        "tag:todo": True,
        "flag": True,
    }
    act = marks.mark(ten, [1, 2], fields, ME)
    assert act is not None
    assert (act.kind, act.summary) == ("bulk", "mark 2 records")
    assert marks_of(ten) == [(n, "reject", 1, None, "too long") for n in (1, 2)]
    journal.undo(ten, ME)
    assert marks_of(ten) == []
    assert tags_of(ten) == []


def test_a_record_that_is_not_there_stops_the_whole_act(ten: Store) -> None:
    with pytest.raises(StoreError, match="no record 99"):
        marks.keep(ten, [1, 99], ME)
    assert marks_of(ten) == []
    assert journal.entries(ten) == []


@pytest.mark.parametrize("rating", [0, 7, -1, True])
def test_a_rating_beyond_six_is_refused(ten: Store, rating: int) -> None:
    with pytest.raises(StoreError, match="rating cannot be"):
        marks.rate(ten, [1], rating, ME)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x1b[31m", "x" * 65])
def test_a_tag_is_short_and_visible(ten: Store, name: str) -> None:
    with pytest.raises(StoreError, match="is no tag"):
        marks.tag(ten, [1], name, ME)


@pytest.mark.parametrize("text", ["a\0b", "half \ud800"])
def test_a_note_that_cannot_be_stored_is_refused(ten: Store, text: str) -> None:
    with pytest.raises(StoreError, match="The note holds"):
        marks.note(ten, [1], text, ME)


def test_an_unknown_mark_is_refused(ten: Store) -> None:
    with pytest.raises(StoreError, match="colour cannot be"):
        marks.mark(ten, [1], {"colour": "red"}, ME)


def test_notes_stay_out_of_what_the_journal_tells(ten: Store) -> None:
    marks.note(ten, [1], "a secret thought", ME)
    told = ten.db.execute("select summary || args from journal").fetchall()
    assert "secret" not in str(told)


def test_the_actor_is_told_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    assert acts.actor("cli") == "ada (cli)"
    monkeypatch.setenv("LOGNAME", "\x1b[31mada\n")
    assert acts.actor("tui") == "[31mada (tui)"
    monkeypatch.setenv("LOGNAME", "\n")
    assert acts.actor("cli").endswith(" (cli)")
    assert acts.actor("cli").isprintable()


def test_an_actor_without_a_name_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 987_654)
    assert acts.actor("cli") == "user 987654 (cli)"
