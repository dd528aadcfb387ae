"""Tune: play with the selection and see at once what it keeps."""

from typing import TYPE_CHECKING, ClassVar

import msgspec
from msgspec.structs import replace
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Grid, Horizontal
from textual.screen import Screen
from textual.widgets import Footer, Static

from deita_store import rows
from deita_store.selections import Selection
from deita_tui.errors import DeitaError
from deita_tui.figures import duration
from deita_tui.printable import printable
from deita_tui.selection.params import Params, parse_share
from deita_tui.ui import actions, wishes
from deita_tui.ui.bench import Answer, Bench, Curve, Loading, Saved, Told, Trouble
from deita_tui.ui.literal import cut
from deita_tui.ui.messages import ProjectChanged
from deita_tui.ui.screens.dialogs import Ask, Choose
from deita_tui.ui.widgets import charts
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp

BUDGET = 6_000
"""DEITA's own, where nothing was selected before."""


class Tune(Screen[None]):
    """Controls on top, what follows from them below.

    Nothing is written to the project until a selection is saved under a name.
    """

    PLACES = ("tune", "project")
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("tune", "project")]
    app: "DeitaApp"

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name)
        self._params = Params(budget=BUDGET)
        self._saved = self._params
        self._answer: Answer | None = None
        self._points: Curve | None = None
        self._note = ""
        self._bench: Bench | None = None
        self._other = ""

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar("tune", self.app.opened.folder.name)
        yield Static(id="controls", markup=False)
        yield Static(id="came", markup=False)
        with Grid(id="panels"):
            for name, title in _PANELS:
                panel = Static(id=name, classes="panel")
                panel.border_title = title
                yield panel
        with Horizontal(id="changes"):
            for name, title in (("enters", "enters"), ("leaves", "leaves")):
                panel = Static(id=name, classes="panel", markup=False)
                panel.border_title = title
                yield panel
        yield Static(id="status", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin with the selection that was saved last."""
        before = self._begin_with()
        if before is not None:
            self._params = msgspec.convert(before.params, Params)
            self._other = before.name or ""
        self._saved = self._params
        self._bench = Bench(self.app.opened.folder, self._hear, self._other or None)
        self._bench.start()
        self._wish(self._params)

    def on_unmount(self) -> None:
        """Let the thread go."""
        if self._bench is not None:
            self._bench.close()

    def on_resize(self) -> None:
        """Draw in the new room."""
        self.call_after_refresh(self._draw)

    def on_project_changed(self, _: ProjectChanged) -> None:
        """Somebody decided something: it counts at once."""
        if self._bench is not None:
            self._bench.want(self._params)

    def _begin_with(self) -> Selection | None:
        project = self.app.opened
        if found := project.selections():
            return found[0]
        return project.selection("working") if project.has_working() else None

    def _wish(self, params: Params) -> None:
        self._params = params
        self._draw_controls()
        if self._bench is not None:
            self._bench.want(params)

    # What the thread says -------------------------------------------------------------------------

    def _hear(self, told: Told) -> None:
        """Called from the thread that computes."""
        self.app.call_from_thread(self._take, told)

    def _take(self, told: Told) -> None:
        self._note = ""
        match told:
            case Answer():
                self._answer = told
            case Curve():
                self._points = told
            case Loading(stage):
                self._note = f"{stage}…"
            case Trouble(error):
                self._note = f"✕ {error.message} {error.hint}"
            case Saved(name, kept):
                self._other, self._saved = name, self._params
                self.notify(f"{name}: {kept:,} records", title="Saved", markup=False)
                self.app.changed()
        self._draw()

    # Drawing --------------------------------------------------------------------------------------

    def _draw(self) -> None:
        self._draw_controls()
        self.query_one("#status", Static).update(printable(self._note))
        if self._answer is None:
            return
        self.query_one("#came", Static).update(_headline(self._answer, self._other))
        found = self._answer.picture
        for name, classes in (
            ("sources", found.sources), ("turns", found.turns), ("lengths", found.lengths)
        ):  # fmt: skip
            panel = self.query_one(f"#{name}", Static)
            panel.update(charts.bars(classes, panel.size.width - 2, panel.size.height))
        panel = self.query_one("#score", Static)
        panel.update(charts.histogram(found.score, panel.size.width - 2, panel.size.height))
        self._draw_changes()
        if self._points is not None:
            panel = self.query_one("#curve", Static)
            points = self._points.points[-max(panel.size.height, 1) :]
            panel.update(charts.curve(points, self._params.threshold, panel.size.width - 2))

    def _draw_controls(self) -> None:
        params = self._params
        c, q = wishes.exponents(params)
        changed = "" if params == self._saved else "   · changed, enter saves it"
        shares = f"   shares {len(params.shares)}" if params.shares else ""
        filter_ = f"   only {printable(params.require)}" if params.require else ""
        wide = self.size.width >= 100
        slider = f" {_slider(params.threshold, 0.7, 1.0, 18)}" if wide else ""
        limit = f"{params.budget:,}" if params.budget else "no limit"
        text = (
            f"threshold {params.threshold:.3f}{slider}   budget {limit}   "
            f"weights c^{c:g} q^{q:g}   turns {params.turns}{shares}{filter_}{changed}"
        )
        self.query_one("#controls", Static).update(text)

    def _draw_changes(self) -> None:
        assert self._answer is not None
        found = self._answer.picture
        for name, ids, count in (
            ("enters", found.entered, found.entered_count),
            ("leaves", found.left, found.left_count),
        ):
            panel = self.query_one(f"#{name}", Static)
            panel.border_title = f"{name} {count:,}" if self._other else name
            height = max(panel.size.height, 0)
            if not panel.display or not height:
                continue
            lines = [
                cut(f"#{row.id:<8} {row.instruction}", panel.size.width)
                for row in rows.read(self.app.opened.store, ids[:height])
            ]
            empty = "nothing" if self._other else "no saved selection to compare with"
            panel.update("\n".join(lines) or empty)

    # What keys do ---------------------------------------------------------------------------------

    def action_threshold(self, step: int) -> None:
        """Let records be more, or less, alike."""
        self._wish(wishes.threshold(self._params, step))

    def action_budget(self, step: int) -> None:
        """Keep more, or fewer."""
        records = sum(self._answer.picture.statuses.values()) if self._answer else 0
        self._wish(wishes.budget(self._params, step, records))

    def action_weight(self, of_c: int, of_q: int) -> None:
        """Give complexity or quality more weight, or less."""
        self._wish(wishes.weights(self._params, of_c, of_q))

    def action_turns(self) -> None:
        """The next rule for turns."""
        self._wish(wishes.turns(self._params))

    def action_type_budget(self) -> None:
        """Type the budget."""
        self._ask("Budget in records; 0 is no limit", str(self._params.budget), self._typed_budget)

    def action_type_threshold(self) -> None:
        """Type the threshold."""
        text = f"{self._params.threshold:g}"
        self._ask("Highest similarity to a kept record", text, self._typed_threshold)

    def action_formula(self) -> None:
        """Type the formula."""
        hint = "c*q, c^1.5*q^0.5, rank(c)*rank(q), or another scorer by its name"
        self._ask("Formula", self._params.formula, self._typed_formula, hint)

    def action_shares(self) -> None:
        """Type the shares of sources."""
        told = ", ".join(_told_share(share) for share in self._params.shares)
        hint = "source:alpaca<=30%, source:dolly>=100; with commas between, empty for none"
        self._ask("Shares of sources", told, self._typed_shares, hint)

    def action_require(self) -> None:
        """Type a filter."""
        self._ask("Only records that this filter finds", self._params.require, self._typed_filter)

    def action_drop(self) -> None:
        """Drop what was changed; where nothing is, leave."""
        if self._params == self._saved:
            self.app.pop_screen()
        else:
            self._wish(self._saved)

    def action_against(self) -> None:
        """Choose the saved selection to compare with."""
        names = [(each.name or "", f"{each.name}: {each.kept:,} kept", "")
                 for each in self.app.opened.selections()]  # fmt: skip
        if not names:
            self.notify("No selection is saved yet.", markup=False)
            return

        def chosen(name: str | None) -> None:
            if name and self._bench is not None:
                self._other = name
                self._bench.close()
                self._bench = Bench(self.app.opened.folder, self._hear, name)
                self._bench.start()
                self._wish(self._params)

        self.app.push_screen(Choose("Compare with", names, self._other), chosen)

    def action_save(self) -> None:
        """Save the selection under a name."""
        taken = {each.name for each in self.app.opened.selections()}
        free = next(n for n in ("main", *(f"main-{k}" for k in range(2, 1_000))) if n not in taken)

        def save(name: str | None) -> None:
            if name in taken:
                self.notify(f"There is a selection {name} already; a saved one never changes.",
                            severity="warning", markup=False)  # fmt: skip
            elif name and self._bench is not None:
                self._note = "saving…"
                self._bench.save(self._params, name)

        self.app.push_screen(Ask("Save this selection as", value=free), save)

    def _ask(self, question: str, value: str, take, hint: str = "") -> None:  # type: ignore[no-untyped-def]
        def answered(text: str | None) -> None:
            try:
                if text is not None:
                    self._wish(take(text))
            except (DeitaError, ValueError) as error:
                self.notify(str(error), severity="warning", markup=False)

        self.app.push_screen(Ask(question, hint, value), answered)

    def _typed_budget(self, text: str) -> Params:
        return replace(self._params, budget=int(text.replace(",", "").replace("_", "")))

    def _typed_threshold(self, text: str) -> Params:
        return replace(self._params, threshold=float(text.replace(",", ".")))

    def _typed_formula(self, text: str) -> Params:
        return replace(self._params, formula=text)

    def _typed_shares(self, text: str) -> Params:
        shares = tuple(parse_share(each) for each in text.split(",") if each.strip())
        return replace(self._params, shares=shares)

    def _typed_filter(self, text: str) -> Params:
        from deita_store import filters
        from deita_store.context import Context

        filters.where(filters.parse(text), Context(self.app.opened.store))
        return replace(self._params, require=text)


_PANELS = (
    ("sources", "sources: all ░ kept █"),
    ("score", "score: all ░ kept █"),
    ("curve", "kept by threshold"),
    ("turns", "turns"),
    ("lengths", "characters"),
)


def _headline(answer: Answer, other: str) -> str:
    """What it came to, in two lines."""
    found = answer.picture
    counts = found.statuses
    all_ = sum(counts.values())
    told = [f"● kept {counts['kept']:,} of {all_:,}", f"◐ too similar {counts['too_similar']:,}"]
    told += [
        f"{sign} {name.replace('_', ' ')} {counts[name]:,}"
        for sign, name in (("○", "over_budget"), ("✕", "rejected"), ("–", "filtered"),
                           ("·", "unscored"))
        if counts[name]
    ]  # fmt: skip
    how = {"exact": "exact ✔", "instant": "preview …"}[found.gear]
    second = [f"{how} {duration(answer.seconds)}"]
    if answer.differed:
        second.append(f"the preview was wrong about {answer.differed:,}")
    if other and found.jaccard is not None:
        second.append(
            f'against "{printable(other)}": +{found.entered_count:,} −{found.left_count:,} '
            f"· Jaccard {found.jaccard:.2f}"
        )
    if answer.recall:
        second.append(answer.recall)
    if found.overflow:
        second.append(f"pins exceed the budget by {found.overflow:,}")
    second += [printable(note) for note in found.notes]
    return " · ".join(told) + "\n" + " · ".join(second)


def _slider(value: float, low: float, high: float, width: int) -> str:
    place = round((min(max(value, low), high) - low) / (high - low) * (width - 1))
    return "◀" + "━" * place + "●" + "─" * (width - 1 - place) + "▶"


def _told_share(share: object) -> str:
    source = getattr(share, "source", "")
    least, most = getattr(share, "least", None), getattr(share, "most", None)
    return f"source:{source}<={most}" if most is not None else f"source:{source}>={least}"
