"""One record over the whole screen."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Footer

from deita_tui.ui import actions, telling
from deita_tui.ui.widgets.conversation import Conversation
from deita_tui.ui.widgets.record_table import RecordTable
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp


class Reader(Screen[None]):
    """The record under a table's cursor; the same keys move the cursor below.

    Args:
        table: the table that it was opened from.
    """

    PLACES = ("reader",)
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("reader")]
    app: "DeitaApp"

    def __init__(self, table: RecordTable) -> None:
        super().__init__()
        self._table = table

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar("record", self.app.opened.folder.name)
        yield Conversation()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show the record."""
        self.query_one(Conversation).focus()
        self._show()

    def action_step(self, step: int) -> None:
        """Go to another record."""
        self._table.move(step)
        self._show()

    def action_turn(self, step: int) -> None:
        """Go to another turn."""
        self.query_one(Conversation).turn(step)

    def action_why(self) -> None:
        """Say why the record is in or out."""
        from deita_tui.ui.screens.why import Why

        if (row := self._table.row) is not None:
            self.app.push_screen(Why(row.id))

    def _show(self) -> None:
        if (row := self._table.row) is not None and row.uid:
            record = self.app.opened.record(row.id)
            self.query_one(Conversation).show(record, telling.head(row), telling.beside(row))
            self.query_one(TopBar).right = f"#{row.id} · {row.uid}"
