"""What a dry run found: a line for each rule, and below it one for each record, however many."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from deita_tui.ui import actions
from deita_tui.ui.literal import cut
from deita_tui.ui.signs import Sign

if TYPE_CHECKING:
    from deita_tui.export.problems import Effect, Problem
    from deita_tui.ui.exporting import Group

SIGNS: "Mapping[Effect, Sign]" = {
    "left_out": Sign("✕", "left out", "finding-list--grave"),
    "dropped": Sign("✕", "dropped", "finding-list--grave"),
    "refused": Sign("✕", "refused", "finding-list--grave"),
    "cut": Sign("◐", "cut", "finding-list--warning"),
    "changed": Sign("◐", "changed", "finding-list--warning"),
    "doubtful": Sign("○", "doubtful", "finding-list--dim"),
}
FEW = 40
"""So many problems are shown one by one at first."""

Begins = Callable[[Sequence[int]], Mapping[int, str]]
"""How the records with these ids begin."""


class FindingList(ScrollView, can_focus=True):
    """Rules that fold open into the records that they strike, under one cursor."""

    DEFAULT_CSS = """
    FindingList {
        height: 1fr; overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
        background: $background;
    }
    FindingList > .finding-list--rule { text-style: bold; }
    FindingList > .finding-list--cursor { background: $panel; }
    FindingList:focus > .finding-list--cursor { background: $primary-muted; text-style: bold; }
    FindingList > .finding-list--grave { color: $error; text-style: bold; }
    FindingList > .finding-list--warning { color: $warning; text-style: bold; }
    FindingList > .finding-list--dim { color: $foreground-muted; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "finding-list--rule", "finding-list--cursor",
        "finding-list--grave", "finding-list--warning", "finding-list--dim",
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("findings")]
    cursor: reactive[int] = reactive(0, repaint=False)

    class Moved(Message):
        """The cursor is on another line."""

        def can_replace(self, message: Message) -> bool:
            """Only where it came to rest matters."""
            return isinstance(message, FindingList.Moved)

    class Opened(Message):
        """What is under the cursor is to be looked at."""

    def __init__(self, begins: Begins) -> None:
        super().__init__()
        self._begins = begins
        self._groups: Sequence[Group] = ()
        self._open: set[tuple[str, str]] = set()
        self._seen: set[tuple[str, str]] = set()
        """Rules that were shown before: whether they are open is up to the user."""
        self._starts: list[int] = []
        """The line of each rule, and behind them the number of all lines."""
        self._known: dict[int, str] = {}

    def show(self, groups: "Sequence[Group]") -> None:
        """Show what was found; what was open stays open, and the cursor where it was."""
        line = self.cursor
        before = self._key(line)
        self._groups, self._known = groups, {}
        names = {(group.rule, group.effect) for group in groups}
        if sum(len(group.problems) for group in groups) <= FEW:
            self._open |= names - self._seen
        self._seen |= names
        self._measure()
        place = next((y for y in range(min(self.count, 100_000)) if self._key(y) == before), None)
        self.set_reactive(FindingList.cursor, -1)
        self.cursor = line if place is None else place
        self.refresh()

    def reread(self) -> None:
        """Ask anew how records begin; the list stays."""
        self._known = {}
        self.refresh()

    @property
    def count(self) -> int:
        """Lines."""
        return self._starts[-1] if self._starts else 0

    @property
    def group(self) -> "Group | None":
        """The rule that the cursor is on, or below."""
        return self._at(self.cursor)[0]

    @property
    def problem(self) -> "Problem | None":
        """The problem under the cursor; None on the line of a rule."""
        return self._at(self.cursor)[1]

    def fold(self, open_: bool | None = None) -> None:
        """Open or close the rule under the cursor; without a word, the other of the two."""
        group = self.group
        if group is None:
            return
        name = (group.rule, group.effect)
        place = self._starts[self._groups.index(group)]
        if open_ is False and name not in self._open:
            return
        if name in self._open and open_ is not True:
            self._open.discard(name)
            self.cursor = place
        else:
            self._open.add(name)
        self._measure()
        self.refresh()

    def action_fold(self, what: str = "") -> None:
        """Open, close, or the other of the two."""
        self.fold({"open": True, "close": False}.get(what))

    def action_move(self, step: int) -> None:
        """Move the cursor by so many lines."""
        self.cursor += step

    def action_page(self, step: int) -> None:
        """Move the cursor by so many screenfuls."""
        self.cursor += step * max(self.size.height, 1)

    def action_edge(self, step: int) -> None:
        """Go to the first line, or the last."""
        self.cursor = 0 if step < 0 else self.count - 1

    def validate_cursor(self, value: int) -> int:
        """Stay inside the list."""
        return max(0, min(value, self.count - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        """Bring the cursor into sight and tell."""
        top, page = self.scroll_offset.y, max(self.size.height, 1)
        if new < top:
            self.scroll_to(y=new, animate=False, force=True)
        elif new >= top + page:
            self.scroll_to(y=new - page + 1, animate=False, force=True)
        for index in (old, new):
            self.refresh(Region(0, index - self.scroll_offset.y, self.size.width, 1))
        self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        """A click goes to the line; one more opens it."""
        line = self.scroll_offset.y + event.y
        if line >= self.count:
            return
        self.cursor = line
        if event.chain == 2:
            self.post_message(self.Opened())
        elif self.problem is None:
            self.fold()

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        index = y + self.scroll_offset.y
        group, problem = self._at(index)
        width, style = self.scrollable_content_region.width, self.rich_style
        if group is None:
            return Strip.blank(width, style)
        over = self._style("cursor") if index == self.cursor else Style()
        if problem is None:
            segments = self._rule(group, style, over)
        else:
            told = f"      #{problem.id}  {self._begin(problem.id)}"
            segments = [Segment(cut(told, width), style + over)]
        return Strip(segments).adjust_cell_length(width, style + over).crop(0, width)

    def _rule(self, group: "Group", style: Style, over: Style) -> list[Segment]:
        sign = SIGNS[group.effect]
        mark = "▾" if (group.rule, group.effect) in self._open else "▸"
        coloured = style + self.get_component_rich_style(sign.style, partial=True) + over
        style += self._style("rule") + over
        width = self.scrollable_content_region.width
        head = f" {len(group.problems):,} {sign.word}  {group.rule}  "
        room = width - len(head) - 4
        return [
            Segment(f"{mark} ", style),
            Segment(f"{sign.mark}", coloured),
            Segment(head, style),
            Segment(cut(group.problems[0].message, room), style + Style(bold=False)),
        ]

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"finding-list--{name}", partial=True)

    def _measure(self) -> None:
        lines = (
            1 + (len(group.problems) if (group.rule, group.effect) in self._open else 0)
            for group in self._groups
        )
        self._starts = list(accumulate(lines, initial=0))
        self.virtual_size = Size(0, self.count)

    def _at(self, line: int) -> "tuple[Group | None, Problem | None]":
        if not 0 <= line < self.count:
            return None, None
        place = bisect_right(self._starts, line) - 1
        group, below = self._groups[place], line - self._starts[place]
        return group, group.problems[below - 1] if below else None

    def _key(self, line: int) -> object:
        group, problem = self._at(line)
        return group and (group.rule, group.effect, problem and problem.id)

    def _begin(self, id_: int) -> str:
        """How a record begins; those around it are read with it."""
        if id_ not in self._known:
            if len(self._known) > 10_000:
                self._known.clear()
            top, page = self.scroll_offset.y, max(self.size.height, 1)
            seen = (self._at(line)[1] for line in range(top, top + 2 * page))
            ids = {id_, *(each.id for each in seen if each is not None)}
            self._known |= dict.fromkeys(ids, "") | dict(self._begins(sorted(ids)))
        return self._known[id_]
