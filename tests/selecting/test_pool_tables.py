"""What a selection reads of a project: the arrays, one by one."""

import math
from array import array
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from deita_store import care, edits, journal, marks, pool
from deita_store.store import Store
from deita_tui import records
from deita_tui.steps.loading import given
from tests.selecting.projects import ME, Made, add, project
from tests.store.made import said


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = [
        Made((2.0, 3.0), (4.0, None), (1.0, 0.0), "alpaca"),
        Made((5.0,), (6.0,), None, "dolly"),
        Made((1.5,), (2.5,), (0.0, 1.0), "alpaca"),
    ]
    with project(tmp_path / "project", made) as made_store:
        yield made_store


def test_members_are_the_records_in_force_in_the_order_of_ids(store: Store) -> None:
    found = pool.members(store)
    assert found.ids.tolist() == [1, 2, 3]
    assert [found.names[number] for number in found.sources] == ["alpaca", "dolly", "alpaca"]
    store.db.execute("update records set live = 0 where id = 1")
    assert pool.members(store).ids.tolist() == [2, 3]
    assert pool.members_of(store, [1, 3, 99]).ids.tolist() == [1, 3]


def test_each_turn_has_its_score_and_what_failed_is_nan(store: Store) -> None:
    found = pool.turns(store, pool.members(store).versions)
    assert found.owners.tolist() == [0, 0, 1, 2]
    assert given(found.instructions, pool.scores(store, 1)).tolist() == [2.0, 3.0, 5.0, 1.5]
    quality = given(found.pairs, pool.scores(store, 2)).tolist()
    assert [None if math.isnan(value) else value for value in quality] == [4.0, None, 6.0, 2.5]


def test_a_version_without_turns_has_none(store: Store) -> None:
    store.db.execute("delete from turns where conversation_id = 2")
    found = pool.turns(store, pool.members(store).versions)
    assert found.owners.tolist() == [0, 0, 2]


def test_a_turn_that_cannot_be_scored_has_no_score_whatever_its_text_got(store: Store) -> None:
    store.db.execute("update turns set problem = 'no answer' where conversation_id = 3")
    found = pool.turns(store, pool.members(store).versions)
    assert math.isnan(given(found.instructions, pool.scores(store, 1))[3])


def test_a_record_that_is_not_embedded_has_vector_0(store: Store) -> None:
    assert pool.vectors(store, 1, pool.members(store).versions).tolist() == [1, 0, 2]


def test_decisions_follow_undo(store: Store) -> None:
    marks.keep(store, [3, 1], ME)
    marks.reject(store, [2], ME)
    assert pool.decisions(store).kept.tolist() == [1, 3]
    assert pool.decisions(store).rejected.tolist() == [2]
    journal.undo(store, ME)
    assert pool.decisions(store).rejected.tolist() == []


def test_tags_and_fields_of_the_files(store: Store) -> None:
    marks.tag(store, [2], "math", ME)
    marks.tag(store, [2], "code", ME)
    assert pool.tags(store) == {2: ("code", "math")}
    db = store.db
    db.execute(
        "insert into imports (path, file_name, mapping, started_at) values ('a', 'a', '{}', '')"
    )
    for row, extras in enumerate(('{"topic": ["a", "b"]}', '{"topic": null}', '{"other": 1}')):
        db.execute(
            "insert into occurrences (import_id, row, record_id, source_id, extras)"
            " values (1, ?, ?, 1, ?)",
            (row, row + 1, extras),
        )
    assert pool.fields(store, "topic") == {1: '["a","b"]', 2: None}


def test_of_an_edited_record_all_versions_are_told_newest_first(store: Store) -> None:
    for text in ("first", "second"):
        body = records.body(said(text, "yes")).decode()
        edits.edit(store, 2, body, 1, 8, ME)
    assert pool.edited(store) == {2: [5, 4, 2]}
    assert pool.ready(store, [5, 4, 2, 1], [1, 2], None) == {2, 1}
    assert pool.ready(store, [2, 1], [1, 2], 1) == {1}
    journal.undo(store, ME)
    assert pool.edited(store) == {2: [4, 2]}
    journal.undo(store, ME)
    assert pool.edited(store) == {}


def test_a_snapshot_stays_as_it_was(store: Store) -> None:
    with Store.open(store.folder) as other, pool.snapshot(store):
        before = pool.members(store).ids
        add(other, [Made()])
        assert pool.members(store).ids == before
    assert len(pool.members(store).ids) == 4


def test_what_a_removal_took_is_no_member(store: Store) -> None:
    db = store.db
    db.execute(
        "insert into imports (path, file_name, mapping, started_at) values ('a', 'a', '{}', '')"
    )
    db.executemany(
        "insert into occurrences (import_id, row, record_id, source_id)"
        " select 1, id, id, source_id from records where id = ?",
        [(1,), (2,), (3,)],
    )
    care.remove_source(store, "alpaca", ME)
    assert pool.members(store).ids.tolist() == [2]
    journal.undo(store, ME)
    assert pool.members(store).ids.tolist() == [1, 2, 3]


_halves = st.sampled_from((b"aaaaaaaa", b"bbbbbbbb", b"\xff" * 8, b"\0" * 7 + b"\1"))
_names = st.tuples(_halves, _halves).map(b"".join)


@hypothesis.given(st.dictionaries(_names, st.floats(1, 6)), st.lists(_names, max_size=20))
def test_scores_are_matched_by_the_whole_of_their_names(
    known: dict[bytes, float], asked: list[bytes]
) -> None:
    ordered = sorted(known)
    scores = pool.Scores(b"".join(ordered), array("d", [known[name] for name in ordered]))
    found = given(b"".join(asked), scores).tolist()
    assert [None if math.isnan(value) else value for value in found] == [
        known.get(name) for name in asked
    ]
