"""Why: what became of a record, beside what stands in its way, and what would change that."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from deita_tui.printable import printable
from deita_tui.project import Project
from deita_tui.selection import diffs
from deita_tui.ui import actions
from deita_tui.ui.literal import cut
from deita_tui.ui.widgets.conversation import Conversation
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.steps.explaining import Explained
    from deita_tui.ui.app import DeitaApp


class Why(Screen[None]):
    """One record and its blocker, side by side where there is room.

    Args:
        record: its id.
    """

    PLACES = ("why",)
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("why")]
    app: "DeitaApp"

    def __init__(self, record: int) -> None:
        super().__init__()
        self._about = record
        self._found: Explained | None = None

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar(f"why #{self._about}", self.app.opened.folder.name)
        with VerticalScroll(id="reasons"):
            yield Static("Selecting again to find out…", id="told")
        with Horizontal(id="both"):
            yield Conversation()
            yield Conversation()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Ask, beside the screen: it selects again."""
        record = self._about

        def read(project: Project) -> "Explained":
            return project.explain(record)

        self.app.look("why", read, self._show)

    def on_unmount(self) -> None:
        """Nobody waits for the answer any more."""
        self.app.drop("why")

    def action_differences(self) -> None:
        """Show or hide the words that differ."""
        if self._found is not None:
            told = self.query_one("#told", Static)
            told.toggle_class("-differences")
            self._tell(self._found, told.has_class("-differences"))

    def _show(self, found: "Explained") -> None:
        self._found = found
        self.query_one("#told").add_class("-differences")
        self._tell(found, True)
        one, other = self.query(Conversation)
        project = self.app.opened
        one.show(project.record(found.record.id), [f"#{found.record.id} · {found.record.source}"])
        blocker = found.about.blocked_by
        other.display = blocker is not None
        if blocker is not None:
            shown = found.mentioned[blocker]
            other.show(project.record(blocker), [f"#{blocker} · {shown.source} · kept"])

    def _tell(self, found: "Explained", differences: bool) -> None:
        width = self.query_one("#reasons").scrollable_content_region.width
        lines = [*_told(found, width), *(_differs(found) if differences else ())]
        self.query_one("#told", Static).update(Content("\n").join(lines))


def _told(found: "Explained", width: int) -> Iterator[Content]:
    from deita_tui.selection import wording

    about = found.about
    yield Content.styled(printable(wording.verdict(about, found.threshold)), "bold $primary")
    scores = [
        " · ".join(
            f"{name} {value:.2f}" for name, value in turn.scores.items() if value is not None
        )
        for turn in found.turns
    ]
    if about.score is not None:
        told = f"score {about.score:.2f} = {found.rule} over turns of {found.formula}: "
        yield Content(printable(told + " | ".join(filter(None, scores))))
    for way in about.ways:
        yield Content(f"  {printable(wording.told(way, about))}")
    for near in about.neighbours[:8]:
        shown = found.mentioned.get(near.id)
        begin = shown.instruction if shown else ""
        told = f"  {near.similarity:.3f}  #{near.id} {near.status.replace('_', ' ')}  "
        line = told + cut(begin, max(width - len(told), 10))
        yield Content.styled(line, "$foreground-muted")
    for note in filter(None, (found.note, *found.stale)):
        yield Content.styled(f"! {printable(note)}", "$warning")


def _differs(found: "Explained") -> Iterator[Content]:
    if found.differs is None:
        return
    if found.differs.unlike:
        # A diff would be noise; both texts are below.
        yield Content.styled("The two share less than half of their words.", "bold")
        return
    shown, more = diffs.brief(found.differs.pieces)
    for side, whose in (("first", "this one"), ("second", "its blocker")):
        pieces = [
            Content.styled(printable(piece.text), "reverse" if piece.side == side else "")
            for piece in shown
            if piece.side in ("both", side)
        ]
        yield Content.styled(f"{whose}, differing words lit:", "bold")
        yield Content("").join(pieces)
    if more:
        yield Content.styled(f"and {more:,} more differences", "$foreground-muted")
