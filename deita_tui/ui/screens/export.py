"""Export: what a trainer would make of the selection, put right here, then written."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.timer import Timer
from textual.widgets import Footer, Static

from deita_store import rows
from deita_tui.errors import DeitaError, UsageError
from deita_tui.project import Project
from deita_tui.ui import actions, exporting, remembered, telling
from deita_tui.ui.exporting import Steps, Stopped, Tried, Wanted
from deita_tui.ui.messages import ProjectChanged
from deita_tui.ui.screens.export_findings import Looking
from deita_tui.ui.screens.export_writing import Writing
from deita_tui.ui.widgets import verdict
from deita_tui.ui.widgets.conversation import Conversation
from deita_tui.ui.widgets.export_form import ExportForm
from deita_tui.ui.widgets.finding_list import FindingList
from deita_tui.ui.widgets.topbar import TopBar

_PAUSE = 0.3
"""Between the last change of a choice and the dry run, in seconds."""
_TICK = 0.2


class Export(Looking, Writing):
    """Choices at the left, and what a dry run finds beside them.

    The dry run follows every choice, in a thread; so does the writing, which Escape stops and which
    then leaves nothing. What is found can be looked into and decided upon; since what was saved
    never changes, selecting again is one key.
    """

    PLACES = ("export", "findings", "project")
    AUTO_FOCUS = "FindingList"
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("export", "findings", "project")]

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self._wrong: DeitaError | None = None
        self._wanted: Wanted | None = None
        """What the last dry run was about."""
        self._due = False
        """Was something written to the project since the dry run?"""
        self._pause: Timer | None = None
        self._row: bool | None = None
        """Is the first row shown instead of the findings? None: where there are no findings."""

    def compose(self) -> ComposeResult:
        """Lay it out."""
        folder = self.app.opened.folder
        yield TopBar("export", folder.name)
        with Horizontal(id="exporting"):
            yield ExportForm(folder, self.exportable())
            with Vertical(id="found"):
                yield Static(id="verdict")
                yield FindingList(self._begins)
                with VerticalScroll(id="example"):
                    yield Static()
                yield Static(id="about-finding")
            yield Conversation()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Try what is chosen at first."""
        self.query_one("#example").display = False
        self.set_interval(_TICK, self._tick)
        self.try_it()

    def on_unmount(self) -> None:
        """Nobody waits any more; what is half written goes away."""
        for steps in (self.trying, self.writing):
            if steps is not None:
                steps.stop()
        self.app.drop("export")

    def on_resize(self) -> None:
        """Draw in the new room."""
        self.call_after_refresh(self.draw)

    def on_screen_resume(self) -> None:
        """Something may have been put right meanwhile."""
        if self.queue is not None:
            remembered.keep_queue(self.app.home, str(self.app.opened.folder), self.queue)
            self.queue = None
        self._due = True
        self.found.reread()

    def on_project_changed(self, _: ProjectChanged) -> None:
        """Something was written to the project; whether it matters is looked at before long."""
        self._due = True
        self.found.reread()

    def on_export_form_changed(self) -> None:
        """Something else is wanted: try that, once the fingers rest."""
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(_PAUSE, self._try_other)

    def on_export_form_submitted(self) -> None:
        """Write."""
        self.action_go()

    def on_finding_list_moved(self) -> None:
        """Tell more of the finding under the cursor."""
        self._describe()

    def on_finding_list_opened(self) -> None:
        """Look into it."""
        self.action_open()

    def _begins(self, ids: Sequence[int]) -> Mapping[int, str]:
        """How records begin, behind what was decided on them."""
        found = rows.read(self.app.opened.store, ids)
        told = {"keep": "▲ pinned · ", "reject": "✕ rejected · "}
        return {
            row.id: f"{told.get(row.decision or '', '')}{'edited · ' if row.edited else ''}"
            f"{row.instruction}"
            for row in found
        }

    # The dry run ----------------------------------------------------------------------------------

    def try_it(self) -> None:
        """Try what is chosen; what an older dry run still finds is dropped."""
        if self.writing is not None or not self.is_attached:
            return
        if self.trying is not None:
            self.trying.stop()
        self._due, self.trying = False, None
        try:
            self._wanted = wanted = self.form.wanted()
        except UsageError as error:
            self.app.drop("export")
            self._take_wrong(error)
            return
        self.trying = steps = Steps()

        def read(project: Project) -> Tried:
            return exporting.try_it(project, wanted, steps)

        self.app.look("export", read, self._take, self._take_wrong)
        self.draw()

    def _try_other(self) -> None:
        """Try what is chosen, unless that is what was tried last."""
        try:
            if self.form.wanted() == self._wanted and self._wrong is None:
                return
        except UsageError:
            pass  # told by what follows
        self.try_it()

    def _take(self, tried: Tried) -> None:
        if not self.is_attached:
            return
        self.tried, self._wrong, self.trying = tried, None, None
        self.found.show(tried.groups)
        self.query_one("#example Static", Static).update(verdict.row(tried.report.example))
        self.draw()

    def _take_wrong(self, error: DeitaError) -> None:
        if not self.is_attached or isinstance(error, Stopped):
            return
        self.tried, self._wrong, self.trying = None, error, None
        self.found.show(())
        self.draw()

    def _tick(self) -> None:
        if self.trying is not None or self.writing is not None:
            self.draw()
        elif self._due and self._wanted is not None and self.app.screen is self:
            self._due = False
            wanted = self._wanted
            self.app.look("export", lambda project: exporting.news(project, wanted), self._follow)

    def _follow(self, news: object) -> None:
        """Try again where something happened that a dry run sees."""
        if not self.is_attached or (self.tried is not None and news == self.tried.news):
            return
        form, names = self.form, self.exportable()
        if names != form.offered:
            kept = form.selection
            form.offer(names, kept)
        self.try_it()

    # Drawing --------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw how far it is, or what it came to."""
        if not self.is_attached:
            return
        steps = self.writing or self.trying
        width = self.query_one("#verdict").size.width
        if steps is not None:
            stop = self.app.keys_of(actions.named("export.back"))
            name = f"{self.busy} ({stop} stops it)" if self.writing else "trying every record"
            told = verdict.under_way(name, steps.last, width)
        elif self._wrong is not None:
            told = verdict.wrong(self._wrong)
        elif self.tried is not None:
            told = verdict.of(self.tried, self.app.keys_of(actions.named("export.again")))
        else:
            return
        self.query_one("#verdict", Static).update(told)
        self.form.disabled = self.writing is not None
        self._turn()
        self._describe()

    def _turn(self) -> None:
        """Show the findings, or else the first row; who had the focus keeps it."""
        found, example = self.found, self.query_one("#example")
        tried = self.tried
        shown = tried is not None and (not tried.groups if self._row is None else self._row)
        if example.display is not shown:
            moves = self.focused in (found, example, None)
            found.display, example.display = not shown, shown
            if moves:
                (example if shown else found).focus()

    def _describe(self) -> None:
        found = self.found
        about = self.query_one("#about-finding", Static)
        about.display = found.display and found.group is not None
        about.update(verdict.about(found.group, found.problem))
        conversation = self.query_one(Conversation)
        if not conversation.display:
            return
        group, problem = found.group, found.problem
        shown = problem or (group.problems[0] if group else None)
        row = next(iter(rows.read(self.app.opened.store, [shown.id])), None) if shown else None
        if row is None or not row.uid:
            conversation.show(None, [])
            return
        conversation.show(self.app.opened.record(row.id), telling.head(row), telling.beside(row))

    # What keys do ---------------------------------------------------------------------------------

    def action_back(self) -> None:
        """Stop what is being written; out of the form to the list; else leave."""
        form = self.form
        if self.writing is not None:
            self.writing.stop()
        elif self.focused is not None and form in self.focused.ancestors:
            found = self.found
            (found if found.display else self.query_one("#example")).focus()
        else:
            self.app.action_leave()

    def action_form(self) -> None:
        """Go to the first choice."""
        self.query_one("#target").focus()

    def action_row(self) -> None:
        """Show the first row as it would be written, or the findings again."""
        self._row = not self.query_one("#example").display
        self._turn()
        self._describe()

    def action_refresh(self) -> None:
        """Try every record once more."""
        self.try_it()

    def action_copy(self) -> None:
        """Copy the command that does the same."""
        form = self.form
        try:
            told = exporting.command(self.app.opened.folder, form.folder, form.wanted())
        except UsageError as error:
            self.app.tell(error)
            return
        self.app.copy_to_clipboard(told)
        self.notify(told, title="Copied", markup=False, timeout=4)
