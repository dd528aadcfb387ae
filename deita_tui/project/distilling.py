"""Scores learned from an expensive scorer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from deita_tui.errors import JobError
from deita_tui.project.working import Working

if TYPE_CHECKING:
    from deita_store.jobs import Job
    from deita_tui.steps.distilling_args import DistillReport


class Distilling(Working):
    """Learning from scores."""

    def distill(
        self,
        scorer: str,
        *,
        name: str = "",
        limit: int | None = None,
        budget: int = 0,
        progress: Callable[[Job], None] | None = None,
    ) -> DistillReport:
        """Learn what a scorer says, score the rest with that, and report how good it is.

        The new scores are a draft, and are called so. Stopping it anywhere loses the batch in
        flight at most; the same call goes on.

        Args:
            scorer: the name of the scorers to learn from; a fair sample must be scored by them.
            name: what the new scorers are called; default: the teacher's and ``-distilled``.
            limit: the most records to learn from.
            budget: how many records are to be selected, for the expected overlap; default: as in
                the working selection, or 6 % of the pool.
            progress: called with the job after each batch that is stored.

        Raises:
            UsageError: no scorer is called so, or it is a draft itself.
            JobError: it has scored too little.
            BusyError: a worker is at work on the project.
        """
        job = self.queue_distill(scorer, name=name, limit=limit, budget=budget)
        return self.distill_report(self._run(job, progress))

    def queue_distill(
        self, scorer: str, *, name: str = "", limit: int | None = None, budget: int = 0
    ) -> int:
        """Queue it for a worker, and return the job; ``start`` sees that there is one."""
        from deita_tui.steps import distilling

        distilling.teachers(self.store, scorer)
        args = distilling.DistillArgs(scorer, name, budget=budget)
        if limit is not None:
            args = distilling.DistillArgs(scorer, name, limit, budget)
        return self._queue("distill", args)

    def distill_report(self, job: Job) -> DistillReport:
        """What a run of ``distill`` that is done came to.

        Raises:
            JobError: it is not done.
        """
        import msgspec

        from deita_tui.steps.distilling_args import DistillReport

        if job.state != "done":
            raise JobError(
                f"Job {job.id} is {job.state}: there is no report yet.",
                "What was scored is kept; the same call goes on.",
            )
        return msgspec.convert(job.result, DistillReport)

    def distilled(self, scorer_id: int) -> DistillReport | None:
        """What is known of a learned scorer: errors, expected overlap. None of any other."""
        from deita_tui.steps import distilling

        return distilling.report(self.store, scorer_id)
