"""Building the HNSW index, or taking it on from where it was saved last."""

from collections.abc import Generator
from pathlib import Path
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from deita_tui.neighbours import files, hnsw
from deita_tui.neighbours.equals import Equals
from deita_tui.neighbours.files import IndexPart, RowsPart
from deita_tui.neighbours.hnsw import Graph, Index
from deita_tui.neighbours.similarity import renormalised

_CHUNK = 4096
_SAVE_SECONDS = 120.0
"""Work that a crash may cost; saving takes a second or two."""


def built(
    folder: Path,
    stamped: RowsPart,
    part: IndexPart | None,
    graph: Graph,
    vectors: NDArray[np.float16],
    equals: Equals,
) -> Generator[int, None, Index]:
    """An index that holds the first row of each kind, as long as it takes.

    It is saved and published from time to time, when it is done, and when the caller stops here.

    Args:
        folder: where the files are.
        stamped: the rows that it is built from.
        part: an index of the first of these rows, as the stamp names it.
        graph: what to build with; ``part`` is left alone if it was built otherwise.
        vectors: (n, d).
        equals: of ``vectors``.

    Yields:
        How many of ``equals.unique`` it holds.
    """
    unique, dimensions = equals.unique, vectors.shape[1]
    index = _loaded(folder, part, graph, dimensions, len(unique))
    at = 0
    if index is not None and part is not None:
        at = int(np.searchsorted(unique, part.rows))
    if index is None or len(index) != at:
        index, at = Index.new(dimensions, len(unique), graph), 0
    saved, since = at, monotonic()
    try:
        while at < len(unique):
            rows = unique[at : at + _CHUNK]
            index.add(renormalised(vectors[rows]), rows)
            at += len(rows)
            if monotonic() - since > _SAVE_SECONDS:
                _save(folder, stamped, index, graph, _covered(unique, at, len(vectors)))
                saved, since = at, monotonic()
            yield at
    finally:
        # Also when the job is paused: it goes on from here.
        if at > saved:
            _save(folder, stamped, index, graph, _covered(unique, at, len(vectors)))
    return index


def _covered(unique: NDArray[np.int32], at: int, count: int) -> int:
    """Among how many rows an index holds the first of each kind, if it holds ``unique[:at]``."""
    return int(unique[at]) if at < len(unique) else count


def _loaded(
    folder: Path, part: IndexPart | None, graph: Graph, dimensions: int, capacity: int
) -> Index | None:
    if part is None or (part.graph, part.library) != (graph, hnsw.library()):
        return None
    if not files.intact(folder, part.checksum, part.file):
        return None
    try:
        return Index.load(folder / part.file, dimensions, capacity, graph)
    except RuntimeError:  # what it says of a file that it cannot read
        return None


def _save(folder: Path, stamped: RowsPart, index: Index, graph: Graph, rows: int) -> None:
    path = files.named(folder, "index", "hnsw")
    index.save(path)
    checksum = files.checksum(path)
    part = IndexPart(files.finish(path), rows, graph, hnsw.library(), checksum)
    files.amend(folder, stamped, index=part)
