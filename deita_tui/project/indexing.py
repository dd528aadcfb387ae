"""Neighbours: looked for, and asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from deita_tui.errors import JobError, StoreError, UsageError
from deita_tui.project.opened import Opened, Ref
from deita_tui.project.working import Working

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deita_store.jobs import Job
    from deita_tui.neighbours.files import Neighbours
    from deita_tui.steps.indexing_args import IndexReport
    from deita_tui.steps.likeness import Similar


class Indexing(Working, Opened):
    """Neighbours."""

    def index(
        self,
        *,
        embedder: str | int | None = None,
        k: int | None = None,
        exact: bool = False,
        progress: Callable[[Job], None] | None = None,
    ) -> IndexReport:
        """Find the nearest neighbours of every vector, in this process, and say how well.

        Stopping it anywhere leaves what was there before; the same call goes on.

        Args:
            embedder: its name or id; the one in use without.
            k: neighbours that are listed of every record; 32 without.
            exact: look at every pair. Few vectors are always compared so.
            progress: called with the job from time to time.

        Raises:
            UsageError: nothing is embedded, or not by that embedder.
            BusyError: a worker is at work on the project.
        """
        number = self.queue_index(embedder=embedder, k=k, exact=exact)
        return self.index_report(self._run(number, progress))

    def queue_index(
        self, *, embedder: str | int | None = None, k: int | None = None, exact: bool = False
    ) -> int:
        """Queue an indexing run for a worker, and return the job; see ``index``."""
        from deita_tui.steps.indexing_args import IndexArgs, K

        k = K if k is None else k
        if k < 1:
            raise UsageError(f"A list of {k} neighbours makes no sense.", "Give 1 or more.")
        found = self._embedder(embedder)
        return self._queue("index", IndexArgs(embedder=found, k=k, exact=exact))

    def index_report(self, job: Job) -> IndexReport:
        """What an indexing run that is done came to.

        Raises:
            JobError: it is not done.
        """
        import msgspec

        from deita_tui.steps.indexing_args import IndexReport

        if job.state != "done":
            raise JobError(
                f"Job {job.id} is {job.state}: there is no report yet.", "The same call goes on."
            )
        return msgspec.convert(job.result, IndexReport)

    def neighbours(self, embedder: str | int | None = None) -> Neighbours | None:
        """Vectors and lists of neighbours, memory-mapped; None until ``index`` has made them.

        None as well where vectors have come since: ``index`` again takes them in.
        """
        from deita_tui.steps import indexing

        return indexing.open(self.store, self._embedder(embedder))

    def similar(
        self, ref: Ref, k: int = 10, *, embedder: str | int | None = None
    ) -> Sequence[Similar]:
        """The ``k`` records most similar to one: exact where there are no lists of neighbours.

        Raises:
            UsageError: it has no vector.
        """
        from deita_tui.steps import likeness

        return likeness.to_record(self.store, self._embedder(embedder), self._id(ref), k)

    def similar_to(
        self, vector: NDArray[np.floating], k: int = 10, *, embedder: str | int | None = None
    ) -> Sequence[Similar]:
        """The ``k`` records most similar to a vector of the same embedder."""
        from deita_tui.steps import likeness

        return likeness.to_vector(self.store, self._embedder(embedder), vector, k)

    def _embedder(self, name: str | int | None) -> int:
        from deita_store import vectors

        try:
            return vectors.find(self.store, name).id
        except StoreError as error:
            raise UsageError(error.message, error.hint) from None
