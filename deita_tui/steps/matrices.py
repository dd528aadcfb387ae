"""The vectors of one embedder as arrays: kept in cache/ and brought up to date with the project."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_store import vectors
from deita_store.sentences import told_of_files
from deita_store.store import CACHE, Store
from deita_tui.errors import DamagedError
from deita_tui.neighbours import files
from deita_tui.neighbours.files import FORMAT, Stamp

Matrix = tuple[NDArray[np.int64], NDArray[np.float16]]

_CHUNK = 8192
_PROBES = 64
"""Rows that are compared with the project before what lies in cache/ is believed."""


def matrix(store: Store, embedder_id: int) -> Matrix:
    """The ids of an embedder's vectors, (n,) ascending, and the vectors, (n, d) float16.

    They are memory-mapped from cache/, which is brought up to date first. A project that is open
    for reading only gets in memory what is missing there.

    Raises:
        DamagedError: a vector is not what an embedder stores.
        NoSpaceError: the disk is full.
    """
    _, (ids, rows) = current(store, embedder_id)
    after = last(ids)
    if not is_behind(store, embedder_id, after):
        return ids, rows
    if not store.read_only:
        return brought_up(store, embedder_id)[1]
    parts = [(ids, rows), *_chunks(store, embedder_id, after)]
    return np.concatenate([i for i, _ in parts]), np.concatenate([v for _, v in parts])


def current(store: Store, embedder_id: int) -> tuple[Stamp | None, Matrix]:
    """What lies in cache/ as far as it can be believed, with its stamp; else None and no rows."""
    dimensions = vectors.find(store, embedder_id).dimensions
    nothing = np.empty(0, np.int64), np.empty((0, dimensions), np.float16)
    folder = folder_of(store, embedder_id)
    stamp = files.read(folder)
    if stamp is None or stamp.rows.dimensions != dimensions or not _is_ours(store, stamp):
        return None, nothing
    if stamp.embedder != vectors.identity(store, embedder_id):
        return None, nothing
    found = files.rows(folder, stamp.rows)
    if found is None or not _agrees(store, *found):
        return None, nothing
    return stamp, found


def brought_up(store: Store, embedder_id: int) -> tuple[Stamp, Matrix]:
    """Bring the vectors in cache/ up to date with the project; index and lists stay as they are."""
    folder = folder_of(store, embedder_id)
    with told_of_files(folder), files.writing(folder):
        purged = _purged(store)
        stamp, (ids, rows) = current(store, embedder_id)
        after = last(ids)
        if stamp is None or is_behind(store, embedder_id, after):
            chunks = _chunks(store, embedder_id, after)
            part = files.grow(folder, stamp.rows if stamp else None, rows.shape[1], chunks)
            if stamp is None:
                identity = vectors.identity(store, embedder_id)
                stamp = Stamp(FORMAT, store.project_id, identity, purged, part)
            stamp = msgspec.structs.replace(stamp, rows=part)
            files.publish(folder, stamp)
        found = files.rows(folder, stamp.rows)
    if found is None:
        raise DamagedError(f"What was just written to {folder} cannot be read.", "Try again.")
    return stamp, found


def folder_of(store: Store, embedder_id: int) -> Path:
    """Where the files about an embedder's vectors lie."""
    return store.folder / CACHE / "neighbours" / str(embedder_id)


def last(ids: NDArray[np.int64]) -> int:
    """The last of the ids; 0 where there is none."""
    return int(ids[-1]) if len(ids) else 0


def is_behind(store: Store, embedder_id: int, after: int) -> bool:
    """Has the project vectors that come after this one?"""
    return next(vectors.rows(store, embedder_id, after), None) is not None


def _is_ours(store: Store, stamp: Stamp) -> bool:
    """Made of this project, and of what it still holds?"""
    return (stamp.project, stamp.purged) == (store.project_id, _purged(store))


def _purged(store: Store) -> int:
    (found,) = store.db.execute(
        "select coalesce(max(id), 0) from journal where kind = 'purge'"
    ).fetchone()
    return int(found)


def _agrees(store: Store, ids: NDArray[np.int64], rows: NDArray[np.float16]) -> bool:
    """Are rows here and there those of the project?"""
    for row in np.unique(np.linspace(0, len(ids) - 1, min(_PROBES, len(ids))).astype(np.int64)):
        stored = store.db.execute(
            "select vector from vectors where id = ?", (int(ids[row]),)
        ).fetchone()
        if stored is None or stored[0] != rows[row].astype("<f2", copy=False).tobytes():
            return False
    return True


def _chunks(store: Store, embedder_id: int, after: int) -> Iterator[Matrix]:
    dimensions = vectors.find(store, embedder_id).dimensions
    found = vectors.rows(store, embedder_id, after)
    while some := list(islice(found, _CHUNK)):
        ids = np.array([id_ for id_, _ in some], np.int64)
        wrong = next((id_ for id_, vector in some if len(vector) != 2 * dimensions), None)
        if wrong is None:
            block = np.frombuffer(b"".join(vector for _, vector in some), "<f2")
            rows = block.reshape(-1, dimensions)
            bad = ids[~np.isfinite(rows).all(axis=1)]
            wrong = int(bad[0]) if len(bad) else None
        if wrong is not None:
            raise DamagedError(
                f"Vector {wrong} of {store.folder} is not one of {dimensions:,} finite numbers.",
                "Restore the project from a packed copy, or embed it with another embedder.",
            )
        yield ids, rows
