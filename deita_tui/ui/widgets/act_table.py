"""The rows of the journal under one cursor, however many: only what is on screen is read."""

from array import array
from collections.abc import Callable, Sequence
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

from deita_store.acts import Act
from deita_tui.ui import actions
from deita_tui.ui.literal import cut
from deita_tui.ui.telling import happened

_HEAD = 1
_PAGE = 128
_WIDTHS = (1, 8, 7, 19, 7)
"""Cells of the mark, the state, the number, the time, and of how many records."""
_NARROW = 90
"""In less than so many cells the time is told without its year and its seconds."""
_WHO = 16
"""Cells of who acted, where there is room for it."""

Read = Callable[[int, int], Sequence[Act]]
"""Rows of the journal: how many, and only those older than which number."""


class ActTable(ScrollView, can_focus=True):
    """Acts, the newest first; what is not in force is dim and says so.

    Args:
        read: reads rows.
    """

    DEFAULT_CSS = """
    ActTable {
        height: 1fr; overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
        background: $background;
    }
    ActTable > .acts--head { color: $foreground-muted; text-style: bold; }
    ActTable > .acts--gone { color: $foreground-muted; text-style: strike; }
    ActTable > .acts--quiet { color: $foreground-muted; }
    ActTable > .acts--cursor { background: $panel; }
    ActTable:focus > .acts--cursor { background: $primary-muted; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "acts--head", "acts--gone", "acts--quiet", "acts--cursor",
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("table")]
    cursor: reactive[int] = reactive(0, repaint=False)

    class Moved(Message):
        """The cursor is on another act."""

        def can_replace(self, message: Message) -> bool:
            """Only where it came to rest matters."""
            return isinstance(message, ActTable.Moved)

    class Opened(Message):
        """An act was clicked twice."""

    def __init__(self, read: Read) -> None:
        super().__init__()
        self._reader = read
        self._ids: array[int] = array("q")
        self._acts: dict[int, Sequence[Act]] = {}

    def show(self, ids: "array[int]") -> None:
        """Show these rows; the cursor stays on its act, and on the newest where it was there."""
        here = self.here
        top = self.cursor - self.scroll_offset.y
        self._ids, self._acts = ids, {}
        self.virtual_size = Size(0, len(ids) + _HEAD)
        place = 0
        if here is not None and self.cursor and here in ids:
            place = ids.index(here)
        self.set_reactive(ActTable.cursor, place)
        self.scroll_to(y=max(place - top, 0), animate=False, force=True)
        self.refresh()
        self.post_message(self.Moved())

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def here(self) -> int | None:
        """The number of the act under the cursor."""
        return self._ids[self.cursor] if 0 <= self.cursor < len(self._ids) else None

    @property
    def act(self) -> Act | None:
        """The act under the cursor."""
        return self._at(self.cursor)

    def go_to(self, act_id: int) -> None:
        """Move the cursor to an act."""
        if act_id in self._ids:
            self.cursor = self._ids.index(act_id)

    def action_move(self, step: int) -> None:
        """Move the cursor by so many rows."""
        self.cursor += step

    def action_page(self, step: int) -> None:
        """Move the cursor by so many screenfuls."""
        self.cursor += step * self.page

    def action_first(self) -> None:
        """Go to the newest."""
        self.cursor = 0

    def action_last(self) -> None:
        """Go to the oldest."""
        self.cursor = len(self._ids) - 1

    @property
    def page(self) -> int:
        """Rows on the screen."""
        return max(self.size.height - _HEAD, 1)

    @property
    def room(self) -> int:
        """Cells of a row: what the scroll bar leaves."""
        return self.scrollable_content_region.width

    def validate_cursor(self, value: int) -> int:
        """Stay inside."""
        return max(0, min(value, len(self._ids) - 1))

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
        """A click chooses an act, a second one opens it."""
        if event.y < _HEAD:
            return
        self.cursor = self.scroll_offset.y + event.y - _HEAD
        if event.chain == 2:
            self.post_message(self.Opened())

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        if y < _HEAD:
            style = self._dim("acts--head")
            when = "when (UTC)" if self.room >= _NARROW else "when, UTC"
            return self._strip(("", "", "act", when, "records", "what", "who"), style)
        index = y - _HEAD + self.scroll_offset.y
        act = self._at(index)
        if act is None:
            return Strip.blank(self.room, self.rich_style)
        style = self.rich_style
        if act.target is not None:
            style = self._dim("acts--quiet")
        elif act.undone:
            style = self._dim("acts--gone")
        if index == self.cursor:
            style += self.get_component_rich_style("acts--cursor", partial=True)
        mark, word = happened(act)
        when = act.at[:19] if self.room >= _NARROW else act.at[5:16]
        when = when.replace("T", " ")
        cells = (mark, word, str(act.id), when, f"{act.records:,}" if act.records else "")
        return self._strip((*cells, act.summary, act.actor), style)

    def _strip(self, cells: Sequence[str], style: Style) -> Strip:
        *fixed, what, who = cells
        width = self.room
        widths = list(_WIDTHS)
        if width < _NARROW:
            widths[3] = 11
        words = [
            cut(cell, room, right=place in (2, 4))
            for place, (cell, room) in enumerate(zip(fixed, widths, strict=True))
        ]
        left = width - sum(widths) - 2 * len(widths)
        beside = _WHO if left > 3 * _WHO else 0
        words.append(cut(what, left - (beside + 2 if beside else 0)))
        if beside:
            words.append(cut(who, beside))
        return Strip([Segment("  ".join(words), style)]).adjust_cell_length(width, style)

    def _at(self, index: int) -> Act | None:
        if not 0 <= index < len(self._ids):
            return None
        number, offset = divmod(index, _PAGE)
        if number not in self._acts:
            while len(self._acts) > 16:
                del self._acts[next(iter(self._acts))]
            self._acts[number] = self._reader(_PAGE, self._ids[number * _PAGE] + 1)
        page = self._acts[number]
        return page[offset] if offset < len(page) else None

    def _dim(self, name: str) -> Style:
        # The whole style: only so is a colour that shines through mixed with what is behind it.
        return self.rich_style + self.get_component_rich_style(name)
