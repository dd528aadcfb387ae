"""The command about long work."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, opened
from deita_tui.cli.progress import describe, error_of
from deita_tui.errors import UsageError

if TYPE_CHECKING:
    from deita_store.jobs import Job


class Action(StrEnum):
    """What can be wanted of a job."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


def jobs(
    ctx: typer.Context,
    directory: Dir,
    action: Annotated[
        Action | None,
        typer.Argument(
            metavar="pause|resume|cancel", help="What to do with job N.", show_default=False
        ),
    ] = None,
    number: Annotated[
        int | None,
        typer.Argument(
            metavar="N",
            help="The job's number; needless where only one can be meant.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the long work of a project; pause, resume or cancel one."""
    with opened(ctx, directory, read_only=action is None) as project:
        if action is not None:
            if number is None:
                number = _only(project.jobs(), action)
            if number is None:
                raise UsageError(
                    f"Which job is to {action}?", f"See them with: deita-tui jobs {directory}"
                )
            project.steer(number, action.value)
        known = project.jobs()
    if as_json:
        output.emit([as_dict(job) for job in known])
        return
    if not known:
        output.say("No jobs yet.")
        return
    columns = [
        output.Column("job", number=True),
        output.Column("kind"),
        output.Column("state"),
        output.Column("progress", long=True),
        output.Column("started"),
    ]
    output.table(columns, (_row(job) for job in known))
    for job in known:
        if job.state == "interrupted":
            output.say(f"Job {job.id} was interrupted: deita-tui jobs {directory} resume {job.id}")


def _only(known: "Sequence[Job]", action: Action) -> int | None:
    """The only job that can be meant, where there is one."""
    fits = {
        Action.PAUSE: ("queued", "running"),
        Action.RESUME: ("paused", "interrupted", "failed"),
        Action.CANCEL: ("queued", "running", "paused", "interrupted"),
    }
    meant = [job.id for job in unfinished(known) if job.state in fits[action]]
    return meant[0] if len(meant) == 1 else None


def unfinished(known: "Sequence[Job]") -> "list[Job]":
    """What is going on or waits for somebody; a failure that was tried again is history."""
    last = {job.kind: job.id for job in known}
    over = ("done", "cancelled")
    return [
        job
        for job in known
        if job.state not in over and (job.state != "failed" or job.id == last[job.kind])
    ]


def as_dict(job: "Job") -> dict[str, object]:
    """A job as JSON tells it."""
    from dataclasses import asdict

    told = {"total_is_estimate": job.estimated, "seconds_left": job.seconds_left}
    return {**asdict(job), **told}


def _row(job: "Job") -> tuple[object, ...]:
    progress = error_of(job) or describe(job)
    return job.id, job.kind, job.state, progress, (job.started_at or job.created_at)[:19]
