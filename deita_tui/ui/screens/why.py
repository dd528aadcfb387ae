"""Why: what became of a record, beside what stands in its way, and what would change that."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast, runtime_checkable

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from deita_tui.errors import DeitaError
from deita_tui.printable import printable
from deita_tui.project import Project
from deita_tui.ui import actions, reasons
from deita_tui.ui.keyed import keyed
from deita_tui.ui.messages import ProjectChanged
from deita_tui.ui.reasons import Beside, Other, Subject
from deita_tui.ui.screens.dialogs import Confirm
from deita_tui.ui.widgets.side_by_side import SideBySide
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.project.deciding import Decision
    from deita_tui.steps.explaining import Explained
    from deita_tui.ui.app import DeitaApp


@runtime_checkable
class Explaining(Protocol):
    """What selects again while records are decided, and so can explain without reading anew."""

    def explain(
        self,
        record: int,
        then: Callable[[Any], None],
        failed: Callable[[DeitaError], None] | None = None,
    ) -> None:
        """Explain a record; ``then`` is called on the screen's thread."""

    def acted(self, verb: str, records: Sequence[int]) -> None:
        """Say what was decided, so that the selection follows."""


class Why(Screen[None]):
    """A record and what it resembles, side by side where there is room.

    What the project knows is there at once: outcome, scores, the blocker, the words that differ.
    What would bring the record back, and its neighbours, follow when it was selected again.

    Args:
        record: its id.
        answering: the thread that selects again while records are decided, where there is one.
        selection: which selection; default: the one saved last, or the working one.
    """

    PLACES = ("why",)
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("why")]
    AUTO_FOCUS = "SideBySide"
    app: "DeitaApp"

    def __init__(
        self, record: int, *, answering: object | None = None, selection: str | None = None
    ) -> None:
        super().__init__()
        self._about, self._selection = record, selection
        self._answering = answering if isinstance(answering, Explaining) else None
        self._subject: Subject | None = None
        self._found: Explained | None = None
        self._wrong: DeitaError | None = None
        self._others: list[Other] = []
        self._at = 0
        """Which of the others is shown beside."""
        self._seen = 0
        """The newest act of the journal that was taken in."""

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar(f"why #{self._about}", self.app.opened.folder.name)
        with VerticalScroll(id="reasons", can_focus=False):
            yield Static(id="why-told")
        yield Static(id="why-beside")
        yield SideBySide()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Ask, beside the screen: it selects again."""
        self._seen = self._newest()
        self._read()
        record, selection = self._about, self._selection
        if self._answering is not None:
            self._answering.explain(record, self._take, self._fail)
            return

        held = self.app.held

        def read(project: Project) -> "Explained":
            return project.explain(record, selection=selection, held=held)

        self.app.look(self._look("found"), read, self._take, self._fail)

    def on_unmount(self) -> None:
        """Nobody waits for the answers any more."""
        for what in ("subject", "beside", "found"):
            self.app.drop(self._look(what))

    def on_resize(self) -> None:
        """Other lines fit."""
        self._tell()

    def on_project_changed(self, _: ProjectChanged) -> None:
        """Somebody decided, or undid."""
        self._follow()

    def on_screen_resume(self) -> None:
        """Somebody may have, in a screen above."""
        if self._subject is not None:
            self._follow()

    def _follow(self) -> None:
        """Take in what was done since; what else a job writes changes nothing here."""
        newest = self._newest()
        if newest == self._seen:
            return
        self._seen = newest
        self._read()
        if self._answering is not None:
            self._answering.explain(self._about, self._take, self._fail)

    def _newest(self) -> int:
        found = self.app.opened.store.db.execute("select ifnull(max(id), 0) from journal")
        return int(found.fetchone()[0])

    def _look(self, what: str) -> str:
        # One of these may stand above another one that still waits.
        return f"why-{id(self):x}-{what}"

    # What is known --------------------------------------------------------------------------------

    def _read(self) -> None:
        record, selection = self._about, self._selection
        self.app.look(
            self._look("subject"),
            lambda project: reasons.subject(project, record, selection),
            self._know,
        )

    def _know(self, subject: Subject) -> None:
        if not self.is_attached:
            return
        self._subject = subject
        if not self._others:
            self._others = reasons.others(subject, None)
        self._tell()
        self._look_beside()

    def _take(self, found: "Explained") -> None:
        if not self.is_attached:
            return
        self._found = found
        here = self._others[self._at].id if self._others else None
        if self._subject is not None:
            self._others = reasons.others(self._subject, found)
        ids = [each.id for each in self._others]
        self._at = ids.index(here) if here in ids else 0
        self._tell()
        self._look_beside()

    def _fail(self, error: DeitaError) -> None:
        self._wrong = error
        if self.is_attached:
            self._tell()

    def _look_beside(self) -> None:
        subject, selection = self._subject, self._selection
        if subject is None:
            return
        if not self._others:
            self._show(subject, None)
            return
        other = self._others[self._at].id

        def read(project: Project) -> Beside:
            return reasons.beside(project, subject, other, selection)

        self.app.look(self._look("beside"), read, lambda found: self._show(subject, found))

    def _show(self, subject: Subject, found: Beside | None) -> None:
        if not self.is_attached:
            return
        about = None if self._found is None else self._found.about
        heads = [
            reasons.head(subject.row, about.status, about.rank)
            if about is not None
            else reasons.head(subject.row)
        ]
        for other in self._others:
            if found is not None and other.id == found.row.id:
                heads.append(reasons.head(found.row, other.status, other.rank))
        self.query_one(SideBySide).show(heads, subject.rows if found is None else found.rows)

    def _tell(self) -> None:
        if not self.is_attached or self._subject is None:
            return
        width = max(self.size.width - 4, 20)
        lines = [*reasons.told(self._subject, self._found)]
        if self._wrong is not None:
            told = keyed(f"{self._wrong.message} {self._wrong.hint}".strip(), self.app)
            lines.append(Content.styled(f"! {printable(told)}", "$warning"))
        elif self._found is None:
            asked = "  Selecting again, to find out what would change that…"
            lines.append(Content.styled(asked, "$foreground-muted"))
        if self.size.height >= 36:
            lines += reasons.neighbours(self._others, self._at, self._found, width)
        self.query_one("#why-told", Static).update(Content("\n").join(lines))
        self.query_one("#why-beside", Static).update(reasons.strip(self._others, self._at))

    # What keys do ---------------------------------------------------------------------------------

    def action_differences(self) -> None:
        """Light up the words that differ, or not."""
        view = self.query_one(SideBySide)
        view.lights = not view.lights
        view.lay()

    def action_fold(self) -> None:
        """Fold what both have, or show all of it."""
        view = self.query_one(SideBySide)
        view.folds = not view.folds
        view.lay()

    def action_turn(self, step: int) -> None:
        """Go to another turn."""
        self.query_one(SideBySide).turn(step)

    def action_scroll_text(self, step: int) -> None:
        """Scroll by half of what is seen."""
        view = self.query_one(SideBySide)
        view.scroll_relative(y=step * max(view.size.height // 2, 1), animate=False)

    def action_walk(self, step: int) -> None:
        """Show the next of the records that resemble it beside it, or the one before."""
        if not self._others:
            self.notify("No other record is known to be like this one.", markup=False, timeout=3)
            return
        self._at = (self._at + step) % len(self._others)
        self._tell()
        self._look_beside()

    def action_why_beside(self) -> None:
        """Ask the same of the record beside."""
        if self._others:
            other = self._others[self._at].id
            self.app.push_screen(Why(other, answering=self._answering, selection=self._selection))

    def action_decide(self, decision: str) -> None:
        """Keep it, reject it, or leave it to the method."""
        word = {"keep": "kept", "reject": "rejected"}.get(decision, "left to the method")
        try:
            act = self.app.opened.decide(self._about, cast("Decision", decision))
        except DeitaError as error:
            self.app.tell(error)
            return
        if act is None:
            self._say(f"#{self._about} was {word} already")
            return
        self._did(f"{word} #{self._about}", word, [self._about])

    def action_swap(self) -> None:
        """Keep this record and reject what it is too similar to, as one act."""
        blocker = self._blocker()
        if blocker is None or not self._others or self._others[self._at].id == blocker:
            self._swap(blocker)
            return
        shown = self._others[self._at].id
        question = (
            f"#{shown} stands beside it, but what keeps #{self._about} out is #{blocker}. "
            f"Keep #{self._about} and reject #{blocker}?"
        )

        def answered(yes: bool | None) -> None:
            if yes:
                self._swap(blocker)

        self.app.push_screen(Confirm(question), answered)

    def _blocker(self) -> int | None:
        if self._found is not None:
            return self._found.about.blocked_by
        return self._subject.row.blocked_by if self._subject is not None else None

    def _swap(self, blocker: int | None) -> None:
        name = self._selection if self._found is None else self._found.selection
        try:
            act = self.app.opened.swap(self._about, blocker=blocker, selection=name)
        except DeitaError as error:
            self.app.tell(error)
            return
        if act is None:
            self._say(f"#{self._about} was kept and #{blocker} was rejected already")
            return
        touched = self.app.opened.touched(act.id).tolist()
        self._did(act.summary, "swapped", touched)

    def _did(self, told: str, verb: str, records: Sequence[int]) -> None:
        key = self.app.keys_of(actions.named("app.undo"))
        self._say(f"{told} · {key} to undo")
        if self._answering is not None:
            self._answering.acted(verb, records)
        self.app.changed()

    def _say(self, what: str) -> None:
        self.notify(printable(what), markup=False, timeout=3)
