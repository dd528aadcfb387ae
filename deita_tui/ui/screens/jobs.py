"""The jobs of a project: how far, how fast, and steering them."""

from typing import TYPE_CHECKING, ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from deita_store.jobs import Job
from deita_tui.errors import DeitaError
from deita_tui.figures import duration
from deita_tui.jobs.running import log_of
from deita_tui.printable import printable
from deita_tui.ui import actions
from deita_tui.ui.messages import ProjectChanged
from deita_tui.ui.widgets.few_rows import FewRows
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp


class Jobs(Screen[None]):
    """Every job, the latest first; they run on when the app closes."""

    PLACES = ("jobs",)
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("jobs")]
    app: "DeitaApp"

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar("jobs", self.app.opened.folder.name)
        yield FewRows()
        yield Static(id="about-job", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show them."""
        table = self.query_one(FewRows)
        for title in ("job", "what", "state", "done", "speed", "left"):
            table.add_column(title, key=title)
        table.focus()
        self._draw()
        self.set_interval(1.0, self._draw)

    def on_project_changed(self, _: ProjectChanged) -> None:
        """Something moved."""
        self._draw()

    def on_data_table_row_highlighted(self) -> None:
        """Tell more of the job under the cursor."""
        self._describe()

    def _draw(self) -> None:
        table = self.query_one(FewRows)
        jobs = list(reversed(self.app.opened.jobs()))
        if [str(job.id) for job in jobs] != [str(key.value) for key in table.rows]:
            row = table.cursor_row
            table.clear()
            for job in jobs:
                table.add_row(*map(Text, cells(job)), key=str(job.id))
            table.move_cursor(row=row)
        else:
            for job in jobs:
                for title, cell in zip(table.columns, cells(job), strict=True):
                    table.update_cell(str(job.id), title, Text(cell), update_width=True)
        self._describe()

    def _here(self) -> Job | None:
        table = self.query_one(FewRows)
        jobs = list(reversed(self.app.opened.jobs()))
        return jobs[table.cursor_row] if 0 <= table.cursor_row < len(jobs) else None

    def _describe(self) -> None:
        job = self._here()
        if job is None:
            text = "Nothing has been done yet."
        else:
            text = printable(" ".join(filter(None, (job.error, job.hint)))) or _times(job)
        self.query_one("#about-job", Static).update(text)

    def action_steer(self, wanted: Literal["pause", "resume", "cancel"]) -> None:
        """Pause, resume or cancel the job under the cursor."""
        job = self._here()
        if job is None:
            return
        try:
            self.app.opened.steer(job.id, wanted)
        except DeitaError as error:
            self.app.tell(error)
            return
        self._draw()

    def action_log(self) -> None:
        """Show what the job's worker wrote."""
        from deita_tui.ui.screens.log import Log

        if (job := self._here()) is not None:
            self.app.push_screen(Log(log_of(self.app.opened.folder, job.id)))


def cells(job: Job) -> tuple[str, ...]:
    """A job as a line of the table."""
    running = job.state == "running"
    return (
        str(job.id),
        printable(f"{job.kind} {job.stage}".strip()),
        job.state if job.wanted == "run" or not running else f"{job.wanted} asked",
        progress(job),
        f"{job.rate:,.0f} {job.unit}/s" if running and job.rate else "",
        left(job),
    )


def progress(job: Job) -> str:
    """How far it is."""
    if job.total:
        return f"{job.done:,} of {job.total:,} ({min(job.done / job.total, 1):.0%})"
    return f"{job.done:,}" if job.done else ""


def left(job: Job) -> str:
    """How long it will take; empty where nobody can tell."""
    seconds = job.seconds_left if job.state == "running" else None
    return duration(seconds) if seconds else ""


def _times(job: Job) -> str:
    told = [f"queued {job.created_at}"]
    if job.started_at:
        told.append(f"started {job.started_at}")
    if job.finished_at:
        told.append(f"ended {job.finished_at}")
    return " · ".join(told)
