"""A paused run that a wider one has overtaken, and why records are unscored after several runs."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from deita_store import jobs
from deita_store.store import Store
from deita_tui.jobs import run_in_process
from deita_tui.project import Project
from deita_tui.steps.reach import Reach, reason, widened
from deita_tui.steps.scoring import JudgeSpec, ScoreArgs
from tests.scoring.small_project import project

CONVERSATIONS = [[(f"question {number}", f"answer {number}")] for number in range(60)]
C, Q = JudgeSpec("c", "fake"), JudgeSpec("q", "fake")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    project(tmp_path / "project", CONVERSATIONS).close()
    return tmp_path / "project"


def queue(folder: Path, args: ScoreArgs, paused: bool = False) -> int:
    with Store.open(folder) as store:
        job = jobs.enqueue(store, "score", msgspec.to_builtins(args))
        if paused:
            jobs.want(store, job, "pause")
    return job


NARROW = {
    "a smaller sample": ScoreArgs(complexity=C, limit=10),
    "one of both models": ScoreArgs(complexity=C),
    "a filter": ScoreArgs(complexity=C, where="turns>=1"),
    "the same by another name": ScoreArgs(complexity=C, quality=Q, name="other", force=True),
}


@pytest.mark.parametrize("name", NARROW)
def test_a_paused_run_is_closed_by_one_that_did_its_work(folder: Path, name: str) -> None:
    paused = queue(folder, NARROW[name], paused=True)
    wide = queue(folder, ScoreArgs(complexity=C, quality=Q))
    assert run_in_process(folder, wide, follow=False).state == "done"
    with Store.read(folder) as store:
        closed = jobs.get(store, paused)
    assert closed.state == "cancelled"
    assert closed.error == f"Job {wide} has done all that was left of it."


OTHER = {
    "another model": ScoreArgs(complexity=JudgeSpec("d", "fake")),
    "a larger sample": ScoreArgs(complexity=C, limit=50),
    "all of them": ScoreArgs(complexity=C),
    "failures again": ScoreArgs(complexity=C, limit=10, retry=True),
    "another limit": ScoreArgs(complexity=C, limit=10, max_tokens=300),
    "a filter": ScoreArgs(complexity=C, where="turns>=1", limit=10),
}


@pytest.mark.parametrize("name", OTHER)
def test_one_that_has_more_to_do_stays_and_can_be_resumed(folder: Path, name: str) -> None:
    paused = queue(folder, OTHER[name], paused=True)
    assert run_in_process(folder, queue(folder, ScoreArgs(complexity=C, limit=20))).state == "done"
    with Store.open(folder) as store:
        assert jobs.get(store, paused).state == "paused"
        jobs.want(store, paused, "run")
    assert run_in_process(folder, paused, follow=False).state == "done"


def test_other_work_is_closed_by_the_same_work_only(folder: Path) -> None:
    with Store.open(folder) as store:
        paused = jobs.enqueue(store, "derive", {})
        jobs.want(store, paused, "pause")
        again = jobs.enqueue(store, "derive", {})
        score = queue(folder, ScoreArgs(complexity=C))
    run_in_process(folder, score, follow=False)
    with Store.read(folder) as store:
        assert jobs.get(store, paused).state == "paused"
    run_in_process(folder, again, follow=False)
    with Store.read(folder) as store:
        assert jobs.get(store, paused).state == "cancelled"


# Why unscored -----------------------------------------------------------------------------------


@pytest.fixture
def scored(folder: Path) -> Iterator[Project]:
    with Project.open(folder) as opened:
        yield opened


def told(scored: Project, **options: object) -> str:
    """Score with it, and say why the others are unscored."""
    scored.score(complexity="c", backend="fake", **options)  # type: ignore[arg-type]
    (scorer,) = scored.scorers()
    return scorer.reason


def test_a_smaller_sample_after_a_larger_one_explains_nothing_new(scored: Project) -> None:
    assert told(scored, limit=20) == "outside the sample of 20"
    assert told(scored, limit=5) == "outside the sample of 20"
    assert told(scored, limit=30) == "outside the sample of 30"
    assert told(scored, where="text:7") == "outside --where text:7 and outside the sample of 30"
    assert told(scored, where="text:7", limit=2).startswith("outside --where text:7 and")


def test_after_a_run_of_all_what_is_new_is_not_scored_yet(scored: Project) -> None:
    from tests.scoring.small_project import fill

    assert told(scored) == ""
    fill(scored.store, [[("a later question", "and its answer")]] * 3)
    assert told(scored, limit=1) == "not scored yet"


def test_a_run_that_was_cut_short_is_told() -> None:
    known = widened(widened(None, Reach(limit=200, records=200)), Reach(limit=50, records=50))
    assert reason(known, 120) == "outside the sample of 200, 80 not scored yet"
    assert reason(None, 0) == "not scored yet"
    assert reason(widened(known, Reach(records=900)), 300) == "not scored yet"
    assert reason({"where": "source:b", "records": 12}, 12) == "outside --where source:b"


def test_ctrl_c_reaches_the_caller_and_the_same_call_goes_on(scored: Project) -> None:
    def impatient(job: jobs.Job) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scored.score(complexity="c", backend="fake", progress=impatient)
    (job,) = scored.jobs()
    assert job.state == "paused"
    scored.score(complexity="c", backend="fake")
    (job,) = scored.jobs()
    assert job.state == "done"
