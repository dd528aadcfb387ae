"""A control on one line that keys and the mouse move: by steps, or to a place."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from deita_tui.ui import actions
from deita_tui.ui.literal import cut

_LEFT, _RIGHT, _KNOB, _FILLED, _EMPTY = "◀", "▶", "●", "━", "─"
_FAR = 10


class Slider(Widget, can_focus=True):
    """``name value ◀━━━━●───▶``; it knows no unit and asks for what it does not decide.

    Args:
        label: what it moves.
        id: of the widget; its messages bring it.
        room: cells of the value, so that the bar stays where it is.
    """

    DEFAULT_CSS = """
    Slider { height: 1; width: 1fr; padding: 0 1; pointer: pointer; }
    Slider:hover { background: $boost; }
    Slider:focus { background: $primary-muted; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("slider")]

    place: reactive[float] = reactive(0.0)
    """Where the knob is, 0 to 1."""
    value: reactive[str] = reactive("")
    """What is written beside it."""

    class Stepped(Message):
        """It is to go so many steps up, or down."""

        def __init__(self, slider: "Slider", steps: int) -> None:
            super().__init__()
            self.slider, self.steps = slider, steps

    class Placed(Message):
        """It is to go to a place, 0 to 1."""

        def __init__(self, slider: "Slider", place: float) -> None:
            super().__init__()
            self.slider, self.place = slider, place

        def can_replace(self, message: Message) -> bool:
            """Only where it was dragged to last matters."""
            return isinstance(message, Slider.Placed) and message.slider is self.slider

    def __init__(self, label: str, id: str, room: int = 6) -> None:  # noqa: A002 - as Textual has it
        super().__init__(id=id)
        self._label, self._room = label, room
        self._dragged = False

    def show(self, value: str, place: float) -> None:
        """Show where it is now."""
        self.value, self.place = value, max(0.0, min(place, 1.0))

    @property
    def bar(self) -> tuple[int, int]:
        """Where the bar begins, and how many cells it has; the arrows stand around it."""
        begin = len(self._label) + 1 + max(self._room, len(self.value)) + 2
        return begin, max(self.content_size.width - begin - 1, 0)

    def render(self) -> Content:
        """Draw it."""
        begin, width = self.bar
        text = f"{self._label} {cut(self.value, begin - len(self._label) - 3)} "
        if width < 2:
            return Content(cut(text, self.content_size.width))
        knob = round(self.place * (width - 1))
        drawn = f"{_LEFT}{_FILLED * knob}"
        rest = f"{_EMPTY * (width - 1 - knob)}{_RIGHT}"
        return Content.assemble(text, drawn, (_KNOB, "$accent"), rest)

    def action_step(self, steps: int) -> None:
        """Go so many steps."""
        self.post_message(self.Stepped(self, steps))

    def action_far(self, direction: int) -> None:
        """Go many steps."""
        self.post_message(self.Stepped(self, direction * _FAR))

    def action_to(self, place: float) -> None:
        """Go to an end."""
        self.post_message(self.Placed(self, place))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """An arrow is a step; on the bar the knob comes to the pointer, and follows it."""
        self.focus()
        begin, width = self.bar
        x = event.x - self.styles.padding.left
        if width >= 2 and begin <= x < begin + width:
            self._dragged = True
            self.capture_mouse()
            self._drag(event.x)
        elif width >= 2 and x in (begin - 1, begin + width):
            self.action_step(1 if x > begin else -1)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The knob follows."""
        if self._dragged:
            self._drag(event.x)

    def on_mouse_up(self) -> None:
        """Let it go."""
        self._dragged = False
        self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel goes by steps."""
        event.stop()
        self.action_step(1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel goes by steps."""
        event.stop()
        self.action_step(-1)

    def _drag(self, x: int) -> None:
        begin, width = self.bar
        place = (x - self.styles.padding.left - begin) / max(width - 1, 1)
        self.post_message(self.Placed(self, max(0.0, min(place, 1.0))))


class Choice(Slider):
    """A control with a few named places: all are seen, and one is taken."""

    def __init__(self, label: str, id: str, names: Sequence[str]) -> None:  # noqa: A002
        super().__init__(label, id)
        self._names = tuple(names)

    def render(self) -> Content:
        """Draw it."""
        parts: list[Content | str | tuple[str, str]] = [self._label]
        for name in self._names:
            here = name == self.value
            parts += [" ", (f"[{name}]", "$accent bold") if here else f" {name} "]
        return Content.assemble(*parts)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click takes a name."""
        event.prevent_default()
        self.focus()
        x = event.x - self.styles.padding.left - len(self._label)
        for place, name in enumerate(self._names):
            width = len(name) + 3
            if 0 < x <= width:
                self.post_message(self.Placed(self, place / max(len(self._names) - 1, 1)))
                return
            x -= width
