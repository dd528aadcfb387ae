"""One record, whole: what it says, where it came from, what was made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from deita_tui.project.opened import Opened, Ref

if TYPE_CHECKING:
    from deita_store.rows import Occurrence, RecordRow
    from deita_store.turn_scores import TurnScore
    from deita_tui.records import Record

_HEADS = ("instruction", "response")
"""Beginnings only: the whole record has the whole messages."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A record as the project has it now."""

    row: RecordRow
    """As a line of a table: outcome, decision, tags, note."""
    record: Record
    occurrences: Sequence[Occurrence]
    """The rows of files that are this record."""
    scores: Sequence[TurnScore]

    def as_dict(self) -> dict[str, object]:
        """All of it, as JSON tells it: the exact messages, nothing shortened."""
        import msgspec

        row = {key: value for key, value in asdict(self.row).items() if key not in _HEADS}
        return {
            **row,
            **msgspec.to_builtins(self.record),
            "occurrences": [asdict(each) for each in self.occurrences],
            "scores": [asdict(each) for each in self.scores],
        }


class Showing(Opened):
    """Looking at one record."""

    def show(self, ref: Ref, *, selection: str | None = None) -> Shown:
        """One record, whole.

        Args:
            ref: its id or uid.
            selection: the selection that the outcome refers to; default: the one saved last.

        Raises:
            WrongArgumentError: there is no such record, or no such selection.
        """
        from deita_store import rows, turn_scores
        from deita_store.context import Context
        from deita_tui.records import from_body

        id_ = self._id(ref)
        (row,) = rows.read(self.store, [id_], Context(self.store, selection))
        return Shown(
            row,
            from_body(rows.body(self.store, id_)),
            rows.extras(self.store, id_),
            turn_scores.of_record(self.store, id_),
        )
