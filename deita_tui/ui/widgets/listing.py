"""A short list of records under a cursor: each line leads to its record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from deita_tui.ui import actions
from deita_tui.ui.literal import cut

_BETWEEN = " / "


@dataclass(frozen=True, slots=True)
class Entry:
    """One line."""

    record: int
    """Which record it leads to."""
    head: str
    """Figures, which are never cut."""
    texts: tuple[str, ...]
    """Texts of the data set; they share what room is left."""


class Listing(Widget, can_focus=True):
    """Lines, as many as fit around the cursor."""

    DEFAULT_CSS = """
    Listing { height: 1fr; pointer: pointer; }
    Listing:focus { border: round $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("listing")]

    entries: reactive[tuple[Entry, ...]] = reactive(())
    empty: reactive[str] = reactive("")
    """What is said where there is no line."""
    cursor: reactive[int] = reactive(0)

    class Opened(Message):
        """A record is to be explained."""

        def __init__(self, record: int) -> None:
            super().__init__()
            self.record = record

    def show(self, entries: Sequence[Entry], empty: str) -> None:
        """Show other lines; the cursor stays on its record where that is still there."""
        here = self.entries[self.cursor].record if self.cursor < len(self.entries) else None
        self.empty, self.entries = empty, tuple(entries)
        found = (at for at, each in enumerate(self.entries) if each.record == here)
        self.cursor = next(found, 0)

    def validate_cursor(self, value: int) -> int:
        """Stay on a line."""
        return max(0, min(value, len(self.entries) - 1))

    def render(self) -> Content:
        """Draw it."""
        width, top = self.content_size.width, self._top
        shown = self.entries[top : top + self.content_size.height]
        lines = []
        for place, entry in enumerate(shown, start=top):
            here = self.has_focus and place == self.cursor
            lines.append(Content.styled(_line(entry, width), "reverse" if here else ""))
        return Content("\n").join(lines) if lines else Content.styled(self.empty, "dim")

    @property
    def _top(self) -> int:
        return max(0, self.cursor - self.content_size.height + 1)

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        self.cursor += step

    def action_open(self) -> None:
        """Say why this record is in or out."""
        if self.entries:
            self.post_message(self.Opened(self.entries[self.cursor].record))

    def on_click(self, event: events.Click) -> None:
        """A click chooses a line, a second one opens it."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y + self._top < len(self.entries):
            self.cursor = offset.y + self._top
            if event.chain == 2:
                self.action_open()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the cursor."""
        event.stop()
        self.action_move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves the cursor."""
        event.stop()
        self.action_move(-1)


def _line(entry: Entry, width: int) -> str:
    room = width - len(entry.head) - 1 - len(_BETWEEN) * (len(entry.texts) - 1)
    each = max(room // max(len(entry.texts), 1), 0)
    texts = _BETWEEN.join(cut(text, each) for text in entry.texts)
    return cut(f"{entry.head} {texts}", width)
