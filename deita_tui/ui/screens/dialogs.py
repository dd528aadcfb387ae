"""Questions and sentences that stand above a screen until they are answered."""

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from deita_tui.errors import DeitaError
from deita_tui.printable import printable

T = TypeVar("T")


class Dialog(ModalScreen[T]):
    """A box in the middle; Escape leaves without an answer."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "cancel")]

    def action_leave(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)


class Sentence(Dialog[None]):
    """Something went wrong: what, and what to do."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "leave", "back", show=False)]

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__()
        self._message, self._hint = message, hint

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(classes="dialog -wrong"):
            yield Static(printable(self._message), markup=False, classes="dialog--message")
            if self._hint:
                yield Static(printable(self._hint), markup=False, classes="dialog--hint")
            yield Button("OK", id="ok", compact=True)

    def on_button_pressed(self) -> None:
        """It was read."""
        self.dismiss(None)


class Confirm(Dialog[bool]):
    """Yes or no; Escape is no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes"),
        Binding("n,escape", "answer(False)", "no"),
    ]

    def __init__(self, question: str, yes: str = "Yes", no: str = "No") -> None:
        super().__init__()
        self._question, self._yes, self._no = question, yes, no

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(classes="dialog"):
            yield Static(printable(self._question), markup=False, classes="dialog--message")
            yield Button(f"{self._yes} (y)", id="yes", compact=True)
            yield Button(f"{self._no} (n)", id="no", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """It was answered."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        """It was answered by key."""
        self.dismiss(yes)


class Ask(Dialog[str]):
    """One line of text; Enter gives it, Escape gives nothing.

    Args:
        question: what is asked.
        hint: what may be written, below the line.
        value: what stands there at first.
        check: raises ``DeitaError`` or ``ValueError`` for what cannot be taken; that is said below
            the line, and what was written stays to be put right.
        empty: is an empty line an answer too? Else it gives nothing.
    """

    def __init__(
        self,
        question: str,
        hint: str = "",
        value: str = "",
        *,
        check: Callable[[str], object] | None = None,
        empty: bool = False,
    ) -> None:
        super().__init__()
        self._question, self._hint, self._written = question, hint, value
        self._check, self._empty = check, empty

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(classes="dialog"):
            yield Static(printable(self._question), markup=False, classes="dialog--message")
            yield Input(self._written, compact=True)
            if self._hint:
                yield Static(printable(self._hint), markup=False, classes="dialog--hint")
            mistake = Static(id="mistake", markup=False, classes="dialog--mistake")
            mistake.display = False
            yield mistake

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """It was answered."""
        text = event.value.strip()
        if not text and not self._empty:
            self.dismiss(None)
            return
        try:
            if self._check is not None:
                self._check(text)
        except (DeitaError, ValueError) as error:
            mistake = self.query_one("#mistake", Static)
            mistake.update(printable(f"✕ {error}"))
            mistake.display = True
            return
        self.dismiss(text)


class Choose(Dialog[str]):
    """One of a few things, by its letter, by the arrows, or by mouse.

    Args:
        question: what is asked.
        choices: of each what is given back, what is read, and its key (or nothing).
        chosen: where the cursor is at first.
    """

    def __init__(
        self, question: str, choices: Sequence[tuple[str, str, str]], chosen: str = ""
    ) -> None:
        super().__init__()
        self._question, self._choices, self._chosen = question, choices, chosen

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(classes="dialog"):
            yield Static(printable(self._question), markup=False, classes="dialog--message")
            options = [
                Option(f"{key or ' ':>2}  {printable(title)}", id=f"choice-{place}")
                for place, (_, title, key) in enumerate(self._choices)
            ]
            yield OptionList(*options, markup=False, compact=True)

    def on_mount(self) -> None:
        """Put the cursor where it was."""
        names = [name for name, _, _ in self._choices]
        options = self.query_one(OptionList)
        options.highlighted = names.index(self._chosen) if self._chosen in names else 0
        options.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """It was chosen."""
        self.dismiss(self._choices[event.option_index][0])

    def on_key(self, event: events.Key) -> None:
        """A letter chooses."""
        for name, _, key in self._choices:
            if key and event.character == key:
                event.stop()
                self.dismiss(name)
                return
