"""How a review is drawn: the row, what stands opposite, the list, the status."""

from textual.widgets import Static

from deita_store.rows import RecordRow
from deita_tui.ui import telling
from deita_tui.ui.screens import review_lines
from deita_tui.ui.screens.review_base import ReviewBase
from deita_tui.ui.widgets.record_table import TableColumn
from deita_tui.ui.widgets.reviewed import Reviewed
from deita_tui.ui.widgets.status_line import StatusLine
from deita_tui.ui.widgets.topbar import TopBar

FIRST = "undecided"
"""The queue of somebody who never chose one: the ranking."""
_WIDE = 150
"""Columns from which on two records have room beside the list."""


class Drawing(ReviewBase):
    """What is drawn, and what it is drawn of."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.new = 0
        """Records that came since the queue was built."""
        self.scored_again = False
        """Is what was edited scored, and not taken in yet?"""
        self.audit = ""
        """How often the user agrees, in an audit."""
        self.job = ""
        """The job at work."""
        self.here: tuple[str, int] | None = None
        """Queue and record that are looked at."""
        self._range: set[int] = set()
        self._shown: tuple[int, int, list[str]] | None = None
        """Record, version and scores that are shown."""

    def columns(self) -> tuple[TableColumn, ...]:
        """The columns of the list."""

        def mark(row: RecordRow) -> str:
            return "✓" if row.id in self.marked or row.id in self._range else ""

        def why(row: RecordRow) -> str:
            told = self._why(row)
            return f"{told} · {row.instruction}" if told else row.instruction

        return (
            TableColumn("mark", "", mark, 1),
            TableColumn("id", "id", lambda row: str(row.id), 7, right=True),
            TableColumn("score", "score", lambda row: f"{row.score or 0:.2f}", 7, right=True),
            TableColumn("why", "record", why),
        )

    def _why(self, row: RecordRow) -> str:
        """Why it is in the queue; where the queue is the ranking, its outcome says it already."""
        if self.view is None or self.queue is None or self.queue.name == FIRST:
            return ""
        return self.view.why(row.id)

    def draw(self) -> None:
        """Draw the row, what stands opposite, the list and the status."""
        if not self.is_attached:
            return
        self._range = self.ranged()
        self.table.marked = self.marked | self._range
        self.table.refresh()
        self.draw_beside()

    def draw_beside(self) -> None:
        """Draw all but the list."""
        self._draw_record()
        self._draw_opposite()
        self.draw_status()

    def _draw_record(self) -> None:
        row, outcome = self.row, self.query_one("#outcome", Static)
        if row is not None and self.queue is not None:
            self.here = (self.queue.name, row.id)
        if row is None or self.view is None:
            there = self.table.row is not None
            outcome.update("This record was purged or removed." if there else "")
            self.text.show(None)
            self._shown = None
            return
        told = review_lines.outcome(row, self._pending(row))
        second = review_lines.marks(row, self._why(row))
        outcome.update(told + "\n" + second if second.plain else told)
        shown = (row.id, row.revision, telling.beside(row))
        if self._shown != shown:
            self.text.show(self.app.opened.record(row.id), shown[2])
            self._shown = shown

    def _draw_opposite(self) -> None:
        """What the record is to be compared with, where there is room for it."""
        side = self.query_one("#opposite")
        row, other = self.row, None
        if row is not None and self.queue is not None and self.size.width >= _WIDE:
            other = self.queue.partner.get(row.id, row.blocked_by)
        side.display = other is not None
        if other is None or self.view is None:
            return
        (found,) = self.view.some([other])
        if not found.uid:
            side.display = False
            return
        self.query_one("#other", Static).update(review_lines.outcome(found))
        beside = self.query_one("#beside", Reviewed)
        beside.show(self.app.opened.record(other), telling.beside(found))

    def _arrived(self) -> str:
        key = self.key("review.refresh")
        if self.new:
            return f"{self.new:,} new, {key} takes them"
        return f"scored again, {key} takes it" if self.scored_again else ""

    def _pending(self, row: RecordRow) -> bool:
        """Is it edited, and selected by what it said before?"""
        return row.id in self.edited or (self.view is not None and self.view.pending(row.id))

    def draw_status(self) -> None:
        """Draw the line that says where one is."""
        queue, view = self.queue, self.view
        bar = self.query_one(TopBar)
        if self.answering is not None and self.answering.result is not None:
            bar.right = ""
        if queue is None or view is None:
            return
        standing = review_lines.Standing(
            queue.title,
            self.table.cursor + 1 if len(view) else 0,
            len(view),
            len(self.table.marked),
            self.range_from is not None,
            self.depth,
            self.audit,
            self._arrived(),
            self.job,
        )
        self.query_one(StatusLine).parts = tuple(review_lines.status(standing, view.result))
