"""What the parts of the screen of exports share: the choices, what was found, what is going on."""

from typing import TYPE_CHECKING

from textual.screen import Screen

from deita_tui.ui.exporting import Steps, Tried
from deita_tui.ui.widgets.export_form import ExportForm
from deita_tui.ui.widgets.finding_list import FindingList

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp


class ExportBase(Screen[None]):
    """State of an export, and the few things that all its keys need."""

    app: "DeitaApp"

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name)
        self.tried: Tried | None = None
        """What the last dry run came to."""
        self.trying: Steps | None = None
        self.writing: Steps | None = None
        """What Escape stops."""
        self.busy = ""
        """What that is called."""
        self.queue: str | None = None
        """The queue that a review is to go on with, once records were looked into."""

    @property
    def form(self) -> ExportForm:
        """The choices."""
        return self.query_one(ExportForm)

    @property
    def found(self) -> FindingList:
        """What the dry run found."""
        return self.query_one(FindingList)

    def begin(self, what: str) -> Steps:
        """Something is written: no dry run beside it."""
        if self.trying is not None:
            self.trying.stop()
        self.app.drop("export")
        self.trying, self.busy = None, what
        self.writing = steps = Steps()
        self.draw()
        return steps

    def exportable(self) -> list[str]:
        """The selections that can be exported, the newest first, the working one last."""
        from deita_store.selections import WORKING

        project = self.app.opened
        names = [each.name or "" for each in project.selections()]
        return [*names, WORKING] if project.has_working() else names

    def try_it(self) -> None:
        """Begin a dry run; the screen overrides it."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw what changed; the screen overrides it."""
        raise NotImplementedError
