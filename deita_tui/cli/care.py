"""Commands that take data out of a project."""

from dataclasses import asdict
from typing import Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, Yes, agreed, opened
from deita_tui.errors import UsageError
from deita_tui.printable import printable


def remove(
    ctx: typer.Context,
    directory: Dir,
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="NAME", help="All that came under this source."),
    ] = None,
    number: Annotated[
        int | None,
        typer.Option("--import", metavar="N", help="All that import N brought."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Take a source or an import out of the project. `undo` brings it back."""
    if (source is None) == (number is None):
        raise UsageError("What is to go? Give --source NAME or --import N.")
    with opened(ctx, directory) as project:
        act = project.remove(source=source, import_id=number)
    if as_json:
        output.emit(asdict(act) if act else None)
    elif act is None:
        output.say("Nothing of it is in force: there was nothing to remove.")
    else:
        output.say(printable(act.summary))
        output.say(f"Take it back with: deita-tui undo {directory}")


def purge(
    ctx: typer.Context,
    directory: Dir,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="Records, by id or uid.", show_default=False),
    ] = None,
    refused: Annotated[
        int | None,
        typer.Option(
            "--refused",
            metavar="N",
            help="Also what was quoted of the rows that import N refused.",
            show_default=False,
        ),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete records for good: text, scores, notes, journal. Nothing brings them back.

    Without any record, a purge that was cut short is finished.
    """
    with opened(ctx, directory) as project:
        count = len(project.resolve(ids or ()))
        what = output.plural(count, "record") if ids else ""
        if refused is not None:
            what += f"{' and ' if what else ''}the quotes of import {refused}'s refused rows"
        if what and not agreed(f"Purging {what} cannot be undone", f"Delete {what} for good?", yes):
            output.say("Nothing was changed.")
            return
        act = project.purge(ids or (), refused=refused)
        project.start()
    if as_json:
        output.emit(asdict(act) if act else None)
    else:
        output.say(printable(act.summary) if act else "There was nothing to purge.")
