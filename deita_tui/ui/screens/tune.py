"""Tune: play with the selection and see at once what it keeps."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

import msgspec
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Grid, Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Footer, Static

from deita_store.selections import WORKING, Selection
from deita_tui.errors import UsageError
from deita_tui.printable import printable
from deita_tui.selection.curve import Point
from deita_tui.selection.params import Params
from deita_tui.ui import actions, keyed, tuned, wishes
from deita_tui.ui.bench import Answer, Bench, Border, Broke, Curve, Loading, Saved, Told, Trouble
from deita_tui.ui.messages import ProjectChanged
from deita_tui.ui.screens.dialogs import Ask, Choose
from deita_tui.ui.screens.tune_wishing import Wishing
from deita_tui.ui.widgets import charts
from deita_tui.ui.widgets.chart import Chart
from deita_tui.ui.widgets.listing import Listing
from deita_tui.ui.widgets.pane_strip import PaneStrip
from deita_tui.ui.widgets.selection_controls import SelectionControls
from deita_tui.ui.widgets.share_bars import ShareBars
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp

_PANES = {
    "sources": "sources: all ░ kept █",
    "score": "score: all ░ kept █",
    "curve": "kept by threshold",
    "turns": "turns",
    "lengths": "characters",
    "enters": "enters",
    "leaves": "leaves",
    "pairs": "pairs",
}
_LISTS = ("enters", "leaves", "pairs")

_log = logging.getLogger(__name__)


class Tune(Wishing):
    """Controls on top, what follows from them below; on a narrow terminal one panel at a time.

    Nothing is written to the project until a selection is saved under a name.
    """

    PLACES = ("tune", "project", "slider", "shares", "panes", "listing")
    AUTO_FOCUS = "#threshold"
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("tune", "project")]
    app: "DeitaApp"

    class Heard(Message):
        """The bench has something to say."""

        def __init__(self, bench: Bench | None, told: Told) -> None:
            super().__init__()
            self.bench, self.told = bench, told

        def can_replace(self, message: Message) -> bool:
            """Of several pictures only the newest is worth drawing."""
            if not isinstance(message, Tune.Heard):
                return False
            return isinstance(self.told, Answer) and isinstance(message.told, Answer)

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name)
        self._params = Params(budget=wishes.BUDGET)
        self._saved = self._params
        self._is_new = True
        """Nothing has a name yet."""
        self._answer: Answer | None = None
        self._points: Curve | None = None
        self._border: Border | None = None
        self._note = ""
        self._bench: Bench | None = None
        self._other = ""

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar("tune", self.app.opened.folder.name)
        yield SelectionControls(id="controls")
        yield Static(id="came", markup=False)
        yield PaneStrip(tuple(_PANES), id="panes")
        with Grid(id="panels"):
            yield self._panel("sources", ShareBars(id="sources"))
            for name in ("score", "curve", "turns", "lengths"):
                yield self._panel(name, Chart(id=name))
        with Horizontal(id="changes"):
            for name in _LISTS:
                yield self._panel(name, Listing(id=name))
        yield Static(id="status", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def _panel(self, name: str, panel: Widget) -> Widget:
        panel.add_class("panel")
        panel.border_title = _PANES[name]
        return panel

    def on_mount(self) -> None:
        """Begin with the selection that was saved last, or as it was left."""
        self._folder = self.app.opened.folder
        before = self._begin_with()
        if before is not None:
            self._params = msgspec.convert(before.params, Params)
            self._other = before.name or WORKING
        else:
            self._params = wishes.first(self._count())
        self._saved, self._is_new = self._params, before is None or not before.name
        # What was changed when the screen was left.
        self._params = self.app.unsaved.get(self._folder, self._params)
        self._fold("sources")
        self._begin()

    def _begin(self) -> None:
        """Begin to compute, and compare with the selection that is chosen for it."""
        if self._bench is not None:
            self._bench.close()
        bench = Bench(self.app.opened.folder, self._hear, self._other or None)
        self._bench = bench
        bench.start()
        self._wish(self._params)

    def on_unmount(self) -> None:
        """Let the threads go."""
        # By the folder that it began with: the project may be closed by now.
        if self._params == self._saved:
            self.app.unsaved.pop(self._folder, None)
        else:
            self.app.unsaved[self._folder] = self._params
        if self._bench is not None:
            self._bench.close()

    def on_project_changed(self, _: ProjectChanged) -> None:
        """Somebody decided something: it counts at once."""
        if self._bench is not None:
            self._bench.want(self._params)

    def _begin_with(self) -> Selection | None:
        project = self.app.opened
        if found := project.selections():
            return found[0]
        return project.selection(WORKING) if project.has_working() else None

    def _count(self) -> int:
        found = self.app.opened.store.db.execute("select count(*) from records where live > 0")
        return int(found.fetchone()[0])

    def _wish(self, params: Params) -> None:
        self._params = params
        self._draw_controls()
        if self._bench is not None:
            self._bench.want(params)

    # What the threads say -------------------------------------------------------------------------

    def _hear(self, told: Told) -> None:
        """Called from a thread that computes; it goes on while this is drawn."""
        self.post_message(self.Heard(self._bench, told))

    def on_tune_heard(self, message: Heard) -> None:
        """Show it, unless another bench has taken its place."""
        if message.bench is self._bench:
            self._take(message.told)

    def _take(self, told: Told) -> None:
        self._note = ""
        match told:
            case Answer():
                self._answer = told
            case Curve():
                self._points = told
                self._draw_curve()
                return
            case Border():
                self._border = told
                self._draw_pairs()
                return
            case Loading(stage):
                self._note = f"{stage}…"
            case Trouble(error):
                self._note = keyed.keyed(f"✕ {error.message} {error.hint}", self.app)
            case Broke(error):
                _log.error("the selection broke off", exc_info=error)
                self._note = f"✕ A mistake of the program: {error!r}. The log has more."
            case Saved(name, kept):
                self._other, self._saved, self._is_new = name, self._params, False
                self.notify(f"{name}: {kept:,} records", title="Saved", markup=False)
                self.app.changed()
        self._draw()

    # Drawing --------------------------------------------------------------------------------------

    def _draw(self) -> None:
        self._draw_controls()
        notes = self._answer.picture.notes if self._answer else ()
        note = self._note or keyed.keyed(" ".join(notes), self.app)
        self.query_one("#status", Static).update(printable(note), layout=False)
        if self._answer is None:
            return
        came = self.query_one("#came", Static)
        came.update(tuned.headline(self._answer, self._other), layout=False)
        found = self._answer.picture
        self.query_one(ShareBars).show(found.sources, self._params.shares)
        for name, classes in (("turns", found.turns), ("lengths", found.lengths)):
            self._chart(name).show(partial(charts.bars, classes))
        self._chart("score").show(partial(charts.histogram, found.score))
        for name, records, count in (
            ("enters", self._answer.entered, found.entered_count),
            ("leaves", self._answer.left, found.left_count),
        ):
            panel = self.query_one(f"#{name}", Listing)
            panel.border_title = f"{name} {count:,}" if self._other else name
            empty = "nothing" if self._other else "no selection to compare with"
            panel.show(tuned.entries(records), empty)
        self._draw_curve()
        self._draw_pairs()

    def _chart(self, name: str) -> Chart:
        return self.query_one(f"#{name}", Chart)

    def _draw_curve(self) -> None:
        if (found := self._points) is not None:
            self._chart("curve").show(partial(_curve, found.points, self._params.threshold))

    def _draw_pairs(self) -> None:
        if (found := self._border) is not None:
            panel = self.query_one("#pairs", Listing)
            panel.border_title = f"pairs around {found.params.threshold:.3f}: ◐ left out, ● kept"
            panel.show(tuned.pairs(found.pairs), "no pair is near")

    def _draw_controls(self) -> None:
        controls = self.query_one(SelectionControls)
        standing = tuned.standing(self._params, self._saved, is_new=self._is_new)
        controls.show(self._params, self._records, standing)

    @property
    def _records(self) -> int:
        """How many there are to select from; as long as nobody counted, more than the budget."""
        known = sum(self._answer.picture.statuses.values()) if self._answer else 0
        return known or max(self._params.budget, 1) * 10

    # One panel at a time --------------------------------------------------------------------------

    def action_pane(self, step: int) -> None:
        """Show the next panel, where there is room for one only; else go there."""
        names = list(_PANES)
        strip = self.query_one(PaneStrip)
        self._fold(names[(names.index(strip.chosen) + step) % len(names)])

    def on_pane_strip_chosen(self, message: PaneStrip.Chosen) -> None:
        """A name was taken."""
        self._fold(message.name)

    def _fold(self, shown: str) -> None:
        """Which panel is seen on a narrow terminal."""
        self.query_one(PaneStrip).chosen = shown
        for name in _PANES:
            self.query_one(f"#{name}").set_class(name == shown, "-shown")
        self.query_one("#changes").set_class(shown in _LISTS, "-shown")
        self.query_one("#panels").set_class(shown not in _LISTS, "-shown")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A panel that the focus went to is shown."""
        if event.widget.id in _PANES and not event.widget.has_class("-shown"):
            self._fold(event.widget.id)

    # What controls ask ----------------------------------------------------------------------------

    def on_selection_controls_wanted(self, message: SelectionControls.Wanted) -> None:
        """A control was moved."""
        self._wish(message.params)

    def on_share_bars_asked(self, message: ShareBars.Asked) -> None:
        """A limit of a source moves."""
        found = self._answer.picture if self._answer else None
        bars = found.sources if found else ()
        all_ = sum(bar.kept for bar in bars) or 1
        kept = next((bar.kept for bar in bars if bar.label == message.source), 0) / all_
        side: Literal["least", "most"] = message.side
        params = wishes.share(self._params, message.source, side, message.steps, kept)
        if params == self._params:
            return
        if not params.budget and any(isinstance(each.most or each.least, float)
                                     for each in params.shares):  # fmt: skip
            self.notify("A share is a part of the budget: set one first.", markup=False)
            return
        self._wish(params)

    def on_listing_opened(self, message: Listing.Opened) -> None:
        """Say why a record is in or out."""
        from deita_tui.ui.screens.why import Why

        self.app.push_screen(Why(message.record))

    # What keys do ---------------------------------------------------------------------------------

    def action_drop(self) -> None:
        """Drop what was changed; where nothing is, leave."""
        if self._params == self._saved:
            self.app.pop_screen()
        else:
            self._wish(self._saved)

    def action_against(self) -> None:
        """Choose the selection to compare with."""
        names = tuned.choices(self.app.opened)
        if not names:
            self.notify("No selection was made yet.", markup=False)
            return

        def chosen(name: str | None) -> None:
            if name:
                self._other = name
                self._begin()

        self.app.push_screen(Choose("Compare with", names, self._other), chosen)

    def action_save(self) -> None:
        """Save the selection under a name."""
        taken = {each.name for each in self.app.opened.selections()}
        free = next(n for n in ("main", *(f"main-{k}" for k in range(2, 1_000))) if n not in taken)

        def check(name: str) -> None:
            if name in taken:
                raise UsageError(f"There is a selection {name} already; a saved one never changes.")

        def save(name: str | None) -> None:
            if name and self._bench is not None:
                self._note = "saving…"
                self._bench.save(self._params, name)

        self.app.push_screen(Ask("Save this selection as", value=free, check=check), save)


def _curve(points: Sequence[Point], threshold: float, width: int, height: int) -> Content:
    return charts.curve(points[-height:], threshold, width)
