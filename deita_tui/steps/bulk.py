"""Writing many rows fast without giving up what a commit promises."""

import contextlib
import gc
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

from deita_store.store import DATABASE, Store

_CACHE_KB = 32 << 10
_SETTINGS = {
    "cache_size": -_CACHE_KB,
    # A commit does not wait for the disk: a thread has it follow. After a power cut the project
    # is whole, and may be a batch or two back, which the import then reads again.
    "synchronous": 1,
    # Every parent is written by the same code in the same transaction as its children.
    "foreign_keys": 0,
    # Nothing is deleted that would have to be overwritten.
    "secure_delete": 0,
}


@contextlib.contextmanager
def bulk(store: Store) -> Iterator[None]:
    """Settings for writing many rows, as long as the block runs.

    Commits inside survive ``kill -9`` at once, and a power cut a moment later. The first commit
    after the block, as every other, is on the disk when it returns, and so is all before it.
    """
    before = {name: store.db.execute(f"pragma {name}").fetchone()[0] for name in _SETTINGS}
    collecting = gc.isenabled()
    # The rows hold no cycles, and looking for some costs a tenth of the time.
    gc.disable()
    try:
        for name, value in _SETTINGS.items():
            store.db.execute(f"pragma {name} = {value}")
        with _flushed(store.folder):
            yield
    finally:
        if collecting:
            gc.enable()
        for name, value in before.items():
            store.db.execute(f"pragma {name} = {value}")


@contextlib.contextmanager
def _flushed(folder: Path) -> Iterator[None]:
    """Have the write-ahead log follow to the disk while the block goes on."""
    log = os.open(folder / f"{DATABASE}-wal", os.O_RDONLY)
    done = Event()

    def flush() -> None:
        while not done.wait(0.05):
            os.fdatasync(log)

    thread = Thread(target=flush, name="flush", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        os.close(log)
