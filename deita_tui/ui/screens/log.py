"""The end of a log, followed while it grows."""

from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer
from textual.widgets import Log as LogLines

from deita_tui.printable import printable
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp

_BYTES = 200_000
"""What is read of a long one."""


class Log(Screen[None]):
    """What a worker wrote, literally.

    Args:
        path: the log.
    """

    PLACES = ("log",)
    app: "DeitaApp"

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._read = 0

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar(f"log {self._path.name}", self.app.opened.folder.name)
        yield LogLines(highlight=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show the end."""
        self._follow()
        self.set_interval(0.5, self._follow)

    def _follow(self) -> None:
        lines = self.query_one(LogLines)
        if not self._path.exists():
            if not lines.line_count:
                lines.write_line(f"Nothing was written: there is no {self._path.name}.")
            return
        with self._path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(self._read, size - _BYTES))
            text = file.read().decode("utf-8", "replace")
            self._read = size
        for line in text.splitlines():
            lines.write_line(printable(line))
