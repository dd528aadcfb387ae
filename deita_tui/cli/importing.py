"""The command that brings records in, waits for them, and reports."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, opened
from deita_tui.cli.exits import Exit
from deita_tui.cli.progress import error_of, hint_of, named
from deita_tui.cli.waiting import waited
from deita_tui.errors import DeitaError, InputError, UsageError
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_store.jobs import Job
    from deita_tui.formats import Plan
    from deita_tui.project import Project
    from deita_tui.steps.importing import ImportReport

_STDIN = "-"


@dataclass(frozen=True, slots=True)
class Input:
    """One file that can be read."""

    path: Path
    name: str
    plan: "Plan"


@dataclass(frozen=True, slots=True)
class _Queued:
    """One file on its way in."""

    name: str
    job: int


def import_(
    ctx: typer.Context,
    directory: Dir,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", help="Files, folders (their files, in name order), - for stdin."
        ),
    ],
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar="NAME", help="How to read it, instead of finding out."),
    ] = None,
    mapping: Annotated[
        str | None,
        typer.Option("--map", metavar="ROLE=COLUMN,...", help="Which column is what."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="NAME", help="Source of records that name none."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first row that cannot be read.")
    ] = False,
    replace: Annotated[
        int | None,
        typer.Option("--replace", metavar="N", help="This file is the better version of import N."),
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Do not wait: the job goes on by itself.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Import files, whatever their format, and say what came in and what was refused."""
    if replace is not None and len(files) != 1:
        raise UsageError("--replace takes the place of one import: give one file.")
    with opened(ctx, directory) as project:
        project.drop_copies()  # those of imports that nobody waited for
        inputs, refused = readable(project, files, format_, mapping)
        if refused and strict:
            raise InputError("Nothing was imported.", "Without --strict the other files are.")
        queued = [
            _Queued(
                each.name,
                project.queue_import(
                    each.path,
                    each.plan,
                    strict=strict,
                    source=source,
                    replace=replace,
                    name=_STDIN if each.name == _STDIN else None,
                ),
            )
            for each in inputs
        ]
        if queued:
            project.start()
        if detach:
            _detached(directory, queued, as_json)
        else:
            _follow(project, directory, queued, as_json)
    if refused:
        output.say(f"{output.plural(refused, 'file')} could not be read, as said above.")
        raise typer.Exit(Exit.USAGE)


def readable(
    project: "Project", files: Sequence[Path], format_: str | None, mapping: str | None
) -> tuple[list[Input], int]:
    """Every file that is meant and how it will be read; and how many cannot be."""
    inputs: list[Input] = []
    refused = 0
    for path, name in _named(project, files):
        try:
            plan = project.plan(path, format=format_, map=mapping)
        except InputError as error:
            if name == _STDIN:
                _drop(project, path)
                error = InputError(named(error.message, path), named(error.hint, path))
            output.tell(error)
            refused += 1
            continue
        _describe(name, plan, inputs[-1].plan if inputs else None)
        inputs.append(Input(path, name, plan))
    return inputs, refused


