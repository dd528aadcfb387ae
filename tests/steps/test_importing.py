import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deita_store import care, imports, journal
from deita_store.errors import StoreError
from deita_store.store import Store
from deita_tui.errors import InputError, NoSpaceError, UnknownFormatError
from deita_tui.records import body, count_turns, from_body, uid
from deita_tui.steps import importing
from deita_tui.steps.importing import ImportArgs, ImportReport
from deita_tui.steps.progress import Progress

Write = Callable[..., Path]


def qa(text: str, **more: object) -> dict[str, object]:
    return {"instruction": f"What is {text}?", "output": f"It is {text}.", **more}


def run(store: Store, path: Path, **options: object) -> ImportReport:
    return steps(store, path, **options)[0]


def steps(store: Store, path: Path, **options: object) -> tuple[ImportReport, list[Progress]]:
    work = importing.run(store, ImportArgs(str(path), **options))  # type: ignore[arg-type]
    seen = []
    while True:
        try:
            seen.append(next(work))
        except StopIteration as end:
            return end.value, seen


def one(store: Store, query: str, *values: object) -> object:
    (value,) = store.db.execute(query, values).fetchone()
    return value


def check(store: Store) -> None:
    """What is true of every project at every moment."""
    db = store.db
    assert db.execute("pragma integrity_check").fetchall() == [("ok",)]
    assert db.execute("pragma foreign_key_check").fetchall() == []
    assert (
        db.execute(
            "select r.id from records r left join occurrences o on o.record_id = r.id "
            "and o.removed_by is null group by r.id having r.live <> count(o.id)"
        ).fetchall()
        == []
    )
    for came in imports.all(store):
        rows = one(store, "select count(*) from occurrences where import_id = ?", came.id)
        refused = one(store, "select count(*) from refusals where import_id = ?", came.id)
        assert came.imported + came.duplicates == rows
        assert came.refused == refused


def test_records_come_in_whole(store: Store, write: Write) -> None:
    path = write([qa("gold", id="a1", topic="metal"), qa("tin", id="a2", topic="metal")])
    report = run(store, path)

    assert (report.imported, report.duplicates, report.refused) == (2, 0, {})
    assert report.file == "pool.jsonl"
    assert any("alpaca" in line for line in report.detected)
    for record, key, turns, chars, text in store.db.execute(
        "select r.id, r.uid, r.turns, r.chars, c.body from records r "
        "join conversations c on c.id = r.conversation_id and c.record_id = r.id order by r.id"
    ):
        messages = from_body(text).messages
        assert uid(text.encode()) == key
        assert body(from_body(text)).decode() == text
        assert turns == count_turns(messages) == 1
        assert chars == sum(len(message.content) for message in messages)
        assert record in (1, 2)
    assert store.db.execute(
        "select row, part, record_id, external_id, extras from occurrences order by row"
    ).fetchall() == [(0, 0, 1, "a1", '{"topic":"metal"}'), (1, 0, 2, "a2", '{"topic":"metal"}')]
    assert one(store, "select name from sources") == "pool"
    came = imports.get(store, report.import_id)
    assert came.state == "complete"
    assert came.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    check(store)


def test_nothing_extra_is_stored_as_null(store: Store, write: Write) -> None:
    run(store, write([qa("gold")]))
    assert store.db.execute("select external_id, extras from occurrences").fetchall() == [
        (None, None)
    ]


def test_duplicates_share_a_record_within_and_across_batches(store: Store, write: Write) -> None:
    texts = ["a", "b", "a", "c", "b", "a", "d"]
    report = run(store, write([qa(text) for text in texts]), batch_rows=3)
    assert (report.imported, report.duplicates) == (4, 3)
    assert store.db.execute("select live from records order by id").fetchall() == [
        (3,),
        (2,),
        (1,),
        (1,),
    ]
    check(store)


def test_a_record_in_two_files_belongs_to_the_first(store: Store, write: Write) -> None:
    run(store, write([qa("a"), qa("b")], "first.jsonl"))
    report = run(store, write([qa("b"), qa("c")], "second.jsonl"))
    assert (report.imported, report.duplicates) == (1, 1)
    assert store.db.execute(
        "select s.name, r.live from records r join sources s on s.id = r.source_id order by r.id"
    ).fetchall() == [("first", 1), ("first", 2), ("second", 1)]
    check(store)


def test_sources_by_row_and_by_choice(store: Store, write: Write) -> None:
    run(store, write([qa("a", source="forum"), qa("b", source="wiki"), qa("c", source=None)]))
    assert store.db.execute("select name from sources order by name").fetchall() == [
        ("forum",),
        ("pool",),
        ("wiki",),
    ]
    run(store, write([qa("d", source="forum")], "more.jsonl"), source="mine")
    assert one(store, "select name from sources order by id desc limit 1") == "mine"


