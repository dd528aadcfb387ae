"""Browse: every record under the fingers, filtered, sorted, read."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from deita_store import columns as known
from deita_store import filter_completion
from deita_store.context import Context
from deita_store.view import View
from deita_tui.errors import DeitaError, FilterError
from deita_tui.printable import printable
from deita_tui.project import Project
from deita_tui.ui import actions, keyed, remembered, telling
from deita_tui.ui.alike import alike
from deita_tui.ui.messages import ProjectChanged
from deita_tui.ui.screens.dialogs import Ask, Choose
from deita_tui.ui.widgets import record_columns
from deita_tui.ui.widgets.conversation import Conversation
from deita_tui.ui.widgets.filter_box import FilterBox
from deita_tui.ui.widgets.record_table import RecordTable
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp

_HISTORY = "filter"


class Browse(Screen[None]):
    """The records of the project, in one list.

    The list is built beside the screen and stays as it was built: what comes meanwhile is counted,
    and taken in when the user says so (D7).
    """

    PLACES = ("browse", "table", "project")
    AUTO_FOCUS = "RecordTable"
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("browse", "project")]
    app: "DeitaApp"

    class Begun(Message):
        """How a list begins is known, and it is not sorted yet."""

        def __init__(self, head: View) -> None:
            super().__init__()
            self.head = head

    def __init__(self, name: str | None = None, filter_: str = "") -> None:
        super().__init__(name=name)
        self._filter = filter_
        self._sort = ""
        self._newest = 0
        self._shown = ("", "")
        """Filter and sort of the list that is shown."""
        self._columns: tuple[str, ...] = ()
        """What the user chose; empty: what fits."""
        self._before: list[tuple[str, str]] = []
        """Filter and sort of the lists that a search by likeness was started from."""
        self._about = ""
        """What there is to say of the list as long as it is shown."""
        self._begun = False
        """Is it only the head of the list that is shown?"""

    def compose(self) -> ComposeResult:
        """Lay it out."""
        history = remembered.history(self.app.home, _HISTORY)
        yield TopBar("browse", self.app.opened.folder.name)
        yield FilterBox(self._complete, history)
        yield Static(id="mistake", markup=False)
        with Horizontal(id="browse"):
            yield RecordTable()
            with Vertical(id="preview"):
                yield Conversation()
        yield Static(id="status", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Build the first list."""
        self.query_one("#mistake").display = False
        self._sort = "-score" if Context(self.app.opened.store).selection else "id"
        self._list()

    def on_resize(self) -> None:
        """Other columns fit."""
        self._use()

    def _use(self) -> None:
        names = self._columns or record_columns.DEFAULT
        self.query_one(RecordTable).use(record_columns.chosen(names, self.size.width))

    # Building the list ----------------------------------------------------------------------------

    def _list(self, keep: int | None = None) -> None:
        filter_, sort = self._filter, self._sort
        self._say("…")

        def read(project: Project) -> View:
            # Whoever sees the best records at once need not wait for the order of all others.
            if not filter_ and keep is None and (first := project.head(sort)) is not None:
                self.post_message(self.Begun(first))
            return project.view(filter_, sort)

        self.app.look("browse", read, lambda built: self._take(built, keep), self._wrong)

    def on_browse_begun(self, message: Begun) -> None:
        """Show how the list begins until it is sorted."""
        if self.app.is_looking("browse") and not self._filter and self._sort == message.head.sort:
            self._take(message.head, None, "the best; all others are being sorted …")
            self._begun = True
            self._say()

    def _take(self, built: View, keep: int | None, about: str = "") -> None:
        if not self.is_attached:
            return
        if self._begun and (row := self.query_one(RecordTable).row) is not None:
            # The list goes on where it was begun: whoever has moved on in it stays there.
            keep = keep or row.id
        self._begun = False
        self._about, self._shown = about, (self._filter, self._sort)
        self.query_one(FilterBox).show(self._filter)
        self.query_one("#mistake").display = False
        table = self.query_one(RecordTable)
        table.sort = self._sort
        table.show(built.over(self.app.opened.store), keep)
        self._newest = self._last_record()
        self._say()

    def _last_record(self) -> int:
        found = self.app.opened.store.db.execute("select ifnull(max(id), 0) from records")
        return int(found.fetchone()[0])

    def _wrong(self, error: DeitaError) -> None:
        """A filter that makes no sense: say where, and let it be mended; the list stays."""
        if not self.is_attached:
            return
        self._filter, self._sort = self._shown
        self._say()
        if not isinstance(error, FilterError):
            self.app.tell(error)
            return
        self.query_one(FilterBox).mend(error.text, error.start, self._filter)
        mistake = self.query_one("#mistake", Static)
        told = " ".join(filter(None, (error.message, error.hint)))
        mistake.update(telling.pointing(told, error.start, error.end, self.size.width - 2))
        mistake.display = True

    def _say(self, text: str = "") -> None:
        table = self.query_one(RecordTable)
        view = table.view
        bar = self.query_one(TopBar)
        if view is not None:
            more = "…" if self._begun else ""
            bar.right = f"{table.cursor + 1 if len(view) else 0:,} of {len(view):,}{more}"
            note = keyed.keyed(view.note, self.app) or self._about or self._selection_note(view)
            text = text or note
        self.query_one("#status", Static).update(printable(text), layout=False)

    def _selection_note(self, view: View) -> str:
        selection = view.context.selection
        words = "  ".join(f"{sign.mark} {sign.word}" for sign in telling.legend())
        # The name first: it is what changes, and the end is cut where there is little room.
        return f"selection {selection.name or '(working)'}  {words}" if selection else ""

    # What comes from below ------------------------------------------------------------------------

    def on_record_table_moved(self) -> None:
        """Show the record under the cursor."""
        self._say()
        if self.query_one("#preview").display:
            self._read()

    def on_record_table_opened(self) -> None:
        """Read it."""
        self.action_read_record()

    def on_record_table_sort_asked(self, message: RecordTable.SortAsked) -> None:
        """Sort by the column; a second time the other way round."""
        self._sort_by(message.column)

    def on_project_changed(self, _: ProjectChanged) -> None:
        """Rows are read anew where they are; new records wait until they are asked for (D7)."""
        self.query_one(RecordTable).reread()
        if (newest := self._last_record()) > self._newest:
            key = self.app.keys_of(actions.named("browse.refresh"))
            self._about = f"{newest - self._newest:,} new, {key} to take them in"
            self._say()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A filter was typed."""
        box = self.query_one(FilterBox)
        self._filter = event.value.strip()
        box.remember(self._filter)
        if self._filter:
            remembered.keep_history(self.app.home, _HISTORY, self._filter)
        self.query_one(RecordTable).focus()
        self._again()

    def on_filter_box_left(self) -> None:
        """Nothing was changed."""
        self.query_one("#mistake").display = False
        self.query_one(RecordTable).focus()
        self._say()

    def _again(self) -> None:
        """Build the list again, with the cursor on the same record."""
        row = self.query_one(RecordTable).row
        self._list(keep=row.id if row else None)

    def _complete(self, text: str, cursor: int) -> list[str]:
        store = self.app.opened.store
        start, end = filter_completion.span(text, cursor)
        found = filter_completion.complete(text, cursor, filter_completion.values(store))
        return [text[:start] + piece + text[end:] for piece in found]

    # What keys do ---------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBox).enter(self._filter)

    def action_search(self) -> None:
        """Type words to find."""
        self.query_one(FilterBox).enter(f"{self._filter} " if self._filter else "")

    def action_sort(self) -> None:
        """Choose what to sort by."""
        names = [column.name for column in known.COLUMNS.values() if column.sql is not None]
        choices = [(name, f"{name:<12} {known.COLUMNS[name].help}", "") for name in names]
        self.app.push_screen(
            Choose("Sort by (again: the other way round)", choices, self._sort.lstrip("-")),
            lambda name: self._sort_by(name) if name else None,
        )

    def _sort_by(self, name: str) -> None:
        if name not in known.COLUMNS or known.COLUMNS[name].sql is None:
            self.notify(f"Records cannot be sorted by {name}.", severity="warning", markup=False)
            return
        text = {"source", "id", "external_id", "uid", "tag", "note"}
        first = name if name in text else f"-{name}"
        other = first.removeprefix("-") if first.startswith("-") else f"-{name}"
        self._sort = other if self._sort == first else first
        self._again()

    def action_columns(self) -> None:
        """Choose the columns."""
        shown = ",".join(column.name for column in self.query_one(RecordTable).columns)
        hint = "Of these: " + ", ".join(record_columns.COLUMNS)

        def take(text: str | None) -> None:
            names = tuple(name.strip() for name in (text or "").split(",") if name.strip())
            wrong = [name for name in names if name not in record_columns.COLUMNS]
            if wrong:
                self.notify(f"There is no column {wrong[0]}.", severity="warning", markup=False)
            elif names:
                self._columns = names
                self._use()

        self.app.push_screen(Ask("Columns, with commas between", hint, shown), take)

    def action_preview(self) -> None:
        """Show or hide the conversation."""
        preview = self.query_one("#preview")
        preview.display = not preview.display
        if preview.display:
            self._read()

    def action_read_record(self) -> None:
        """Read the record over the whole screen."""
        from deita_tui.ui.screens.reader import Reader

        table = self.query_one(RecordTable)
        if table.row is not None:
            self.app.push_screen(Reader(table))

    def action_why(self) -> None:
        """Say why the record is in or out."""
        from deita_tui.ui.screens.why import Why

        if (row := self.query_one(RecordTable).row) is not None:
            self.app.push_screen(Why(row.id))

    def action_review(self) -> None:
        """Review what is listed, from the record under the cursor on."""
        from deita_tui.ui.screens.review import Review

        row = self.query_one(RecordTable).row
        at = row.id if row else None
        self.app.push_screen(Review("review", f"where:{self._filter}", self._sort, at))

    def action_scroll_text(self, step: int) -> None:
        """Scroll the conversation beside by half of what is seen of it."""
        conversation = self.query_one(Conversation)
        conversation.scroll_relative(y=step * max(conversation.size.height // 2, 1), animate=False)

    def action_similar(self) -> None:
        """List the records that are most like this one, the nearest first."""
        if (row := self.query_one(RecordTable).row) is None:
            return
        id_, here = row.id, (self._filter, self._sort)

        def show(found: tuple[View, float]) -> None:
            built, least = found
            self._before.append(here)
            self._filter, self._sort = "", ""
            key = self.app.keys_of(actions.named("browse.back"))
            told = f"most like #{id_}, the nearest first, down to {least:.3f} · {key}: back"
            self._take(built, id_, told)

        self.app.look("browse", lambda project: alike(project, id_), show)

    def action_back(self) -> None:
        """Back to the list before; where there is none, leave."""
        if not self._before:
            self.app.action_leave()
            return
        self._filter, self._sort = self._before.pop()
        self._again()

    def action_jump(self) -> None:
        """Go to a row by its number, or to a record by #id."""
        self.app.push_screen(Ask("Go to row, or #id", "41, or #88123"), self._jump)

    def _jump(self, text: str | None) -> None:
        table = self.query_one(RecordTable)
        if not text or table.view is None:
            return
        digits = text.removeprefix("#").replace(",", "")
        if not digits.isdecimal():
            self.notify(f"{text} is no number.", severity="warning", markup=False)
        elif not text.startswith("#"):
            table.cursor = int(digits) - 1
        elif (place := table.view.index_of(int(digits))) is not None:
            table.cursor = place
        else:
            self.notify(f"Record {text} is not in this list.", severity="warning", markup=False)

    def action_refresh(self) -> None:
        """Take in what came since."""
        self._again()

    def action_copy(self) -> None:
        """Copy the record as JSON."""
        from deita_store import rows

        if (row := self.query_one(RecordTable).row) is not None:
            self.app.copy_to_clipboard(rows.body(self.app.opened.store, row.id))
            self.notify(f"#{row.id} copied as JSON", timeout=2, markup=False)

    def action_keep(self) -> None:
        """Pin it into the selection."""
        self._decide("kept", lambda project, id_: project.decide(id_, "keep"))

    def action_reject(self) -> None:
        """Leave it out."""
        self._decide("rejected", lambda project, id_: project.decide(id_, "reject"))

    def action_clear(self) -> None:
        """Let the method decide again."""
        self._decide("cleared", lambda project, id_: project.decide(id_, "clear"))

    def action_flag(self) -> None:
        """Flag it, or take the flag away."""
        row = self.query_one(RecordTable).row
        flagged = row is not None and row.flag
        word = "flag taken from" if flagged else "flagged"
        self._decide(word, lambda project, id_: project.flag(id_, not flagged), advance=False)

    def _decide(
        self, word: str, act: Callable[[Project, int], object], advance: bool = True
    ) -> None:
        table = self.query_one(RecordTable)
        if (row := table.row) is None:
            return
        try:
            done = act(self.app.opened, row.id)
        except DeitaError as error:
            self.app.tell(error)
            return
        key = self.app.keys_of(actions.named("app.undo"))
        told = f"{word} #{row.id} · {key} to undo" if done else f"#{row.id} was {word} already"
        self.notify(told, timeout=2, markup=False)
        table.reread()
        if advance:
            table.move(1)

    def _read(self) -> None:
        table = self.query_one(RecordTable)
        row = table.row
        conversation = self.query_one(Conversation)
        if row is None or not row.uid:
            conversation.show(None, ["Nothing here." if row is None else "This record was purged."])
            return
        conversation.show(self.app.opened.record(row.id), telling.head(row), telling.beside(row))
