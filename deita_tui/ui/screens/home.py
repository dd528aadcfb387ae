"""Home: the projects, and how to come by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Footer, Static

from deita_tui import places
from deita_tui.errors import DeitaError
from deita_tui.figures import size
from deita_tui.printable import printable
from deita_tui.project import Project
from deita_tui.ui import actions
from deita_tui.ui.widgets.few_rows import FewRows
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_store.counts import Counts
    from deita_tui.ui.ahead import Ahead
    from deita_tui.ui.app import DeitaApp


@dataclass(frozen=True, slots=True)
class Known:
    """A project of the list."""

    folder: Path
    counts: "Counts | None" = None
    """None until they were read."""
    error: str = ""
    used: float = 0.0
    """When it was written to last, seconds since 1970."""


class Home(Screen[None]):
    """The projects that were used lately."""

    PLACES = ("home",)
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("home")]
    app: "DeitaApp"

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name)
        self._known: list[Known] = []

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar("projects")
        yield Static(_WELCOME, id="welcome", markup=False)
        with Horizontal(id="home"):
            yield FewRows(id="projects")
            yield Static(id="about", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show the names at once, and the numbers when they are there."""
        table = self.query_one(FewRows)
        table.add_column("project", key="name")
        table.add_column("records", key="records")
        table.add_column("stage", key="stage")
        table.add_column("last used", key="used")
        table.focus()
        # Behind the first picture: finding out about graphics cards may take a second.
        self.call_after_refresh(self._look_around)

    def _look_around(self) -> None:
        """Say in the top bar what this machine has."""
        home = self.app.home

        def look() -> str:
            from deita_tui import doctor

            return doctor.glance(home)

        def show(told: str) -> None:
            if self.is_attached:
                self.query_one(TopBar).right = told

        self.app.aside("machine", look, show)

    def on_screen_resume(self) -> None:
        """The list may have changed."""
        folders = places.recent(self.app.home)
        self._known = [Known(folder, used=_used(folder)) for folder in folders]
        self._draw()
        self.query_one("#welcome").display = not folders
        self.query_one("#home").display = bool(folders)
        if folders:
            self._tell_next(folders)

    def _tell_next(self, folders: Sequence[Path]) -> None:
        """Count one project after another, so that each shows as soon as it can."""
        folder, *rest = folders

        def put(known: Known) -> None:
            self._put(known)
            if rest and self.is_attached:
                self._tell_next(rest)

        ahead = self.app.ahead
        self.app.aside("counts", lambda: _look(folder, ahead), put)

    def _put(self, known: Known) -> None:
        folders = [each.folder for each in self._known]
        if not self.is_attached or known.folder not in folders:
            return
        self._known[folders.index(known.folder)] = known
        table, key = self.query_one(FewRows), str(known.folder)
        for column, cell in zip(table.columns, cells(known), strict=True):
            table.update_cell(key, column, cell, update_width=True)
        self._describe()

    def _draw(self) -> None:
        table = self.query_one(FewRows)
        row = table.cursor_row
        table.clear()
        for known in self._known:
            table.add_row(*cells(known), key=str(known.folder))
        table.move_cursor(row=min(row, max(len(self._known) - 1, 0)))
        self._describe()

    def _describe(self) -> None:
        known = self._here()
        self.query_one("#about", Static).update("\n".join(_about(known)) if known else "")

    def _here(self) -> Known | None:
        row = self.query_one(FewRows).cursor_row
        return self._known[row] if 0 <= row < len(self._known) else None

    def on_data_table_row_highlighted(self) -> None:
        """Another project is under the cursor."""
        self._describe()

    def on_data_table_row_selected(self) -> None:
        """Open it."""
        self.action_open()

    # What keys do ---------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Open the project under the cursor; on an empty list, the demo."""
        if known := self._here():
            self.app.open_project(known.folder)
        elif not self._known:
            self.action_demo()

    def action_new(self) -> None:
        """Make an empty project."""
        from deita_tui.ui.screens.dialogs import Ask

        def make(name: str | None) -> None:
            if name:
                self.app.make_project(places.resolve(name, self.app.home))

        hint = f"A name lies in {self.app.home}; a path lies where it says."
        self.app.push_screen(Ask("Name of the new project", hint), make)

    def action_find(self) -> None:
        """Open a project that is not in the list."""
        from deita_tui.ui.screens.dialogs import Ask

        def open_(name: str | None) -> None:
            if name:
                self.app.open_project(places.resolve(name, self.app.home))

        hint = "A path, or the name of a project that lies in " + str(self.app.home)
        self.app.push_screen(Ask("Which project?", hint), open_)

    def action_import_file(self) -> None:
        """Choose a file, make a project that is called like it, and import."""
        from deita_tui.ui.screens.files import Files

        def chosen(path: Path | None) -> None:
            if path is not None:
                self._import(path)

        self.app.push_screen(Files(), chosen)

    def _import(self, path: Path) -> None:
        from deita_tui.ui.screens.importing import ImportWizard

        self.app.push_screen(ImportWizard(path, free_name(self.app.home, path)))

    def action_demo(self) -> None:
        """Open the demo."""
        self.app.open_demo()

    def action_forget(self) -> None:
        """Take the project off the list."""
        if known := self._here():
            places.forget(known.folder, self.app.home)
            self.notify(f"{known.folder} is still there.", title="Off the list", markup=False)
            self.on_screen_resume()


