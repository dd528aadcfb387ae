"""Moving about in a review: rows, messages, marks."""

from deita_store import rows
from deita_tui.ui.screens.dialogs import Ask
from deita_tui.ui.screens.review_queues import Choosing


class Moving(Choosing):
    """The keys that change nothing in the project."""

    def action_step(self, step: int) -> None:
        """Go so many rows further."""
        table = self.table
        before = table.cursor
        table.move(step)
        if table.cursor == before and self.view:
            self.say("This is the last one." if step > 0 else "This is the first one.")

    def action_go_to(self, place: int) -> None:
        """Go to a row; -1 is the last one."""
        count = len(self.view or ())
        self.table.cursor = place if place >= 0 else count + place

    def action_skip(self) -> None:
        """Go on without a decision."""
        self.advance(f"skipped #{self.row.id}" if self.row else "")

    def advance(self, told: str) -> None:
        """Say what was done and go to the next row."""
        table, view = self.table, self.view
        last = view is not None and table.cursor == len(view) - 1
        if last:
            told += f" · the last of this queue: {self.key('review.queues')} chooses another"
        self.say(told)
        if not last:
            table.move(1)

    def action_undecided(self, step: int) -> None:
        """Go to the next row without a decision."""
        view, place = self.view, self.table.cursor + step
        if view is None:
            return
        while 0 <= place < len(view):
            if view[place].decision is None and view[place].uid:
                self.table.cursor = place
                return
            place += step
        where = "below" if step > 0 else "above"
        self.say(f"Everything {where} is decided.")

    def action_scroll_text(self, step: int) -> None:
        """Scroll the text by half of what is seen of it."""
        self.text.scroll_text(step)

    def action_turn(self, step: int) -> None:
        """Go to another message."""
        self.text.turn(step)

    def action_unfold(self) -> None:
        """Show prompts and thoughts whole, or folded."""
        for each in self.query("Reviewed"):
            each.unfold(not each.unfolded)  # type: ignore[attr-defined]

    def action_list(self) -> None:
        """Show or hide the list."""
        self.table.display = not self.table.display
        if self.table.display:
            self.call_after_refresh(self.reveal)

    def reveal(self) -> None:
        """Bring the cursor of the list into sight."""
        table = self.table
        table.watch_cursor(table.cursor, table.cursor)

    def action_zoom(self) -> None:
        """Only the record, or all."""
        self.toggle_class("-zoom")

    def action_jump(self) -> None:
        """Go to a row by its number, or to a record by #id."""
        self.app.push_screen(Ask("Go to row, or #id", "41, or #88123"), self._jump)

    def _jump(self, text: str | None) -> None:
        if not text or self.view is None:
            return
        digits = text.removeprefix("#").replace(",", "")
        if not digits.isdecimal() or len(digits) > 18:
            self.say(f"{text} is no number.")
        elif not text.startswith("#"):
            self.table.cursor = int(digits) - 1
        elif (place := self.view.index_of(int(digits))) is not None:
            self.table.cursor = place
        else:
            self.say(f"Record {text} is not in this queue.")

    # Marks ----------------------------------------------------------------------------------------

    def action_mark(self) -> None:
        """Mark the record, or take the mark off, and go on."""
        if self.row is None:
            return
        self.marked ^= {self.row.id}
        self.say(f"#{self.row.id} {'marked' if self.row.id in self.marked else 'no longer marked'}")
        self.table.move(1)
        self.draw()

    def action_range(self) -> None:
        """Begin a range, or mark what it holds."""
        if self.range_from is None:
            self.range_from = self.table.cursor
            key = self.key("review.range")
            self.say(f"A range begins here: move, then {key} marks it, or act on it at once.")
        else:
            self.marked |= self.ranged()
            self.range_from = None
            self.say(f"{len(self.marked):,} marked")
        self.draw()

    def action_mark_all(self) -> None:
        """Mark all of the queue; where all are, none."""
        if self.view is None:
            return
        every = set(self.view.ids)
        self.marked = set() if self.marked >= every else every
        self.range_from = None
        self.draw()

    def action_copy(self) -> None:
        """Copy the record as JSON."""
        if self.row is not None:
            self.app.copy_to_clipboard(rows.body(self.app.opened.store, self.row.id))
            self.say(f"#{self.row.id} copied as JSON")

    def action_copy_id(self) -> None:
        """Copy the record's id."""
        if self.row is not None:
            self.app.copy_to_clipboard(str(self.row.id))
            self.say(f"{self.row.id} copied")
