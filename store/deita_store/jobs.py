"""The queue of long work: what is to be done, how far it is, and what somebody wants of it.

A job that says ``running`` while nobody holds the worker's lock was interrupted: the kernel drops
the lock when its holder dies, so that is true even after ``kill -9``.

Pausing a job ends the worker after the batch (D18). Whatever is queued behind it waits too, until
the job is resumed or other work is started: a user who pauses wants the machine back, and a user
who starts something wants that done. A paused job stays paused until it is resumed itself.
"""

import fcntl
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from deita_store.errors import StoreError, WrongArgumentError
from deita_store.store import LOCK, Store, now

State = Literal["queued", "running", "paused", "done", "failed", "cancelled", "interrupted"]
Wanted = Literal["run", "pause", "cancel"]

_RATE_SECONDS = 5.0
"""The rate forgets what is older than about this."""

_COLUMNS = (
    "id, kind, args, state, wanted, stage, done, total, unit, rate, result, error, hint, "
    "created_at, started_at, heartbeat_at, finished_at"
)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of long work."""

    id: int
    kind: str
    args: dict[str, object]
    state: State
    wanted: Wanted
    stage: str
    done: int
    total: int | None
    """None while unknown; an estimate where a file does not tell how many rows it has."""
    unit: str
    rate: float | None
    """Units a second, lately."""
    result: object
    error: str | None
    hint: str | None
    created_at: str
    started_at: str | None
    heartbeat_at: str | None
    finished_at: str | None

    @property
    def ended(self) -> bool:
        """Does nobody work on it, nor will anybody unless asked?"""
        return self.state not in ("queued", "running")

    @property
    def estimated(self) -> bool:
        """Is ``total`` an estimate? A file does not tell how many rows it has until it is read."""
        return self.kind == "import" and self.state != "done" and self.total is not None

    @property
    def seconds_left(self) -> float | None:
        """The time it still takes at the present rate; None while unknown."""
        if self.state != "running" or not self.rate or self.total is None:
            return None
        return max(0, self.total - self.done) / self.rate


def enqueue(store: Store, kind: str, args: dict[str, object]) -> int:
    """Put a job at the end of the queue and return its id; starts nothing."""
    with store.transaction() as db:
        cursor = db.execute(
            "insert into jobs (kind, args, created_at) values (?, ?, ?)",
            (kind, json.dumps(args, ensure_ascii=False), now()),
        )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def get(store: Store, job: int) -> Job:
    """One job as it stands.

    Raises:
        StoreError: there is no such job.
    """
    for found in _read(store, "where id = ?", (job,)):
        return found
    raise WrongArgumentError(
        f"{store.folder} has no job {job}.", f"See its jobs with: deita-tui jobs {store.folder}"
    )


def all(store: Store) -> list[Job]:  # noqa: A001 - reads as jobs.all
    """Every job, oldest first."""
    return _read(store, "order by id")


def waiting(store: Store) -> Job | None:
    """The job whose turn it is; None when the queue is empty."""
    for found in _read(store, "where state = 'queued' order by id limit 1"):
        return found
    return None


def want(store: Store, job: int, wanted: Wanted) -> Job:
    """Ask for a job to be paused, cancelled, or run (again).

    A running job follows after its batch; one that nobody works on follows at once. ``run`` only
    queues it: who resumes a job also starts a worker.

    Raises:
        StoreError: the job is over, so there is nothing to ask of it.
    """
    with store.transaction() as db:
        present = get(store, job)
        if present.state in ("done", "cancelled"):
            raise StoreError(f"Job {job} is {present.state} already: it cannot {wanted} any more.")
        if present.state == "running":
            db.execute("update jobs set wanted = ? where id = ?", (wanted, job))
        elif wanted == "run":
            db.execute(
                "update jobs set state = 'queued', wanted = 'run', error = null, hint = null, "
                "finished_at = null where id = ?",
                (job,),
            )
        else:
            state = "paused" if wanted == "pause" else "cancelled"
            db.execute(
                "update jobs set state = ?, wanted = 'run', finished_at = ? where id = ?",
                (state, now() if state == "cancelled" else None, job),
            )
    return get(store, job)


def advance(
    store: Store, job: int | None, done: int, total: int | None, unit: str, stage: str
) -> None:
    """Note how far a job is, inside the transaction that holds the work itself.

    Call it once before the first batch: the rate counts from there. Does nothing without a job.
    """
    if job is None:
        return
    assert store.db.in_transaction, "progress belongs to the transaction that made it"
    was = store.db.execute(
        "select done, unit, stage, rate, heartbeat_at from jobs where id = ?", (job,)
    ).fetchone()
    time = now()
    rate = _rate(was, (done, unit, stage), time)
    store.db.execute(
        "update jobs set done = ?, total = ?, unit = ?, stage = ?, rate = ?, heartbeat_at = ? "
        "where id = ?",
        (done, total, unit, stage, rate, time, job),
    )


def begin(store: Store, job: int) -> bool:
    """Mark a queued job as running; the caller holds the lock.

    Returns:
        False when it is queued no more: somebody paused or cancelled it first.
    """
    with store.transaction() as db:
        begun = db.execute(
            "update jobs set state = 'running', rate = null, heartbeat_at = null, "
            "error = null, hint = null, finished_at = null, "
            "started_at = coalesce(started_at, ?) where id = ? and state = 'queued'",
            (now(), job),
        ).rowcount
    return bool(begun)


def pause(store: Store, job: int) -> None:
    """Leave a job for later; one that has ended stays as it ended."""
    with store.transaction() as db:
        db.execute(
            "update jobs set state = 'paused', wanted = 'run', rate = null "
            "where id = ? and state in ('queued', 'running')",
            (job,),
        )


def overtake(store: Store, job: int, by: int) -> None:
    """Close a paused job, because another has done all that was left of it."""
    with store.transaction():
        if get(store, job).state == "paused":
            sentence = f"Job {by} has done all that was left of it."
            _end(store, job, "cancelled", error=sentence)


def cancel(store: Store, job: int) -> None:
    """End a job; what it has done stays."""
    _end(store, job, "cancelled")


def fail(store: Store, job: int, error: str, hint: str) -> None:
    """End a job with the sentence that says why; running it again goes on where it was."""
    _end(store, job, "failed", error=error, hint=hint)


def complete(store: Store, job: int, result: str | None, then: Sequence[str] = ()) -> None:
    """End a job with its result as JSON, and queue the kinds of work that follow it."""
    with store.transaction() as db:
        _end(store, job, "done", result=result)
        for kind in then:
            queued = "select 1 from jobs where kind = ? and state = 'queued'"
            if db.execute(queued, (kind,)).fetchone() is None:
                enqueue(store, kind, {})


def revive(store: Store) -> None:
    """Queue again what an earlier worker died on; only who holds the lock may say so."""
    with store.transaction() as db:
        db.execute(
            "update jobs set state = case wanted when 'pause' then 'paused' "
            "when 'cancel' then 'cancelled' else 'queued' end, "
            "finished_at = case wanted when 'cancel' then ? end, wanted = 'run' "
            "where state = 'running'",
            (now(),),
        )


def worker_alive(folder: Path | str) -> bool:
    """Does somebody hold the worker's lock? Looks only for an instant, and waits for nobody."""
    try:
        lock = os.open(Path(folder) / LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _end(
    store: Store,
    job: int,
    state: State,
    *,
    result: str | None = None,
    error: str | None = None,
    hint: str | None = None,
) -> None:
    with store.transaction() as db:
        db.execute(
            "update jobs set state = ?, wanted = 'run', result = ?, error = ?, hint = ?, "
            "rate = null, finished_at = ? where id = ?",
            (state, result, error, hint, now(), job),
        )


def _rate(
    was: tuple[int, str, str, float | None, str | None], done: tuple[int, str, str], time: str
) -> float | None:
    """Units a second: the newest batch and what came before, which fades."""
    before, unit, stage, rate, heartbeat = was
    if heartbeat is None or (unit, stage) != done[1:]:
        return None
    seconds = (datetime.fromisoformat(time) - datetime.fromisoformat(heartbeat)).total_seconds()
    if seconds <= 0:
        return rate
    latest = max(0, done[0] - before) / seconds
    if rate is None:
        return latest
    weight = 1 - math.exp(-seconds / _RATE_SECONDS)
    return rate + weight * (latest - rate)


def _read(store: Store, which: str, values: Sequence[object] = ()) -> list[Job]:
    query = f"select {_COLUMNS} from jobs {which}"
    jobs = [_job(row) for row in store.db.execute(query, values).fetchall()]
    if not any(job.state == "running" for job in jobs) or worker_alive(store.folder):
        return jobs
    # Between the query and the look at the lock a worker may have finished properly: look again.
    jobs = [_job(row) for row in store.db.execute(query, values).fetchall()]
    return [
        replace(job, state="interrupted", rate=None) if job.state == "running" else job
        for job in jobs
    ]


def _job(row: tuple[object, ...]) -> Job:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    for name in ("args", "result"):
        value = values[name]
        values[name] = None if value is None else json.loads(str(value))
    return Job(**values)  # type: ignore[arg-type]
