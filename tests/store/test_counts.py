"""What status tells of a project."""

from pathlib import Path

from deita_store import counts, edits, journal
from deita_store.store import Store
from deita_tui.records import body
from tests.store import oracle
from tests.store.made import Item, make_project, said


def test_an_empty_project_has_nothing(store: Store) -> None:
    found = counts.read(store)
    assert (found.records, found.turns, found.sources, found.scored) == (0, 0, [], [])
    assert (found.embedded, found.decided, found.selection) == (0, {}, None)
    assert found.bytes > 0


def test_everything_is_counted(tmp_path: Path) -> None:
    pool = [Item(item.record, **{
        name: getattr(item, name) for name in Item.__slots__ if name not in ("record", "revision")
    }) for item in oracle.items(seed=4)]  # fmt: skip
    live = [item for item in pool if item.copies]
    with make_project(tmp_path / "p", pool, oracle.chosen()) as store:
        found = counts.read(store)
    assert found.records == len(live)
    assert found.turns == sum(item.turns for item in live)
    assert dict(found.sources) == {
        name: sum(item.source == name for item in live) for name in oracle.SOURCES
    }
    assert [n for _, n in found.sources] == sorted((n for _, n in found.sources), reverse=True)
    assert found.duplicates == sum(item.copies == 2 for item in pool)
    assert found.refused == 2
    assert found.scored == [
        (f"fake-{name}", name, sum(getattr(item, name) is not None for item in live))
        for name in ("complexity", "quality")
    ]
    assert found.selection == ("main", sum(item.outcome == "kept" for item in pool))
    assert found.decided["keep"] == sum(item.decision == "keep" for item in live)
    assert found.decided["tag"] == sum(bool(item.tags) for item in live)
    assert found.decided["note"] == sum(bool(item.note) for item in live)


def test_an_edited_record_counts_as_scored_when_its_new_text_is(tmp_path: Path) -> None:
    pool = [Item(said(f"ask {n}", "answer"), quality=(3.0,)) for n in range(3)]
    with make_project(tmp_path / "p", pool) as store:
        for n in range(2):
            text = body(said("changed", f"answer {n}")).decode()
            edits.edit(store, 1, text, 1, len(text), "test")
        found = counts.read(store)
        assert (found.edited, found.scored) == (1, [("fake-quality", "quality", 2)])
        (version,) = store.db.execute("select conversation_id from records where id = 1").fetchone()
        with store.transaction() as db:
            db.execute("insert into record_scores values (1, ?, 1, 0, 4.0)", (version,))
        assert counts.read(store).scored == [("fake-quality", "quality", 3)]
        for _ in range(2):
            journal.undo(store, "test")
        found = counts.read(store)
        assert (found.edited, found.scored) == (0, [("fake-quality", "quality", 3)])