def test_bad_rows_are_told_and_good_ones_go_on(store: Store, write: Write) -> None:
    path = write([qa("a"), "{nonsense", qa("b"), '{"instruction": "cut', qa("c")])
    report = run(store, path)
    assert report.imported == 3
    assert sum(report.refused.values()) == 2
    told = list(imports.refused(store))
    assert [refused.place for refused in told] == ["line 2", "line 4"]
    assert all(refused.message.endswith(".") for refused in told)
    assert told == list(imports.refused(store, report.import_id))
    check(store)


def test_strict_stops_at_the_first_bad_row_and_goes_on_when_allowed(
    store: Store, write: Write
) -> None:
    path = write([qa("a"), qa("b"), "{nonsense", qa("c"), "[1]", qa("d")])
    for _ in range(2):
        with pytest.raises(InputError, match=r"pool\.jsonl, line 3") as stopped:
            run(store, path, strict=True)
        assert "2 records" in stopped.value.hint
        assert one(store, "select count(*) from records") == 2
    report = run(store, path)
    assert (report.state, report.imported, sum(report.refused.values())) == ("continued", 4, 2)
    check(store)


def test_the_same_file_twice_has_nothing_to_do(store: Store, write: Write, tmp_path: Path) -> None:
    path = write([qa("a"), qa("a"), "{"])
    first = run(store, path)
    again = run(store, path)
    assert again.state == "unchanged"
    assert (again.import_id, again.imported, again.duplicates, again.refused) == (
        first.import_id,
        first.imported,
        first.duplicates,
        first.refused,
    )
    copy = tmp_path / "elsewhere.jsonl"
    copy.write_bytes(path.read_bytes())
    os.utime(copy, (1, 1))
    assert run(store, copy).import_id == first.import_id
    assert len(imports.all(store)) == 1


def test_a_changed_file_of_the_same_size_is_a_new_import(store: Store, write: Write) -> None:
    path = write([qa("a"), qa("b")])
    first = run(store, path)
    os.utime(write([qa("a"), qa("z")]), (2, 2))
    second = run(store, path)
    assert second.import_id != first.import_id
    assert (second.imported, second.duplicates) == (1, 1)
    check(store)


def test_another_mapping_is_another_import(store: Store, write: Write) -> None:
    path = write([{"instruction": "x", "output": "y", "prompt": "p", "completion": "c"}])
    for name in ("alpaca", "prompt-completion"):
        mapping = json.dumps({"format": name, "columns": {}})
        assert run(store, path, mapping=mapping).state == "imported"
        assert run(store, path, mapping=mapping).state == "unchanged"
    assert len(imports.all(store)) == 2


def test_standard_input_is_recognised_by_its_content(store: Store, write: Write) -> None:
    rows: list[dict[str, object] | str] = [qa(str(number)) for number in range(50)]
    work = importing.run(store, ImportArgs(str(write(rows, "spool-1")), name="-", batch_rows=10))
    for _ in range(3):
        next(work)
    work.close()
    report = run(store, write(rows, "spool-2"), name="-")
    assert (report.state, report.imported, report.duplicates) == ("continued", 50, 0)
    assert imports.get(store, report.import_id).path == "-"
    assert one(store, "select name from sources") == "stdin"
    check(store)


def test_a_file_that_is_missing_or_unknown_is_a_sentence(
    store: Store, tmp_path: Path, write: Write
) -> None:
    with pytest.raises(InputError, match=r"none\.jsonl"):
        run(store, tmp_path / "none.jsonl")
    with pytest.raises(UnknownFormatError):
        run(store, write([{"colour": "red"}]))
    assert imports.all(store) == []


def test_a_file_that_changes_under_the_import_is_told(store: Store, write: Write) -> None:
    path = write([qa(str(number)) for number in range(40)])
    work = importing.run(store, ImportArgs(str(path), batch_rows=10))
    next(work)
    next(work)
    os.utime(path, (3, 3))
    with pytest.raises(InputError, match="changed while"):
        list(work)
    assert imports.all(store)[0].state == "running"


def test_removed_records_come_back_when_they_occur_again(store: Store, write: Write) -> None:
    first = run(store, write([qa("a"), qa("b")], "first.jsonl"))
    care.remove_import(store, first.import_id, "test")
    report = run(store, write([qa("b"), qa("c")], "second.jsonl"))
    assert (report.imported, report.duplicates) == (2, 0)
    assert store.db.execute(
        "select s.name, r.live from records r join sources s on s.id = r.source_id order by r.id"
    ).fetchall() == [("first", 0), ("second", 1), ("second", 1)]
    check(store)


def test_a_removed_file_can_be_imported_again(store: Store, write: Write) -> None:
    path = write([qa("a")])
    first = run(store, path)
    care.remove_import(store, first.import_id, "test")
    assert run(store, path).state == "imported"
    assert one(store, "select live from records") == 1
    check(store)


def test_a_corrected_file_replaces_the_old_one(store: Store, write: Write) -> None:
    old = run(store, write([qa("a"), qa("mistake")]))
    new = run(store, write([qa("a"), qa("corrected")], "v2.jsonl"), replaces=old.import_id)
    assert imports.get(store, new.import_id).replaces == old.import_id
    assert one(store, "select count(*) from records where live > 0") == 2
    assert imports.get(store, old.import_id).removed_by is not None
    journal.undo(store, "test")
    assert imports.get(store, old.import_id).removed_by is None
    check(store)


