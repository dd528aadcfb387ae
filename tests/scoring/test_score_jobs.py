"""Scoring in a worker process, which may die at any moment."""

import random
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from deita_store import jobs, scores
from deita_store.jobs import Job
from deita_store.store import Store
from deita_tui.jobs import run_in_process
from deita_tui.steps.scoring import JudgeSpec, ScoreArgs
from tests.scoring.runs import BOTH, pool, rows, run, sums, texts
from tests.scoring.small_project import project

CONVERSATIONS = pool(1_200, seed=1)


def queue(folder: Path, args: ScoreArgs) -> int:
    with Store.open(folder) as store:
        return jobs.enqueue(store, "score", msgspec.to_builtins(args))


def worker(folder: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-P", "-m", "deita_tui.jobs.worker", str(folder)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)


def job(folder: Path, number: int) -> Job:
    with Store.read(folder) as store:
        return jobs.get(store, number)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    project(tmp_path / "project", CONVERSATIONS[:150]).close()
    return tmp_path / "project"


def spec(name: str, **settings: object) -> JudgeSpec:
    return JudgeSpec(name, "fake", settings)


def test_a_job_scores_and_reports(folder: Path) -> None:
    number = queue(folder, BOTH)
    assert worker(folder).wait(60) == 0
    ended = job(folder, number)
    assert (ended.state, ended.done, ended.total) == ("done", 150, 150)
    assert isinstance(ended.result, dict)
    complexity, quality = ended.result["stages"]
    instructions, pairs = texts(CONVERSATIONS[:150])
    assert (complexity["scored"], quality["scored"]) == (instructions, pairs)
    assert complexity["health"]["records"] == 150


def test_a_broken_model_fails_the_job_with_a_sentence(folder: Path) -> None:
    number = queue(folder, ScoreArgs(complexity=spec("c", constant=True)))
    assert worker(folder).wait(60) == 0
    ended = job(folder, number)
    assert ended.state == "failed"
    assert ended.error is not None
    assert ended.error.startswith("The complexity model looks broken.")
    assert ended.hint is not None
    assert "--force" in ended.hint


def test_a_model_that_hangs_fails_the_job_and_lets_the_worker_go(folder: Path) -> None:
    args = ScoreArgs(complexity=spec("c", hang_on=3), patience=0.5, batch_tokens=1_000)
    number = queue(folder, args)
    assert worker(folder).wait(60) == 0
    ended = job(folder, number)
    assert ended.state == "failed"
    assert ended.error is not None
    assert "has not answered" in ended.error
    with Store.read(folder) as store:
        assert len(rows(store)) > 0


def test_a_model_that_dies_leaves_the_rows_it_had(folder: Path) -> None:
    args = ScoreArgs(complexity=spec("c", die_on=20), batch_tokens=1_000)
    number = queue(folder, args)
    assert worker(folder).wait(60) == 134
    assert job(folder, number).state == "interrupted"
    with Store.read(folder) as store:
        had = len(rows(store))
    assert 0 < had < texts(CONVERSATIONS[:150])[0]
    # Each worker dies at its twentieth batch, and the next one goes on behind the nineteenth.
    for _ in range(20):
        if worker(folder).wait(60) == 0:
            break
    assert job(folder, number).state == "done"
    with Store.read(folder) as store:
        assert len(rows(store)) == texts(CONVERSATIONS[:150])[0]


def test_a_pause_takes_effect_after_the_batch_and_resumes(folder: Path) -> None:
    args = ScoreArgs(complexity=spec("c", seconds=0.02), batch_tokens=1_000)
    number = queue(folder, args)
    running = worker(folder)
    # Before it scores, the same job finds turns and loads the model.
    while (now := job(folder, number)).stage != "complexity" or now.done < 10:
        time.sleep(0.005)
    with Store.open(folder) as store:
        jobs.want(store, number, "pause")
    assert running.wait(60) == 0
    assert job(folder, number).state == "paused"
    with Store.open(folder) as store:
        assert 0 < len(rows(store)) < texts(CONVERSATIONS[:150])[0]
        jobs.want(store, number, "run")
    assert run_in_process(folder, number).state == "done"


@pytest.mark.slow
def test_fifty_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    folder, dice = tmp_path / "killed", random.Random(5)
    project(folder, CONVERSATIONS).close()
    both = ScoreArgs(spec("c", seconds=0.004), spec("q", seconds=0.004), batch_tokens=2_000)
    number = queue(folder, both)
    told = 0
    with Store.read(folder) as store:
        for _ in range(50):
            running = worker(folder)
            _let_it_work(store, dice, told)
            running.kill()
            running.wait()
            assert _count(store) >= told
            told = _count(store)
        assert 0 < told < sum(texts(CONVERSATIONS)), "the kills were to fall into the scoring"
    assert worker(folder).wait(60) == 0
    assert job(folder, number).state == "done"
    with Store.read(folder) as store, project(tmp_path / "straight", CONVERSATIONS) as straight:
        run(straight, BOTH)
        assert rows(store) == rows(straight)
        assert sums(store) == sums(straight)
        assert _count(store) == sum(texts(CONVERSATIONS))
        assert store.db.execute("pragma integrity_check").fetchone() == ("ok",)
        assert len(scores.scorers(store)) == 2


def _let_it_work(store: Store, dice: random.Random, told: int) -> None:
    """Wait until something more is stored, and then a moment; sometimes not even for that."""
    if dice.random() < 0.1:
        time.sleep(dice.uniform(0, 0.4))
        return
    began = time.monotonic()
    while _count(store) <= told:
        assert time.monotonic() - began < 60, "nothing comes any more"
        time.sleep(0.001)
    time.sleep(dice.uniform(0, 0.02))


def _count(store: Store) -> int:
    (count,) = store.db.execute("select count(*) from scores").fetchone()
    return int(count)
