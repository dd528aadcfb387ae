"""A conversation to read: turn by turn, literally, however long."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from deita_tui.records import Message, Record, spoken
from deita_tui.ui.literal import broken, cut

_SLICE = 0.01
"""Seconds that lines are broken for before keys are heard again."""
_PART = 256
"""Lines between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the screen."""

    text: str
    style: str
    """A component class; empty for plain text."""
    right: str = ""
    """What stands at the right edge."""


class Conversation(ScrollView, can_focus=True):
    """The messages of one record, with the scores of each turn beside its answer.

    Text is shown as it is written: no Markdown, no markup. Lines are broken once for a width, so
    that a megabyte scrolls as smoothly as a line; of a long text the first lines are there at once,
    and the others while keys are heard.
    """

    DEFAULT_CSS = """
    Conversation {
        height: 1fr; padding: 0 1; background: $surface;
        overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
    }
    Conversation > .conversation--head { color: $primary; text-style: bold; }
    Conversation > .conversation--user { color: $accent; text-style: bold; }
    Conversation > .conversation--assistant { color: $success; text-style: bold; }
    Conversation > .conversation--other { color: $foreground-muted; text-style: bold; }
    Conversation > .conversation--scores { color: $foreground-muted; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "conversation--head", "conversation--user", "conversation--assistant",
        "conversation--other", "conversation--scores",
    }  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._record: Record | None = None
        self._head: Sequence[str] = ()
        self._scores: Sequence[str] = ()
        self._lines: list[Line] = []
        self._rest: Iterator[Line] = iter(())
        """Lines that are not broken yet."""
        self._width = 0
        self._looks: dict[str, Style] = {}
        """The styles of what is being drawn."""

    def show(
        self, record: Record | None, head: Sequence[str] = (), scores: Sequence[str] = ()
    ) -> None:
        """Show a record.

        Args:
            record: the conversation; None shows only the head.
            head: lines above it: the outcome, where it is from.
            scores: what stands beside the answer of each turn.
        """
        told = (record, tuple(head), tuple(scores))
        same = record is not None and record == self._record
        if same and told == (self._record, self._head, self._scores):
            return
        self._record, self._head, self._scores = told
        self._break()
        if not same:
            self.scroll_to(y=0, animate=False)

    def on_resize(self) -> None:
        """Break the lines anew where the width has changed."""
        if self.room != self._width:
            self._break()

    @property
    def room(self) -> int:
        """Cells of a line: what the scroll bar leaves."""
        return self.scrollable_content_region.width

    def turn(self, step: int) -> None:
        """Scroll to the next or the last message above."""
        self._lines += self._rest
        self._measure()
        heads = [y for y, line in enumerate(self._lines) if line.style.startswith("conversation--")
                 and not line.style.endswith(("head", "scores"))]  # fmt: skip
        here = self.scroll_offset.y
        later = [y for y in heads if (y > here if step > 0 else y < here)]
        if later:
            self.scroll_to(y=later[0] if step > 0 else later[-1], animate=False)

    def render_lines(self, crop: Region) -> list[Strip]:
        """What is seen; a style is the same for all its lines."""
        self._looks = {}
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width, plain = self.room, self._look("")
        index = y + self.scroll_offset.y
        if index >= len(self._lines):
            return Strip.blank(width, plain)
        line = self._lines[index]
        right = f" {line.right}" if line.right else ""
        room = width - len(right)
        if room <= 0:
            return Strip([Segment(cut(line.text, width), self._look(line.style))], width)
        segments = [Segment(cut(line.text, room), self._look(line.style))]
        if right:
            segments.append(Segment(right, self._look("conversation--scores")))
        return Strip(segments, width)

    def _look(self, name: str) -> Style:
        if (found := self._looks.get(name)) is None:
            found = self.rich_style
            if name:
                found += self.get_component_rich_style(name, partial=True)
            self._looks[name] = found
        return found

    def _break(self) -> None:
        self._width = self.room
        self._lines = []
        self._rest = self._made(max(self._width, 10))
        self._go_on(self._rest)

    def _go_on(self, rest: Iterator[Line]) -> None:
        """Break lines for a while; what is left is done when others had their turn."""
        if rest is not self._rest:
            return
        until = monotonic() + _SLICE
        more = True
        while more and monotonic() < until:
            part = list(islice(rest, _PART))
            self._lines += part
            more = len(part) == _PART
        self._measure()
        if more:
            self.set_timer(_SLICE, lambda: self._go_on(rest))

    def _measure(self) -> None:
        """Say how many lines there are.

        The bar has its place whatever their number, so nothing need be laid out anew.
        """
        size = Size(0, len(self._lines))
        self.set_reactive(Conversation.virtual_size, size)
        self.vertical_scrollbar.window_virtual_size = size.height
        self.scroll_to(y=min(self.scroll_y, self.max_scroll_y), animate=False)
        self.refresh()

    def _made(self, width: int) -> Iterator[Line]:
        for text in self._head:
            yield from (Line(line, "conversation--head") for line in broken(text, width))
        if self._record is None:
            return
        if self._head:
            yield Line("", "")
        turn = 0
        for message in self._record.messages:
            beside = ""
            if message.role == "assistant" and turn < len(self._scores):
                beside = self._scores[turn]
                turn += 1
            yield Line(_title(message), _style(message.role), beside)
            yield from (Line(line, "") for line in broken(spoken(message), width))
            yield Line("", "")


def _title(message: Message) -> str:
    name = getattr(message, "name", None)
    return f"{message.role} ({name})" if name else message.role


def _style(role: str) -> str:
    return f"conversation--{role if role in ('user', 'assistant') else 'other'}"
