"""The names of panels on one line, where there is room for one panel only."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from deita_tui.ui import actions


class PaneStrip(Widget, can_focus=True):
    """One of the names is chosen; keys and a click choose another one."""

    DEFAULT_CSS = """
    PaneStrip { height: 1; padding: 0 1; background: $surface; }
    PaneStrip:focus { background: $primary-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("panes")]
    chosen: reactive[str] = reactive("")

    class Chosen(Message):
        """Another panel is to be shown."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, names: Sequence[str], id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._names = tuple(names)
        self.set_reactive(PaneStrip.chosen, self._names[0])

    def render(self) -> Content:
        """Draw it."""
        parts: list[tuple[str, str]] = []
        for name in self._names:
            here = name == self.chosen
            parts.append((f"[{name}]" if here else f" {name} ", "$accent bold" if here else ""))
        return Content.assemble(*parts)

    def action_choose(self, step: int) -> None:
        """Choose the next one, or the one before."""
        place = self._names.index(self.chosen) + step
        self.post_message(self.Chosen(self._names[place % len(self._names)]))

    def on_click(self, event: events.Click) -> None:
        """A click chooses a name."""
        x = event.x - self.styles.padding.left
        for name in self._names:
            if 0 <= x < len(name) + 2:
                self.post_message(self.Chosen(name))
            x -= len(name) + 2
