"""From the choices to the files: what stands in the way is asked first, nothing is overwritten."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deita_store.selections import WORKING
from deita_tui.errors import DeitaError, UsageError
from deita_tui.project import Project
from deita_tui.ui import exporting
from deita_tui.ui.exporting import Stopped, Wanted
from deita_tui.ui.screens.dialogs import Ask, Choose
from deita_tui.ui.screens.export_base import ExportBase
from deita_tui.ui.widgets import verdict

if TYPE_CHECKING:
    from deita_tui.steps.exporting_args import ExportReport


class Writing(ExportBase):
    """Selecting again, and writing: beside the screen, and stopped by Escape."""

    def action_again(self) -> None:
        """Make the selection once more of what there is now, under a name of its own."""
        name = self.form.selection
        if name is None:
            self.notify("All records: nothing is selected.", markup=False)
            return
        if self.writing is None:
            taken = {each.name or "" for each in self.app.opened.selections()}
            free = exporting.next_name("main" if name == WORKING else name, taken.__contains__)
            hint = "With the same parameters, of the records, scores and decisions of now."
            self.app.push_screen(
                Ask("Save the new selection as", hint, free), lambda save: self._select(name, save)
            )

    def _select(self, name: str, save: str | None) -> None:
        if not save:
            return
        folder = self.app.opened.folder
        steps = self.begin("selecting again")

        def done(kept: int) -> None:
            self.writing = None
            self.app.notify(f"{save}: {kept:,} records", title="Saved", markup=False)
            if self.is_attached:
                self.form.offer(self.exportable(), save)
                self.try_it()

        def work() -> int:
            return exporting.select_again(folder, name, save, steps)

        self.app.aside("exporting", work, done, self._fail)

    def action_go(self) -> None:
        """Write; whatever stands in the way is asked first."""
        form = self.form
        try:
            wanted, out = form.wanted(), form.folder
        except UsageError as error:
            self.app.tell(error)
            return
        if self.writing is not None:
            return
        if out is None:
            self.notify("Say where to: the last line of the form.", markup=False)
            self.query_one("#folder").focus()
            return
        name = wanted.selection
        if name is None:
            self._place(wanted, out, False)
            return

        def read(project: Project) -> Sequence[str]:
            return project.stale(name)

        self.app.look("stale", read, lambda stale: self._ask(wanted, out, name, stale))

    def _ask(self, wanted: Wanted, out: Path, name: str, stale: Sequence[str]) -> None:
        """What was saved stays as it was, whatever came since: is it that what is wanted?"""
        if not self.is_attached or self.writing is not None:
            return
        if not stale:
            self._place(wanted, out, False)
            return
        choices = [
            ("again", "select again, and look once more", "s"),
            ("as_saved", "write it as it was saved", "w"),
        ]

        def chosen(what: str | None) -> None:
            if what == "again":
                self.action_again()
            elif what:
                self._place(wanted, out, True)

        question = f"The selection {name} is older than the project. {' '.join(stale)}"
        self.app.push_screen(Choose(question, choices), chosen)

    def _place(self, wanted: Wanted, out: Path, as_saved: bool) -> None:
        """Never write over anything that the user did not give up."""
        try:
            taken = exporting.holds_something(out)
        except OSError as error:
            self.app.tell(UsageError(f"{out} cannot be looked into: {error.strerror}."))
            return
        if not taken:
            self._write(wanted, out, as_saved, False)
            return
        beside = exporting.free(out)
        choices = [("beside", f"write into {beside.name}, beside it", "w")]
        if exporting.is_export(out):
            told = "replace the files of the export in it, and no others"
            choices.append(("force", told, "r"))

        def chosen(what: str | None) -> None:
            if what == "beside":
                self.form.folder = beside
                self._write(wanted, beside, as_saved, False)
            elif what:
                self._write(wanted, out, as_saved, True)

        self.app.push_screen(Choose(f"{out} is not empty.", choices), chosen)

    def _write(self, wanted: Wanted, out: Path, as_saved: bool, force: bool) -> None:
        folder = self.app.opened.folder
        steps = self.begin(f"writing into {out.name}")

        def work() -> "ExportReport":
            return exporting.write(folder, out, wanted, steps, force=force, as_saved=as_saved)

        self.app.aside("exporting", work, self._written, self._fail)

    def _written(self, report: "ExportReport") -> None:
        from deita_tui.ui.screens.receipt import Receipt

        self.writing = None
        if self.is_attached:
            self.try_it()
        if self.app.screen is self:
            self.app.push_screen(Receipt(report))
        else:
            told = f"Wrote {verdict.splits(report)} into {report.folder}"
            self.app.notify(told, title="Exported", markup=False, timeout=10)
        self.app.changed()

    def _fail(self, error: DeitaError) -> None:
        self.writing = None
        if self.is_attached:
            self.try_it()
        if isinstance(error, Stopped):
            self.app.notify("Stopped: nothing was written.", title="Export", markup=False)
        else:
            self.app.tell(error)
