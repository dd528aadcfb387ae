"""The commands that open the app."""

from pathlib import Path

import typer

from deita_tui import places
from deita_tui.cli.common import Dir, home
from deita_tui.cli.output import has_terminal
from deita_tui.errors import UsageError


def open_(ctx: typer.Context, directory: Dir) -> None:
    """Open a project in the app; `deita-tui` alone opens it at the list of projects."""
    known = home(ctx)
    folder = places.resolve(directory, known)
    from deita_tui.project import Project

    # What is wrong with it is said here, and not on a screen that opens for it.
    Project.open(folder, read_only=True, door="cli").close()
    launch(known, folder)


def launch(known: Path, folder: Path | None = None) -> None:
    """Run the app on this terminal.

    Raises:
        UsageError: there is no terminal to run it on.
    """
    if not can_open():
        raise UsageError(
            "The app needs a terminal, and there is none.", "Every command works without one."
        )
    from deita_tui import ui

    raise typer.Exit(ui.run(known, folder))


def can_open() -> bool:
    """Is there a terminal that the app could be drawn on?"""
    return has_terminal()
