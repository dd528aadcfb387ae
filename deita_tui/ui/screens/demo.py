"""Making the demo, which takes a few seconds, beside the screen."""

from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import ProgressBar, Static

from deita_store.jobs import Job
from deita_tui.errors import DeitaError
from deita_tui.printable import printable
from deita_tui.project import Project
from deita_tui.ui.screens.dialogs import Dialog
from deita_tui.ui.screens.jobs import progress

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp

_STEPS = {
    "import": "importing its records",
    "score": "scoring them with the draft scorers",
    "embed": "making vectors",
}


class Demo(Dialog[Path]):
    """The folder of the demo once it is ready; Escape waits for it no longer.

    Args:
        folder: where it is, or is to be.
    """

    app: "DeitaApp"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(classes="dialog"):
            yield Static("The demo: real records, scored and selected", classes="dialog--message")
            yield Static("…", id="step", markup=False)
            yield ProgressBar(show_eta=False)

    def on_mount(self) -> None:
        """Begin."""
        self.app.aside("demo", self._make, self._made, self._failed)

    def _make(self) -> None:
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        with Project.demo(self._folder, door="app", progress=self._hear) as project:
            project.start()  # what can wait, such as the full-text index

    def _made(self, _: None) -> None:
        if self.is_attached:
            self.dismiss(self._folder)

    def _failed(self, error: DeitaError) -> None:
        if self.is_attached:
            self.dismiss(None)
        self.app.tell(error)

    def _hear(self, job: Job) -> None:
        """Called from the thread that makes it."""
        self.app.call_from_thread(self._draw, job)

    def _draw(self, job: Job) -> None:
        if self.is_attached:
            told = f"{_STEPS.get(job.kind, job.kind)}  {progress(job)}"
            self.query_one("#step", Static).update(printable(told))
            self.query_one(ProgressBar).update(total=job.total, progress=job.done)
