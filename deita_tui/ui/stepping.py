"""Undo and redo on the screen: one step at a time, and a long one beside it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from deita_store import journal
from deita_store.acts import Act
from deita_tui.errors import DeitaError
from deita_tui.project import Project
from deita_tui.ui.messages import SteppedBack

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp

AT_ONCE = 5_000
"""Records that a step may write on the screen's thread; it takes some 10 ms."""

_LOOK = "step back"
_Step = Callable[[Project], Act | None]


def back(app: "DeitaApp") -> None:
    """Take the last act back."""
    if app.project is None:
        app.notify("No project is open.", markup=False)
    else:
        act = journal.undoable(app.project.store)
        _step(app, act, Project.undo, "Nothing to undo.", "undone")


def forth(app: "DeitaApp") -> None:
    """Bring back what was undone."""
    if app.project is None:
        app.notify("No project is open.", markup=False)
    else:
        act = journal.redoable(app.project.store)
        _step(app, act, Project.redo, "Nothing to redo.", "redone")


def _step(app: "DeitaApp", coming: Act | None, step: _Step, nothing: str, done: str) -> None:
    folder = app.opened.folder

    def beside() -> Act | None:
        with Project.open(folder, door="app") as project:
            return step(project)

    def finish(act: Act | None) -> None:
        _tell(app, act, nothing, done)

    if app.is_looking(_LOOK):
        app.notify("The last step is not finished yet.", markup=False, timeout=3)
    elif coming is not None and coming.records > AT_ONCE:
        app.notify(f"Writing {coming.records:,} records…", markup=False, timeout=2)
        app.aside(_LOOK, beside, finish)
    else:
        try:
            act = step(app.opened)
        except DeitaError as error:
            app.tell(error)
        else:
            finish(act)


def _tell(app: "DeitaApp", act: Act | None, nothing: str, done: str) -> None:
    told = f"{done}: {act.summary}" if act else nothing
    # A screen with a line for it says it there.
    if not getattr(app.screen, "TELLS_UNDO", False):
        app.notify(told, markup=False, timeout=3)
    app.screen.post_message(SteppedBack(act, done, told))
    app.changed()
