"""Queues of a review: built beside the screen, chosen, remembered."""

from array import array
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.widgets import Input, Static

from deita_store import filter_completion, freshness
from deita_tui.errors import DeitaError, FilterError
from deita_tui.project import Project
from deita_tui.ui import remembered, telling
from deita_tui.ui.keyed import keyed
from deita_tui.ui.queue_view import QueueView
from deita_tui.ui.screens.dialogs import Choose
from deita_tui.ui.screens.review_drawing import FIRST, Drawing
from deita_tui.ui.widgets.filter_box import FilterBox

if TYPE_CHECKING:
    from deita_tui.steps.queues import Queue

HISTORY = "filter"
"""What was typed into the box of filters is remembered under this name, as in Browse."""
_WHERE = "where:"
_ALIKE = "alike:"
"""What the names of lists by likeness begin with; no place in them is remembered."""
_NEAREST = 50


class Choosing(Drawing):
    """Which queue is looked at.

    Args:
        name: of the screen.
        queue: a queue's name; empty: the one that was looked at last.
        sort: the order of that queue, where it is a filter's; empty: by id.
    """

    def __init__(self, name: str | None = None, queue: str = "", sort: str = "") -> None:
        super().__init__(name)
        self._wanted = queue
        self._orders = {queue: sort} if sort else {}
        """Of queues that come in an order of their own: which one."""
        self.before: list[tuple[str, int | None]] = []
        """Queues that a search by likeness was started from, with the record there."""
        self.newest = 0
        """The newest record when the queue was built."""
        self._remembered: tuple[str, int] | None = None

    def begin(self, at: int | None) -> None:
        """Show the queue that was asked for, or the one that was looked at last."""
        last = remembered.queue(self.app.home, str(self.app.opened.folder))
        self.load(self._wanted or last or FIRST, at)

    def load(self, name: str, keep: int | None = None) -> None:
        """Build a queue beside the screen and show it."""
        self.remember()
        self.say("looking…")
        sort = self._orders.get(name, "")

        def read(project: Project) -> "Queue":
            found = project.queue(name, selection=_in_force(project))
            return _sorted(project, found, sort) if sort else found

        self.app.look("queue", read, lambda found: self._take(found, keep), self._wrong)

    def _take(self, queue: "Queue", keep: int | None) -> None:
        if not self.is_attached:
            return
        if not queue.name.startswith(_ALIKE):
            self.before.clear()
            remembered.keep_queue(self.app.home, str(self.app.opened.folder), queue.name)
        self.leave_box()
        self.queue, self.audit, self.new = queue, "", 0
        self.marked, self.range_from = set(), None
        view = QueueView(self.app.opened.store, queue.ids, queue.notes)
        view.result = self.answering.result if self.answering else None
        if queue.ids and (keep is None or view.index_of(keep) is None):
            keep = queue.ids[queue.place]
        self.table.show(view, keep)
        self.newest = freshness.newest(self.app.opened.store)
        self.say(queue.note or self._hint() or self.trouble)
        self.draw()
        self.acted()

    def _hint(self) -> str:
        if self.queue is not None and not self.queue.ids:
            return f"Nothing to look at here: {self.key('review.queues')} chooses another queue."
        return ""

    def _wrong(self, error: DeitaError) -> None:
        if not self.is_attached:
            return
        self.say(keyed(" ".join(filter(None, (error.message, error.hint))), self.app))
        if self.queue is None and self._wanted != FIRST:
            # What was looked at last cannot be built any more.
            self._wanted = FIRST
            self.load(FIRST)
        elif isinstance(error, FilterError):
            self._mend(error)

    def _mend(self, error: FilterError) -> None:
        box = self.query_one(FilterBox)
        box.display = True
        box.mend(error.text, error.start, "")
        mistake = self.query_one("#mistake", Static)
        told = " ".join(filter(None, (error.message, error.hint)))
        mistake.update(telling.pointing(told, error.start, error.end, self.size.width - 2))
        mistake.display = True

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A filter was typed: it is a queue."""
        text = event.value.strip()
        self.query_one(FilterBox).remember(text)
        if text:
            remembered.keep_history(self.app.home, HISTORY, text)
        self.load(f"{_WHERE}{text}")

    def on_filter_box_left(self) -> None:
        """Nothing was changed."""
        self.leave_box()

    def complete(self, text: str, cursor: int) -> list[str]:
        """What a filter can go on with."""
        start, end = filter_completion.span(text, cursor)
        known = filter_completion.values(self.app.opened.store)
        found = filter_completion.complete(text, cursor, known)
        return [text[:start] + piece + text[end:] for piece in found]

    def action_similar(self) -> None:
        """Look at the records that are most like this one, the nearest first."""
        if (row := self.row) is None or self.queue is None:
            return
        id_, here = row.id, (self.queue.name, row.id)

        def show(queue: "Queue") -> None:
            if not here[0].startswith(_ALIKE):
                self.before.append(here)
            self._take(queue, id_)
            self.say(f"most like #{id_}, the nearest first · {self.key('review.back')}: back")

        self.app.look("queue", lambda project: alike(project, id_), show)

    def action_refresh(self) -> None:
        """Build the queue again, and take in what came."""
        if self.queue is None:
            return
        if self.answering is not None:
            self.edited, self.scored_again = set(), False
            self.answering.reload()
        name, row = self.queue.name, self.row
        if not name.startswith(_ALIKE):
            self.load(name, row.id if row else None)

    def remember_later(self, here: tuple[str, int] | None) -> Callable[[], None]:
        """What remembers the place, where it is still the same when it is called."""

        def remember() -> None:
            if here is not None and here == self.here:
                self.remember()

        return remember

    def remember(self) -> None:
        """Write down which record of the queue is looked at."""
        if self.here is None or self.answering is None or self.here == self._remembered:
            return
        name, id_ = self._remembered = self.here
        if not name.startswith(_ALIKE):
            self.answering.do(lambda project: project.remember(name, id_), lambda _: None)

    def action_queues(self) -> None:
        """Choose a queue."""

        def show(kinds: list[tuple[str, str, str]]) -> None:
            here = self.queue.name if self.queue else ""
            told = [(name, keyed(text, self.app), mark) for name, text, mark in kinds]
            self.app.push_screen(Choose("What to look at", told, here), self._choose)

        def read(project: Project) -> list[tuple[str, str, str]]:
            return [
                (kind.name, f"{kind.title:<22} {kind.help if kind.available else kind.why_not}",
                 "" if kind.available else "–")
                for kind in project.queues()
            ]  # fmt: skip

        self.app.look("queues", read, show)

    def _choose(self, name: str | None) -> None:
        if name:
            self.load(name)

    def action_filter(self) -> None:
        """Type a filter or words."""
        box = self.query_one(FilterBox)
        box.display = True
        name = self.queue.name if self.queue else ""
        box.enter(name.removeprefix(_WHERE) if name.startswith(_WHERE) else "")

    def leave_box(self) -> None:
        """Back to the record."""
        self.query_one(FilterBox).display = False
        self.query_one("#mistake", Static).display = False
        self.text.focus()


def _sorted(project: Project, queue: "Queue", sort: str) -> "Queue":
    """A filter's queue in another order, at the same record."""
    ids = project.view(queue.name.removeprefix(_WHERE), sort, queue.selection).ids
    here = queue.ids[queue.place] if queue.ids else 0
    return replace(queue, ids=ids, place=ids.index(here) if here in ids else 0)


def _in_force(project: Project) -> str | None:
    """The selection that was made last, by its name; None where there is none."""
    from deita_store.selections import WORKING
    from deita_tui.steps import answering

    if not project.selections() and not project.has_working():
        return None
    return answering.in_force(project.store).name or WORKING


def alike(project: Project, id_: int) -> "Queue":
    """A record and those most like it, the nearest first."""
    from deita_tui.steps.queues import Queue

    found = project.similar(id_, _NEAREST)
    return Queue(
        name=f"{_ALIKE}{id_}",
        title=f"most like #{id_}",
        ids=array("q", [id_, *(one.id for one in found)]),
        notes={one.id: f"{one.similarity:.3f} like #{id_}" for one in found},
        partner={one.id: id_ for one in found},
    )
