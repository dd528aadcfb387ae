"""What the user would say of records, learned from what the user said."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from deita_tui.project.opened import Opened

if TYPE_CHECKING:
    from deita_tui.steps.progress import Progress
    from deita_tui.steps.tasting_report import TasteReport

    Report = Callable[[Progress], None]


class Tasting(Opened):
    """The user's own taste: a column, a queue, and a factor of the formula where that is wanted."""

    def taste(self, *, progress: Report | None = None) -> TasteReport:
        """How well keeps and rejects can be learned, what they lean on, and what is learned.

        Writes nothing. Ratings of 5 and 6 count as keeps, of 1 and 2 as rejects, where there is no
        decision. A second or two for 300,000 records.
        """
        from deita_tui.steps import tasting

        return _followed(tasting.assess(self.store), progress)

    def learn_taste(self, *, progress: Report | None = None) -> TasteReport:
        """Learn from the decisions as they stand, and give every record its chance of a keep.

        Then ``taste`` is a column to list, filter and sort by, a queue, and a name for a formula.
        It enters no selection by itself, and stays as it is until it is learned anew.

        Raises:
            JobError: there is too little to learn from; the message says how much it takes.
        """
        from deita_tui.steps import tasting

        return _followed(tasting.learn(self.store), progress)

    def forget_taste(self) -> bool:
        """Take the column away; False where there was none.

        A selection that was made with it can still be computed again.
        """
        from deita_tui.steps import tasting

        return tasting.forget(self.store)


def _followed(work: Generator[Progress, None, TasteReport], progress: Report | None) -> TasteReport:
    while True:
        try:
            step = next(work)
        except StopIteration as end:
            found: TasteReport = end.value
            return found
        if progress is not None:
            progress(step)
