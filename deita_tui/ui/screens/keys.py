"""Which keys work on the screen below, from the same table that the keys are made of."""

from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from deita_tui.ui import actions

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp


class Keys(ModalScreen[None]):
    """A list of keys with what each does, and the command that does the same."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", "close")
    ]
    app: "DeitaApp"

    def __init__(self, below: Screen[Any]) -> None:
        super().__init__()
        self._places = tuple(getattr(below, "PLACES", ()))

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(classes="dialog -tall"):
            yield Static("Keys that work here", classes="dialog--message")
            with VerticalScroll():
                yield Static(Content("\n").join(self.lines()))
            yield Static(
                "Capitals act wider. Ids in grey are what keymap.toml names.",
                classes="dialog--hint",
            )

    def lines(self) -> list[Content]:
        """One action a line: keys, what it does, the same without the app, its id."""
        found = actions.here(*self._places)
        keys = {action.id: self.app.keys_of(action) for action in found}
        width = max(map(len, keys.values()), default=0)
        lines = []
        for action in found:
            key = Content.styled(f"{keys[action.id]:>{width}}  ", "bold $primary")
            same = f"  ({action.command})" if action.command else ""
            told = Content(action.help)
            lines.append(
                Content.assemble(
                    key, told, Content.styled(f"{same}  {action.id}", "$foreground-muted")
                )
            )
        return lines
