"""The heads of a comparison: which two selections, and which list of records."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static

from deita_tui.printable import printable
from deita_tui.ui.comparing import LISTS, Compared

if TYPE_CHECKING:
    from deita_tui.selection.compare import Comparison

Side = Literal["first", "second"]
SIDES: tuple[Side, ...] = ("first", "second")
_HINTS = {"entered": "only B keeps", "left": "only A keeps", "moved": "both keep, elsewhere"}


class Sides(Horizontal):
    """The names of the two; a click chooses another one."""

    DEFAULT_CSS = """
    Sides { height: 1; background: $panel; }
    Sides Static { width: 1fr; padding: 0 1; text-style: bold; }
    Sides Static:hover { background: $boost; }
    """

    class Asked(Message):
        """One of the two is to be another one."""

        def __init__(self, side: Side) -> None:
            super().__init__()
            self.side = side

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield Static(id="first", markup=False)
        yield Static(id="second", markup=False)

    def show(self, names: Mapping[Side, str], told: Compared | None) -> None:
        """Show them."""
        kept = (
            {}
            if told is None
            else {"first": told.found.first.kept, "second": told.found.second.kept}
        )
        for side, letter in zip(SIDES, ("A ▀", "B ▄"), strict=True):
            parts = [f"{letter} {names.get(side, '…')}"]
            if side in kept:
                parts.append(f"{kept[side]:,} kept")
            if told is not None and names.get(side) in told.stale:
                parts.append("! older than the project")
            self.query_one(f"#{side}", Static).update(printable(" · ".join(parts)))

    def on_click(self, event: events.Click) -> None:
        """Choose another one."""
        for side in SIDES:
            if event.widget is not None and event.widget.id == side:
                self.post_message(self.Asked(side))


class Lists(Horizontal):
    """The names of the lists with their counts; a click goes to one."""

    DEFAULT_CSS = """
    Lists { height: 1; background: $surface; }
    Lists Static { width: auto; padding: 0 1; color: $foreground-muted; }
    Lists Static.-here { color: $primary; text-style: bold reverse; }
    """

    class Chosen(Message):
        """Another list is to be shown."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def compose(self) -> ComposeResult:
        """Lay it out."""
        for name in LISTS:
            yield Static(id=name, markup=False)

    def show(self, found: "Comparison | None", here: str) -> None:
        """Show them."""
        for name in LISTS:
            count = "" if found is None else f" {len(getattr(found, name)):,}"
            told = f"{name}{count}: {_HINTS[name]}" if name == here else f"{name}{count}"
            each = self.query_one(f"#{name}", Static)
            each.update(told)
            each.set_class(name == here, "-here")

    def on_click(self, event: events.Click) -> None:
        """Go to one."""
        for name in LISTS:
            if event.widget is not None and event.widget.id == name:
                self.post_message(self.Chosen(name))
