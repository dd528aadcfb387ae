"""The journal: everything that was done, and the way back to any point of it."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from deita_store import history, journal
from deita_store.acts import Act
from deita_store.history import Way
from deita_tui.figures import plural
from deita_tui.printable import printable
from deita_tui.project import Project
from deita_tui.ui import actions, telling
from deita_tui.ui.messages import ProjectChanged
from deita_tui.ui.screens.dialogs import Confirm
from deita_tui.ui.widgets.act_table import ActTable
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp

_SHOWN = 40
"""So many changes of an act are read for the lines below the table."""


class Journal(Screen[None]):
    """Every act, the newest first, with what it changed below."""

    PLACES = ("journal", "table", "project")
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("journal", "project")]
    AUTO_FOCUS = "ActTable"
    app: "DeitaApp"

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name)
        self._ids: array[int] | None = None

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar("journal", self.app.opened.folder.name)
        yield ActTable(lambda limit, before: self.app.opened.journal(limit, before))
        yield Static(id="act", markup=False)
        yield Static(id="status", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Read what there is."""
        self._list()

    def on_project_changed(self, _: ProjectChanged) -> None:
        """Something was done, undone or brought back."""
        self._list()

    def on_screen_resume(self) -> None:
        """Something may have been done in a screen above."""
        self._list()

    def on_resize(self) -> None:
        """More or fewer changes fit."""
        self._describe()

    def on_act_table_moved(self) -> None:
        """Tell of the act under the cursor."""
        self._describe()

    def on_act_table_opened(self) -> None:
        """A second click is Enter."""
        self.action_here()

    def _list(self) -> None:
        def read(project: Project) -> "array[int]":
            return history.numbers(project.store)

        self.app.look("journal", read, self._take)

    def _take(self, ids: "array[int]") -> None:
        # Whatever changes in the journal adds a row to it.
        if self.is_attached and ids != self._ids:
            self._ids = ids
            self.query_one(ActTable).show(ids)

    # What is told ---------------------------------------------------------------------------------

    def _describe(self) -> None:
        act = self.query_one(ActTable).act
        if act is None:
            self.query_one("#act", Static).update("Nothing has been done yet.")
            self.query_one("#status", Static).update("")
            return
        self.query_one("#act", Static).update("\n".join(self._about(act)))
        self.query_one("#status", Static).update(self._next())

    def _about(self, act: Act) -> list[str]:
        word = {"done": "in force", "undone": "undone", "void": "dropped: it cannot come back"}
        state = "" if act.target is not None else f" · {word[act.state]}"
        lines = [printable(f"{act.id}: {act.summary} · {act.actor}{state}")]
        room = max(self.query_one("#act").size.height - 1, 1) or 1
        found = history.changed(self.app.opened.store, act.id, _SHOWN)
        if act.kind == "undo":
            found = [replace(each, before=each.after, after=each.before) for each in found]
        shown = found if len(found) <= room else found[: room - 1]
        lines += [f"  {telling.change(each)}" for each in shown]
        if len(found) > len(shown):
            lines.append(f"  … {plural(act.records, 'record')} in all")
        return lines or [""]

    def _next(self) -> str:
        store = self.app.opened.store
        undo, redo = journal.undoable(store), journal.redoable(store)
        keys = [self.app.keys_of(actions.named(f"app.{name}")) for name in ("undo", "redo")]
        told = [f"{len(self.query_one(ActTable)):,} rows"]
        told.append(f"{keys[0]} undoes {undo.id}: {undo.summary}" if undo else "nothing to undo")
        if redo:
            told.append(f"{keys[1]} brings back {redo.id}: {redo.summary}")
        return printable(" · ".join(told))

    # What keys do ---------------------------------------------------------------------------------

    def action_here(self) -> None:
        """Undo to the act under the cursor, or bring back up to it; ask first."""
        table = self.query_one(ActTable)
        act = table.act
        if act is None:
            return
        if act.target is not None:
            # The row tells of another one: that is where the state was.
            table.go_to(act.target)
            self._say(f"That row tells of act {act.target}: here it is.")
            return
        if act.state == "void":
            self._say("This act was dropped when something else was done: it cannot come back.")
            return
        way = history.way_to(self.app.opened.store, act.id)
        if act.state == "undone":
            self._ask_forward(act, way)
        else:
            self._ask_back(act, way)

    def _ask_back(self, act: Act, way: Way) -> None:
        key = self.app.keys_of(actions.named("app.undo"))
        if not way.undo:
            self._say(f"Nothing in force came after it; {key} takes back this act itself.")
            return
        question = f"Undo {plural(way.undo, 'act')} that came after {act.id}: {act.summary}?"

        def back(project: Project) -> Sequence[Act]:
            return project.undo_to(act.id)

        self._ask(question, back, "undone")

    def _ask_forward(self, act: Act, way: Way) -> None:
        question = f"Bring back {plural(way.redo, 'act')}, up to {act.id}: {act.summary}?"

        def forward(project: Project) -> Sequence[Act]:
            found: list[Act] = []
            while (done := project.redo()) is not None:
                found.append(done)
                if done.id >= act.id:
                    break
            return found

        self._ask(question, forward, "brought back")

    def _ask(self, question: str, step: Callable[[Project], Sequence[Act]], word: str) -> None:
        folder = self.app.opened.folder

        def work() -> int:
            with Project.open(folder, door="app") as project:
                return len(step(project))

        def done(count: int) -> None:
            self._say(f"{plural(count, 'act')} {word}")
            self.app.changed()

        def answered(yes: bool | None) -> None:
            if yes:
                self.app.aside("journal-step", work, done)

        self.app.push_screen(Confirm(question), answered)

    def action_records(self) -> None:
        """Go to the records of the act."""
        from deita_tui.ui.screens.touched import Touched

        act = self.query_one(ActTable).act
        if act is None:
            return
        if not act.records:
            self._say("That act was about no record.")
            return
        self.app.push_screen(Touched(act))

    def _say(self, what: str) -> None:
        self.notify(printable(what), markup=False, timeout=4)
