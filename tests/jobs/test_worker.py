import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deita_store import imports, jobs, sentences
from deita_store.jobs import Job
from deita_store.store import Store
from deita_tui import jobs as running
from deita_tui.errors import BusyError, JobError
from deita_tui.jobs import launch
from deita_tui.steps.lock import project_lock

Pool = Callable[..., Path]
Queue = Callable[..., int]
Spawn = Callable[[], "subprocess.Popen[bytes]"]
Until = Callable[..., None]


def state(folder: Path, job: int) -> Job:
    with Store.read(folder) as store:
        return jobs.get(store, job)


def ask(folder: Path, job: int, wanted: str) -> None:
    with Store.open(folder) as store:
        jobs.want(store, job, wanted)  # type: ignore[arg-type]


def rows_done(folder: Path) -> int:
    with Store.read(folder) as store:
        return sum(came.rows_done for came in imports.all(store))


def complete(folder: Path, rows: int) -> None:
    """The file of so many rows is in, each exactly once."""
    bad = sum(number % 17 == 11 for number in range(rows))
    good = [number for number in range(rows) if number % 17 != 11]
    texts = {number // 2 if number % 5 == 4 else number for number in good}
    with Store.read(folder) as store:
        assert store.db.execute("pragma integrity_check").fetchone() == ("ok",)
        assert store.db.execute("pragma foreign_key_check").fetchall() == []
        (came,) = imports.all(store)
        assert came.state == "complete"
        assert came.sha256 is not None
        assert came.rows_done == rows
        assert (came.imported, came.duplicates, came.refused) == (
            len(texts),
            len(good) - len(texts),
            bad,
        )
        ids = [int(each) for (each,) in store.db.execute("select external_id from occurrences")]
        assert sorted(ids) == good
        counts = store.db.execute("select count(*), sum(live) from records").fetchone()
        assert counts == (len(texts), len(good))
        versions = store.db.execute("select count(*), count(distinct record_id) from conversations")
        assert versions.fetchone() == (len(texts), len(texts))
        assert store.db.execute("select count(*) from refusals").fetchone() == (bad,)


def test_a_worker_does_what_is_queued_and_what_follows(
    folder: Path, pool: Pool, queue: Queue, spawn: Spawn
) -> None:
    job = queue(pool(300))
    assert spawn().wait() == 0
    complete(folder, 300)
    done = state(folder, job)
    assert done.state == "done"
    assert (done.done, done.total, done.unit) == (300, 300, "rows")
    assert isinstance(done.result, dict)
    assert done.result["file"] == "pool.jsonl"
    with Store.read(folder) as store:
        assert {each.kind: each.state for each in jobs.all(store)} == {
            "import": "done",
            "derive": "done",
            "search-index": "done",
        }
        assert store.db.execute("select count(distinct conversation_id) from turns").fetchone() == (
            store.db.execute("select count(*) from conversations").fetchone()
        )


def test_a_worker_outlives_its_starter(
    folder: Path, pool: Pool, queue: Queue, until: Until
) -> None:
    job = queue(pool(3000), batch_rows=20)
    code = f"from deita_tui import jobs; jobs.start({str(folder)!r})"
    subprocess.run([sys.executable, "-c", code], check=True)
    until(lambda: rows_done(folder) > 0)
    last = list(running.watch(folder, job))[-1]
    assert last.state == "done"
    complete(folder, 3000)
    until(lambda: not jobs.worker_alive(folder))


def test_watching_shows_it_move(folder: Path, pool: Pool, queue: Queue, until: Until) -> None:
    job = queue(pool(2000), batch_rows=20)
    running.start(folder)
    seen = list(running.watch(folder, job, interval=0.01))
    done = [each.done for each in seen]
    assert done == sorted(done)
    assert len(set(done)) > 3
    assert seen[-1].state == "done"
    assert any(each.rate for each in seen)
    until(lambda: not jobs.worker_alive(folder))


def test_a_second_worker_leaves_quietly(folder: Path, pool: Pool, queue: Queue) -> None:
    queue(pool(50))
    with project_lock(folder):
        running.start(folder)  # sees the lock, and starts none
        command = [sys.executable, "-P", "-m", "deita_tui.jobs.worker", str(folder)]
        second = subprocess.run(command, capture_output=True, check=True)
        assert (second.stdout, second.stderr) == (b"", b"")
        with Store.read(folder) as store:
            assert [each.state for each in jobs.all(store)] == ["queued"]


def test_many_workers_at_once_do_the_work_once(
    folder: Path, pool: Pool, queue: Queue, spawn: Spawn
) -> None:
    queue(pool(2000), batch_rows=100)
    assert [worker.wait() for worker in [spawn() for _ in range(4)]] == [0] * 4
    complete(folder, 2000)


@pytest.mark.parametrize("how", ["asked", "signal"])
def test_a_paused_job_goes_on_where_it_was(
    folder: Path, pool: Pool, queue: Queue, spawn: Spawn, until: Until, how: str
) -> None:
    job = queue(pool(5000), batch_rows=10)
    second = queue(pool(100, name="second.jsonl"))
    worker = spawn()
    until(lambda: rows_done(folder) > 0)
    if how == "asked":
        ask(folder, job, "pause")
    else:
        worker.send_signal(signal.SIGHUP)
        worker.send_signal(signal.SIGTERM)
    assert worker.wait() == 0
    assert state(folder, job).state == "paused"
    assert 0 < rows_done(folder) < 5000
    assert state(folder, second).state == "queued"
    assert list(running.watch(folder, job))[-1].state == "paused"
    ask(folder, second, "cancel")
    ask(folder, job, "run")
    assert spawn().wait() == 0
    assert state(folder, job).state == "done"
    complete(folder, 5000)


def test_a_paused_job_stays_so_while_other_work_is_done(
    folder: Path, pool: Pool, queue: Queue, spawn: Spawn
) -> None:
    first, second = queue(pool(100)), queue(pool(60, name="second.jsonl"))
    ask(folder, first, "pause")
    assert spawn().wait() == 0
    assert (state(folder, first).state, state(folder, second).state) == ("paused", "done")


def test_what_a_cancelled_job_did_stays(
    folder: Path, pool: Pool, queue: Queue, spawn: Spawn, until: Until
) -> None:
    path = pool(5000)
    job = queue(path, batch_rows=10)
    second = queue(pool(10, name="second.jsonl"))
    worker = spawn()
    until(lambda: rows_done(folder) > 0)
    ask(folder, job, "cancel")
    assert worker.wait() == 0
    assert state(folder, job).state == "cancelled"
    assert state(folder, second).state == "done"
    assert 0 < rows_done(folder) < 5000


def test_a_killed_worker_shows_as_interrupted(
    folder: Path, pool: Pool, queue: Queue, spawn: Spawn, until: Until
) -> None:
    job = queue(pool(5000), batch_rows=10)
    worker = spawn()
    until(lambda: rows_done(folder) > 0)
    watching = running.watch(folder, job, interval=0.01)
    assert next(watching).state == "running"
    worker.kill()
    worker.wait()
    assert list(watching)[-1].state == "interrupted"
    assert state(folder, job).state == "interrupted"
    running.start(folder)
    until(lambda: state(folder, job).state == "done")
    complete(folder, 5000)
    until(lambda: not jobs.worker_alive(folder))


def test_an_error_is_kept_as_a_sentence(folder: Path, queue: Queue, spawn: Spawn) -> None:
    job = queue(folder / "nothing.jsonl")
    assert spawn().wait() == 0
    failed = state(folder, job)
    assert failed.state == "failed"
    assert "nothing.jsonl" in (failed.error or "")


def test_an_unknown_kind_names_its_cure(folder: Path, spawn: Spawn) -> None:
    with Store.open(folder) as store:
        job = jobs.enqueue(store, "levitate", {})
    assert spawn().wait() == 0
    assert "levitate" in (state(folder, job).error or "")
    assert "Update" in (state(folder, job).hint or "")


def test_a_bug_leaves_its_traceback_in_the_log_and_the_queue_goes_on(
    folder: Path, pool: Pool, queue: Queue, spawn: Spawn
) -> None:
    with Store.open(folder) as store:
        broken = jobs.enqueue(store, "import", {"path": 7})
    fine = queue(pool(20))
    assert spawn().wait() == 0
    failed = state(folder, broken)
    assert failed.state == "failed"
    assert "crashed" in (failed.error or "")
    log = folder / "logs" / f"job-{broken}.log"
    assert str(log) in (failed.hint or "")
    assert "Traceback" in log.read_text()
    assert state(folder, fine).state == "done"


def test_a_disk_that_takes_no_more_fails_the_job_with_a_sentence(
    folder: Path, pool: Pool, queue: Queue
) -> None:
    path = pool(4000, width=2000)
    job = queue(path, batch_rows=200)

    def little_space() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))

    command = [sys.executable, "-P", "-m", "deita_tui.jobs.worker", str(folder)]
    worker = subprocess.run(command, preexec_fn=little_space, capture_output=True, check=False)
    failed = state(folder, job)
    assert failed.state in ("failed", "interrupted")
    said = f"{failed.error} {(folder / 'logs' / f'job-{job}.log').read_text()}"
    assert f"The disk of {folder}" in said, worker.stderr
    assert 0 < rows_done(folder) < 4000
    ask(folder, job, "run")
    subprocess.run(command, check=True)
    complete(folder, 4000)


