"""Running one job to its end, its pause, or its error: the same in a worker and in a notebook."""

import sqlite3
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deita_store import jobs
from deita_store.jobs import Job
from deita_store.store import LOGS, Store
from deita_tui.errors import DeitaError, StoreError
from deita_tui.jobs import kinds, launch

Watcher = Callable[[Job], None]

_LOG_PAGES = 32 << 10
"""Half a GB in SQLite's write-ahead log before it is folded in: hot pages are copied once."""


def perform(store: Store, job: Job, stopping: Callable[[], bool] = lambda: False) -> Job:
    """Do a job's work; the caller holds the project's lock.

    After each batch it is paused if ``stopping`` says so, or paused or cancelled if somebody
    asked. An error a user can act on is stored as a sentence, a bug as where its traceback is.
    A job that was paused or cancelled before it began is returned as it stands.
    """
    if not jobs.begin(store, job.id):
        return jobs.get(store, job.id)
    with _log_folded_in_behind(store):
        try:
            _drive(store, job, stopping)
        except DeitaError as error:
            _fail(store, job, error.message, error.hint)
        except Exception as error:
            traceback.print_exc()
            sys.stderr.flush()
            log = log_of(store.folder, job.id)
            _fail(store, job, f"It crashed: {type(error).__name__}: {error}", f"See {log}")
        ended = jobs.get(store, job.id)
        _tidy(store, ended)
        return ended


def run_in_process(
    folder: Path, job: int, watcher: Watcher = lambda job: None, *, follow: bool = True
) -> Job:
    """Do one queued job in this process, and return it as it ended.

    Args:
        folder: the project.
        job: the job's id.
        watcher: called with the job after each batch.
        follow: leave what is queued behind it to a worker process; otherwise it stays queued.

    Raises:
        BusyError: somebody else works on the project.
        KeyboardInterrupt: as always; the job is paused then, unless it had ended already.
    """
    from deita_tui.steps.lock import project_lock

    def looked() -> bool:
        watcher(jobs.get(store, job))
        return False

    with project_lock(folder), Store.open(folder) as store:
        jobs.revive(store)  # whoever held the lock and says that it runs is dead
        try:
            ended = perform(store, jobs.get(store, job), looked)
        except BaseException:
            # Whatever it is (Ctrl-C above all) goes on to the caller, also where the pause cannot
            # be written: then the job is found interrupted, and can be resumed as well.
            with suppress(StoreError):
                jobs.pause(store, job)
            raise
        watcher(ended)
        queue = jobs.waiting(store) is not None
    if follow and queue:
        launch.start(folder)
    return ended


def log_of(folder: Path, job: int) -> Path:
    """Where a worker writes what a job prints."""
    return folder / LOGS / f"job-{job}.log"


def _drive(store: Store, job: Job, stopping: Callable[[], bool]) -> None:
    import msgspec

    work = kinds.steps(store, job)
    try:
        while True:
            try:
                next(work)
            except StopIteration as end:
                result = None if end.value is None else msgspec.json.encode(end.value).decode()
                jobs.complete(store, job.id, result, kinds.followers(job.kind))
                return
            wanted = "pause" if stopping() else jobs.get(store, job.id).wanted
            if wanted == "cancel":
                jobs.cancel(store, job.id)
                return
            if wanted == "pause":
                jobs.pause(store, job.id)
                return
    finally:
        work.close()


@contextmanager
def _log_folded_in_behind(store: Store) -> Iterator[None]:
    """Let the write-ahead log grow while the block runs, so that nobody waits for it at its end."""
    (before,) = store.db.execute("pragma wal_autocheckpoint").fetchone()
    store.db.execute(f"pragma wal_autocheckpoint = {_LOG_PAGES}")
    try:
        yield
    finally:
        store.db.execute(f"pragma wal_autocheckpoint = {before}")
        # Passive waits for nobody. Where it cannot be done (a full disk), the log stays as it is.
        with suppress(sqlite3.OperationalError):
            store.db.execute("pragma wal_checkpoint(passive)").fetchall()


def _tidy(store: Store, ended: Job) -> None:
    """What the end of a job makes needless: the copy that it read, and paused jobs like it."""
    if ended.kind == "import":
        from deita_tui.steps import copies

        copies.drop(store)
    if ended.state == "done":
        with suppress(StoreError):  # on a full disk they stay, and do no harm
            for other in jobs.all(store):
                if other.state == "paused" and kinds.covers(ended, other):
                    jobs.overtake(store, other.id, ended.id)


def _fail(store: Store, job: Job, error: str, hint: str) -> None:
    try:
        jobs.fail(store, job.id, error, hint)
    except StoreError as second:
        # A full disk may not even take the sentence: then the log does, and the job is shown
        # as interrupted.
        print(f"{error} {hint}\n{second}", file=sys.stderr, flush=True)  # noqa: T201
