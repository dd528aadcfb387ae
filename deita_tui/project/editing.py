"""Changing what a record says, and having it scored and embedded again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from deita_tui.project.opened import Ref, Refs
from deita_tui.project.working import Working

if TYPE_CHECKING:
    from msgspec import Struct

    from deita_store.acts import Act


class Editing(Working):
    """Edits."""

    def edit(self, ref: Ref, message: int, text: str) -> Act | None:
        """Give a message of a record another text, as one act; the version before it stays.

        Until the record is scored and embedded again it keeps its old outcome, and says that it
        is pending: see ``queue_refresh``.

        Args:
            ref: the record.
            message: which of its messages, counted from 0.
            text: what it says from now on.

        Returns:
            The act, or None where it says that already.

        Raises:
            UsageError: there is no such message, or the text is empty.
            StoreError: there is no such record, or the text holds what cannot be stored.
        """
        from deita_store import edits
        from deita_tui.steps import editing

        (record,) = self.resolve(ref)
        made = editing.version(self.store, record, message, text)
        return edits.edit(self.store, record, made.body, made.turns, made.chars, self.actor)

    def queue_refresh(self, refs: Refs | None = None) -> Sequence[int]:
        """Queue what edited records wait for, and return the jobs; ``start`` sees to a worker.

        Their new texts are scored by every scorer and embedded by the embedder that the working
        selection and the one saved last were made with, or by the newest there are, in the way in
        which those were run before.

        Args:
            refs: which records; default: all that were edited.

        Returns:
            Jobs, in the order of the queue; none where nothing is pending.

        Raises:
            JobError: how the pending ones were scored or embedded is not known here; what is known
                is queued all the same.
        """
        from deita_tui.steps import refreshing

        chosen = None if refs is None else self.resolve(refs)
        wanted = refreshing.wanted(self.store, chosen)
        jobs = [self._queue_behind(each.kind, each.args) for each in wanted.jobs]
        if wanted.unknown:
            raise refreshing.cannot_repeat(self.store, wanted.unknown)
        return jobs

    def _queue_behind(self, kind: str, args: Struct) -> int:
        """Queue a job behind a running one like it: that one knows nothing of the latest edits."""
        import msgspec

        from deita_store import jobs

        wanted = msgspec.to_builtins(args)
        for job in jobs.all(self.store):
            waits = job.state in ("queued", "paused", "interrupted")
            if waits and (job.kind, job.args) == (kind, wanted):
                return jobs.want(self.store, job.id, "run").id
        return jobs.enqueue(self.store, kind, wanted)
