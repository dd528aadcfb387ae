"""Setting up a scoring run: which scorer, on what; what it will take; then go."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Button, Footer, Input, Select, Static

from deita_tui import config
from deita_tui.errors import DeitaError, UsageError
from deita_tui.findings import Finding
from deita_tui.printable import printable
from deita_tui.project import Project, ScoreOptions
from deita_tui.scoring.plan import Plan
from deita_tui.ui import actions
from deita_tui.ui.keyed import keyed
from deita_tui.ui.screens.doctor import drawn, examined, of_models
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp

_DRAFT = "lite"
_OTHER = "…"
"""Stands for models that are named below."""


class ScoreSetup(Screen[None]):
    """A form; the plan below follows what is chosen."""

    PLACES = ("score",)
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("score")]
    app: "DeitaApp"

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar("score", self.app.opened.folder.name)
        with VerticalScroll(classes="form"):
            yield Static("Scorer", classes="form--label")
            yield Select(self._scorers(), allow_blank=False, id="scorer", compact=True)
            yield Static("Complexity model", classes="form--label -model", markup=False)
            yield Input(id="complexity", placeholder="hub id, folder or .gguf", compact=True,
                        classes="-model")  # fmt: skip
            yield Static("Quality model", classes="form--label -model", markup=False)
            yield Input(id="quality", placeholder="hub id, folder or .gguf", compact=True,
                        classes="-model")  # fmt: skip
            yield Static("Only records that this filter finds", classes="form--label")
            yield Input(id="where", placeholder="all; or source:alpaca turns<4", compact=True)
            yield Static("Only a fair sample of", classes="form--label")
            yield Input(id="limit", placeholder="all", type="integer", compact=True)
            yield Button("Score (F5)", id="go", variant="primary", compact=True)
            yield Static(id="plan", markup=False, classes="form--plan")
            yield Static(id="machine", classes="form--plan")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Plan what is chosen at first."""
        self.query_one("#go").focus()
        self._follow()
        folder = self.app.opened.folder
        self.app.aside("machine", lambda: of_models(examined(folder)), self._tell_machine)

    def _tell_machine(self, found: list[Finding]) -> None:
        if self.is_attached:
            self.query_one("#machine", Static).update(drawn(found))

    def on_select_changed(self) -> None:
        """Another scorer."""
        self._follow()

    def on_input_changed(self) -> None:
        """Something else is said."""
        self._follow()

    def on_button_pressed(self) -> None:
        """Score."""
        self.action_go()

    def action_go(self) -> None:
        """Queue the run and go back, where it can be watched."""
        try:
            project = self.app.opened
            project.queue_score(**self._options())
            project.start()
        except DeitaError as error:
            self.app.tell(error)
            return
        self.app.pop_screen()
        self.app.changed()

    def _scorers(self) -> list[tuple[str, str]]:
        names = list(config.load(self.app.opened.folder).sets)
        told = [("lite: a quick draft, needs no model", _DRAFT)]
        told += [(f"{name}: {_models(self.app.opened, name)}", name) for name in names]
        return [*told, ("other models, named below", _OTHER)]

    def _follow(self) -> None:
        other = self.query_one("#scorer", Select).value == _OTHER
        for widget in self.query(".-model"):
            widget.display = other
        try:
            options = self._options()
        except DeitaError as error:
            self._wrong(error)
            return

        def read(project: Project) -> Plan:
            return project.plan_score(**options)

        self.app.look("plan", read, self._show, self._wrong)

    def _show(self, plan: Plan) -> None:
        if self.is_attached:
            self.query_one("#plan", Static).update("\n".join(map(printable, plan.lines())))

    def _wrong(self, error: DeitaError) -> None:
        if self.is_attached:
            told = keyed(f"✕ {error.message} {error.hint}", self.app)
            self.query_one("#plan", Static).update(printable(told))

    def _options(self) -> ScoreOptions:
        chosen = self.query_one("#scorer", Select).value
        told: dict[str, Any] = {"where": self._typed("where")}
        if limit := self._typed("limit"):
            told["limit"] = int(limit)
        if chosen != _OTHER:
            return {**told, "scorer": chosen}  # type: ignore[typeddict-item]
        named = {name: self._typed(name) for name in ("complexity", "quality")}
        if not any(named.values()):
            raise UsageError("Name a model: a hub id, a folder or a .gguf file.")
        return {**told, **{name: model for name, model in named.items() if model}}  # type: ignore[typeddict-item]

    def _typed(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()


def _models(project: Project, name: str) -> str:
    chosen = config.load(project.folder).scorer(name)
    models = dict.fromkeys(filter(None, (chosen.complexity, chosen.quality)))
    return printable(", ".join(Path(model).name for model in models))
