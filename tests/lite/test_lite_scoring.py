"""``deita-tui score --scorer lite``, as a user runs it and as code calls it."""

import json
from pathlib import Path

import pytest

from deita_tui.errors import UsageError
from deita_tui.project import Project
from tests.support import Run

ROWS = 40


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """A project of 40 records, one of them with an answer that nobody can read."""
    folder = tmp_path / "pool"
    rows = [
        {
            "prompt": f"Explain what {number} is good for." + " Give reasons." * (number % 5),
            "completion": "It is useful, because it counts things. " * (number % 7 + 1),
            "source": "b" if number % 4 == 0 else "a",
        }
        for number in range(ROWS - 1)
    ]
    rows.append({"prompt": "And now?", "completion": "\U0001f9ff", "source": "c"})
    (tmp_path / "pool.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with Project.create(folder) as project:
        project.import_(tmp_path / "pool.jsonl")
        project.catch_up()
    return folder


def rows(deita_tui: Run, pool: Path) -> list[dict[str, list[float | None]]]:
    return [json.loads(line) for line in deita_tui("list", pool, "--jsonl").stdout.splitlines()]


def test_a_run_scores_both_and_calls_itself_a_draft(deita_tui: Run, pool: Path) -> None:
    done = deita_tui("score", pool, "--scorer", "lite")
    assert "complexity: 40 records; 40 texts scored, 0 failed" in done.stderr
    assert "quality: 40 records; 39 texts scored, 1 failed" in done.stderr
    assert "lite (draft)" in done.stderr
    assert "Its scores are not DEITA's." in done.stderr
    found = rows(deita_tui, pool)
    assert len(found) == ROWS
    for row in found:
        (complexity,), (quality,) = row["complexity"], row["quality"]
        assert complexity is not None
        assert 1 <= complexity <= 6
        assert quality is None or 1 <= quality <= 6
    told = deita_tui("status", pool).stdout
    assert "complexity by lite (draft)" in told
    assert "1 with a turn that failed" in told
    shown = deita_tui("show", pool, str(ROWS)).stdout
    assert "quality none: no token of it is known by lite (draft)" in shown
    again = deita_tui("score", pool, "--scorer", "lite")
    assert "complexity: 40 records, all scored before, nothing to do" in again.stderr


def test_a_run_that_was_stopped_goes_on_and_comes_to_the_same(pool: Path) -> None:
    from deita_store import jobs
    from deita_tui.jobs import kinds

    with Project.open(pool) as project:
        number = project.queue_score(scorer="lite")
        job = next(job for job in jobs.all(project.store) if job.id == number)
        work = kinds.steps(project.store, job)
        while next(work).done < ROWS:
            pass
        work.close()
        assert [each.records for each in project.scorers()] == [ROWS]
        report = project.score(scorer="lite")
    complexity, quality = report.stages
    assert (complexity.scored, complexity.ready) == (0, ROWS)
    assert (quality.scored, quality.failed) == (ROWS - 1, 1)


def test_part_of_a_project_can_be_scored(pool: Path) -> None:
    with Project.open(pool) as project:
        some = project.score(scorer="lite", where="source:b")
        assert [stage.records for stage in some.stages] == [10, 10]
        sample = project.score(scorer="lite", limit=6)
        assert [stage.records for stage in sample.stages] == [6, 6]
        assert all(0 < state.unscored < ROWS for state in project.scorers())


def test_it_decides_what_an_expensive_scorer_sees(deita_tui: Run, pool: Path) -> None:
    deita_tui("score", pool, "--scorer", "lite")
    fake = ("--backend", "fake", "--complexity-model", "c")
    done = deita_tui("score", pool, *fake, "--top", "5", "--by", "lite")
    assert "complexity: 5 records; 5 texts scored" in done.stderr


def test_a_plan_tells_what_it_takes_and_writes_nothing(deita_tui: Run, pool: Path) -> None:
    plan = json.loads(deita_tui("score", pool, "--scorer", "lite", "--plan", "--json").stdout)
    assert [stage["texts"] for stage in plan["stages"]] == [ROWS, ROWS]
    assert plan["memory_bytes"] < 1e9
    assert plan["seconds"] < 10
    assert "scored      nothing yet" in deita_tui("status", pool).stdout


def test_what_is_of_no_use_is_refused(deita_tui: Run, pool: Path) -> None:
    told = deita_tui("score", pool, "--scorer", "lite", "--device", "cpu", expect=2).stderr
    assert "The lite scorers have no use for --device" in told
    with Project.open(pool) as project, pytest.raises(UsageError, match="--complexity-model"):
        project.queue_score(scorer="lite", complexity="org/name")


def test_a_failed_text_can_be_asked_again(pool: Path) -> None:
    with Project.open(pool) as project:
        project.score(scorer="lite")
        again = project.score(scorer="lite", retry=True)
        assert [stage.failed for stage in again.stages] == [0, 1]
        assert len(project.scorers()) == 2


def test_a_set_of_that_name_in_the_configuration_goes_before_it(pool: Path) -> None:
    (pool / "config.toml").write_text(
        '[scorer.lite]\ncomplexity = "c"\nbackend = "fake"\n', encoding="utf-8"
    )
    with Project.open(pool) as project:
        (stage,) = project.score(scorer="lite").stages
        assert stage.model == "c"