_WELCOME = """
 Welcome. deita-tui chooses the instruction-tuning data that is worth
 training on: it scores each conversation for complexity and quality, and
 keeps the best that are not alike.

   d   look at the demo: real records, scored and selected
   i   import a file of your own: JSONL, JSON, CSV, Parquet, a folder
   n   make an empty project
   ?   every key

 Everything stays on this machine.
"""


def stage(known: Known) -> str:
    """How far a project is, in two words."""
    counts = known.counts
    if known.error:
        return "cannot be opened"
    if counts is None:
        return "…"
    if counts.selection is not None:
        return f"selected {counts.selection[1]:,}"
    if counts.scored:
        done = min(done for _, _, done in counts.scored)
        share = done / counts.records if counts.records else 1
        return "scored" if share >= 1 else f"scoring {share:.0%}"
    return "imported" if counts.records else "empty"


def free_name(home: Path, path: Path) -> Path:
    """A folder for a new project that is called like a file."""
    name = path.name.partition(".")[0] or "project"
    found, number = home / name, 2
    while found.exists():
        found, number = home / f"{name}-{number}", number + 1
    return found


def _look(folder: Path, ahead: "Ahead | None" = None) -> Known:
    used = _used(folder)
    if ahead is not None and (counts := ahead.counts(folder)) is not None:
        return Known(folder, counts, used=used)
    try:
        with Project.open(folder, read_only=True, door="app") as project:
            return Known(folder, project.counts(), used=used)
    except DeitaError as error:
        return Known(folder, error=error.message, used=used)


def _used(folder: Path) -> float:
    found = [path.stat().st_mtime for path in folder.glob("project.db*")]
    return max(found, default=0.0)


def cells(known: Known) -> tuple[Text, ...]:
    """A project as a line of the list."""
    records = "" if known.counts is None else f"{known.counts.records:,}"
    return (
        Text(printable(known.folder.name)),
        Text(records, justify="right"),
        Text(stage(known)),
        Text(_day(known.used)),
    )


def _day(used: float) -> str:
    return f"{datetime.fromtimestamp(used):%Y-%m-%d %H:%M}" if used else ""


def _about(known: Known) -> list[str]:
    counts = known.counts
    lines = [printable(known.folder.name), printable(str(known.folder)), ""]
    if known.error:
        return [*lines, printable(known.error)]
    if counts is None:
        return lines
    lines.append(f"records    {counts.records:,} from {len(counts.sources):,} sources")
    for name, measures, done in counts.scored:
        share = done / counts.records if counts.records else 1.0
        lines.append(f"{measures:<10} {printable(name)}: {share:.0%}")
    if counts.embedded:
        lines.append(f"vectors    {counts.embedded:,}")
    if counts.selection is not None:
        name, kept = counts.selection
        lines.append(f"selection  {printable(name)}: {kept:,} kept")
    if counts.decided:
        told = ", ".join(f"{count:,} {what}" for what, count in counts.decided.items())
        lines.append(f"decided    {told}")
    lines.append(f"on disk    {size(counts.bytes)}")
    if known.used:
        lines.append(f"last used  {_day(known.used)}")
    return lines