def test_an_edited_record_is_still_recognised(store: Store, write: Write) -> None:
    from deita_store import edits

    run(store, write([qa("a")]))
    for text in ("first edit", "second edit"):
        changed = json.dumps({"messages": [{"role": "user", "content": text}]})
        edits.edit(store, 1, changed, 0, len(text), "test")
    report = run(store, write([qa("a"), qa("b")], "again.jsonl"))
    assert (report.imported, report.duplicates) == (1, 1)
    check(store)


@pytest.mark.parametrize("where", ["stored", "same batch"])
def test_two_records_of_one_uid_are_never_mixed_up(
    store: Store, write: Write, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    # Two texts of one 64-bit hash are not to be had: the hash is narrowed instead.
    monkeypatch.setattr("deita_tui.records.uid", lambda body: "0123456789abcdef")
    batch_rows = 1 if where == "stored" else 10
    with pytest.raises(StoreError, match="same uid"):
        run(store, write([qa("a"), qa("b")]), batch_rows=batch_rows)
    assert one(store, "select count(*) from records") == (1 if where == "stored" else 0)
    check(store)


def test_purged_versions_leave_no_hole_in_what_is_derived(store: Store, write: Write) -> None:
    from deita_tui.steps import deriving

    run(store, write([qa("a"), qa("b")]))
    list(deriving.run(store))
    care.purge(store, [2], "test")
    run(store, write([qa("c")], "more.jsonl"))
    list(deriving.run(store))
    assert one(store, "select count(*) from turns") == 2


def test_a_full_disk_is_a_sentence_and_nothing_is_lost(store: Store, write: Write) -> None:
    path = write([qa(f"{number} {'x' * 400}") for number in range(3000)])
    pages = one(store, "pragma page_count")
    store.db.execute(f"pragma max_page_count = {pages + 60}")  # type: ignore[operator]
    with pytest.raises(NoSpaceError, match="full"):
        run(store, path, batch_rows=200)
    came = imports.all(store)[0]
    assert 0 < came.rows_done < 3000
    check(store)
    store.db.execute("pragma max_page_count = 1000000")
    report = run(store, path)
    assert (report.state, report.imported) == ("continued", 3000)
    check(store)


def test_a_big_file_is_read_beside_and_ends_the_same(store: Store, write: Write) -> None:
    rows: list[dict[str, object] | str] = [
        "{" if number % 100 == 7 else qa(f"{number // 2} {'é' * 500}", id=str(number))
        for number in range(12_000)
    ]
    report, seen = steps(store, write(rows), batch_rows=1000)
    assert sum(report.refused.values()) == 120
    assert report.imported + report.duplicates == 11_880
    assert [progress.done for progress in seen][-1] == 12_000
    assert all(progress.total is None or progress.done <= progress.total for progress in seen)
    assert any(progress.total and 9_000 < progress.total < 15_000 for progress in seen[1:4])
    assert store.db.execute(
        "select group_concat(external_id, ' ') from (select external_id from occurrences "
        "order by import_id, row limit 3)"
    ).fetchone() == ("0 1 2",)
    check(store)


def test_errors_of_the_reader_process_arrive(
    store: Store, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write([qa(f"{number} {'x' * 500}") for number in range(9000)])
    work = importing.run(store, ImportArgs(str(path), strict=True))
    next(work)
    work.close()
    path.write_text(path.read_text().replace('"instruction"', "instruction", 1))
    with pytest.raises(InputError, match="line 1"):
        run(store, path, strict=True)


texts = st.sampled_from(["a", "b", "c", "d", "e"]).map(lambda text: qa(text))
bad = st.sampled_from(["{", "[]", '{"instruction": 1}', "null"])


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.one_of(texts, texts, bad), max_size=25),
    stops=st.lists(st.integers(0, 6), max_size=4),
    batch_rows=st.integers(1, 7),
)
def test_stopping_anywhere_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, object] | str],
    stops: list[int],
    batch_rows: int,
) -> None:
    folder = tmp_path_factory.mktemp("stopped")
    path = folder / "pool.jsonl"
    lines = [qa("first"), *rows]
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in lines)
    )
    with Store.create(folder / "stopped") as stopped, Store.create(folder / "whole") as whole:
        for stop in stops:
            work = importing.run(stopped, ImportArgs(str(path), batch_rows=batch_rows))
            for _ in range(stop):
                next(work, None)
            work.close()
        run(stopped, path, batch_rows=batch_rows)
        run(whole, path)
        for table in (
            "select row, part, r.uid, external_id from occurrences "
            "join records r on r.id = record_id order by row, part",
            "select uid, live, turns, chars from records order by id",
            "select row, place, reason from refusals order by row",
            "select imported, duplicates, refused, rows_done, state, sha256 from imports",
        ):
            assert stopped.db.execute(table).fetchall() == whole.db.execute(table).fetchall()
        check(stopped)
