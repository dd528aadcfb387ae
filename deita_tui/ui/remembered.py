"""What the app remembers from one time to the next: the look, and what was filtered by.

A convenience in the projects folder: what cannot be read or written is done without.
"""

from pathlib import Path
from typing import Any

from deita_tui import places

_FILE = "app.json"
_LINES = 50


def theme(home: Path) -> str:
    """The theme that was chosen last; empty where none was."""
    found = _read(home).get("theme")
    return found if isinstance(found, str) else ""


def keep_theme(home: Path, name: str) -> None:
    """Remember a theme."""
    _write(home, {"theme": name})


def history(home: Path, of: str) -> list[str]:
    """What was typed into a box of that name, the latest last."""
    found = _read(home).get(f"history:{of}")
    return [line for line in found if isinstance(line, str)] if isinstance(found, list) else []


def keep_history(home: Path, of: str, line: str) -> None:
    """Remember a line that was typed."""
    before = [each for each in history(home, of) if each != line]
    _write(home, {f"history:{of}": [*before, line][-_LINES:]})


def queue(home: Path, project: str) -> str:
    """The queue that was looked at last in a project; empty where there was none."""
    found = _read(home).get("queues")
    name = found.get(project) if isinstance(found, dict) else None
    return name if isinstance(name, str) else ""


def keep_queue(home: Path, project: str, name: str) -> None:
    """Remember the queue that is looked at in a project."""
    found = _read(home).get("queues")
    before = (
        {at: each for at, each in found.items() if at != project} if isinstance(found, dict) else {}
    )
    _write(home, {"queues": dict([*before.items(), (project, name)][-_LINES:])})


def keymap(home: Path) -> str:
    """The keymap that was chosen in the app; empty where none was."""
    found = _read(home).get("keymap")
    return found if isinstance(found, str) else ""


def keep_keymap(home: Path, name: str) -> None:
    """Remember a keymap."""
    _write(home, {"keymap": name})


def log_file(home: Path) -> Path:
    """Where the app writes what is a mistake of the program."""
    return home / "app.log"


def _read(home: Path) -> dict[str, Any]:
    found = places.load(home, _FILE)
    return found if isinstance(found, dict) else {}


def _write(home: Path, told: dict[str, Any]) -> None:
    places.store(home, _FILE, _read(home) | told)
