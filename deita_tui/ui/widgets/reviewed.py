"""The record under review: readable at once, however long it is."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from deita_tui.records import Record
from deita_tui.ui.literal import cut
from deita_tui.ui.widgets.turn_lines import Line, lines

_GUTTER = "▎ "
_WIDEST = 112
"""Cells of a line of text: beyond that the eye loses the next line."""
_AT_ONCE = 400
"""Lines that are made before anything is shown; the others follow while it is read."""
_AT_A_TIME = 2_000


class Reviewed(ScrollView, can_focus=True, inherit_bindings=False):
    """The messages of one record, each with a bar in the colour of who speaks.

    One message is the current one, marked in its title: what is edited. Lines are made as they are
    needed, so that a record of a megabyte is shown as fast as one of a line.
    """

    DEFAULT_CSS = """
    Reviewed {
        height: 1fr; padding: 0 1; background: $surface;
        overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
    }
    Reviewed > .reviewed--user { color: $accent; }
    Reviewed > .reviewed--assistant { color: $success; }
    Reviewed > .reviewed--other { color: $foreground-muted; }
    Reviewed > .reviewed--title { text-style: bold; }
    Reviewed > .reviewed--code { background: $panel; }
    Reviewed > .reviewed--fold { color: $foreground-muted; text-style: italic; }
    Reviewed > .reviewed--scores { color: $foreground-muted; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "reviewed--user", "reviewed--assistant", "reviewed--other", "reviewed--title",
        "reviewed--code", "reviewed--fold", "reviewed--scores",
    }  # fmt: skip

    class Unfolding(Message):
        """A folded text was clicked."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self.record: Record | None = None
        self.current = 0
        """Which message is the current one."""
        self.unfolded = False
        self._scores: Sequence[str] = ()
        self.lines_made: list[Line] = []
        self._rest: Iterator[Line] = iter(())
        self._width = 0

    def show(self, record: Record | None, scores: Sequence[str] = ()) -> None:
        """Show a record.

        Args:
            record: the conversation; None shows nothing.
            scores: what stands beside the answer of each turn.
        """
        same = record is not None and record == self.record
        if same and tuple(scores) == self._scores:
            return
        self.record, self._scores = record, tuple(scores)
        if not same:
            self.current = self._first()
        self._begin()
        if not same:
            self.scroll_to(y=0, animate=False)

    def unfold(self, unfolded: bool) -> None:
        """Show prompts and thoughts whole, or only their beginning."""
        self.unfolded = unfolded
        self._begin()

    def turn(self, step: int) -> None:
        """Make the next or the last message the current one, and bring it into sight."""
        if self.record is None or not self.record.messages:
            return
        self.current = max(0, min(self.current + step, len(self.record.messages) - 1))
        title = self._title_of(self.current)
        top, height = self.scroll_offset.y, self.size.height
        if not top <= title < top + height - 1:
            self.scroll_to(y=title, animate=False)
        self.refresh()

    def scroll_text(self, step: int) -> None:
        """Scroll by so many halves of what is seen."""
        self.scroll_relative(y=step * max(self.size.height // 2, 1), animate=False)

    def on_resize(self) -> None:
        """Break the lines anew where the width has changed."""
        if self._room != self._width:
            self._begin()

    def on_click(self, event: events.Click) -> None:
        """A click chooses a message; on what is folded it unfolds."""
        y = event.y + self.scroll_offset.y
        if y < len(self.lines_made):
            line = self.lines_made[y]
            if line.kind == "fold":
                self.post_message(self.Unfolding())
            elif line.message >= 0:
                self.current = line.message
                self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width, plain = self._room, self.rich_style
        index = y + self.scroll_offset.y
        if index >= len(self.lines_made):
            return Strip.blank(width, plain)
        line = self.lines_made[index]
        if line.kind == "gap":
            return Strip.blank(width, plain)
        here = line.message == self.current
        role = self._style(line.role if line.role in ("user", "assistant") else "other")
        bar = Segment("▌ " if here else _GUTTER, plain + role)
        room = max(min(width - len(_GUTTER), _WIDEST), 1)
        segments = [bar, *self._drawn(line, here, room, plain, role)]
        return Strip(segments).adjust_cell_length(width, plain).crop(0, width)

    def _drawn(
        self, line: Line, here: bool, room: int, plain: Style, role: Style
    ) -> Iterator[Segment]:
        if line.kind == "title":
            left = max(room - len(line.right) - 1, 1) if line.right else room
            mark = "▸ " if here else ""
            yield Segment(cut(f"{mark}{line.text}", left), plain + role + self._style("title"))
            if line.right:
                yield Segment(f" {line.right}", plain + self._style("scores"))
            return
        style = plain if line.kind == "text" else plain + self._style(line.kind)
        yield Segment(cut(line.text, room), style)

    @property
    def _room(self) -> int:
        """Cells of a line: what the scroll bar leaves."""
        return self.scrollable_content_region.width

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"reviewed--{name}", partial=True)

    def _first(self) -> int:
        messages = self.record.messages if self.record else ()
        return next((at for at, each in enumerate(messages) if each.role == "user"), 0)

    def _begin(self) -> None:
        self._width = self._room
        self.lines_made = []
        if self.record is None:
            self._rest = iter(())
        else:
            room = max(min(self._width - len(_GUTTER), _WIDEST), 10)
            self._rest = lines(self.record, self._scores, room, self.unfolded)
        self._make(_AT_ONCE)
        self.refresh()

    def _make(self, count: int) -> None:
        rest = self._rest
        more = list(islice(rest, count))
        self.lines_made += more
        self.virtual_size = Size(0, len(self.lines_made))
        if len(more) == count:
            # Between two pieces the screen takes keys.
            self.set_timer(0.01, lambda: self._make_more(rest))

    def _make_more(self, rest: Iterator[Line]) -> None:
        if rest is self._rest:
            self._make(_AT_A_TIME)

    def _title_of(self, message: int) -> int:
        while True:
            for y, line in enumerate(self.lines_made):
                if line.kind == "title" and line.message == message:
                    return y
            before = len(self.lines_made)
            self._make(_AT_A_TIME)
            if len(self.lines_made) == before:
                return 0
