"""The long work of a project: queued, done here or by a worker, watched, steered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from deita_tui.project.opened import Opened

if TYPE_CHECKING:
    from msgspec import Struct

    from deita_store.jobs import Job


class Working(Opened):
    """Long work."""

    def start(self) -> None:
        """See that a worker process does what is queued; it outlives this one."""
        from deita_tui import jobs

        jobs.start(self.folder)

    def watch(self, job: int) -> Iterator[Job]:
        """A job as it moves, until it has ended, whoever works on it."""
        from deita_tui import jobs

        return jobs.watch(self.folder, job)

    def jobs(self) -> Sequence[Job]:
        """Every job, oldest first."""
        from deita_store import jobs

        return jobs.all(self.store)

    def job(self, number: int) -> Job:
        """One job as it stands."""
        from deita_store import jobs

        return jobs.get(self.store, number)

    def steer(self, number: int, wanted: Literal["pause", "resume", "cancel"]) -> Job:
        """Pause, resume or cancel a job; it follows after the batch in flight."""
        from deita_store import jobs

        if wanted == "resume":
            _refuse_gone(jobs.get(self.store, number))
        job = jobs.want(self.store, number, "run" if wanted == "resume" else wanted)
        if wanted == "resume":
            self.start()
        elif job.state == "cancelled" and job.kind == "import":
            from deita_tui.steps import copies

            copies.drop(self.store)
        return job

    def catch_up(self) -> None:
        """Do in this process what is queued, such as the full-text index behind an import.

        Raises:
            BusyError: a worker is at work on the project.
        """
        from deita_store import jobs

        while job := jobs.waiting(self.store):
            self._run(job.id)

    def _queue(self, kind: str, args: Struct) -> int:
        import msgspec

        from deita_store import jobs

        wanted = msgspec.to_builtins(args)
        for job in jobs.all(self.store):
            same = (job.kind, job.args) == (kind, wanted)
            if same and job.state in ("queued", "running", "paused", "interrupted"):
                return job.id if job.state == "running" else jobs.want(self.store, job.id, "run").id
        return jobs.enqueue(self.store, kind, wanted)

    def _run(self, job: int, progress: Callable[[Job], None] | None = None) -> Job:
        from deita_tui import jobs
        from deita_tui.errors import JobError

        watcher = progress or (lambda state: None)
        ended = jobs.run_in_process(self.folder, job, watcher, follow=False)
        if ended.state == "failed":
            raise JobError(ended.error or f"Job {job} failed.", ended.hint or "")
        return ended


def _refuse_gone(job: Job) -> None:
    """What came through a pipe is not kept behind an import that failed."""
    from pathlib import Path

    from deita_tui.errors import JobError

    piped = job.kind == "import" and job.args.get("name") == "-" and job.state == "failed"
    if piped and not Path(str(job.args["path"])).exists():
        raise JobError(
            f"What job {job.id} read from standard input is not kept.", "Pipe it in again."
        )