def test_a_job_that_no_worker_takes_is_told(folder: Path, queue: Queue) -> None:
    job = queue(folder / "x.jsonl")
    with pytest.raises(JobError, match=r"No worker takes job"):
        list(running.watch(folder, job, interval=0.01, patience=0.1))


def test_the_same_work_in_this_process(
    folder: Path, pool: Pool, queue: Queue, until: Until
) -> None:
    job = queue(pool(200), batch_rows=50)
    seen: list[Job] = []
    ended = running.run_in_process(folder, job, seen.append)
    assert ended.state == "done"
    assert [each.done for each in seen][:2] == [0, 50]
    complete(folder, 200)
    until(lambda: all_done(folder))  # by a worker that it left the rest to
    until(lambda: not jobs.worker_alive(folder))


def all_done(folder: Path) -> bool:
    with Store.read(folder) as store:
        return all(each.state == "done" for each in jobs.all(store))


def test_this_process_can_be_stopped_too(folder: Path, pool: Pool, queue: Queue) -> None:
    job = queue(pool(200), batch_rows=50)

    def impatient(each: Job) -> None:
        if each.done >= 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        running.run_in_process(folder, job, impatient)
    assert state(folder, job).state == "paused"
    with project_lock(folder), pytest.raises(BusyError):
        running.run_in_process(folder, job)
    ask(folder, job, "run")
    assert running.run_in_process(folder, job, follow=False).state == "done"
    complete(folder, 200)


