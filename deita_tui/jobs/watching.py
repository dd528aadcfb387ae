"""Following a job that somebody else works on."""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

from deita_store import jobs
from deita_store.jobs import Job
from deita_store.store import LOGS, Store
from deita_tui.errors import JobError


def watch(
    folder: Path | str, job: int, interval: float = 0.1, patience: float = 15.0
) -> Iterator[Job]:
    """Yield a job whenever it has moved, until it has ended; restarts nothing.

    A job whose worker died is yielded as interrupted, and is the last. One is also yielded when
    nothing has moved for a second, so that a display can go on.

    Args:
        folder: the project.
        job: the job's id.
        interval: seconds between two looks.
        patience: seconds that a worker may take to come up before it is said to be missing.

    Raises:
        JobError: it is queued, and no worker comes.
    """
    folder = Path(folder)
    with Store.read(folder) as store:
        seen, told, alive = None, 0.0, monotonic()
        while True:
            version = store.db.execute("pragma data_version").fetchone()[0]
            if version != seen or monotonic() - told >= 1.0:
                state = jobs.get(store, job)
                seen, told = version, monotonic()
                yield state
                if state.ended:
                    return
                if state.state == "running" or jobs.worker_alive(folder):
                    alive = monotonic()
                elif monotonic() - alive > patience:
                    raise JobError(
                        f"No worker takes job {job} of {folder}.",
                        f"See {folder / LOGS / 'worker.log'}",
                    )
            sleep(interval)
