"""Embedding in a worker process, which may die at any moment."""

import random
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from deita_store import jobs
from deita_store.jobs import Job
from deita_store.store import Store
from deita_tui.steps.embedding import EmbedArgs
from tests.embedding.runs import FAKE, made, rows, run
from tests.scoring.runs import pool

CONVERSATIONS = pool(1_000, seed=5)


def queue(folder: Path, args: EmbedArgs) -> int:
    with Store.open(folder) as store:
        return jobs.enqueue(store, "embed", msgspec.to_builtins(args))


def worker(folder: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-P", "-m", "deita_tui.jobs.worker", str(folder)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)


def job(folder: Path, number: int) -> Job:
    with Store.read(folder) as store:
        return jobs.get(store, number)


def faulty(**settings: object) -> EmbedArgs:
    return msgspec.structs.replace(FAKE, settings=settings, batch_tokens=500, commit_seconds=0.2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made(tmp_path / "project", CONVERSATIONS[:100]).close()
    return tmp_path / "project"


def test_a_job_embeds_and_reports(folder: Path) -> None:
    number = queue(folder, FAKE)
    assert worker(folder).wait(60) == 0
    ended = job(folder, number)
    assert (ended.state, ended.done, ended.total, ended.unit) == ("done", 100, 100, "records")
    assert isinstance(ended.result, dict)
    assert ended.result["embedded"] + ended.result["reused"] <= 100
    assert ended.result["dimensions"] == 64


def test_a_model_that_hangs_fails_the_job_and_lets_the_worker_go(folder: Path) -> None:
    args = msgspec.structs.replace(faulty(hang_on=2), patience=0.5)
    number = queue(folder, args)
    assert worker(folder).wait(60) == 0
    ended = job(folder, number)
    assert ended.state == "failed"
    assert ended.error is not None
    assert "has not answered" in ended.error


def test_killed_again_and_again_it_completes_and_nothing_is_there_twice(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    made(folder, CONVERSATIONS).close()
    # 500 tokens a batch, 20 ms each, five commits a second: some seconds of work in all.
    number = queue(folder, faulty(seconds=0.02))
    draw = random.Random(11)
    kills = 0
    while kills < 6 and job(folder, number).state != "done":
        process = worker(folder)
        time.sleep(draw.uniform(0.6, 2.2))
        process.kill()
        process.wait()
        kills += 1
        with Store.read(folder) as store:
            told = jobs.get(store, number).done
            assert len(rows(store)) == told, "progress and vectors are one transaction"
            orphans = store.db.execute(
                "select count(*) from vectors v where not exists "
                "(select 1 from record_vectors x where x.vector_id = v.id)"
            ).fetchone()
            assert orphans == (0,)
    assert worker(folder).wait(120) == 0
    ended = job(folder, number)
    assert (ended.state, ended.done) == ("done", 1_000)
    with Store.read(folder) as store, made(tmp_path / "once", CONVERSATIONS) as once:
        run(once, FAKE)
        assert rows(store) == rows(once)
        (texts, vectors) = store.db.execute(
            "select count(distinct text), count(*) from vectors"
        ).fetchone()
        assert texts == vectors
        assert store.db.execute("pragma integrity_check").fetchone() == ("ok",)
