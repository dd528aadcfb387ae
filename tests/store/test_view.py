"""Views: the right ids in the right order, and rows by page."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_store.columns import COLUMNS
from deita_store.errors import FilterError, StoreError
from deita_store.filter_tree import Node, spell
from deita_store.rows import Context
from deita_store.store import Store
from deita_store.view import PAGE, View
from tests.store import oracle
from tests.store.made import Item, make_project, said

POOL = oracle.items(seed=2)
SORTS: dict[str, Callable[[int, Item], object]] = {
    "id": lambda id_, item: id_,
    "source": lambda id_, item: item.source,
    "external_id": lambda id_, item: item.external_id,
    "turns": lambda id_, item: item.turns,
    "chars": lambda id_, item: item.chars,
    "copies": lambda id_, item: item.copies,
    "score": lambda id_, item: item.score,
    "c": lambda id_, item: _mean(item.complexity),
    "q": lambda id_, item: _mean(item.quality),
    "rank": lambda id_, item: item.rank,
    "similarity": lambda id_, item: item.similarity,
    "outcome": oracle.outcome,
    "decision": lambda id_, item: item.decision,
    "flag": lambda id_, item: item.flag,
    "rating": lambda id_, item: item.rating,
    "tag": lambda id_, item: min(item.tags, default=None),
    "note": lambda id_, item: item.note,
    "revision": lambda id_, item: item.revision,
}


def _mean(scores: tuple[float | None, ...] | None) -> float | None:
    known = [score for score in scores or () if score is not None]
    return sum(known) / len(known) if known else None


def in_order(sort: str, descending: bool) -> list[int]:
    """The ids as Python sorts them: without a value last either way, equals by id."""
    keyed = [(SORTS[sort](n, item), n) for n, item in enumerate(POOL, start=1) if item.copies]
    valued = sorted((pair for pair in keyed if pair[0] is not None), key=lambda pair: pair[1])
    valued.sort(key=lambda pair: pair[0], reverse=descending)  # type: ignore[arg-type, return-value]
    return [id_ for _, id_ in valued] + [id_ for value, id_ in keyed if value is None]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with make_project(tmp_path_factory.mktemp("view") / "p", POOL, oracle.chosen()) as store:
        yield store


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    pool = [Item(said(f"question {n}", f"answer {n}")) for n in range(3 * PAGE + 7)]
    with make_project(tmp_path_factory.mktemp("many") / "p", pool) as store:
        yield store


@pytest.mark.parametrize("sort", SORTS)
def test_sorts_as_python_does(project: Store, sort: str) -> None:
    assert View(project, "", sort).ids.tolist() == in_order(sort, False)
    assert View(project, "", f"-{sort}").ids.tolist() == in_order(sort, True)


def test_every_column_sorts_or_is_refused(project: Store) -> None:
    for column in COLUMNS.values():
        if column.sql:
            assert len(View(project, "", column.name)) == len(View(project))
        else:
            with pytest.raises(FilterError):
                View(project, "", column.name)


def test_sorts_by_several_columns_and_by_a_scorer(project: Store) -> None:
    rows = list(View(project, "", "source, -turns"))
    keys = [(row.source, -row.turns, row.id) for row in rows]
    assert keys == sorted(keys)
    assert View(project, "", "-fake-quality").ids == View(project, "", "-q").ids


@settings(max_examples=60, deadline=None)
@given(node=oracle.nodes, sort=st.sampled_from(sorted(SORTS)), descending=st.booleans())
def test_filter_and_sort_together(project: Store, node: Node, sort: str, descending: bool) -> None:
    view = View(project, spell(node), ("-" if descending else "") + sort)
    matching = set(oracle.expected(node, POOL))
    ids = view.ids.tolist()
    assert set(ids) == matching
    if all(POOL[id_ - 1].copies for id_ in ids):
        assert ids == [id_ for id_ in in_order(sort, descending) if id_ in matching]


def test_a_wrong_sort_is_told_with_its_place(project: Store) -> None:
    with pytest.raises(FilterError) as caught:
        View(project, "", "-turns,-scor")
    assert caught.value.text[caught.value.start : caught.value.end] == "-scor"
    assert caught.value.hint == "Did you mean score?"


def test_rows_come_by_index_page_and_iteration(many: Store) -> None:
    view = View(many, "", "-id")
    ids = view.ids.tolist()
    assert len(view) == 3 * PAGE + 7
    assert [row.id for row in view.page(3)] == ids[3 * PAGE :]
    assert view.page(4) == []
    assert [row.id for row in view] == ids
    assert (view[0].id, view[PAGE].id, view[-1].id) == (ids[0], ids[PAGE], ids[-1])
    with pytest.raises(IndexError):
        view[len(view)]
    assert view.index_of(ids[200]) == 200
    assert view.index_of(10**6) is None


def test_ids_stay_while_the_data_changes_and_rows_follow_when_asked(many: Store) -> None:
    view = View(many, "is:undecided")
    assert view[0].decision is None
    with many.transaction() as db:
        db.execute("insert into marks (record_id, decision) values (1, 'keep')")
    assert view[0].decision is None, "what is on screen does not flicker"
    view.forget()
    assert [view[0].id, view[0].decision] == [1, "keep"]
    assert len(View(many, "is:undecided")) == len(view) - 1


def test_a_purged_record_leaves_a_blank_row(many: Store) -> None:
    view = View(many)
    with many.transaction() as db:
        db.execute("delete from records where id = 5")
    assert (view[4].id, view[4].uid) == (5, "")
    assert view[5].id == 6


def test_an_empty_project_has_an_empty_view(store: Store) -> None:
    view = View(store, "score>3 red", "-score")
    assert (len(view), list(view), view.page(0)) == (0, [], [])
    with pytest.raises(IndexError):
        view[0]


def test_the_context_decides_whose_outcomes_are_shown(project: Store) -> None:
    main = Context(project, "main")
    assert View(project, "is:kept").ids == View(project, "is:kept", "id", main).ids
    with pytest.raises(StoreError, match="mian") as caught:
        Context(project, "mian")
    assert caught.value.hint == "Did you mean main?"


def test_notes_say_what_is_missing(many: Store) -> None:
    view = View(many, "red", "-score")
    assert "not indexed yet" in view.note
    assert "No record has a score for complexity yet." in view.note
    assert View(many, "turns>0").note == ""


def test_building_in_a_thread_can_be_cancelled(many: Store) -> None:
    reader = Store.read(many.folder)
    outcome: list[object] = []

    # A pause for each record, long enough that the other thread comes first.
    def pause(id_: int) -> int:
        time.sleep(0.01)
        return id_

    reader.db.create_function("pause", 1, pause)
    reader.db.execute("pragma query_only = off")
    reader.db.execute("create temp view records as select * from main.records where pause(id)")

    def build() -> None:
        try:
            View(reader, "turns>0", "-chars")
        except sqlite3.OperationalError as error:
            outcome.append(str(error))

    thread = threading.Thread(target=build)
    thread.start()
    time.sleep(0.1)
    reader.db.interrupt()
    thread.join(timeout=30)
    reader.close()
    assert outcome == ["interrupted"]
