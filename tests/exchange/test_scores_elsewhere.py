"""Scores and vectors that one project computed and another one takes."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deita_store import scores, vectors
from deita_tui.errors import InputError, UsageError
from deita_tui.project import Project

ROWS: list[dict[str, Any]] = [
    {"messages": [{"role": "user", "content": f"Explain how a {thing} works, in {n} steps."},
                  {"role": "assistant", "content": f"A {thing} has {n} parts. " * n}]}
    for n, thing in enumerate(("bridge", "clock", "pump", "kite", "lathe", "printing press"), 2)
] + [
    {"messages": [{"role": "user", "content": "Name a colour."},
                  {"role": "assistant", "content": "Blue."},
                  {"role": "user", "content": "Another one, please."},
                  {"role": "assistant", "content": "Green, the colour of grass."}]},
    {"messages": [{"role": "user", "content": "\u200b"},
                  {"role": "assistant", "content": "\u200b"}]},
]  # fmt: skip


def make(folder: Path, rows: list[dict[str, Any]]) -> Project:
    file = folder.with_suffix(".jsonl")
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    project = Project.create(folder)
    project.import_(file)
    project.catch_up()
    return project


@pytest.fixture
def scored(tmp_path: Path) -> Iterator[Project]:
    with make(tmp_path / "scored", ROWS) as project:
        project.score(scorer="lite")
        project.embed(embedder="lite")
        yield project


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Project]:
    # The same records in another order, so that ids differ, and one more.
    more = {
        "messages": [{"role": "user", "content": "New?"}, {"role": "assistant", "content": "Y"}]
    }
    with make(tmp_path / "bare", [more, *reversed(ROWS)]) as project:
        yield project


def by_uid(project: Project) -> dict[str, tuple[object, object]]:
    return {row.uid: (row.complexity, row.quality) for row in project.list()}


@pytest.mark.parametrize("name", ["s.jsonl", "s.jsonl.gz", "s.parquet"])
def test_scores_come_to_the_same_records_with_their_reasons(
    name: str, scored: Project, bare: Project, tmp_path: Path
) -> None:
    written = scored.export_scores(tmp_path / name)
    taken = bare.import_scores(tmp_path / name)
    assert (taken.rows, taken.added, taken.refused) == (written.rows, written.rows, {})
    assert taken.records == len(ROWS)
    mine, its = by_uid(bare), by_uid(scored)
    assert {uid: mine[uid] for uid in its} == its
    assert bare.scorers()[0].identity == scored.scorers()[0].identity
    assert [bare.score_failures(each.id) for each in bare.scorers()] == [
        scored.score_failures(each.id) for each in scored.scorers()
    ]
    # What is left is what a run here scores, and nothing of what came is scored again.
    report = bare.score(scorer="lite")
    assert [stage.scored + stage.failed for stage in report.stages] == [1, 1]


@pytest.mark.parametrize("name", ["v.jsonl", "v.parquet"])
def test_vectors_come_to_the_same_records_bit_by_bit(
    name: str, scored: Project, bare: Project, tmp_path: Path
) -> None:
    written = scored.export_vectors(tmp_path / name)
    taken = bare.import_vectors([tmp_path / name])
    assert (taken.rows, taken.added, taken.refused) == (written.rows, written.rows, {})

    def stored(project: Project) -> dict[bytes, tuple[bytes | None, str | None]]:
        rows = project.store.db.execute("select text, vector, reason from vectors").fetchall()
        return {text: (vector, reason) for text, vector, reason in rows}

    assert stored(bare) == stored(scored)
    assert vectors.identity(bare.store, 1) == vectors.identity(scored.store, 1)
    report = bare.embed(embedder="lite")
    assert report.embedded + report.empty == 1


def test_what_is_there_stays_and_files_add_up(
    scored: Project, bare: Project, tmp_path: Path
) -> None:
    scored.export_scores(tmp_path / "a.jsonl", where="turns>=2")
    scored.export_scores(tmp_path / "b.parquet", where="turns=1")
    first = bare.import_scores(tmp_path / "a.jsonl")
    again = bare.import_scores([tmp_path / "a.jsonl", tmp_path / "b.parquet"])
    assert first.added > 0
    assert again.known == first.added
    assert by_uid(scored).items() <= by_uid(bare).items()
    assert len(bare.scorers()) == len(scored.scorers())


def test_a_text_that_differs_gets_no_score(scored: Project, bare: Project, tmp_path: Path) -> None:
    scored.export_scores(tmp_path / "s.jsonl", where="turns>=2")
    uid = next(iter(scored.list("turns>=2"))).uid
    record = bare.record(uid)
    assert record.messages[1].content == "Blue."
    bare.edit(uid, 1, "Red.")
    bare.catch_up()
    taken = bare.import_scores(tmp_path / "s.jsonl")
    # The answer was changed: quality reads it, complexity does not.
    assert taken.refused == {"another text was scored: the record was edited, here or there": 1}
    assert uid in taken.examples[0].message
    assert taken.added == 3


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def rewrite(path: Path, rows: list[Any]) -> Path:
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_header_that_was_changed_is_not_believed(
    scored: Project, bare: Project, tmp_path: Path
) -> None:
    scored.export_scores(tmp_path / "s.jsonl")
    head, *rows = lines(tmp_path / "s.jsonl")
    head["deita-tui"]["makers"][0]["config"]["judge"] = "another"
    changed = rewrite(tmp_path / "changed.jsonl", [head, *rows])
    with pytest.raises(InputError, match="is something else"):
        bare.import_scores(changed)
    assert not bare.scorers()


def test_rows_that_make_no_sense_are_told_one_by_one(
    scored: Project, bare: Project, tmp_path: Path
) -> None:
    scored.export_scores(tmp_path / "s.jsonl", scorer="lite")
    head, *rows = lines(tmp_path / "s.jsonl")
    bad: list[Any] = [
        {**rows[0], "uid": "0" * 16},
        {**rows[0], "turn": 9},
        {**rows[0], "by": 7},
        {key: value for key, value in rows[0].items() if key not in ("value", "reason")},
        {**rows[0], "value": "high"},
        "not json",
    ]
    taken = bare.import_scores(rewrite(tmp_path / "bad.jsonl", [head, *bad, rows[1]]))
    assert taken.added == 1
    assert sum(taken.refused.values()) == len(bad)
    assert taken.refused["there is no such record here"] == 1
    assert {each.place for each in taken.examples} >= {"line 6", "line 7"}


def test_a_file_that_ends_in_the_middle_keeps_what_came(
    scored: Project, bare: Project, tmp_path: Path
) -> None:
    scored.export_scores(tmp_path / "s.jsonl.gz")
    whole = (tmp_path / "s.jsonl.gz").read_bytes()
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[:-30])
    with pytest.raises(InputError, match="ends in the middle"):
        bare.import_scores(tmp_path / "cut.jsonl.gz")
    # The same call with the whole file goes on.
    assert bare.import_scores(tmp_path / "s.jsonl.gz").refused == {}
    assert by_uid(scored).items() <= by_uid(bare).items()


def test_scores_of_others_need_a_name_and_become_a_scorer(bare: Project, tmp_path: Path) -> None:
    rows = [{"uid": row.uid, "turn": 0, "value": 3.5} for row in bare.list("turns=1")]
    file = rewrite(tmp_path / "judge.jsonl", rows)
    with pytest.raises(UsageError, match="does not say whose scores"):
        bare.import_scores(file)
    taken = bare.import_scores(file, name="judge", measures="quality")
    assert taken.added == len(rows)
    (state,) = bare.scorers()
    assert (state.name, state.measures, state.config["method"]) == ("judge", "quality", "file/1")


def test_vectors_of_others_are_brought_to_length_one(bare: Project, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    uids = [row.uid for row in bare.list()]
    table = pa.table({"uid": uids, "vector": [[3.0, 4.0, 0.0]] * (len(uids) - 1) + [[0.0] * 3]})
    pq.write_table(table, tmp_path / "mine.parquet")
    taken = bare.import_vectors(tmp_path / "mine.parquet", name="mine")
    assert taken.added == len(uids) - 1
    assert taken.refused == {"its vector is zero, or holds what is no number": 1}
    (embedder,) = vectors.embedders(bare.store)
    assert (embedder.name, embedder.dimensions) == ("mine", 3)
    assert bare.similar(next(iter(bare.list())).id, 1)[0].similarity == 1


def test_a_selection_from_taken_numbers_is_that_of_the_other_machine(
    scored: Project, tmp_path: Path
) -> None:
    scored.export_scores(tmp_path / "s.parquet")
    scored.export_vectors(tmp_path / "v.parquet")
    with make(tmp_path / "twin", ROWS) as twin:
        twin.import_scores(tmp_path / "s.parquet")
        twin.import_vectors(tmp_path / "v.parquet")
        kept = []
        for project in (scored, twin):
            project.select(budget=4, save="main")
            kept.append([row.uid for row in project.list("is:kept", sort="rank")])
    assert kept[0] == kept[1]
    assert len(kept[0]) == 4


def test_nothing_is_overwritten_and_nothing_half_written_stays(
    scored: Project, tmp_path: Path
) -> None:
    (tmp_path / "s.jsonl").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        scored.export_scores(tmp_path / "s.jsonl")
    assert (tmp_path / "s.jsonl").read_text() == "mine"
    with pytest.raises(UsageError, match="no ending"):
        scored.export_scores(tmp_path / "s.txt")
    with pytest.raises(UsageError, match="no scorer"):
        scored.export_scores(tmp_path / "t.jsonl", scorer="nobody")
    assert {file.name for file in tmp_path.glob("*.part")} == set()


def test_the_same_scores_are_the_same_bytes(scored: Project, tmp_path: Path) -> None:
    scored.export_scores(tmp_path / "a.jsonl.gz")
    scored.export_scores(tmp_path / "b.jsonl.gz")
    contents = [gzip.decompress((tmp_path / f"{name}.jsonl.gz").read_bytes()) for name in "ab"]
    assert contents[0] == contents[1]
    identities = [scores.identity(scored.store, each.id) for each in scored.scorers()]
    head = json.loads(contents[0].splitlines()[0])
    assert [maker["identity"] for maker in head["deita-tui"]["makers"]] == identities
