"""What several tests of the front doors need."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

from deita_store import jobs
from deita_store.store import Store

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "tests" / "data" / "first_steps.jsonl"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def wait_for_worker(folder: Path, seconds: float = 60) -> None:
    """Wait until everything that was queued is done and the worker has gone."""
    deadline = monotonic() + seconds
    with Store.read(folder) as store:
        while jobs.waiting(store) or jobs.worker_alive(folder):
            assert monotonic() < deadline, jobs.all(store)
            sleep(0.02)
