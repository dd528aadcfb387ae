"""Review: read, decide, undo, and see the selection answer."""

import asyncio
import logging
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Footer, Static

from deita_store import freshness
from deita_tui.ui import actions, remembered
from deita_tui.ui.answering import Answer, Answering, Done, Saved, Told
from deita_tui.ui.bench import Broke, Loading, Trouble
from deita_tui.ui.keyed import keyed
from deita_tui.ui.messages import ProjectChanged
from deita_tui.ui.queue_view import differ
from deita_tui.ui.screens import review_lines, review_queues
from deita_tui.ui.screens.review_acts import Acting
from deita_tui.ui.screens.review_base import Heard
from deita_tui.ui.widgets.filter_box import FilterBox
from deita_tui.ui.widgets.record_table import RecordTable
from deita_tui.ui.widgets.reviewed import Reviewed
from deita_tui.ui.widgets.status_line import StatusLine
from deita_tui.ui.widgets.topbar import TopBar

_log = logging.getLogger(__name__)

_SECONDS = 1.0
"""Between two looks at the jobs, and two readings of the rows at least."""
_REMEMBER = 0.5
"""Seconds on a record until the place is written down."""
_END = 5.0
"""Seconds that leaving the app waits for the working selection to be stored."""
_AUDITS: dict[str, Literal["kept", "dropped"]] = {"audit-kept": "kept", "audit-dropped": "dropped"}


