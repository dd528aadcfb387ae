"""Indexing: the nearest neighbours of every vector, kept in cache/ with a measure of their worth.

Few vectors are compared with each other, each with each. Many go through an HNSW index, which is
saved on the way, so that a pause or a crash costs minutes at most. A few that are added later are
compared with all, and enter the lists that they belong in.
"""

from collections.abc import Generator
from time import monotonic

from deita_store import vectors
from deita_store.sentences import told_of_files
from deita_store.store import Store
from deita_tui.neighbours import equals, files
from deita_tui.neighbours.files import ListsPart, Neighbours, Stamp
from deita_tui.steps import listing, matrices
from deita_tui.steps.indexing_args import IndexArgs, IndexReport
from deita_tui.steps.listing import Work
from deita_tui.steps.matrices import Matrix, matrix
from deita_tui.steps.progress import Progress

__all__ = ["IndexArgs", "IndexReport", "matrix", "open", "run"]


def run(
    store: Store, args: IndexArgs | None = None, job: int | None = None
) -> Generator[Progress, None, IndexReport]:
    """Bring the lists up to date; the caller holds the project's lock.

    Stopping anywhere leaves what was there before, and the index as it was saved last.

    Raises:
        StoreError: there is no such embedder, or nothing is embedded.
        NoSpaceError: the disk is full.
    """
    args = args or IndexArgs()
    embedder = vectors.find(store, args.embedder)
    folder = matrices.folder_of(store, embedder.id)
    started = monotonic()
    with told_of_files(folder):
        files.sweep(folder)
        stamp, (ids, rows) = _whole(store, embedder.id)
        work = Work(store, args, job, folder, stamp, ids, rows)
        yield work.advance(0, len(ids), "reading vectors")
        there = _there(work)
        ready = there is not None and there.rows == len(ids)
        part, distinct = (there, None) if ready else (yield from _renewed(work, there))
    assert part is not None
    return IndexReport(
        embedder=embedder.name,
        rows=len(ids),
        distinct=distinct,
        added=len(ids) - (there.rows if there is not None else 0),
        k=part.k,
        exact=part.exact,
        seconds=monotonic() - started,
        sampled=part.sampled,
        recall=part.recall,
        ready=ready,
    )


def open(store: Store, embedder_id: int) -> Neighbours | None:  # noqa: A001 - reads as indexing.open
    """Vectors and lists as they lie in cache/; None where they are not there or not up to date."""
    stamp, (ids, rows) = matrices.current(store, embedder_id)
    if stamp is None or stamp.lists is None or stamp.lists.rows != len(ids):
        return None
    if matrices.is_behind(store, embedder_id, matrices.last(ids)):
        return None
    found = files.lists(matrices.folder_of(store, embedder_id), stamp.lists, rows)
    if found is None:
        return None
    neighbours, similarities, certificate = found
    return Neighbours(ids, rows, neighbours, similarities, stamp.lists.exact, certificate)


def _whole(store: Store, embedder_id: int) -> tuple[Stamp, Matrix]:
    """The vectors, up to date; read again from the project if the file has changed by itself."""
    stamp, found = matrices.brought_up(store, embedder_id)
    folder = matrices.folder_of(store, embedder_id)
    if not files.intact(folder, stamp.rows.checksum, stamp.rows.vectors):
        files.discard(folder)
        stamp, found = matrices.brought_up(store, embedder_id)
    return stamp, found


def _there(work: Work) -> ListsPart | None:
    """The lists that are there, if they are whole and what was asked for."""
    part = work.stamp.lists
    if part is None or part.k != work.args.k or (work.args.exact and not part.exact):
        return None
    return part if files.intact(work.folder, part.checksum, *part.files) else None


def _renewed(
    work: Work, there: ListsPart | None
) -> Generator[Progress, None, tuple[ListsPart, int]]:
    """New lists, measured and published; and how many of the vectors differ."""
    kinds = equals.find(work.rows)
    made = yield from listing.made(work, kinds, there)
    certificate = yield from listing.measured(work, made, there)
    return listing.published(work, made, certificate), len(kinds.unique)
