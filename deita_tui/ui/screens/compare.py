"""Compare: two selections side by side, record by record and as a whole."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from deita_store.selections import WORKING, Selection
from deita_tui.errors import DeitaError
from deita_tui.project import Project
from deita_tui.ui import actions, comparing, telling
from deita_tui.ui.comparing import LISTS, Compared
from deita_tui.ui.messages import ProjectChanged
from deita_tui.ui.screens.dialogs import Choose
from deita_tui.ui.widgets import mixes, record_columns, verdict
from deita_tui.ui.widgets.compared import Lists, Side, Sides
from deita_tui.ui.widgets.conversation import Conversation
from deita_tui.ui.widgets.record_table import RecordTable
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp

_OWN_CELLS = 30
"""That the columns of a comparison take."""
_FEW = 72
"""Cells beside them in which not more than the score and the text have room."""


class Compare(Screen[None]):
    """What entered, left and moved; what either is made of; every record a key away."""

    PLACES = ("compare", "table", "project")
    AUTO_FOCUS = "RecordTable"
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("compare", "project")]
    app: "DeitaApp"

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name)
        self._sides: dict[Side, str] = {}
        self._compared: Compared | None = None
        self._list = "entered"
        self._mix_wanted: bool | None = None
        """Did the user ask for the mix, or against it? None: where there is room."""
        self._wrong: DeitaError | None = None

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar("compare", self.app.opened.folder.name)
        yield Sides(id="sides")
        yield Static(id="jaccard")
        yield Lists(id="lists")
        with Horizontal(id="comparing"):
            with Vertical(id="differing"):
                yield RecordTable()
                yield Conversation()
            with VerticalScroll(id="mix"):
                yield Static()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin with the two that were made last."""
        names = self._names()
        if names:
            # The newest is what is, the one before it is what was.
            self._sides = {"first": names[1] if len(names) > 1 else names[0], "second": names[0]}
        self._compare()

    def on_unmount(self) -> None:
        """Nobody waits for it any more."""
        self.app.drop("compare")

    def on_resize(self) -> None:
        """Draw in the new room."""
        self.call_after_refresh(self._draw)

    def on_project_changed(self, _: ProjectChanged) -> None:
        """A decision shows in the rows; the working selection may be another one."""
        self.query_one(RecordTable).reread()
        if WORKING in self._sides.values() or self._wrong is not None:
            self._compare()

    def on_record_table_moved(self) -> None:
        """Show the record under the cursor."""
        self._read()

    def on_record_table_opened(self) -> None:
        """Read it."""
        self.action_read_record()

    def _names(self) -> list[str]:
        """What can be compared, the one that was made last first."""
        return [name for name, _ in sorted(self._kept().items(), key=lambda pair: -pair[1].id)]

    def _kept(self) -> dict[str, Selection]:
        project = self.app.opened
        found = {each.name or "": each for each in project.selections()}
        return found | ({WORKING: project.selection(WORKING)} if project.has_working() else {})

    # Comparing ------------------------------------------------------------------------------------

    def _compare(self) -> None:
        if not self._sides:
            self._wrong = DeitaError("Nothing is selected in this project yet.",
                                     "Select in Tune first (g t), then save.")  # fmt: skip
            self._draw()
            return
        first, second = self._sides["first"], self._sides["second"]

        def read(project: Project) -> Compared:
            return comparing.compared(project, first, second)

        self.app.look("compare", read, self._take, self._fail)
        self._draw()

    def _take(self, found: Compared) -> None:
        if not self.is_attached:
            return
        self._compared, self._wrong = found, None
        self._show(keep=self._here())
        self._draw()

    def _fail(self, error: DeitaError) -> None:
        if self.is_attached:
            self._compared, self._wrong = None, error
            self._draw()

    def _here(self) -> int | None:
        row = self.query_one(RecordTable).row
        return row.id if row else None

    def _show(self, keep: int | None = None) -> None:
        if self._compared is None:
            return
        table = self.query_one(RecordTable)
        table.show(self._compared.views[self._list].over(self.app.opened.store), keep)
        self._use()

    def _use(self) -> None:
        table = self.query_one(RecordTable)
        own = comparing.columns(self._compared, self._list) if self._compared else []
        width = table.size.width - _OWN_CELLS
        names = ("score", "instruction") if width < _FEW else record_columns.DEFAULT[1:]
        common = record_columns.chosen(names, width)
        table.use([record_columns.COLUMNS["id"], *own, *common])

    # Drawing --------------------------------------------------------------------------------------

    def _draw(self) -> None:
        if not self.is_attached:
            return
        self.query_one(Sides).show(self._sides, self._compared)
        self.query_one(Lists).show(self._compared.found if self._compared else None, self._list)
        came = self.query_one("#jaccard", Static)
        if self._wrong is not None:
            came.update(verdict.wrong(self._wrong))
        elif self._compared is None:
            came.update("comparing…")
        else:
            came.update(_headline(self._compared))
        mix = self.query_one("#mix")
        roomy = self.size.width >= 100
        mix.display = roomy if self._mix_wanted is None else self._mix_wanted
        self.query_one("#differing").display = roomy or not mix.display
        if mix.display and self._compared is not None:
            width = mix.scrollable_content_region.width
            told = mixes.drawn(self._compared.found, width)
            self.query_one("#mix Static", Static).update(told)
        self._use()
        self._read()

    def _read(self) -> None:
        conversation, row = self.query_one(Conversation), self.query_one(RecordTable).row
        if not conversation.display:
            return
        if row is None or not row.uid:
            conversation.show(None, [])
            return
        conversation.show(self.app.opened.record(row.id), telling.head(row), telling.beside(row))

    # What keys do ---------------------------------------------------------------------------------

    def action_choose(self, side: Side) -> None:
        """Choose one of the two."""
        found = self._kept()
        if not found:
            self.notify("Nothing is selected yet.", markup=False)
            return
        choices = [(name, f"{name}: {found[name].kept:,} kept", "") for name in self._names()]

        def chosen(name: str | None) -> None:
            if name:
                self._sides[side] = name
                self._compare()

        title = "A: what was" if side == "first" else "B: what is"
        self.app.push_screen(Choose(title, choices, self._sides.get(side, "")), chosen)

    def action_swap(self) -> None:
        """A becomes B, and B becomes A."""
        if self._sides:
            first, second = self._sides["first"], self._sides["second"]
            self._sides = {"first": second, "second": first}
            self._compare()

    def action_list(self, step: int) -> None:
        """Show another list."""
        self._turn_to(LISTS[(LISTS.index(self._list) + step) % len(LISTS)])

    def on_lists_chosen(self, message: Lists.Chosen) -> None:
        """A list was clicked."""
        self._turn_to(message.name)

    def on_sides_asked(self, message: Sides.Asked) -> None:
        """A side was clicked."""
        self.action_choose(message.side)

    def _turn_to(self, name: str) -> None:
        self._list = name
        self._show()
        self._draw()

    def action_mix(self) -> None:
        """Show or hide what either is made of."""
        self._mix_wanted = not self.query_one("#mix").display
        self._draw()
        self.call_after_refresh(self._draw)

    def action_read_record(self) -> None:
        """Read the record over the whole screen."""
        from deita_tui.ui.screens.reader import Reader

        table = self.query_one(RecordTable)
        if table.row is not None:
            self.app.push_screen(Reader(table))

    def action_why(self) -> None:
        """Say why the record is in or out."""
        from deita_tui.ui.screens.why import Why

        if (id_ := self._here()) is not None:
            self.app.push_screen(Why(id_))


def _headline(told: Compared) -> Content:
    found = told.found
    line = (
        f"{found.both:,} in both · Jaccard {found.jaccard:.3f} · "
        f"+{len(found.entered):,} −{len(found.left):,} ↕{len(found.moved):,} moved"
    )
    return Content.styled(line, "bold")
