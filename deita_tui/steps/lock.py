"""The one lock of a project: whoever does long work in it holds it, in whichever process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deita_store import jobs
from deita_store.store import LOCK, Store
from deita_tui.errors import BusyError

_PATIENCE = 1.0
"""Seconds. Who only looks whether a worker lives holds the lock for an instant: outwait them."""


@contextmanager
def project_lock(folder: Path) -> Iterator[None]:
    """Hold the project while the block runs; the kernel lets go of it when the process dies.

    Raises:
        BusyError: somebody else works on it.
    """
    # Reading a project never comes here, so it does not pay for the import.
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK, timeout=_PATIENCE, poll_interval=0.02)
    try:
        lock.acquire()
    except Timeout:
        raise _busy(folder) from None
    try:
        yield
    finally:
        lock.release()


def _busy(folder: Path) -> BusyError:
    with Store.read(folder) as store:
        running = [job for job in jobs.all(store) if job.state == "running"]
    for job in running:
        return BusyError(
            f"{folder} is busy with job {job.id} ({job.kind}: {job.done:,} {job.unit} done).",
            f"Wait for it, or pause it with: deita-tui jobs {folder} pause {job.id}",
        )
    return BusyError(f"Another program is working on {folder}.", "Try again when it has finished.")
