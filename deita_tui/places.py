"""Where projects live, and which were used lately.

A project is named by its folder, or by a bare name that stands for a folder in the projects folder:
``--projects-dir``, else ``DEITA_TUI_HOME``, else the user's data folder.
"""

import json
import os
from pathlib import Path

HOME = "DEITA_TUI_HOME"
_RECENT = "recent.json"
_REMEMBERED = 20


def projects_dir(chosen: Path | None = None) -> Path:
    """The folder in which a bare project name is looked for. It need not exist."""
    if chosen is not None:
        return chosen
    if told := os.environ.get(HOME):
        return Path(told)
    from platformdirs import user_data_path

    return user_data_path("deita-tui") / "projects"


def resolve(name: str, home: Path) -> Path:
    """The project folder that ``name`` means; it need not exist."""
    path = Path(name).expanduser()
    bare = path.name == name and name not in (".", "..")
    if not bare:
        return path
    from deita_store.store import is_project

    # Something else that happens to be called like it hides no project.
    hidden = not is_project(path) and is_project(home / name)
    return home / name if hidden or not path.exists() else path


def remember(folder: Path, home: Path) -> None:
    """Note that the project in ``folder`` was used just now."""
    used = str(folder.resolve())
    known = [used, *(path for path in _read(home) if path != used)][:_REMEMBERED]
    store(home, _RECENT, known)


def forget(folder: Path, home: Path) -> None:
    """Take a project off the list; nothing of it is touched."""
    store(home, _RECENT, [path for path in _read(home) if Path(path) != folder])


def recent(home: Path) -> list[Path]:
    """The projects used lately, the last one first; those that are gone are left out."""
    from deita_store.store import is_project

    return [path for path in map(Path, _read(home)) if is_project(path)]


def load(home: Path, name: str) -> object:
    """What ``store`` kept in the projects folder under that name; None where that is nothing."""
    try:
        return json.loads((home / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def store(home: Path, name: str, value: object) -> None:
    """Keep a small thing in the projects folder, as JSON; what is kept already is not touched."""
    if load(home, name) == value:
        return
    try:
        home.mkdir(parents=True, exist_ok=True)
        beside = home / f"{name}.{os.getpid()}"
        beside.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        beside.replace(home / name)
    except OSError:
        # A convenience: a home that cannot be written to must not stop anyone's work.
        return


def _read(home: Path) -> list[str]:
    known = load(home, _RECENT)
    return [path for path in known if isinstance(path, str)] if isinstance(known, list) else []
