"""What this machine can run, as `deita-tui doctor` says it."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from deita_tui.findings import Finding
from deita_tui.printable import printable
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp


class Doctor(Screen[None]):
    """One finding a line, with what to do about it."""

    PLACES = ("doctor",)
    app: "DeitaApp"

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar("doctor")
        with VerticalScroll(classes="form"):
            yield Static("Looking…", id="findings")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Look at the machine beside the screen."""
        project = self.app.project
        folder = project.folder if project else self.app.home
        self.app.aside("doctor", lambda: examined(folder), self._draw)

    def _draw(self, found: list[Finding]) -> None:
        if self.is_attached:
            self.query_one("#findings", Static).update(drawn(found))


def examined(folder: Path) -> list[Finding]:
    """What the doctor finds; takes a second, so ask it in a thread."""
    from deita_tui import doctor

    return list(doctor.examine(folder))


def of_models(found: Iterable[Finding]) -> list[Finding]:
    """What of it tells which models can be run here, and how."""
    return [each for each in found if each.name.startswith(("GPUs", "memory", "auto", "models"))]


def drawn(found: Iterable[Finding]) -> Content:
    """One finding a line; a sign says whether all is well."""
    known = list(found)
    width = max((len(each.name) for each in known), default=0)
    lines = []
    for each in known:
        mark = "✔" if each.ok and not each.advice else "!" if each.ok else "✕"
        name = Content.styled(f"{mark} {each.name:<{width}}  ", "bold")
        lines.append(name + Content(printable(each.value)))
        if each.advice:
            told = f"{'':<{width + 4}}{printable(each.advice)}"
            lines.append(Content.styled(told, "$warning"))
    return Content("\n").join(lines)
