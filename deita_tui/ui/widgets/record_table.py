"""A table of records, however many: only the lines on screen are read and drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from deita_store.rows import RecordRow
from deita_store.view import View
from deita_tui.ui import actions, signs
from deita_tui.ui.literal import cut

_GAP = 2
_HEAD = 1


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column."""

    name: str
    """As a filter and a sort know it."""
    title: str
    cell: Callable[[RecordRow], str]
    width: int = 0
    """In cells; 0: shares what the others leave."""
    right: bool = False


class RecordTable(ScrollView, can_focus=True):
    """The rows of a view under one cursor.

    The first line is the head; a click on a title asks for a sort by it.
    """

    DEFAULT_CSS = """
    RecordTable {
        height: 1fr; overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
        background: $background;
    }
    RecordTable > .table--head { color: $foreground-muted; text-style: bold; }
    RecordTable > .table--cursor { background: $panel; }
    RecordTable > .table--marked { text-style: bold underline; }
    RecordTable > .table--decided { color: $foreground-muted; }
    RecordTable:focus > .table--cursor { background: $primary-muted; text-style: bold; }
    RecordTable > .sign--kept { color: $success; }
    RecordTable > .sign--similar { color: $warning; }
    RecordTable > .sign--dim { color: $foreground-muted; }
    RecordTable > .sign--rejected { color: $error; }
    RecordTable > .sign--pinned { color: $accent; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--head", "table--cursor", "table--marked", "table--decided", *signs.STYLES
    }  # fmt: skip

    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("table")]
    cursor: reactive[int] = reactive(0, repaint=False)

    class Moved(Message):
        """The cursor is on another record."""

        def can_replace(self, message: Message) -> bool:
            """Only where it came to rest matters."""
            return isinstance(message, RecordTable.Moved)

    class Opened(Message):
        """The record under the cursor is to be read."""

    class SortAsked(Message):
        """A title was clicked."""

        def __init__(self, column: str) -> None:
            super().__init__()
            self.column = column

    def __init__(self, columns: Sequence[TableColumn] = ()) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.view: View | None = None
        self.sort = ""
        self.marked: set[int] = set()
        """Ids of the records that are marked."""
        self._looks: dict[str, Style] = {}
        """The styles of what is being drawn."""
        self._rooms: list[int] = []
        """Cells for each column, in what is being drawn."""

    def show(self, view: View, keep: int | None = None) -> None:
        """Show another view.

        The cursor stays on record ``keep`` where it is in it, and on its line of the screen.
        """
        self.view = view
        self.virtual_size = Size(0, len(view) + _HEAD)
        place = view.index_of(keep) if keep is not None else None
        above = self.cursor - round(self.scroll_y)
        self.scroll_to(y=max((place or 0) - above, 0), animate=False, force=True)
        self.set_reactive(RecordTable.cursor, -1)
        self.cursor = place or 0
        self.refresh()

    def use(self, columns: Sequence[TableColumn]) -> None:
        """Show other columns."""
        self.columns = tuple(columns)
        self.refresh()

    @property
    def row(self) -> RecordRow | None:
        """The record under the cursor."""
        if self.view is None or not 0 <= self.cursor < len(self.view):
            return None
        return self.view[self.cursor]

    def reread(self) -> None:
        """Read the rows anew; the list stays."""
        if self.view is not None:
            self.view.forget()
            self.refresh()
            self.post_message(self.Moved())

    def move(self, step: int) -> None:
        """Move the cursor by so many rows."""
        self.cursor += step

    def action_move(self, step: int) -> None:
        """Move the cursor by so many rows."""
        self.move(step)

    def action_page(self, step: int) -> None:
        """Move the cursor by so many screenfuls."""
        self.move(step * self.page)

    def action_first(self) -> None:
        """Go to the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """Go to the last row."""
        self.cursor = len(self.view or ()) - 1

    @property
    def page(self) -> int:
        """Rows on the screen."""
        return max(self.size.height - _HEAD, 1)

    @property
    def room(self) -> int:
        """Cells of a row: what the scroll bar leaves."""
        return self.scrollable_content_region.width

    def validate_cursor(self, value: int) -> int:
        """Stay inside the view."""
        count = len(self.view) if self.view is not None else 0
        return max(0, min(value, count - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        """Bring the cursor into sight and tell."""
        top = self.scroll_offset.y
        if new < top:
            self.scroll_to(y=new, animate=False, force=True)
        elif new >= top + self.page:
            self.scroll_to(y=new - self.page + 1, animate=False, force=True)
        for index in (old, new):
            self.refresh(Region(0, index - self.scroll_offset.y + _HEAD, self.size.width, 1))
        self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        """A click chooses a row, a second one opens it, one on a title sorts."""
        if event.y < _HEAD:
            if name := self._title_at(event.x):
                self.post_message(self.SortAsked(name))
            return
        self.cursor = self.scroll_offset.y + event.y - _HEAD
        if event.chain == 2:
            self.post_message(self.Opened())

    def render_lines(self, crop: Region) -> list[Strip]:
        """What is seen; styles and widths are the same for all its lines."""
        self._looks, self._rooms = {}, self._widths(self.room)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width = self.room
        if y < _HEAD:
            return self._head(width)
        index = y - _HEAD + self.scroll_offset.y
        if self.view is None or index >= len(self.view):
            return Strip.blank(width, self._look(""))
        return self._line(self.view[index], index == self.cursor, width)

    def _look(self, name: str) -> Style:
        if (found := self._looks.get(name)) is None:
            found = self._looks[name] = (
                self.get_component_rich_style(name, partial=True) if name else self.rich_style
            )
        return found

    def _widths(self, width: int) -> list[int]:
        """Cells for each column; the open ones share what is left, wherever that is enough."""
        fixed = sum(column.width for column in self.columns)
        room = width - 2 - fixed - _GAP * len(self.columns)
        open_ = sum(column.width == 0 for column in self.columns)
        each = max(room // open_, 0) if open_ else 0
        return [column.width or each for column in self.columns]

    def _head(self, width: int) -> Strip:
        style = self._look("") + self._look("table--head")
        cells = []
        for column, room in zip(self.columns, self._rooms, strict=True):
            title = column.title
            if self.sort.lstrip("-") == column.name:
                title += " ▾" if self.sort.startswith("-") else " ▴"
            cells.append(cut(title, room, right=column.right))
        return self._strip([Segment("  ", style)], cells, style, width)

    def _line(self, row: RecordRow, here: bool, width: int) -> Strip:
        style = self._look("")
        if row.decision or row.flag:
            style += self._look("table--decided")
        if row.id in self.marked:
            style += self._look("table--marked")
        sign = signs.of(row.outcome, row.decision)
        coloured = style + self._look(sign.style)
        if here:
            style, coloured = (
                style + self._look("table--cursor"),
                coloured + self._look("table--cursor"),
            )
        cells = [
            cut(column.cell(row) if row.uid else "", room, right=column.right)
            for column, room in zip(self.columns, self._rooms, strict=True)
        ]
        return self._strip([Segment(f"{sign.mark} ", coloured)], cells, style, width)

    def _strip(self, first: list[Segment], cells: list[str], style: Style, width: int) -> Strip:
        """Cells of their columns' widths as a line of exactly ``width``."""
        gap = " " * _GAP
        used = 2 + sum(self._rooms) + _GAP * len(cells)
        text = "".join(f"{cell}{gap}" for cell in cells) + " " * (width - used)
        strip = Strip([*first, Segment(text, style)], max(used, width))
        return strip if used <= width else strip.crop(0, width)

    def _title_at(self, x: int) -> str:
        start = 2
        for column, room in zip(self.columns, self._widths(self.room), strict=True):
            if start <= x < start + room:
                return column.name
            start += room + _GAP
        return ""