def _named(project: "Project", files: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Every file that is meant, and what to call it."""
    from deita_tui import formats

    for file in files:
        if str(file) == _STDIN:
            yield _spooled(project.folder), _STDIN
        else:
            for path in formats.expand(file):
                yield path, str(path)


def _describe(name: str, plan: "Plan", before: "Plan | None") -> None:
    output.say(_shown(name))
    if before is not None and plan.describe() == before.describe():
        output.say("  as before")
        return
    for line in plan.describe():
        output.say(f"  {printable(line)}")


def _spooled(folder: Path) -> Path:
    """Standard input as a file, named by its content: a job can read it again from the start."""
    from hashlib import sha256

    from deita_store.store import CACHE

    partial = folder / CACHE / f"stdin-{os.getpid()}.partial"
    digest = sha256()
    try:
        with partial.open("wb") as spool:
            while chunk := sys.stdin.buffer.read(1 << 20):
                digest.update(chunk)
                spool.write(chunk)
        return partial.replace(partial.with_name(f"stdin-{digest.hexdigest()[:16]}"))
    finally:
        partial.unlink(missing_ok=True)


def _detached(directory: str, queued: Sequence[_Queued], as_json: bool) -> None:
    if as_json:
        output.emit([{"file": each.name, "job": each.job} for each in queued])
    for each in queued:
        output.say(f"Job {each.job} imports {_shown(each.name)}.")
    output.say(f"Watch it with: deita-tui jobs {directory}")


def _follow(project: "Project", directory: str, queued: Sequence[_Queued], as_json: bool) -> None:
    reports = []
    worst = Exit.DONE
    for each in queued:
        job = waited(project, each.job, _shown(Path(each.name).name))
        if job.state in ("paused", "interrupted"):
            output.say(f"{job.done:,} rows are in. Run the same command again to continue.")
            raise typer.Exit(Exit.INTERRUPTED)
        if each.name == _STDIN:
            project.drop_copies()
        if job.state == "done":
            reports.append(report := project.report(job))
            _tell(project, report, directory)
        else:
            worst = max(worst, _told_end(each, job))
    if len(reports) > 1:
        _tell_sum(reports)
    if any(report.state != "unchanged" for report in reports):
        output.say("Full-text search is indexed behind; everything else works now.")
        _tell_scores(project, directory)
    if as_json:
        import msgspec

        output.emit(msgspec.to_builtins(reports))
    if worst:
        raise typer.Exit(worst)


def _tell_scores(project: "Project", directory: str) -> None:
    """The files may bring scores of their own."""
    likely = [f"{each.name}={each.measures}" for each in project.score_fields() if each.measures]
    if likely:
        told = printable(" ".join(likely))
        output.note(f"Fields that look like scores: deita-tui scores fields {directory} {told}", 0)


def _told_end(queued: _Queued, job: "Job") -> Exit:
    if job.state == "cancelled":
        output.say(f"{_shown(queued.name)}: cancelled; {job.done:,} rows are in.")
        return Exit.FAILED
    output.tell(DeitaError(error_of(job) or f"Job {job.id} failed.", hint_of(job)))
    # Only --strict makes a row's fault the whole file's.
    return Exit.USAGE if job.args.get("strict") else Exit.FAILED


def _tell(project: "Project", report: "ImportReport", directory: str) -> None:
    name = _shown(report.file)
    if report.state == "unchanged":
        output.say(f"{name}: imported before (import {report.import_id}), nothing to do")
        _tell_break(project, report)
        _tell_replaced(project, report, directory)
        return
    refused = sum(report.refused.values())
    output.say(
        f"{name}: {output.plural(report.imported, 'record')} imported, "
        f"{output.plural(report.duplicates, 'duplicate')}, {refused:,} refused "
        f"in {output.duration(report.seconds)} (import {report.import_id})"
    )
    for reason, count in report.refused.items():
        output.say(f"  refused, {reason}: {count:,}")
    if refused:
        output.say(f"  See them: deita-tui refused {directory} --import {report.import_id}")
    _tell_break(project, report)
    _tell_replaced(project, report, directory)


def _tell_break(project: "Project", report: "ImportReport") -> None:
    """A file that was cut short looks fine otherwise: the rows that are missing are not counted."""
    if last := project.breaks_off(report.import_id):
        why = last.message.partition(" (")[0].removeprefix("The file breaks off here: ")
        output.note(printable(f"! The file breaks off after row {last.row:,}: {why}"))


def _tell_replaced(project: "Project", report: "ImportReport", directory: str) -> None:
    if gone := project.replaced(report.import_id):
        output.note(
            f"import {gone.import_id} was replaced: {output.plural(gone.records, 'record')} left "
            f"with it, {gone.decided:,} of these with a decision. "
            f"Take it back with: deita-tui undo {directory}"
        )


def _shown(name: str) -> str:
    return "standard input" if name == _STDIN else printable(name)


def _drop(project: "Project", copy: Path) -> None:
    """Delete a copy of standard input that cannot be read, unless an import is about to."""
    if all(job.args.get("path") != str(copy.absolute()) for job in project.jobs()):
        copy.unlink(missing_ok=True)


def _tell_sum(reports: Sequence["ImportReport"]) -> None:
    new = [report for report in reports if report.state != "unchanged"]
    refused = sum(sum(report.refused.values()) for report in new)
    output.say(
        f"All {len(reports)} files: {output.plural(sum(each.imported for each in new), 'record')} "
        f"imported, {output.plural(sum(each.duplicates for each in new), 'duplicate')}, "
        f"{refused:,} refused"
    )
