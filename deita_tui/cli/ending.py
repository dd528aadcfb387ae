"""How a job that was waited for ended: on with it, or a sentence and an exit code."""

from typing import TYPE_CHECKING

import typer

from deita_tui.cli import output
from deita_tui.cli.exits import Exit
from deita_tui.cli.progress import error_of, hint_of
from deita_tui.errors import DeitaError

if TYPE_CHECKING:
    from deita_store.jobs import Job


def done(job: "Job", verb: str) -> "Job":
    """The job, if it is done; otherwise say how it ended, and leave.

    Args:
        job: as it ended.
        verb: what happened to records, as in "What was scored is kept".
    """
    if job.state == "done":
        return job
    if job.state in ("paused", "interrupted"):
        output.say(f"What was {verb} is kept. Run the same command again to continue.")
        raise typer.Exit(Exit.INTERRUPTED)
    if job.state == "cancelled":
        output.say(f"Cancelled; what was {verb} is kept.")
    else:
        output.tell(DeitaError(error_of(job) or f"Job {job.id} failed.", hint_of(job)))
    raise typer.Exit(Exit.FAILED)
