"""Copies of what came through a pipe: kept in the cache until no import needs them any more."""

from datetime import UTC, datetime
from pathlib import Path

from deita_store import jobs
from deita_store.store import Store

NAME = "-"
"""What an import of standard input is called."""


def drop(store: Store) -> None:
    """Delete the copies whose imports have all ended: done, failed or cancelled.

    A copy that is newer than its imports is one that somebody is about to import.
    """
    over: dict[Path, bool] = {}
    queued: dict[Path, str] = {}
    for job in jobs.all(store):
        if job.kind == "import" and job.args.get("name") == NAME:
            path = Path(str(job.args["path"]))
            over[path] = job.state in ("done", "failed", "cancelled") and over.get(path, True)
            queued[path] = job.created_at
    for path, ended in over.items():
        if ended and path.exists() and _is_older(path, queued[path]):
            path.unlink(missing_ok=True)


def _is_older(path: Path, time: str) -> bool:
    made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    # Milliseconds is what a job's time is told in.
    return made.timestamp() <= datetime.fromisoformat(time).timestamp() + 0.001
