"""The records that an act of the journal was about."""

from array import array
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from deita_store.acts import Act
from deita_store.view import View
from deita_tui.printable import printable
from deita_tui.project import Project
from deita_tui.ui import actions
from deita_tui.ui.messages import ProjectChanged
from deita_tui.ui.widgets import record_columns
from deita_tui.ui.widgets.record_table import RecordTable
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp


class Touched(Screen[None]):
    """A list of records as they are now; those that were purged meanwhile are blank.

    Args:
        act: what they were touched by.
    """

    PLACES = ("touched", "table")
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("touched")]
    AUTO_FOCUS = "RecordTable"
    app: "DeitaApp"

    def __init__(self, act: Act) -> None:
        super().__init__()
        self._act = act

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar(f"records of act {self._act.id}", self.app.opened.folder.name)
        yield RecordTable()
        yield Static(printable(self._act.summary), id="status", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Read which they are."""
        act = self._act.id

        def read(project: Project) -> View:
            built = project.view("id:0")
            built.ids = array("q", project.touched(act))
            return built

        self.app.look("touched", read, self._take)

    def on_unmount(self) -> None:
        """Nobody waits for them any more."""
        self.app.drop("touched")

    def on_resize(self) -> None:
        """Other columns fit."""
        columns = record_columns.chosen(record_columns.DEFAULT, self.size.width)
        self.query_one(RecordTable).use(columns)

    def on_project_changed(self, _: ProjectChanged) -> None:
        """Something was decided about them."""
        self.query_one(RecordTable).reread()

    def on_screen_resume(self) -> None:
        """Something may have been decided in a screen above."""
        self.query_one(RecordTable).reread()

    def on_record_table_opened(self) -> None:
        """A second click is Enter."""
        self.action_read_record()

    def _take(self, built: View) -> None:
        if self.is_attached:
            self.query_one(RecordTable).show(built.over(self.app.opened.store))

    def action_read_record(self) -> None:
        """Read the record over the whole screen."""
        from deita_tui.ui.screens.reader import Reader

        table = self.query_one(RecordTable)
        if table.row is not None:
            self.app.push_screen(Reader(table))

    def action_why(self) -> None:
        """Say why the record is in or out."""
        from deita_tui.ui.screens.why import Why

        if (row := self.query_one(RecordTable).row) is not None:
            self.app.push_screen(Why(row.id))
