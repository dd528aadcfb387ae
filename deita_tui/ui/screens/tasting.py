"""The user's taste: what it is worth, what it leans on; learning it, and forgetting it."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from deita_tui.errors import DeitaError
from deita_tui.printable import printable
from deita_tui.project import Project
from deita_tui.ui import actions
from deita_tui.ui.messages import ProjectChanged
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.steps.tasting_report import TasteReport
    from deita_tui.ui.app import DeitaApp

_HELP = (
    "From what you keep and reject, the chance that you would keep a record. Once learned, taste "
    "is a column (C in browse), a word for filters and sorting (taste<0.2), a queue of review, and "
    "a factor for the formula (c*q*taste): no selection goes by it unless you say so."
)


class Taste(Screen[None]):
    """Looks at the decisions as they stand; learning is asked for."""

    PLACES = ("taste", "project")
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("taste", "project")]
    app: "DeitaApp"

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self._busy = False

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar("taste", self.app.opened.folder.name)
        with VerticalScroll(classes="form"):
            yield Static(_HELP, classes="form--label", markup=False)
            yield Static("Looking at your decisions…", id="taste", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Look at what was decided."""
        self._look()

    def on_project_changed(self, _: ProjectChanged) -> None:
        """Look again."""
        if not self._busy:
            self._look()

    def action_learn(self) -> None:
        """Learn from the decisions as they stand."""
        folder = self.app.opened.folder

        def work() -> "TasteReport":
            with Project.open(folder, door="app") as project:
                return project.learn_taste()

        if not self._busy:
            self._busy = True
            self.query_one("#taste", Static).update("Learning, and saying it of every record…")
            self.app.aside("taste", work, self._learned, self._failed)

    def action_forget(self) -> None:
        """Take the column away."""
        if not self._busy:
            there = self.app.opened.forget_taste()
            self.app.notify("Your taste is forgotten." if there else "No taste was learned.")
            self._look()

    def _look(self) -> None:
        self.app.look("taste", lambda project: project.taste(), self._draw)

    def _learned(self, report: "TasteReport") -> None:
        self._busy = False
        self.app.notify(f"Learned: {printable(report.told)}", markup=False)
        self._draw(report)

    def _failed(self, error: DeitaError) -> None:
        self._busy = False
        self.app.notify(printable(str(error)), severity="warning", markup=False)
        self._look()

    def _draw(self, report: "TasteReport") -> None:
        from deita_tui.steps.tasting_told import lines

        if not self.is_attached:
            return
        told = list(lines(report))
        width = max(len(name) for name, _ in told)
        self.query_one("#taste", Static).update(
            Content("\n").join(
                Content.styled(f"{name:<{width}}  ", "bold") + Content(printable(text))
                for name, text in told
            )
        )
