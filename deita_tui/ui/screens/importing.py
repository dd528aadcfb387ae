"""Importing: what a file is, how it will be read, what its first records look like; then go."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Button, Footer, Input, Static

from deita_tui import formats, places
from deita_tui.errors import DeitaError
from deita_tui.formats import Plan
from deita_tui.printable import printable
from deita_tui.project import Project
from deita_tui.records import Record
from deita_tui.ui import actions
from deita_tui.ui.widgets.conversation import Conversation
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp

_SHOWN = 20
"""Records that can be looked at before."""
_FORMATS = "found out; or sharegpt, alpaca, messages, …"
_COLUMNS = "instruction=prompt,response=answer"


class ImportWizard(Screen[None]):
    """One file or folder on its way in.

    Args:
        path: what was chosen.
        new: the folder of a project that is to be made for it; None: it goes into the open one.
    """

    PLACES = ("import",)
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("import")]
    app: "DeitaApp"

    def __init__(self, path: Path, new: Path | None = None) -> None:
        super().__init__()
        self._path, self._new = path, new
        self._found: Found | None = None
        self._place = 0

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar("import", "" if self._new else self.app.opened.folder.name)
        with Horizontal(id="importing"):
            with VerticalScroll(id="plan"):
                yield Static(printable(str(self._path)), markup=False, classes="dialog--message")
                yield Static("…", id="found", markup=False)
                if self._new is not None:
                    yield Static("Into a new project", classes="form--label")
                    yield Input(str(self._new.name), id="new", compact=True)
                yield Static("Read it as", classes="form--label")
                yield Input(id="format", placeholder=_FORMATS, compact=True)
                yield Static("Which column is what", classes="form--label")
                yield Input(id="map", placeholder=_COLUMNS, compact=True)
                yield Static("Source of records that name none", classes="form--label")
                yield Input(id="source", placeholder=_stem(self._path), compact=True)
                yield Button("Import (F5)", id="go", variant="primary", compact=True)
            with Vertical(id="sample"):
                yield Conversation()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Look into the file."""
        self.query_one("#go").focus()
        self._look()

    def on_input_submitted(self) -> None:
        """Something else is said of the file: look again."""
        self._look()

    def on_input_blurred(self, event: Input.Blurred) -> None:
        """The same when a line is left."""
        if self.is_attached and event.input.id in ("format", "map"):
            self._look()

    def on_button_pressed(self) -> None:
        """Import."""
        self.action_go()

    def _look(self) -> None:
        path, named, mapped = self._path, self._said("format"), self._said("map")
        self.app.aside("import", lambda: look(path, named, mapped), self._show, self._wrong)

    def _show(self, found: "Found") -> None:
        if not self.is_attached:
            return
        self._found, self._place = found, 0
        lines = list(found.plan.describe())
        if found.files > 1:
            lines.append(f"The first of {found.files:,} files; the others come behind it.")
        self.query_one("#found", Static).update(printable_lines(lines))
        self._draw()

    def _wrong(self, error: DeitaError) -> None:
        if not self.is_attached:
            return
        self._found = None
        told = [f"✕ {error.message}", *filter(None, (error.hint,))]
        self.query_one("#found", Static).update(printable_lines(told))
        self.query_one(Conversation).show(None, ["Nothing can be read like this."])

    def _draw(self) -> None:
        conversation = self.query_one(Conversation)
        rows = self._found.first if self._found else ()
        if not rows:
            conversation.show(None, ["There is no row in it."])
            return
        row = rows[self._place]
        head = f"row {self._place + 1} of the first {len(rows)}"
        if isinstance(row, Record):
            conversation.show(row, [head])
        else:
            conversation.show(None, [head, f"✕ refused: {row}"])

    def action_step(self, step: int) -> None:
        """Look at another row."""
        if self._found and self._found.first:
            self._place = max(0, min(self._place + step, len(self._found.first) - 1))
            self._draw()

    def action_go(self) -> None:
        """Look once more, since what is typed may be newer than what is shown; then import."""
        path, named, mapped = self._path, self._said("format"), self._said("map")
        self.app.aside("import", lambda: look(path, named, mapped), self._import, self._wrong)

    def _import(self, found: "Found") -> None:
        if not self.is_attached:
            return
        asked = Asked(self._path, self._said("format"), self._said("map"), self._said("source"))
        self.app.pop_screen()
        if self._new is not None and not self.app.make_project(self._folder()):
            return
        folder = self.app.opened.folder
        self.app.aside("queue", lambda: queue(folder, asked), lambda _: self.app.changed())

    def _folder(self) -> Path:
        assert self._new is not None
        return places.resolve(self._said("new") or self._new.name, self.app.home)

    def _said(self, name: str) -> str | None:
        return self.query_one(f"#{name}", Input).value.strip() or None


@dataclass(frozen=True, slots=True)
class Found:
    """What a file turned out to be."""

    plan: Plan
    """How its first file would be read."""
    files: int
    first: tuple[Record | str, ...]
    """Its first rows: what they would become, or why they would be refused."""


def look(path: Path, format_: str | None, map_: str | None) -> Found:
    """Look into a file, or into the first one of a folder.

    Raises:
        InputError: nothing can be read from it like this.
        UsageError: the format or the columns make no sense.
    """
    files = formats.expand(path)
    plan = formats.plan(files[0], _mapping(format_, map_))
    return Found(plan, len(files), tuple(_read(row) for row in islice(formats.read(plan), _SHOWN)))


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be imported, and how."""

    path: Path
    format: str | None
    map: str | None
    source: str | None


def queue(folder: Path, asked: Asked) -> None:
    """Queue the import of all files, and see that a worker does it.

    Raises:
        InputError: one of them cannot be read; those before it are queued.
    """
    with Project.open(folder, door="app") as project:
        try:
            for file in formats.expand(asked.path):
                plan = project.plan(file, format=asked.format, map=asked.map)
                project.queue_import(file, plan, source=asked.source)
        finally:
            project.start()


def printable_lines(lines: Iterable[str]) -> str:
    """Sentences under each other, harmless, and each on one line."""
    return "\n".join(map(printable, lines))


def _mapping(format_: str | None, map_: str | None) -> formats.Mapping:
    return formats.Mapping.parse(map_, format_) if map_ else formats.Mapping(format_)


def _read(row: formats.Row) -> Record | str:
    if row.refusal is not None:
        return f"{row.refusal.message} ({row.place})"
    return row.found[0].record if row.found else "it holds no record"


def _stem(path: Path) -> str:
    return path.name.partition(".")[0]
