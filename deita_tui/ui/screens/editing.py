"""Editing one message of a record, in place or in the user's own editor."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType

from deita_tui.errors import DeitaError
from deita_tui.records import Record
from deita_tui.ui.screens.writing import Writing

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp

_LONG = 100_000
"""Characters from which on a box on the screen is slow."""


class EditTurn(Writing):
    """Edit one message; what comes back is its new text.

    Args:
        record: the conversation as it reads now.
        message: which of its messages, from 0.
        about: which record it is, for the line above the box.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f4", "outside", "in $EDITOR", priority=True)]
    KEYS = "ctrl+s takes it · f4 in your editor · esc cancels"

    def __init__(self, record: Record, message: int, about: str = "") -> None:
        told = record.messages[message]
        place = f"{told.role}, message {message + 1} of {len(record.messages)}"
        hint = ""
        if told.calls:
            hint = "Its tool calls stay as they are."
        elif len(told.content) > _LONG:
            hint = f"{len(told.content):,} characters: your own editor is faster."
        self._may_be_empty = bool(told.calls or told.media)
        super().__init__(" · ".join(filter(None, (about, place))), told.content, hint)

    def problem(self, text: str) -> str:
        """Why a text cannot be taken; empty where it can."""
        if not text.strip() and not self._may_be_empty:
            return "An empty turn has no score: reject the record if it should not be used."
        return super().problem(text)

    def action_outside(self) -> None:
        """Go on in the user's own editor."""

        def here() -> None:
            self.say("There is no terminal here that an editor could have: edit it in this box.")

        def take(text: str | None) -> None:
            if text is not None:
                self.put(text)

        outside(self.app, self.text, take, here)


def outside(
    app: "DeitaApp",
    text: str,
    then: Callable[[str | None], None],
    here: Callable[[], object],
) -> None:
    """Let the user edit a text in ``$EDITOR``; the app gives the terminal away meanwhile.

    Args:
        app: the app.
        text: what to begin with.
        then: called with the new text; None where nothing was changed.
        here: called instead where the app has no terminal to give away, as in a browser.
    """
    from deita_tui.editor import edit_text

    if app.served:
        here()
        return
    wrong: DeitaError | None = None
    found: str | None = None
    try:
        with app.suspend():
            # What is raised in here would leave the terminal to the editor.
            try:
                found = edit_text(text)
            except DeitaError as error:
                wrong = error
    except SuspendNotSupported:
        here()
        return
    if wrong is not None:
        app.tell(wrong)
    else:
        then(found)
