"""The receipt of an export: what was written, how it is proven, and the proof itself."""

import shlex
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from deita_tui.errors import DeitaError
from deita_tui.figures import plural, size
from deita_tui.printable import printable
from deita_tui.ui import actions, exporting
from deita_tui.ui.exporting import Steps, Stopped
from deita_tui.ui.widgets import verdict
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.steps.exporting_args import ExportReport
    from deita_tui.steps.verifying import VerifyReport
    from deita_tui.ui.app import DeitaApp

_DIM = "$foreground-muted"
_DIGITS = 16
"""Of a hash, where not all of it has room."""


class Receipt(Screen[None]):
    """What an export came to.

    Args:
        report: of the export.
    """

    PLACES = ("receipt",)
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("receipt")]
    app: "DeitaApp"

    def __init__(self, report: "ExportReport") -> None:
        super().__init__()
        self._report = report
        self._steps: Steps | None = None

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar("receipt", self.app.opened.folder.name)
        with VerticalScroll(id="receipt"):
            yield Static(id="written")
            yield Static(id="proof")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show it."""
        self._draw()
        self.set_interval(0.2, self._tick)

    def on_resize(self) -> None:
        """Draw in the new room."""
        self.call_after_refresh(self._draw)

    def on_unmount(self) -> None:
        """Nobody waits for the proof any more."""
        if self._steps is not None:
            self._steps.stop()
        self.app.drop("verify")

    def action_verify(self) -> None:
        """Hash every file, make the export again from the project, and compare."""
        if self._steps is not None:
            return
        self._steps = steps = Steps()
        folder, out = self.app.opened.folder, Path(self._report.folder)
        self.app.aside("verify", lambda: exporting.verify(folder, out, steps), self._prove,
                       self._fail)  # fmt: skip
        self._tick()

    def action_copy(self) -> None:
        """Copy the command that proves it."""
        self._copy(_command(self._report.folder, self.app.opened.folder))

    def action_copy_path(self) -> None:
        """Copy where it is."""
        self._copy(self._report.folder)

    def _copy(self, text: str) -> None:
        self.app.copy_to_clipboard(text)
        self.notify(printable(text), title="Copied", markup=False, timeout=4)

    def _tick(self) -> None:
        if self._steps is not None:
            self._say(verdict.under_way("proving it", self._steps.last, self.size.width))

    def _prove(self, found: "VerifyReport") -> None:
        self._steps = None
        lines = [
            Content.styled(printable(f"{'✕' if each.bad else '·'} {each.path}: {each.message}"),
                           "$error" if each.bad else _DIM)
            for each in found.findings
        ]  # fmt: skip
        files = plural(found.files, "file")
        if not found.ok:
            told = Content.styled("✕ It is not what its manifest says.", "bold $error")
        else:
            more = ", and made again the same, byte for byte" if found.rebuilt else ""
            told = Content.styled(f"✔ {files} as the manifest says{more}.", "bold $success")
        self._say(Content("\n").join([told, *lines]))

    def _fail(self, error: DeitaError) -> None:
        self._steps = None
        if not isinstance(error, Stopped):
            self._say(verdict.wrong(error))

    def _say(self, told: Content) -> None:
        if self.is_attached:
            self.query_one("#proof", Static).update(told)

    def _draw(self) -> None:
        if self.is_attached:
            lines = _lines(self._report, self.app.opened.folder, self.size.width - 6)
            self.query_one("#written", Static).update(Content("\n").join(lines))


def _lines(report: "ExportReport", project: Path, width: int) -> list[Content]:
    of = f" of selection {report.selection}" if report.selection else ""
    told = f"✔ wrote {verdict.splits(report)}{of} as {report.target}"
    lines = [
        Content.styled(printable(told), "bold $success"),
        Content.styled(printable(report.folder), "bold"),
        Content(""),
    ]
    longest = max((len(each.path) for each in report.files), default=0)
    digits = 64 if width >= longest + 64 + 26 else _DIGITS
    for each in report.files:
        rows = plural(each.rows, "row") if each.rows is not None else ""
        line = f"{each.path:<{longest}}  {size(each.bytes):>9}  {rows:>11}  "
        lines.append(Content(printable(line)) + _hash(each.sha256, digits))
    manifest = Path(report.folder) / "manifest.json"
    if manifest.is_file():
        content = manifest.read_bytes()
        line = f"{manifest.name:<{longest}}  {size(len(content)):>9}  {'names all':>11}  "
        lines.append(Content(line) + _hash(sha256(content).hexdigest(), digits))
    lines.append(Content(""))
    if left_out := report.records.get("left_out"):
        lines.append(Content.styled(f"✕ {plural(left_out, 'record')} left out", "$error"))
    if report.tokens is not None:
        lines.append(Content(f"{report.tokens:,} tokens. {printable(report.counted)}"))
    for summary in report.problems:
        told = f"! {plural(summary.records, 'record')} {summary.effect.replace('_', ' ')}"
        lines.append(Content.styled(f"{told}  {summary.rule}", "$warning"))
    lines += [Content.styled(printable(f"· {note}"), _DIM) for note in report.notes]
    lines += [
        Content("Verify with"),
        Content.styled(printable(_command(report.folder)), "$accent"),
        Content.styled(printable(_command(report.folder, project)), "$accent"),
        Content(""),
    ]
    return lines


def _hash(digest: str, digits: int) -> Content:
    shown = digest if digits >= len(digest) else f"{digest[:digits]}…"
    return Content.styled(f"sha256 {shown}", _DIM)


def _command(out: str, project: Path | None = None) -> str:
    words = ["deita-tui", "verify", out]
    return shlex.join([*words, "--project", str(project)] if project else words)
