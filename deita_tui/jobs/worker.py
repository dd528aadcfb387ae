"""The process that works a project's queue off and goes: ``python -m deita_tui.jobs.worker DIR``.

Whatever is heavy or may crash happens here, and never where somebody types.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from deita_store import jobs
from deita_store.store import LOGS, Store
from deita_tui.backends import network
from deita_tui.errors import BusyError, DeitaError
from deita_tui.jobs import running
from deita_tui.steps import copies
from deita_tui.steps.lock import project_lock


class Worker:
    """Works on one project until its queue is empty, or somebody pauses it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stopping = False

    def work(self) -> None:
        """Drain the queue; leaves quietly where another worker is at it."""
        while self._has_work():
            try:
                with project_lock(self.folder), Store.open(self.folder) as store:
                    jobs.revive(store)
                    copies.drop(store)  # of an import that was cancelled while its worker died
                    if not self._drain(store):
                        return
            except BusyError:
                return
            # A job may have come between the last look and letting go of the lock: look again.

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Pause the running job after its batch; a second signal ends the process at once."""
        self.stopping = True
        signal.signal(number, signal.SIG_DFL)

    def _has_work(self) -> bool:
        with Store.read(self.folder) as store:
            return any(job.state in ("queued", "running", "interrupted") for job in jobs.all(store))

    def _drain(self, store: Store) -> bool:
        while not self.stopping:
            job = jobs.waiting(store)
            if job is None:
                return True
            with _output_to(running.log_of(self.folder, job.id)):
                state = running.perform(store, job, lambda: self.stopping).state
            # Still running: not even its end could be written. Leave, rather than try for ever.
            if state in ("paused", "running"):
                return False
        return False


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Whatever is printed, by native code too, goes to the job's log."""
    before = os.dup(1), os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for kept, descriptor in zip(before, (1, 2), strict=True):
            os.dup2(kept, descriptor)
            os.close(kept)


def main(arguments: list[str]) -> int:
    """Work on the project that the command line names."""
    folder = Path(arguments[0])
    worker = Worker(folder)
    network.forbid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, worker.stop)
    (folder / LOGS).mkdir(exist_ok=True)
    try:
        worker.work()
    except DeitaError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
