"""Commands that change what a record says, or which of two records is kept."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, opened
from deita_tui.cli.deciding import Doing, Effect, report
from deita_tui.errors import DeitaError, UsageError
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_store.acts import Act
    from deita_tui.project import Project
    from deita_tui.records import Message

Id = Annotated[
    str, typer.Argument(metavar="ID", help="The record: its id or uid.", show_default=False)
]


def swap(
    ctx: typer.Context,
    directory: Dir,
    record: Id,
    blocker: Annotated[
        str | None,
        typer.Option(
            "--blocker", metavar="ID", show_default=False,
            help="The record to reject; default: the one that keeps it out.",
        ),
    ] = None,
    selection: Annotated[
        str | None,
        typer.Option(
            "--selection", metavar="NAME", show_default=False,
            help="In which selection; default: the working one, or the last saved.",
        ),
    ] = None,
    effect: Effect = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Keep a record and reject the one that it is too similar to, in one step of undo."""
    with opened(ctx, directory) as project:
        doing = Doing(project, as_json, effect, "swapped")
        doing.do(
            lambda: project.swap(record, blocker=blocker, selection=selection),
            none="Both are decided so already.",
        )


def edit(
    ctx: typer.Context,
    directory: Dir,
    record: Id,
    message: Annotated[
        int | None,
        typer.Option(
            "--message", metavar="N", min=0, show_default=False,
            help="Which message, counted from 0; needed where there are several.",
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(
            "--text", metavar="TEXT", show_default=False,
            help="What it says from now on. Without --text and --file your editor opens.",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", metavar="FILE", show_default=False,
            help="Take the text from a file; - is standard input.",
        ),
    ] = None,
    refresh: Annotated[
        bool,
        typer.Option(
            "--refresh/--no-refresh", help="Have the record scored and embedded again, or not yet."
        ),
    ] = True,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Change a message of a record; it is scored and embedded again, and undo brings it back."""
    if text is not None and file is not None:
        raise UsageError("The text comes from --text or from --file, not from both.")
    with opened(ctx, directory) as project:
        said = project.record(record).messages
        at = _which(said, message, record)
        before = said[at].content
        new = _text(before, text, file)
        act = None if new is None else project.edit(record, at, new)
        jobs = _refreshed(project, record) if act and refresh else ()
        _report(project, act, jobs, as_json)


def prices(
    ctx: typer.Context,
    directory: Dir,
    selection: Annotated[
        str | None,
        typer.Option(
            "--selection", metavar="NAME", show_default=False,
            help="Whose budget and threshold; default: the working one's, or the last saved.",
        ),
    ] = None,
    limit: Annotated[
        int,
        typer.Option("--limit", metavar="N", min=1, help="How many decisions, the latest first."),
    ] = 50,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Say what each keep and each reject costs: the selection without that one decision."""
    from deita_tui.cli.selected import told

    with opened(ctx, directory, read_only=True) as project:
        found = project.prices(selection, limit, progress=told())
    if as_json:
        output.emit([asdict(each) for each in found])
        return
    if not found:
        output.say("Nothing is decided: no record is pinned in or out.")
        return
    columns = [
        output.Column("id", number=True), output.Column("decision"),
        output.Column("matters"), output.Column("displaces", number=True),
        output.Column("frees", number=True), output.Column("which", long=True),
    ]  # fmt: skip
    rows = [
        (e.record, e.verb, e.matters, len(e.displaced), len(e.freed), _moved(e.displaced, e.freed))
        for e in found
    ]
    output.table(columns, rows)


def _moved(displaced: Sequence[int], freed: Sequence[int]) -> str:
    signed = [f"-#{id_}" for id_ in displaced] + [f"+#{id_}" for id_ in freed]
    return " ".join([*signed[:8], "…"] if len(signed) > 8 else signed)


def _which(said: "Sequence[Message]", message: int | None, record: str) -> int:
    """The message that is meant."""
    if message is not None:
        return message if message < len(said) else _none_like_that(said, message, record)
    if len(said) == 1:
        return 0
    raise UsageError(f"Record {record} has {len(said)} messages: say which with --message.",
                     f"There are: {_roles(said)}.")  # fmt: skip


def _none_like_that(said: "Sequence[Message]", message: int, record: str) -> int:
    raise UsageError(f"Record {record} has no message {message}.", f"There are: {_roles(said)}.")


def _roles(said: "Sequence[Message]") -> str:
    first = [f"{at} {each.role}" for at, each in enumerate(said[:12])]
    return ", ".join([*first, "…"] if len(said) > 12 else first)


def _text(before: str, text: str | None, file: Path | None) -> str | None:
    """The new text; None where nothing was changed."""
    if text is not None:
        return text
    if file is not None:
        from deita_tui.editor import without_added_newline

        return without_added_newline(_read(file), before)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "There is no terminal for an editor.", "Give the text with --text or --file."
        )
    from deita_tui.editor import edit_text

    return edit_text(before)


def _read(file: Path) -> str:
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return raw.decode("utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is no UTF-8 text (byte {error.start}).") from error


def _refreshed(project: "Project", record: str) -> Sequence[int]:
    try:
        jobs = project.queue_refresh(record)
    except DeitaError as error:
        # The edit stands all the same.
        output.say(printable(str(error)))
        jobs = [job.id for job in project.jobs() if job.state == "queued"]
    if jobs:
        project.start()
    return jobs


def _report(project: "Project", act: "Act | None", jobs: Sequence[int], as_json: bool) -> None:
    if as_json:
        told: dict[str, Any] = {"act": asdict(act) if act else None, "jobs": list(jobs)}
        output.emit(told)
        return
    report(project, act, False, none="Nothing was changed.")
    if jobs:
        listed = " and ".join(f"job {job}" for job in jobs)
        output.note(
            f"It keeps its old outcome until {listed} are done, which score and embed it again: "
            f"deita-tui jobs {project.folder}"
        )
