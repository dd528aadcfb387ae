"""Tags: find one by a few of its letters, or make one, and put it on records or take it off."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from deita_store import tagged
from deita_store.errors import WrongArgumentError
from deita_store.marks import tag_name
from deita_tui.figures import plural
from deita_tui.printable import printable
from deita_tui.project import Project
from deita_tui.ui.finding import found_in

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp


class TagPicker(ModalScreen[tuple[str, bool] | None]):
    """Choose a tag; what comes back is its name, and whether it goes on (or off).

    A tag that all of the records have goes off, any other goes on. The last used come first.

    Args:
        record_ids: the records that it is for.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "cancel"),
        Binding("down", "move(1)", "down", priority=True),
        Binding("up", "move(-1)", "up", priority=True),
    ]
    app: "DeitaApp"

    def __init__(self, record_ids: Sequence[int]) -> None:
        super().__init__()
        self._records = list(record_ids)
        self._names: list[str] = []
        self._has: dict[str, int] = {}
        self._offered: list[str] = []
        self._is_known = False
        """Is it read which tags there are?"""
        self._is_wanted = False
        """Was one taken before that?"""

    def compose(self) -> ComposeResult:
        """Lay it out."""
        about = f"#{self._records[0]}" if len(self._records) == 1 else None
        told = about or plural(len(self._records), "record")
        with Vertical(classes="dialog"):
            yield Static(f"Tag {told}", markup=False, classes="dialog--message")
            yield Input(placeholder="a few letters, or a new tag", compact=True)
            yield OptionList(compact=True, markup=False)
            yield Static(markup=False, classes="dialog--hint")
            yield Static(
                "enter puts it on, or takes an [x] off · esc cancels",
                markup=False,
                classes="dialog--keys",
            )

    def on_mount(self) -> None:
        """Read which tags there are."""
        ids = self._records
        self.query_one(OptionList).can_focus = False
        self.query_one(Input).focus()

        def read(project: Project) -> tuple[list[str], dict[str, int]]:
            store = project.store
            last = {name: place for place, name in enumerate(tagged.latest(store))}
            names = {*tagged.names(store), *last}
            ordered = sorted(names, key=lambda name: (last.get(name, len(last)), name))
            return ordered, tagged.counts(store, ids)

        self.app.look("tags", read, self._take)

    def on_unmount(self) -> None:
        """Nobody waits for them any more."""
        self.app.drop("tags")
        self.app.release_keys()

    def _take(self, found: tuple[list[str], dict[str, int]]) -> None:
        self._names, self._has = found
        self._is_known = True
        if self.is_attached:
            self._offer()
            if self._is_wanted:
                self.on_input_submitted()

    def on_input_changed(self) -> None:
        """Offer what fits to what is written."""
        self._offer()

    def _offer(self) -> None:
        written = self.query_one(Input).value.strip()
        hits = found_in(written, self._names)
        options = [Option(self._line(name, places)) for name, places in hits]
        self._offered = [name for name, _ in hits]
        wrong = ""
        if written and written not in self._names:
            try:
                name = tag_name(written)
            except WrongArgumentError as error:
                wrong = f"{error.message} {error.hint}"
            else:
                options.append(Option(Content(printable(f"[+] {name}  new tag"))))
                self._offered.append(name)
        box = self.query_one(OptionList)
        box.clear_options()
        box.add_options(options)
        box.highlighted = 0 if options else None
        told = wrong or ("" if options else "Nothing is tagged yet: write a tag.")
        self.query_one(".dialog--hint", Static).update(printable(told))
        self.query_one(".dialog--hint", Static).display = bool(told)

    def _line(self, name: str, places: Sequence[int]) -> Content:
        """A tag with its box, and the letters that were found lit."""
        has, count = self._has.get(name, 0), len(self._records)
        box = "[x]" if has == count else "[~]" if has else "[ ]"
        told = f"  {has:,} of {count:,}" if 0 < has < count else ""
        line = Content(f"{box} {name}{told}")
        for place in places:
            line = line.stylize("bold underline", 4 + place, 5 + place)
        return line

    def action_move(self, step: int) -> None:
        """Move in the list; what is written stays."""
        box = self.query_one(OptionList)
        if self._offered:
            box.highlighted = ((box.highlighted or 0) + step) % len(self._offered)

    def on_input_submitted(self) -> None:
        """Take what is highlighted; whether it goes on or off is only known behind the reading."""
        if not self._is_known:
            self._is_wanted = True
            # What is typed behind it is for whatever this dialog was opened from.
            self.app.hold_keys()
            return
        place = self.query_one(OptionList).highlighted
        if place is not None and self._offered:
            self._choose(self._offered[place])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take what was clicked."""
        self._choose(self._offered[event.option_index])

    def _choose(self, name: str) -> None:
        self.dismiss((name, self._has.get(name, 0) < len(self._records)))

    def action_leave(self) -> None:
        """Choose none."""
        self.dismiss(None)
