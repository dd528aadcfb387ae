"""Waiting for a job that a worker does: a bar meanwhile, and Ctrl-C pauses it."""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from deita_tui.cli import output
from deita_tui.cli.progress import reporting
from deita_tui.errors import StoreError

if TYPE_CHECKING:
    from deita_store.jobs import Job
    from deita_tui.project import Project


def waited(project: "Project", number: int, title: str) -> "Job":
    """Watch a job until it ends; Ctrl-C pauses it, and everything behind it waits."""
    try:
        with reporting(title) as report:
            return watched(project, number, report)
    except KeyboardInterrupt:
        return paused(project, number)


def watched(project: "Project", number: int, report: "Callable[[Job], None]") -> "Job":
    """Watch a job until it ends."""
    for job in project.watch(number):
        report(job)
    return project.job(number)


def paused(project: "Project", number: int) -> "Job":
    """Pause a job, and wait until its worker has put it down."""
    output.say("Pausing…")
    with contextlib.suppress(StoreError):  # it may have ended in this very moment
        project.steer(number, "pause")
    for job in project.watch(number):
        if job.state == "queued":
            break
    return project.job(number)
