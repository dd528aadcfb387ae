"""What is newer in a project than a selection of it."""

import json
from pathlib import Path

from deita_store import edits, journal, marks, selections
from deita_store.freshness import stale
from deita_store.store import Store
from deita_tui.project import Project
from deita_tui.selection.params import Params
from tests.selecting.projects import ME, add, as_record, clustered, saved


def test_a_decision_makes_it_stale_and_undo_makes_it_fresh(store: Store) -> None:
    _, selection = saved(store)
    assert stale(store, selection) == []
    marks.keep(store, [1, 2], ME)
    assert stale(store, selection) == ["2 records were decided otherwise since."]
    marks.reject(store, [2], ME)
    marks.flag(store, [3], ME)
    assert stale(store, selection) == ["2 records were decided otherwise since."]
    for _ in range(3):
        journal.undo(store, ME)
    assert stale(store, selection) == []


def test_arrivals_edits_scores_and_vectors_make_it_stale(store: Store) -> None:
    _, selection = saved(store)
    store.db.execute("delete from record_vectors where conversation_id = 1")
    assert stale(store, selection) == ["There are newer vectors."]
    _, selection = saved(store, name="next")
    store.db.execute("delete from record_scores where scorer_id = 2 and conversation_id = 1")
    assert stale(store, selection) == ["There are newer scores: q."]
    _, selection = saved(store, name="third")
    add(store, clustered(3, seed=3))
    assert stale(store, selection) == ["3 records were imported since."]
    edits.edit(store, 4, *as_record("other words"), ME)
    assert "1 record was edited, removed or brought back since." in stale(store, selection)
    journal.undo(store, ME)
    assert stale(store, selection) == ["3 records were imported since."]


def test_a_removed_record_that_is_imported_again_makes_it_stale(tmp_path: Path) -> None:
    rows = [{"instruction": f"ask {n}", "output": f"say {n}"} for n in range(6)]
    files = []
    for name, some in (("a", rows[:4]), ("b", rows[4:]), ("c", rows[:3])):
        files.append(tmp_path / f"{name}.jsonl")
        files[-1].write_text("".join(json.dumps(row) + "\n" for row in some))
    with Project.create(tmp_path / "made") as made:
        first = made.import_(files[0])
        made.import_(files[1])
        made.score(complexity="one", quality="two", backend="fake")
        made.remove(import_id=first.import_id)
        made.select(budget=2, threshold=1, save="mine")
        assert made.stale("mine") == []
        made.import_(files[2])
        assert made.stale("mine") == ["3 records were imported again since."]


def test_a_mark_matters_only_where_a_filter_asks_for_it(store: Store) -> None:
    _, plain = saved(store)
    _, asking = saved(store, Params(budget=10, exclude="tag:bad"), "asking")
    marks.tag(store, [1], "bad", ME)
    assert stale(store, plain) == []
    assert len(stale(store, asking)) == 1


def test_a_filter_that_asks_for_no_mark_is_not_stale_for_one(store: Store) -> None:
    _, selection = saved(store, Params(budget=10, require="source:alpaca,dolly turns<3"))
    marks.tag(store, [1], "bad", ME)
    assert stale(store, selection) == []


def test_what_was_written_by_hand_is_never_stale(store: Store) -> None:
    selections.save(store, "hand", {}, {}, [], ME)
    marks.keep(store, [1], ME)
    assert stale(store, selections.get(store, "hand")) == []


# Edits (D15) --------------------------------------------------------------------------------------
