"""What the parts of the review screen share: the queue, the row, the line that tells."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from deita_store.rows import RecordRow
from deita_tui.printable import printable
from deita_tui.ui import actions
from deita_tui.ui.answering import Answering, Told
from deita_tui.ui.queue_view import QueueView
from deita_tui.ui.widgets.record_table import RecordTable
from deita_tui.ui.widgets.reviewed import Reviewed

if TYPE_CHECKING:
    from deita_tui.steps.queues import Queue
    from deita_tui.ui.app import DeitaApp


class Heard(Message):
    """The thread that answers has something to tell."""

    def __init__(self, told: Told) -> None:
        super().__init__()
        self.told = told


class ReviewBase(Screen[Any]):
    """State of a review, and the few things that all its keys need."""

    app: "DeitaApp"

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name)
        self.queue: Queue | None = None
        self.answering: Answering | None = None
        self.marked: set[int] = set()
        """Ids of the records that are marked, apart from a range that is not closed yet."""
        self.range_from: int | None = None
        """Where in the queue a range begins."""
        self.edited: set[int] = set()
        """Records that were edited since the selection's scores were read."""
        self.awaited: set[int] = set()
        """Jobs that score and embed them again."""
        self.trouble = ""
        """Why no selection answers; empty where one does."""
        self.depth = 0
        """How many acts undo could take back."""

    @property
    def table(self) -> RecordTable:
        """The queue as a list; its cursor is the place, also where it is hidden."""
        return self.query_one("#queue", RecordTable)

    @property
    def text(self) -> Reviewed:
        """The record that is read."""
        return self.query_one("#record", Reviewed)

    @property
    def view(self) -> QueueView | None:
        """The rows of the queue."""
        view = self.table.view
        return view if isinstance(view, QueueView) else None

    @property
    def row(self) -> RecordRow | None:
        """The record under review; None where the queue is empty, or the record is gone."""
        row = self.table.row
        return row if row is not None and row.uid else None

    def chosen(self) -> Sequence[int]:
        """The marked records, those of an open range among them, in the order of the queue."""
        if self.view is None:
            return ()
        marked = self.marked | self.ranged()
        return [id_ for id_ in self.view.ids if id_ in marked] if marked else ()

    def ranged(self) -> set[int]:
        """The records of the open range."""
        if self.range_from is None or self.view is None:
            return set()
        first, last = sorted((self.range_from, self.table.cursor))
        return set(self.view.ids[first : last + 1])

    def say(self, text: str) -> None:
        """Tell something in the line above the footer."""
        self.query_one("#told", Static).update(printable(text))

    def key(self, id_: str) -> str:
        """The first of the keys of an action, as a person reads it."""
        return self.app.keys_of(actions.named(id_)).partition(" ")[0]

    def way_back(self, verb: str) -> str:
        """Which key takes back what was done: after an undo that is redo."""
        if verb == "undone":
            return f"{self.key('app.redo')}: redo"
        return f"{self.key('app.undo')}: undo"

    def draw(self) -> None:
        """Draw what changed of the row, the list and the status; the screen overrides it."""
        raise NotImplementedError

    def acted(self) -> None:
        """Something was decided, or taken back; the screen overrides it."""
        raise NotImplementedError

    def load(self, name: str, keep: int | None = None) -> None:
        """Build a queue beside the screen and show it; the screen overrides it."""
        raise NotImplementedError
