"""The copy of what came through a pipe goes when its import ends, however it ends."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deita_store import jobs
from deita_store.store import Store
from deita_tui.jobs import run_in_process
from deita_tui.project import Project

GOOD = '{"instruction": "a", "output": "b"}\n'
Queue = Callable[..., int]


@pytest.fixture
def copy(folder: Path) -> Path:
    path = folder / "cache" / "stdin-0123456789abcdef"
    path.write_text(GOOD * 3)
    return path


def piped(queue: Queue, copy: Path, **options: object) -> int:
    return queue(copy, name="-", **options)


def test_it_goes_when_the_job_is_done(
    folder: Path, queue: Queue, copy: Path, spawn: Callable[..., "object"]
) -> None:
    piped(queue, copy)
    worker = spawn()
    assert worker.wait() == 0  # type: ignore[attr-defined]
    assert not copy.exists()


def test_it_goes_when_the_job_fails(folder: Path, queue: Queue, copy: Path) -> None:
    copy.write_text(GOOD + "{\n")
    job = piped(queue, copy, strict=True)
    assert run_in_process(folder, job, follow=False).state == "failed"
    assert not copy.exists()


def test_it_goes_when_the_job_is_cancelled_before_it_began(
    folder: Path, queue: Queue, copy: Path
) -> None:
    job = piped(queue, copy)
    with Project.open(folder) as project:
        project.steer(job, "pause")
        assert copy.exists()
        project.steer(job, "cancel")
    assert not copy.exists()


def test_it_goes_when_a_worker_that_was_to_cancel_it_died(
    folder: Path, queue: Queue, copy: Path, spawn: Callable[..., "object"]
) -> None:
    job = piped(queue, copy)
    with Store.open(folder) as store, store.transaction() as db:
        db.execute("update jobs set state = 'running', wanted = 'cancel' where id = ?", (job,))
    worker = spawn()
    assert worker.wait() == 0  # type: ignore[attr-defined]
    with Store.read(folder) as store:
        assert jobs.get(store, job).state == "cancelled"
    assert not copy.exists()


def test_it_stays_as_long_as_another_job_needs_it(folder: Path, queue: Queue, copy: Path) -> None:
    first, second = piped(queue, copy), piped(queue, copy, strict=True)
    assert run_in_process(folder, first, follow=False).state == "done"
    assert copy.exists()
    assert run_in_process(folder, second, follow=False).state == "done"
    assert not copy.exists()


def test_what_is_piped_in_again_is_left_to_its_own_job(
    folder: Path, queue: Queue, copy: Path
) -> None:
    job = piped(queue, copy)
    os.utime(copy, (time.time() + 60, time.time() + 60))
    run_in_process(folder, job, follow=False)
    assert copy.exists()


def test_a_file_of_the_user_s_is_no_copy(folder: Path, queue: Queue, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(GOOD)
    run_in_process(folder, queue(path), follow=False)
    assert path.exists()
