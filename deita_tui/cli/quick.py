"""The short way into the app, which is gone most often: no other command is loaded for it.

It goes only where nothing can be said on the way. Whatever is not plainly ``deita-tui`` or
``deita-tui open DIR`` on a terminal takes the long way, and so does what cannot be opened.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from deita_tui import places
from deita_tui.cli import output
from deita_tui.errors import DeitaError

_COMPLETING = "_DEITA_TUI_COMPLETE"


def wanted(words: Sequence[str]) -> tuple[Path, Path | None] | None:
    """The projects folder and the project to open, where the app and nothing else is asked for."""
    if _COMPLETING in os.environ or not output.has_terminal():
        return None
    home = places.projects_dir()
    match words:
        case []:
            return home, None
        case ["open", name] if not name.startswith("-"):
            folder = places.resolve(name, home)
            return (home, folder) if _opens(folder) else None
    return None


def _opens(folder: Path) -> bool:
    from deita_tui.project import Project

    try:
        Project.open(folder, read_only=True, door="cli").close()
    except DeitaError:
        return False
    return True
