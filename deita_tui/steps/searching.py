"""The search index, behind an import."""

from collections.abc import Iterator

import msgspec

from deita_store import jobs, search
from deita_store.store import Store
from deita_tui.steps.progress import Progress


class SearchArgs(msgspec.Struct, frozen=True):
    """Nothing to choose."""


def run(store: Store, args: SearchArgs | None = None, job: int | None = None) -> Iterator[Progress]:
    """Bring the search index up to date with the project."""
    total = search.behind(store)
    yield _advance(store, job, 0, total)
    for done in search.update(store):
        yield _advance(store, job, done, max(done, total))


def _advance(store: Store, job: int | None, done: int, total: int) -> Progress:
    # The index is a file of its own, so this transaction holds nothing but the progress.
    progress = Progress(done, total, "records", "indexing text")
    with store.transaction():
        jobs.advance(store, job, done, total, progress.unit, progress.stage)
    return progress
