"""Setting up vectors: which embedder, and of what of a record."""

from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Button, Footer, Input, Select, Static

from deita_tui.errors import DeitaError, UsageError
from deita_tui.project.embedding import EmbedOptions
from deita_tui.ui import actions
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp

_LITE, _MODEL, _DEITA = "lite", "model", "deita"
_WAYS = (
    ("lite: ships with deita-tui, thousands of records a second", _LITE),
    ("a model, named below: a sentence encoder, or any language model", _MODEL),
    ("as in the paper: a language model's last token, named below", _DEITA),
)
_WHAT = (
    ("the whole conversation", "conversation"),
    ("the instructions", "instruction"),
    ("the responses", "response"),
)


class EmbedSetup(Screen[None]):
    """A form; Enter on its button starts the jobs."""

    PLACES = ("embed",)
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("embed")]
    app: "DeitaApp"

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar("embed", self.app.opened.folder.name)
        with VerticalScroll(classes="form"):
            yield Static("Embedder", classes="form--label")
            yield Select(_WAYS, allow_blank=False, id="way", compact=True)
            yield Static("Model", classes="form--label -model")
            yield Input(id="model", placeholder="hub id, folder or .gguf", compact=True,
                        classes="-model")  # fmt: skip
            yield Static("Of what", classes="form--label -what")
            yield Select(_WHAT, allow_blank=False, id="what", compact=True, classes="-what")
            yield Static("Only records that this filter finds", classes="form--label")
            yield Input(id="where", placeholder="all; or source:alpaca turns<4", compact=True)
            yield Button("Embed (F5)", id="go", variant="primary", compact=True)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin at the button: what is chosen at first is what most want."""
        self.query_one("#go").focus()
        self._follow()

    def on_select_changed(self) -> None:
        """Another way has other questions."""
        self._follow()

    def on_button_pressed(self) -> None:
        """Embed."""
        self.action_go()

    def action_go(self) -> None:
        """Queue the jobs and go back, where they can be watched."""
        project = self.app.opened
        try:
            project.queue_embed(**self._options())
            project.start()
        except DeitaError as error:
            self.app.tell(error)
            return
        self.app.pop_screen()
        self.app.changed()

    def _follow(self) -> None:
        way = self.query_one("#way", Select).value
        for widget in self.query(".-model"):
            widget.display = way != _LITE
        for widget in self.query(".-what"):
            widget.display = way != _DEITA

    def _options(self) -> EmbedOptions:
        way = self.query_one("#way", Select).value
        told: dict[str, Any] = {"where": self._typed("where")}
        if way == _DEITA:
            told["preset"] = "deita"
        else:
            told["what"] = self.query_one("#what", Select).value
        if way == _LITE:
            told["embedder"] = "lite"
        elif model := self._typed("model"):
            told["embedder"] = model
        else:
            raise UsageError("Name a model: a hub id, a folder or a .gguf file.")
        return told  # type: ignore[return-value]

    def _typed(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()
