"""The line in which a filter is typed: it completes names and values, and remembers."""

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

Complete = Callable[[str, int], list[str]]


class FilterBox(Input):
    """A filter; Enter applies it, Escape leaves it as it was, up and down go through old ones."""

    DEFAULT_CSS = """
    FilterBox.-textual-compact { height: 1; border: none; padding: 0 1; background: $panel; }
    FilterBox.-textual-compact:focus { background: $boost; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", show=True),
        Binding("up", "older", "older", show=False),
        Binding("down", "newer", "newer", show=False),
        Binding("tab", "complete", "complete", show=True),
    ]

    class Left(Message):
        """The box was left without a change."""

    def __init__(self, complete: Complete, history: list[str]) -> None:
        super().__init__(
            placeholder="a filter: score>12 source:alpaca is:kept, or words of the text",
            suggester=_Completion(complete),
            select_on_focus=False,
            compact=True,
        )
        self._complete = complete
        self._history = history
        self._place = len(history)
        self._before = ""

    def enter(self, text: str) -> None:
        """Begin to type, with ``text`` in the box; what is there now comes back on Escape."""
        self._place = len(self._history)
        self.value = text
        self.cursor_position = len(text)
        self.focus()

    def show(self, text: str) -> None:
        """Show what is filtered by."""
        self._before = text
        if not self.has_focus:
            self.value = text

    def mend(self, text: str, at: int, before: str) -> None:
        """Let a mistake be mended; the cursor stands where it is."""
        self._before = before
        self.enter(text)
        self.cursor_position = at

    def remember(self, line: str) -> None:
        """Put a line, which was applied, behind the old ones."""
        self._before = line
        if line:
            self._history[:] = [*(each for each in self._history if each != line), line]

    def action_leave(self) -> None:
        """Leave it as it was."""
        self.value = self._before
        self.post_message(self.Left())

    def action_older(self) -> None:
        """The line before."""
        self._go(-1)

    def action_newer(self) -> None:
        """The line after."""
        self._go(1)

    def action_complete(self) -> None:
        """Take what is offered; where nothing is, stay."""
        offered = self._complete(self.value, self.cursor_position)
        if offered and offered[0] != self.value:
            self.value = offered[0]
            self.cursor_position = len(self.value)

    def on_blur(self, event: events.Blur) -> None:
        """What was typed and not applied is not what is shown."""
        self._suggestion = ""
        self.value = self._before

    def _go(self, step: int) -> None:
        self._place = max(0, min(self._place + step, len(self._history)))
        lines = [*self._history, self._before]
        self.value = lines[self._place]
        self.cursor_position = len(self.value)


class _Completion(Suggester):
    """What the filter language says may come next."""

    def __init__(self, complete: Complete) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        """The first completion that goes on from what is typed."""
        return next(
            (text for text in self._complete(value, len(value)) if text.startswith(value)), None
        )
