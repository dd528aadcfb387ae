"""Progress on stderr: a bar where a person is looking, plain lines now and then elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from deita_tui.cli.output import duration, is_a_person, say, size
from deita_tui.printable import printable

if TYPE_CHECKING:
    from rich.progress import TaskID

    from deita_store.jobs import Job

_SECONDS_BETWEEN_LINES = 10.0
_STAGED = ("score", "distill")
"""Kinds of jobs that have stages worth telling."""


@contextmanager
def reporting(title: str) -> Iterator["Callable[[Job], None]"]:
    """Show the progress of one piece of work while the block runs."""
    if not is_a_person(sys.stderr):
        yield _Lines(printable(title))
        return
    bar = _Bar(printable(title))
    with bar.drawn:
        yield bar


def describe(job: "Job") -> str:
    """One line: done of total, rate, what is left."""
    if job.state == "queued" and not job.done:
        return "waiting for its turn"
    parts = [_amount(job)]
    if job.rate:
        parts.append(f"{_rate(job)}/s")
    if job.seconds_left:
        parts.append(f"{duration(job.seconds_left)} left")
    return " · ".join(filter(None, parts))


def error_of(job: "Job") -> str:
    """Why a job failed, in words that name no file of ours; empty where it did not."""
    return _of_input(job, job.error or "")


def hint_of(job: "Job") -> str:
    """What to do about it."""
    return _of_input(job, job.hint or "")


def named(text: str, copy: Path) -> str:
    """What is said of a copy of standard input, said of standard input."""
    for path in (str(copy.absolute()), str(copy), copy.name):
        text = text.replace(path, "standard input")
    return text[:1].upper() + text[1:]


def _of_input(job: "Job", text: str) -> str:
    if job.args.get("name") != "-":
        return text
    if text.startswith(("- ", "-, ")):
        text = f"standard input{text[1:]}"
    return named(text, Path(str(job.args["path"])))


def doing(job: "Job") -> str:
    """What a job is at; empty where its kind says it all."""
    return printable(job.stage) if job.kind in _STAGED and job.state == "running" else ""


def _amount(job: "Job") -> str:
    if job.kind == "score" and not job.total:
        return ""
    if job.unit == "bytes":
        return f"{size(job.done)} of {size(job.total or 0)}"
    of_total = f" of {'about ' if job.estimated else ''}{job.total:,}" if job.total else ""
    return f"{job.done:,}{of_total} {job.unit}"


def _rate(job: "Job") -> str:
    if job.unit == "bytes":
        return size(job.rate or 0)
    # A slow model does less than one a second, and that is what one wants to know.
    return f"{job.rate:,.0f}" if (job.rate or 0) >= 10 else f"{job.rate:.1f}"


@dataclass
class _Lines:
    title: str
    told: float = field(default_factory=monotonic)

    def __call__(self, job: "Job") -> None:
        if monotonic() - self.told >= _SECONDS_BETWEEN_LINES:
            self.told = monotonic()
            say(": ".join(filter(None, (self.title, doing(job), describe(job)))))


class _Bar:
    def __init__(self, title: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        self.title = title
        self.drawn = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[state]}", markup=False),
            console=Console(stderr=True, markup=False, highlight=False, emoji=False),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.task: TaskID = self.drawn.add_task(title, total=None, state="")

    def __call__(self, job: "Job") -> None:
        self.drawn.update(
            self.task,
            description=doing(job) or self.title,
            completed=job.done,
            total=job.total or None,
            state=describe(job),
        )