def test_ctrl_c_reaches_the_caller_also_where_the_pause_cannot_be_written(
    folder: Path, pool: Pool, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = queue(pool(200), batch_rows=50)
    with Store.open(folder) as other, contextlib.ExitStack() as held:

        def impatient(each: Job) -> None:
            if each.done >= 100:
                held.enter_context(other.transaction())
                monkeypatch.setattr(sentences, "BUSY_SECONDS", 0.05)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            running.run_in_process(folder, job, impatient)
    assert state(folder, job).state == "interrupted"
    ask(folder, job, "run")
    assert running.run_in_process(folder, job, follow=False).state == "done"
    complete(folder, 200)


def test_logout_is_told_only_where_it_kills(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert launch.survives_logout() is None
    assert launch._says([str(tmp_path / "missing")]) == ""


def test_a_worker_takes_no_module_from_where_its_user_stands(
    folder: Path, pool: Pool, queue: Queue, tmp_path: Path, until: Until
) -> None:
    (tmp_path / "msgspec.py").write_text("raise SystemExit('the wrong msgspec')\n")
    job = queue(pool(20_000, width=200))  # big enough for a reader process
    code = f"from deita_tui import jobs; jobs.start({str(folder)!r})"
    subprocess.run([sys.executable, "-P", "-c", code], check=True, cwd=tmp_path)
    assert list(running.watch(folder, job))[-1].state == "done"
    until(lambda: not jobs.worker_alive(folder))


def test_a_reader_ends_with_its_writer(
    folder: Path, pool: Pool, queue: Queue, spawn: Spawn, until: Until
) -> None:
    queue(pool(30_000, width=200), batch_rows=50)
    worker = spawn()
    until(lambda: rows_done(folder) > 0)
    readers = children(worker.pid)
    assert len(readers) == 1
    worker.kill()
    worker.wait()
    until(lambda: not Path(f"/proc/{readers[0]}/stat").exists() or zombie(readers[0]))


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task")
    return [
        int(child)
        for task in os.listdir(tasks)
        for child in (tasks / task / "children").read_text().split()
    ]


def zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_the_lock_is_free_a_moment_after_the_queue_is_empty(
    folder: Path, pool: Pool, queue: Queue, until: Until
) -> None:
    """A job that is queued while a worker leaves is never left lying."""
    for number in range(3):
        job = queue(pool(10, name=f"{number}.jsonl"))
        running.start(folder)
        until(lambda job=job: state(folder, job).state == "done")
        time.sleep(0.02 * number)
    until(lambda: all_done(folder))
    until(lambda: not jobs.worker_alive(folder))
