"""Queues: which records are worth looking at next, and how often you agree with a selection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from deita_tui.project.following import followed
from deita_tui.project.opened import Opened

if TYPE_CHECKING:
    from deita_store.rows import RecordRow
    from deita_tui.steps.auditing import Audit
    from deita_tui.steps.progress import Progress
    from deita_tui.steps.queues import Queue, QueueKind

Report = Callable[["Progress"], None]


class Queueing(Opened):
    """What to look at next."""

    def queues(self, selection: str | None = None) -> Sequence[QueueKind]:
        """Every kind of queue; one that is not available says what it lacks.

        Args:
            selection: whose outcomes count; default: the one saved last, or the working one.
        """
        from deita_tui.steps import queues

        return queues.kinds(self.store, selection)

    def queue(
        self,
        name: str,
        *,
        selection: str | None = None,
        limit: int | None = None,
        progress: Report | None = None,
    ) -> Queue:
        """The records of a queue, in order, each with why it is there.

        What is decided has no place in it, but for queues that are about something else: those of
        flags and of filters.

        Args:
            name: that of a kind, such as ``borderline``; or ``where:FILTER``.
            selection: whose outcomes count; default: the one saved last, or the working one.
                An audit is always about a saved one.
            limit: how many at most; default: as many as the kind thinks good.
            progress: told what is being looked for.

        Raises:
            UsageError: there is no such queue, or the project lacks what it goes by.
            FilterError: the filter makes no sense.
            StoreError: there is no selection of that name.
        """
        from deita_tui.steps import queues

        return followed(queues.queue(self.store, name, selection, limit), progress)

    def remember(self, name: str, record_id: int) -> None:
        """Note which record somebody is at in a queue, so that it goes on there another day.

        It is no act of the journal. A project open for reading only remembers nothing.
        """
        from deita_tui.steps import queues

        queues.remember(self.store, name, record_id)

    def rows(self, ids: Sequence[int], *, selection: str | None = None) -> Sequence[RecordRow]:
        """Records as lines of a table, in this order.

        Args:
            ids: their ids. One that is not there any more comes as a row whose uid is empty.
            selection: whose outcomes they have; default: the one saved last.
        """
        from deita_store import rows
        from deita_store.context import Context

        return rows.read(self.store, ids, Context(self.store, selection))

    def audit(self, side: Literal["kept", "dropped"], selection: str | None = None) -> Audit:
        """How often you agree with what a saved selection kept, or with what it left out.

        It goes by your decisions on a random sample, in the order of the queue ``audit-kept`` or
        ``audit-dropped``.

        Args:
            side: what it kept, or what it left out.
            selection: default: the one saved last; the working one stands for it as well.
        """
        from deita_tui.steps import auditing

        return auditing.audit(self.store, side, selection)
