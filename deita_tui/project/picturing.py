"""A project at a glance, for whoever draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deita_tui.project.scoring import Scoring

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deita_store.counts import Counts
    from deita_tui.project.scoring import ScorerState
    from deita_tui.selection.portrait import Portrait


@dataclass(frozen=True, slots=True)
class Standing:
    """How far each stage of a project is."""

    counts: Counts
    scorers: Sequence[ScorerState]
    compared: bool | None
    """Are there lists of neighbours of every vector? None: nobody looked."""
    recall: float | None
    """What they hold of the true neighbours above 0.9; None without lists, or without any."""
    exports: int
    """How often was exported."""
    failures: Mapping[int, Mapping[str, int]]
    """Of each scorer that failed on a turn: the records by reason, the most frequent first."""


class Picturing(Scoring):
    """At a glance."""

    def portrait(self) -> Portrait:
        """How complexity, quality and their product are spread; what the selection keeps of them.

        Reads the scores of every record: half a second for 300,000 of them.
        """
        from deita_tui.steps import portraying

        return portraying.portray(self.store)

    def standing(self, lists: bool = True) -> Standing:
        """How far each stage is: a fraction of a second for a million records.

        Args:
            lists: look at the neighbours as well, for which libraries must be loaded first.
        """
        counts = self.counts()
        compared, recall = self._compared(counts) if lists else (None, None)
        (exports,) = self.store.db.execute(
            "select count(*) from journal where kind = 'export'"
        ).fetchone()
        scorers = self.scorers(counts)
        failures = {each.id: self.score_failures(each.id) for each in scorers if each.failed}
        return Standing(counts, scorers, compared, recall, exports, failures)

    def _compared(self, counts: Counts) -> tuple[bool, float | None]:
        if not counts.embedders:
            return False, None
        from deita_store import vectors
        from deita_tui.steps import indexing

        newest = vectors.newest(self.store)
        found = indexing.open(self.store, newest) if newest else None
        return found is not None, None if found is None else found.certificate.at(0.9).recall
