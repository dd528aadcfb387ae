"""`score --scorer ifd`: methods over a project, paused, broken and asked again."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deita_store import scores
from deita_tui.errors import JobError, UsageError
from deita_tui.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    rows = [
        {"instruction": f"Explain part {n} of the machine.", "output": f"It turns {n} wheels. " * 3}
        for n in range(30)
    ] + [{"instruction": "Say yes.", "output": "Yes"}]
    file = tmp_path / "pool.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Project.create(tmp_path / "p") as made:
        made.import_(file)
        made.catch_up()
        yield made


def fake(project: Project, scorer: str, **settings: Any) -> Any:
    return project.score(scorer=scorer, model="fake", backend="fake", settings=settings)


def test_several_methods_share_a_model_and_each_becomes_a_scorer(project: Project) -> None:
    report = fake(project, "ifd,ifd_loss,perplexity,response_chars,random")
    assert [stage.measures for stage in report.stages] == [
        "ifd", "ifd_loss", "perplexity", "response_chars", "random",
    ]  # fmt: skip
    by_name = {state.name: state for state in project.scorers()}
    assert by_name["ifd"].failed == 1
    assert project.score_failures(by_name["ifd"].id) == {"the response has fewer than 4 tokens": 1}
    assert by_name["perplexity"].failed == 0
    assert by_name["ifd"].config["judge"] == by_name["perplexity"].config["judge"]
    # The same again has nothing to do.
    again = fake(project, "ifd,random")
    assert [stage.scored + stage.failed for stage in again.stages] == [0, 0]


def test_a_method_takes_the_place_of_c_or_q(project: Project) -> None:
    fake(project, "ifd,response_chars")
    report = project.select(budget=5, threshold=1.0, formula="ifd*response_chars^0.5")
    assert report.kept == 5
    kept = [row.score for row in project.list("is:kept", sort="rank")]
    assert kept == sorted(kept, key=lambda score: -(score or 0))
    assert report.outcomes["unscored"] == 1


def test_a_number_does_not_depend_on_the_run(project: Project, tmp_path: Path) -> None:
    fake(project, "ifd", limit=4096)
    project.score(scorer="perplexity", model="fake", backend="fake", limit=7)
    project.score(scorer="perplexity", model="fake", backend="fake")
    with Project.create(tmp_path / "other") as other:
        other.import_(tmp_path / "pool.jsonl")
        other.catch_up()
        fake(other, "perplexity")
        (mine,) = scores.scorers(project.store, "perplexity")
        (its,) = scores.scorers(other.store, "perplexity")
        assert values(project, mine.id) == values(other, its.id)
    assert len(values(project, mine.id)) == 31


def values(project: Project, scorer: int) -> dict[bytes, float]:
    rows = project.store.db.execute("select text, value from scores where scorer_id = ?", (scorer,))
    return dict(rows.fetchall())


def test_a_model_that_gives_nan_is_stopped_by_its_pilot(project: Project) -> None:
    with pytest.raises(JobError, match="ifd gives no useful numbers"):
        fake(project, "ifd", nan_share=1.0)
    (state,) = project.scorers()
    assert state.failed == state.records


def test_a_model_that_says_the_same_of_everything_is_stopped(project: Project) -> None:
    with pytest.raises(JobError, match="does not tell one text from another"):
        fake(project, "perplexity", constant=True)


def test_a_text_that_upsets_the_model_is_one_failed_text(project: Project) -> None:
    report = fake(project, "ifd", raise_if="part 7 ")
    assert report.stages[0].failed == 2
    (state,) = project.scorers()
    assert any("RuntimeError" in why for why in project.score_failures(state.id))
    again = project.score(scorer="ifd", model="fake", backend="fake", retry=True)
    assert again.stages[0].failed in (1, 2)


def test_what_makes_no_sense_is_refused_before_a_job_is_queued(project: Project) -> None:
    for options, sentence in (
        ({"scorer": "ifd"}, "asks a language model"),
        ({"scorer": "random", "model": "x"}, "asks no model"),
        ({"scorer": "ifd,nothing", "model": "x"}, "no method 'nothing'"),
        ({"scorer": "ifd", "complexity": "x"}, "names a judge"),
        ({"model": "x"}, "no method is named"),
    ):
        with pytest.raises(UsageError, match=sentence):
            project.queue_score(**options, backend="fake")  # type: ignore[arg-type]
    assert project.jobs() == [] or all(job.kind != "score" for job in project.jobs())


def test_a_plan_counts_and_loads_nothing(project: Project) -> None:
    plan = project.plan_score(scorer="ifd,random", model="fake", backend="fake")
    assert [(stage.measures, stage.texts) for stage in plan.stages] == [("ifd", 31), ("random", 31)]
    assert plan.stages[1].model_bytes == 0
