"""The HNSW index over the vectors of a project (hnswlib; Malkov and Yashunin, arXiv 1603.09320).

Rows are renormalised before they go in, so the inner product is the cosine; hnswlib's own
``cosine`` would only normalise them again.
"""

import errno
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_tui.backends.devices import cores

_WIDEST = 4096
"""The most candidates that a search keeps, when fewer did not find enough."""


class Graph(msgspec.Struct, frozen=True):
    """What an index is built and searched with."""

    m: int = 16
    """Links a row keeps on each level; twice as many on the lowest."""
    ef_construction: int = 100
    """Candidates that are kept while a row is put in."""
    ef: int = 100
    """Candidates that are kept while a row is looked for; not stored in hnswlib's file."""
    seed: int = 0


def library() -> str:
    """The library and its version, as a stamp names it."""
    import hnswlib  # noqa: F401 - a missing or broken build shows here

    return f"hnswlib {version('hnswlib')}"


class Index:
    """An index over rows of length 1, each under its row number."""

    def __init__(self, index: Any, graph: Graph) -> None:
        self._index = index
        self.graph = graph
        """What it was built with, and is searched with."""
        self._threads = cores()
        # It is not in the file, and hnswlib's default of 10 would find little.
        index.set_ef(graph.ef)

    @classmethod
    def new(cls, dimensions: int, capacity: int, graph: Graph) -> Self:
        """An empty index with room for ``capacity`` rows."""
        import hnswlib

        index = hnswlib.Index(space="ip", dim=dimensions)
        index.init_index(
            max_elements=max(1, capacity),
            ef_construction=graph.ef_construction,
            M=graph.m,
            random_seed=graph.seed,
        )
        return cls(index, graph)

    @classmethod
    def load(cls, path: Path, dimensions: int, capacity: int, graph: Graph) -> Self:
        """An index as it was saved, with room for ``capacity`` rows in all."""
        import hnswlib

        index = hnswlib.Index(space="ip", dim=dimensions)
        index.load_index(str(path), max_elements=max(1, capacity))
        return cls(index, graph)

    def __len__(self) -> int:
        return int(self._index.get_current_count())

    def add(self, rows: NDArray[np.float32], labels: NDArray[np.integer]) -> None:
        """Put rows of length 1 in, (b, d), under their row numbers, (b,)."""
        self._index.add_items(rows, labels, num_threads=self._threads)

    def query(self, rows: NDArray[np.float32], k: int, ef: int | None = None) -> NDArray[np.int32]:
        """The row numbers of about the ``k`` nearest of each row, (b, k), in no promised order.

        -1 where the graph gave fewer. ``ef``: candidates that are kept, if not as many as usual.
        """
        k = min(k, len(self))
        if k == 0:
            return np.empty((len(rows), 0), np.int32)
        self._index.set_ef(max(ef or self.graph.ef, k))
        try:
            labels, _ = self._index.knn_query(rows, k=k, num_threads=self._threads)
        except RuntimeError:
            # hnswlib gives nothing at all where one row of the batch finds fewer than k.
            return np.concatenate([self._one(rows[i : i + 1], k) for i in range(len(rows))])
        return np.asarray(labels).astype(np.int32)

    def save(self, path: Path) -> None:
        """Write the index to a file.

        Raises:
            OSError: the disk is full.
        """
        self._index.save_index(str(path))
        # hnswlib does not look at whether its bytes were taken.
        if path.stat().st_size < self._index.index_file_size():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def _one(self, row: NDArray[np.float32], k: int) -> NDArray[np.int32]:
        """A wider search first; then as many as can be reached in a graph that fell apart."""
        found = np.full((1, k), -1, np.int32)
        self._index.set_ef(min(_WIDEST, max(k, len(self))))
        wanted = k
        while wanted:
            try:
                labels, _ = self._index.knn_query(row, k=wanted, num_threads=1)
            except RuntimeError:
                wanted //= 2
                continue
            found[0, :wanted] = labels[0]
            break
        return found