class Review(Acting):
    """One queue, record by record.

    The queue stays as it was built, and so do the arrays that the selection is made from (D7): what
    comes meanwhile is counted, and taken in when the user says so.

    Args:
        name: of the screen.
        queue: a queue's name; empty: the one that was looked at last.
        sort: the order of that queue, where it is a filter's; empty: by id.
        at: the record to begin with; None: where somebody was last.
    """

    PLACES = ("review", "project")
    TELLS_UNDO = True
    AUTO_FOCUS = "#record"
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("review", "project")]

    def __init__(
        self, name: str | None = None, queue: str = "", sort: str = "", at: int | None = None
    ) -> None:
        super().__init__(name, queue, sort)
        self._at = at
        self._saved = 0
        """The newest saved selection when the thread was started."""
        self._due = False
        """Did somebody write to the project since the rows were read?"""

    def compose(self) -> ComposeResult:
        """Lay it out."""
        history = remembered.history(self.app.home, review_queues.HISTORY)
        yield TopBar("review", self.app.opened.folder.name)
        yield StatusLine()
        yield FilterBox(self.complete, history)
        yield Static(id="mistake", markup=False)
        with Horizontal(id="review"):
            table = RecordTable(self.columns())
            table.id = "queue"
            yield table
            with Vertical(id="reading"):
                yield Static(id="outcome")
                yield Reviewed(id="record")
            with Vertical(id="opposite"):
                yield Static(id="other", markup=False)
                yield Reviewed(id="beside")
        yield Static(id="told", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Build the queue, and have the selection ready to answer."""
        for hidden in ("FilterBox", "#mistake", "#opposite"):
            self.query_one(hidden).display = False
        self.table.display = self.size.width >= 120 or self.size.height >= 40
        self.depth = self.app.opened.undo_depth()
        self._start()
        self.begin(self._at)
        self.set_interval(_SECONDS, self._tick)

    async def on_unmount(self) -> None:
        """Remember the place; what was decided is stored as the working selection."""
        self.remember()
        if self.answering is not None:
            self.answering.close()
            # The thread would not outlive the app.
            await asyncio.to_thread(self.answering.wait, _END)
        if self.app.screen_stack:
            self.app.changed()

    def on_resize(self) -> None:
        """Other things fit."""
        self.call_after_refresh(self.draw)

    def on_screen_resume(self) -> None:
        """Another selection may have been saved, or something decided on another screen."""
        if self.answering is None:
            return
        if self._newest_saved() != self._saved:
            self.answering.close()
            self._start()
        if self.view is not None:
            self.view.forget()
        self.depth = self.app.opened.undo_depth()
        self.answering.listen()
        self.draw()

    # The selection that answers -------------------------------------------------------------------

    def _start(self) -> None:
        self._saved = self._newest_saved()
        self.answering = Answering(self.app.opened.folder, self._hear)
        self.answering.start()

    def _newest_saved(self) -> int:
        found = self.app.opened.selections()
        return found[0].id if found else 0

    def _hear(self, told: Told) -> None:
        """Called from the thread; it need not wait until the screen has time."""
        self.post_message(Heard(told))

    def on_heard(self, message: Heard) -> None:
        """The selection has answered."""
        told = message.told
        match told:
            case Answer():
                self._take_answer(told)
            case Loading(stage):
                self.query_one(TopBar).right = f"{stage}…"
            case Trouble(error):
                sentence = " ".join(filter(None, (error.message, error.hint)))
                self.trouble = keyed(sentence, self.app)
                self.say(self.trouble)
            case Broke(error):
                _log.error("the selection broke off", exc_info=error)
                self.trouble = f"A mistake of the program: {error!r}. The log has more."
                self.say(self.trouble)
            case Saved():
                self.app.changed()
            case Done(then):
                then()

    def _take_answer(self, answer: Answer) -> None:
        self.trouble = ""
        self.query_one(TopBar).right = ""
        if answer.told:
            verb = answer.acted.verb if answer.acted else ""
            self.say(f"{answer.told} · {self.way_back(verb)}")
        if self.view is not None:
            before, self.view.result = self.view.result, answer.result
            top = self.table.scroll_offset.y
            seen = self.view.ids[top : top + self.table.size.height]
            if before is None or differ(before, answer.result, seen):
                self.table.refresh()
        self.draw_beside()

    # What comes from elsewhere --------------------------------------------------------------------

    def on_record_table_moved(self) -> None:
        """Show the record under the cursor; the table has drawn both of its rows."""
        if self.range_from is not None:
            self.draw()
        else:
            self.draw_beside()
        self.set_timer(_REMEMBER, self.remember_later(self.here))

    def on_record_table_opened(self) -> None:
        """It was clicked twice."""
        self.action_why()

    def on_reviewed_unfolding(self) -> None:
        """A folded prompt was clicked."""
        self.action_unfold()

    def on_project_changed(self, _: ProjectChanged) -> None:
        """Somebody wrote to the project."""
        # A job at work does so several times a second.
        self._due = True

    def _tick(self) -> None:
        if self.app.screen is not self:
            return
        if self._due:
            self._look_again()
        jobs = self.app.opened.jobs()
        job = review_lines.job_line(next((job for job in jobs if job.state == "running"), None))
        if self.awaited and self.awaited <= {each.id for each in jobs if each.state == "done"}:
            self.awaited, self.scored_again, self._due = set(), True, True
        if job != self.job:
            self.job = job
            self.draw_status()

    def _look_again(self) -> None:
        """Read rows anew where they are; what is new waits until it is asked for (D7)."""
        self._due = False
        if self.view is not None:
            self.view.forget()
            self.new = freshness.arrived(self.app.opened.store, self.newest)
            self.depth = self.app.opened.undo_depth()
            self.draw()

    def acted(self) -> None:
        """In an audit, ask anew how often the user agrees."""
        side = _AUDITS.get(self.queue.name if self.queue else "")
        if side is None:
            return

        def take(told: str) -> None:
            self.audit = told
            self.draw_status()

        self.app.look("audit", lambda project: project.audit(side).told, take)

    # Other screens --------------------------------------------------------------------------------

    def action_why(self) -> None:
        """Why it is in or out, beside what stands in its way."""
        from deita_tui.ui.screens.why import Why

        if self.row is not None:
            self.app.push_screen(Why(self.row.id, answering=self.answering))

    def action_back(self) -> None:
        """Drop range and marks; else back to the queue before; else leave."""
        if self.range_from is not None or self.marked:
            self.marked, self.range_from = set(), None
            self.draw()
        elif self.has_class("-zoom"):
            self.remove_class("-zoom")
        elif self.before:
            self.load(*self.before.pop())
        else:
            self.app.action_leave()
