"""More like this: the records nearest to a record, or to any vector."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deita_store import likenesses, vectors
from deita_store.store import Store
from deita_tui.errors import UsageError
from deita_tui.neighbours import exact
from deita_tui.neighbours.merging import NOBODY
from deita_tui.steps import indexing
from deita_tui.steps.matrices import Matrix

_MORE = 4
"""Where removed records take places among the nearest, so many times as many are looked at."""


@dataclass(frozen=True, slots=True)
class Similar:
    """A record, and how similar it is."""

    id: int
    uid: str
    similarity: float


def to_record(store: Store, embedder_id: int, record_id: int, k: int) -> list[Similar]:
    """The ``k`` records most similar to a record, itself left out; ties by id.

    Raises:
        UsageError: it has no vector.
    """
    vector_id = likenesses.vector_of(store, embedder_id, record_id)
    if vector_id is None:
        raise UsageError(
            f"Record {record_id} has no vector.", f"Embed it: deita-tui embed {store.folder}"
        )
    ids, rows = indexing.matrix(store, embedder_id)
    row = int(np.searchsorted(ids, vector_id))
    listed = _listed(store, embedder_id, row)
    found = _records(store, embedder_id, ids, listed, record_id) if listed else []
    if len(found) >= k:
        return found[:k]
    return _nearest(store, embedder_id, (ids, rows), rows[row : row + 1], k, record_id)


def to_vector(
    store: Store, embedder_id: int, vector: NDArray[np.floating], k: int
) -> list[Similar]:
    """The ``k`` records most similar to a vector, (d,), such as that of a text somebody typed.

    Raises:
        UsageError: it is not one of the embedder's.
    """
    ids, rows = indexing.matrix(store, embedder_id)
    length = float(np.linalg.norm(np.asarray(vector, np.float64)))
    if vector.shape != (rows.shape[1],) or not np.isfinite(length) or length == 0:
        name = vectors.find(store, embedder_id).name
        raise UsageError(f"That is no vector of {name}: it needs {rows.shape[1]:,} numbers.")
    query = (np.asarray(vector, np.float64) / length).astype(np.float16)
    return _nearest(store, embedder_id, (ids, rows), query[None], k, None)


def _listed(store: Store, embedder_id: int, row: int) -> list[tuple[int, float]]:
    """A row and its neighbours as the lists have them; nothing where there are no lists."""
    known = indexing.open(store, embedder_id)
    if known is None:
        return []
    near = zip(known.neighbours[row].tolist(), known.similarities[row].tolist(), strict=True)
    return [(row, 1.0), *((other, value) for other, value in near if other != NOBODY)]


def _nearest(
    store: Store,
    embedder_id: int,
    matrix: Matrix,
    query: NDArray[np.float16],
    k: int,
    without: int | None,
) -> list[Similar]:
    ids, rows = matrix
    found: list[Similar] = []
    for wanted in _widening(k + 1, len(ids)):
        near, values = exact.nearest_to(rows, wanted, query)
        there = list(zip(near[0].tolist(), values[0].tolist(), strict=True))
        found = _records(store, embedder_id, ids, there, without)
        if len(found) >= k:
            break
    return found[:k]


def _widening(wanted: int, most: int) -> Iterator[int]:
    while wanted < most:
        yield wanted
        wanted *= _MORE
    yield most


def _records(
    store: Store,
    embedder_id: int,
    ids: NDArray[np.int64],
    near: list[tuple[int, float]],
    without: int | None,
) -> list[Similar]:
    """The records of rows, in their order; ties by the records' ids."""
    known = {int(ids[row]): value for row, value in near}
    records = likenesses.records_of(store, embedder_id, known)
    found = [
        Similar(record, uid, known[vector])
        for vector, some in records.items()
        for record, uid in some
        if record != without
    ]
    return sorted(found, key=lambda each: (-each.similarity, each.id))
