"""Rows of tokens spread over copies of a model, in batches that fit into the memory."""

import gc
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from deita_tui.backends.hf_loading import is_out_of_memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")
Rows = Sequence[Sequence[int]]

_log = logging.getLogger(__name__)


class Spread(Generic[T]):
    """Has each of ``replicas`` take batches until there are none.

    Args:
        replicas: copies of one model, on one device each.
        batch_tokens: the most tokens in a batch, padding included.
        most_rows: the most rows in a batch.
    """

    def __init__(self, replicas: Sequence[T], batch_tokens: int, most_rows: int) -> None:
        self.replicas = list(replicas)
        self.batch_tokens = batch_tokens
        """Less after the memory was once full."""
        self.trouble = ""
        """Why the last row of NaN is one; empty when there was none."""
        self._most_rows = most_rows
        self._lock = threading.Lock()

    def run(
        self, rows: Rows, compute: "Callable[[T, Rows], NDArray[Any]]", result: "NDArray[Any]"
    ) -> None:
        """Fill ``result`` with what ``compute`` says of each row.

        Args:
            rows: n rows of token ids.
            compute: called with a replica and a batch, in a thread of that replica's.
            result: (n, …) NaN; a row that does not fit even alone stays so, and one that comes to
                something else than numbers is made so.
        """
        self.trouble = ""
        work = deque(self._batches(rows))
        if len(self.replicas) == 1:
            self._drain(self.replicas[0], work, rows, compute, result)
            return
        with ThreadPoolExecutor(len(self.replicas)) as pool:
            runs = [
                pool.submit(self._drain, replica, work, rows, compute, result)
                for replica in self.replicas
            ]
        for run in runs:
            run.result()

    def close(self) -> None:
        """Let go of the replicas, and give their memory back."""
        self.replicas.clear()
        empty_caches()

    def _batches(self, rows: Rows) -> Iterable[list[int]]:
        """Indexes of rows that are computed together: much alike in length, longest first."""
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]), reverse=True)
        start = 0
        while start < len(order):
            size = max(1, self.batch_tokens // len(rows[order[start]]))
            yield order[start : start + min(size, self._most_rows)]
            start += min(size, self._most_rows)

    def _drain(
        self,
        replica: T,
        work: deque[list[int]],
        rows: Rows,
        compute: "Callable[[T, Rows], NDArray[Any]]",
        result: "NDArray[Any]",
    ) -> None:
        """Take batches until there are none; a batch that is too big goes back as two halves."""
        import numpy as np

        while True:
            try:
                batch = work.popleft()
            except IndexError:
                return
            taken = [rows[index] for index in batch]
            try:
                found = compute(replica, taken)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                found = None
            if found is None:
                self._make_room(batch, taken, work)
                continue
            broken = ~np.isfinite(found).all(axis=1)
            if broken.any():
                self.trouble = "the model's output is not a number"
            result[batch] = np.where(broken[:, None], np.nan, found)

    def _make_room(self, batch: list[int], rows: Rows, work: deque[list[int]]) -> None:
        empty_caches()
        if len(batch) == 1:
            self.trouble = f"out of memory on a prompt of {len(rows[0])} tokens"
            _log.warning("%s", self.trouble)
            return
        half = len(batch) // 2
        work.extendleft((batch[half:], batch[:half]))
        with self._lock:
            self.batch_tokens = min(self.batch_tokens, max(1, half * max(map(len, rows))))
        _log.warning("out of memory: at most %d tokens at once from now on", self.batch_tokens)


def empty_caches() -> None:
    """Give what torch keeps of a device's memory back to the device."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
