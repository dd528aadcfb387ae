"""``deita-tui run``: files in, the best of them out, and nothing done twice."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from deita_store.store import Store
from deita_tui import demo
from deita_tui.project import Project
from tests.support import Run

FAKE = ("--backend", "fake", "--complexity-model", "one", "--quality-model", "two")


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """A small real file."""
    file = tmp_path / "pool.jsonl"
    with gzip.open(demo.RECORDS, "rt", encoding="utf-8") as lines:
        file.write_text("".join(line for line, _ in zip(lines, range(300), strict=False)))
    return file


def rows(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "train.jsonl").read_text().splitlines()]


def jobs(out: Path) -> list[tuple[str, str]]:
    with Store.read(out / "project") as store:
        return store.db.execute("select kind, state from jobs order by id").fetchall()


def test_it_ends_in_an_export_and_says_what_each_stage_uses(
    deita_tui: Run, pool: Path, tmp_path: Path
) -> None:
    done = deita_tui("run", pool, "--budget", "40", "-o", "out", *FAKE)
    told = [line for line in done.stderr.splitlines() if not line.startswith("  ")]
    assert told[1:6] == [
        "1/5 import: pool.jsonl",
        "2/5 score: one and two",
        "3/5 embed: lite, the embedder that ships with deita-tui",
        "4/5 select: 40 records by c*q, sum of turns, none more similar than 0.9",
        "5/5 export: messages, into out",
    ]
    assert "300 records, 0 duplicates, 0 refused" in done.stderr
    assert "40 kept" in done.stderr
    assert len(rows(tmp_path / "out")) == 40
    assert all(row["messages"][0]["role"] == "user" for row in rows(tmp_path / "out"))
    assert deita_tui("verify", "out").returncode == 0


def test_another_budget_redoes_only_selection_and_export(
    deita_tui: Run, pool: Path, tmp_path: Path
) -> None:
    command = ("run", pool, "-o", "out", *FAKE, "--budget")
    deita_tui(*command, "40")
    first = rows(tmp_path / "out")
    done = deita_tui(*command, "60")
    assert done.stderr.count("nothing to do") == 3
    assert rows(tmp_path / "out")[:40] == first
    assert len(rows(tmp_path / "out")) == 60
    kinds = [kind for kind, _ in jobs(tmp_path / "out")]
    assert (kinds.count("score"), kinds.count("embed")) == (1, 1)


def test_another_scorer_scores_and_keeps_what_was_scored(
    deita_tui: Run, pool: Path, tmp_path: Path
) -> None:
    command = ("run", pool, "--budget", "40", "-o", "out")
    deita_tui(*command, *FAKE)
    deita_tui(*command, *FAKE[:3], "three", *FAKE[4:])
    kinds = [kind for kind, _ in jobs(tmp_path / "out")]
    assert (kinds.count("score"), kinds.count("embed")) == (2, 1)
    scored = json.loads(deita_tui("status", "out/project", "--json").stdout)["scored"]
    assert {each["scorer"] for each in scored} == {"one+two", "three+two"}
    # And back: no model is asked.
    done = deita_tui(*command, *FAKE)
    assert "0 texts" in done.stderr
    assert len(rows(tmp_path / "out")) == 40


def test_the_models_that_were_named_are_those_that_count(
    deita_tui: Run, pool: Path, tmp_path: Path
) -> None:
    """Models may share a name, or a part of it, with those of an earlier run."""
    command = ("run", pool, "--budget", "40", "-o", "out")
    for quality in ("two", "three", "two"):
        deita_tui(*command, *FAKE[:5], quality)
        manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
        models = {each["measures"]: each["model"] for each in manifest["scorers"]}
        assert models == {"complexity": "one", "quality": quality}
    for model in ("x/final", "y/final", "x/final"):
        Project.run(pool, tmp_path / "other", 40, embedding={"embedder": model, "backend": "fake"})
        manifest = json.loads((tmp_path / "other" / "manifest.json").read_text())
        assert manifest["embedder"]["config"]["embedder"]["weights"] == model
        assert manifest["selection"]["params"]["complexity"] == "lite"


def test_json_says_it_all(deita_tui: Run, pool: Path, tmp_path: Path) -> None:
    done = deita_tui("run", pool, "--budget", "40", "-o", "out", *FAKE, "--json")
    report = json.loads(done.stdout)
    assert report["project"] == str(tmp_path / "out" / "project")
    assert report["imports"][0]["imported"] == 300
    assert report["selection"]["kept"] == report["export"]["records"]["train"] == 40
    assert [stage["measures"] for stage in report["scoring"]["stages"]] == ["complexity", "quality"]


def test_a_file_that_changed_takes_the_place_of_what_it_was(
    deita_tui: Run, pool: Path, tmp_path: Path
) -> None:
    command = ("run", pool, "--budget", "0", "-o", "out", "--threshold", "1", *FAKE)
    deita_tui(*command)
    lines = pool.read_text().splitlines(keepends=True)
    pool.write_text("".join(lines[100:]))
    done = deita_tui(*command)
    assert "not needed at this threshold" in done.stderr
    with Store.read(tmp_path / "out" / "project") as store:
        (live,) = store.db.execute("select count(*) from records where live > 0").fetchone()
    assert live == 200
    kept = {json.dumps(row["messages"]) for row in rows(tmp_path / "out")}
    assert len(kept) == 200


def test_several_files_and_a_target(deita_tui: Run, pool: Path, tmp_path: Path) -> None:
    lines = pool.read_text().splitlines(keepends=True)
    parts = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for part, some in zip(parts, (lines[:150], lines[150:]), strict=True):
        part.write_text("".join(some))
    deita_tui("run", *parts, "--budget", "30", "-o", "out", "--target", "sharegpt", *FAKE)
    assert "conversations" in rows(tmp_path / "out")[0]
    done = deita_tui("run", parts[0], "--budget", "30", "-o", "out", *FAKE, expect=2)
    assert "holds b.jsonl too, which was not named" in done.stderr


def test_what_makes_no_sense_is_refused_before_anything_is_done(
    deita_tui: Run, pool: Path, tmp_path: Path
) -> None:
    wrong = [
        (pool, "--target", "nothing"),
        (pool, "--formula", "c*"),
        (pool, "--share", "alpaca"),
        (pool, "--scorer", "nobody"),
        (pool, "--backend", "llama", "--complexity-model", "./gone.gguf"),
        (tmp_path / "gone.jsonl",),
    ]
    for arguments in wrong:
        done = deita_tui("run", *arguments, "--budget", "5", "-o", "out", expect=2)
        assert "deita-tui: error: " in done.stderr
    assert jobs(tmp_path / "out") == []
    deita_tui("run", "gone.jsonl", "--budget", "5", "-o", "new", expect=2)
    assert not (tmp_path / "new").exists()


def test_a_folder_with_other_things_in_it_is_left_alone(
    deita_tui: Run, pool: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("mine")
    done = deita_tui("run", pool, "--budget", "5", "-o", "out", *FAKE, expect=2)
    assert "not empty" in done.stderr
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["thesis.tex"]


def test_only_files_of_the_earlier_export_are_replaced(
    deita_tui: Run, pool: Path, tmp_path: Path
) -> None:
    command = ("run", pool, "--budget", "20", "-o", "out", *FAKE)
    deita_tui(*command)
    (tmp_path / "out" / "notes.txt").write_text("mine")
    deita_tui(*command, "--target", "parquet")
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"
    assert not (tmp_path / "out" / "train.jsonl").exists()
    assert list((tmp_path / "out").glob("*.parquet"))


def test_rows_that_cannot_be_read_are_told_and_strict_stops(
    deita_tui: Run, pool: Path, tmp_path: Path
) -> None:
    with pool.open("a") as file:
        file.write("no json\n")
    done = deita_tui("run", pool, "--budget", "20", "-o", "out", *FAKE)
    assert "300 records, 0 duplicates, 1 refused" in done.stderr
    assert "deita-tui refused" in done.stderr
    done = deita_tui("run", pool, "--budget", "20", "-o", "other", *FAKE, "--strict", expect=1)
    assert "pool.jsonl, line 301" in done.stderr


def test_standard_input_is_read(deita_tui: Run, pool: Path, tmp_path: Path) -> None:
    arguments = ("run", "-", "--budget", "20", "-o", "out", *FAKE)
    deita_tui(*arguments, stdin=pool.read_text())
    assert len(rows(tmp_path / "out")) == 20
    deita_tui(*arguments, stdin=pool.read_text())
    assert len(rows(tmp_path / "out")) == 20


def test_python_does_the_same(tmp_path: Path, pool: Path) -> None:
    stages: list[str] = []
    report = Project.run(pool, tmp_path / "out", 40, progress=lambda stage, _: stages.append(stage))
    assert list(dict.fromkeys(stages)) == ["import", "score", "embed", "select", "export"]
    assert report.selection.kept == 40
    assert len(rows(tmp_path / "out")) == 40
    again = Project.run([pool], tmp_path / "out", 50, target="sharegpt")
    assert (again.scoring, again.embedding) == (None, None)
    assert len(rows(tmp_path / "out")) == 50


def test_without_a_model_lite_is_used_and_called_a_draft(deita_tui: Run, pool: Path) -> None:
    done = deita_tui("run", pool, "--budget", "40", "-o", "out")
    assert "2/5 score: lite, the draft scorers that ship with deita-tui" in done.stderr
    assert done.stderr.count("Its scores are not DEITA's.") == 1
