"""A box to write several lines in."""

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Static, TextArea

from deita_tui.printable import printable
from deita_tui.ui.editable import editable, harmless
from deita_tui.ui.screens.dialogs import Confirm

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp


class Lines(TextArea):
    """Text to edit; whatever is pasted into it, nothing in it acts on the terminal."""

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        strip = super().render_line(y)
        if strip.text.isprintable():
            return strip
        segments = [Segment(harmless(text), style, control) for text, style, control in strip]
        return Strip(segments).adjust_cell_length(strip.cell_length)


class Writing(ModalScreen[str | None]):
    """Several lines of text; ctrl+s gives them, Escape gives nothing, and asks before it drops any.

    Args:
        title: what is written, above the box.
        text: what stands there at first.
        hint: what else is worth knowing, below the box.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f5", "take", "take it", priority=True),
        Binding("escape", "leave", "cancel", priority=True),
    ]
    AUTO_FOCUS = "Lines"
    KEYS = "ctrl+s takes it · esc cancels"
    app: "DeitaApp"

    def __init__(self, title: str, text: str, hint: str = "") -> None:
        super().__init__()
        self._told, self._hint = title, hint
        self._before = text
        self._editable = editable(text)

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(classes="dialog -writing"):
            yield Static(printable(self._told), markup=False, classes="dialog--message")
            yield Lines(self._editable.shown, tab_behavior="indent", show_line_numbers=False)
            yield Static(markup=False, classes="dialog--hint")
            yield Static(self.KEYS, markup=False, classes="dialog--keys")

    def on_mount(self) -> None:
        """Say what there is to say."""
        marks = [mark for mark, _ in self._editable.marks]
        told = [self._hint]
        if marks:
            told.append(f"{', '.join(marks[:4])} stand for characters that nobody sees.")
        self.say(" ".join(filter(None, told)))

    def say(self, what: str) -> None:
        """Say something below the box."""
        line = self.query_one(".dialog--hint", Static)
        line.update(printable(what))
        line.display = bool(what)

    @property
    def text(self) -> str:
        """What is written."""
        return self._editable.back(self.query_one(Lines).text)

    def put(self, text: str) -> None:
        """Put a text in the place of what is written."""
        self._editable = editable(text)
        self.query_one(Lines).text = self._editable.shown

    def problem(self, text: str) -> str:
        """Why a text cannot be taken; empty where it can."""
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            return "The text holds a NUL or half a character: remove it."
        return ""

    def action_take(self) -> None:
        """Give it."""
        text = self.text
        if problem := self.problem(text):
            self.say(problem)
            return
        self.dismiss(text)

    def action_leave(self) -> None:
        """Give nothing; ask where something was written."""
        if self.text == self._before:
            self.dismiss(None)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.dismiss(None)

        question = Confirm("Drop what you wrote?", "Drop it", "Go on writing")
        self.app.push_screen(question, answered)
