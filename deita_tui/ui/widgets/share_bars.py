"""The sources as bars, and under the cursor as controls: how much each may, or must, give."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from deita_tui.selection.params import Share
from deita_tui.selection.picture import Bar
from deita_tui.ui import actions, wishes
from deita_tui.ui.widgets import charts


class ShareBars(Widget, can_focus=True):
    """A line for each source, and one for each limit on several sources together."""

    DEFAULT_CSS = """
    ShareBars { height: 1fr; pointer: pointer; }
    ShareBars:focus { border: round $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("shares")]

    bars: reactive[tuple[Bar, ...]] = reactive(())
    shares: reactive[tuple[Share, ...]] = reactive(())
    cursor: reactive[int] = reactive(0)

    class Asked(Message):
        """The limit of a source is to move: so many steps, and which limit; 0 steps: none."""

        def __init__(self, source: str, side: wishes.Side, steps: int) -> None:
            super().__init__()
            self.source: str = source
            self.side: wishes.Side = side
            self.steps = steps

    def show(self, bars: Sequence[Bar], shares: Sequence[Share]) -> None:
        """Show what is kept of each source, and its limits."""
        self.bars, self.shares = tuple(bars), tuple(shares)
        self.cursor = self.cursor

    @property
    def names(self) -> list[str]:
        """What each line is about: patterns first, since they are the user's own."""
        known = [bar.label for bar in self.bars]
        return [*dict.fromkeys(s.source for s in self.shares if s.source not in known), *known]

    def validate_cursor(self, value: int) -> int:
        """Stay on a line."""
        return max(0, min(value, len(self.names) - 1))

    def render(self) -> Content:
        """Draw it."""
        width, height = self.content_size
        names = self.names
        by_name = {bar.label: bar for bar in self.bars}
        limits = [wishes.told_limits(self.shares, name) for name in names]
        room = max(map(len, limits), default=0)
        top = max(0, self.cursor - height + 1) if self.has_focus else 0
        rows = [by_name.get(name, Bar(name, 0, 0)) for name in names]
        lines = charts.bar_lines(rows, width - room - (1 if room else 0), rows[top : top + height])
        drawn = []
        for place, line in enumerate(lines, start=top):
            here = self.has_focus and place == self.cursor
            limit = Content.styled(f" {limits[place]:>{room}}" if room else "", "$accent bold")
            drawn.append((line + limit).stylize("reverse") if here else line + limit)
        return Content("\n").join(drawn)

    def action_move(self, step: int) -> None:
        """Go to another source."""
        self.cursor += step

    def action_limit(self, side: wishes.Side, steps: int) -> None:
        """Move a limit of the source under the cursor."""
        if names := self.names:
            self.post_message(self.Asked(names[self.cursor], side, steps))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click chooses a source."""
        offset = event.get_content_offset(self)
        self.focus()
        if offset is not None:
            top = max(0, self.cursor - self.content_size.height + 1)
            self.cursor = top + offset.y

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves what the source under the cursor may give."""
        event.stop()
        self.action_limit("most", 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves what the source under the cursor may give."""
        event.stop()
        self.action_limit("most", -1)
